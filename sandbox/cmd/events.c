// SPDX-License-Identifier: GPL-3.0-or-later
/* events.c - `nook events`: what becomes of boxes, a line for each thing that happens
 *
 * Each line is one write(2) and is out before the next one is looked for, so whoever ends
 * this, by a signal or by closing the pipe, has whole lines only.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "box/news.h"
#include "cmd/boxes.h"
#include "cmd/cmd.h"
#include "cmd/filter.h"
#include "cmd/listing.h"
#include "host/host.h"

static const struct name names[] = {
	{ "exists", NEWS_EXISTS },
	{ "create", NEWS_CREATE },
	{ "start", NEWS_START },
	{ "pause", NEWS_PAUSE },
	{ "unpause", NEWS_UNPAUSE },
	{ "limit", NEWS_LIMIT },
	{ "update", NEWS_UPDATE },
	{ "oom", NEWS_OOM },
	{ "died", NEWS_DIED },
	{ "rename", NEWS_RENAME },
	{ "remove", NEWS_REMOVE },
	{ "overflow", NEWS_OVERFLOW },
	{ NULL, 0 },
};

/**
 * struct wanted - What is printed
 * @what:	A bit for each of enum news_what; 0 = all of them
 */
struct wanted {
	const struct args *args;
	bool json;
	unsigned int what;
};

/* --- which -------------------------------------------------------------------------- */

static int read_filter(const struct args *a, const struct given *g, struct wanted *w,
		       struct err *e)
{
	const char *event = filter_value(g, "event"), *near;
	int what;

	if (filter_value(g, "label"))
		return 0;
	if (!event)
		return cmd_usage(a, e,
				 "--filter '%s': expected event=NAME or "
				 "label=NAME[=VALUE]",
				 g->value);
	what = name_find(names, event);
	if (what >= 0) {
		w->what |= 1u << what;
		return 0;
	}
	near = name_near_in(names, event);
	return cmd_usage(a, e,
			 near ? "unknown event '%s', did you mean '%s'"
			      : "unknown event '%s'",
			 event, near ? near : "");
}

static int read_wanted(const struct args *a, struct wanted *w, struct err *e)
{
	*w = (struct wanted){ .args = a,
			      .json = cmd_option(a, "json") || !isatty(STDOUT_FILENO) };
	for (size_t i = 0; i < a->given_count; i++)
		if (!strcmp(a->given[i].opt->name, "filter") &&
		    read_filter(a, &a->given[i], w, e) < 0)
			return -2;
	return 0;
}

static bool is_box(const struct news_item *n, const struct args *a)
{
	for (size_t i = 0; i < a->word_count; i++) {
		const char *word = a->words[i];

		if (!strcmp(n->name, word) ||
		    (n->old_name && !strcmp(n->old_name, word)) ||
		    (*word && !strncmp(n->id, word, strlen(word))))
			return true;
	}
	return !a->word_count;
}

/* Of several filters of one kind one must fit, of each kind one */
static bool is_wanted(const struct news_item *n, const struct wanted *w)
{
	const struct args *a = w->args;
	bool asked = false, has = false;

	if (n->what == NEWS_OVERFLOW)
		return true;
	for (size_t i = 0; i < a->given_count; i++) {
		const char *label = filter_value(&a->given[i], "label");

		asked |= label != NULL;
		has |= label && filter_label(n->plan, label);
	}
	return is_box(n, a) && (!asked || has) && (!w->what || w->what & 1u << n->what);
}

/* --- lines -------------------------------------------------------------------------- */

static const char *profile(const struct news_item *n)
{
	return n->plan ? plan_text_or_null(n->plan, n->plan->profile) : NULL;
}

static const char *cause(const struct news_item *n)
{
	if (n->end)
		return cause_name((enum cause)n->end->cause);
	return n->keeper_killed ? "lost" : NULL;
}

