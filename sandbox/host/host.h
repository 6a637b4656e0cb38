/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host.h - what this kernel, user and tree allow
 *
 * Read facts are looked up when a plan asks for them the first time and kept; they change
 * nothing and cost microseconds. Tried facts fork a child that does the
 * thing; only doctor, explain and hints ask for them (host/try.h).
 *
 * Everything a plan wants to know about the machine comes through here, so that golden
 * tests can plan for a machine that is not this one: host_open_fixture() takes a
 * directory that holds a tree (`tree/`, with proc/self/mountinfo, etc/subuid and the
 * like) and a file `facts` of KEY=VALUE lines for what a file cannot tell (uid, gid,
 * kernel, landlock, ...).
 */
#ifndef NOOK_HOST_HOST_H
#define NOOK_HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct host;

/** struct host_mount - One line of /proc/self/mountinfo, unescaped
 * (proc_pid_mountinfo(5)) */
struct host_mount {
	int id;
	int parent;
	const char *root;
	const char *target;
	const char *options; /* per mount: ro,nosuid,... */
	const char *fstype;
	const char *source;
	const char *super; /* per super block */
};

/** struct host_range - One line of /etc/subuid or /etc/subgid, for the caller */
struct host_range {
	uint32_t first;
	uint32_t count;
};

enum host_kind {
	HOST_ABSENT,
	HOST_FILE,
	HOST_DIR,
	HOST_SYMLINK,
	HOST_DEVICE,
	HOST_OTHER,
};

/** struct host_path - What lies at a path, symlinks in the last component not followed */
struct host_path {
	enum host_kind kind;
	uid_t uid;
	gid_t gid;
	mode_t mode;
	char node; /* HOST_DEVICE: 'c' or 'b', with its number */
	unsigned int major, minor;
};

/** host_new() - This machine. Return: NULL only when memory ran out */
struct host *host_new(void);
/** host_open_fixture() - A machine described by a directory (tests). Return: NULL and
 * @e */
struct host *host_open_fixture(const char *dir, struct err *e);
/** host_open_tree() - A machine of which only a tree of files is known: nothing else is
 * answered from this one. Links in it lead nowhere else. @tree: of the directory, is
 * taken over. Return: NULL and @e */
struct host *host_open_tree(int tree, struct err *e);
void host_free(struct host *h);

/**
 * host_check() - Whether every fact asked for so far is known
 *
 * What is absent, or closed to the caller, is a fact. What could not be found out for
 * another reason (EIO, ENOMEM, EMFILE, a filter's EPERM) is none: a plan made on it could
 * leave out a mount, a mask or an id, so whoever plans asks here at the end.
 *
 * Return: 0, or -1 and @e: the first that could not be found out
 */
int host_check(const struct host *h, struct err *e);

/** host_uid(), host_gid() - The caller's effective ids, as this user namespace has
 * them */
uid_t host_uid(struct host *h);
gid_t host_gid(struct host *h);
/** host_groups() - Supplementary groups without the primary one. Return: count */
size_t host_groups(struct host *h, const gid_t **groups);
/** host_user() - The caller's login name from /etc/passwd; the uid as text without one */
const char *host_user(struct host *h);
/** host_home() - Home directory from /etc/passwd, else $HOME, else "/" */
const char *host_home(struct host *h);
/** host_shell() - Login shell from /etc/passwd, else /bin/sh */
const char *host_shell(struct host *h);
/** host_cwd() - Current directory, or NULL when it is gone or not reachable */
const char *host_cwd(struct host *h);
/** host_env() - A variable of the caller's environment, or NULL */
const char *host_env(struct host *h, const char *name);
/** host_environ() - The caller's whole environment, NULL-terminated "KEY=VALUE" */
char *const *host_environ(struct host *h);
/** host_is_tty() - Whether descriptor 0, 1 or 2 is a terminal */
bool host_is_tty(struct host *h, int fd);

/** host_rlimit() - The caller's hard limit of RLIMIT_*; UINT64_MAX = none, and on a host
 * that is made up */
uint64_t host_rlimit(struct host *h, int resource);
/** host_is_root() - Real root: euid 0 with CAP_SYS_ADMIN in the first user namespace.
 * Root in a container or in a box is not: it takes the rootless order. */
bool host_is_root(struct host *h);
/** host_kernel() - LINUX_VERSION_CODE style: 6.1 is 0x60100 */
unsigned int host_kernel(struct host *h);
/** host_release() - The kernel's release as uname(2) gives it, "" when it is unknown */
const char *host_release(struct host *h);
/** host_in_first_userns() - Whether the caller is in the kernel's first user namespace,
 * not in one of a box or container; false when /proc does not tell */
