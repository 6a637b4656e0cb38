// SPDX-License-Identifier: GPL-3.0-or-later
/* net_reach.c - `nook net matrix`, and whether one box reaches one port */
#include "cmd/net_reach.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parse.h"
#include "cmd/cmd.h"
#include "cmd/listing.h"

#define MATRIX_PORT 9 /* discard: where nothing listens the answer is a refusal */

/* Whether the machine was reached: also one where nothing listens */
static bool reach_is_there(const struct reach *r)
{
	return !r->why || r->why == ECONNREFUSED;
}

/* --- what the box's own rules say --------------------------------------------------- */

static bool is_allowed(const struct plan *pl, const struct reach *r)
{
	if (!pl->net.allow.count)
		return true;
	for (const struct plan_allow *a = NULL; (a = plan_each(pl, &pl->net.allow, a));) {
		struct net_prefix to;

		/* What is no address here was looked up since, and may be this one */
		if (net_prefix_read(plan_text(pl, a->to), &to) ||
		    (net_prefix_overlap(&to, &r->to) && (!a->port || a->port == r->port)))
			return true;
	}
	return false;
}

/* They refuse by a reset, which looks like a machine where nothing listens: EPERM here */
static int try_as(const struct living *box, struct reach *v, size_t count, struct err *e)
{
	if (reach_from(&box->rec, v, count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (v[i].why && !is_allowed(box->plan, &v[i]))
			v[i].why = EPERM;
	return 0;
}

/* --- why not ----------------------------------------------------------------------- */

struct whose {
	const struct net_prefix *address;
	struct net_def def;
	bool is_gateway;
};

static int holds_address(const struct net_def *d, void *arg)
{
	struct whose *w = arg;

	if (!net_prefix_overlap(&d->v4, w->address) &&
	    !net_prefix_overlap(&d->v6, w->address))
		return 0;
	w->def = *d;
	w->is_gateway = net_prefix_same(&d->gateway4, w->address) ||
			net_prefix_same(&d->gateway6, w->address);
	return 1;
}

/* What nook's own rules say to it. Return: whether they say anything */
static bool why_by_rules(const struct net_def *from, const struct whose *to, bool is_ours,
			 struct text *out)
{
	bool is_v4 = to->address->family == AF_INET;

	if (to->is_gateway)
		text_add(out, "that is the router, where nothing is for boxes");
	else if (is_ours && strcmp(to->def.name, from->name))
		text_addf(out,
			  "it is on network '%s', and networks do not reach each other",
			  to->def.name);
	else if (is_ours && from->isolated)
		text_addf(out, "network '%s' is isolated", from->name);
	else if (net_is_cloud(to->address))
		text_add(out,
			 "clouds keep the secrets of machines there: no box reaches it");
	else if (!is_ours && (is_v4 ? !from->v4.family : !from->v6.family))
		text_addf(out, "network '%s' has no %s", from->name,
			  is_v4 ? "IPv4" : "IPv6");
	else if (!is_ours && !from->nat)
		text_addf(out, "network '%s' has no NAT: its boxes reach only each other",
			  from->name);
	else
		return false;
	return true;
}

/* Why there is no connection, in words; @from: the network that the box is on, NULL = on
 * none */
static void reach_why(const struct nets *n, const struct net_def *from,
		      const struct reach *r, struct text *out)
{
	struct whose to = { .address = &r->to };
	struct err e;
	bool is_ours = net_def_each(n->places.state, holds_address, &to, &e) > 0;

	if (r->why == ECONNREFUSED)
		text_add(out, "it is reached, and nothing listens at that port");
	else if (r->why == EPERM)
		text_add(out, "its profile does not allow it (network.allow)");
	else if (from && why_by_rules(from, &to, is_ours, out))
		return;
	else if (is_ours)
		text_addf(out,
			  "%s: no box has that address, it lets nobody in, or what "
			  "'nook net check' finds",
			  strerror(r->why));
	else if (r->why == ETIMEDOUT)
		text_add(out,
			 "no answer: there is no such machine, or a firewall drops it; "
			 "see 'nook net check'");
	else
		text_addf(out, "%s, says the router or a machine behind it",
			  strerror(r->why));
}

/* --- one port ---------------------------------------------------------------------- */

/* "HOST:PORT", "[ADDRESS]:PORT" */
static int split_target(const char *target, char *host, size_t size, uint16_t *port,
			struct err *e)
{
	const char *colon = strrchr(target, ':');
	bool brackets = *target == '[' && colon && colon > target && colon[-1] == ']';
	size_t len = colon ? (size_t)(colon - target) - 2 * brackets : 0;

	if (!colon || !len || len >= size || parse_port(colon + 1, port, NULL)) {
		err_set(e, "'%s': expected HOST:PORT or [ADDRESS]:PORT", target);
		return -2;
	}
	memcpy(host, target + brackets, len);
	host[len] = '\0';
	return 0;
}

/** struct search - A box by its name, and its address */
struct search {
	const struct nets *n;
	const char *name;
	struct net_prefix *out;
};

/* Return: whether it is on that network */
static int find_box(const struct net_def *d, void *arg)
{
	const struct search *s = arg;
	struct members m = { 0 };
	struct err e;
	bool found = false;

	if (!nets_members(s->n, d, &m, &e))
		for (size_t i = 0; i < m.count && !found; i++) {
			const struct net_lease *l = &m.v[i].lease;

			found = !strcmp(l->name, s->name) || !strcmp(l->box, s->name);
			if (found)
				*s->out = l->v4.family ? l->v4 : l->v6;
		}
	members_release(&m);
	return found;
}

static int look_up(const char *host, struct net_prefix *out, struct err *e)
{
	const struct addrinfo want = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	int r = getaddrinfo(host, NULL, &want, &list);
	char s[NI_MAXHOST];

	if (r)
		return err_set(e, "cannot look up '%s': %s", host, gai_strerror(r));
	r = getnameinfo(list->ai_addr, list->ai_addrlen, s, sizeof(s), NULL, 0,
			NI_NUMERICHOST);
	freeaddrinfo(list);
	return r || net_prefix_read(s, out) ? err_set(e, "cannot look up '%s'", host) : 0;
}

/* What @name is to a box on @d, NULL = on none: one beside it, an address, what the names
 * of this machine say, or else a box on another network, to say that it is there */
static int find_target(const struct nets *n, const struct net_def *d, const char *name,
		       struct net_prefix *out, struct err *e)
{
	struct search s = { n, name, out };
	struct err ignored;

	if ((d && find_box(d, &s)) || !net_prefix_read(name, out) ||
	    !look_up(name, out, e))
		return 0;
	return d && net_def_each(n->places.state, find_box, &s, &ignored) > 0 ? 0 : -1;
}

int reach_check(struct nets *n, const char *target, const char *box, struct err *e)
{
	auto_free struct plan *plan = NULL;
	struct net_def def, *from = NULL;
	struct reach r = { 0 };
	auto_text out = { 0 };
	char host[256], s[NET_TEXT_SIZE];
	struct record rec;

	if (split_target(target, host, sizeof(host), &r.port, e) < 0)
		return -2;
	plan = store_pick(box, &rec, e);
	if (!plan)
		return -1;
	if (nets_is_on(plan, NULL)) {
		if (net_def_read(n->places.state, plan_text(plan, plan->net.network),
				 &def, e) < 0)
			return -1;
		from = &def;
	}
	if (find_target(n, from, host, &r.to, e) < 0)
		return -1;
	if (try_as(&(struct living){ .rec = rec, .plan = plan }, &r, 1, e) < 0)
		return -1;
	text_addf(&out, "%s %s ", rec.name[0] ? rec.name : rec.id,
		  r.why ? "does not reach" : "reaches");
	text_safe(&out, target);
	if (strcmp(host, net_prefix_text(&r.to, s)))
		text_addf(&out, " (%s)", s);
	if (r.why) {
		text_add(&out, ": ");
		reach_why(n, from, &r, &out);
	}
	text_addc(&out, '\n');
	return cmd_print(&out, e) < 0 ? -1 : r.why != 0;
}

/* --- net matrix -------------------------------------------------------------------- */

/** struct place - A box that tries and is tried */
struct place {
	const struct living *box;
	struct net_def def;
	struct net_lease lease;
	struct reach *tries; /* one for each place; that of itself is not used */
};

struct matrix {
	const struct nets *n;
	struct place *v;
	size_t count;
};

static int add_places(const struct net_def *d, void *arg)
{
	struct matrix *x = arg;
	struct members m;
	struct err e;

	if (nets_members(x->n, d, &m, &e) < 0)
		return 0;
	for (size_t i = 0; i < m.count; i++) {
		struct place *more;

		if (!m.v[i].box)
			continue;
		more = realloc(x->v, (x->count + 1) * sizeof(*more));
		if (!more)
			break;
		x->v = more;
		x->v[x->count++] = (struct place){ .box = m.v[i].box,
						   .def = *d,
						   .lease = m.v[i].lease };
	}
	members_release(&m);
	return 0;
}

static const char *place_name(const struct place *p)
{
	return p->box->rec.name[0] ? p->box->rec.name : p->box->rec.id;
}

/* What both speak, IPv4 first; where that is nothing, what the other one has */
static const struct net_prefix *address_for(const struct place *from,
					    const struct place *to)
{
	bool is_v4 =
		to->lease.v4.family && (from->lease.v4.family || !to->lease.v6.family);

	return is_v4 ? &to->lease.v4 : &to->lease.v6;
}

/* All from one box at once; not itself, which it always reaches */
static int try_from(struct matrix *x, struct place *from, struct err *e)
{
	from->tries = calloc(x->count + 1, sizeof(*from->tries));
	if (!from->tries)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < x->count; i++)
		from->tries[i] = (struct reach){ .to = *address_for(from, &x->v[i]),
						 .port = MATRIX_PORT };
	return try_as(from->box, from->tries, x->count, e);
}

static void add_reasons(const struct matrix *x, struct text *out)
{
	for (size_t i = 0; i < x->count; i++)
		for (size_t j = 0; j < x->count; j++) {
			const struct reach *r = &x->v[i].tries[j];

			if (i == j || reach_is_there(r))
				continue;
			text_addf(out, "%s to %s: ", place_name(&x->v[i]),
				  place_name(&x->v[j]));
			reach_why(x->n, &x->v[i].def, r, out);
			text_addc(out, '\n');
		}
}

static int add_table(const struct matrix *x, struct text *out, struct err *e)
{
	size_t width = x->count + 1;
	auto_free struct table_column *columns = calloc(width, sizeof(*columns));
	auto_free const char **cells = calloc(width * width, sizeof(*cells));
	struct table t = { .columns = columns,
			   .column_count = width,
			   .cells = cells,
			   .row_count = x->count,
			   .headings = true };

	if (!columns || !cells)
		return err_set(e, "out of memory");
	columns[0].name = "FROM";
	for (size_t i = 0; i < x->count; i++) {
		columns[i + 1].name = cells[i * width] = place_name(&x->v[i]);
		for (size_t j = 0; j < x->count; j++)
			cells[i * width + j + 1] = i == j ? "-"
						   : reach_is_there(&x->v[i].tries[j])
							   ? "yes"
							   : "no";
	}
	return table_print(&t, out, e);
}

static void add_json(const struct matrix *x, struct text *out)
{
	bool is_first = true;

	text_add(out, "{\"schema\":1,\"pairs\":[");
	for (size_t k = 0; k < x->count * x->count; k++) {
		const struct place *from = &x->v[k / x->count];
		const struct reach *r = &from->tries[k % x->count];
		auto_text why = { 0 };

		if (k / x->count == k % x->count)
			continue;
		text_add(out, is_first ? "{\"from\":" : ",{\"from\":");
		is_first = false;
		text_json(out, place_name(from));
		text_add(out, ",\"to\":");
		text_json(out, place_name(&x->v[k % x->count]));
		if (!reach_is_there(r))
			reach_why(x->n, &from->def, r, &why);
		text_addf(out, ",\"reached\":%s,\"why\":", why.len ? "false" : "true");
		text_json(out, why.len ? text_str(&why) : NULL);
		text_addc(out, '}');
	}
	text_add(out, "]}\n");
}

static int print_matrix(const struct matrix *x, bool is_json, struct err *e)
{
	auto_text out = { 0 }, reasons = { 0 };

	if (is_json) {
		add_json(x, &out);
		return cmd_print(&out, e);
	}
	if (!x->count)
		text_add(&out, "no boxes are on networks\n");
	else if (add_table(x, &out, e) < 0)
		return -1;
	add_reasons(x, &reasons);
	if (reasons.len)
		text_addf(&out, "\n%s", text_str(&reasons));
	return cmd_print(&out, e);
}

static int matrix_run(const struct args *a, struct err *e)
{
	struct matrix x = { 0 };
	struct net_def d;
	struct nets n;
	int r;

	r = nets_open(&n, false, e);
	x.n = &n;
	if (!r && !a->word_count)
		r = net_def_each(n.places.state, add_places, &x, e);
	for (size_t i = 0; !r && i < a->word_count; i++) {
		r = net_def_read(n.places.state, a->words[i], &d, e);
		if (!r)
			r = add_places(&d, &x);
	}
	for (size_t i = 0; !r && i < x.count; i++)
		r = try_from(&x, &x.v[i], e);
	if (!r)
		r = print_matrix(&x, cmd_option(a, "json"), e);
	for (size_t i = 0; i < x.count; i++)
		free(x.v[i].tries);
	free(x.v);
	nets_release(&n);
	return r;
}

static const struct opt matrix_options[] = {
	{ .name = "json", .help = "print JSON" },
	{ 0 },
};

const struct cmd cmd_net_matrix = {
	.name = "net matrix",
	.summary = "try which boxes reach which, and say why not",
	.usage = "[OPTION...] [NETWORK...]",
	.help = "From each box a connection to each other one is tried, at port 9 "
		"(discard) "
		"by TCP: an answer that nothing listens there shows the way too. Nothing "
		"runs in the boxes for it.",
	.options = matrix_options,
	.complete = COMPLETE_NETWORK,
	FULL_ONLY(matrix_run),
};
