// SPDX-License-Identifier: GPL-3.0-or-later
/* mounts.c - any text as a mount: -v, --mount, --tmpfs, and `mounts` of a profile
 *
 * The first byte chooses the form. Whatever is taken has a place below the root, sources
 * without NUL or control bytes, no option asked both on and off, and a mode and sizes
 * within bounds; and what is printed of it must be the same mounts again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "profile/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define must(good) must_hold(good, #good)
static void must_hold(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setenv("NOOK_PROFILE_PATH", "profiles", 1);
	return setenv("HOME", "/home/fuzz", 1);
}

/* Absolute, and no step of it leads up */
static int is_below_root(const char *path)
{
	size_t len;

	if (*path != '/')
		return 0;
	for (; *path; path += len) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 2 && !strncmp(path, "..", 2))
			return 0;
	}
	return 1;
}

static void check(const struct mount_wish *m)
{
	must((m->is_cwd && !strcmp(m->to, ".")) || is_below_root(m->to));
	must(!(m->set & m->clear));
	must(m->mode >= -1 && m->mode <= 07777);
	must(m->size <= INT64_MAX);
	for (const char *s = m->source; s && *s; s++)
		must((unsigned char)*s >= 0x20 && *s != 0x7f);
	for (const char *s = m->to; *s; s++)
		must((unsigned char)*s >= 0x20 && *s != 0x7f);
}

static void print_again(const struct profile *pf)
{
	auto_text first = { 0 }, second = { 0 };
	struct profile *again = NULL;
	struct err e = { 0 };

	profile_print(pf, 0, &first);
	if (profile_parse_text(text_str(&first), first.len, "again", &again, &e)) {
		fprintf(stderr, "%s\n%s\n", e.text, text_str(&first));
		abort();
	}
	must(again->mount_count == pf->mount_count);
	profile_print(again, 0, &second);
	must(!strcmp(text_str(&first), text_str(&second)));
	profile_free(again);
}

static void try_profile(struct profile *pf, int again)
{
	for (size_t i = 0; i < pf->mount_count; i++)
		check(&pf->mounts[i]);
	if (again)
		print_again(pf);
	profile_free(pf);
}

/* As `nook run OPTION TEXT`. A path may be relative to the current directory here, which
 * no file says again. */
static void try_option(char *option, char *text)
{
	int relative = strstr(text, "./") || strstr(text, "..");

	const char *const words[] = { "run", NULL };
	char *argv[] = { option, text, NULL };
	struct profile *pf = NULL;
	struct args a = { 0 };
	struct err e = { 0 };
	size_t used;

	if (!args_parse(cmd_lookup(words, &used), argv, &a, &e) &&
	    !profile_load("base", a.wishes, a.wish_count, &pf, &e))
		try_profile(pf, !relative);
	else
		must(e.text[0] != '\0');
	args_release(&a);
}

/* As an entry of the list, or the options of one */
static void try_entry(const char *before, const char *text, const char *behind)
{
	auto_text t = { 0 };
	struct profile *pf = NULL;
	struct err e = { 0 };

	text_addf(&t, "mounts:\n  - %s%s%s\n", before, text, behind);
	if (!profile_parse_text(text_str(&t), t.len, "fuzz", &pf, &e))
		try_profile(pf, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char volume[] = "-v", mount[] = "--mount", tmpfs[] = "--tmpfs";
	static char *const options[] = { volume, mount, tmpfs };
	char *text;

	if (!size)
		return 0;
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % 5) {
	case 3:
		try_entry("", text, "");
		break;
	case 4:
		try_entry("{bind: /usr, to: /x, options: [", text, "]}");
		break;
	default:
		try_option(options[data[0] % 5], text);
	}
	free(text);
	return 0;
}
