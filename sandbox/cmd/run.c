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
#include "box/living.h"
#include "box/program.h"
#include "box/rest.h"
#include "box/store.h"
#include "cmd/review.h"
#include "cmd/resting.h"
#include "cmd/run.h"
#include "cmd/words.h"
#include "host/host.h"
#include "layer/layer.h"

#define END_PATIENCE 200 /* ms */

/* The same for run, shell and create; `key` says which profile key an option sets
 * (wishes.c) */
#define KEY_OPTIONS                                                                     \
	SET_OPTION,                                                                     \
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
	{ .letter = 'p', .name = "publish", .arg = "[IP:]HOST:BOX[/udp]",               \
	  .key = "+network.publish",                                                    \
	  .help = "publish a port of a box with a link of its own" },                   \
	{ .letter = 't', .name = "tty", .key = "terminal", .fixed = "always",           \
	  .help = "a terminal of its own even where stdin is none" }

#define LOG_OPTION                                                                      \
	{ .name = "log-size", .arg = "SIZE",                                            \
	  .help = "size of each of the two files of the log (default 10M)" }

#define RUN_OPTIONS                                                                     \
	{ .name = "name", .arg = "NAME", .help = "name of the box" },                   \
	{ .letter = 'd', .name = "detach",                                              \
	  .help = "go on in the background: 'nook logs', 'nook stop' (needs --name)" }, \
	{ .name = "keep",                                                               \
	  .help = "the box stays afterwards, and the next run of that name is of it" }, \
	LOG_OPTION,                                                                     \
	{ .letter = 'i', .name = "interactive",                                         \
	  .help = "stdin stays open (it always does)" },                                \
	{ .name = "rm", .help = "nothing stays, of a box in the background either" },    \
	{ .name = "preserve-fds", .arg = "N",                                           \
	  .help = "the command also gets descriptors 3 to 2+N" },                       \
	{ .name = "result", .arg = "FILE", .complete = COMPLETE_FILE,                   \
	  .help = "write how it ended as JSON; - is stdout" },                          \
	{ .name = "dry-run", .help = "print the plan and do nothing" }

static const struct opt run_options[] = { KEY_OPTIONS, RUN_OPTIONS, REVIEW_OPTIONS,
					  { 0 } };

const struct opt create_options[] = { KEY_OPTIONS, LOG_OPTION, { 0 } };

/* A box that stays keeps what it changes where one that goes would discard it; `--set
 * root.changes=discard` insists */
static void keep_changes(struct profile *pf)
{
	bool has_any = pf->root.from == ROOT_HOST || pf->root.from == ROOT_DIRECTORY;
	bool by_option = profile_is_set(pf, FIELD_root_changes) &&
			 !pf->origin[FIELD_root_changes].line;

	for (size_t i = 0; i < pf->mount_count; i++)
		has_any = has_any || pf->mounts[i].kind == MOUNT_OVERLAY;
	if (has_any && pf->root.changes == CHANGES_DISCARD && !by_option)
		pf->root.changes = CHANGES_KEEP;
}

/* What a box has besides its tree, of which nothing is there yet when that stands */
static void make_bare(struct profile *pf)
{
	uint64_t grace = pf->limits.grace;

	if (pf->network.mode != NET_HOST)
		pf->network.mode = NET_NONE;
	pf->network.publish.count = pf->network.allow.count = 0;
	pf->init = INIT_REAPER;
	pf->terminal = TERMINAL_NEVER;
	memset(&pf->limits, 0, sizeof(pf->limits));
	pf->limits.grace = grace;
}

/* A shell that has nobody to read from would end at once: the box waits for a user */
static void stay_up(struct profile *pf)
{
	static const struct item words[] = { { .text = "sleep" },
					     { .text = "infinity" } };

	if (pf->command.count || pf->terminal != TERMINAL_NEVER)
		return;
	pf->command.v = (struct item *)words;
	pf->command.count = ARRAY_SIZE(words);
}

