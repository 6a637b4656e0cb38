// SPDX-License-Identifier: GPL-3.0-or-later
/* detect.c - `nook detect`: what this machine runs on, what this process runs in, and by
 * which clues */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/table.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/pager.h"
#include "host/detect.h"

#define PROBE_MS 3000

static const char *const layers[] = { "machine", "container", "cloud" };

/**
 * struct report - What is printed, besides what was found
 * @kvm:	Of --probe-kvm, or "not tried"
 */
struct report {
	const struct detect *d;
	enum detect_truth works;
	struct text kvm;
	bool probed, all;
};

/* @lines, each behind an indent */
static void add_lines(struct text *out, const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");
		auto_text line = { 0 };

		text_addn(&line, lines, n);
		text_add(out, "             ");
		text_safe(out, text_str(&line));
		text_addc(out, '\n');
		lines += n + (lines[n] == '\n');
	}
}

static void add_verdicts(struct text *out, const struct detect *d)
{
	for (size_t i = 0; i < DETECT_LAYERS; i++) {
		const struct detect_verdict *v = &d->verdicts[i];

		text_addf(out, "%-12s %s", layers[i], v->text);
		if (v->strength)
			text_addf(out, " (%s)", detect_strength_name(v->strength));
		text_addc(out, '\n');
		add_lines(out, text_str(&v->why));
	}
}

/* A cell of a table, safe for a screen; "-" for nothing */
static void put(char **cell, const char *s)
{
	struct text t = { 0 };

	text_safe(&t, s && *s ? s : "-");
	*cell = text_take(&t);
}

/* Rows are made by @fill, which says no to one that is left out */
struct rows {
	const struct table_column *columns;
	size_t column_count, most;
	bool (*fill)(const struct report *r, size_t i, char **cells);
};

static int add_table(struct text *out, const struct report *r, const struct rows *rows,
		     struct err *e)
{
	size_t n = 0, cells = rows->most * rows->column_count;
	auto_free char **cell = calloc(cells + 1, sizeof(*cell));
	struct table t = { .columns = rows->columns,
			   .column_count = rows->column_count,
			   .cells = (const char *const *)cell,
			   .headings = true };
	int res = 0;

	if (!cell)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < rows->most; i++)
		n += rows->fill(r, i, cell + n * rows->column_count);
	t.row_count = n;
	if (n) {
		text_addc(out, '\n');
		res = table_print(&t, out, e);
	}
	for (size_t i = 0; i < cells; i++)
		free(cell[i]);
	return res;
}

static bool clue_row(const struct report *r, size_t i, char **cells)
{
	const struct detect_clue *c = &r->d->clues[i];

	if (!c->strength && !r->all)
		return false;
	put(&cells[0], c->name);
	put(&cells[1], c->reading);
	put(&cells[2], c->says);
	put(&cells[3], detect_strength_name(c->strength));
	put(&cells[4], c->source);
	return true;
}

static bool device_row(const struct report *r, size_t i, char **cells)
{
	const struct detect_device *v = &r->d->devices[i];

	if (!v->device)
		return false;
	put(&cells[0], v->bus);
	put(&cells[1], v->device);
	put(&cells[2], v->id);
	put(&cells[3], v->what);
	put(&cells[4], v->driver);
	return true;
}

/* Drivers that are registered and have no device */
static void add_idle(struct text *out, const struct detect *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->device_count; i++) {
		if (d->devices[i].device)
			continue;
		text_add(out, n++ ? ", "
				  : "\nregistered without a device, so they say "
				    "nothing: ");
		text_safe(out, d->devices[i].driver);
	}
	if (n)
		text_addc(out, '\n');
}

/* Whether guests can have guests here, as far as flags tell */
static const char *nesting(const struct detect *d)
{
	bool can = d->vmx == DETECT_YES || d->svm == DETECT_YES;
	enum detect_product below = d->verdicts[DETECT_MACHINE].product;

	/* The bit can be hidden, and then another clue tells */
	if (d->hypervisor == DETECT_YES || (below && below != PRODUCT_METAL))
		return can ? "possible: a virtual machine that is shown vmx or svm "
			     "(emulated, where it is QEMU's)"
			   : "no vmx or svm is shown in here";
	if (d->hypervisor == DETECT_NO && can && d->nested)
		return d->nested == DETECT_YES ? "guests may have guests"
					       : "guests may have none";
	return "cannot tell";
}

static void add_cpu(struct text *out, const struct report *r)
{
	const struct detect *d = r->d;

	text_addf(out, "\nprocessor    vmx %s, svm %s, lm %s, hypervisor %s\n",
		  detect_truth_name(d->vmx), detect_truth_name(d->svm),
		  detect_truth_name(d->lm), detect_truth_name(d->hypervisor));
	text_addf(out, "nesting      %s\n", nesting(d));
	text_addf(out, "/dev/kvm     ");
	text_safe(out, text_str(&r->kvm));
	if (d->kvm_module)
		text_addf(out, " (%s)", d->kvm_module);
	text_addc(out, '\n');
}

