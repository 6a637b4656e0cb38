// SPDX-License-Identifier: GPL-3.0-or-later
/* detect_verdict.c - what the clues of a layer come to (detect.h has the rules)
 *
 * Order: points for each product; which are candidates; who of two candidates is only the
 * face of the other; who is left.
 */
#include <string.h>

#include "base/cleanup.h"
#include "host/detect_inner.h"

/* A layer is established where clues of several hands, or a strong one, say that there is
 * some machine or container of the kind, whichever it is */
#define ESTABLISHED 4
#define ALONE	    3 /* points of a candidate by itself */
#define SUPPORTED   2 /* of one in an established layer */

/** struct face - @shown is only what @real shows, or what is around it. PRODUCT_NONE as
 * @shown: any other. @by: @shown is a part of the verdict, the program around @real */
struct face {
	enum detect_product shown, real;
	bool by;
	const char *why;
};

static const struct face faces[] = {
	{ PRODUCT_QEMU, PRODUCT_KVM, true, "QEMU is the program around KVM" },
	{ PRODUCT_FIRECRACKER, PRODUCT_KVM, true,
	  "Firecracker is the program around KVM" },
	{ PRODUCT_XEN, PRODUCT_DOM0, false,
	  "of Xen's domains this is the one in control" },
	{ PRODUCT_QEMU, PRODUCT_XEN, false, "Xen has QEMU for the devices of a guest" },
	{ PRODUCT_KVM, PRODUCT_VIRTUALBOX, false,
	  "VirtualBox shows KVM's interface to guests that know it" },
	{ PRODUCT_HYPERV, PRODUCT_VIRTUALBOX, false,
	  "VirtualBox shows Hyper-V's interface to guests that know it" },
	{ PRODUCT_HYPERV, PRODUCT_KVM, false,
	  "KVM shows Hyper-V's interface to guests that know only that" },
	{ PRODUCT_HYPERV, PRODUCT_XEN, false,
	  "Xen shows Hyper-V's interface to guests that know only that" },
	{ PRODUCT_HYPERV, PRODUCT_QEMU, false,
	  "QEMU shows Hyper-V's interface to guests that know only that" },
	{ PRODUCT_NONE, PRODUCT_UML, false,
	  "a kernel that is a process shows some of what is below its host" },
	{ PRODUCT_NONE, PRODUCT_NOOK, false, "nook's box is the innermost" },
	{ PRODUCT_DOCKER, PRODUCT_KUBERNETES, false, "Kubernetes has it started" },
	{ PRODUCT_WSL, PRODUCT_DOCKER, false, "it runs inside WSL" },
	{ PRODUCT_WSL, PRODUCT_PODMAN, false, "it runs inside WSL" },
	{ PRODUCT_WSL, PRODUCT_LXC, false, "it runs inside WSL" },
	{ PRODUCT_WSL, PRODUCT_NSPAWN, false, "it runs inside WSL" },
};

/** struct scale - Points and candidates of one layer
 * @all:	Points for the layer as a whole, each kind once */
struct scale {
	unsigned int points[PRODUCT_COUNT], all;
	bool candidate[PRODUCT_COUNT];
};

/* What stands against there being any machine or container of the kind, or names none */
static bool is_some(enum detect_product p)
{
	return p == PRODUCT_VM || p == PRODUCT_CONTAINER;
}

static bool is_against(enum detect_product p)
{
	return p == PRODUCT_METAL || p == PRODUCT_HOST;
}

static void weigh(const struct detect *d, enum detect_layer layer, struct scale *s)
{
	static const unsigned char points[] = { 0, 1, 2, 4 };
	unsigned char best[PRODUCT_COUNT][KIND_COUNT] = { { 0 } };
	unsigned char any[KIND_COUNT] = { 0 };

	for (size_t i = 0; i < d->clue_count; i++) {
		const struct detect_clue *c = &d->clues[i];
		unsigned char n = points[c->strength];

		if (c->layer != layer || !c->product)
			continue;
		if (n > best[c->product][c->kind])
			best[c->product][c->kind] = n;
		if (!is_against(c->product) && n > any[c->kind])
			any[c->kind] = n;
	}
	for (size_t k = 0; k < KIND_COUNT; k++) {
		s->all += any[k];
		for (size_t p = 0; p < PRODUCT_COUNT; p++)
			s->points[p] += best[p][k];
	}
}

static void choose(struct scale *s, enum detect_layer layer)
{
	/* A cloud says what it is, in one place, and nothing else is at hand */
	unsigned int least =
		s->all >= ESTABLISHED || layer == DETECT_CLOUD ? SUPPORTED : ALONE;

	for (enum detect_product p = PRODUCT_NONE + 1; p < PRODUCT_COUNT; p++)
		s->candidate[p] = detect_names(p)->layer == layer && !is_some(p) &&
				  !is_against(p) && s->points[p] >= least;
}

static void add_why(struct text *why, const char *line)
{
	text_addf(why, "%s\n", line);
}

static void drop_faces(struct scale *s, enum detect_layer layer, struct detect_verdict *v,
		       struct text *notes)
{
	for (size_t i = 0; i < ARRAY_SIZE(faces); i++) {
		const struct face *f = &faces[i];
		bool dropped = false;

		if (!s->candidate[f->real] || detect_names(f->real)->layer != layer)
			continue;
		for (enum detect_product p = PRODUCT_NONE + 1; p < PRODUCT_COUNT; p++) {
			if (!s->candidate[p] || p == f->real ||
			    (f->shown && p != f->shown))
				continue;
			s->candidate[p] = false;
			dropped = true;
			v->by = f->by ? p : v->by;
		}
		if (dropped)
			add_why(notes, f->why);
	}
}

