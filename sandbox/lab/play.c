// SPDX-License-Identifier: GPL-3.0-or-later
/* play.c - the playground: made, cleared away */
#include "lab/play.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/capname.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/sys.h"
#include "base/text.h"
#include "box/rest.h"
#include "cgroup/place.h"
#include "changes/remove.h"
#include "cmd/boxes.h"
#include "cmd/nets.h"
#include "cmd/resting.h"
#include "cmd/tree.h"
#include "host/host.h"
#include "lab/fact.h"
#include "lab/self.h"
#include "lab/within.h"

#define ANSWER_MOST 4096
#define GROUPS_DEEP 16
#define PATIENCE_MS 5000
#define PAUSE_MS    10
#define SETUP_MS    60000 /* half a second's work, where the processor is emulated */

/* --- the directory ----------------------------------------------------------------- */

int play_dir(struct host *h, const char *id, struct text *out, struct err *e)
{
	const char *state = host_env(h, "XDG_STATE_HOME");

	if (state && *state == '/')
		text_addf(out, "%s/nook-labs/%s", state, id);
	else
		text_addf(out, "%s-labs/%s", host_state_dir(h), id);
	return out->failed ? err_set(e, "out of memory") : 0;
}

int play_token(char *out, struct err *e)
{
	unsigned char raw[(TOKEN_SIZE - 1) / 2];

	if (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
		return err_sys(e, "cannot get random bytes");
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
	return 0;
}

/* With what is above it */
static int make_dir(const char *dir, struct err *e)
{
	auto_text path = { 0 };

	text_add(&path, dir);
	for (char *p = path.s + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		if (mkdir(path.s, 0700) < 0 && errno != EEXIST)
			return err_sys(e, "cannot make '%s'", path.s);
	}
	return mkdir(dir, 0700) < 0 ? err_sys(e, "cannot make '%s'", dir) : 0;
}

/* The directory of all labs goes with the last one */
static int remove_dir(const char *dir, struct err *e)
{
	const char *name = strrchr(dir, '/') + 1;
	auto_text above = { 0 };
	auto_fd fd = -1;

	text_addn(&above, dir, (size_t)(name - dir - 1));
	fd = open(text_str(&above), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || remove_name(fd, name) < 0)
		return err_sys(e, "cannot remove '%s'", dir);
	(void)rmdir(text_str(&above));
	return 0;
}

/* --- boxes and networks ------------------------------------------------------------ */

static bool is_living(const char *name)
{
	struct record rec;
	struct plan *plan = store_find(name, &rec, NULL);

	free(plan);
	return plan != NULL;
}

static bool is_box(const char *name)
{
	return is_living(name) || resting_check_free(name, NULL) < 0;
}

/* Whether its keeper, or who makes it, is at it; else only `rm` ends it */
static bool is_held(const char *name)
{
	struct rest_area area = { .dir = -1 };
	struct rest rest;
	bool held = false;

	if (resting_open(&area, false, NULL) < 0)
		return false;
	if (rest_open(&area, name, &rest, NULL) == 0) {
		held = rest_is_held(&rest);
		rest_close(&rest);
	}
	rest_area_close(&area);
	return held;
}

/* One that goes with its end does so after it, and what has a cgroup takes its time; one
 * that is being made cannot be killed yet */
static int remove_box(const char *name, struct err *e)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	const char *const rm[] = { "rm", "-f", name, NULL };
	struct err why = { 0 };

	for (int ms = 0; ms < PATIENCE_MS; ms += PAUSE_MS) {
		struct living box = { 0 };

		box.plan = store_find(name, &box.rec, NULL);
		/* That it ends meanwhile is no error: is it there afterwards? */
		if (box.plan)
			box_kill(&box, SIGKILL, &why);
		free(box.plan);
		if (!is_box(name))
			return 0;
		if (!is_living(name) && !is_held(name))
			return self_must(rm, -1, e);
		nanosleep(&pause, NULL);
	}
	return err_set(e, "%s", why.text[0] ? why.text : "a box does not end");
}

static bool has_network(const struct nets *n, const char *name)
{
	struct net_def d;

	return n->places.state >= 0 && !net_def_read(n->places.state, name, &d, NULL);
}

