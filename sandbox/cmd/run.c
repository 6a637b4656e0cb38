// SPDX-License-Identifier: GPL-3.0-or-later
/* run.c - `nook run` and `nook shell`: a command, or a shell, in a fresh box */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"
#include "box/box.h"
#include "box/program.h"
#include "box/store.h"
#include "cmd/cmd.h"
#include "cmd/review.h"
#include "host/host.h"
#include "layer/layer.h"

#define END_PATIENCE 200 /* ms */

#define EXIT_SETUP 125

/* The same for run and shell; `key` says which profile key an option sets (wishes.c) */
#define BOX_OPTIONS                                                                     \
	{ .name = "set", .arg = "KEY=VALUE", .key = "@set", .complete = COMPLETE_KEY,   \
	  .help = "set any profile key; +KEY=VALUE appends to a list" },                \
	{ .letter = 'm', .name = "memory", .arg = "SIZE", .key = "limits.memory",       \
	  .help = "limit the memory of all processes together" },                       \
	{ .name = "cpus", .arg = "N", .key = "limits.cpus",                             \
	  .help = "limit the CPUs: 1.5, 150%" },                                        \
	{ .name = "pids-limit", .arg = "N", .key = "limits.pids",                       \
	  .help = "limit processes and threads" },                                      \
	{ .letter = 'v', .name = "volume", .arg = "SRC:DST[:OPT]", .key = "@volume",    \
	  .complete = COMPLETE_FILE,                                                    \
	  .help = "bind a host path, read-only unless OPT is rw; '.' is the "           \
		  "current directory" },                                                \
	{ .name = "mount", .arg = "SPEC", .key = "@mount",                              \
	  .help = "a bind or tmpfs: type=bind,src=SRC,dst=DST[,ro] or "                  \
		  "type=tmpfs,dst=DST[,tmpfs-size=SIZE]" },                             \
	{ .name = "tmpfs", .arg = "DST[:OPT]", .key = "@tmpfs",                         \
	  .help = "a fresh tmpfs; OPT size=, mode=" },                                  \
	{ .letter = 'e', .name = "env", .arg = "NAME[=VALUE]", .key = "@env",           \
	  .help = "set a variable, or pass the caller's" },                             \
	{ .letter = 'w', .name = "workdir", .arg = "DIR", .key = "workdir",             \
	  .help = "directory the command starts in" },                                  \
	{ .letter = 'u', .name = "user", .arg = "USER[:GROUP]", .key = "@user",         \
	  .help = "user and group inside" },                                            \
	{ .name = "userns", .arg = "MAP", .key = "user.map",                            \
	  .complete = COMPLETE_WORDS,                                                   \
	  .words = "auto single subids", .help = "id map: auto, single, subids" },      \
	{ .name = "hostname", .arg = "NAME", .key = "hostname",                         \
	  .help = "host name inside" },                                                 \
	{ .name = "network", .arg = "MODE", .key = "@network",                          \
	  .complete = COMPLETE_WORDS,                                                   \
	  .words = "none host veth user ns: container:",                                \
	  .help = "none (only lo), host, veth, user, a network's name, ns:PATH, "       \
		  "container:BOX" },                                                    \
	{ .name = "cap-add", .arg = "CAP", .key = "@cap-add",                           \
	  .help = "keep a capability" },                                                \
	{ .name = "read-only", .key = "root.changes", .fixed = "refuse",                \
	  .help = "refuse changes to the box's tree" },                                 \
	{ .name = "timeout", .arg = "TIME", .key = "limits.wall",                       \
	  .help = "end the box after this time: 10s, 2m30s" },                          \
	{ .name = "init", .arg = "KIND", .key = "init", .complete = COMPLETE_WORDS,     \
	  .words = "reaper none",                                                       \
	  .help = "what is pid 1: reaper, or none (the command)" },                     \
	{ .name = "ulimit", .arg = "NAME=SOFT[:HARD]", .key = "@ulimit",                \
	  .help = "set a resource limit, such as nofile=64" },                          \
	{ .name = "label", .arg = "NAME=VALUE", .key = "@label",                        \
	  .help = "your own words" },                                                   \
	{ .name = "name", .arg = "NAME", .help = "name of the box while it runs" },     \
	{ .letter = 'p', .name = "publish", .arg = "[IP:]HOST:BOX[/udp]",               \
	  .key = "+network.publish",                                                    \
	  .help = "publish a port of a box with a link of its own" },                   \
	{ .letter = 'd', .name = "detach",                                              \
	  .help = "go on without a terminal (not on this build yet)" },                 \
	{ .letter = 't', .name = "tty", .key = "terminal", .fixed = "always",           \
	  .help = "a terminal of its own even where stdin is none" },                   \
	{ .letter = 'i', .name = "interactive",                                         \
	  .help = "stdin stays open (it always does)" },                                \
	{ .name = "rm", .help = "nothing stays (a run never leaves anything)" },        \
	{ .name = "preserve-fds", .arg = "N",                                           \
	  .help = "the command also gets descriptors 3 to 2+N" },                       \
	{ .name = "result", .arg = "FILE", .complete = COMPLETE_FILE,                   \
	  .help = "write how it ended as JSON; - is stdout" },                          \
	{ .name = "dry-run", .help = "print the plan and do nothing" }