/* A box that was there before, as `ps` has it */
static struct living living(const struct news_item *n)
{
	struct living box = { .is_resting = !n->rec,
			      .state = n->state,
			      .exit_code = n->exit_code,
			      .cause = n->cause };

	if (n->rec)
		box.rec = *n->rec;
	return box;
}

static void add_key(struct text *out, const char *key, const char *s)
{
	text_addf(out, ",\"%s\":", key);
	text_json(out, s && *s ? s : NULL);
}

static void add_number(struct text *out, const char *key, uint64_t n)
{
	text_addf(out, ",\"%s\":", key);
	json_number(out, n);
}

static void json_end(const struct news_item *n, struct text *out)
{
	const struct record_end *end = n->end;

	add_key(out, "cause", cause(n));
	if (end && end->exit_code >= 0)
		add_number(out, "exit_code", (uint64_t)end->exit_code);
	else
		add_number(out, "exit_code", UINT64_MAX);
	add_number(out, "signal",
		   end && end->signal > 0 ? (uint64_t)end->signal : UINT64_MAX);
	add_key(out, "message", end ? end->message : NULL);
}

static void json_line(const struct news_item *n, struct text *out)
{
	struct living box = living(n);

	text_add(out, "{\"schema\":1,\"time\":");
	json_time(out, n->at_ns);
	add_key(out, "event", name_of(names, (int)n->what));
	add_key(out, "id", n->id);
	add_key(out, "name", n->name);
	add_key(out, "profile", profile(n));
	if (n->what == NEWS_EXISTS)
		add_key(out, "status", living_status_name(&box));
	if (n->what == NEWS_EXISTS || n->what == NEWS_START)
		add_number(out, "keeper", n->rec ? (uint64_t)n->rec->keeper : UINT64_MAX);
	if (n->what == NEWS_RENAME)
		add_key(out, "old_name", n->old_name);
	if (n->what == NEWS_OOM && n->rec)
		add_number(out, "oom_kills", n->rec->end.oom_kills);
	if (n->what == NEWS_DIED)
		json_end(n, out);
	text_add(out, "}\n");
}

/* What a person reads behind the name */
static void add_details(const struct news_item *n, struct text *out)
{
	struct living box = living(n);
	const char *why = cause(n);

	if (n->what == NEWS_RENAME)
		text_addf(out, "was %s", n->old_name);
	else if (n->what == NEWS_OOM && n->rec)
		text_addf(out, "%llu killed", (unsigned long long)n->rec->end.oom_kills);
	else if (n->what == NEWS_EXISTS)
		living_status(&box, out);
	else if (n->what == NEWS_DIED && n->end)
		text_addf(out, "%s, exit code %d", why, (int)n->end->exit_code);
	else if (n->what == NEWS_DIED)
		text_add(out, why ? why : "nobody saw how");
	else if (n->what == NEWS_OVERFLOW)
		text_add(out, "some events were lost");
	else if (profile(n))
		text_add(out, profile(n));
}

static void text_line(const struct news_item *n, struct text *out)
{
	time_t s = (time_t)(n->at_ns / 1000000000);
	auto_text details = { 0 };
	char buf[40] = "";
	struct tm tm;

	if (localtime_r(&s, &tm))
		strftime(buf, sizeof(buf), "%Y-%m-%d %H:%M:%S", &tm);
	text_addf(out, "%s.%03u  %-8s  %-12s  ", buf,
		  (unsigned int)(n->at_ns / 1000000 % 1000), name_of(names, (int)n->what),
		  *n->id ? n->id : "-");
	text_safe(out, *n->name ? n->name : "-");
	add_details(n, &details);
	text_add(out, details.len ? "  " : "");
	text_safe(out, text_str(&details));
	text_addc(out, '\n');
}

