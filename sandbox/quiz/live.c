// SPDX-License-Identifier: GPL-3.0-or-later
/* live.c - the table of live questions, and those that only read */
#include "quiz/live.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "host/cgroup.h"
#include "host/detect.h"
#include "host/host.h"
#include "quiz/bank.h"

#define KVM_VERSION 12 /* KVM_GET_API_VERSION of every kernel (kvm/api.rst, 4.1) */
#define ID_SIZE	    64

static int not_here(struct err *e, const char *why)
{
	err_set(e, "%s", why);
	return 1;
}

static void answer(struct live *l, bool yes)
{
	text_add(&l->answer, yes ? "yes" : "no");
	text_add(&l->also, yes ? "y\n" : "n\n");
}

/* --- those that read -------------------------------------------------------------- */

static int virtio_devices(struct host *h, struct live *l, struct err *e)
{
	const char *const *names;
	size_t count = host_list(h, "/sys/bus/virtio/devices", &names), bound = 0;

	if (!count)
		return not_here(e, "there is no virtio device");
	for (size_t i = 0; i < count; i++) {
		auto_text path = { 0 };

		text_addf(&path, "/sys/bus/virtio/devices/%s/driver", names[i]);
		bound += host_readlink(h, text_str(&path)) != NULL;
	}
	text_addf(&l->answer, "%zu", bound);
	text_addf(live_var(l, "all"), "%zu", count);
	return 0;
}

/* A value of detect, by its name there */
static int detected(const char *name, struct live *l, struct err *e)
{
	struct detect *d = detect_new(-1, e);
	bool found = d && detect_value(d, name, &l->answer);

	detect_free(d);
	return !d ? -1 : found ? 0 : not_here(e, "it cannot be told");
}

static int signature(struct host *h, struct live *l, struct err *e)
{
	int rc = detected("signature", l, e);

	(void)h;
	if (!rc && !strcmp(text_str(&l->answer), "none"))
		return not_here(e, "no hypervisor has a signature here");
	return rc;
}

static int cpu_flags(struct host *h, struct live *l, struct err *e)
{
	(void)h;
	l->is_set = true;
	return detected("flags", l, e);
}

static int kvm_opens(struct host *h, struct live *l, struct err *e)
{
	auto_fd fd = open("/dev/kvm", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct text *found = live_var(l, "found");
	int code = errno;

	(void)h;
	(void)e;
	answer(l, fd >= 0 && ioctl(fd, KVM_GET_API_VERSION, 0) == KVM_VERSION);
	if (fd < 0)
		text_addf(found, "Opening it gives: %s.", strerror(code));
	else
		text_add(found, "It can be opened, and says its version.");
	return 0;
}

/* An id of 32 digits without its newline */
static bool read_id(const char *path, char id[ID_SIZE])
{
	return file_read_small(AT_FDCWD, path, id, ID_SIZE) == 32;
}

static int dbus_id(struct host *h, struct live *l, struct err *e)
{
	char machine[ID_SIZE], dbus[ID_SIZE];

	(void)h;
	if (!read_id("/etc/machine-id", machine))
		return not_here(e, "/etc/machine-id has no id");
	if (!read_id("/var/lib/dbus/machine-id", dbus))
		return not_here(e, "/var/lib/dbus/machine-id has no id");
	answer(l, !strcmp(machine, dbus));
	return 0;
}

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word), n;

	for (; list && *list; list += n + (list[n] != '\0')) {
		n = strcspn(list, " \n");
		if (n == len && !strncmp(list, word, len))
			return true;
	}
	return false;
}

