/* SPDX-License-Identifier: GPL-3.0-or-later */
/* profile.h - the wish: what the user asks for, typed, with where each value came from
 *
 * fields.def is the single source of the keys; this header says what a parsed profile is
 * made of. Nothing behind layers_plan() reads it: a plan holds no pointer back.
 */
#ifndef NOOK_PROFILE_PROFILE_H
#define NOOK_PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct arena;
struct err;
struct name;
struct node;
struct text;

/**
 * struct origin - Where a value came from
 * @file:	Path of the profile, or "--memory" for an option; NULL = built-in default
 * @line:	1-based; 0 for an option or a default
 * @column:	1-based; 0 as above
 */
struct origin {
	const char *file;
	int line;
	int column;
};

/** struct item - One entry of a list (@key NULL) or of a map (@text NULL = removed) */
struct item {
	const char *key;
	const char *text;
	struct origin at;
};

struct items {
	struct item *v;
	size_t count;
};

/* Every key that may stand in a profile, as FIELD_root_from for `root.from` */
enum field {
#define FIELD(id, ...) FIELD_##id,
#include "profile/fields.def"
#undef FIELD
	FIELD_COUNT
};

enum root_from { ROOT_SYSTEM, ROOT_HOST, ROOT_DIRECTORY, ROOT_EMPTY };
enum root_changes { CHANGES_DISCARD, CHANGES_KEEP, CHANGES_REFUSE, CHANGES_THROUGH };
enum root_switch { SWITCH_PIVOT, SWITCH_CHROOT };
enum proc_view { PROC_FULL, PROC_PIDS };
enum init_kind { INIT_REAPER, INIT_NONE };
enum terminal_kind { TERMINAL_AUTO, TERMINAL_ALWAYS, TERMINAL_NEVER };
enum net_mode { NET_NONE, NET_HOST, NET_VETH, NET_USER, NET_JOIN };
enum user_map { MAP_AUTO, MAP_SINGLE, MAP_SUBIDS, MAP_NONE, MAP_LIST };
enum user_groups { GROUPS_AUTO, GROUPS_NONE, GROUPS_LIST };
enum on_pids { ON_PIDS_REFUSE, ON_PIDS_KILL };
enum enforce { ENFORCE_STRICT, ENFORCE_BEST_EFFORT };
enum on_limit { ON_LIMIT_KILL, ON_LIMIT_FREEZE };
enum landlock_wish { LANDLOCK_OFF, LANDLOCK_PREFERRED, LANDLOCK_REQUIRED };
enum seccomp_wish { SECCOMP_DEFAULT, SECCOMP_OFF, SECCOMP_CUSTOM };

/* Bits of `namespaces` */
enum {
	NS_USER = 1 << 0,
	NS_MOUNT = 1 << 1,
	NS_PID = 1 << 2,
	NS_NET = 1 << 3,
	NS_UTS = 1 << 4,
	NS_IPC = 1 << 5,
	NS_CGROUP = 1 << 6,
	NS_TIME = 1 << 7,
};

#define WISH_MAX UINT64_MAX /* `max`: no limit */

/** struct idmap - One line of an id map: @count ids from @inside are @outside outside */
struct idmap {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

enum mount_kind {
	MOUNT_BIND,
	MOUNT_TMPFS,
	MOUNT_OVERLAY,
	MOUNT_MQUEUE,
	MOUNT_DEVPTS,
	MOUNT_PROC,
	MOUNT_SYSFS,
	MOUNT_FILESYSTEM,
};

/* Bits of a mount's options, set and cleared as fstab words do */
enum {
	MO_RO = 1 << 0,
	MO_NOSUID = 1 << 1,
	MO_NODEV = 1 << 2,
	MO_NOEXEC = 1 << 3,
	MO_NOSYMFOLLOW = 1 << 4,
	MO_NOATIME = 1 << 5,
	MO_IDMAP = 1 << 6,
	MO_RSLAVE = 1 << 7,
	MO_RPRIVATE = 1 << 8,
};

/**
 * struct mount_wish - One entry of `mounts`
 * @kind:	What it is
 * @source:	bind, overlay: path on the host, `~` and `${NAME}` expanded; filesystem:
 *		its `source`; NULL otherwise; "." with @is_cwd
 * @fstype:	filesystem: its type; NULL otherwise
 * @to:		Where it goes inside, absolute, no `..`; "." with @is_cwd: its own path
 * @set:	MO_* bits asked for; @clear: MO_* bits asked off (rw, exec, suid, ...)
 * @data:	filesystem: options that are the file system's own, "a=b,c"; else NULL
 * @size:	Bytes, 0 = default; @inodes: count, 0 = default
 * @mode:	Permission bits, or -1 for the default
 * @optional:	A missing source is no error
 * @is_cwd:	`bind: .`, the caller's current directory. With @optional it is left out
 *		where it is no directory to hand out; without it (`-v .`) it was asked for
 * @is_relative: What @source means depends on the current directory
 * @at:		Where the entry stands
 */
struct mount_wish {
	enum mount_kind kind;
	const char *source;
	const char *fstype;
	const char *to;
	const char *data;
	uint32_t set;
	uint32_t clear;
	uint64_t size;
	uint64_t inodes;
	int mode;
	bool optional;
	bool is_cwd;
	bool is_relative;
	struct origin at;
};

/** struct rlimit_wish - One entry of `rlimits`; WISH_MAX is RLIM_INFINITY */
struct rlimit_wish {
	int resource; /* RLIMIT_* */
	uint64_t soft;
	uint64_t hard;
	struct origin at;
};

/** struct io_wish - One entry of `limits.io`; 0 = not limited */
struct io_wish {
	const char *device;
	uint64_t read_bps, write_bps, read_iops, write_iops;
	struct origin at;
};

/**
 * struct profile - What the user asks for
 *
 * Numbers and enums hold the built-in default where nothing was set; whether something
 * was set, and where, is in @origin (profile_is_set()). Text is NULL when it was not set.
 * All memory belongs to @arena and goes with profile_free().
 */
struct profile {
	const char *name; /* of the profile that was asked for, without path and .yaml */
	const char *path; /* file it came from */
	struct origin origin[FIELD_COUNT];
	const struct node *value[FIELD_COUNT]; /* as written, inherited parts merged in */
	struct arena *arena;

