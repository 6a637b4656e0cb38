// SPDX-License-Identifier: GPL-3.0-or-later
/* landlock.c - a second wall around files, and around what a shared network leaves open
 *
 * Theory of operation (Documentation/userspace-api/landlock.rst). A domain names the
 * rights that it handles; what no rule gives back is refused, below every mount and
 * through every descriptor that is opened afterwards. A rule holds for all that lies
 * below its path, so rights only add up on the way down: '/' may be read and executed,
 * and each place that the mount list leaves writable gets a rule of its own. Nothing is
 * asked of mounts that are read-only, which keeps a box at a handful of rules.
 *
 * Without a mount namespace (profile `thin`) there is no list: then the rules are the
 * wall, and name what a program needs of the system, and the profile's binds.
 *
 * Each ABI brought rights that older kernels refuse, so the plan asks for the level
 * first.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/change.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/tree_plan.h"
#include "layer/where.h"

/* Names of linux/landlock.h, with the ABI (and the kernel) that brought those which
 * Debian 12's headers lack */
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_DIR = 1 << 4,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_MAKE_SOCK = 1 << 9,
	FS_MAKE_FIFO = 1 << 10,
	FS_MAKE_BLOCK = 1 << 11,
	FS_MAKE_SYM = 1 << 12,
	FS_REFER = 1 << 13,	/* ABI 2, Linux 5.19 */
	FS_TRUNCATE = 1 << 14,	/* ABI 3, Linux 6.2 */
	FS_IOCTL_DEV = 1 << 15, /* ABI 5, Linux 6.10 */

	SCOPE_ABSTRACT = 1 << 0, /* ABI 6, Linux 6.12 */
	SCOPE_SIGNAL = 1 << 1,

	/* what may stand in a rule for a file that is no directory */
	FS_OF_FILES =
		FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
	FS_READ = FS_EXECUTE | FS_READ_FILE | FS_READ_DIR,
	FS_CHANGE = FS_WRITE_FILE | FS_TRUNCATE,
	/* all but device nodes, which nobody may make */
	FS_WRITE = FS_READ | FS_CHANGE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR |
		   FS_MAKE_REG | FS_MAKE_SOCK | FS_MAKE_FIFO | FS_MAKE_SYM | FS_REFER,
	FS_DEVICE = FS_READ_FILE | FS_READ_DIR | FS_CHANGE | FS_IOCTL_DEV,
};

/** struct ruleset_attr - struct landlock_ruleset_attr as of ABI 6 */
struct ruleset_attr {
	uint64_t fs;
	uint64_t net;	 /* ABI 4 */
	uint64_t scoped; /* ABI 6 */
};

static const struct level {
	int abi;
	uint64_t fs;
	uint64_t scoped;
	size_t size; /* of the attribute that this kernel takes */
	const char *brings;
} ladder[] = {
	{ 1, FS_REFER - 1, 0, 8, "files" },
	{ 2, FS_REFER, 0, 8, "moving between directories" },
	{ 3, FS_TRUNCATE, 0, 8, "truncating" },
	{ 5, FS_IOCTL_DEV, 0, 16, "control of devices" },
	{ 6, 0, SCOPE_ABSTRACT | SCOPE_SIGNAL, 24, "abstract sockets and signals" },
};

static void add_rule(struct plan *pl, const char *path, uint64_t access)
{
	struct plan_rule *r = plan_append(pl, &pl->landlock.rules, sizeof(*r));

	r->path = plan_put(pl, path);
	r->access = access & pl->landlock.handled;
}

/* --- rules from the mount list ------------------------------------------------------ */

/* Whether the mount at @m is read-only, or a later step makes it so or hides it */
static bool is_closed(const struct plan *pl, const struct plan_mount *m)
{
	const char *target = plan_text(pl, m->target);

	if (m->attr & MOUNT_ATTR_RDONLY)
		return true;
	for (const struct plan_mount *n = m; (n = plan_each(pl, &pl->tree.mounts, n));) {
		const char *at = plan_text(pl, n->target);

		if (n->op == MOP_READONLY && (n->attr & MOUNT_ATTR_RDONLY) &&
		    path_is_in(target, at))
			return true;
		if ((n->op == MOP_MASK || n->op <= MOP_FILESYSTEM) &&
		    path_is_in(target, at))
			return true;
	}
	return false;
}