static const struct opt run_options[] = { BOX_OPTIONS, REVIEW_OPTIONS, { 0 } };

static int load_plan(const struct args *a, struct host *h, const char *profile,
		     struct plan *pl, struct err *e)
{
	struct profile *pf = NULL;
	int r = profile_load(profile, a->wishes, a->wish_count, &pf, e);

	if (!r && cmd_option(a, "review"))
		review_profile(pf);
	if (!r)
		r = layers_plan(pf, h, pl, e);
	profile_free(pf);
	return r;
}

/* "-- CMD..." replaces the command of the profile: the options' wishes and one more, in
 * @room, which the caller frees. The words go in byte by byte. */
static int wish_command(struct args *a, struct option_wish **room, struct err *e)
{
	if (!a->rest_count)
		return 0;
	*room = calloc(a->wish_count + 1, sizeof(**room));
	if (!*room)
		return err_set(e, "out of memory");
	if (a->wish_count)
		memcpy(*room, a->wishes, a->wish_count * sizeof(**room));
	(*room)[a->wish_count++] = (struct option_wish){
		.option = "the command line", .key = "command",
		.words = (const char *const *)a->rest, .word_count = a->rest_count,
	};
	a->wishes = *room;
	return 0;
}

/* argv and environment lie one behind the other (execve(2)): the area that init scrubs */
static size_t start_area(char **argv)
{
	const char *end = argv[0];

	for (char **p = argv; *p; p++)
		if (*p == end)
			end = *p + strlen(*p) + 1;
	for (char **p = environ; p && *p; p++)
		if (*p == end)
			end = *p + strlen(*p) + 1;
	return (size_t)(end - argv[0]);
}

/* Opened before anything runs, so that a path that cannot be written is known in time */
static int open_result(const struct args *a, int *fd, struct err *e)
{
	const char *file = cmd_option(a, "result");

	if (!file || !strcmp(file, "-"))
		return 0;
	*fd = open(file,
		   O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
		   0600);
	if (*fd < 0)
		return err_sys(e, "cannot write the result to '%s'", file);
	return 0;
}

static int write_result(const struct args *a, int fd, const struct result *r,
			const struct plan *pl, struct err *e)
{
	const char *file = cmd_option(a, "result");
	auto_text json = { 0 };

	if (!file)
		return 0;
	result_json(r, pl, &json);
	if (fd < 0)
		return cmd_print(&json, e);
	if (ftruncate(fd, 0) < 0 && errno != EINVAL)
		return err_sys(e, "cannot write the result to '%s'", file);
	if (fd_write_all(fd, text_str(&json), json.len) < 0)
		return err_sys(e, "cannot write the result to '%s'", file);
	return 0;
}

