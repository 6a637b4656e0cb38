/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan_rows.h - every field of the plan with its kind: what prints and what checks a plan
 * walks this */
#ifndef NOOK_PLAN_ROWS_H
#define NOOK_PLAN_ROWS_H

#include <stddef.h>

#include "base/names.h"

/** enum dump_kind - How the bytes of a field become text */
enum dump_kind {
	DUMP_TEXT,   /* plan_ref of a text */
	DUMP_ENUM,   /* uint32_t, a name of the table */
	DUMP_BITS32, /* uint32_t, names of the bits that are set; the table holds bit
			numbers */
	DUMP_BITS64, /* the same in a uint64_t */
	DUMP_BOOL,   /* uint32_t */
	DUMP_U32,
	DUMP_ID,    /* uint32_t that is shown in a record also when it is 0 */
	DUMP_OCTAL, /* uint32_t */
	DUMP_U64,
	DUMP_LIMIT,   /* uint64_t, all ones is infinity; shown also when it is 0 */
	DUMP_SIZE,    /* uint64_t, bytes */
	DUMP_NS,      /* uint64_t, nanoseconds */
	DUMP_OFFSET,  /* int64_t, nanoseconds, signed */
	DUMP_GROUPS,  /* struct plan_user.group */
	DUMP_PROGRAM, /* plan_ref of a seccomp program */
	DUMP_LIST,    /* struct plan_list; the rows say what its records hold */
};

/**
 * struct dump_row - One field
 * @name:	As struct plan calls it
 * @kind:	How it is shown
 * @offset:	From the start of the plan, or of the record
 * @names:	DUMP_ENUM, DUMP_BITS*
 * @rows:	DUMP_LIST: fields of a record
 */
struct dump_row {
	const char *name;
	enum dump_kind kind;
	size_t offset;
	const struct name *names;
	const struct dump_row *rows;
};

/** plan_rows - All fields of struct plan; a row without a name ends it, in lists too */
extern const struct dump_row plan_rows[];

#endif
