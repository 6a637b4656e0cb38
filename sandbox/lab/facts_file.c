// SPDX-License-Identifier: GPL-3.0-or-later
/* facts_file.c - verbs about files: what is in them and what they are */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/parse.h"
#include "lab/verbs.h"

static int check_path(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	return path_check(words[0], e);
}

static int check_matches(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	return path_check(words[0], e) < 0 ? -1 : match_check(words[1], e);
}

static int look_is(const struct lab_scene *s, const char *const *words, size_t n,
		   struct fact_found *out, struct err *e)
{
	auto_text text = { 0 };
	int rc;

	(void)n;
	text_addf(&out->expected, "%s holds '%s'", words[0], words[1]);
	rc = path_read(s, words[0], &text, out, e);
	if (rc <= 0)
		return rc;
	out->holds = !strcmp(text_str(&text), words[1]);
	fact_say_text(out, text_str(&text));
	return 0;
}

static int look_matches(const struct lab_scene *s, const char *const *words, size_t n,
			struct fact_found *out, struct err *e)
{
	auto_text text = { 0 };
	int rc;

	(void)n;
	text_addf(&out->expected, "%s has what matches /%s/", words[0], words[1]);
	rc = path_read(s, words[0], &text, out, e);
	if (rc <= 0)
		return rc;
	rc = match_text(words[1], text_str(&text), e);
	out->holds = rc == 1;
	fact_say_text(out, text_str(&text));
	return rc < 0 ? -1 : 0;
}

/* --- what a file is ---------------------------------------------------------------- */

/* Return: descriptor of what the words name, no link followed at the end; -2 = it is not
 * there, which is said; -1 and @e */
static int stat_path(const struct lab_scene *s, const char *path, struct stat *st,
		     struct fact_found *out, struct err *e)
{
	int fd = path_open(s, path, O_NOFOLLOW, out, e);

	if (fd == -2)
		path_missing(out);
	if (fd >= 0 && fstat(fd, st))
		return err_sys(e, "cannot look at '%s'", path);
	return fd;
}

static int look_link(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	char to[PATH_MAX];
	struct stat st;
	ssize_t len;
	auto_fd fd = -1;

	(void)n;
	text_addf(&out->expected, "%s is a link to %s", words[0], words[1]);
	fd = stat_path(s, words[0], &st, out, e);
	if (fd < 0)
		return fd == -1 ? -1 : 0;
	len = readlinkat(fd, "", to, sizeof(to) - 1);
	if (!S_ISLNK(st.st_mode) || len < 0) {
		text_add(&out->found, "it is no link");
		return 0;
	}
	to[len] = '\0';
	out->holds = !strcmp(to, words[1]);
	fact_say_text(out, to);
	return 0;
}

static int check_mode(const char *const *words, size_t n, struct err *e)
{
	const char *why;
	uint32_t mode;

	(void)n;
	if (path_check(words[0], e) < 0)
		return -1;
	return parse_octal(words[1], &mode, &why) < 0
		       ? err_set(e, "'%s' is no mode: %s", words[1], why)
		       : 0;
}

static int look_mode(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	struct stat st;
	auto_fd fd = -1;
	uint32_t mode = 0;

	(void)n;
	parse_octal(words[1], &mode, &(const char *){ NULL });
	text_addf(&out->expected, "%s has mode %04o", words[0], mode);
	fd = stat_path(s, words[0], &st, out, e);
	if (fd < 0)
		return fd == -1 ? -1 : 0;
	out->holds = (st.st_mode & 07777) == mode;
	text_addf(&out->found, "%04o", st.st_mode & 07777);
	return 0;
}

static int check_owner(const char *const *words, size_t n, struct err *e)
{
	const char *why;
	uint32_t id;

	if (path_check(words[0], e) < 0)
		return -1;
	for (size_t i = 1; i < n; i++)
		if (parse_id(words[i], &id, &why) < 0)
			return err_set(e, "'%s' is no id: %s", words[i], why);
	return 0;
}

static int look_owner(const struct lab_scene *s, const char *const *words, size_t n,
		      struct fact_found *out, struct err *e)
{
	uint32_t uid = 0, gid = 0;
	struct stat st;
	auto_fd fd = -1;