/* What a person must know besides the exit code: a limit's kill, a cancelled run */
static void say_end(const struct args *a, const struct result *r)
{
	struct pollfd to = { .fd = STDERR_FILENO, .events = POLLOUT };
	auto_text t = { 0 };

	if (a->quiet || r->cause == CAUSE_SETUP || r->cause == CAUSE_EXEC)
		return;
	if (!r->lost_link && (r->cause == CAUSE_EXITED || r->cause == CAUSE_SIGNALED))
		return;
	text_add(&t, "nook: ");
	text_safe(&t, r->message);
	text_addc(&t, '\n');
	/* A terminal that was flooded and that nobody reads
	 * must not hold up the end (TT-07) */
	if (poll(&to, 1, END_PATIENCE) != 0)
		fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

/* "nook: warning: ", or NULL for what only `explain` says */
static const char *prefix(const struct args *a, const struct plan *pl,
			  const struct plan_fact *f)
{
	if (f->weight == FACT_WARNING)
		return "nook: warning: ";
	if (f->weight == FACT_UNENFORCED)
		return "nook: not enforced: ";
	/* A current directory that is not handed in would surprise */
	if (f->weight == FACT_NOTE &&
	    (a->verbose || (f->key && !strcmp(plan_text(pl, f->key), "mounts"))))
		return "nook: ";
	return NULL;
}

static bool is_missing_namespace(const struct plan *pl, const struct plan_fact *f)
{
	return f->weight == FACT_WARNING && f->key &&
	       !strcmp(plan_text(pl, f->key), "namespaces");
}

/* Where several namespaces are left out, one line for them all: what each would have
 * kept apart is in `explain`, and in the lines of --verbose. Return: whether it was
 * said */
static bool say_missing(const struct args *a, const struct plan *pl, struct text *t)
{
	auto_text names = { 0 };
	int n = 0;

	if (a->quiet || a->verbose)
		return false;
	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));)
		if (is_missing_namespace(pl, f))
			text_addf(&names, "%s%s", n++ ? ", " : "",
				  plan_text(pl, f->layer));
	if (n < 2)
		return false;
	text_addf(t,
		  "nook: warning: shared with the host, without a namespace: %s; 'nook "
		  "explain ",
		  text_str(&names));
	text_safe(t, plan_text(pl, pl->profile));
	text_add(t, "' says what that means\n");
	return true;
}

/* A wall that is weaker than usual, or a wish that is not in force,
 * is never kept quiet */
static void say_weaker(const struct args *a, const struct plan *pl)
{
	auto_text t = { 0 };
	bool said = say_missing(a, pl, &t);

	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));) {
		const char *before = a->quiet ? NULL : prefix(a, pl, f);

		if (!before || (said && is_missing_namespace(pl, f)))
			continue;
		text_add(&t, before);
		text_safe(&t, plan_text(pl, f->text));
		text_addc(&t, '\n');
	}
	fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

