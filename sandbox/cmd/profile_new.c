// SPDX-License-Identifier: GPL-3.0-or-later
/* profile_new.c - `nook profile new`: a starting profile to edit */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parse.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/profile_new.h"

/* Every directory on the way to @path; only the caller may write what is new */
static int make_dirs(const char *path, struct err *e)
{
	auto_text t = { 0 };

	text_add(&t, path);
	if (t.failed)
		return err_set(e, "out of memory");
	for (char *slash = strchr(t.s + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(t.s, 0755) && errno != EEXIST)
			return err_sys(e, "cannot make '%s'", t.s);
		*slash = '/';
	}
	return 0;
}

/* Never over a file that is there, never through a link; half a file is taken away
 * again */
static int write_new(const char *path, const struct text *t, struct err *e)
{
	auto_fd fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST) {
		err_set(e, "'%s' is there already", path);
		return err_hint(e, "edit it, or choose another name");
	}
	if (fd < 0)
		return err_sys(e, "cannot write '%s'", path);
	/* Whatever the umask: a profile that others can write is refused when it is
	 * read */
	if (fd_write_all(fd, text_str(t), t->len) || fchmod(fd, 0644) || fsync(fd)) {
		err_sys(e, "cannot write '%s'", path);
		unlink(path);
		return -1;
	}
	return 0;
}

/* Return: 0; -2 and @e: a name that can be none is wrong usage, as in `create` */
static int check_name(const char *name, struct err *e)
{
	auto_text safe = { 0 };
	const char *why;

	if (!parse_name(name, &why))
		return 0;
	text_safe(&safe, name);
	err_set(e, "no profile can be called '%.80s': %s", text_str(&safe), why);
	return -2;
}

/** struct twin - The profile that has @name now: @at, empty where there is none */
struct twin {
	const char *name;
	struct text at;
};

static void find_twin(const char *name, const char *path, void *arg)
{
	struct twin *t = arg;

	if (!strcmp(name, t->name))
		text_add(&t->at, path);
}

/* Of two profiles with one name the first place has the one that is used, also by what
 * extends it: a new `strict` would quietly take the walls of the other away */
static int check_twin(const char *name, const char *path, const char *option,
		      struct err *e)
{
	struct twin t = { .name = name };
	int rc = profile_each(find_twin, &t, e);

	if (!rc && t.at.len && strcmp(text_str(&t.at), path) != 0) {
		err_set(e, "there is a profile '%s' already: '%s'", name,
			text_str(&t.at));
		rc = err_hint(e,
			      "choose another name, or name the file where one is to "
			      "hide the other: %s FILE",
			      option);
	}
	text_release(&t.at);
	return rc;
}

/* @option: what names a file by its path */
static int own_path(const char *name, const char *option, struct text *path,
		    struct err *e)
{
	if (profile_dir_new(path, e))
		return -1;
	text_addf(path, "/%s.yaml", name);
	if (check_twin(name, text_str(path), option, e))
		return -1;
	return make_dirs(text_str(path), e);
}

int profile_write(const char *name, const struct text *yaml, struct text *path,
		  struct err *e)
{
	bool is_path = strchr(name, '/');

	if (!is_path && check_name(name, e) < 0)
		return -2;
	if (is_path)
		text_add(path, name);
	else if (own_path(name, "save", path, e))
		return -1;
	return write_new(text_str(path), yaml, e);
}

static int new_path(const struct args *a, struct text *path, struct err *e)
{
	const char *given = cmd_option(a, "path");

	if (!given)
		return own_path(a->words[0], "--path", path, e);
	text_add(path, given);
	return 0;
}

/* The parent must load, or the new profile would not */
static int check_parent(const char *name, struct err *e)
{
	struct profile *pf;

	if (strchr(name, '/'))
		return err_set(e, "--from '%s': expected the name of a profile", name);
	if (profile_load(name, NULL, 0, &pf, e))
		return err_wrap(e, "--from: ");
	profile_free(pf);
	return 0;
}

static int new_run(const struct args *a, struct err *e)
{
	const char *from = cmd_option(a, "from");
	auto_text path = { 0 }, out = { 0 }, said = { 0 };

	if (a->word_count != 1)
		return cmd_usage(a, e, "profile new takes one name");
	if (check_name(a->words[0], e))
		return -2;
	from = from ? from : "base";
	if (check_parent(from, e) || new_path(a, &path, e))
		return -1;
	profile_template(a->words[0], from, &out);
	if (write_new(text_str(&path), &out, e))
		return -1;
	if (a->quiet)
		return 0;
	text_safe(&said, text_str(&path));
	text_addc(&said, '\n');
	return cmd_print(&said, e);
}

static const struct opt new_options[] = {
	{ .name = "from",
	  .arg = "PROFILE",
	  .complete = COMPLETE_PROFILE,
	  .help = "extend this one instead of base" },
	{ .name = "path",
	  .arg = "FILE",
	  .complete = COMPLETE_FILE,
	  .help = "write this file, not one in your own profiles" },
	{ 0 },
};

const struct cmd cmd_profile_new = {
	.name = "profile new",
	.summary = "write a starting profile with every key explained",
	.usage = "[OPTION...] NAME",
	.help = "Writes ~/.config/nook/profiles/NAME.yaml, for root "
		"/etc/nook/profiles/NAME.yaml. A file that is there is left alone, and a "
		"name that another place has, such as one of those that come with nook, "
		"is refused: the new one would be used instead.",
	.options = new_options,
	.run = new_run,
};
