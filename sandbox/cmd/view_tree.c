// SPDX-License-Identifier: GPL-3.0-or-later
/* view_tree.c - `nook view --tree`: this machine, its networks and their boxes
 *
 *	laptop     host         Linux 6.1.0, 3 boxes
 *	├─lab      network      10.144.0.0/16, router 10.144.0.1, NAT
 *	│ ├─web    running      net, init 4711, 10.144.0.2, publishes 8080->80
 *	│ │                     user mount pid net uts ipc root caps seccomp
 *	│ └─db     stopped (0)  net
 *	│                       user mount pid net uts ipc root caps seccomp memory=64M
 *	└─try      running      dev, init 4720, the host's network
 *	                        user mount pid uts ipc root caps seccomp landlock
 *
 * A box hangs below its network where that has a definition, also while it rests, and
 * below the machine else. Layers are those of its plan, limits those in force.
 */
#include "cmd/view_tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/capname.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "cmd/listing.h"
#include "cmd/nets.h"
#include "cmd/processes.h"
#include "cmd/summary.h"

/** struct branch - A network and the boxes on it */
struct branch {
	struct net_def def;
	struct members members;
};

/** struct tree - All there is. @others: the boxes that are on no branch */
struct tree {
	struct utsname host;
	struct nets nets;
	struct branch *v;
	size_t count;
	struct members others;
	bool is_damaged; /* a network could not be read, as @e tells */
	struct err *e;
};

/* --- gather ------------------------------------------------------------------------ */

static bool has_box(const struct members *m, const struct living *box)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->v[i].box == box)
			return true;
	return false;
}

static int add_box(struct members *m, const struct living *box, struct err *e)
{
	struct member *more = members_add(m);

	if (!more)
		return err_set(e, "out of memory");
	more->box = box;
	return 0;
}

/* Who has an address, and behind them those at rest */
static int add_branch(const struct net_def *d, void *arg)
{
	struct tree *t = arg;
	const struct boxes *boxes = &t->nets.boxes;
	struct branch *b = realloc(t->v, (t->count + 1) * sizeof(*b));

	if (!b)
		return err_set(t->e, "out of memory");
	t->v = b;
	b += t->count++;
	*b = (struct branch){ .def = *d };
	if (nets_members(&t->nets, d, &b->members, t->e) < 0)
		return -1;
	for (size_t i = 0; i < boxes->count; i++)
		if (nets_is_on(boxes->v[i].plan, d->name) &&
		    !has_box(&b->members, &boxes->v[i]) &&
		    add_box(&b->members, &boxes->v[i], t->e) < 0)
			return -1;
	return 0;
}

static bool is_on_branch(const struct tree *t, const struct living *box)
{
	for (size_t i = 0; i < t->count; i++)
		if (has_box(&t->v[i].members, box))
			return true;
	return false;
}

static int gather(struct tree *t, struct err *e)
{
	const struct boxes *boxes = &t->nets.boxes;

	t->e = e;
	if (nets_open(&t->nets, false, e) < 0 || boxes_resting(&t->nets.boxes, e) < 0)
		return -1;
	t->is_damaged = net_def_each(t->nets.places.state, add_branch, t, e) < 0;
	if (uname(&t->host) < 0)
		return err_sys(e, "cannot ask for the name of this machine");
	for (size_t i = 0; i < boxes->count; i++)
		if (!is_on_branch(t, &boxes->v[i]) &&
		    add_box(&t->others, &boxes->v[i], e) < 0)
			return -1;
	return 0;
}

static void release(struct tree *t)
{
	for (size_t i = 0; i < t->count; i++)
		members_release(&t->v[i].members);
	free(t->v);
	members_release(&t->others);
	nets_release(&t->nets);
}

/* --- what separates a box ---------------------------------------------------------- */

static bool drops_capabilities(const struct plan *pl)
{
	for (const struct name *n = capability_names; n->name; n++)
		if (!(pl->caps.keep >> n->value & 1))
			return true;
	return false;
}

