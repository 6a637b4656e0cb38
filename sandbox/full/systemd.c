// SPDX-License-Identifier: GPL-3.0-or-later
/* systemd.c - a scope for the keeper, from systemd's manager
 *
 * Theory of operation. Below a tree that systemd manages nobody else may make cgroups,
 * except in what it hands out: a transient scope with Delegate=yes (systemd's
 * docs/CGROUP_DELEGATION.md). The keeper asks for one over D-Bus, naming itself as the
 * process to move there, and waits for the end of that job. An ordinary user asks his own
 * manager, root the system's.
 *
 * Asked is the manager's own socket, as systemctl does: no broker stands between, and it
 * says who called whatever pid namespace the caller is in. Where it is missing the bus
 * has to do, which needs a subscription before it tells of jobs.
 *
 * libsystemd is loaded here and only here: nothing else in nook wants it, and its
 * start-up costs 0.4 ms. Its headers are not needed either: the dozen functions below are
 * a part of its stable interface (sd-bus(3)).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fdio.h"
#include "cgroup/place.h"

#define LIBRARY "libsystemd.so.0"
#define DEADLINE_US 5000000u
#define NAMES_MOST 8 /* scopes of that name that others may have left */
#define TOP "/sys/fs/cgroup" /* systemd mounts it nowhere else */
#define CGROUP2_MAGIC 0x63677270

#define MANAGER "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_FACE "org.freedesktop.systemd1.Manager"

struct sd_bus;
struct sd_bus_message;
struct sd_bus_slot;

/** struct bus_error - sd_bus_error of sd-bus.h */
struct bus_error {
	const char *name;
	const char *message;
	int need_free;
};

typedef int bus_handler(struct sd_bus_message *m, void *arg, struct bus_error *e);

/** struct bus_calls - What is used of libsystemd, by the names there without "sd_bus_" */
struct bus_calls {
	int (*new)(struct sd_bus **bus);
	int (*set_address)(struct sd_bus *bus, const char *address);
	int (*set_bus_client)(struct sd_bus *bus, int yes);
	int (*start)(struct sd_bus *bus);
	int (*set_method_call_timeout)(struct sd_bus *bus, uint64_t usec);
	struct sd_bus *(*flush_close_unref)(struct sd_bus *bus);
	int (*match_signal)(struct sd_bus *bus, struct sd_bus_slot **slot,
			    const char *sender, const char *path, const char *face,
			    const char *member, bus_handler *handler, void *arg);
	int (*call_method)(struct sd_bus *bus, const char *to, const char *path,
			   const char *face, const char *member, struct bus_error *e,
			   struct sd_bus_message **reply, const char *types, ...);
	int (*message_new_method_call)(struct sd_bus *bus, struct sd_bus_message **m,
				       const char *to, const char *path,
				       const char *face, const char *member);
	int (*message_append)(struct sd_bus_message *m, const char *types, ...);
	int (*message_open_container)(struct sd_bus_message *m, char type,
				      const char *contents);
	int (*message_close_container)(struct sd_bus_message *m);
	int (*message_read)(struct sd_bus_message *m, const char *types, ...);
	struct sd_bus_message *(*message_unref)(struct sd_bus_message *m);
	int (*call)(struct sd_bus *bus, struct sd_bus_message *m, uint64_t usec,
		    struct bus_error *e, struct sd_bus_message **reply);
	int (*process)(struct sd_bus *bus, struct sd_bus_message **m);
	int (*wait)(struct sd_bus *bus, uint64_t usec);
	void (*error_free)(struct bus_error *e);
};

#define CALL(name) { "sd_bus_" #name, offsetof(struct bus_calls, name) }
static const struct {
	const char *name;
	size_t at;
} calls[] = {
	CALL(new),
	CALL(set_address),
	CALL(set_bus_client),
	CALL(start),
	CALL(set_method_call_timeout),
	CALL(flush_close_unref),
	CALL(match_signal),
	CALL(call_method),
	CALL(message_new_method_call),
	CALL(message_append),
	CALL(message_open_container),
	CALL(message_close_container),
	CALL(message_read),
	CALL(message_unref),
	CALL(call),
	CALL(process),
	CALL(wait),
	CALL(error_free),
};

/**
 * struct manager - One manager that is being asked
 * @is_user:	The caller's own, else the system's
 * @is_bus:	A broker stands between
 * @name:	Of the scope
 * @job:	Object path of the job, "" until it is known
 * @result:	What became of it, "" until it is over
 */
struct manager {
	struct bus_calls sd;
	struct sd_bus *bus;
	bool is_user, is_bus;
	char name[64];
	char job[128];
	char result[32];
};

static const char *who(const struct manager *m)
{
	return m->is_user ? "systemd's user manager" : "systemd";
}