/* The candidate with the most points. Return: PRODUCT_NONE where two have as many, which
 * is then said in @notes, or where there is none */
static enum detect_product winner(const struct scale *s, struct text *notes)
{
	enum detect_product best = PRODUCT_NONE, second = PRODUCT_NONE;

	for (enum detect_product p = PRODUCT_NONE + 1; p < PRODUCT_COUNT; p++) {
		if (!s->candidate[p])
			continue;
		if (!best || s->points[p] > s->points[best]) {
			second = PRODUCT_NONE;
			best = p;
		} else if (s->points[p] == s->points[best]) {
			second = p;
		}
	}
	if (!second)
		return best;
	text_addf(notes, "as much speaks for %s as for %s\n", detect_names(best)->title,
		  detect_names(second)->title);
	return PRODUCT_NONE;
}

/* Whether a clue is a reason of the verdict: it speaks for its product or for there being
 * some. Where nobody can tell whose it is, all that speak for any are */
static bool is_reason(const struct detect_verdict *v, const struct detect_clue *c)
{
	if (v->product == PRODUCT_NONE || is_some(v->product))
		return true;
	return c->product == v->product || c->product == v->by ||
	       (is_some(c->product) && !is_against(v->product));
}

/* The names of the reasons, strong ones first, each once; and how strong the strongest
 * clue for the product is */
static void explain(const struct detect *d, enum detect_layer layer,
		    struct detect_verdict *v)
{
	const char *last = "";
	size_t n = 0;

	for (int s = DETECT_STRONG; s > DETECT_SILENT; s--) {
		for (size_t i = 0; i < d->clue_count; i++) {
			const struct detect_clue *c = &d->clues[i];

			if (c->layer != layer || (int)c->strength != s || !c->product ||
			    !is_reason(v, c))
				continue;
			if (c->product == v->product && c->strength > v->strength)
				v->strength = c->strength;
			if (strcmp(c->name, last))
				text_addf(&v->why, "%s%s",
					  n++ ? ", " : "because of: ", c->name);
			last = c->name;
		}
	}
	if (n)
		text_addc(&v->why, '\n');
}

/* What speaks against, so that nobody wonders: a left-over file, a lone product name */
static void add_others(const struct detect *d, enum detect_layer layer,
		       const struct scale *s, struct detect_verdict *v)
{
	bool any = v->product == PRODUCT_NONE || is_some(v->product);

	for (size_t i = 0; !any && i < d->clue_count; i++) {
		const struct detect_clue *c = &d->clues[i];

		if (c->layer != layer || c->strength != DETECT_WEAK ||
		    s->points[c->product] > 1 || c->product == v->product)
			continue;
		text_addf(&v->why, "not enough: weak, %s %s (%s)\n", c->name, c->source,
			  c->says);
	}
}

static void word_it(struct detect *d, enum detect_layer layer, struct detect_verdict *v)
{
	const struct detect_name *n = detect_names(v->product);

	v->word = n->word;
	v->text = n->title;
	if (v->by)
		v->text = detect_keepf(d, "%s, by %s", n->title,
				       detect_names(v->by)->title);
	if (v->product == PRODUCT_VM)
		v->text = "some virtual machine; whose: cannot tell";
	else if (v->product == PRODUCT_CONTAINER)
		v->text = "some container or box; whose: cannot tell";
	else if (v->product)
		return;
	else if (layer == DETECT_CLOUD) {
		v->word = "none";
		v->text = "none seen";
	} else {
		v->text = "cannot tell";
	}
}

static void judge(struct detect *d, enum detect_layer layer)
{
	static const enum detect_product some[] = { PRODUCT_VM, PRODUCT_CONTAINER,
						    PRODUCT_NONE };
	static const enum detect_product against[] = { PRODUCT_METAL, PRODUCT_HOST,
						       PRODUCT_NONE };
	/* That all namespaces are the first ones outweighs files and texts; a bare
	 * machine shows no virtual device */
	static const unsigned int bearable[] = { SUPPORTED, ESTABLISHED, 0 };
	struct detect_verdict *v = &d->verdicts[layer];
	unsigned int negative;
	struct scale s = { .all = 0 };
	auto_text notes = { 0 };

	weigh(d, layer, &s);
	negative = against[layer] ? s.points[against[layer]] : 0;
	choose(&s, layer);
	drop_faces(&s, layer, v, &notes);
	if (negative >= ESTABLISHED && s.all < bearable[layer])
		v->product = against[layer];
	else if (negative >= ESTABLISHED)
		add_why(&notes, "the clues contradict each other");
	else
		v->product = winner(&s, &notes);
	if (!v->product && negative < ESTABLISHED && s.all >= ALONE)
		v->product = some[layer];
	explain(d, layer, v);
	text_add(&v->why, text_str(&notes));
	add_others(d, layer, &s, v);
	word_it(d, layer, v);
	d->failed |= v->why.failed || notes.failed;
}

void detect_verdicts(struct detect *d)
{
	for (enum detect_layer l = DETECT_MACHINE; l < DETECT_LAYERS; l++)
		judge(d, l);
}
