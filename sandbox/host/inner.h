/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inner.h - struct host as the files of this directory see it
 *
 * Theory of operation. A fact is looked up the first time somebody asks and kept; @known
 * holds one bit for each kept fact. Everything that is handed out lives in a pool that
 * goes with the host, so no caller frees anything. All files are opened through
 * host_open(): on this machine that is a plain open of the absolute path, for a made-up
 * host it resolves below its tree, absolute symlinks included (openat2(2),
 * RESOLVE_IN_ROOT). What no file can tell (uid, kernel, ...) is asked from the kernel,
 * or from the made-up host's facts.
 *
 * A file that is absent or refused leaves its fact unknown, which is no error here. What
 * fails otherwise is remembered (host_doubt()) until somebody asks (host_check()).
 */
#ifndef NOOK_HOST_INNER_H
#define NOOK_HOST_INNER_H

#include <sys/types.h>

#include "base/text.h"
#include "host/host.h"
#include "host/idfiles.h"

/* Lines of a map file: the kernel allows 340 (user_namespaces(7)) */
#define HOST_MAP_MOST	 340
#define HOST_FIRST_CHUNK 3072

/* Bits of struct host.known */
enum {
	KNOWN_USER = 1 << 0,
	KNOWN_GROUPS = 1 << 1,
	KNOWN_UID_MAP = 1 << 2,
	KNOWN_ROOT = 1 << 3,
	KNOWN_KERNEL = 1 << 4,
	KNOWN_LANDLOCK = 1 << 5,
	KNOWN_MOUNTS = 1 << 6,
	KNOWN_CWD = 1 << 7,
	KNOWN_SUBUID = 1 << 8,
	KNOWN_SUBGID = 1 << 9,
	KNOWN_FS = 1 << 10,
	KNOWN_OWN = 1 << 11,
	KNOWN_GID_MAP = 1 << 12,
};

/** struct host_pair - Something kept by name: a file's text, a program's path */
struct host_pair {
	struct host_pair *next;
	const char *name;
	const char *value; /* NULL: looked for and not there */
};

/** struct host_made - What a made-up host has instead of a kernel */
struct host_made {
	struct host_pair *facts; /* in the file's order, then those of its base */
	int base;		 /* tree of the host it is based on, or -1 */
	char **environ;
};

struct pool_chunk {
	struct pool_chunk *next;
	char data[];
};

struct host {
	int tree;		/* AT_FDCWD, or the tree of a made-up host */
	struct host_made *made; /* NULL on this machine */
	unsigned int known;

	struct pool_chunk *chunks;
	char *free_at; /* rest of the newest chunk */
	size_t free_len;

	uid_t uid;
	gid_t gid;
	const char *user, *home, *shell, *cwd;
	gid_t *groups;
	size_t group_count;
	bool is_root;
	unsigned int kernel;
	const char *release;
	int landlock;
	struct host_mount *mounts;
	size_t mount_count;
	bool mounts_unknown;
	struct host_id_map *maps[2]; /* uid, gid; NULL = unknown */
	size_t map_count[2];
	struct host_range *subids[2];
	size_t subid_count[2];
	const char *filesystems; /* NULL = unknown */
	struct host_pair *files, *programs;
	const char *state_dir;
	const char **own;
	size_t own_count;
	struct {
		int code; /* errno; 0 = none */
		char what[256];
	} doubt;

	_Alignas(max_align_t) char first_chunk[HOST_FIRST_CHUNK];
};

/** host_alloc() - Zeroed memory that lives as long as the host. Return: NULL without
 * memory */
void *host_alloc(struct host *h, size_t size);
/** host_keep() - A copy of @len bytes at @s with a NUL. Return: NULL without memory */
const char *host_keep(struct host *h, const char *s, size_t len);
/** host_keepf() - The same for a printf format */
const char *host_keepf(struct host *h, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** host_known() - Whether a fact was looked up before; notes that it is from now on */
bool host_known(struct host *h, unsigned int bit);
/** host_doubt() - Note that @what could not be found out, for errno value @code. The
 * first counts; that something is absent or closed to the caller (ENOENT, EACCES and the
 * like) is no doubt */
void host_doubt(struct host *h, int code, const char *what);
/** host_pair_find() - The pair of that name, or NULL */
struct host_pair *host_pair_find(struct host_pair *list, const char *name);

/** host_open() - Open an absolute path of the host; O_CLOEXEC is added. Return:
 * descriptor, or -1 with errno */
int host_open(struct host *h, const char *path, int flags);
/** host_read_text() - Read a file of at most @most bytes into @t. Return: 0, -1 and
 * errno */
int host_read_text(struct host *h, const char *path, size_t most, struct text *t);
/** host_kind_of() - The kind that st_mode tells */
enum host_kind host_kind_of(mode_t mode);
/** host_can_execute() - Whether a path is a file that the caller may execute */
bool host_can_execute(struct host *h, const char *path);

/** made_open() - Read the facts of the made-up host in @dir. Return: 0, or -1 and @e */
int made_open(struct host *h, int dir, struct err *e);
/** made_bare() - A made-up host without facts. Return: 0, or -1 and @e */
int made_bare(struct host *h, struct err *e);
void made_close(struct host *h);
/** made_fact() - A fact of a made-up host, or NULL (on this machine always) */
const char *made_fact(struct host *h, const char *name);
/** made_number() - The same as a number; @otherwise when it is not there */
uint64_t made_number(struct host *h, const char *name, uint64_t otherwise);
/** made_open_path() - host_open() of a made-up host: its tree, then the one of its
 * base */
int made_open_path(struct host *h, const char *path, int flags);
/** made_look() - What lies at a path of a made-up host; owner and mode are what its facts
 * say, for a file in the tree has those of whoever checked it out */
bool made_look(struct host *h, const char *path, int nofollow, struct host_path *out);

/** struct name_list - Names found in a directory; @failed: memory ran out */
struct name_list {
	const char **names;
	size_t count, room;
	bool failed;
};

/** name_list_add() - Append a name that the host keeps, not a copy of it */
void name_list_add(struct name_list *l, const char *kept);
/** name_list_read() - Add all names of the directory @fd, which is closed */
void name_list_read(struct host *h, struct name_list *l, int fd);
/** made_list() - host_list() of a made-up host, unsorted and with names that stand
 * twice */
void made_list(struct host *h, const char *path, struct name_list *l);

#endif