static int load(struct bus_calls *sd, struct err *e)
{
	/* Never unloaded: it keeps data of its own in each thread */
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		err_set(e, "cannot load '%s', with which systemd is asked for a scope: "
			   "%s", LIBRARY, dlerror());
		return err_hint(e, "install libsystemd0, or start nook in a cgroup that "
				   "is yours");
	}
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		void *f = dlsym(library, calls[i].name);

		if (!f)
			return err_set(e, "'%s' has no '%s'", LIBRARY, calls[i].name);
		memcpy((char *)sd + calls[i].at, &f, sizeof(f));
	}
	return 0;
}

/* The manager's own socket, else its bus; in the order of preference */
static void address(const struct manager *m, char *out, size_t size)
{
	const char *dir = getenv("XDG_RUNTIME_DIR");
	char own[64];

	snprintf(own, sizeof(own), "/run/user/%u", (unsigned int)geteuid());
	if (!dir || *dir != '/')
		dir = own;
	if (!m->is_user)
		snprintf(out, size, "unix:path=%s",
			 m->is_bus ? "/run/dbus/system_bus_socket"
				   : "/run/systemd/private");
	else
		snprintf(out, size, "unix:path=%s/%s", dir,
			 m->is_bus ? "bus" : "systemd/private");
}

static int try_connect(struct manager *m)
{
	char where[512];
	int r = m->sd.new(&m->bus);

	if (r < 0)
		return r;
	address(m, where, sizeof(where));
	r = m->sd.set_address(m->bus, where);
	if (r >= 0 && m->is_bus)
		r = m->sd.set_bus_client(m->bus, 1);
	if (r >= 0)
		r = m->sd.start(m->bus);
	if (r >= 0)
		return m->sd.set_method_call_timeout(m->bus, DEADLINE_US);
	m->bus = m->sd.flush_close_unref(m->bus);
	return r;
}

static int connect_manager(struct manager *m, struct err *e)
{
	char where[512];
	int r = try_connect(m);

	if (r < 0) {
		m->is_bus = true;
		r = try_connect(m);
	}
	if (r >= 0)
		return 0;
	address(m, where, sizeof(where));
	errno = -r;
	err_sys(e, "cannot reach %s at '%s'", who(m), where + strlen("unix:path="));
	if (!m->is_user)
		return err_hint(e, "is systemd the init of this machine?");
	return err_hint(e, "it runs for whoever logs in (not for `su`), or always: as "
			   "root 'loginctl enable-linger %u'; XDG_RUNTIME_DIR must be "
			   "that of the login", (unsigned int)geteuid());
}

/* JobRemoved: (u id, o job, s unit, s result); of other jobs too. It may come before the
 * answer that tells our own job's name: then the unit tells */
static int on_job_removed(struct sd_bus_message *msg, void *arg, struct bus_error *e)
{
	const char *job = "", *unit = "", *result = "";
	struct manager *m = arg;
	uint32_t id;

	(void)e;
	if (m->sd.message_read(msg, "uoss", &id, &job, &unit, &result) < 0)
		return 0;
	if (*m->job ? !strcmp(job, m->job) : !strcmp(unit, m->name))
		snprintf(m->result, sizeof(m->result), "%s", result);
	return 0;
}

static int listen_to(struct manager *m, struct err *e)
{
	int r = m->sd.match_signal(m->bus, NULL, m->is_bus ? MANAGER : NULL, MANAGER_PATH,
				   MANAGER_FACE, "JobRemoved", on_job_removed, m);

	if (r >= 0 && m->is_bus)
		r = m->sd.call_method(m->bus, MANAGER, MANAGER_PATH, MANAGER_FACE,
				      "Subscribe", NULL, NULL, "");
	errno = -r;
	return r < 0 ? err_sys(e, "cannot hear of the jobs of %s", who(m)) : 0;
}

/* The properties of the scope: a(sv) */
static int add_properties(const struct manager *m, struct sd_bus_message *msg,
			  const struct plan *pl)
{
	static const struct {
		uint32_t bits;
		const char *name;
	} accounting[] = {
		{ CG_CPU | CG_CPUACCT, "CPUAccounting" },
		{ CG_MEMORY, "MemoryAccounting" },
		{ CG_PIDS, "TasksAccounting" },
		{ CG_IO, "IOAccounting" },
	};
	int r = m->sd.message_append(msg, "(sv)", "Description", "s", "nook: a box");

	/* 0 stands for the caller, as the kernel tells it to the manager */
	if (r >= 0)
		r = m->sd.message_append(msg, "(sv)", "PIDs", "au", 1, (uint32_t)0);
	if (r >= 0)
		r = m->sd.message_append(msg, "(sv)", "Delegate", "b", 1);
	/* Nothing of it stays, however the keeper ends */
	if (r >= 0)
		r = m->sd.message_append(msg, "(sv)", "CollectMode", "s",
					 "inactive-or-failed");
	for (size_t i = 0; i < ARRAY_SIZE(accounting) && r >= 0; i++)
		if (pl->cgroup.enable & accounting[i].bits)
			r = m->sd.message_append(msg, "(sv)", accounting[i].name, "b", 1);
	return r;
}