/* By the names that `add` of the console has for them */
static void each_layer(const struct plan *pl,
		       void (*each)(const char *layer, struct text *out),
		       struct text *out)
{
	for (const struct separation *s = separations(); s->name; s++)
		if (is_separate(pl, s))
			each(s->name, out);
	if (pl->tree.root != PLAN_ROOT_NONE)
		each(pl->tree.use_chroot ? "chroot" : "root", out);
	if (drops_capabilities(pl))
		each("caps", out);
	if (pl->seccomp.program)
		each("seccomp", out);
	if (pl->landlock.abi)
		each("landlock", out);
}

/* Those of devices are many numbers for one key, and stand in the plan alone */
static bool has_limit(const struct record *rec, int which)
{
	return rec->limit[which] != UINT64_MAX &&
	       cgroup_row((enum cgroup_limit)which)->unit != UNIT_RATE;
}

/* nook's init is in the leaf too, and not of the profile's count */
static uint64_t limit_of(const struct living *box, int which)
{
	return box->rec.limit[which] -
	       (which == LIMIT_PIDS && !box->plan->session.init_none);
}

static void text_limit(const struct living *box, int which, struct text *out)
{
	const struct cgroup_row *row = cgroup_row((enum cgroup_limit)which);
	uint64_t n = limit_of(box, which);

	text_addf(out, "%s%s=", out->len ? " " : "", strchr(row->key, '.') + 1);
	if (row->unit == UNIT_TEXT)
		text_safe(out, box->rec.cpuset);
	else if (row->unit == UNIT_BYTES)
		text_size(out, n);
	else if (row->unit == UNIT_MILLI)
		text_addf(out, "%g", (double)n / 1000);
	else
		text_addf(out, "%" PRIu64, n);
}

static void json_limit(const struct living *box, int which, struct text *out)
{
	const struct cgroup_row *row = cgroup_row((enum cgroup_limit)which);

	text_addf(out, "\"%s\":", row->name);
	if (row->unit == UNIT_TEXT)
		text_json(out, box->rec.cpuset);
	else if (row->unit == UNIT_MILLI)
		text_addf(out, "%.3f", (double)limit_of(box, which) / 1000);
	else
		json_number(out, limit_of(box, which));
}

/* --- the drawing ------------------------------------------------------------------- */

enum { NAME, STATUS, FACTS, COLUMNS };

/** struct drawing - Rows so far. The host is row 0 */
struct drawing {
	char **cells;
	const char **colours;
	size_t *parents;
	size_t count;
};

static void add_row(struct drawing *d, size_t parent, const char *const cells[COLUMNS],
		    const char *colour)
{
	size_t at = d->count * COLUMNS;

	for (size_t i = 0; i < COLUMNS; i++)
		d->cells[at + i] = strdup(cells[i]);
	d->colours[at + STATUS] = colour;
	d->parents[d->count++] = parent;
}

static void add_fact(struct text *out, const char *before, const char *fact)
{
	if (!*fact)
		return;
	text_addf(out, "%s%s", out->len ? ", " : "", before);
	text_safe(out, fact);
}

static void layer_word(const char *layer, struct text *out)
{
	text_addf(out, "%s%s", out->len ? " " : "", layer);
}

/* Below the machine: why it is on none of the networks */
static void add_network(const struct plan *pl, struct text *out)
{
	switch ((enum plan_net_mode)pl->net.mode) {
	case PLAN_NET_NONE:
		add_fact(out, "", "no network");
		break;
	case PLAN_NET_HOST:
		add_fact(out, "", "the host's network");
		break;
	case PLAN_NET_USER:
		add_fact(out, "", "a network by pasta");
		break;
	case PLAN_NET_JOIN:
		add_fact(out, "the network of ", plan_text(pl, pl->net.join));
		break;
	case PLAN_NET_VETH:
		add_fact(out,
			 "a network that is not there: ", plan_text(pl, pl->net.network));
		break;
	}
}

