/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan.h - everything decided: one relocatable block of plain data
 *
 * Theory of operation. A plan is made once from a profile and a host and can be applied
 * many times, printed, kept in a file and handed to another process. So it is one block
 * without pointers: whatever is not a number is a plan_ref, the offset of a
 * NUL-terminated text or a record from the block's start; 0 is "none". The block lives in
 * an area of PLAN_MOST bytes that is reserved once and never moves, so pointers into it
 * stay good while it grows; only pages that are used cost memory. Lists are chains in the
 * order of application: each record starts with the plan_ref of the next one.
 *
 * Nothing here knows the profile. Values that explain shows with the file and line that
 * set them are copied as plan_fact records.
 */
#ifndef NOOK_PLAN_H
#define NOOK_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cgroups.h"

struct err;
struct text;

typedef uint32_t plan_ref;

#define PLAN_MAGIC 0x6e616c706b6f6f6eULL /* "nookplan" */
#define PLAN_VERSION 6
#define PLAN_MOST (4u << 20) /* bytes */

/** struct plan_list - A chain of records; each starts with the plan_ref of the next */
struct plan_list {
	plan_ref first;
	plan_ref last;
	uint32_t count;
};

/** struct plan_word - One text in a list: argv, environment, helper arguments */
struct plan_word {
	plan_ref next;
	plan_ref text;
};

/** enum plan_weight - What a fact means to a person */
enum plan_weight {
	FACT_VALUE,	 /* a value, and where it came from */
	FACT_NOTE,	 /* worth knowing: something was decided for the person */
	FACT_WARNING,	 /* a wall is weaker than usual because the profile says so */
	FACT_UNENFORCED, /* asked for and not in force here; listed in the result */
};

/** struct plan_take - A file that is copied out when the box has ended: @path inside, to
 * the name @to in the directory of whoever wants it */
struct plan_take {
	plan_ref next;
	plan_ref path;
	plan_ref to;
};

/** struct plan_fact - Something explain and dry run say */
struct plan_fact {
	plan_ref next;
	plan_ref layer; /* name of the layer that says it */
	uint32_t weight;
	plan_ref key;	 /* FACT_VALUE, FACT_UNENFORCED: "root.from" */
	plan_ref text;	 /* the value, or the sentence */
	plan_ref origin; /* "FILE:LINE", "--memory", or 0 for a built-in default */
};

/** enum user_order - When the payload's user namespace comes (layer/user.c) */
enum user_order {
	USER_NONE,  /* no user namespace: root only, warned */
	USER_FIRST, /* rootless: made by clone3, owns all other namespaces */
	USER_LAST,  /* root: made beside, entered after everything else is built */
};

/** enum map_writer - Who writes the id maps */
enum map_writer {
	MAP_BY_INSIDE,	/* one id: the child itself, without a word to the keeper */
	MAP_BY_KEEPER,	/* root: the keeper, any number of lines */
	MAP_BY_HELPERS, /* subids: newuidmap and newgidmap */
};