static int remove_networks(const struct lab *l, struct err *e)
{
	struct nets n;
	int rc = l->networks.count ? nets_open(&n, false, e) : 0;

	if (rc || !l->networks.count)
		return rc;
	for (size_t i = 0; i < l->networks.count && !rc; i++) {
		const char *const rm[] = { "net", "rm", l->networks.v[i], NULL };

		if (has_network(&n, l->networks.v[i]))
			rc = self_must(rm, -1, e);
	}
	nets_release(&n);
	return rc;
}

/* Call @each for whatever has one of the lab's names. Return: 0, the first other result;
 * -1 and @e */
static int each_taken(const struct lab *l,
		      int (*each)(const char *what, const char *name, void *arg),
		      void *arg, struct err *e)
{
	struct nets n;
	int rc = is_box(PLAY_BOX) ? each("box", PLAY_BOX, arg) : 0;

	for (size_t i = 0; i < l->targets.count && !rc; i++)
		if (is_box(l->targets.v[i]))
			rc = each("box", l->targets.v[i], arg);
	if (rc || !l->networks.count)
		return rc;
	if (nets_open(&n, false, e) < 0)
		return -1;
	for (size_t i = 0; i < l->networks.count && !rc; i++)
		if (has_network(&n, l->networks.v[i]))
			rc = each("network", l->networks.v[i], arg);
	nets_release(&n);
	return rc;
}

static int add_left(const char *what, const char *name, void *arg)
{
	text_addf(arg, "%s %s\n", what, name);
	return 0;
}

void play_left(const struct lab *l, struct text *out)
{
	each_taken(l, add_left, out, NULL);
}

/** struct refusal - @now: the lab at hand, whose names will be free, or NULL */
struct refusal {
	const struct lab *now;
	struct err *e;
};

static bool is_word(const struct lab_words *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++)
		if (!strcmp(w->v[i], name))
			return true;
	return false;
}

/* What a lab calls its own must not be somebody's */
static int refuse(const char *what, const char *name, void *arg)
{
	const struct refusal *r = arg;
	bool box = !strcmp(what, "box");

	if (r->now && ((box && !strcmp(name, PLAY_BOX)) ||
		       is_word(box ? &r->now->targets : &r->now->networks, name)))
		return 0;
	err_set(r->e, "there is a %s '%s' already, and the lab has that name", what,
		name);
	return err_hint(r->e, "if nobody needs it: nook %s %s", box ? "rm -f" : "net rm",
			name);
}

int play_check(const struct lab *l, const struct lab *now, struct err *e)
{
	struct refusal r = { .now = now, .e = e };

	return each_taken(l, refuse, &r, e);
}

/* --- the box ----------------------------------------------------------------------- */

/* What hands need that do by themselves what nook does */
static const char *const rights[] = {
	"chown",       "dac_override", "dac_read_search",  "fowner",
	"fsetid",      "kill",	       "setgid",	   "setuid",
	"setpcap",     "net_admin",    "net_bind_service", "net_raw",
	"ipc_lock",    "ipc_owner",    "sys_chroot",	   "sys_ptrace",
	"sys_admin",   "sys_nice",     "sys_resource",	   "mknod",
	"audit_write", "setfcap",
};

/* Root can hand on only what he has himself; a new user namespace has them all */
static uint64_t own_rights(bool is_root)
{
	auto_text status = { 0 };
	const char *line;

	if (!is_root)
		return UINT64_MAX;
	if (file_read(AT_FDCWD, "/proc/self/status", &status, 1u << 16) < 0)
		return 0;
	line = strstr(text_str(&status), "\nCapEff:");
	return line ? strtoull(line + 8, NULL, 16) : 0;
}

static void add_rights(bool is_root, struct text *out)
{
	uint64_t own = own_rights(is_root);
	const char *gap = "";

	text_add(out, "capabilities=[");
	for (size_t i = 0; i < ARRAY_SIZE(rights); i++) {
		int number = name_find(capability_names, rights[i]);

		if (number < 0 || !(own & (uint64_t)1 << number))
			continue;
		text_addf(out, "%sCAP_", gap);
		for (const char *p = rights[i]; *p; p++)
			text_addc(out, *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p);
		gap = ",";
	}
	text_addc(out, ']');
}