/* What a step of the mount list leaves open at its target; 0 = no more than '/' */
static uint64_t access_of(const struct plan_mount *m)
{
	static const uint64_t of[MOP_COUNT] = {
		[MOP_TMPFS] = FS_WRITE,	     [MOP_BIND] = FS_WRITE,
		[MOP_OVERLAY] = FS_WRITE,    [MOP_PROC] = FS_CHANGE,
		[MOP_MQUEUE] = FS_WRITE,     [MOP_DEVPTS] = FS_DEVICE,
		[MOP_FILESYSTEM] = FS_WRITE, [MOP_DEVICE] = FS_DEVICE,
	};

	return m->op < MOP_COUNT ? of[m->op] : 0;
}

static void rules_from_mounts(struct plan *pl)
{
	uint64_t everywhere = pl->tree.readonly ? FS_READ : FS_WRITE;
	bool has_dev = false;

	add_rule(pl, "/", everywhere);
	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		const char *target = plan_text(pl, m->target);
		uint64_t access = access_of(m);

		if (!(access & ~everywhere) || (m->op != MOP_DEVICE && is_closed(pl, m)))
			continue;
		/* one rule for all devices: what lies in /dev is nothing else */
		if (access == FS_DEVICE && path_is_below(target, "/dev")) {
			if (has_dev)
				continue;
			has_dev = true;
			target = "/dev";
		}
		add_rule(pl, target, access);
	}
}

bool landlock_lets_write(const struct plan *pl, const char *path)
{
	const uint64_t all = FS_WRITE & pl->landlock.handled;

	if (!all)
		return true;
	for (const struct plan_rule *r = NULL;
	     (r = plan_each(pl, &pl->landlock.rules, r));)
		if ((r->access & all) == all &&
		    path_is_in(path, plan_text(pl, r->path)))
			return true;
	return false;
}

/* --- rules without a mount namespace ------------------------------------------------ */

/* What a program needs of the host: to be loaded, to find names, to have devices and a
 * place for temporary files */
static const struct {
	const char *path;
	uint64_t access;
} system_rules[] = {
	{ "/usr", FS_READ },
	{ "/bin", FS_READ },
	{ "/sbin", FS_READ },
	{ "/lib", FS_READ },
	{ "/lib32", FS_READ },
	{ "/lib64", FS_READ },
	{ "/libx32", FS_READ },
	{ "/etc", FS_READ_FILE | FS_READ_DIR },
	{ "/opt", FS_READ },
	{ "/proc", FS_READ_FILE | FS_READ_DIR },
	{ "/sys/devices/system/cpu", FS_READ_FILE | FS_READ_DIR },
	{ "/run/systemd/resolve", FS_READ_FILE | FS_READ_DIR },
	{ "/dev/null", FS_DEVICE },
	{ "/dev/zero", FS_DEVICE },
	{ "/dev/full", FS_DEVICE },
	{ "/dev/random", FS_READ_FILE },
	{ "/dev/urandom", FS_READ_FILE },
	{ "/dev/tty", FS_DEVICE },
	{ "/dev/ptmx", FS_DEVICE },
	{ "/dev/pts", FS_DEVICE },
	{ "/dev/fd", FS_READ_DIR },
	{ "/tmp", FS_WRITE },
	{ "/var/tmp", FS_WRITE },
	{ "/dev/shm", FS_WRITE },
};

static void rules_without_mounts(const struct profile *pf, struct host *h,
				 struct plan *pl)
{
	const char *cwd = host_cwd(h),
		   *why = cwd ? tree_cwd_refused(pf, h, cwd) : "it is gone";
	struct host_path at;