static int write_text(const struct report *r, struct text *out, struct err *e)
{
	static const struct table_column clue_columns[] = { { .name = "CLUE" },
							    { .name = "READING" },
							    { .name = "SAYS" },
							    { .name = "STRENGTH" },
							    { .name = "SOURCE" } };
	static const struct table_column device_columns[] = { { .name = "BUS" },
							      { .name = "DEVICE" },
							      { .name = "ID" },
							      { .name = "WHAT" },
							      { .name = "DRIVER" } };
	const struct rows clues = { clue_columns, 5, r->d->clue_count, clue_row };
	const struct rows devices = { device_columns, 5, r->d->device_count, device_row };

	add_verdicts(out, r->d);
	if (add_table(out, r, &clues, e) || add_table(out, r, &devices, e))
		return -1;
	if (r->all)
		add_idle(out, r->d);
	add_cpu(out, r);
	return 0;
}

static void json_pair(struct text *out, const char *key, const char *value)
{
	text_addf(out, "\"%s\": ", key);
	text_json(out, value);
}

static void json_truth(struct text *out, const char *key, enum detect_truth t)
{
	text_addf(out, "\"%s\": %s", key,
		  t == DETECT_UNKNOWN ? "null"
		  : t == DETECT_YES   ? "true"
				      : "false");
}

static void json_verdict(struct text *out, size_t layer, const struct detect_verdict *v)
{
	const char *s = text_str(&v->why);

	text_addf(out, "\"%s\": {", layers[layer]);
	json_pair(out, "verdict", v->word);
	text_add(out, ", ");
	json_pair(out, "by", v->by ? detect_names(v->by)->word : NULL);
	text_add(out, ", ");
	json_pair(out, "text", v->text);
	text_add(out, ", ");
	json_pair(out, "strength",
		  v->strength ? detect_strength_name(v->strength) : NULL);
	text_add(out, ", \"why\": [");
	for (size_t n; *s; s += n + (s[n] == '\n')) {
		auto_text line = { 0 };

		n = strcspn(s, "\n");
		text_addn(&line, s, n);
		text_add(out, s == text_str(&v->why) ? "" : ", ");
		text_json(out, text_str(&line));
	}
	text_add(out, "]},\n");
}

static void json_clue(struct text *out, const struct detect_clue *c)
{
	json_pair(out, "layer", layers[c->layer]);
	text_add(out, ", ");
	json_pair(out, "clue", c->name);
	text_add(out, ", ");
	json_pair(out, "source", c->source);
	text_add(out, ", ");
	json_pair(out, "reading", c->reading);
	text_add(out, ", ");
	json_pair(out, "product", c->product ? detect_names(c->product)->word : NULL);
	text_add(out, ", ");
	json_pair(out, "says", *c->says ? c->says : NULL);
	text_add(out, ", ");
	json_pair(out, "strength",
		  c->strength ? detect_strength_name(c->strength) : NULL);
}

static void json_device(struct text *out, const struct detect_device *v)
{
	json_pair(out, "bus", v->bus);
	text_add(out, ", ");
	json_pair(out, "device", v->device);
	text_add(out, ", ");
	json_pair(out, "id", *v->id ? v->id : NULL);
	text_add(out, ", ");
	json_pair(out, "what", *v->what ? v->what : NULL);
	text_add(out, ", ");
	json_pair(out, "driver", v->driver);
}

static void json_cpu(struct text *out, const struct report *r)
{
	const struct detect *d = r->d;

	text_add(out, "\"cpu\": {");
	json_pair(out, "vendor", d->vendor);
	text_add(out, ", ");
	json_pair(out, "signature", d->signature);
	text_add(out, ", ");
	json_truth(out, "vmx", d->vmx);
	text_add(out, ", ");
	json_truth(out, "svm", d->svm);
	text_add(out, ", ");
	json_truth(out, "lm", d->lm);
	text_add(out, ", ");
	json_truth(out, "hypervisor", d->hypervisor);
	text_addf(out, "},\n\"kvm\": {\"device\": %s, ", d->has_kvm ? "true" : "false");
	json_pair(out, "module", d->kvm_module);
	text_add(out, ", ");
	json_truth(out, "nested", d->nested);
	text_add(out, ", ");
	json_truth(out, "works", r->works);
	text_add(out, ", ");
	json_pair(out, "found", text_str(&r->kvm));
	text_add(out, "},\n");
}

