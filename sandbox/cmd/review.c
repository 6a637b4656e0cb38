// SPDX-License-Identifier: GPL-3.0-or-later
/* review.c - `nook run --review`: what the command changed is shown, and made true or not
 *
 * The keeper calls when the box has ended and before its changes are removed, with all
 * signals blocked: what is being applied is not torn. They are let through while an
 * answer is waited for; one, or the end of the terminal, means that nothing is applied,
 * whatever was answered before: so all is asked before anything is applied. A killed
 * nook leaves the changes to the next command, which removes them: the box's record names
 * them.
 */
#include "cmd/review.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "base/text.h"
#include "box/box.h"
#include "cmd/shown.h"
#include "profile/profile.h"

#define ANSWER_SIZE 4096 /* a line of a terminal: N_TTY_BUF_SIZE */
#define GONE	    '\0' /* no answer, and none to come */

/** struct asking - One review under way */
struct asking {
	struct review *rv;
	const struct box_end *end;
	struct manifest m;
	struct applying ap;
	unsigned long trust;
};

int review_open(const struct args *a, struct review *rv, struct err *e)
{
	bool no = cmd_option(a, "no") != NULL;

	*rv = (struct review){ .tty = -1, .quiet = a->quiet };
	rv->wanted = cmd_option(a, "review") != NULL;
	rv->yes = cmd_option(a, "yes") != NULL;
	if ((rv->yes || no) && !rv->wanted)
		return cmd_usage(a, e, "--yes and --no answer --review");
	if (rv->yes && no)
		return cmd_usage(a, e, "--yes or --no, not both");
	if (!rv->wanted || rv->yes || no)
		return 0;
	rv->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (rv->tty >= 0)
		return 0;
	err_set(e, "--review asks on a terminal, and there is none");
	return err_hint(e, "--yes applies the changes, --no only shows them");
}

void review_profile(struct profile *pf)
{
	for (size_t i = 0; i < pf->mount_count; i++) {
		struct mount_wish *w = &pf->mounts[i];

		if (!w->is_cwd || !w->optional)
			continue;
		w->kind = MOUNT_OVERLAY;
	}
}

