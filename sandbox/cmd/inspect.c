// SPDX-License-Identifier: GPL-3.0-or-later
/* inspect.c - `nook inspect`: all that is known of a box, as JSON */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "cmd/boxes.h"
#include "cmd/listing.h"
#include "cmd/nets.h"
#include "cmd/processes.h"
#include "cmd/resting.h"

/**
 * struct seen_box - One box
 * @living:	Its plan is NULL where it rests
 * @rest:	Its directory is -1 where it does not stay
 */
struct seen_box {
	struct living living;
	struct rest rest;
};

static void add_key(struct text *out, const char *key)
{
	text_addf(out, ",\"%s\":", key);
}

static void add_text(struct text *out, const char *key, const char *s)
{
	add_key(out, key);
	text_json(out, s);
}

static void add_time(struct text *out, const char *key, uint64_t ns)
{
	add_key(out, key);
	if (ns)
		json_time(out, ns);
	else
		text_add(out, "null");
}

static void add_count(struct text *out, const char *key, uint64_t n)
{
	add_key(out, key);
	json_number(out, n);
}

static void add_list(struct text *out, const char *key, const struct plan *pl,
		     const struct plan_list *list)
{
	bool first = true;

	add_key(out, key);
	text_addc(out, '[');
	for (const struct plan_word *w = NULL; (w = plan_each(pl, list, w));
	     first = false) {
		text_add(out, first ? "" : ",");
		text_json(out, plan_text(pl, w->text));
	}
	text_addc(out, ']');
}

/* What a person asked for that is not in force */
static void add_facts(struct text *out, const struct plan *pl)
{
	bool first = true;

	text_add(out, ",\"unenforced\":[");
	for (const struct plan_fact *f = NULL; (f = plan_each(pl, &pl->facts, f));) {
		if (f->weight != FACT_UNENFORCED)
			continue;
		text_add(out, first ? "" : ",");
		text_json(out, plan_text(pl, f->text));
		first = false;
	}
	text_addc(out, ']');
}

/* What `mounts` of the profile, the options and updates have come to */
static void add_mounts(struct text *out, const struct plan *pl)
{
	bool first = true;

	text_add(out, ",\"mounts\":[");
	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		if (!(m->flags & PM_USER))
			continue;
		text_add(out, first ? "{\"to\":" : ",{\"to\":");
		text_json(out, plan_text(pl, m->target));
		add_text(out, "from", plan_text_or_null(pl, m->source));
		add_key(out, "read_only");
		text_add(out, m->attr & MOUNT_ATTR_RDONLY ? "true}" : "false}");
		first = false;
	}
	text_addc(out, ']');
}

static void add_plan(struct text *out, const struct plan *pl)
{
	if (!pl) {
		text_add(out, ",\"plan\":null");
		return;
	}
	text_add(out, ",\"plan\":{\"profile\":");
	text_json(out, plan_text(pl, pl->profile));
	add_text(out, "profile_path", plan_text_or_null(pl, pl->profile_path));
	add_list(out, "command", pl, &pl->env.argv);
	add_text(out, "workdir", plan_text_or_null(pl, pl->env.workdir));
	add_text(out, "hostname", plan_text_or_null(pl, pl->hostname));
	add_text(out, "network", nets_mode(pl));
	add_text(out, "network_name", plan_text_or_null(pl, pl->net.network));
	add_count(out, "uid", pl->user.uid);
	add_count(out, "gid", pl->user.gid);
	add_text(out, "seccomp", plan_text_or_null(pl, pl->seccomp.name));
	add_mounts(out, pl);
	add_list(out, "labels", pl, &pl->labels);
	add_facts(out, pl);
	text_addc(out, '}');
}

/* On a network of nook's; only who runs has an address there */
static void add_addresses(struct text *out, const struct living *box)
{
	const struct plan *pl = box->plan;
	char v4[NET_TEXT_SIZE], v6[NET_TEXT_SIZE];
	struct net_lease l = { 0 };

	if (pl && nets_is_on(pl, NULL))
		nets_lease(plan_text(pl, pl->net.network), box->rec.id, &l);
	add_text(out, "address", l.v4.family ? net_prefix_text(&l.v4, v4) : NULL);
	add_text(out, "address6", l.v6.family ? net_prefix_text(&l.v6, v6) : NULL);
}

static void add_publish(struct text *out, const struct plan *pl)
{
	bool first = true;

	text_add(out, ",\"publish\":[");
	for (const struct plan_publish *p = NULL;
	     pl && (p = plan_each(pl, &pl->net.publish, p)); first = false) {
		text_add(out, first ? "{\"address\":" : ",{\"address\":");
		text_json(out, plan_text_or_null(pl, p->address));
		add_count(out, "host_port", p->host_port);
		add_count(out, "box_port", p->box_port);
		add_text(out, "protocol", p->udp ? "udp" : "tcp");
		text_addc(out, '}');
	}
	text_addc(out, ']');
}

