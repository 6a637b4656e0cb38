// SPDX-License-Identifier: GPL-3.0-or-later
/* cp.c - `nook cp`: files and directories between the host and a box */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/carry.h"
#include "box/store.h"
#include "cmd/resting.h"

/** struct copy - One command line: the two words, of which @box names a box */
struct copy {
	struct carry carry;
	char box[256];
	bool in;
	const char *host, *inside;
};

/* "NAME:PATH" before any slash. Return: length of the name, 0 = it is a path */
static size_t box_part(const char *word)
{
	size_t n = strcspn(word, ":/");

	return word[n] == ':' ? n : 0;
}

/* What a path is called in a stream; "" where only its content is meant: "x/." */
static int last_name(const char *path, char *buf, size_t size, struct err *e)
{
	size_t end = strlen(path), begin;

	while (end && path[end - 1] == '/')
		end--;
	for (begin = end; begin && path[begin - 1] != '/'; begin--)
		;
	if (end - begin >= size)
		return err_set(e, "'%s': a name of more than %zu bytes", path, size - 1);
	memcpy(buf, path + begin, end - begin);
	buf[end - begin] = '\0';
	if (!strcmp(buf, ".") || !strcmp(buf, ".."))
		buf[0] = '\0';
	return 0;
}

static int check_words(const struct args *a, struct copy *c, struct err *e)
{
	size_t from, to;

	if (a->word_count != 2)
		return cmd_usage(a, e, "cp takes two paths, of which one is BOX:PATH");
	from = box_part(a->words[0]);
	to = box_part(a->words[1]);
	if (!from == !to)
		return cmd_usage(a, e,
				 from ? "one of the two paths must be of the host"
				      : "one of the two paths must be BOX:PATH");
	c->in = to;
	c->host = a->words[!c->in];
	c->inside = a->words[c->in] + from + to + 1;
	if (from + to >= sizeof(c->box))
		return cmd_usage(a, e, "'%s' is no box", a->words[c->in]);
	memcpy(c->box, a->words[c->in], from + to);
	if (!*c->inside || !*c->host)
		return cmd_usage(a, e, "a path is empty: '/' is the top of a box");
	if (strlen(c->inside) + 2 > sizeof(c->carry.order.path))
		return cmd_usage(a, e, "a path of more than 4094 bytes");
	if (!strcmp(c->host, "-") && isatty(c->in ? STDIN_FILENO : STDOUT_FILENO))
		return cmd_usage(a, e, "'-' is a stream of tar(1), and here a terminal");
	return 0;
}

static int make_order(const struct args *a, struct copy *c, char *name, size_t size,
		      struct err *e)
{
	struct copy_order *o = &c->carry.order;
	bool stream = !strcmp(c->host, "-");

	if (last_name(c->in ? c->host : c->inside, name, size, e) < 0)
		return -1;
	snprintf(o->path, sizeof(o->path), "/%s", c->inside + (*c->inside == '/'));
	if (!c->in)
		memcpy(o->name, name, strlen(name) + 1);
	o->flags = (c->in ? COPY_IN : 0) | (cmd_option(a, "archive") ? COPY_ALL : 0) |
		   (c->in && stream ? COPY_FOREIGN : 0) |
		   (!c->in && !*name ? COPY_CONTENT : 0);
	c->carry.path = stream ? NULL : c->host;
	c->carry.name = c->in && *name ? name : NULL;
	c->carry.box = c->box;
	return 0;
}

/* One at rest is planned as it would start, but for its command, network and limits. Its
 * words mean what they mean in its own directory, and those of this line in ours */
static int copy_resting(const struct args *a, struct copy *c, struct rest *rest,
			struct err *e)
{
	auto_fd here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct run run = { .alone = true, .stays = true, .bare = true };
	struct args words = { 0 };
	int r = resting_plan(rest, a, &words, &run, e);

	if (!r && here >= 0 && fchdir(here) < 0)
		r = err_sys(e, "cannot go back to the current directory");
	if (!r)
		r = rest_lock(rest, e);
	if (!r) {
		struct box_wish w = { .plan = run.plan,
				      .host = run.host,
				      .name = rest->name,
				      .rest = rest,
				      .passing = true };

		c->carry.wish = &w;
		c->carry.plan = run.plan;
		c->carry.order.flags |= COPY_RESTS;
		r = carry_files(&c->carry, e);
	}
	run_release(&run);
	plan_free(run.plan);
	args_release(&words);
	free(words.argv);
	return r;
}

static int find_resting(const struct args *a, struct copy *c, struct err *e)
{
	struct rest_area area = { .dir = -1 };
	struct rest rest;
	int r = -1;

	if (resting_open(&area, false, e) == 0 &&
	    rest_find(&area, c->box, &rest, e) == 0) {
		r = copy_resting(a, c, &rest, e);
		rest_close(&rest);
	}
	rest_area_close(&area);
	return r;
}

static int cp_run(const struct args *a, struct err *e)
{
	auto_free struct plan *box = NULL;
	struct copy c = { .in = false };
	struct err why = { 0 };
	struct record rec;
	char name[256];
	int r = check_words(a, &c, e);

	if (!r)
		r = make_order(a, &c, name, sizeof(name), e);
	if (r || box_sanitize(0, e) < 0)
		return r ? r : -1;
	box = store_pick(c.box, &rec, &why);
	if (!box && why.code == ENOTUNIQ) {
		*e = why;
		return -1;
	}
	if (!box)
		return find_resting(a, &c, e);
	c.carry.rec = &rec;
	c.carry.plan = box;
	return carry_files(&c.carry, e);
}

static const struct opt cp_options[] = {
	{ .letter = 'a',
	  .name = "archive",
	  .help = "owners, setuid bits and file capabilities too" },
	{ 0 },
};

const struct cmd cmd_cp = {
	.name = "cp",
	.summary = "copy files between the host and a box",
	.usage = "[OPTION...] SRC DST",
	.help = "One of the two is BOX:PATH, of a box that runs or is at rest; a path "
		"of\n"
		"the host with a colon is written ./a:b. As with cp(1) and podman:\n\n"
		"  a file       becomes DST, or DST/NAME where DST is a directory\n"
		"  a directory  becomes DST where there is none, else DST/NAME, and "
		"what\n"
		"               is there stays beside it; SRC/. is only what is in it\n"
		"  -            instead of the host's path is a stream of tar(1)\n\n"
		"Links are copied as links; below DST none is followed. Modes, times,\n"
		"user attributes, holes and hard links are kept. What comes into a box\n"
		"is its user's, what comes out the caller's, without setuid bits;\n"
		"--archive keeps owners as the other side has them. Sockets and devices\n"
		"in a directory are left out, and said; as what is to be copied, in a\n"
		"stream of tar(1) and where a file is to go they are errors.\n\n"
		"Each file is whole or as it was, and so is a directory that was not\n"
		"there before, also when the copy is killed. In a box at rest only what\n"
		"stays of it can be written.\n",
	.options = cp_options,
	.complete = COMPLETE_COPY,
	FULL_ONLY(cp_run),
};
