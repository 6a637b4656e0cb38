// SPDX-License-Identifier: GPL-3.0-or-later
/* landlock.c - rules from mounts, the ladder of levels, and what a domain refuses
 * as: root user
 * with: plain
 *
 * valgrind 3.19 has no Landlock.
 */
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "base/text.h"
#include "forked.h"
#include "layer/tree_plan.h"
#include "profile/profile.h"
#include "tap.h"

extern const struct layer layer_landlock;

static char dir[64] = "/tmp/nook-landlock-XXXXXX";
static int level; /* of this kernel */

/* --- what a domain refuses ---------------------------------------------------------- */

/* A box of an ordinary directory: @dir is read and executed, @dir/rw is writable as
 * well */
static void make_rules(struct plan *pl, bool scoped)
{
	static const char *const paths[] = { "/", "" };
	const uint64_t read = 1 | 4 | 8, all = (1u << 16) - 1 - (1 << 6) - (1 << 11);
	uint64_t handled = level >= 5	? 0xffff
			   : level >= 3 ? 0x7fff
			   : level >= 2 ? 0x3fff
					: 0x1fff;

	pl->landlock.abi = (uint32_t)level;
	pl->landlock.handled = handled;
	pl->landlock.scoped = scoped ? 3 : 0;
	for (int i = 0; i < 2; i++) {
		struct plan_rule *r = plan_append(pl, &pl->landlock.rules, sizeof(*r));

		r->path = i ? plan_putf(pl, "%s/rw%s", dir, paths[1]) : plan_put(pl, "/");
		r->access = (i ? all : read) & handled;
	}
	/* what is not there takes nothing away and gives nothing */
	((struct plan_rule *)plan_append(pl, &pl->landlock.rules,
					 sizeof(struct plan_rule)))
		->path = plan_put(pl, "/nowhere/at/all");
}

struct attempt {
	bool walled;
	bool scoped;
	int (*try)(void);
};

static int confined(void *arg)
{
	const struct attempt *a = arg;
	struct plan *pl = plan_new();

	if (chdir(dir) < 0)
		return FORKED_SETUP;
	if (a->walled) {
		make_rules(pl, a->scoped);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    apply_last(&layer_landlock, pl) < 0)
			return FORKED_SETUP;
	}
	return a->try();
}

static int inside(int (*try)(void))
{
	return forked(confined, &(struct attempt){ true, false, try });
}

static int outside(int (*try)(void))
{
	return forked(confined, &(struct attempt){ false, false, try });
}

static int scoped(int (*try)(void))
{
	return forked(confined, &(struct attempt){ true, true, try });
}

#define TRY(name, call)                        \
	static int name(void)                  \
	{                                      \
		return (call) < 0 ? errno : 0; \
	}

TRY(read_ro, open("ro/file", O_RDONLY))
TRY(write_ro, open("ro/file", O_WRONLY))
TRY(create_ro, open("ro/new", O_WRONLY | O_CREAT, 0600))
TRY(mkdir_ro, mkdir("ro/newdir", 0700))
TRY(truncate_ro, truncate("ro/file", 0))
TRY(create_rw, open("rw/new", O_WRONLY | O_CREAT, 0600))
TRY(truncate_rw, truncate("rw/file", 0))
TRY(by_link, open("rw/link", O_WRONLY))
TRY(rename_out, rename("rw/file", "ro/moved"))
TRY(link_in, link("ro/file", "rw/linked"))
TRY(rename_in, rename("rw/a/file", "rw/b/file"))

static int by_descriptor(void)
{
	int at = open("rw", O_PATH | O_DIRECTORY);

	return openat(at, "../ro/file", O_WRONLY) < 0 ? errno : 0;
}

static int tty_ioctl(void)
{
	int fd = open("/dev/ptmx", O_RDONLY | O_NOCTTY), n;

	return fd < 0 ? -errno : ioctl(fd, TIOCGPTN, &n) < 0 ? errno : 0;
}

static int make_node(void)
{
	return mknod("rw/node", S_IFCHR | 0600, 0x103) < 0 ? errno : 0;
}

/* A listener outside of the domain: its parent's */
static int listener = -1;
static struct sockaddr_un address;
static socklen_t address_size;

static int connect_abstract(void)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(s, (struct sockaddr *)&address, address_size) < 0 ? errno : 0;
}

static int signal_parent(void)
{
	return kill(getppid(), 0) < 0 ? errno : 0;
}