/* The plan is empty where another version of nook has written it */
static void add_facts(const struct member *m, bool is_below_host, struct text *out)
{
	auto_text addresses = { 0 }, publishes = { 0 }, layers = { 0 };
	const struct living *box = m->box;
	pid_t init = processes_init(&box->rec);

	if (!box->plan->profile) {
		add_fact(out, "", "its plan cannot be read");
		return;
	}
	nets_pair(&m->lease.v4, &m->lease.v6, &addresses);
	member_publishes(m, &publishes);
	add_fact(out, "", plan_text(box->plan, box->plan->profile));
	if (init)
		text_addf(out, ", init %d", init);
	add_fact(out, "", text_str(&addresses));
	if (is_below_host)
		add_network(box->plan, out);
	add_fact(out, "publishes ", text_str(&publishes));
	each_layer(box->plan, layer_word, &layers);
	for (int i = 0; i < LIMIT_COUNT; i++)
		if (has_limit(&box->rec, i))
			text_limit(box, i, &layers);
	text_addf(out, "\n%s", layers.len ? text_str(&layers) : "no layer");
}

static void draw_box(struct drawing *d, size_t parent, const struct member *m)
{
	auto_text name = { 0 }, status = { 0 }, facts = { 0 };

	text_safe(&name, member_name(m));
	if (m->box) {
		living_status(m->box, &status);
		add_facts(m, !parent, &facts);
	}
	add_row(d, parent,
		(const char *[]){ text_str(&name), text_str(&status), text_str(&facts) },
		m->box ? living_colour(m->box) : NULL);
}

static void draw_branch(struct drawing *d, const struct branch *b)
{
	auto_text subnet = { 0 }, gateway = { 0 }, facts = { 0 };
	size_t at = d->count;

	nets_pair(&b->def.v4, &b->def.v6, &subnet);
	nets_pair(&b->def.gateway4, &b->def.gateway6, &gateway);
	add_fact(&facts, "", text_str(&subnet));
	add_fact(&facts, "router ", text_str(&gateway));
	add_fact(&facts, "", b->def.nat ? "NAT" : "no NAT");
	add_fact(&facts, "", b->def.isolated ? "isolated" : "");
	add_row(d, 0, (const char *[]){ b->def.name, "network", text_str(&facts) }, NULL);
	for (size_t i = 0; i < b->members.count; i++)
		draw_box(d, at, &b->members.v[i]);
}

static void draw_all(const struct tree *t, struct drawing *d)
{
	auto_text name = { 0 }, facts = { 0 };
	size_t boxes = t->nets.boxes.count;

	text_safe(&name, t->host.nodename);
	text_addf(&facts, "%s %s, ", t->host.sysname, t->host.release);
	if (boxes)
		text_addf(&facts, "%zu box%s", boxes, boxes == 1 ? "" : "es");
	else
		text_add(&facts, "no box");
	add_row(d, 0, (const char *[]){ text_str(&name), "host", text_str(&facts) },
		NULL);
	for (size_t i = 0; i < t->count; i++)
		draw_branch(d, &t->v[i]);
	for (size_t i = 0; i < t->others.count; i++)
		draw_box(d, 0, &t->others.v[i]);
}

