/* SPDX-License-Identifier: GPL-3.0-or-later */
/* internal.h - what the files of profile/ share and nobody else sees
 *
 * Theory of operation. A file becomes a tree of nodes (yaml.c), all scalars text. Each
 * node knows its line. load.c walks extends, parents first, and folds every file into one
 * node a field: a value replaces, maps merge by key, `+key` appends. After each fold the
 * row of the type table (types.c) checks the node and writes the typed value into struct
 * profile, so a wrong value is an error even where a later file would replace it. Last
 * come the checks that look at several fields (check.c).
 *
 * The first error ends a load. profile_examine() goes on behind it: each key of each file
 * is read by itself, so its error is told and the next one read. What several keys tell
 * together is checked only where each is right, or one slip would be told as many.
 *
 * All memory is the profile's arena: nothing here is freed one by one.
 */
#ifndef NOOK_PROFILE_INTERNAL_H
#define NOOK_PROFILE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "profile/nodes.h"
#include "profile/profile.h"

struct name;

#define PROFILE_MOST (1u << 20) /* bytes of a file */
#define EXTENDS_MOST 16	  /* depth */

/* --- search.c ---------------------------------------------------------------------- */

#define PLACES_MOST 16

/** struct place - A directory of the search list, opened when it is first needed */
struct place {
	const char *dir;
	int fd;
	bool is_tried;
	bool is_shipped; /* comes with the program: its owner is the program's */
};

struct search {
	struct arena *arena;
	struct place place[PLACES_MOST];
	size_t count;
	bool is_whole; /* the shipped directory is in the list already */
};

/** struct found - A profile file that was read and may be trusted */
struct found {
	const char *path;
	const char *buf;
	size_t len;
	dev_t dev;
	ino_t ino;
};

/** search_init() - Begin a search: reads the environment, opens nothing */
void search_init(struct search *s, struct arena *a);
/** search_release() - Close the directories that were opened */
void search_release(struct search *s);
/** search_name() - Find and read a profile by name; the error says where it looked */
int search_name(struct search *s, const char *name, struct found *out, struct err *e);
/** search_path() - Read a profile by path */
int search_path(struct search *s, const char *path, struct found *out, struct err *e);

/* --- types.c ----------------------------------------------------------------------- */

struct field_info;

/* struct type's @shapes */
enum {
	IS_SCALAR = 1 << NODE_SCALAR,
	IS_LIST = 1 << NODE_LIST,
	IS_MAP = 1 << NODE_MAP,
};

/** struct type - How a field's value is read; each row of fields.def names one
 * @name:	In nook-profile(5)
 * @expects:	"a size such as 512M": ends the message about a wrong value
 * @size:	Bytes of the value in struct profile: copied back from the defaults
 * @shapes:	Bits 1 << enum node_kind that it takes
 * @read:	Node to value
 * @number, @lo, @hi, @at_max: read_number(): the reader, the range, what `max` means (@lo
 *		where it is refused)
 * @words:	read_word(), read_bits(): the words it takes
 * @check, @check_key: read_text(), read_items(), read_map(): 0, or -1 and a reason
 */
struct type {
	const char *name;
	const char *expects;
	size_t size;
	unsigned int shapes;
	int (*read)(struct loader *ld, const struct field_info *f, const struct node *n);
	int (*number)(const char *s, uint64_t *out, const char **why);
	uint64_t lo, hi, at_max;
	const struct name *words;
	int (*check)(const char *s, const char **why);
	int (*check_key)(const char *s, const char **why);
};

/** struct field_info - A row of fields.def as the loader sees it */
struct field_info {
	const char *key;
	size_t key_len;
	size_t offset;
	const struct type *type;
	const char *fallback; /* the default, for people */
	const char *layer;
	const char *help;
};

/** field_info - Every row of fields.def, by enum field */
extern const struct field_info field_info[FIELD_COUNT];
/** profile_defaults - What a profile means where it says nothing (defaults.c) */
extern const struct profile profile_defaults;