void review_warn(const struct review *rv, const struct plan *pl)
{
	auto_text t = { 0 };

	for (const struct plan_mount *m = NULL;
	     !rv->quiet && (m = plan_each(pl, &pl->tree.mounts, m));) {
		if (m->op != MOP_BIND || !(m->flags & PM_USER) ||
		    (m->attr & MOUNT_ATTR_RDONLY))
			continue;
		text_add(&t, "nook: warning: not a part of the review, but changed for "
			     "real: ");
		text_safe(&t, plan_text(pl, m->target));
		text_addc(&t, '\n');
	}
	fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

/* --- asking ------------------------------------------------------------------------- */

static void say(int fd, const char *text)
{
	fd_write_all(fd, text, strlen(text));
}

/* Return: the first letter of the word that the line is, or begins; 'n' for an empty
 * line, '?' for any other */
static char which(const char *line, size_t len)
{
	static const char *const words[] = { "yes",  "no",  "select",
					     "diff", "all", "quit" };

	for (size_t i = 0; len && i < ARRAY_SIZE(words); i++)
		if (!strncasecmp(line, words[i], len) && len <= strlen(words[i]))
			return words[i][0];
	return len ? '?' : 'n';
}

/* A line from the terminal. Return: as which(); GONE at the end and for a signal */
static char read_answer(const struct asking *as)
{
	struct pollfd p = { .fd = as->rv->tty, .events = POLLIN };
	char line[ANSWER_SIZE];
	ssize_t n;

	if (ppoll(&p, 1, NULL, as->end->signals) <= 0) {
		say(as->rv->tty, "\n");
		return GONE;
	}
	n = read(as->rv->tty, line, sizeof(line));
	if (n <= 0)
		return GONE;
	return which(line, (size_t)n - (line[n - 1] == '\n'));
}

static enum answer ask_one(const struct change *c, void *arg)
{
	struct asking *as = arg;
	bool refused = (c->flags & FLAGS_TRUST) && !as->ap.apply.trust;
	auto_text line = { 0 };

	shown_line(c, c->path, &line);
	text_add(&line, refused ? "\n  not applied: it gives rights to who uses it\n"
				: "\n  apply it? [y/N/all/quit] ");
	for (;;) {
		say(as->rv->tty, text_str(&line));
		if (refused)
			return ANSWER_NO;
		switch (read_answer(as)) {
		case 'y':
			return ANSWER_YES;
		case 'n':
			return ANSWER_NO;
		case 'a':
			return ANSWER_ALL;
		case 'q':
			return ANSWER_QUIT;
		case GONE:
			return ANSWER_NONE;
		default:
			say(as->rv->tty, "  y: apply it; n: do not; all: this and the "
					 "rest; quit: no more of them\n");
		}
	}
}

static int show(struct asking *as, enum show_how how, int fd, struct err *e)
{
	struct shown s = { .how = how, .fd = fd };

	if (shown_print(as->end->changes, &as->m, &s, e) < 0)
		return -1;
	as->trust = s.trust;
	return shown_total(&s) ? 1 : 0;
}

/* Return: 1 = apply, 0 = not, -1 and @e */
static int ask(struct asking *as, struct err *e)
{
	int tty = as->rv->tty;

	for (;;) {
		say(tty, "apply? [y/N/select/diff] ");
		switch (read_answer(as)) {
		case 'y':
			return 1;
		case 'n':
		case GONE:
			return 0;
		case 's':
			as->ap.ask = ask_one;
			as->ap.arg = as;
			return 1;
		case 'd':
			if (show(as, SHOW_TEXT, tty, e) < 0)
				return -1;
			break;
		default:
			say(tty, "y: apply all; n: nothing, all changes are lost; "
				 "select: ask for each; diff: show them\n");
		}
	}
}

/* Return: 1, 0 = nothing is to be applied */
static int ask_trust(struct asking *as)
{
	char a;

	as->ap.apply.trust = as->rv->yes;
	if (!as->trust || as->rv->tty < 0)
		return 1;
	do {
		say(as->rv->tty, "also what gives rights to who uses it? [y/N] ");
		a = read_answer(as);
	} while (a != 'y' && a != 'n' && a != GONE);
	as->ap.apply.trust = a == 'y';
	return a != GONE;
}

/* --- the review --------------------------------------------------------------------- */

static void say_done(const struct asking *as)
{
	auto_text t = { 0 };

	text_addn(&t, text_str(&as->ap.say), as->ap.say.len);
	if (!as->rv->quiet)
		text_addf(&t, "nook: %lu change%s applied\n", as->ap.done,
			  as->ap.done == 1 ? "" : "s");
	fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

static int review(struct asking *as, struct err *e)
{
	struct review *rv = as->rv;
	int r;

	if (manifest_read(as->end->changes, &as->m, e) != 0)
		return -1;
	r = show(as, SHOW_LIST, rv->tty >= 0 ? rv->tty : STDERR_FILENO, e);
	if (r <= 0)
		return r;
	r = rv->tty >= 0 ? ask(as, e) : rv->yes;
	if (r > 0 && rv->tty < 0 && as->end->result->exit_code != 0) {
		say(STDERR_FILENO, "nook: the command failed: nothing is applied\n");
		r = 0;
	}
	if (r > 0)
		r = ask_trust(as);
	if (r > 0) {
		r = applying_run(as->end->changes, &as->m, &as->ap, e);
		r = r < 0 ? r : !r;
	}
	if (r <= 0) {
		if (!r && rv->tty >= 0)
			say(rv->tty, "nook: nothing is applied\n");
		return r;
	}
	say_done(as);
	return as->ap.failed
		       ? err_set(e, "%lu changes could not be applied", as->ap.failed)
		       : 0;
}

/* Ends the wait for an answer */
static void on_signal(int sig)
{
	(void)sig;
}

void review_at_end(const struct box_end *end, void *arg)
{
	static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct asking as = { .rv = arg, .end = end };
	struct sigaction act = { .sa_handler = on_signal };

	for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
		if (stops[i] != SIGHUP || box_minds_hangup())
			sigaction(stops[i], &act, NULL);
	as.rv->failed = review(&as, &as.rv->err) < 0;
	manifest_release(&as.m);
	applying_release(&as.ap);
	if (as.rv->tty >= 0)
		close(fd_take(&as.rv->tty));
}