static void write_json(const struct report *r, struct text *out)
{
	const struct detect *d = r->d;

	text_add(out, "{\"schema\": 1,\n");
	for (size_t i = 0; i < DETECT_LAYERS; i++)
		json_verdict(out, i, &d->verdicts[i]);
	json_cpu(out, r);
	text_add(out, "\"devices\": [");
	for (size_t i = 0; i < d->device_count; i++) {
		text_add(out, i ? ",\n  {" : "\n  {");
		json_device(out, &d->devices[i]);
		text_addc(out, '}');
	}
	text_add(out, "],\n\"clues\": [");
	for (size_t i = 0; i < d->clue_count; i++) {
		text_add(out, i ? ",\n  {" : "\n  {");
		json_clue(out, &d->clues[i]);
		text_addc(out, '}');
	}
	text_add(out, "]}\n");
}

/* One value alone, of which the first line is the word for it. Return: 0, -1 and @e */
static int write_value(const struct detect *d, const char *name, struct text *out,
		       struct err *e)
{
	if (!detect_value(d, name, out)) {
		err_set(e, "no value is called '%s'", name);
		return err_hint(e, "machine, container, cloud, signature, flags, drivers "
				   "or virtio");
	}
	text_cut(out, strcspn(text_str(out), "\n"));
	text_addc(out, '\n');
	return 0;
}

/* Return: 0, -1 and @e */
static int write_file(const char *file, const struct text *t, struct err *e)
{
	auto_fd fd = open(file,
			  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK |
				  O_CLOEXEC | O_NOCTTY,
			  0600);

	if (fd < 0 || fd_write_all(fd, text_str(t), t->len) < 0)
		return err_sys(e, "cannot write '%s'", file);
	return 0;
}

/* Where it is wanted. Return: 0, -1 and @e */
static int put_out(const struct args *a, struct text *out, struct err *e)
{
	const char *file = cmd_option(a, "result");

	if (file && strcmp(file, "-") != 0)
		return write_file(file, out, e);
	return cmd_show(out, e);
}

static int run(const struct args *a, struct err *e)
{
	const char *root = cmd_option(a, "root"), *value = cmd_option(a, "value");
	struct report r = { .works = DETECT_UNKNOWN };
	bool probe = cmd_option(a, "probe-kvm") != NULL;
	struct detect *d;
	auto_text out = { 0 };
	int res = 0, tree = -1;

	if (a->word_count)
		return cmd_usage(a, e, "detect takes no words");
	if (value && cmd_option(a, "json"))
		return cmd_usage(a, e, "--value is no JSON, so --json is too much");
	if (root && probe)
		return cmd_usage(a, e,
				 "--probe-kvm is about this machine, --root is not");
	if (root)
		tree = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root && tree < 0)
		return err_sys(e, "cannot open '%s'", root);
	d = detect_new(tree, e);
	if (!d)
		return -1;
	r.d = d;
	r.all = cmd_option(a, "all") || a->verbose;
	if (probe)
		r.works = detect_probe_kvm(PROBE_MS, &r.kvm);
	else
		text_add(&r.kvm,
			 d->has_kvm ? "there, not tried; --probe-kvm does" : "absent");
	if (value)
		res = write_value(d, value, &out, e);
	else if (cmd_option(a, "json"))
		write_json(&r, &out);
	else
		res = write_text(&r, &out, e);
	res = res ? res : put_out(a, &out, e);
	text_release(&r.kvm);
	detect_free(d);
	return res;
}

static const struct opt options[] = {
	{ .name = "json", .help = "print one JSON object" },
	{ .name = "value",
	  .arg = "NAME",
	  .help = "print one value and nothing else: machine, container, cloud, "
		  "signature, flags, drivers or virtio" },
	{ .name = "result",
	  .arg = "FILE",
	  .complete = COMPLETE_FILE,
	  .help = "write it there; - is stdout" },
	{ .letter = 'v',
	  .name = "all",
	  .help = "also what was looked for and says nothing" },
	{ .name = "root",
	  .arg = "DIR",
	  .complete = COMPLETE_DIR,
	  .help = "look at the files below this directory, not at this machine" },
	{ .name = "probe-kvm",
	  .help = "try /dev/kvm with a guest of three instructions" },
	{ 0 },
};

const struct cmd cmd_detect = {
	.name = "detect",
	.summary = "say what this machine runs on and what this process runs in",
	.usage = "[OPTION...]",
	.help = "Looks for clues of a hypervisor, a container and a cloud, says how "
		"strong "
		"each is, and gives a verdict for each of the three. One weak clue, such "
		"as "
		"a file that another system left, is never enough; where clues are too "
		"few "
		"or contradict each other the verdict is that nobody can "
		"tell.\n\nstrong: "
		"the hypervisor or the kernel itself says so. medium: firmware, devices, "
		"clocks, mounts, which somebody configured. weak: files, names and "
		"addresses that anybody can make.\n\nDevices are those that hypervisors "
		"offer their guests, with the driver that is bound to each. --probe-kvm "
		"makes a virtual machine for a moment; a kernel that hangs in it is "
		"given "
		"up after three seconds.\n\nWith --root all is read from files, CPUID "
		"from "
		"/cpuid there, as 'cpuid -1 -r' prints it.",
	.options = options,
	FULL_ONLY(run),
};