/* Each with its NUL */
static void add_words(struct text *out, const char *key, const char *words, size_t len)
{
	add_key(out, key);
	text_addc(out, '[');
	for (const char *p = words; p < words + len; p += strlen(p) + 1) {
		text_add(out, p == words ? "" : ",");
		text_json(out, p);
	}
	text_addc(out, ']');
}

static void add_rest(struct text *out, const struct rest *r)
{
	add_time(out, "created", r->rec.created_ns);
	add_time(out, "finished", r->rec.finished_ns);
	add_text(out, "directory", r->rec.cwd);
	add_words(out, "words", r->rec.words, r->rec.words_len);
	add_words(out, "updates", r->rec.updates ? r->rec.updates : "",
		  r->rec.updates_len);
	add_count(out, "log_size_bytes", r->rec.log_size);
	add_key(out, "result");
	/* it ends with a newline of its own */
	text_addn(out, r->rec.result ? r->rec.result : "null",
		  r->rec.result ? strcspn(r->rec.result, "\n") : 4);
}

static void add_box(const struct seen_box *b, struct text *out)
{
	const struct record *rec = &b->living.rec;
	bool runs = b->living.plan, stays = b->rest.dir >= 0;
	const struct plan *pl = runs ? b->living.plan : b->rest.rec.plan;
	int exit_code = b->living.exit_code;
	pid_t init = runs ? processes_init(rec) : 0;

	text_add(out, "{\"schema\":1");
	add_text(out, "id", runs ? rec->id : b->rest.rec.id);
	add_text(out, "name", stays ? b->rest.name : rec->name[0] ? rec->name : NULL);
	add_text(out, "status", living_status_name(&b->living));
	add_count(out, "exit_code", exit_code >= 0 ? (uint64_t)exit_code : UINT64_MAX);
	add_text(out, "cause", living_cause(&b->living));
	add_time(out, "started", runs ? rec->started_ns : b->rest.rec.started_ns);
	add_count(out, "keeper", runs ? (uint64_t)rec->keeper : UINT64_MAX);
	add_count(out, "init", init ? (uint64_t)init : UINT64_MAX);
	add_addresses(out, &b->living);
	add_publish(out, pl);
	if (stays)
		add_rest(out, &b->rest);
	add_plan(out, pl);
	text_add(out, "}");
}

/* By any word where it runs, by its name where it rests */
static int find(const struct rest_area *area, const char *word, struct seen_box *b,
		struct err *e)
{
	struct err why = { 0 };

	*b = (struct seen_box){ .living.exit_code = -1,
				.rest = { .dir = -1, .lock = -1 } };
	b->living.plan = store_pick(word, &b->living.rec, e);
	if (rest_find(area, b->living.plan ? b->living.rec.name : word, &b->rest, &why) <
	    0) {
		b->rest.dir = -1;
		if (!b->living.plan || why.code != ENOENT)
			*e = why;
		return b->living.plan ? 0 : -1;
	}
	if (!b->living.plan)
		living_rest(&b->living, &b->rest, rest_state(&b->rest));
	return 0;
}

static int inspect_run(const struct args *a, struct err *e)
{
	struct rest_area area = { .dir = -1 };
	auto_text out = { 0 };
	int r = 0;

	if (!a->word_count)
		return cmd_usage(a, e, "inspect takes boxes");
	if (resting_open(&area, false, e) < 0)
		return -1;
	for (size_t i = 0; !r && i < a->word_count; i++) {
		struct seen_box b;

		r = find(&area, a->words[i], &b, e);
		if (!r) {
			add_box(&b, &out);
			text_addc(&out, '\n');
		}
		free(b.living.plan);
		rest_close(&b.rest);
	}
	rest_area_close(&area);
	return r ? r : cmd_print(&out, e);
}

const struct cmd cmd_inspect = {
	.name = "inspect",
	.summary = "print what is known of a box as JSON, running or at rest",
	.usage = "BOX...",
	.help = "One object a line: id, name, status, exit code and cause of death of "
		"one\n"
		"at rest, times, the processes that keep it, its addresses on a network\n"
		"while it runs (address, address6), the ports that it publishes\n"
		"(publish), what of the plan a person asks for, and of a box that stays\n"
		"also the directory and words that it was made with and the result of\n"
		"its last run.\n",
	.complete = COMPLETE_REST,
	FULL_ONLY(inspect_run),
};