/** field_at() - Where a field stands in the profile that is being loaded */
void *field_at(const struct loader *ld, const struct field_info *f);
/** read_list_of() - Items out of a list, or of one scalar, each checked */
int read_list_of(struct loader *ld, const char *key, const struct node *n,
		 const struct type *t, struct items *out);
/** expand() - `~` and `${NAME}` in a path on the host; an error names what is not set */
int expand(struct loader *ld, const char *key, const struct node *n, const char **out);

/* Readers with rules of their own: struct type.read */

/** read_mounts() - Entries of `mounts` (mounts.c) */
int read_mounts(struct loader *ld, const struct field_info *f, const struct node *n);
/** read_idmap() - `user.map`: a word or lines of a map */
int read_idmap(struct loader *ld, const struct field_info *f, const struct node *n);
/** read_groups() - `user.groups`: a word or a list */
int read_groups(struct loader *ld, const struct field_info *f, const struct node *n);
/** read_rlimits() - `rlimits` on top of the default ones */
int read_rlimits(struct loader *ld, const struct field_info *f, const struct node *n);
/** read_io() - `limits.io` */
int read_io(struct loader *ld, const struct field_info *f, const struct node *n);
/** read_caps() - `capabilities`, with CAP_ in front */
int read_caps(struct loader *ld, const struct field_info *f, const struct node *n);
/** read_seccomp() - `seccomp`: a word or a map */
int read_seccomp(struct loader *ld, const struct field_info *f, const struct node *n);

/* --- fold.c ------------------------------------------------------------------------ */

/** unknown_key() - The error for @group.@key (@group may be NULL), with the nearest
 * one */
int unknown_key(const struct loader *ld, const struct origin *at, const char *group,
		const char *key);
/** fold() - One value of a file or an option into the profile; @is_more: the key began
 * with '+' */
int fold(struct loader *ld, enum field f, struct node *n, bool is_more);
/** fold_less() - Take entries away from a list: @n is a list of words */
int fold_less(struct loader *ld, enum field f, const struct node *n);
/** apply_document() - All keys of a file but `extends` */
int apply_document(struct loader *ld, const struct node *root);

/* --- options.c --------------------------------------------------------------------- */

/** apply_option() - What one option asks for, on top of all files */
int apply_option(struct loader *ld, const struct option_wish *o);

/* --- check.c, values.c ------------------------------------------------------------- */

/** profile_check() - What no single field can tell */
int profile_check(struct loader *ld);

/* Checks of single values, for struct type.check: 0, or -1 and what was expected
 * (values.c) */

/** check_line() - One line of text without control bytes */
int check_line(const char *s, const char **why);
/** check_text() - Any text */
int check_text(const char *s, const char **why);
/** check_hostname() - 1 to 64 of [A-Za-z0-9.-] */
int check_hostname(const char *s, const char **why);
/** check_box_path() - Absolute, no `..` */
int check_box_path(const char *s, const char **why);
/** check_hidden_path() - The same, or below ~; not `/` itself */
int check_hidden_path(const char *s, const char **why);
/** check_id_name() - A number that an id can be, or a name */
int check_id_name(const char *s, const char **why);
/** check_env_name() - Name of a variable */
int check_env_name(const char *s, const char **why);
/** check_env_value() - Value of a variable: any bytes that execve takes */
int check_env_value(const char *s, const char **why);
/** check_device() - A known name, or a path below /dev */
int check_device(const char *s, const char **why);
/** check_sysctl() - A name that belongs to a namespace (IN-20) */
int check_sysctl(const char *s, const char **why);
/** check_cidr() - auto or ADDRESS/PREFIX */
int check_cidr(const char *s, const char **why);
/** check_mac() - auto or a hardware address */
int check_mac(const char *s, const char **why);
/** check_address() - An address alone */
int check_address(const char *s, const char **why);
/** check_publish() - [IP:]HOST:BOX[/udp] */
int check_publish(const char *s, const char **why);
/** check_allow() - CIDR, CIDR:PORT or NAME:PORT */
int check_allow(const char *s, const char **why);
/** check_host_line() - NAME:ADDRESS */
int check_host_line(const char *s, const char **why);
/** check_label() - Key of a label */
int check_label(const char *s, const char **why);

#endif