/* $LAB at its own path. As root device nodes in it work */
static void add_mount(const char *dir, bool is_root, struct text *out)
{
	text_add(out, "+mounts={bind: ");
	text_json(out, dir);
	text_add(out, ", to: ");
	text_json(out, dir);
	text_addf(out, ", options: [rw%s]}", is_root ? ", dev" : "");
}

/* Whether the lab is about limits: then the playground has a cgroup, and its root may
 * make others below it */
static bool has_cgroups(const struct lab *l)
{
	for (size_t i = 0; i < l->needs.count; i++)
		if (!strcmp(l->needs.v[i], "limits"))
			return true;
	return false;
}

/* As many as there are, so that nothing is limited but what goes wrong */
static void add_cpus(struct text *cpus, struct text *set)
{
	auto_text status = { 0 };
	const char *line = NULL;

	text_addf(cpus, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	if (!file_read(AT_FDCWD, "/proc/self/status", &status, 1u << 16))
		line = strstr(text_str(&status), "\nCpus_allowed_list:\t");
	text_add(set, "limits.cpuset=");
	if (line)
		text_addn(set, line + 20, strcspn(line + 20, "\n"));
}

static size_t add_words(const char **to, size_t n, const char *const *from)
{
	while (*from)
		to[n++] = *from++;
	to[n] = NULL;
	return n;
}

static int start_box(const struct lab *l, const char *dir, bool is_root, struct err *e)
{
	auto_text caps = { 0 }, mount = { 0 }, id = { 0 }, lab = { 0 }, root = { 0 };
	auto_text cpus = { 0 }, cpuset = { 0 };
	const char *spaces = is_root ? "namespaces=[mount,pid,net,uts,ipc,cgroup]"
				     : "namespaces=[user,mount,pid,net,uts,ipc,cgroup]";
	const char *map = is_root ? "user.map=none" : "user.map=auto";
	const char *all[64];
	size_t n = 0;

	add_rights(is_root, &caps);
	add_mount(dir, is_root, &mount);
	add_cpus(&cpus, &cpuset);
	text_addf(&id, "NOOK_LAB=%s", l->id);
	text_addf(&lab, "LAB=%s", dir);
	text_addf(&root, "R=%s/R", dir);
	const char *const words[] = {
		"run",	      "-q",
		"-d",	      "--rm",
		"--name",     PLAY_BOX,
		"--hostname", PLAY_BOX,
		"--set",      "root.from=host",
		"--set",      spaces,
		"--set",      map,
		"--set",      "user.id=0",
		"--set",      "nested_namespaces=true",
		"--set",      "limits.grace=0s",
		/* nft(8) and its like speak more of netlink than the filter lets pass */
		"--set",      "seccomp={allow: [socket]}",
		"--set",      text_str(&caps),
		"--set",      text_str(&mount),
		"-w",	      dir,
		"-e",	      text_str(&id),
		"-e",	      text_str(&lab),
		"-e",	      text_str(&root),
		NULL,
	};
	/* CPUs are seldom an ordinary user's to choose, and no lab for one is about it */
	const char *const limits[] = {
		"--memory",	 "512M",  "--pids-limit",    "256", "--cpus",
		text_str(&cpus), is_root ? "--set" : NULL, text_str(&cpuset), NULL
	};
	const char *const command[] = { "base", "--", "sleep", "infinity", NULL };

	n = add_words(all, n, words);
	if (has_cgroups(l))
		n = add_words(all, n, limits);
	add_words(all, n, command);
	return self_must(all, -1, e) < 0 ? err_wrap(e, "the playground: ") : 0;
}

static int make_root(const char *dir, struct err *e)
{
	const char *const none[] = { NULL };
	auto_text root = { 0 }, said = { 0 };
	struct closure files = { 0 };
	struct tree_wish wish = { .files = &files };
	int rc;

	text_addf(&root, "%s/R", dir);
	rc = tree_gather(none, &files, e);
	wish.dir = text_str(&root);
	if (!rc)
		rc = tree_make(&wish, &said, e);
	closure_release(&files);
	return rc < 0 ? err_wrap(e, "the small root: ") : 0;
}

/* Only a cgroup without processes can have some below it that are limited (v2): those of
 * the playground are in one called as it is. Return: 0, -1 and @e */
static int open_leaf(struct err *e)
{
	struct record rec;
	struct cgroup cg;
	auto_free struct plan *plan = store_find(PLAY_BOX, &rec, e);
	int rc;

	if (!plan || cgroup_open(&rec.cgroup, &cg, e) < 0)
		return -1;
	rc = cgroup_open_up(&cg, PLAY_BOX, e);
	cgroup_close(&cg);
	return rc;
}

/* Of v1, what nook shows no box: controllers without a limit of nook's */
static const char *const others[] = { "freezer", "devices" };

static int free_cgroups(void *arg, struct text *out, struct err *e)
{
	const struct sys_mount_attr rw = { .attr_clr = MOUNT_ATTR_RDONLY };
	const bool *is_here = arg;

	(void)out;
	if (sys_mount_setattr(AT_FDCWD, "/sys/fs/cgroup", AT_RECURSIVE, &rw) < 0)
		return err_sys(e, "cannot make them writable");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		auto_text at = { 0 };

		text_addf(&at, "/sys/fs/cgroup/%s", others[i]);
		if (is_here[i] &&
		    (mkdir(text_str(&at), 0755) < 0 ||
		     mount("cgroup", text_str(&at), "cgroup", 0, others[i])))
			return err_sys(e, "cannot mount '%s'", text_str(&at));
	}
	return 0;
}

