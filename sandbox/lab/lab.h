/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lab.h - one lab, as its file has it, and where the files are
 *
 * A lab is a YAML file that says what to learn and how one sees that it was done; the
 * format is in nook-lab(5). Nothing here touches a box.
 */
#ifndef NOOK_LAB_LAB_H
#define NOOK_LAB_LAB_H

#include <stdbool.h>
#include <stddef.h>

#include "profile/profile.h"

struct arena;
struct err;

#define LAB_FORMAT    1
#define LAB_HINTS     3
#define LAB_DIAGNOSES 16 /* of one lab */
#define LAB_ID_MOST   32 /* bytes of an id */

/** struct lab_words - A list of texts */
struct lab_words {
	const char **v;
	size_t count;
};

/** struct lab_fact - One line of `check` or `when`; @says: for people, or NULL */
struct lab_fact {
	const char *line;
	const char *says;
};

struct lab_facts {
	struct lab_fact *v;
	size_t count;
};

/** struct lab_diagnosis - What is said when all of @when hold */
struct lab_diagnosis {
	const char *id;
	struct lab_facts when;
	const char *says;
};

/**
 * struct lab_way - A way to go; NULL = none
 * @nook:	Words of the console
 * @raw:	Lines for sh in the playground
 * @v1, @v2:	In place of @raw, where cgroups are of that version
 */
struct lab_way {
	const char *nook, *raw, *v1, *v2;
};

/** struct lab_wrong - A wrong way, and the diagnosis that it must get */
struct lab_wrong {
	struct lab_way way;
	const char *diagnosis;
};

/**
 * struct lab - One lab; all of it lies in its arena
 * @path:	Its file
 * @level:	1 to 3
 * @targets:	Names of the boxes that are the lab's; @networks: of its networks
 * @root:	$LAB/R is to be made
 * @equivalent:	By tool: "docker" and what one types there
 *
 * A text that is not there is NULL.
 */
struct lab {
	const char *path;
	const char *id, *title, *chapter;
	unsigned int format, minutes, level;
	bool root;
	struct lab_words objectives, needs, targets, networks;
	const char *fallback, *setup, *statement, *why;
	struct lab_facts check;
	struct lab_diagnosis *diagnose;
	size_t diagnose_count;
	const char *hints[LAB_HINTS];
	struct lab_way solution;
	struct lab_wrong *wrong;
	size_t wrong_count;
	struct items equivalent;
	struct arena *arena;
};

/** lab_parse() - A lab from the @len bytes of a file, @path in errors. Touches no file.
 * Return: 0, lab_free() it; -1 and @e: "FILE:LINE:COLUMN: what was expected" */
int lab_parse(const char *buf, size_t len, const char *path, struct lab **out,
	      struct err *e);
/** lab_read() - The same from a file that nobody but the caller, root and the owner of
 * this program can write. Return: 0, -1 and @e */
int lab_read(const char *path, struct lab **out, struct err *e);
void lab_free(struct lab *l);
/** lab_is_id() - Whether a lab can have that id: letters, then digits, as L05 */
bool lab_is_id(const char *id);

/** lab_chapter() - The @i-th chapter in the order of the labs, NULL behind the last */
const char *lab_chapter(size_t i);

/**
 * struct lab_place - A file that should hold a lab
 * @id:		What its name begins with: the file of L05 is L05.yaml or L05-WORDS.yaml
 */
struct lab_place {
	char *id, *path;
};

/** struct lab_set - All labs that can be found, by id */
struct lab_set {
	struct lab_place *v;
	size_t count;
};

/**
 * lab_find_all() - Look for labs: in @from, in the caller's own, in the machine's and in
 * those that came with nook, or instead of these three in $NOOK_LAB_PATH (directories
 * with ':' between); of two with one id the first counts. Reads no file
 * @from:	One more directory, searched first, or NULL
 *
 * Return: 0, lab_set_release(); -1 and @e
 */
int lab_find_all(const char *from, struct lab_set *out, struct err *e);
void lab_set_release(struct lab_set *s);
/** lab_find() - The one that a person means: its id, in any case. Return: NULL and @e,
 * with the nearest one */
const struct lab_place *lab_find(const struct lab_set *s, const char *id, struct err *e);
/** lab_open() - Read one of them; its id must be that of its name. Return: 0, -1 and
 * @e */
int lab_open(const struct lab_place *p, struct lab **out, struct err *e);

/** lab_keys() - The @i-th key of a lab's file, what is expected there and whether it must
 * be there, for the manual page. Return: NULL behind the last */
const char *lab_keys(size_t i, const char **expects, bool *must);

#endif