static int print(const struct news_item *n, void *arg, struct err *e)
{
	const struct wanted *w = arg;
	auto_text line = { 0 };

	if (!is_wanted(n, w))
		return 0;
	if (w->json)
		json_line(n, &line);
	else
		text_line(n, &line);
	return cmd_print(&line, e);
}

/* --- until it is ended -------------------------------------------------------------- */

/* Two descriptors for each box that runs: as many as this user may have */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void say_ready(const struct news *w)
{
	auto_text said = { 0 };
	size_t running, staying;

	news_counts(w, &running, &staying);
	text_addf(&said, "nook: watching: %zu running, %zu that stay\n", running,
		  staying);
	(void)!write(STDERR_FILENO, text_str(&said), said.len);
}

/* Nobody reads any more: with no line to write that would not be noticed */
static bool has_reader(const struct pollfd *out)
{
	return !(out->revents & (POLLERR | POLLHUP | POLLNVAL));
}

static int follow(struct news *w, struct err *e)
{
	struct pollfd p[] = { { .fd = news_fd(w), .events = POLLIN },
			      { .fd = STDOUT_FILENO, .events = 0 } };

	while (has_reader(&p[1])) {
		if (poll(p, 2, -1) < 0) {
			if (errno != EINTR)
				return err_sys(e, "cannot wait for events");
			continue;
		}
		if (p[0].revents && news_step(w, e) < 0)
			return -1;
	}
	return 0;
}

static int events_run(const struct args *a, struct err *e)
{
	struct wanted wanted;
	struct host *h = NULL;
	struct news *w;
	int r;

	if (read_wanted(a, &wanted, e) < 0)
		return -2;
	allow_descriptors();
	h = host_new();
	if (!h)
		return err_set(e, "out of memory");
	w = news_open(host_state_dir(h), cmd_option(a, "all"), print, &wanted, e);
	host_free(h);
	if (!w)
		return -1;
	if (a->verbose)
		say_ready(w);
	r = follow(w, e);
	news_close(w);
	return r;
}

static const struct opt events_options[] = {
	{ .name = "json", .help = "print JSON, one object a line, on a terminal too" },
	{ .letter = 'a',
	  .name = "all",
	  .help = "first a line for each box that there is: 'exists'" },
	{ .letter = 'f',
	  .name = "filter",
	  .arg = "KEY=VALUE",
	  .help = "only these: event=NAME, label=NAME[=VALUE]; of one key any, of "
		  "several keys all" },
	{ 0 },
};

const struct cmd cmd_events = {
	.name = "events",
	.summary = "tell what becomes of boxes, as it happens",
	.usage = "[OPTION...] [BOX...]",
	.help = "Of the boxes that are named, or all of this user, until it is ended: a\n"
		"line on a terminal, else a JSON object with an RFC 3339 time. BOX is a\n"
		"name, an id or the beginning of one, which need not be there yet.\n\n"
		"  create   a box that stays was made\n"
		"  start    a keeper begins to build a box\n"
		"  pause    'nook pause'; 'limit': limits.on_limit: freeze has stopped "
		"it\n"
		"  unpause  it goes on\n"
		"  update   'nook update' changed limits\n"
		"  oom      the kernel killed processes of it, told with its end\n"
		"  died     nothing of it lives: cause, exit code, message as in a "
		"result\n"
		"  rename   with its old name\n"
		"  remove   'nook rm', or --rm\n"
		"  overflow some events were lost; all boxes were looked at anew\n\n"
		"For each start there is one died behind it, also of a box whose keeper\n"
		"was killed (cause lost) and of one that was over before it could be\n"
		"looked at (cause null). No daemon keeps a journal: what happened "
		"before\n"
		"is in 'nook ps --all' and 'nook inspect'. With --verbose it says on\n"
		"stderr when it watches. Each box that runs takes two descriptors:\n"
		"where none is left (ulimit -n) it ends with an error.\n",
	.options = events_options,
	.complete = COMPLETE_BOX,
	FULL_ONLY(events_run),
};
