// SPDX-License-Identifier: GPL-3.0-or-later
/* stack.c - the layers of a draft by name: what `add` and `drop` set in the profile */
#include "console/stack.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/text.h"

/** struct adding - One `add` while it goes through its words */
struct adding {
	const struct profile *pf;
	struct step *step;
	uint32_t ns; /* namespaces as they will be */
	struct err *e;
};

/**
 * struct row - What belongs to a brick
 * @ns:		Namespaces that it is, or needs
 * @add:	Sets the rest. @argv: what follows. Return: how many words it took; -1, or
 *		-2 for wrong usage, and the error
 * @back:	Keys that `drop` sets: "KEY", or "KEY=VALUE" where that is not the default
 * @is_in:	NULL: where its namespace is
 */
struct row {
	struct brick b;
	uint32_t ns;
	int (*add)(struct adding *a, char *const *argv);
	const char *back[8];
	bool (*is_in)(const struct profile *pf);
};

static const struct name ns_names[] = {
	{ "user", NS_USER },	 { "mount", NS_MOUNT }, { "pid", NS_PID },
	{ "net", NS_NET },	 { "uts", NS_UTS },	{ "ipc", NS_IPC },
	{ "cgroup", NS_CGROUP }, { "time", NS_TIME },	{ NULL, 0 },
};

static int set(struct adding *a, const char *key, const char *value)
{
	return step_set(a->step, key, value, a->e);
}

/* A word as a value that is nothing else: quoted, so that a bracket in it is no list */
static int set_text(struct adding *a, const char *key, const char *word)
{
	auto_text quoted = { 0 };

	text_json(&quoted, word);
	return set(a, key, text_str(&quoted));
}

static int set_namespaces(struct adding *a)
{
	auto_text list = { 0 };
	const char *gap = "[";

	for (const struct name *n = ns_names; n->name; n++) {
		if (!(a->ns & (uint32_t)n->value))
			continue;
		text_addf(&list, "%s%s", gap, n->name);
		gap = ", ";
	}
	text_add(&list, *gap == '[' ? "[]" : "]");
	return set(a, "namespaces", text_str(&list));
}

/* --- add ---------------------------------------------------------------------------- */

static int add_plain(struct adding *a, char *const *argv)
{
	(void)a, (void)argv;
	return 0;
}

static int add_user(struct adding *a, char *const *argv)
{
	static const char *const maps[] = { "auto", "single", "subids" };
	const char *map = "auto";
	int used = 0;

	for (size_t i = 0; argv[0] && i < ARRAY_SIZE(maps); i++)
		if (!strcmp(argv[0], maps[i])) {
			map = maps[i];
			used = 1;
		}
	return set(a, "user.map", map) < 0 || set(a, "user.id", "0") < 0 ? -1 : used;
}

static int add_pid(struct adding *a, char *const *argv)
{
	(void)argv;
	/* So that "you are pid 1" is true until `add init` says what that is for */
	return set(a, "init", "none");
}

static int add_init(struct adding *a, char *const *argv)
{
	(void)argv;
	if (!(a->ns & NS_PID)) {
		err_set(a->e, "init is the first process of a pid namespace, and there "
			      "is none");
		return err_hint(a->e, "add pid");
	}
	return set(a, "init", "reaper");
}

/* The words that name no directory */
static bool is_kind(const char *word)
{
	return !strcmp(word, "system") || !strcmp(word, "host") || !strcmp(word, "empty");
}

static int set_directory(struct adding *a, const char *path, const char *how)
{
	if (!path) {
		err_set(a->e, "which directory? Write its path behind it");
		return -2;
	}
	return set(a, "root.from", "directory") < 0 ||
			       set_text(a, "root.path", path) < 0 ||
			       set(a, "root.switch", how) < 0
		       ? -1
		       : 0;
}

static int add_root(struct adding *a, char *const *argv)
{
	const char *kind = argv[0] ? argv[0] : "system";
	bool named = !strcmp(kind, "directory");

	if (set(a, "root.changes", "discard") < 0)
		return -1;
	if (!is_kind(kind)) {
		int r = set_directory(a, named ? argv[1] : kind, "pivot");

		return r < 0 ? r : named ? 2 : 1;
	}
	if (set(a, "root.from", kind) < 0 || set(a, "root.path", "null") < 0)
		return -1;
	return argv[0] != NULL;
}

