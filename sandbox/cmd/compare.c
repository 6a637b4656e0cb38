// SPDX-License-Identifier: GPL-3.0-or-later
/* compare.c - `nook compare`: what each layer of a box costs, and what it keeps out */
#include "cmd/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/text.h"
#include "box/box.h"
#include "cmd/cmd.h"
#include "cmd/pager.h"
#include "cmd/tree.h"

#define RUNS_USUAL 20
#define RUNS_MOST  1000

static const char *next_rung(size_t i, const void *arg)
{
	(void)arg;
	return rungs()[i].name;
}

static int choose_one(struct comparison *c, const char *name, size_t len, struct err *e)
{
	auto_text word = { 0 };
	const char *near;

	text_addn(&word, name, len);
	for (size_t i = 0; rungs()[i].name; i++)
		if (!strcmp(rungs()[i].name, text_str(&word))) {
			c->seen[i].wanted = true;
			c->last = i > c->last ? i : c->last;
			return 0;
		}
	near = name_near(text_str(&word), next_rung, NULL);
	err_set(e, "--rungs: unknown rung '%s'%s%s%s", text_str(&word),
		near ? ", did you mean '" : "", near ? near : "", near ? "'" : "");
	err_hint(e, "'nook help compare' has their names");
	return -2;
}

static int choose(struct comparison *c, const char *list, struct err *e)
{
	for (size_t i = 0; !list && rungs()[i].name; i++) {
		c->seen[i].wanted = true;
		c->last = i;
	}
	for (size_t len; list; list = list[len] ? list + len + 1 : NULL) {
		len = strcspn(list, ",");
		if (choose_one(c, list, len, e) < 0)
			return -2;
	}
	return 0;
}

static int read_count(const struct args *a, size_t *out, struct err *e)
{
	const char *v = cmd_option(a, "count");
	char *end;
	unsigned long n;

	*out = RUNS_USUAL;
	if (!v)
		return 0;
	errno = 0;
	n = strtoul(v, &end, 10);
	if (*v < '0' || *v > '9' || *end || errno || !n || n > RUNS_MOST)
		return cmd_usage(a, e, "--count '%s': expected a number from 1 to %d", v,
				 RUNS_MOST);
	*out = n;
	return 0;
}

/* Those that are to end us are read, so that nothing is left behind; SIGUSR1 is what a
 * rung may send */
static int take_signals(struct comparison *c, struct err *e)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	if (box_minds_hangup())
		sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGQUIT);
	c->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	sigaddset(&ends, SIGUSR1);
	if (c->signals < 0 || sigprocmask(SIG_BLOCK, &ends, &c->mask) < 0)
		return err_sys(e, "cannot take signals");
	return 0;
}

/* The tree with the program, and the program by its path there */
static int make_tree(struct comparison *c, const char *const *with, char **command,
		     struct err *e)
{
	struct closure files = { 0 };
	struct tree_wish w = { .dir = c->tree, .files = &files, .programs = 1 };
	auto_text said = { 0 };
	int r;

	snprintf(c->tree, sizeof(c->tree), "%s/tree", c->bait.dir);
	r = tree_gather(with, &files, e);
	if (r == 0)
		r = tree_make(&w, &said, e);
	if (r == 0) {
		*command = strdup(files.path[0]);
		r = *command ? 0 : err_set(e, "out of memory");
	}
	closure_release(&files);
	return r;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void sum_up(struct seen *s)
{
	size_t n = s->count;

	if (!n)
		return;
	qsort(s->v, n, sizeof(*s->v), by_size);
	s->least = s->v[0];
	s->median = n % 2 ? s->v[n / 2] : (s->v[n / 2 - 1] + s->v[n / 2]) / 2;
	s->most = s->v[n - 1];
}

static int measure(struct comparison *c, struct err *e)
{
	for (size_t n = 0; n <= c->last && !c->stopped; n++)
		if (compare_try(c, n, e) < 0)
			return -1;
	if (!c->stopped && !c->seen[0].stands) {
		*e = c->seen[0].why;
		return -1;
	}
	for (size_t i = 0; i < c->runs && !c->stopped; i++)
		for (size_t n = 0; n <= c->last && !c->stopped; n++)
			if (c->seen[n].wanted && c->seen[n].stands &&
			    compare_time(c, n, e) < 0)
				return -1;
	for (size_t n = 0; n <= c->last; n++)
		sum_up(&c->seen[n]);
	return 0;
}

static int write_picture(const struct comparison *c, const char *path, struct err *e)
{
	auto_text svg = { 0 };
	auto_fd fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);

	compare_svg(c, &svg);
	if (fd < 0 || fd_write_all(fd, text_str(&svg), svg.len) < 0)
		return err_sys(e, "cannot write '%s'", path);
	return 0;
}

static int show(const struct comparison *c, const struct args *a, struct err *e)
{
	const char *svg = cmd_option(a, "svg");
	bool json = cmd_option(a, "json") != NULL;
	auto_text out = { 0 };

	if (svg && write_picture(c, svg, e) < 0)
		return -1;
	if (json)
		compare_json(c, &out);
	else if (!a->quiet)
		compare_table(c, &out);
	return json ? cmd_print(&out, e) : cmd_show(&out, e);
}

