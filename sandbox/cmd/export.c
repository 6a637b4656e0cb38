// SPDX-License-Identifier: GPL-3.0-or-later
/* export.c - `nook export`: the same box as a command line of another tool */
#include "cmd/export.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/sys.h"
#include "cmd/cmd.h"
#include "cmd/pager.h"
#include "host/host.h"
#include "layer/layer.h"
#include "layer/script.h"

#define FIRST_FD  3
#define FILTER_FD 9

static const struct opt export_options[] = {
	{ .name = "as",
	  .arg = "TOOL",
	  .complete = COMPLETE_WORDS,
	  .words = "unshare bwrap podman systemd-run",
	  .help = "the tool: unshare (a script), bwrap, podman or systemd-run" },
	SET_OPTION,
	{ 0 },
};

static const struct {
	const char *name;
	void (*write)(struct export *x); /* NULL: the script of explain */
} tools[] = {
	{ "unshare", NULL },
	{ "bwrap", export_bwrap },
	{ "podman", export_podman },
	{ "systemd-run", export_systemd },
};

/* --- what the tools' files use ---------------------------------------------------- */

void export_note(struct export *x, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	text_add(&x->notes, "#  - ");
	text_safe(&x->notes, line);
	text_addc(&x->notes, '\n');
}

void export_lack(struct export *x, enum lack kind, const char *path)
{
	text_addf(&x->lacks[kind], " %s", path);
}

void export_notes(struct export *x, const char *const text[LACK_COUNT])
{
	for (size_t i = 0; i < LACK_COUNT; i++) {
		if (!text[i] || !x->lacks[i].len)
			continue;
		text_addf(&x->notes, "#  - %s:", text[i]);
		text_safe(&x->notes, text_str(&x->lacks[i]));
		text_addc(&x->notes, '\n');
	}
}

void export_option(struct export *x, const char *option, ...)
{
	const char *word;
	va_list ap;

	text_addf(&x->words, " \\\n\t%s", option);
	va_start(ap, option);
	while ((word = va_arg(ap, const char *))) {
		text_addc(&x->words, ' ');
		text_shell(&x->words, word);
	}
	va_end(ap);
}

void export_optionf(struct export *x, const char *option, const char *fmt, ...)
{
	auto_free char *word = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&word, fmt, ap) < 0)
		word = NULL;
	va_end(ap);
	if (word)
		export_option(x, option, word, NULL);
	else
		x->words.failed = true;
}

void export_data(struct export *x, const char *content, char fd[12])
{
	int n = x->next_fd++;

	fd[0] = '\0';
	if (n >= FILTER_FD) /* dash(1) takes one digit, and one is for the filter */
		return;
	snprintf(fd, 12, "%d", n);
	if (!*content) {
		text_addf(&x->redirects, " %d</dev/null", n);
		return;
	}
	/* A line END of the content itself would end the document: its number is in the
	 * word */
	text_addf(&x->redirects, " %d<<'END-%d'", n, n);
	text_add(&x->files, content);
	if (content[strlen(content) - 1] != '\n')
		text_addc(&x->files, '\n');
	text_addf(&x->files, "END-%d\n", n);
}

/* RFC 4648, in lines of 76 */
static void add_base64(struct text *t, const unsigned char *p, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		unsigned int n = (unsigned int)p[i] << 16 |
				 (i + 1 < len ? (unsigned int)p[i + 1] << 8 : 0) |
				 (i + 2 < len ? p[i + 2] : 0);

		if (i && i % 57 == 0)
			text_addc(t, '\n');
		text_addc(t, digits[n >> 18 & 63]);
		text_addc(t, digits[n >> 12 & 63]);
		text_addc(t, i + 1 < len ? digits[n >> 6 & 63] : '=');
		text_addc(t, i + 2 < len ? digits[n & 63] : '=');
	}
	text_addc(t, '\n');
}

bool export_filter(struct export *x)
{
	const struct plan *pl = x->pl;
	const unsigned char *program = plan_at(pl, pl->seccomp.program);

	if (!program)
		return false;
	text_addf(&x->setup,
		  "# the filter of system calls '%s', as the kernel takes it\n"
		  "filter=$(mktemp)\nbase64 -d >\"$filter\" <<'FILTER'\n",
		  plan_text(pl, pl->seccomp.name));
	add_base64(&x->setup, program, (size_t)pl->seccomp.count * 8);
	text_addf(&x->setup, "FILTER\nexec %d<\"$filter\"\nrm \"$filter\"\n", FILTER_FD);
	return true;
}

void export_common(struct export *x)
{
	const struct plan *pl = x->pl;

	if (pl->limits.wall)
		text_addf(&x->before, "timeout --kill-after=%.3f %.3f ",
			  (double)pl->limits.grace / 1e9, (double)pl->limits.wall / 1e9);
	if (pl->rlimits.count)
		text_add(&x->before, "prlimit ");
	for (const struct plan_rlimit *r = NULL; (r = plan_each(pl, &pl->rlimits, r));) {
		text_addf(&x->before, "--%s=", name_of(resource_names, (int)r->resource));
		if (r->soft == UINT64_MAX)
			text_add(&x->before, "unlimited:");
		else
			text_addf(&x->before, "%llu:", (unsigned long long)r->soft);
		if (r->hard == UINT64_MAX)
			text_add(&x->before, "unlimited ");
		else
			text_addf(&x->before, "%llu ", (unsigned long long)r->hard);
	}
}