static int add_chroot(struct adding *a, char *const *argv)
{
	int r = set_directory(a, argv[0], "chroot");

	if (!r)
		r = set(a, "root.changes", "through");
	return r < 0 ? r : 1;
}

static int add_veth(struct adding *a, char *const *argv)
{
	auto_text list = { 0 };
	int used = 1;

	if (set(a, "network.mode", "veth") < 0)
		return -1;
	if (argv[used] && !strchr(argv[used], '/') &&
	    set_text(a, "network.name", argv[used++]) < 0)
		return -1;
	for (; argv[used] && strchr(argv[used], '/'); used++) {
		text_add(&list, list.len ? ", " : "[");
		text_json(&list, argv[used]);
	}
	text_addc(&list, ']');
	if (list.len > 1 && set(a, "network.address", text_str(&list)) < 0)
		return -1;
	return used;
}

static int add_net(struct adding *a, char *const *argv)
{
	static const char *const modes[] = { "none", "host", "user" };

	if (!argv[0])
		return set(a, "network.mode", "none");
	if (!strcmp(argv[0], "veth"))
		return add_veth(a, argv);
	if (!strcmp(argv[0], "host"))
		a->ns &= ~(uint32_t)NS_NET;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strcmp(argv[0], modes[i]))
			return set(a, "network.mode", modes[i]) < 0 ? -1 : 1;
	err_set(a->e, "'%s' is no kind of network: expected none, veth, user or host",
		argv[0]);
	return -2;
}

static const char *next_brick_name(size_t i, const void *arg)
{
	const struct brick *b = brick_at(i);

	(void)arg;
	return b ? b->name : NULL;
}

static bool is_brick(const char *name)
{
	for (size_t i = 0; brick_at(i); i++)
		if (!strcmp(brick_at(i)->name, name))
			return true;
	return false;
}

static int add_uts(struct adding *a, char *const *argv)
{
	if (!argv[0] || is_brick(argv[0]))
		return 0;
	return set_text(a, "hostname", argv[0]) < 0 ? -1 : 1;
}

static int add_time(struct adding *a, char *const *argv)
{
	if (!argv[0] || is_brick(argv[0]))
		return 0;
	return set(a, "time.boottime", argv[0]) < 0 ||
			       set(a, "time.monotonic", argv[0]) < 0
		       ? -1
		       : 1;
}

/* Those that stay */
static int add_caps(struct adding *a, char *const *argv)
{
	auto_text list = { 0 };
	int used = 0;

	for (; argv[used] && !is_brick(argv[used]); used++) {
		if (!strcmp(argv[used], "none"))
			continue;
		text_add(&list, list.len ? ", " : "[");
		text_json(&list, argv[used]);
	}
	text_add(&list, list.len ? "]" : "[]");
	return set(a, "capabilities", text_str(&list)) < 0 ? -1 : used;
}

static int add_nnp(struct adding *a, char *const *argv)
{
	(void)argv;
	return set(a, "no_new_privileges", "true");
}

static int add_seccomp(struct adding *a, char *const *argv)
{
	(void)argv;
	return set(a, "seccomp", "default") < 0 || set(a, "no_new_privileges", "true") < 0
		       ? -1
		       : 0;
}

static int add_landlock(struct adding *a, char *const *argv)
{
	(void)argv;
	return set(a, "landlock", "required") < 0 ||
			       set(a, "no_new_privileges", "true") < 0
		       ? -1
		       : 0;
}

static int add_rlimit(struct adding *a, char *const *argv)
{
	char key[64];

	if (!argv[0] || !argv[1]) {
		err_set(a->e, "rlimit takes a name and a value, such as nofile 64");
		return -2;
	}
	snprintf(key, sizeof(key), "rlimits.%.48s", argv[0]);
	return set_text(a, key, argv[1]) < 0 ? -1 : 2;
}

/* --- what is in -------------------------------------------------------------------- */

static bool has_root(const struct profile *pf)
{
	return pf->root.how == SWITCH_PIVOT && (pf->namespaces & NS_MOUNT) &&
	       (pf->root.from != ROOT_HOST || pf->root.changes != CHANGES_THROUGH);
}

static bool has_chroot(const struct profile *pf)
{
	return pf->root.how == SWITCH_CHROOT;
}