static int preserve_count(const struct args *a, int *n, struct err *e)
{
	const char *v = cmd_option(a, "preserve-fds");
	char *end;
	long count;

	*n = 0;
	if (!v)
		return 0;
	count = strtol(v, &end, 10);
	if (*v < '0' || *v > '9' || *end || count > 1000)
		return cmd_usage(a, e, "--preserve-fds '%s': expected a count up to 1000",
				 v);
	for (int fd = 3; fd < 3 + count; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return err_sys(e, "--preserve-fds %ld: descriptor %d", count, fd);
	*n = (int)count;
	return 0;
}

#define NAME_MOST 64

/* [A-Za-z0-9_][A-Za-z0-9_.-]{0,63}, and no other living box has it (cli.md) */
static int check_name(const char *name, struct err *e)
{
#define NAME_FIRST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
	static const char first[] = NAME_FIRST, all[] = NAME_FIRST ".-";
	struct plan *other;
	struct record rec;

	if (!name)
		return 0;
	if (!*name || !strchr(first, *name) || strlen(name) > NAME_MOST ||
	    name[strspn(name, all)])
		return err_set(
			e,
			"--name '%s': expected up to 64 of A-Z a-z 0-9 _ . -, the first "
			"neither . nor -",
			name);
	other = store_find(name, &rec, NULL);
	free(other);
	return other ? err_set(e, "a box named '%s' is running (pid %d)", name,
			       rec.keeper)
		     : 0;
}

/*
 * Everybody on the machine can read the words of a process (/proc/PID/cmdline): values of
 * the environment, often secrets, are blotted out of them. The wishes have copies.
 */
static void hide_values(const struct args *a)
{
	for (size_t i = 0; i < a->given_count; i++) {
		const struct given *g = &a->given[i];
		bool is_env = !strcmp(g->opt->name, "env");
		char *equals;

		if (!is_env && (strcmp(g->opt->name, "set") ||
				strncmp(g->value, "environment", strlen("environment"))))
			continue;
		equals = strchr(g->value, '=');
		if (equals)
			memset(equals + 1, '*', strlen(equals + 1));
	}
}

/* What is kept is of use to who can come back to it */
static int check_keep(const struct plan *pl, const struct review *rv, struct err *e)
{
	if (!pl->tree.keep_dir || rv->wanted)
		return 0;
	err_set(e, "'root.changes: keep' needs a box that stays");
	return err_hint(e, "--review shows the changes at the end and asks");
}

static int run_plan(const struct args *a, struct host *h, struct plan *pl, int preserve,
		    struct err *e)
{
	struct review rv;
	struct box_wish w = {
		.plan = pl,
		.host = h,
		.preserve = preserve,
		.name = cmd_option(a, "name"),
		.counts = cmd_option(a, "result"),
	};
	struct result res;
	auto_fd result = -1;
	int r = review_open(a, &rv, e);

	if (r < 0)
		return r;
	if (check_keep(pl, &rv, e) < 0 || check_name(w.name, e) < 0 ||
	    open_result(a, &result, e) < 0)
		return -1;
	if (rv.wanted) {
		w.at_end = FULL_CALL(review_at_end);
		w.arg = &rv;
		review_warn(&rv, pl);
	}
	say_weaker(a, pl);
	hide_values(a);
	w.argv_area = a->argv[0];
	w.argv_size = start_area(a->argv);
	box_run(&w, &res, e);
	say_end(a, &res);
	if (write_result(a, result, &res, pl, e) < 0 && res.exit_code == 0)
		return -1;
	if (rv.failed && res.exit_code == 0) {
		*e = rv.err;
		return -1;
	}
	return res.exit_code;
}

static int plan_and_run(struct args *a, const char *profile, struct err *e)
{
	struct host *h = host_new();
	struct plan *pl = plan_new();
	auto_text dump = { 0 };
	int preserve = 0;
	int r = h && pl ? 0 : err_set(e, "out of memory");

	if (!r && cmd_option(a, "detach"))
		r = err_set(e, "'--detach' is not on this build yet");
	if (!r)
		r = preserve_count(a, &preserve, e);
	if (!r)
		r = box_sanitize(preserve, e);
	if (!r)
		r = load_plan(a, h, profile, pl, e);
	if (!r && (cmd_option(a, "review") || pl->tree.needs_full ||
		   pl->cgroup.needs_full ||
		   layer_net_needs_full(pl)))
		r = program_need_full(a->argv, e);
	if (!r && cmd_option(a, "dry-run")) {
		plan_dump(pl, &dump);
		r = cmd_print(&dump, e);
	} else if (!r) {
		r = run_plan(a, h, pl, preserve, e);
	}
	/* The plan stays: the process ends now, and the kernel gives back everything at
	 * once in less time than munmap(2) takes for this one area */
	host_free(h);
	return r;
}

static int one_profile(const struct args *a, const char **profile, const char *preset,
		       struct err *e)
{
	if (a->word_count > 1) {
		cmd_usage(a, e, "one profile, not '%s %s'", a->words[0], a->words[1]);
		e->hint[0] = '\0';
		err_hint(e, "write -- before the command: nook %s %s -- %s ...",
			 a->cmd->name, a->words[0], a->words[1]);
		return -2;
	}
	*profile = a->word_count ? a->words[0] : preset;
	return 0;
}

static int run_run(const struct args *a, struct err *e)
{
	auto_free struct option_wish *room = NULL;
	struct args own = *a;
	const char *profile = NULL;
	int r = one_profile(a, &profile, "base", e);

	if (!r)
		r = wish_command(&own, &room, e);
	return r ? r : plan_and_run(&own, profile, e);
}

static int shell_run(const struct args *a, struct err *e)
{
	auto_free struct option_wish *room = NULL;
	struct args own = *a;
	const char *profile = NULL;
	int r = one_profile(a, &profile, "dev", e);

	if (!r)
		r = wish_command(&own, &room, e);
	return r ? r : plan_and_run(&own, profile, e);
}

const struct cmd cmd_run = {
	.name = "run",
	.summary = "run a command in a fresh box; nothing stays",
	.usage = "[OPTION...] [PROFILE] [-- COMMAND [ARGUMENT...]]",
	.help = "PROFILE is a name ('nook profile ls' lists them) or a path with a\n"
		"slash; without one it is base. Without a command it is the profile's,\n"
		"else a shell.\n\n"
		"Exit code: the command's; 124 when limits.wall ended it; 137 for any\n"
		"other kill by nook; 125 when nook failed before the command ran; 126\n"
		"and 127 when the command cannot be run or was not found; 128+n when\n"
		"signal n ended it. --result says why.\n",
	.options = run_options,
	.complete = COMPLETE_PROFILE,
	.fails = EXIT_SETUP,
	.run = run_run,
};

const struct cmd cmd_shell = {
	.name = "shell",
	.summary = "open a shell in a fresh box; nothing stays",
	.usage = "[OPTION...] [PROFILE] [-- COMMAND [ARGUMENT...]]",
	.help = "As 'nook run', with the profile dev when none is named.\n",
	.options = run_options,
	.complete = COMPLETE_PROFILE,
	.fails = EXIT_SETUP,
	.run = shell_run,
};