int run_make_plan(struct run *r, struct err *e)
{
	struct profile *pf = NULL;
	int made = profile_load(r->profile, r->args.wishes, r->args.wish_count, &pf, e);

	if (!made && r->stays)
		keep_changes(pf);
	if (!made && cmd_option(&r->args, "review"))
		review_profile(pf);
	if (!made && r->alone && pf->terminal == TERMINAL_AUTO)
		pf->terminal = TERMINAL_NEVER;
	if (!made && r->alone)
		stay_up(pf);
	if (!made && r->bare)
		make_bare(pf);
	if (!made)
		r->has_term = pf->limits.wall && pf->origin[FIELD_limits_wall].line;
	if (!made)
		made = layers_plan(pf, r->host, r->plan, e);
	profile_free(pf);
	return made;
}

bool run_needs_full(const struct run *r)
{
	const struct plan *pl = r->plan;

	return pl->tree.needs_full || pl->cgroup.needs_full || layer_net_needs_full(pl);
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
size_t run_start_area(char **argv)
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
	if (!r->tells_more && (r->cause == CAUSE_EXITED || r->cause == CAUSE_SIGNALED))
		return;
	text_add(&t, "nook: ");
	text_safe(&t, r->message);
	text_addf(&t, r->hint[0] ? "; try %s\n" : "\n", r->hint);
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
void run_say_weaker(const struct args *a, const struct plan *pl)
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

void run_say_term(const struct run *r, const struct args *a, const char *name)
{
	const struct plan_limits *l = &r->plan->limits;
	auto_text t = { 0 };

	if (a->quiet || !r->has_term)
		return;
	text_addf(&t, "nook: box '%s' %s after ", name,
		  l->freeze ? "is stopped" : "ends");
	text_duration(&t, l->wall);
	text_addf(&t, ", limits.wall of its profile; 'nook update %s limits.wall=max' "
		      "lifts that\n",
		  name);
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

/* Nobody else has the name: neither a box that runs nor, unless the run is of it, one at
 * rest. What comes meanwhile is seen by take_name() */
static int check_name(const char *name, const struct rest *rest, struct err *e)
{
	if (!name)
		return 0;
	if (!rest_is_name(name))
		return err_set(
			e,
			"--name '%s': expected up to 64 of A-Z a-z 0-9 _ . -, the first "
			"neither . nor -",
			name);
	if (store_check_name(name, e) < 0)
		return -1;
	return rest ? 0 : resting_check_free(name, e);
}

static int take_name(const char *name, struct err *e)
{
	auto_fd held = store_hold_name(name, e);

	return held < 0 || resting_check_free(name, e) < 0 ? -1 : fd_take(&held);
}

/*
 * Everybody on the machine can read the words of a process (/proc/PID/cmdline): values of
 * the environment, often secrets, are blotted out of them. The wishes have copies.
 */
void run_hide_values(const struct args *a)
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
static int check_keep(const struct plan *pl, const struct review *rv,
		      const struct rest *rest, struct err *e)
{
	if (!pl->tree.keep_dir || rv->wanted || rest)
		return 0;
	err_set(e, "'root.changes: keep' needs a box that stays");
	return err_hint(e, "--keep makes such a box; --review shows the changes at the "
			   "end and asks");
}

int run_in_place(const struct run *r, struct rest *rest, struct err *e)
{
	const struct args *a = &r->args;
	struct box_wish w = {
		.plan = r->plan,
		.host = r->host,
		.name = cmd_option(a, "name"),
		.take_name = rest || !cmd_option(a, "name") ? NULL : take_name,
		.counts = cmd_option(a, "result") || rest,
		.rest = rest,
	};
	auto_fd result = -1;
	struct review rv;
	struct result res;
	int kept = review_open(a, &rv, e);

	if (kept < 0)
		return kept;
	if (preserve_count(a, &w.preserve, e) < 0 ||
	    check_keep(r->plan, &rv, rest, e) < 0 || check_name(w.name, rest, e) < 0 ||
	    open_result(a, &result, e) < 0)
		return -1;
	if (rv.wanted) {
		w.at_end = FULL_CALL(review_at_end);
		w.arg = &rv;
		review_warn(&rv, r->plan);
	}
	run_say_weaker(a, r->plan);
	run_hide_values(a);
	w.argv_area = a->argv[0];
	w.argv_size = run_start_area(a->argv);
	if (rest)
		kept = living_run(&w, &res, e);
	else
		box_run(&w, &res, e);
	if (res.cause == CAUSE_EXEC && res.exit_code == 127)
		words_say_path(r->plan, r->plan, e);
	say_end(a, &res);
	if (write_result(a, result, &res, r->plan, e) < 0)
		kept = -1;
	if (rv.failed && !kept && !res.exit_code) {
		*e = rv.err;
		kept = -1;
	}
	return kept && !res.exit_code ? -1 : res.exit_code;
}

/* "-- CMD..." is a wish more, which @r has room for */
int run_begin(struct run *r, const struct args *a, const char *profile, struct err *e)
{
	r->args = *a;
	r->profile = profile;
	r->host = host_new();
	r->plan = plan_new();
	if (!r->host || !r->plan)
		return err_set(e, "out of memory");
	return wish_command(&r->args, &r->room, e);
}

void run_release(struct run *r)
{
	host_free(r->host);
	free(r->room);
}

/* Nothing was done yet where the other program is needed, so nothing is carried over */
static int plan_and_run(struct run *r, struct err *e)
{
	auto_text dump = { 0 };
	int preserve = 0;

	if (preserve_count(&r->args, &preserve, e) < 0 || box_sanitize(preserve, e) < 0)
		return -1;
	if (run_make_plan(r, e) < 0) {
		words_guess(&r->args, r->profile, e);
		return -1;
	}
	if (((cmd_option(&r->args, "review") || run_needs_full(r)) &&
	     program_need_full(r->args.argv, e) < 0))
		return -1;
	if (!cmd_option(&r->args, "dry-run"))
		return run_in_place(r, NULL, e);
	plan_dump(r->plan, &dump);
	return cmd_print(&dump, e);
}

int run_profile(const struct args *a, const char **profile, const char *preset,
		struct err *e)
{
	if (a->word_count > 1)
		return words_say_two(a, e);
	*profile = a->word_count ? a->words[0] : preset;
	return 0;
}

static int run_with(const struct args *a, const char *preset, struct err *e)
{
	const char *profile = NULL;
	struct run run = { 0 };
	int r;

	if (cmd_option(a, "detach") || cmd_option(a, "keep"))
		return keep_run(a, preset, e);
	if (cmd_option(a, "log-size"))
		return cmd_usage(a, e, "--log-size is for a box in the background");
	r = run_profile(a, &profile, preset, e);
	if (!r)
		r = run_begin(&run, a, profile, e);
	if (!r)
		r = plan_and_run(&run, e);
	run_release(&run);
	return r;
}

static int run_run(const struct args *a, struct err *e)
{
	return run_with(a, "base", e);
}

static int shell_run(const struct args *a, struct err *e)
{
	return run_with(a, "dev", e);
}

const struct cmd cmd_run = {
	.name = "run",
	.summary = "run a command in a fresh box; nothing stays without --keep",
	.usage = "[OPTION...] [PROFILE] [-- COMMAND [ARGUMENT...]]",
	.takes_command = true,
	.help = "PROFILE is a name ('nook profile ls' lists them) or a path with a\n"
		"slash; without one it is base. Without a command it is the profile's,\n"
		"else a shell, in the background 'sleep infinity', for 'nook exec'.\n\n"
		"Exit code: the command's; 124 when limits.wall ended it; 137 for any\n"
		"other kill by nook; 125 when nook failed before the command ran; 126\n"
		"and 127 when the command cannot be run or was not found; 128+n when\n"
		"signal n ended it. --result says why.\n\n"
		"With --keep the box named by --name is made where there is none, and\n"
		"stays: the same line runs in it again, and so does one without profile\n"
		"and options; 'nook rm' removes it. With --detach the line returns when\n"
		"the command runs, and the box goes on in the background; where the\n"
		"profile has limits.wall, a line says when it will end.\n",
	.options = run_options,
	.complete = COMPLETE_PROFILE,
	.fails = EXIT_SETUP,
	.run = run_run,
};

const struct cmd cmd_shell = {
	.name = "shell",
	.summary = "open a shell in a fresh box; nothing stays without --keep",
	.usage = "[OPTION...] [PROFILE] [-- COMMAND [ARGUMENT...]]",
	.takes_command = true,
	.help = "As 'nook run', with the profile dev when none is named. With --name\n"
		"and --keep the same line comes back to the same box.\n",
	.options = run_options,
	.complete = COMPLETE_PROFILE,
	.fails = EXIT_SETUP,
	.run = shell_run,
};