static bool has_caps(const struct profile *pf)
{
	const char *by = pf->origin[FIELD_capabilities].file;

	return !by || strcmp(by, NATURAL) != 0;
}

static bool has_nnp(const struct profile *pf)
{
	return pf->no_new_privileges;
}

static bool has_seccomp(const struct profile *pf)
{
	return pf->seccomp.kind != SECCOMP_OFF;
}

static bool has_landlock(const struct profile *pf)
{
	return pf->landlock != LANDLOCK_OFF;
}

static bool has_rlimit(const struct profile *pf)
{
	return profile_is_set(pf, FIELD_rlimits);
}

static bool has_init(const struct profile *pf)
{
	return (pf->namespaces & NS_PID) && pf->init == INIT_REAPER;
}

static const struct row table[] = {
	{ .b = { "user", "[auto|single|subids]", "auto single subids",
		 "ids of its own: 0 inside is somebody else outside", "user" },
	  .ns = NS_USER,
	  .add = add_user,
	  .back = { "user.map=none", "user.id", "user.group" } },
	{ .b = { "pid", "", NULL, "process numbers of its own: it is pid 1", "pid" },
	  .ns = NS_PID,
	  .add = add_pid,
	  .back = { "init" } },
	{ .b = { "init", "", NULL,
		 "a pid 1 of nook's that reaps and forwards signals (needs pid)", "pid" },
	  .add = add_init,
	  .back = { "init=none" },
	  .is_in = has_init },
	{ .b = { "mount", "", NULL, "mounts of its own; /proc shows its processes",
		 "mount" },
	  .ns = NS_MOUNT,
	  .add = add_plain,
	  .back = { "mounts" } },
	{ .b = { "root", "[system|host|empty|[directory] DIR]",
		 "system host empty directory",
		 "another tree by pivot_root(2); changes are thrown away", "root" },
	  .ns = NS_MOUNT,
	  .add = add_root,
	  .back = { "root.from=host", "root.changes=through", "root.path", "root.switch",
		    "root.size", "root.hide", "root.show" },
	  .is_in = has_root },
	{ .b = { "chroot", "DIR", NULL, "another root by chroot(2), which is no wall",
		 "root" },
	  .add = add_chroot,
	  .back = { "root.from=host", "root.changes=through", "root.path",
		    "root.switch" },
	  .is_in = has_chroot },
	{ .b = { "net", "[none|veth [NETWORK] [ADDRESS...]|user|host]",
		 "none veth user host", "links, addresses and ports of its own", "net" },
	  .ns = NS_NET,
	  .add = add_net,
	  .back = { "network.mode=host", "network.name", "network.address",
		    "network.publish", "network.allow" } },
	{ .b = { "uts", "[NAME]", NULL, "a host name of its own", "uts" },
	  .ns = NS_UTS,
	  .add = add_uts,
	  .back = { "hostname" } },
	{ .b = { "ipc", "", NULL, "System V and POSIX queues of its own", "ipc" },
	  .ns = NS_IPC,
	  .add = add_plain },
	{ .b = { "cgroup", "", NULL, "its own view of the cgroup tree", "cgroup" },
	  .ns = NS_CGROUP,
	  .add = add_plain },
	{ .b = { "time", "[OFFSET]", NULL, "clocks that count from another start",
		 "time" },
	  .ns = NS_TIME,
	  .add = add_time,
	  .back = { "time.boottime", "time.monotonic" } },
	{ .b = { "caps", "[none|CAPABILITY...]", "none box-root",
		 "no capabilities but those that are named", "caps" },
	  .add = add_caps,
	  .back = { "capabilities" },
	  .is_in = has_caps },
	{ .b = { "no_new_privs", "", NULL, "set-user-id programs give nothing", "caps" },
	  .add = add_nnp,
	  .back = { "no_new_privileges=false" },
	  .is_in = has_nnp },
	{ .b = { "seccomp", "", NULL, "a filter in front of every system call",
		 "seccomp" },
	  .add = add_seccomp,
	  .back = { "seccomp=off" },
	  .is_in = has_seccomp },
	{ .b = { "landlock", "", NULL, "a second wall around files", "landlock" },
	  .add = add_landlock,
	  .back = { "landlock=off" },
	  .is_in = has_landlock },
	{ .b = { "rlimit", "NAME VALUE[:HARD]", NULL, "limits of each process",
		 "rlimit" },
	  .add = add_rlimit,
	  .back = { "rlimits" },
	  .is_in = has_rlimit },
};