/* Whether a hierarchy has the controller, by lines such as "7:cpu,cpuacct:/a" */
static bool has_hierarchy(const char *lines, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = lines; (p = strstr(p, name)); p += len)
		if (p > lines && strchr(":,", p[-1]) && p[len] && strchr(":,", p[len]))
			return true;
	return false;
}

/* What nook shows its boxes of their cgroup is read-only, and of v1 not all: its files
 * are this root's, and go with the box's leaf. In the playground a dozen programs would
 * do this, and take most of the time of a start */
static int open_cgroups(const struct play *play, struct err *e)
{
	bool is_here[ARRAY_SIZE(others)];
	struct fact_found found = { 0 };
	auto_aim a = { .dir = -1 };
	struct within w = { .a = &a, .flags = ~0, .work = free_cgroups, .arg = is_here };
	auto_text own = { 0 };
	int rc = aim_at(&play->scene, PLAY_BOX, &a, &found, e);

	if (!rc)
		err_set(e, "%s", text_str(&found.found));
	if (rc > 0)
		rc = file_read(AT_FDCWD, "/proc/self/cgroup", &own, 1u << 16) < 0
			     ? err_sys(e, "cannot read '/proc/self/cgroup'")
			     : 1;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		is_here[i] = has_hierarchy(text_str(&own), others[i]);
	if (rc > 0)
		rc = within_do(&w, &found.source, e) < 0 ? -1 : 1;
	fact_release(&found);
	return rc > 0 ? 0 : err_wrap(e, "cgroups of the playground: ");
}

static int set_up(const struct lab *l, const char *token, struct err *e)
{
	auto_text variable = { 0 };

	text_addf(&variable, "TOKEN=%s", token);
	const char *const words[] = { "exec",	"-e",	  text_str(&variable),
				      PLAY_BOX, "--",	  "sh",
				      "-euc",	l->setup, NULL };

	if (self_must(words, SETUP_MS, e) < 0)
		return err_wrap(e, "setup of %s: ", l->id);
	return 0;
}

