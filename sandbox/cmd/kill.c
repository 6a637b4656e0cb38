// SPDX-License-Identifier: GPL-3.0-or-later
/* kill.c - `nook kill`: end boxes, or send their commands a signal */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/parse.h"
#include "base/sys.h"
#include "box/control.h"
#include "cmd/boxes.h"
#include "cmd/cmd.h"

#define END_MS 10000 /* the box, and a keeper that writes out what it copied */

/*
 * A keeper that does not answer (stopped, or hung in the kernel) is killed: init and all
 * that is below it end with it, and what it made is cleared away as after any killed
 * keeper.
 */
static int kill_keeper(const struct record *rec, int keeper, struct err *e)
{
	/* The keeper's child, not waited for while that lives: no other can be meant */
	auto_fd init = rec->init ? sys_pidfd_open(rec->init, 0) : -1;
	struct store st;

	if (sys_pidfd_send_signal(keeper, SIGKILL) < 0)
		return err_sys(e, "cannot kill the keeper of box '%s' (pid %d)",
			       store_name(rec), rec->keeper);
	if (!pidfd_ends(keeper, END_MS))
		return err_set(e, "the keeper of box '%s' (pid %d) does not end",
			       store_name(rec), rec->keeper);
	if (init >= 0 && !pidfd_ends(init, END_MS))
		return err_set(e, "box '%s' (init %d) was killed and has not ended yet",
			       store_name(rec), rec->init);
	*e = (struct err){ 0 };
	if (store_open(&st, e) < 0)
		return -1;
	store_gc(&st, 0);
	store_remove(&st);
	return 0;
}

int box_kill(const struct living *box, int sig, struct err *e)
{
	struct control_ask ask = { .op = CONTROL_KILL, .signal = (uint32_t)sig };
	auto_fd keeper = store_pidfd(&box->rec, e);
	struct control_answer out;

	if (keeper < 0)
		return sig == SIGKILL && e->code == ESRCH ? 0 : -1;
	if (sig == SIGKILL && box_is_stopped(&box->rec))
		return kill_keeper(&box->rec, keeper, e);
	if (control_call(&box->rec, &ask, &out, e) < 0)
		return sig == SIGKILL && !pidfd_ends(keeper, 0)
			       ? kill_keeper(&box->rec, keeper, e)
		       : sig == SIGKILL ? 0
					: -1;
	if (sig != SIGKILL || pidfd_ends(keeper, END_MS))
		return 0;
	return err_set(e, "box '%s' was killed and has not ended yet",
		       store_name(&box->rec));
}

static int kill_run(const struct args *a, struct err *e)
{
	const char *name = cmd_option(a, "signal"), *why;
	bool all = cmd_option(a, "all");
	int sig = SIGKILL, failed = 0, r;
	struct err one;
	struct boxes b;

	if (name && parse_signal(name, &sig, &why) < 0)
		return cmd_usage(a, e, "--signal '%s': %s", name, why);
	if (all == (a->word_count > 0))
		return cmd_usage(a, e, "kill takes boxes, or --all");
	r = all ? boxes_all(&b, e) : boxes_named(&b, a->words, a->word_count, e);
	/* One that cannot be reached does not save the others */
	for (size_t i = 0; !r && i < b.count; i++) {
		one = (struct err){ 0 };
		if (box_kill(&b.v[i], sig, &one) < 0 && !failed++)
			*e = one;
	}
	boxes_release(&b);
	return r || failed ? -1 : 0;
}

static const struct opt kill_options[] = {
	{ .letter = 's',
	  .name = "signal",
	  .arg = "SIGNAL",
	  .complete = COMPLETE_WORDS,
	  .words = "KILL TERM INT HUP QUIT USR1 USR2 STOP CONT",
	  .help = "send this signal to the command: TERM, 15, RTMIN+1" },
	{ .letter = 'a', .name = "all", .help = "every box that runs" },
	{ 0 },
};

const struct cmd cmd_kill = {
	.name = "kill",
	.summary = "end running boxes, or send their commands a signal",
	.usage = "[OPTION...] BOX...",
	.help = "BOX is a name, an id or the beginning of one. Without --signal every\n"
		"process of the box is killed, and 'nook kill' returns when the box is\n"
		"gone; the result of its run says cancelled. Any other signal goes to\n"
		"the command and its process group, which may do with it what it "
		"likes.\n",
	.options = kill_options,
	.complete = COMPLETE_BOX,
	.run = kill_run,
};