static int ask_once(struct manager *m, const struct plan *pl, struct bus_error *why)
{
	struct sd_bus_message *msg = NULL, *reply = NULL;
	const char *job = "";
	int r = m->sd.message_new_method_call(m->bus, &msg, MANAGER, MANAGER_PATH,
					      MANAGER_FACE, "StartTransientUnit");

	if (r >= 0)
		r = m->sd.message_append(msg, "ss", m->name, "fail");
	if (r >= 0)
		r = m->sd.message_open_container(msg, 'a', "(sv)");
	if (r >= 0)
		r = add_properties(m, msg, pl);
	if (r >= 0)
		r = m->sd.message_close_container(msg);
	/* no other units come with it */
	if (r >= 0)
		r = m->sd.message_append(msg, "a(sa(sv))", 0);
	if (r >= 0)
		r = m->sd.call(m->bus, msg, DEADLINE_US, why, &reply);
	if (r >= 0)
		r = m->sd.message_read(reply, "o", &job);
	if (r >= 0)
		snprintf(m->job, sizeof(m->job), "%s", job);
	m->sd.message_unref(msg);
	m->sd.message_unref(reply);
	return r;
}

/*
 * A scope of that name may be there: the number of this process is one of its own pid
 * namespace, and before systemd 236 what has failed stays. Forgetting the failed one
 * makes its name free for the next; this run takes another.
 */
static int ask(struct manager *m, const struct plan *pl, struct err *e)
{
	struct bus_error why = { 0 };
	int r = -EEXIST;

	for (int i = 0; i < NAMES_MOST; i++) {
		snprintf(m->name, sizeof(m->name), "nook-%d-%d.scope", (int)getpid(), i);
		r = ask_once(m, pl, &why);
		if (r >= 0)
			return 0;
		if (!why.name || strcmp(why.name, MANAGER ".UnitExists") != 0)
			break;
		m->sd.error_free(&why);
		m->sd.call_method(m->bus, MANAGER, MANAGER_PATH, MANAGER_FACE,
				  "ResetFailedUnit", NULL, NULL, "s", m->name);
	}
	errno = -r;
	if (why.message)
		err_set(e, "%s makes no scope: %s", who(m), why.message);
	else
		err_sys(e, "%s makes no scope", who(m));
	m->sd.error_free(&why);
	return -1;
}

static uint64_t now_us(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000u;
}

static int wait_for_job(struct manager *m, struct err *e)
{
	uint64_t until = now_us() + DEADLINE_US;
	int r = 0;

	while (r >= 0 && !*m->result) {
		uint64_t now = now_us();

		if (now >= until)
			return err_set(e, "%s did not make the scope '%s' within %u s",
				       who(m), m->name, DEADLINE_US / 1000000u);
		r = m->sd.process(m->bus, NULL);
		if (!r && !*m->result)
			r = m->sd.wait(m->bus, until - now);
		if (r == -EINTR)
			r = 0;
	}
	errno = -r;
	if (r < 0)
		return err_sys(e, "%s is gone", who(m));
	if (!strcmp(m->result, "done"))
		return 0;
	return err_set(e, "%s could not make the scope '%s': %s", who(m), m->name,
		       m->result);
}

/* Where this process is now: the kernel knows */
static char *own_cgroup(const struct manager *m, struct err *e)
{
	char buf[4096], *line, *dir = NULL;
	struct statfs sfs;

	if (file_read_small(AT_FDCWD, "/proc/self/cgroup", buf, sizeof(buf)) < 0) {
		err_sys(e, "cannot read '/proc/self/cgroup'");
		return NULL;
	}
	line = strstr(buf, "0::/");
	if (line) {
		line += strlen("0::");
		line[strcspn(line, "\n")] = '\0';
		dir = strrchr(line, '/');
	}
	if (!dir || strcmp(dir + 1, m->name) != 0) {
		err_set(e, "%s says that this process is in '%s', the kernel does not",
			who(m), m->name);
		return NULL;
	}
	if (asprintf(&dir, "%s%s", TOP, line) < 0) {
		err_set(e, "out of memory");
		return NULL;
	}
	if (!statfs(dir, &sfs) && sfs.f_type == CGROUP2_MAGIC)
		return dir;
	err_sys(e, "the cgroup '%s' is not where systemd has its tree", dir);
	free(dir);
	return NULL;
}

char *scope_enter(const struct plan *pl, struct err *e)
{
	struct manager m = { .is_user = pl->cgroup.place == PLACE_USER_SCOPE };
	char *dir = NULL;

	if (load(&m.sd, e) < 0 || connect_manager(&m, e) < 0)
		return NULL;
	if (!listen_to(&m, e) && !ask(&m, pl, e) && !wait_for_job(&m, e))
		dir = own_cgroup(&m, e);
	m.sd.flush_close_unref(m.bus);
	return dir;
}