bool host_in_first_userns(struct host *h);
/** host_landlock() - ABI of Landlock, 0 when there is none */
int host_landlock(struct host *h);
/** host_is_mapped() - Whether id @id (uid, or gid when @group) of this namespace is
 * mapped */
bool host_is_mapped(struct host *h, uint32_t id, bool group);
/** host_subids() - The caller's ranges of /etc/subuid (or subgid). Return: count */
size_t host_subids(struct host *h, bool group, const struct host_range **ranges);
/** host_program() - Where a helper is, looked for in PATH and in /usr/sbin:/sbin. Return:
 * absolute path, or NULL */
const char *host_program(struct host *h, const char *name);
/** host_has_fs() - Whether the kernel has @fstype: /proc/filesystems lists it, or a
 * module for it is installed; true when neither can be read (then the kernel has to say
 * no) */
bool host_has_fs(struct host *h, const char *fstype);
/** host_has_ns() - Whether the kernel has the namespace (/proc/self/ns/NAME), NAME as
 * there: "user" "mnt" "pid" "net" "uts" "ipc" "cgroup" "time"; true when there is no
 * /proc to ask */
bool host_has_ns(struct host *h, const char *name);
/** host_is_boxed() - nook's own init is pid 1 here, or hidden as it is where its ids are
 * others, and a filter of system calls stands before us */
bool host_is_boxed(struct host *h);
/** host_mounts() - Every mount the caller sees, in mountinfo's order. Return: count */
size_t host_mounts(struct host *h, const struct host_mount **mounts);
/** host_has_mount_below() - Whether a mount lies on or below @path (a mount point at
 * @path itself counts only when @self) */
bool host_has_mount_below(struct host *h, const char *path, bool self);
/** host_proc_masked() - Whether the visible /proc has mounts on it, so that a nested user
 * namespace may not mount a fresh one */
bool host_proc_masked(struct host *h);
/** host_sysctl() - A number below /proc/sys, such as "user/max_user_namespaces"; -1 when
 * it is absent or unreadable */
long long host_sysctl(struct host *h, const char *path);

/** host_stat() - What lies at an absolute path; false: absent or not to be seen (then
 * kind is HOST_ABSENT) */
bool host_stat(struct host *h, const char *path, struct host_path *out);
/** host_stat_follow() - The same with symlinks followed */
bool host_stat_follow(struct host *h, const char *path, struct host_path *out);
/** host_has_xattr() - Whether a path has an extended attribute whose value is "1" */
bool host_has_xattr(struct host *h, const char *path, const char *name);
/** host_readlink() - Target of a symlink (kept by the host), or NULL */
const char *host_readlink(struct host *h, const char *path);
/** host_list() - Names in a directory, sorted, without . and .. (kept by the host).
 * Return: count; 0 also when it cannot be read */
size_t host_list(struct host *h, const char *path, const char *const **names);
/** host_read() - A small file of the host as text (at most 64 KiB; kept), or NULL */
const char *host_read(struct host *h, const char *path);
/**
 * host_read_in() - The same for the plain file @path ("etc/passwd") of a tree that
 * others made
 *
 * Symlinks in it lead where they will lead once @root is the root; a device is not
 * opened.
 */
const char *host_read_in(struct host *h, const char *root, const char *path);

/** host_state_dir() - Where boxes at rest live: $XDG_STATE_HOME/nook or /var/lib/nook */
const char *host_state_dir(struct host *h);
/** host_own_dirs() - Directories that belong to nook itself and are hidden in boxes:
 * configuration, state, runtime. Return: count */
size_t host_own_dirs(struct host *h, const char *const **dirs);

/**
 * host_explain_failure() - Word the hint when a step of a real run failed
 * @step:	What was being done: a layer's name ("user", "mount"), the id of a fact of
 *		host/try.c ("overlay", "proc", "idmap", "landlock"), or one of "user
 *		namespace" "uid_map" "namespaces" "loopback" "newuidmap" "clone3"
 * @code:	Its errno
 * @e:		Where the hint goes, when there is one
 *
 * Tries just that one thing, in a child. Where it works, the machine is not to blame and
 * no hint is given; neither for an unknown step.
 */
void host_explain_failure(struct host *h, const char *step, int code, struct err *e);
/** host_explain() - The same for an error that begins with its layer: "mount: ..." */
void host_explain(struct host *h, struct err *e);

#endif