/** struct plan_map - One line of uid_map or gid_map (user_namespaces(7)) */
struct plan_map {
	plan_ref next;
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

/** enum plan_groups - What becomes of supplementary groups */
enum plan_groups {
	PLAN_GROUPS_KEPT, /* the kernel keeps them: no right to drop them with one id */
	PLAN_GROUPS_SET,  /* setgroups() to the list in struct plan_user */
};

struct plan_user {
	uint32_t order;	 /* enum user_order */
	uint32_t writer; /* enum map_writer */
	struct plan_list uid_map; /* struct plan_map */
	struct plan_list gid_map;
	plan_ref newuidmap; /* path, MAP_BY_HELPERS */
	plan_ref newgidmap;
	uint32_t uid; /* the payload's, as seen inside */
	uint32_t gid;
	/* init's own, as seen inside; differs where a range is mapped */
	uint32_t init_uid;
	uint32_t init_gid;
	uint32_t groups; /* enum plan_groups */
	uint32_t group_count;
	uint32_t group[32]; /* as seen inside; begins with @gid */
	uint32_t deny_setgroups; /* write "deny" to /proc/self/setgroups */
	uint32_t lock_nesting;	 /* write 0 to user/max_user_namespaces after entering */
};

/** enum mount_op - What one step of building the tree does; see layer/mount_ops.c */
enum mount_op {
	MOP_TMPFS,	/* fresh tmpfs: size, inodes, mode */
	MOP_BIND,	/* clone of a host path: source; recursive unless PM_ONE */
	MOP_OVERLAY,	/* overlay: source = lower, upper and work in PM_ fields */
	MOP_PROC,	/* fresh proc; data "pids" = subset=pid */
	MOP_SYSFS,	/* fresh sysfs, read-only */
	MOP_MQUEUE,	/* fresh mqueue */
	MOP_CGROUP,	/* what the box's cgroup namespace shows: fstype; v1: data */
	MOP_DEVPTS,	/* fresh devpts; inodes = max= */
	MOP_FILESYSTEM, /* any other type, through libmount */
	MOP_DIR,	/* a directory, mode */
	MOP_FILE,	/* a file, mode, content = data (0 = empty) */
	MOP_SYMLINK,	/* a symlink, its target = source */
	MOP_DEVICE,	/* a device node: bind of source */
	MOP_TEXT,	/* a file of nook's own over target: content = data */
	MOP_HOSTS,	/* the names of the boxes on the network, over target */
	/* hide target: empty read-only directory, or file with PM_FILE, over it */
	MOP_MASK,
	MOP_READONLY,	/* set attr on the mount at target and all below it now */
	MOP_COUNT
};

/* Bits of struct plan_mount.flags */
enum {
	PM_OPTIONAL = 1 << 0, /* a missing source (or target, for a mask) is no error */
	PM_ONE = 1 << 1,      /* bind without the mounts below it */
	PM_IDMAP = 1 << 2,    /* idmapped with the payload's user namespace */
	PM_SLAVE = 1 << 3,    /* receives mounts from the host */
	PM_MKTARGET = 1 << 4, /* make the mount point: directory or empty file */
	/* from the user's `mounts`: target resolved in the box's root */
	PM_USER = 1 << 5,
	PM_ON_DISK = 1 << 6,  /* overlay: upper lies in @upper on the host, recorded */
	/* target may be reached through what others wrote: openat2 */
	PM_WALK = 1 << 7,
	PM_NOLINK = 1 << 8,   /* with PM_WALK: a symlink anywhere in target is an error */
	/* what is mounted is no directory: its mount point is a file */
	PM_FILE = 1 << 9,
	/* readonly: target is no mount yet, bind it on itself first */
	PM_SELF = 1 << 10,
	/* device: real root makes the node itself instead of a bind */
	PM_MKNOD = 1 << 11,
	/* with PM_IDMAP: a file system that has no idmap goes without */
	PM_SOFT = 1 << 12,
};

/** struct plan_mount - One step of building the tree, in order */
struct plan_mount {
	plan_ref next;
	uint32_t op;	  /* enum mount_op */
	uint32_t flags;	  /* PM_* */
	plan_ref source;  /* host path; symlink: its text */
	plan_ref target;  /* path inside, absolute */
	plan_ref fstype;  /* MOP_FILESYSTEM */
	plan_ref data;	  /* see the ops */
	plan_ref upper;	  /* MOP_OVERLAY: name of the upper below the box's upper area */
	plan_ref origin;  /* "FILE:LINE" or 0 */
	uint32_t mode;	  /* permission bits */
	uint64_t attr;	  /* MOUNT_ATTR_* to set */
	uint64_t size;	  /* bytes, 0 = the kernel's default */
	uint64_t inodes;  /* 0 = the kernel's default */
	uint32_t uid, gid; /* owner inside of what is made: 0 = the box's root-most id */
};

enum plan_root {
	PLAN_ROOT_TMPFS,     /* a fresh tmpfs that the mount list fills */
	PLAN_ROOT_DIRECTORY, /* a directory of the host, bound or below an overlay */
	PLAN_ROOT_NONE,	     /* no change of root (namespaces without mount) */
};

struct plan_tree {
	uint32_t root;	    /* enum plan_root */
	uint32_t use_chroot; /* chroot instead of pivot_root */
	plan_ref path;	    /* PLAN_ROOT_DIRECTORY: on the host */
	uint32_t overlay;   /* PLAN_ROOT_DIRECTORY: changes go to a tmpfs upper */
	uint32_t userxattr; /* overlays get userxattr (not real root) */
	/* there are overlays: the tmpfs holds root/ and their uppers */
	uint32_t uppers;
	uint32_t slaves;    /* some mount is PM_SLAVE: propagation starts as slave */
	/* some mount is MOP_FILESYSTEM: only nook-full can apply it */
	uint32_t needs_full;
	uint32_t idmap;	    /* PM_* of a directory root: PM_IDMAP, PM_SOFT */
	plan_ref stage;	    /* directory of the host over which the new root is built */
	uint32_t readonly;  /* the root itself is made read-only at the end */
	uint64_t attr;	    /* MOUNT_ATTR_* of the root mount */
	uint64_t size;	    /* of the tmpfs behind the root and the uppers */
	uint64_t inodes;
	plan_ref upper_dir; /* uppers on disk: directory the keeper makes; 0 = tmpfs */
	plan_ref keep_dir;  /* changes: keep: the named box's own directory; 0 = none */
	plan_ref user_name; /* the payload's name in /etc/passwd inside, and its home: */
	plan_ref home;	    /* set where nook makes them; 0 = the tree has its own */
	struct plan_list mounts; /* struct plan_mount */
};

struct plan_rlimit {
	plan_ref next;
	uint32_t resource; /* RLIMIT_* */
	/* nobody asked for it: a lower limit of the caller's is fine */
	uint32_t is_default;
	uint64_t soft;	   /* UINT64_MAX = infinity */
	uint64_t hard;
};

/** struct plan_sysctl - One write below /proc/sys: key "net/ipv4/ip_forward" */
struct plan_sysctl {
	plan_ref next;
	plan_ref key;
	plan_ref value;
};

/** struct plan_rule - One Landlock rule: rights below a path inside */
struct plan_rule {
	plan_ref next;
	plan_ref path;
	uint64_t access; /* LANDLOCK_ACCESS_FS_* */
};

/** enum cgroup_limit - Rows of the table of limits, in the order in which they are set */
enum cgroup_limit {
	LIMIT_CPUSET,	  /* text: "0-3,8"; first, or on v1 nothing can be attached */
	LIMIT_CPUS,	  /* thousandths of a CPU */
	LIMIT_CPU_WEIGHT, /* 1 to 10000, 100 = usual */
	LIMIT_MEMORY,	  /* bytes */
	LIMIT_MEMORY_HIGH,
	LIMIT_SWAP, /* bytes of swap alone */
	LIMIT_PIDS, /* processes and threads, init among them */
	/* with text: "8:0", the device; bytes or calls a second */
	LIMIT_IO_READ_BPS,
	LIMIT_IO_WRITE_BPS,
	LIMIT_IO_READ_IOPS,
	LIMIT_IO_WRITE_IOPS,
	LIMIT_IO_WEIGHT, /* 1 to 10000, 100 = usual */
	LIMIT_COUNT
};

/** struct plan_cgroup_tree - A tree of the leaf: v2 has one, v1 one a hierarchy */
struct plan_cgroup_tree {
	plan_ref next;
	uint32_t controllers; /* CG_* */
	plan_ref parent;      /* directory on the host; 0: of a scope still to come */
};

/** struct plan_limit - One number, or text, that is written into the leaf */
struct plan_limit {
	plan_ref next;
	uint32_t which; /* enum cgroup_limit */
	plan_ref text;	/* LIMIT_CPUSET: CPUs; LIMIT_IO_*: "MAJOR:MINOR" */
	uint32_t soft;	/* nobody asked for it: a kernel without its file is fine */
	uint64_t n;
};

/**
 * struct plan_cgroup - The cgroup leaf of the box; all zero = none
 * @enable:	v2: controllers to switch on in the parent's cgroup.subtree_control
 * @needs_full:	Only nook-full can make it (sd-bus)
 * @devices:	Rules of the devices controller, as v1's file takes them: "c 1:3 rwm"
 */
struct plan_cgroup {
	uint32_t kind;	/* enum cgroup_kind */
	uint32_t place; /* enum cgroup_place */
	uint32_t enable;
	uint32_t needs_full;
	struct plan_list trees;	  /* struct plan_cgroup_tree */
	struct plan_list limits;  /* struct plan_limit */
	struct plan_list devices; /* struct plan_word */
};

/** struct plan_limits - What the keeper itself watches; it works on a copy, since `nook
 * update` changes a running box and never a plan */
struct plan_limits {
	uint64_t wall;	 /* ns, 0 = none */
	uint64_t grace;	 /* ns */
	uint64_t output; /* bytes, 0 = none */
	uint64_t cpu_time; /* ns of the leaf's clock, 0 = none */
	uint32_t freeze;   /* limits.on_limit: freeze */
	uint32_t pids_kill; /* limits.on_pids: kill */
};

enum plan_terminal { PLAN_TTY_NEVER, PLAN_TTY_OWN };

/** enum plan_net_mode - What links the box has */
enum plan_net_mode {
	PLAN_NET_NONE, /* a network namespace of its own with nothing but lo */
	PLAN_NET_HOST, /* the caller's */
	PLAN_NET_VETH, /* its own, with a pair to the router of a network */
	PLAN_NET_USER, /* its own, with a link that pasta serves */
	PLAN_NET_JOIN, /* one that is there already */
};

/** enum plan_router - Where the other ends of the pairs are */
enum plan_router {
	PLAN_ROUTER_HOST, /* root: in the caller's network namespace */
	PLAN_ROUTER_USER, /* in that of the user's router (box/router.h) */
};

/** struct plan_publish - One port of the box on the host */
struct plan_publish {
	plan_ref next;
	plan_ref address; /* the host's own to listen on; 0 = all of them */
	uint32_t host_port;
	uint32_t box_port;
	uint32_t udp;
	plan_ref origin; /* "FILE:LINE" or "--publish" */
};

/* Times network.refresh for which an address may be gone to when its name led to it */
#define ALLOW_LIVES 5

/** struct plan_allow - Addresses that the box may reach */
struct plan_allow {
	plan_ref next;
	plan_ref to;   /* in CIDR form; 0 = what @name leads to */
	plan_ref name; /* looked up while the box lives */
	uint32_t port; /* of TCP and UDP; 0 = all, and every other protocol */
	plan_ref origin; /* "FILE:LINE" or "--set" */
};

/**
 * struct plan_net - The box's network
 * @mode:	enum plan_net_mode
 * @lo_up:	Inside brings lo up itself
 * @router:	PLAN_NET_VETH: enum plan_router
 * @network:	PLAN_NET_VETH: its name
 * @definition:	As its file has it (net_def_parse()); 0 = it is made when the box starts
 * @state:	Directory of nook's state, where definitions are
 * @address4, @address6: Wanted addresses of the box, or 0; PLAN_NET_USER: those that it
 *		has, unless the host has no route for the family
 * @mac:	Wanted, or 0
 * @rate_in:	Bits a second towards the box, @rate_out: from it; 0 = no limit
 * @publish:	struct plan_publish
 * @allow:	struct plan_allow: all else is refused; none = nothing is
 * @refresh:	ns between two times that its names are looked up; 0 = there are none
 * @hosts:	struct plan_word, "ADDRESS NAME": lines of /etc/hosts besides the
 *		network's own
 * @join:	PLAN_NET_JOIN: path of a network namespace, or a box
 * @pasta:	PLAN_NET_USER, PLAN_ROUTER_USER: the program
 * @link:	PLAN_NET_USER: struct plan_word, its options
 * @router_uids, @router_gids: PLAN_ROUTER_USER: struct plan_map, every id that the user
 *		has, at its own number
 * @newuidmap, @newgidmap: programs that write these; 0 = one id each, which needs none
 * @sysctls:	struct plan_sysctl; net., kernel., fs.mqueue.
 */
struct plan_net {
	uint32_t mode;
	uint32_t lo_up;
	uint32_t router;
	plan_ref network;
	plan_ref definition;
	plan_ref state;
	plan_ref address4;
	plan_ref address6;
	plan_ref mac;
	uint64_t rate_in;
	uint64_t rate_out;
	struct plan_list publish;
	struct plan_list allow;
	uint64_t refresh;
	struct plan_list hosts;
	plan_ref join;
	plan_ref pasta;
	struct plan_list link;
	struct plan_list router_uids;
	struct plan_list router_gids;
	plan_ref newuidmap;
	plan_ref newgidmap;
	struct plan_list sysctls;
};

/**
 * struct plan - Everything decided
 * @magic, @version, @size:	The block's own description; @size counts all bytes in use
 * @clone_flags:	CLONE_NEW* for clone3, without NEWCGROUP and NEWTIME
 * @unshare_flags:	CLONE_NEWCGROUP, CLONE_NEWTIME: made by inside
 */
struct plan {
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	plan_ref profile;
	plan_ref profile_path;
	plan_ref description;
	uint64_t clone_flags;
	uint64_t unshare_flags;
	struct plan_list facts; /* struct plan_fact */