static int draw(const struct tree *t, struct text *out, struct err *e)
{
	static const struct table_column columns[COLUMNS] = {
		[NAME] = { .name = "NAME" },
		[STATUS] = { .name = "STATUS" },
		[FACTS] = { .name = "FACTS", .wrap = true },
	};
	size_t rows = 1 + t->count + t->others.count;
	struct table tb = { .columns = columns, .column_count = COLUMNS };
	struct drawing d = { 0 };
	int r;

	for (size_t i = 0; i < t->count; i++)
		rows += t->v[i].members.count;
	d.cells = calloc(rows * COLUMNS, sizeof(*d.cells));
	d.colours = calloc(rows * COLUMNS, sizeof(*d.colours));
	d.parents = calloc(rows, sizeof(*d.parents));
	if (d.cells && d.colours && d.parents) {
		draw_all(t, &d);
		tb.cells = (const char *const *)d.cells;
		tb.colours = screen_has_colours() ? d.colours : NULL;
		tb.parents = d.parents;
		tb.row_count = d.count;
		r = table_print(&tb, out, e);
	} else {
		r = err_set(e, "out of memory");
	}
	for (size_t i = 0; i < d.count * COLUMNS; i++)
		free(d.cells[i]);
	free(d.cells);
	free(d.colours);
	free(d.parents);
	return r;
}

/* --- for programs ------------------------------------------------------------------ */

static void json_text(struct text *out, const char *key, const char *s)
{
	text_addf(out, ",\"%s\":", key);
	text_json(out, s && *s ? s : NULL);
}

static void layer_json(const char *layer, struct text *out)
{
	if (out->len)
		text_addc(out, ',');
	text_json(out, layer);
}

static void json_living(const struct living *box, struct text *out)
{
	const struct plan *pl = box->plan;
	auto_text layers = { 0 }, limits = { 0 };
	pid_t init = processes_init(&box->rec);

	json_text(out, "status", living_status_name(box));
	json_text(out, "profile", plan_text(pl, pl->profile));
	text_add(out, ",\"init\":");
	json_number(out, init ? (uint64_t)init : UINT64_MAX);
	if (!pl->profile)
		return;
	json_text(out, "network", nets_mode(pl));
	json_text(out, "network_name", plan_text(pl, pl->net.network));
	json_text(out, "join", plan_text(pl, pl->net.join));
	each_layer(pl, layer_json, &layers);
	for (int i = 0; i < LIMIT_COUNT; i++) {
		if (!has_limit(&box->rec, i))
			continue;
		text_add(&limits, limits.len ? "," : "");
		json_limit(box, i, &limits);
	}
	text_addf(out, ",\"layers\":[%s],\"limits\":{%s}", text_str(&layers),
		  text_str(&limits));
}

static void json_boxes(const struct members *m, struct text *out)
{
	text_add(out, ",\"boxes\":[");
	for (size_t i = 0; i < m->count; i++) {
		const struct member *one = &m->v[i];
		auto_text publishes = { 0 };
		char s[NET_TEXT_SIZE];

		text_add(out, i ? ",{\"id\":" : "{\"id\":");
		text_json(out, one->box ? one->box->rec.id : one->lease.box);
		json_text(out, "name", one->box ? one->box->rec.name : NULL);
		json_text(out, "address", net_prefix_text(&one->lease.v4, s));
		json_text(out, "address6", net_prefix_text(&one->lease.v6, s));
		member_publishes(one, &publishes);
		json_text(out, "publish", text_str(&publishes));
		if (one->box)
			json_living(one->box, out);
		text_addc(out, '}');
	}
	text_addc(out, ']');
}

static void json_all(const struct tree *t, struct text *out)
{
	text_add(out, "{\"schema\":1");
	json_text(out, "name", t->host.nodename);
	json_text(out, "kernel", t->host.release);
	text_add(out, ",\"networks\":[");
	for (size_t i = 0; i < t->count; i++) {
		text_add(out, i ? ",{" : "{");
		nets_json(&t->v[i].def, out);
		json_boxes(&t->v[i].members, out);
		text_addc(out, '}');
	}
	text_addc(out, ']');
	json_boxes(&t->others, out);
	text_add(out, "}\n");
}

int view_tree(bool json, struct text *out, struct err *e)
{
	struct tree t = { 0 };
	int r = gather(&t, e);

	if (!r && json)
		json_all(&t, out);
	else if (!r)
		r = draw(&t, out, e);
	release(&t);
	return r || t.is_damaged ? -1 : 0;
}
