// SPDX-License-Identifier: GPL-3.0-or-later
/* detect_value.c - one value of a detection by its name, for questions and labs */
#include <string.h>

#include "base/cleanup.h"
#include "host/detect_inner.h"

/* Other names that people know, from other tools */
static const struct also {
	enum detect_product product;
	const char *name;
} also[] = {
	{ PRODUCT_METAL, "metal" },	 { PRODUCT_HYPERV, "hyperv" },
	{ PRODUCT_HYPERV, "microsoft" }, { PRODUCT_VIRTUALBOX, "oracle" },
	{ PRODUCT_QEMU, "tcg" },	 { PRODUCT_NSPAWN, "nspawn" },
	{ PRODUCT_EC2, "aws" },		 { PRODUCT_EC2, "amazon" },
	{ PRODUCT_GCE, "google" },
};

static void add_verdict(const struct detect *d, enum detect_layer layer, struct text *out)
{
	const struct detect_verdict *v = &d->verdicts[layer];

	text_add(out, v->word);
	if (v->product)
		text_addf(out, "\n%s", detect_names(v->product)->title);
	for (size_t i = 0; i < ARRAY_SIZE(also); i++)
		if (also[i].product == v->product)
			text_addf(out, "\n%s", also[i].name);
}

static void add_machine(const struct detect *d, struct text *out)
{
	add_verdict(d, DETECT_MACHINE, out);
}

static void add_container(const struct detect *d, struct text *out)
{
	add_verdict(d, DETECT_CONTAINER, out);
}

static void add_cloud(const struct detect *d, struct text *out)
{
	add_verdict(d, DETECT_CLOUD, out);
}

static void add_signature(const struct detect *d, struct text *out)
{
	text_add(out, d->signature ? d->signature : "none");
}

static void add_word(struct text *out, const char *word)
{
	text_addf(out, "%s%s", out->len ? " " : "", word);
}

static void add_flags(const struct detect *d, struct text *out)
{
	const struct {
		enum detect_truth is;
		const char *name;
	} flags[] = { { d->vmx, "vmx" },
		      { d->svm, "svm" },
		      { d->lm, "lm" },
		      { d->hypervisor, "hypervisor" } };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].is == DETECT_YES)
			add_word(out, flags[i].name);
	if (!out->len)
		text_add(out, "none");
}

static bool was_before(const struct detect *d, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (d->devices[j].device && d->devices[j].driver &&
		    !strcmp(d->devices[j].driver, d->devices[i].driver))
			return true;
	return false;
}

static void add_drivers(const struct detect *d, struct text *out)
{
	for (size_t i = 0; i < d->device_count; i++)
		if (d->devices[i].device && d->devices[i].driver && !was_before(d, i))
			add_word(out, d->devices[i].driver);
	if (!out->len)
		text_add(out, "none");
}

static void add_virtio(const struct detect *d, struct text *out)
{
	text_addf(out, "%zu", detect_bound(d, "virtio"));
}

static const struct value {
	const char *name;
	void (*add)(const struct detect *d, struct text *out);
} values[] = {
	{ "machine", add_machine }, { "container", add_container },
	{ "cloud", add_cloud },	    { "signature", add_signature },
	{ "flags", add_flags },	    { "drivers", add_drivers },
	{ "virtio", add_virtio },
};

const char *detect_value_name(size_t i)
{
	return i < ARRAY_SIZE(values) ? values[i].name : NULL;
}

bool detect_value(const struct detect *d, const char *name, struct text *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (strcmp(values[i].name, name))
			continue;
		values[i].add(d, out);
		return true;
	}
	return false;
}