	struct plan_user user;
	struct plan_cgroup cgroup;
	plan_ref hostname; /* 0 = not set */
	struct {
		int64_t boottime, monotonic; /* ns */
		uint32_t from_zero; /* on top of a clock that the box begins */
	} time;
	struct plan_net net;
	struct plan_tree tree;
	struct plan_list rlimits; /* struct plan_rlimit */
	struct {
		uint32_t terminal; /* enum plan_terminal */
		uint32_t new_keyring;
		uint32_t init_none; /* the payload is pid 1 */
	} session;
	struct {
		uint64_t keep; /* bit n = capability n kept by the payload */
		uint32_t no_new_privs;
		uint32_t lock_securebits;
	} caps;
	struct {
		uint32_t abi;	   /* ABI planned for; 0 = off */
		uint64_t handled;  /* LANDLOCK_ACCESS_FS_* */
		uint64_t net;	   /* LANDLOCK_ACCESS_NET_* handled */
		uint64_t scoped;   /* LANDLOCK_SCOPE_* */
		struct plan_list rules; /* struct plan_rule */
	} landlock;
	struct {
		plan_ref program; /* struct sock_filter[], 8-byte aligned; 0 = none */
		uint32_t count;	  /* instructions */
		plan_ref name;	  /* "default", "default with nesting", "custom" */
	} seccomp;
	struct {
		uint32_t umask;
		plan_ref workdir;
		uint32_t workdir_required; /* the profile names it: absent is an error */
		struct plan_list env;	   /* struct plan_word, "KEY=VALUE" */
		struct plan_list argv;	   /* struct plan_word */
		plan_ref path;		   /* PATH to look the command up in */
		uint32_t same_addresses;   /* ADDR_NO_RANDOMIZE, personality(2) */
	} env;
	struct plan_limits limits;
	struct plan_list labels; /* struct plan_word "KEY=VALUE" */
	struct plan_list takes;	 /* struct plan_take */
};

/** plan_new() - An empty plan. Return: NULL when memory ran out */
struct plan *plan_new(void);
/** plan_new_shared() - The same in memory that stays one with that of children */
struct plan *plan_new_shared(void);
/** plan_clear() - Make it as it was when it was new */
void plan_clear(struct plan *pl);
void plan_free(struct plan *pl);

/** plan_at() - Pointer to what a reference names; NULL for 0 and for a reference that
 * lies outside the block */
const void *plan_at(const struct plan *pl, plan_ref ref);
/** plan_text() - Text of a reference; "" for 0 */
const char *plan_text(const struct plan *pl, plan_ref ref);
/** plan_text_or_null() - The text of a reference, or NULL for 0 */
const char *plan_text_or_null(const struct plan *pl, plan_ref ref);

/** plan_alloc() - @size zeroed bytes, 8-byte aligned. Return: pointer that stays good as
 * long as the plan lives; NULL when the plan is full (plan_is_full()) */
void *plan_alloc(struct plan *pl, size_t size);
plan_ref plan_ref_of(const struct plan *pl, const void *p);
/** plan_put() - Copy a text in. Return: its reference; NULL gives 0 */
plan_ref plan_put(struct plan *pl, const char *text);
plan_ref plan_putf(struct plan *pl, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** plan_is_full() - Whether something did not fit: checked once after planning */
bool plan_is_full(const struct plan *pl);

/** plan_append() - A new zeroed record at the end of a chain: @size >= 4, begins with
 * next. Never NULL: when the plan is full it is a scratch
 * record that is not part of the plan */
void *plan_append(struct plan *pl, struct plan_list *list, size_t size);
/** plan_remove() - Take a record, which is one of them, out of its chain; its bytes stay,
 * and it still leads to the next one */
void plan_remove(struct plan *pl, struct plan_list *list, const void *rec);
void plan_add_word(struct plan *pl, struct plan_list *list, const char *text);

/** plan_each() - for (const struct plan_mount *m = NULL; (m = plan_each(pl, &list,
 * m));) */
const void *plan_each(const struct plan *pl, const struct plan_list *list,
		      const void *prev);

/** plan_outside() - The host's id of an id inside; UINT32_MAX where the map has none.
 * With no user namespace it is the id itself */
uint32_t plan_outside(const struct plan *pl, const struct plan_list *map,
		      uint32_t inside);
/** plan_builder_id() - An id inside as the process that builds the tree must say it: as
 * it is inside for USER_FIRST, as the host's for USER_LAST, which enters later */
uint32_t plan_builder_id(const struct plan *pl, const struct plan_list *map,
			 uint32_t inside);

/** plan_fact() - Say a value that was decided: key "root.from", where it came from */
void plan_fact(struct plan *pl, const char *layer, const char *key, const char *origin,
	       const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/** plan_say() - Say a note, a warning or something unenforced; @key may be NULL */
void plan_say(struct plan *pl, const char *layer, enum plan_weight weight,
	      const char *key, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/** plan_check() - Whether a block of @len bytes, 8-byte aligned, is a whole plan of this
 * version in which every reference, chain and enum can be followed: for what comes from a
 * file */
bool plan_check(const void *block, size_t len);
/** plan_dump() - The plan as text, for golden tests and `--dry-run` */
void plan_dump(const struct plan *pl, struct text *out);

#endif