static int memory_cgroup(struct host *h, struct live *l, struct err *e)
{
	const struct host_mount *m;
	size_t count = host_mounts(h, &m);

	for (size_t i = 0; i < count; i++) {
		auto_text path = { 0 };
		bool v1 = host_cgroup_controllers(&m[i]) & CG_MEMORY, v2 = false;

		if (!v1 && !strcmp(m[i].fstype, "cgroup2")) {
			text_addf(&path, "%s/cgroup.controllers", m[i].target);
			v2 = has_word(host_read(h, text_str(&path)), "memory");
		}
		if (!v1 && !v2)
			continue;
		text_add(&l->answer, v1 ? "1" : "2");
		text_add(&l->also, v1 ? "v1\ncgroup v1\n" : "v2\ncgroup v2\n");
		text_add(live_var(l, "where"), m[i].target);
		return 0;
	}
	return not_here(e, "no cgroup tree that is mounted here has 'memory'");
}

/* --- all of them ------------------------------------------------------------------ */

static const struct {
	const char *name;
	int (*make)(struct host *h, struct live *l, struct err *e);
} table[] = {
	{ "signature", signature },
	{ "cpu-flags", cpu_flags },
	{ "virtio-devices", virtio_devices },
	{ "kvm-opens", kvm_opens },
	{ "dbus-id", dbus_id },
	{ "memory-cgroup", memory_cgroup },
	{ "namespaces", live_namespaces },
	{ "layers", live_layers },
	{ "veth", live_veth },
};

bool live_exists(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].name, name))
			return true;
	return false;
}

const char *live_next(size_t i, const void *arg)
{
	(void)arg;
	return i < ARRAY_SIZE(table) ? table[i].name : NULL;
}

int live_make(const char *name, struct host *h, struct live *l, struct err *e)
{
	*l = (struct live){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		int rc;

		if (strcmp(table[i].name, name) != 0)
			continue;
		rc = table[i].make(h, l, e);
		if (!rc && (l->answer.failed || l->also.failed))
			rc = err_set(e, "out of memory");
		if (rc)
			live_release(l);
		return rc;
	}
	return err_set(e, "no live question '%s'", name);
}

void live_release(struct live *l)
{
	for (size_t i = 0; i < l->pid_count; i++) {
		kill(l->pids[i], SIGKILL);
		while (waitpid(l->pids[i], NULL, 0) < 0 && errno == EINTR)
			;
	}
	for (size_t i = 0; i < LIVE_VARS; i++)
		text_release(&l->vars[i].value);
	text_release(&l->answer);
	text_release(&l->also);
	*l = (struct live){ 0 };
}

struct text *live_var(struct live *l, const char *name)
{
	size_t i = 0;

	while (i < LIVE_VARS - 1 && l->vars[i].name && strcmp(l->vars[i].name, name) != 0)
		i++;
	l->vars[i].name = name;
	return &l->vars[i].value;
}

void live_fill(const struct live *l, const char *text, struct text *out)
{
	for (size_t skip; *text; text += skip) {
		size_t len = strcspn(text, "$"), i = 0;

		text_addn(out, text, len);
		text += len;
		skip = 0;
		for (; *text && i < LIVE_VARS && l->vars[i].name; i++) {
			size_t n = strlen(l->vars[i].name);

			if (text[1] != '{' || strncmp(text + 2, l->vars[i].name, n) ||
			    text[2 + n] != '}')
				continue;
			text_add(out, text_str(&l->vars[i].value));
			skip = n + 3;
			break;
		}
		if (*text && !skip)
			text_addc(out, text[skip++]);
	}
}

bool live_fits(const struct live *l, const char *typed)
{
	const char *one = text_str(&l->answer);
	struct quiz_texts accept = { &one, 1 };

	if (l->is_set)
		return answer_is_set(typed, one);
	if (answer_fits(&accept, typed))
		return true;
	for (const char *s = text_str(&l->also), *end; (end = strchr(s, '\n'));
	     s = end + 1) {
		auto_text other = { 0 };

		text_addn(&other, s, (size_t)(end - s));
		one = text_str(&other);
		if (answer_fits(&accept, typed))
			return true;
	}
	return false;
}