/* What the command line asks for, and room for it. Return: 0, -1 and @e, -2 */
static int prepare(struct comparison *c, const struct args *a, struct err *e)
{
	int r = read_count(a, &c->runs, e);

	if (r < 0)
		return r;
	if (choose(c, cmd_option(a, "rungs"), e) < 0)
		return -2;
	for (size_t n = 0; n <= c->last; n++) {
		c->seen[n].v = calloc(c->runs, sizeof(*c->seen[n].v));
		if (!c->seen[n].v)
			return err_set(e, "out of memory");
	}
	return 0;
}

static int compare(struct comparison *c, const struct args *a, struct err *e)
{
	char name[] = "cat", *usual[] = { name, NULL };
	char **words = a->rest && a->rest[0] ? a->rest : usual;
	const char *const with[] = { words[0], NULL };
	auto_free char *path = NULL;
	auto_free char **command = NULL;
	size_t count = 0;

	while (words[count])
		count++;
	command = calloc(count + 1, sizeof(*command));
	if (!command)
		return err_set(e, "out of memory");
	memcpy(command, words, count * sizeof(*command));
	if (bait_lay(&c->bait, e) < 0 || make_tree(c, with, &path, e) < 0)
		return -1;
	command[0] = path;
	c->command = command;
	return measure(c, e) < 0 || c->stopped ? -1 : show(c, a, e);
}

/* Its end is that of the signal that asked for it */
static void end_by(const struct comparison *c)
{
	if (c->stopped)
		raise(c->stopped);
	sigprocmask(SIG_SETMASK, &c->mask, NULL);
}

static int compare_run(const struct args *a, struct err *e)
{
	struct comparison *c;
	int r;

	if (a->word_count)
		return cmd_usage(a, e,
				 "compare takes no words: a command stands behind "
				 "--, and 'nook profile diff' compares two "
				 "profiles");
	/* Shared: what each keeper would have a copy of is not its memory */
	c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		 0);
	if (c == MAP_FAILED)
		return err_set(e, "out of memory");
	bait_none(&c->bait);
	r = prepare(c, a, e);
	if (r == 0)
		r = take_signals(c, e);
	if (r == 0) {
		r = compare(c, a, e);
		bait_clear(&c->bait);
		end_by(c);
		close(c->signals);
	}
	for (size_t n = 0; n < RUNGS_MOST; n++)
		free(c->seen[n].v);
	munmap(c, sizeof(*c));
	return r;
}

static const struct opt options[] = {
	{ .letter = 'n',
	  .name = "count",
	  .arg = "N",
	  .help = "how often each rung is timed (default 20)" },
	{ .name = "rungs",
	  .arg = "NAME,...",
	  .complete = COMPLETE_WORDS,
	  .words = "process chroot user mount pid net uts ipc cgroup time caps landlock "
		   "seccomp limits full",
	  .help = "only these; each still has all layers before it" },
	{ .name = "json", .help = "print one JSON object" },
	{ .name = "svg",
	  .arg = "FILE",
	  .complete = COMPLETE_FILE,
	  .help = "draw it, too" },
	{ 0 },
};

const struct cmd cmd_compare = {
	.name = "compare",
	.summary = "a program behind ever more layers: its cost, what it reaches",
	.usage = "[OPTION...] [-- COMMAND [ARGUMENT...]]",
	.takes_command = true,
	.help = "The same COMMAND, cat(1) where none is given, as a plain process, in a\n"
		"chroot, and then with one layer more each time: the rungs process,\n"
		"chroot, user, mount, pid, net, uts, ipc, cgroup, time, caps, landlock,\n"
		"seccomp, limits; last full, the profile strict. From chroot on the\n"
		"tree holds COMMAND with its libraries and nothing else. A layer that\n"
		"this host or user cannot have says why, and the rungs behind it do\n"
		"without.\n"
		"\n"
		"START is the time until the command runs, from when the plan stands,\n"
		"in ms: the median of all runs, for which the rungs take turns. PEAK is\n"
		"the memory of the command's largest process at its most, NOOK that of\n"
		"nook's own two processes beside it when it starts; <= says that it is\n"
		"no more than that. A command is ended after 10 s.\n"
		"\n"
		"What it can reach was tried, by a process of each rung, and looked at\n"
		"from outside:\n"
		"\n"
		"  KERNEL    boot_id: the machine's is shared\n"
		"  PROCS     processes that kill(2) knows by their number\n"
		"  FILE      a file in $TMPDIR or /tmp; climbs: by leaving the chroot\n"
		"  SIGNAL    a signal to this nook\n"
		"  SOCKET    an abstract socket of this nook\n"
		"  PORT      a port of 127.0.0.1\n"
		"  SHM       a segment of System V shared memory\n"
		"  HOSTNAME  it may be set: the machine's (yes), or its own\n"
		"  CLOCK     it may be set: the machine's (yes); own: it has a clock\n"
		"            since boot of its own, and may not set the machine's\n"
		"  CAPS      how many capabilities it has\n"
		"\n"
		"In the console 'compare DRAFT' compares drafts; without a name, or\n"
		"with an option first, it is this command.\n",
	.options = options,
	.run = compare_run,
};