	const char *description;
	struct items extends;
	struct {
		enum root_from from;
		const char *path;
		enum root_changes changes;
		uint64_t size; /* bytes; 0 = default */
		enum root_switch how;
		struct items hide;
		struct items show;
	} root;
	enum proc_view proc;
	uint32_t namespaces; /* NS_* */
	struct {
		int64_t boottime; /* ns, may be negative */
		int64_t monotonic;
	} time;
	const char *hostname;
	struct {
		const char *id; /* number or name inside; NULL = default */
		const char *group;
		enum user_map map;
		struct idmap *maps; /* MAP_LIST */
		size_t map_count;
		enum user_groups groups;
		struct items group_list; /* GROUPS_LIST: numbers or names */
	} user;
	struct mount_wish *mounts;
	size_t mount_count;
	struct items devices; /* names below /dev, or paths */
	const char *workdir;
	struct items environment;
	struct items environment_pass;
	struct items command;
	enum init_kind init;
	enum terminal_kind terminal;
	uint32_t umask;
	struct {
		enum net_mode mode;
		const char *name;
		const char *mac;
		struct items address;
		struct items publish;
		struct items allow;
		uint64_t refresh; /* ns */
		struct items dns;
		struct items hosts;
		uint64_t rate, rate_in, rate_out; /* bits per second; 0 = not limited */
		const char *join;
	} network;
	struct {
		uint64_t cpus_milli; /* thousandths of a CPU; 0 = not limited */
		uint64_t cpu_weight;
		const char *cpuset;
		/* bytes; WISH_MAX = max; 0 memory = none; 0 swap counts when it is set */
		uint64_t memory, memory_high, swap;
		uint64_t pids;
		enum on_pids on_pids;
		struct io_wish *io;
		size_t io_count;
		uint64_t io_weight;
		uint64_t wall, cpu_time; /* ns; 0 = none */
		uint64_t output;	 /* bytes; 0 = none */
		uint64_t grace;		 /* ns */
		enum enforce enforce;
		enum on_limit on_limit;
	} limits;
	struct rlimit_wish *rlimits; /* defaults included */
	size_t rlimit_count;
	struct items capabilities; /* names in upper case with CAP_, or box-root */
	struct {
		enum seccomp_wish kind;
		struct items allow; /* names and @sets */
		struct items deny;
		int error; /* errno value; default EPERM */
		bool wx_deny;
	} seccomp;
	enum landlock_wish landlock;
	bool no_new_privileges;
	bool nested_namespaces;
	bool reproducible;
	struct items sysctls;
	struct items labels;
};

/** struct option_wish - A value from the command line: `--set KEY=VALUE`, or a short way
 * @option:	"--memory", for errors and provenance
 * @key:	Field name as in a profile, "+key" to append, "-key" to take entries of a
 *		list away, "environment.FOO" for one entry of a map
 * @value:	What begins with a quote, `[` or `{` is YAML; anything else is a word as
 *		it stands. For a list a word is a list of one, for a map it is NAME=VALUE;
 *		a plain null or ~ goes back to the built-in default
 * @words:	Where not NULL, a list instead of @value: texts taken byte by byte
 */
struct option_wish {
	const char *option;
	const char *key;
	const char *value;
	const char *const *words;
	size_t word_count;
};

/**
 * profile_load() - Find, parse, inherit and check a profile
 * @name:	A name for the search list, or a path with a slash
 * @options:	What the command line sets on top, in order
 * @count:	How many
 * @out:	The profile; free with profile_free()
 *
 * Return: 0; -1, where an option by itself is wrong -2, and @e: "FILE:LINE:COL: what was
 * wrong, what was expected", with the nearest known key where there is one
 */
int profile_load(const char *name, const struct option_wish *options, size_t count,
		 struct profile **out, struct err *e);
/**
 * profile_examine() - Load a profile and tell every error of it and of what it extends
 * @name:	As profile_load() takes it
 * @tell:	Gets them one by one, those of a parent first
 * @out:	The profile, where there was none; free with profile_free()
 *
 * Told is the first error of each key, of a list or a map that of each entry; a file
 * that is no YAML has one. What several keys tell together is not looked at before each
 * of them is right. Return: 0; -1 where something was told
 */
int profile_examine(const char *name, void (*tell)(const struct err *e),
		    struct profile **out);
/**
 * profile_make() - A profile that no file has a part in: the defaults, and what options
 * set
 * @name:	Its name
 * @options:	As profile_load() takes them; @count of them
 * @out:	The profile; free with profile_free()
 *
 * Return: 0, or -1 or -2 and @e as profile_load()
 */
int profile_make(const char *name, const struct option_wish *options, size_t count,
		 struct profile **out, struct err *e);
/**
 * profile_parse_text() - Parse and check a profile from memory
 * @buf:	What would stand in the file; `extends` is refused
 * @len:	Its bytes
 * @name:	Name of the profile and of the file in errors
 * @out:	The profile; free with profile_free()
 *
 * Touches no file, so it is what the fuzzer calls. Return: 0, or -1 and @e
 */
int profile_parse_text(const char *buf, size_t len, const char *name,
		       struct profile **out, struct err *e);
/**
 * profile_try() - Check an option by itself: its key, and what the key takes
 * @a:		For what is read; a caller that tries many resets it in between
 * @o:		Its @option stands in front of an error
 *
 * What only a whole profile can tell (profile_load()) is not seen. Return: 0, or -1 and
 * @e
 */
int profile_try(struct arena *a, const struct option_wish *o, struct err *e);
/** profile_free() - Give back a profile and all that belongs to it; takes NULL */
void profile_free(struct profile *pf);
/** profile_is_set() - Whether a file or an option set the field; null unsets it again */
bool profile_is_set(const struct profile *pf, enum field f);
/**
 * profile_print() - Write a profile as YAML that gives the same profile again
 * @pf:		What to write: every field that is set, inherited ones too, so no extends
 * @how:	PRINT_* bits
 */
void profile_print(const struct profile *pf, unsigned int how, struct text *out);

/* Bits of profile_print() */
enum {
	PRINT_ORIGIN = 1 << 0,	 /* behind each value the file and line of it */
	PRINT_DEFAULTS = 1 << 1, /* what is not set as a comment, with its default */
};

/** profile_value() - One field on one line, as written; what it is by default when it is
 * not set */
void profile_value(const struct profile *pf, enum field f, struct text *out);
/** profile_origin() - "FILE:LINE", "--memory", or "" where nothing set the field */
void profile_origin(const struct profile *pf, enum field f, struct text *out);
/** profile_template() - A starting profile that extends @parent: every key with its help
 * and default, commented out */
void profile_template(const char *name, const char *parent, struct text *out);

/**
 * profile_each() - Call @found for every profile that can be named, by name
 * @found:	@path is its file; not called for a file that another directory hides
 *
 * Return: 0, or -1 and @e
 */
int profile_each(void (*found)(const char *name, const char *path, void *arg),
		 void *arg, struct err *e);
/** profile_dir_new() - Where a new profile of the caller belongs. Return: 0, or -1 and @e
 * where nothing says so (no HOME) */
int profile_dir_new(struct text *out, struct err *e);

/** field_name() - "root.from" for FIELD_root_from */
const char *field_name(enum field f);
/** field_words() - The words that a key takes, ends with a NULL name; NULL where it takes
 * none. Some keys take more than these words */
const struct name *field_words(enum field f);
/** field_expects() - "expected a size such as 512M", as errors end */
const char *field_expects(enum field f);
/** field_find() - The field of a key, or -1 */
int field_find(const char *key);
/** key_of_word() - The key of profiles that is called @word by other tools or in another
 * group, or NULL */
const char *key_of_word(const char *word);
/** field_is_map() - Whether its value can be a map, which is set entry by entry; -1 is
 * none */
bool field_is_map(int f);

#endif