	for (size_t i = 0; i < ARRAY_SIZE(system_rules); i++)
		if (host_stat_follow(h, system_rules[i].path, &at))
			add_rule(pl, system_rules[i].path, system_rules[i].access);
	if (why)
		plan_say(pl, "landlock", FACT_NOTE, NULL,
			 "the current directory is not handed in: %s", why);
	else
		add_rule(pl, cwd, FS_WRITE);
	plan_say(pl, "landlock", FACT_NOTE, NULL,
		 "/tmp, /var/tmp and /dev/shm are the host's: without a mount namespace "
		 "nothing can be private, and named sockets there can be reached");
}

/* --- the plan ----------------------------------------------------------------------- */

/* It cannot be had as asked: an error where it is required, else listed */
static int cannot(const struct profile *pf, struct plan *pl, struct err *e,
		  const char *why)
{
	if (pf->landlock == LANDLOCK_REQUIRED)
		return err_set(e, "'landlock: required' %s", why);
	plan_say(pl, "landlock", FACT_UNENFORCED, "landlock", "%s", why);
	return 0;
}

static void take_level(struct plan *pl, int abi)
{
	pl->landlock.abi = (uint32_t)abi;
	for (size_t i = 0; i < ARRAY_SIZE(ladder); i++) {
		if (ladder[i].abi > abi)
			break;
		pl->landlock.handled |= ladder[i].fs;
		pl->landlock.scoped |= ladder[i].scoped;
	}
	/* Between the sessions of one box a scope would stand in the way; it is for
	 * what is shared with the host */
	if (pl->net.mode == 0)
		pl->landlock.scoped &= ~(uint64_t)SCOPE_ABSTRACT;
	if (pl->clone_flags & CLONE_NEWPID)
		pl->landlock.scoped &= ~(uint64_t)SCOPE_SIGNAL;
}

static void say_level(const struct profile *pf, struct plan *pl)
{
	char where[ORIGIN_SIZE];
	auto_text t = { 0 };

	text_addf(&t, "ABI %u:", pl->landlock.abi);
	if (pl->landlock.handled)
		text_addf(&t, " files (%u rules)", pl->landlock.rules.count);
	if (pl->landlock.scoped & SCOPE_ABSTRACT)
		text_add(&t, pl->landlock.handled ? ", abstract sockets"
						  : " abstract sockets");
	if (pl->landlock.scoped & SCOPE_SIGNAL)
		text_add(&t, ", signals");
	plan_fact(pl, "landlock", "landlock", origin_text(pf, FIELD_landlock, where),
		  "%s", text_str(&t));
	for (size_t i = 0; i < ARRAY_SIZE(ladder); i++)
		if (ladder[i].abi > (int)pl->landlock.abi &&
		    (ladder[i].fs || pl->net.mode || !(pl->clone_flags & CLONE_NEWPID)))
			plan_say(pl, "landlock", FACT_UNENFORCED, "landlock",
				 "%s: needs ABI %d, this kernel has %u", ladder[i].brings,
				 ladder[i].abi, pl->landlock.abi);
}

static int landlock_plan(const struct profile *pf, struct host *h, struct plan *pl,
			 struct err *e)
{
	char where[ORIGIN_SIZE];
	int abi;

	if (pf->landlock == LANDLOCK_OFF) {
		plan_fact(pl, "landlock", "landlock",
			  origin_text(pf, FIELD_landlock, where), "off");
		return 0;
	}
	abi = host_landlock(h);
	if (abi < 1)
		return cannot(pf, pl, e,
			      "needs Landlock, which this kernel does not have or "
			      "does not run (CONFIG_LSM)");
	take_level(pl, abi);
	if (pf->nested_namespaces) {
		pl->landlock.handled = 0;
		if (cannot(pf, pl, e,
			   "for files does not go with 'nested_namespaces: true': a "
			   "Landlock domain may not mount") < 0)
			return -1;
	}
	if (!pl->landlock.handled && !pl->landlock.scoped)
		pl->landlock.abi = 0;
	else if (pl->landlock.handled && pl->tree.root != PLAN_ROOT_NONE)
		rules_from_mounts(pl);
	else if (pl->landlock.handled)
		rules_without_mounts(pf, h, pl);
	say_level(pf, pl);
	return 0;
}