static void make_tree(void)
{
	static const char *const dirs[] = { "ro", "rw", "rw/a", "rw/b" };
	static const char *const files[] = { "ro/file", "rw/file", "rw/a/file" };
	int at;

	if (!mkdtemp(dir))
		return;
	at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		mkdirat(at, dirs[i], 0700);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		close(openat(at, files[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	if (symlinkat("../ro/file", at, "rw/link") < 0)
		diag("cannot make a symlink: %s", strerror(errno));
	close(at);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sun_family = AF_UNIX;
	address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				   (size_t)snprintf(address.sun_path + 1, 64, "%s", dir));
	if (bind(listener, (struct sockaddr *)&address, address_size) < 0 ||
	    listen(listener, 4) < 0)
		diag("cannot listen: %s", strerror(errno));
}

static void remove_tree(void)
{
	static const char *const left[] = { "ro/file",	 "ro/new",    "ro/moved",
					    "rw/file",	 "rw/new",    "rw/link",
					    "rw/linked", "rw/a/file", "rw/b/file",
					    "rw/node",	 "ro/newdir", "rw/a",
					    "rw/b",	 "ro",	      "rw" };
	int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_SIZE(left); i++)
		if (unlinkat(at, left[i], 0) < 0)
			unlinkat(at, left[i], AT_REMOVEDIR);
	close(at);
	rmdir(dir);
}

static void test_files(void)
{
	is_num(inside(read_ro), 0, "FS-22: reading is allowed by the rule above");
	is_num(inside(write_ro), EACCES, "FS-22: writing is not");
	is_num(inside(create_ro), EACCES, "FS-22: nor creating");
	is_num(inside(mkdir_ro), EACCES, "FS-22: nor making a directory");
	is_num(inside(by_link), EACCES, "FS-22: nor writing through a symlink");
	is_num(inside(by_descriptor), EACCES, "FS-22: nor from a descriptor upwards");
	is_num(inside(create_rw), 0, "FS-22: a writable place is");
	ok(inside(rename_out) == (level >= 2 ? EACCES : EXDEV),
	   "FS-22: nothing is moved out");
	ok(inside(link_in) == (level >= 2 ? EACCES : EXDEV) || inside(link_in) == EXDEV,
	   "FS-22: nor linked in");
	if (level >= 3) {
		is_num(inside(truncate_ro), EACCES, "FS-22: truncating is refused too");
		is_num(inside(truncate_rw), 0, "but not in a writable place");
	} else {
		skip(2, "ABI 3 is needed");
	}
	if (level >= 2)
		is_num(inside(rename_in), 0, "within a writable place files move");
	else
		skip(1, "ABI 2 is needed");
	if (!geteuid()) {
		is_num(inside(make_node), EACCES, "not even root makes device nodes");
		is_num(outside(make_node), 0, "control: without a domain root does");
	}
	if (level >= 5)
		ok(inside(tty_ioctl) != 0,
		   "a device without a rule cannot be controlled");
	else
		skip(1, "ABI 5 is needed");
	is_num(outside(tty_ioctl), 0, "control: without a domain it can");
	is_num(outside(write_ro), 0, "control: without a domain files are written");
	is_num(outside(rename_out), 0, "control: and moved");
}

static void test_scopes(void)
{
	is_num(inside(connect_abstract), 0,
	       "control: without scopes abstract sockets are reached");
	is_num(inside(signal_parent), 0, "control: and processes signalled");
	if (level < 6) {
		skip(2, "ABI 6 is needed");
		return;
	}
	is_num(scoped(connect_abstract), EPERM,
	       "NE-02: abstract sockets outside are EPERM");
	is_num(scoped(signal_parent), EPERM, "signals to processes outside are EPERM");
}

/* --- plans -------------------------------------------------------------------------- */

static const char *fixture(int abi)
{
	static char path[128];
	auto_text facts = { 0 };
	auto_fd fd = -1;

	snprintf(path, sizeof(path), "%s/host%d", dir, abi);
	mkdir(path, 0700);
	text_addf(&facts, "uid=1234\ngid=1234\nlandlock=%d\n", abi);
	snprintf(path, sizeof(path), "%s/host%d/tree", dir, abi);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/host%d/facts", dir, abi);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text_str(&facts), facts.len) < 0)
		diag("cannot write '%s'", path);
	snprintf(path, sizeof(path), "%s/host%d", dir, abi);
	return path;
}

static void drop_fixture(const char *path)
{
	auto_fd at = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	unlinkat(at, "facts", 0);
	unlinkat(at, "tree", AT_REMOVEDIR);
	rmdir(path);
}

struct asked {
	int abi;
	enum landlock_wish wish;
	bool nested;
	bool net_host;
	bool pid_shared;
};

/* Plan with a small tree. Return: the plan, or NULL and @e */
static struct plan *plan_for(struct asked a, struct err *e)
{
	struct profile pf = { .landlock = a.wish, .nested_namespaces = a.nested };
	char path[128];
	struct host *h;
	struct plan *pl = plan_new();
	int rc;

	snprintf(path, sizeof(path), "%s", fixture(a.abi));
	h = host_open_fixture(path, e);
	if (!h)
		diag("%s", e->text);
	pl->tree.readonly = 1;
	pl->net.mode = a.net_host;
	pl->clone_flags = a.pid_shared ? 0 : CLONE_NEWPID;
	tree_bind(pl, "/usr", "/usr", MOUNT_ATTR_RDONLY);
	tree_tmpfs(pl, "/tmp", 0, 0, 01777);
	tree_add(pl, MOP_PROC, "/proc");
	tree_add(pl, MOP_DEVICE, "/dev/null");
	tree_add(pl, MOP_DEVICE, "/dev/zero");
	tree_bind(pl, "/home/me", "/home/me", 0);
	tree_bind(pl, "/srv", "/srv", 0);
	tree_add(pl, MOP_READONLY, "/srv")->attr = MOUNT_ATTR_RDONLY;
	rc = layer_landlock.plan(&pf, h, pl, e);
	host_free(h);
	drop_fixture(path);
	if (rc < 0) {
		plan_free(pl);
		return NULL;
	}
	return pl;
}

static bool has_weight(const struct plan *pl, uint32_t weight)
{
	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));)
		if (f->weight == weight)
			return true;
	return false;
}