int play_may_start(const struct lab *l, const char *dir, struct err *e)
{
	if (play_check(l, NULL, e) < 0)
		return -1;
	if (faccessat(AT_FDCWD, dir, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	err_set(e, "there is a '%s' already", dir);
	return err_hint(e, "it is left of a lab: rm -r %s", dir);
}

int play_start(const struct lab *l, const char *dir, const char *token, struct err *e)
{
	struct host *h = host_new();
	bool is_root = h && host_is_root(h);
	int rc = h ? make_dir(dir, e) : err_set(e, "out of memory");
	struct play play;
	struct err none;

	host_free(h);
	if (!rc && l->root)
		rc = make_root(dir, e);
	if (!rc)
		rc = start_box(l, dir, is_root, e);
	if (!rc && has_cgroups(l)) {
		play_look(l, dir, token, &play);
		rc = open_leaf(e) < 0 ? -1 : open_cgroups(&play, e);
		play_release(&play);
	}
	if (!rc && l->setup)
		rc = set_up(l, token, e);
	if (rc < 0)
		play_end(l, dir, &none);
	return rc;
}

/* v1: SIGKILL waits for who is frozen, and nook thaws what it has frozen, its own leaf */
static void thaw_below(int dir, int depth)
{
	int copy = depth ? openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	auto_dir d = copy < 0 ? NULL : fdopendir(copy);

	for (const struct dirent *de; d && (de = readdir(d));) {
		auto_fd below = -1;

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		below = openat(dir, de->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0)
			continue;
		(void)file_write(below, "freezer.state", "THAWED");
		thaw_below(below, depth - 1);
	}
}

/* What its root froze, which would hold up the end of the playground */
static void thaw_playground(void)
{
	struct record rec;
	struct plan *plan = store_find(PLAY_BOX, &rec, NULL);
	const char *path = plan ? cgroup_path_of(&rec.cgroup, CG_FREEZER) : NULL;
	auto_fd dir = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (dir >= 0 && rec.cgroup.kind == CGROUP_V1)
		thaw_below(dir, GROUPS_DEEP);
	free(plan);
}

int play_end(const struct lab *l, const char *dir, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; i < l->targets.count && !rc; i++)
		rc = remove_box(l->targets.v[i], e);
	if (!rc)
		rc = remove_networks(l, e);
	if (!rc) {
		thaw_playground();
		rc = remove_box(PLAY_BOX, e);
	}
	resting_sweep(); /* what a start that was killed was making */
	return rc ? -1 : remove_dir(dir, e);
}

bool play_is_up(pid_t *pid)
{
	*pid = lab_target_box(PLAY_BOX);
	return *pid > 0;
}

/* --- facts and answers ------------------------------------------------------------- */

/* $LAB/answer: who is root in the playground writes there too, so no link is followed */
static int open_answers(const char *dir, bool make)
{
	auto_fd lab = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (lab < 0 || (make && mkdirat(lab, "answer", 0700) < 0 && errno != EEXIST))
		return -1;
	return openat(lab, "answer", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static const char *find_answer(void *arg, const char *name)
{
	struct play *p = arg;
	auto_fd dir = open_answers(p->scene.dir, false);
	auto_fd fd = -1;

	text_cut(&p->answer, 0);
	if (dir < 0 || strchr(name, '/'))
		return NULL;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fd_read_all(fd, &p->answer, ANSWER_MOST) < 0)
		return NULL;
	while (p->answer.len && p->answer.s[p->answer.len - 1] == '\n')
		text_cut(&p->answer, p->answer.len - 1);
	return text_str(&p->answer);
}

void play_look(const struct lab *l, const char *dir, const char *token, struct play *out)
{
	*out = (struct play){
		.scene = { .id = l->id,
			   .dir = dir,
			   .token = token,
			   .targets = l->targets.v,
			   .target_count = l->targets.count,
			   .answer = find_answer,
			   .arg = out },
	};
	play_is_up(&out->scene.init);
}

void play_release(struct play *p)
{
	text_release(&p->answer);
}

int play_answer(const char *dir, const char *name, const char *text, struct err *e)
{
	auto_fd answers = open_answers(dir, true);
	auto_fd fd = -1;

	if (answers >= 0 && !text)
		return unlinkat(answers, name, 0) < 0 && errno != ENOENT
			       ? err_sys(e, "cannot take back the answer '%s'", name)
			       : 0;
	if (answers >= 0)
		fd = openat(answers, name,
			    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK |
				    O_CLOEXEC,
			    0600);
	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0 ||
	    fd_write_all(fd, "\n", 1) < 0)
		return err_sys(e, "cannot write '%s/answer/%s'", dir, name);
	return 0;
}