void export_attrs(struct text *t, uint64_t attr)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} words[] = {
		{ MOUNT_ATTR_RDONLY, "ro" },	   { MOUNT_ATTR_NOSUID, "nosuid" },
		{ MOUNT_ATTR_NODEV, "nodev" },	   { MOUNT_ATTR_NOEXEC, "noexec" },
		{ MOUNT_ATTR_NOATIME, "noatime" },
	};

	text_add(t, attr & MOUNT_ATTR_RDONLY ? "" : "rw");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (attr & words[i].bit)
			text_addf(t, "%s%s", i || !(attr & MOUNT_ATTR_RDONLY) ? "," : "",
				  words[i].name);
}

bool export_is_dev(const struct export *x, const struct plan_mount *m)
{
	static const char *const own[] = { "/dev",	  "/dev/null",	 "/dev/zero",
					   "/dev/full",	  "/dev/random", "/dev/urandom",
					   "/dev/tty",	  "/dev/pts",	 "/dev/ptmx",
					   "/dev/fd",	  "/dev/stdin",	 "/dev/stdout",
					   "/dev/stderr", "/dev/shm",	 "/dev/core",
					   "/dev/console" };
	const char *target = plan_text(x->pl, m->target);

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (!strcmp(target, own[i]))
			return true;
	return false;
}

bool export_exists(const struct export *x, const char *path)
{
	struct host_path p;

	return host_stat(x->host, path, &p);
}

/* --- the command ------------------------------------------------------------------ */

static void add_whole(const struct export *x, const char *tool, struct text *out)
{
	text_add(out, "#!/bin/sh\n# The box of profile '");
	text_safe(out, plan_text(x->pl, x->pl->profile));
	text_addf(out, "' for %s.\n", tool);
	if (x->notes.len) {
		text_addf(out,
			  "#\n# What %s cannot express here, or does in another way:\n",
			  tool);
		text_add(out, text_str(&x->notes));
	}
	text_addf(out, "umask %04o\n", x->pl->env.umask);
	text_add(out, text_str(&x->setup));
	text_add(out, text_str(&x->before));
	text_add(out, text_str(&x->words));
	text_add(out, text_str(&x->redirects));
	text_addc(out, '\n');
	text_add(out, text_str(&x->files));
}

static size_t tool_of(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(tools) && strcmp(tools[i].name, name))
		i++;
	return i;
}

bool export_write(const struct plan *pl, struct host *h, const char *name,
		  struct text *out)
{
	struct export x = { .pl = pl, .host = h, .next_fd = FIRST_FD };
	size_t tool = tool_of(name);

	if (tool == ARRAY_SIZE(tools))
		return false;
	if (!tools[tool].write) {
		script_write(pl, out);
		return true;
	}
	tools[tool].write(&x);
	if (pl->env.same_addresses)
		export_note(&x,
			    "addresses that are not randomized (setarch -R in front of "
			    "the command)");
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.argv, w));) {
		text_addc(&x.words, ' ');
		text_shell(&x.words, plan_text(pl, w->text));
	}
	add_whole(&x, tools[tool].name, out);
	text_release(&x.notes);
	text_release(&x.setup);
	for (size_t i = 0; i < LACK_COUNT; i++)
		text_release(&x.lacks[i]);
	text_release(&x.before);
	text_release(&x.words);
	text_release(&x.redirects);
	text_release(&x.files);
	return true;
}

static const char *next_tool(size_t i, const void *arg)
{
	(void)arg;
	return i < ARRAY_SIZE(tools) ? tools[i].name : NULL;
}

static int check_tool(const struct args *a, const char *name, struct err *e)
{
	const char *near;

	if (!name)
		return cmd_usage(
			a, e, "--as is missing: unshare, bwrap, podman or systemd-run");
	if (tool_of(name) < ARRAY_SIZE(tools))
		return 0;
	near = name_near(name, next_tool, NULL);
	if (near)
		return cmd_usage(a, e, "--as '%s', did you mean '%s'", name, near);
	return cmd_usage(a, e,
			 "--as '%s': expected unshare, bwrap, podman or systemd-run",
			 name);
}

static int export_run(const struct args *a, struct err *e)
{
	struct host *h = NULL;
	struct plan *pl = NULL;
	struct profile *pf = NULL;
	auto_text out = { 0 };
	const char *tool = cmd_option(a, "as");
	int r;

	if (a->word_count != 1)
		return cmd_usage(a, e, "expected one profile");
	r = check_tool(a, tool, e);
	if (r)
		return r;
	h = host_new();
	pl = plan_new();
	r = h && pl ? profile_load(a->words[0], a->wishes, a->wish_count, &pf, e)
		    : err_set(e, "out of memory");
	if (!r)
		r = layers_plan(pf, h, pl, e);
	if (!r) {
		export_write(pl, h, tool, &out);
		r = cmd_show(&out, e);
	}
	profile_free(pf);
	plan_free(pl);
	host_free(h);
	return r;
}

const struct cmd cmd_export = {
	.name = "export",
	.summary = "print the same box as a command line of another tool",
	.usage = "--as unshare|bwrap|podman|systemd-run PROFILE",
	.help = "The command line is for the user who exports it and for this machine. "
		"What the\n"
		"other tool cannot express stands in comments at its top.\n",
	.options = export_options,
	.complete = COMPLETE_PROFILE,
	.run = export_run,
};