/* --- applying ----------------------------------------------------------------------- */

static bool is_no_directory(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && !S_ISDIR(st.st_mode);
}

/* A path that is not there, or not to be seen, gives no right: nothing is lost */
static int apply_rule(const struct plan *pl, const struct plan_rule *r, int set,
		      struct err *e)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = r->access };
	const char *path = plan_text(pl, r->path);
	auto_fd fd = open(path, O_PATH | O_CLOEXEC);

	rule.parent_fd = fd;
	if (fd < 0 &&
	    (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP))
		return 0;
	if (fd < 0)
		return err_sys(e, "cannot open '%s'", path);
	if (sys_landlock_add(set, LANDLOCK_RULE_PATH_BENEATH, &rule) == 0)
		return 0;
	/* a file takes no rights of directories */
	rule.allowed_access &= FS_OF_FILES;
	if (errno == EINVAL && rule.allowed_access && is_no_directory(fd) &&
	    sys_landlock_add(set, LANDLOCK_RULE_PATH_BENEATH, &rule) == 0)
		return 0;
	return err_sys(e, "cannot add a rule for '%s'", path);
}

static int landlock_last(const struct plan *pl, struct site *s, struct err *e)
{
	struct ruleset_attr attr = { pl->landlock.handled, pl->landlock.net,
				     pl->landlock.scoped };
	size_t size = 8;

	(void)s;
	if (!pl->landlock.abi)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(ladder); i++)
		if (ladder[i].abi <= (int)pl->landlock.abi)
			size = ladder[i].size;
	auto_fd set = sys_landlock_create(&attr, size, 0);
	if (set < 0)
		return err_sys(e, "cannot make a rule set of ABI %u", pl->landlock.abi);
	for (const struct plan_rule *r = NULL;
	     (r = plan_each(pl, &pl->landlock.rules, r));)
		if (apply_rule(pl, r, set, e) < 0)
			return -1;
	if (sys_landlock_restrict(set) < 0)
		return err_sys(e, "cannot enter the domain");
	return 0;
}

static void landlock_explain(const struct plan *pl, struct text *out)
{
	if (!pl->landlock.abi)
		return;
	text_addf(out,
		  "landlock_create_ruleset(), landlock_restrict_self(), ABI %u: a second "
		  "wall that holds even where a mount was forgotten. Below these paths, "
		  "and nowhere else, the command may:\n",
		  pl->landlock.abi);
	for (const struct plan_rule *r = NULL;
	     (r = plan_each(pl, &pl->landlock.rules, r));) {
		text_add(out, r->access & FS_MAKE_REG	  ? "  read, write, execute  "
			      : r->access & FS_WRITE_FILE ? "  read, write           "
			      : r->access & FS_EXECUTE	  ? "  read, execute         "
							  : "  read                  ");
		text_safe(out, plan_text(pl, r->path));
		text_addc(out, '\n');
	}
	if (pl->landlock.scoped & SCOPE_ABSTRACT)
		text_add(out, "Abstract unix sockets of the host cannot be reached, "
			      "although the network is shared.\n");
	if (pl->landlock.scoped & SCOPE_SIGNAL)
		text_add(out, "Processes outside cannot be signalled, although the "
			      "process ids are shared.\n");
}

static void landlock_script(const struct plan *pl, struct script *sc)
{
	if (pl->landlock.abi)
		script_line(sc, SCRIPT_NOTE, "Landlock: rules for %u paths",
			    pl->landlock.rules.count);
}

const struct layer layer_landlock = {
	.name = "landlock",
	.isolates = "files once more, by path; abstract sockets and signals",
	.without = "the mounts alone decide which files can be changed",
	.plan = landlock_plan,
	.apply[SIDE_LAST] = landlock_last,
	.explain = landlock_explain,
	.script = landlock_script,
};