/* --- the words --------------------------------------------------------------------- */

const struct brick *brick_at(size_t i)
{
	return i < ARRAY_SIZE(table) ? &table[i].b : NULL;
}

const char *brick_meant(const char *word)
{
	static const struct {
		const char *word, *brick;
	} all[] = { { "hostname", "uts" },	{ "host", "uts" },
		    { "name", "uts" },		{ "network", "net" },
		    { "process", "pid" },	{ "processes", "pid" },
		    { "queues", "ipc" },	{ "clock", "time" },
		    { "clocks", "time" },	{ "users", "user" },
		    { "mounts", "mount" },	{ "files", "root" },
		    { "capabilities", "caps" }, { "rlimits", "rlimit" } };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i].word, word))
			return all[i].brick;
	return NULL;
}

static const struct row *find(const char *name, struct err *e)
{
	const char *meant = brick_meant(name);

	if (!strcmp(name, "pivot_root"))
		name = "root";
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].b.name, name))
			return &table[i];
	if (meant)
		err_set(e, "no layer '%s', did you mean '%s'", name, meant);
	else
		name_missing("layer", name, next_brick_name, NULL, e);
	err_hint(e, "'layers' lists them");
	return NULL;
}

const struct brick *brick_find(const char *name, struct err *e)
{
	const struct row *r = find(name, e);

	return r ? &r->b : NULL;
}

static bool row_is_in(const struct row *r, const struct profile *pf)
{
	return r->is_in ? r->is_in(pf) : (pf->namespaces & r->ns) != 0;
}

bool brick_is_in(const struct brick *b, const struct profile *pf)
{
	return row_is_in((const struct row *)(const void *)b, pf);
}

/* What the kernel gives only to who owns the namespaces: everything but ids and limits */
static int check_rights(const struct adding *a, const struct row *r, bool can)
{
	bool privileged = (r->ns && r->ns != NS_USER) || r->add == add_chroot;

	if (!privileged || can || (a->ns & NS_USER))
		return 0;
	err_set(a->e, "%s: an ordinary user may have that only in a user namespace",
		r->b.name);
	return err_hint(a->e, "add user first");
}

int stack_add(const struct profile *pf, bool can, char *const *argv, struct step *s,
	      struct err *e)
{
	struct adding a = { .pf = pf, .step = s, .ns = pf->namespaces, .e = e };

	while (*argv) {
		const struct row *r = find(*argv, e);
		int used;

		if (!r)
			return -2;
		if (!*r->b.usage && row_is_in(r, pf))
			return err_set(e, "%s is there already", r->b.name);
		if (check_rights(&a, r, can) < 0)
			return -1;
		a.ns |= r->ns;
		used = r->add(&a, argv + 1);
		if (used < 0)
			return used;
		argv += 1 + used;
	}
	return a.ns == pf->namespaces ? 0 : set_namespaces(&a);
}

static int set_back(struct adding *a, const char *key)
{
	const char *equals = strchr(key, '=');
	char name[64];

	if (!equals)
		return set(a, key, "null");
	snprintf(name, sizeof(name), "%.*s", (int)(equals - key), key);
	return set(a, name, equals + 1);
}

int stack_drop(const struct profile *pf, char *const *argv, struct step *s, struct err *e)
{
	struct adding a = { .pf = pf, .step = s, .ns = pf->namespaces, .e = e };

	for (; *argv; argv++) {
		const struct row *r = find(*argv, e);

		if (!r)
			return -2;
		if (!row_is_in(r, pf))
			return err_set(e, "there is no %s to drop", r->b.name);
		if (!r->is_in)
			a.ns &= ~r->ns;
		for (size_t i = 0; i < ARRAY_SIZE(r->back) && r->back[i]; i++)
			if (set_back(&a, r->back[i]) < 0)
				return -1;
	}
	return a.ns == pf->namespaces ? 0 : set_namespaces(&a);
}

void stack_names(const struct profile *pf, struct text *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (row_is_in(&table[i], pf))
			text_addf(out, "%s%s", out->len ? " " : "", table[i].b.name);
}
