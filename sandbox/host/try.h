/* SPDX-License-Identifier: GPL-3.0-or-later */
/* try.h - facts that are found out by trying
 *
 * Each is tried in a child of its own that does the thing and reports the step that
 * failed and its errno; the caller and the machine stay as they were. A few milliseconds
 * all together, so only doctor, explain, tests and hints ask for them.
 */
#ifndef NOOK_HOST_TRY_H
#define NOOK_HOST_TRY_H

#include "base/text.h"
#include "host/host.h"

/** enum try_verdict - What a fact means for nook's default profiles */
enum try_verdict {
	TRY_OK,
	TRY_WEAKER,  /* they run, with something less */
	TRY_MISSING, /* one of them does not run */
	TRY_ASIDE,   /* of no interest here: not the way this caller would go */
};

/**
 * struct try_found - What came out
 * @code:	errno of the step that failed, or 0
 * @found:	One phrase for a person: "works", "uid_map: Operation not permitted"
 * @why:	Why the kernel said no, where that is known
 * @fix:	What to do, the narrow way first, where there is something
 */
struct try_found {
	enum try_verdict verdict;
	int code;
	struct text found;
	struct text why;
	struct text fix;
};

/**
 * struct try_fact - One thing that a box needs of a machine
 * @id:		Stable name, for --json and host_explain_failure()
 * @title:	What it is, for a person
 * @how:	How it is tried
 * @without:	What is lost without it
 * @run:	Does it and fills the verdict; the two texts are empty before
 */
struct try_fact {
	const char *id;
	const char *title;
	const char *how;
	const char *without;
	void (*run)(struct host *h, struct try_found *out);
};

/** try_facts() - The table, in the order of doctor's; an entry without an id ends it */
const struct try_fact *try_facts(void);
/** try_verdict_name() - "ok", "weaker", "missing" or "aside" */
const char *try_verdict_name(enum try_verdict v);
/** try_run() - Try one fact; empty @out with try_release() */
void try_run(struct host *h, const struct try_fact *f, struct try_found *out);
/** try_release() - Give back the texts of @out */
void try_release(struct try_found *out);

/** host_why_userns() - Why a step of making a user namespace failed, and what to do.
 * Only reads, so it is right for made-up hosts too */
void host_why_userns(struct host *h, const char *step, int code, struct text *say,
		     struct text *fix);

#endif