	parse_id(words[1], &uid, &(const char *){ NULL });
	if (n > 2)
		parse_id(words[2], &gid, &(const char *){ NULL });
	text_addf(&out->expected, "%s is of uid %s%s%s", words[0], words[1],
		  n > 2 ? ", gid " : "", n > 2 ? words[2] : "");
	fd = stat_path(s, words[0], &st, out, e);
	if (fd < 0)
		return fd == -1 ? -1 : 0;
	out->holds = st.st_uid == uid && (n <= 2 || st.st_gid == gid);
	text_addf(&out->found, "uid %u, gid %u", st.st_uid, st.st_gid);
	return 0;
}

static int check_device(const char *const *words, size_t n, struct err *e)
{
	unsigned int numbers[2];
	char end;

	(void)n;
	if (path_check(words[0], e) < 0)
		return -1;
	return sscanf(words[1], "%u:%u%c", &numbers[0], &numbers[1], &end) == 2
		       ? 0
		       : err_set(e, "'%s' is no device: expected MAJOR:MINOR", words[1]);
}

static int look_device(const struct lab_scene *s, const char *const *words, size_t n,
		       struct fact_found *out, struct err *e)
{
	char numbers[32];
	struct stat st;
	auto_fd fd = -1;

	(void)n;
	text_addf(&out->expected, "%s is the character device %s", words[0], words[1]);
	fd = stat_path(s, words[0], &st, out, e);
	if (fd < 0)
		return fd == -1 ? -1 : 0;
	if (!S_ISCHR(st.st_mode)) {
		text_add(&out->found, "it is no character device");
		return 0;
	}
	snprintf(numbers, sizeof(numbers), "%u:%u", major(st.st_rdev), minor(st.st_rdev));
	out->holds = !strcmp(numbers, words[1]);
	text_add(&out->found, numbers);
	return 0;
}

/* --- distinct ---------------------------------------------------------------------- */

static int check_distinct(const char *const *words, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (path_check(words[i], e) < 0)
			return -1;
	return 0;
}

#define MOST_DISTINCT 8

/* Return: as look, with the texts in @t */
static int compare_all(const struct lab_scene *s, const char *const *words, size_t n,
		       struct text t[MOST_DISTINCT], struct fact_found *out)
{
	struct err e = { 0 };

	for (size_t i = 0; i < n; i++) {
		int rc = path_read(s, words[i], &t[i], out, &e);

		if (rc <= 0)
			return rc;
		for (size_t j = 0; j < i; j++)
			if (t[i].len == t[j].len &&
			    !strcmp(text_str(&t[i]), text_str(&t[j]))) {
				text_addf(&out->found, "%s and %s are the same", words[j],
					  words[i]);
				return 0;
			}
	}
	out->holds = true;
	text_addf(&out->found, "%zu that differ", n);
	return 0;
}

static int look_distinct(const struct lab_scene *s, const char *const *words, size_t n,
			 struct fact_found *out, struct err *e)
{
	struct text t[MOST_DISTINCT] = { 0 };
	int rc;

	text_add(&out->expected, "no two of these files hold the same");
	rc = compare_all(s, words, n, t, out);
	for (size_t i = 0; i < n; i++)
		text_release(&t[i]);
	return rc < 0 ? err_set(e, "out of memory") : 0;
}

const struct fact_verb facts_file[] = {
	{ "file-is", "PATH TEXT",
	  "the file holds that text, newlines at its end not counted", 2, 2, check_path,
	  look_is },
	{ "file-matches", "PATH REGEX",
	  "the extended regular expression is found in the file; ^ and $ stand for the "
	  "ends "
	  "of a line",
	  2, 2, check_matches, look_matches },
	{ "link-is", "PATH TEXT", "the file is a symbolic link that holds that text", 2,
	  2, check_path, look_link },
	{ "mode-is", "PATH MODE", "the file has that octal mode", 2, 2, check_mode,
	  look_mode },
	{ "owner-is", "PATH UID [GID]", "the file belongs to them, as numbered out here",
	  2, 3, check_owner, look_owner },
	{ "chardev-is", "PATH MAJOR:MINOR", "the file is that character device", 2, 2,
	  check_device, look_device },
	{ "distinct", "PATH PATH...", "no two of the files hold the same", 2,
	  MOST_DISTINCT, check_distinct, look_distinct },
	{ 0 },
};