static void test_rules(void)
{
	struct err e = { 0 };
	struct plan *pl = plan_for((struct asked){ 7, LANDLOCK_REQUIRED, 0, 0, 0 }, &e);
	auto_text rules = { 0 };

	for (const struct plan_rule *r = NULL;
	     pl && (r = plan_each(pl, &pl->landlock.rules, r));)
		text_addf(&rules, "%s=%llx ", plan_text(pl, r->path),
			  (unsigned long long)r->access);
	is(text_str(&rules), "/=d /tmp=77bf /proc=4002 /dev=c00e /home/me=77bf ",
	   "read below '/', more where the mounts leave more, one rule for devices");
	plan_free(pl);
}

static void test_ladder(void)
{
	static const struct {
		int abi;
		uint64_t handled, scoped;
	} want[] = { { 1, 0x1fff, 0 }, { 2, 0x3fff, 0 }, { 3, 0x7fff, 0 },
		     { 4, 0x7fff, 0 }, { 5, 0xffff, 0 }, { 6, 0xffff, 3 },
		     { 7, 0xffff, 3 }, { 99, 0xffff, 3 } };

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		struct err e = { 0 };
		struct plan *pl = plan_for(
			(struct asked){ want[i].abi, LANDLOCK_PREFERRED, 0, 1, 1 }, &e);

		ok(pl && pl->landlock.handled == want[i].handled &&
			   pl->landlock.scoped == want[i].scoped,
		   "SC-10a: ABI %d: only the rights it has", want[i].abi);
		ok(pl && has_weight(pl, FACT_UNENFORCED) == (want[i].abi < 6),
		   "what is missing below ABI 6 is listed");
		plan_free(pl);
	}
}

static void test_wishes(void)
{
	struct err e = { 0 };
	struct plan *pl;

	pl = plan_for((struct asked){ 0, LANDLOCK_PREFERRED, 0, 0, 0 }, &e);
	ok(pl && !pl->landlock.abi && has_weight(pl, FACT_UNENFORCED),
	   "SC-10a: preferred without Landlock goes on and lists it");
	plan_free(pl);
	ok(!plan_for((struct asked){ 0, LANDLOCK_REQUIRED, 0, 0, 0 }, &e),
	   "SC-10a: required without Landlock is an error");
	is(e.text,
	   "'landlock: required' needs Landlock, which this kernel does not have or does "
	   "not run (CONFIG_LSM)",
	   "which says why");
	pl = plan_for((struct asked){ 7, LANDLOCK_OFF, 0, 0, 0 }, &e);
	ok(pl && !pl->landlock.abi && !pl->landlock.rules.count, "off plans nothing");
	plan_free(pl);
	pl = plan_for((struct asked){ 7, LANDLOCK_PREFERRED, 0, 0, 0 }, &e);
	ok(pl && !pl->landlock.scoped, "nothing is scoped where nothing is shared");
	plan_free(pl);
	pl = plan_for((struct asked){ 7, LANDLOCK_PREFERRED, 1, 1, 0 }, &e);
	ok(pl && !pl->landlock.handled && pl->landlock.scoped == 1,
	   "with nested namespaces only the scopes are left");
	plan_free(pl);
	ok(!plan_for((struct asked){ 7, LANDLOCK_REQUIRED, 1, 0, 0 }, &e),
	   "and required is an error there");
}

int main(void)
{
	level = sys_landlock_create(NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
	plan(0);
	make_tree();
	test_rules();
	test_ladder();
	test_wishes();
	if (level < 1) {
		skip(21, "this kernel has no Landlock");
	} else {
		test_scopes();
		test_files();
	}
	remove_tree();
	return done();
}
