// SPDX-License-Identifier: GPL-3.0-or-later
/* shown_text.c - differences of text files, by diff(1)
 *
 * diff gets both files as open descriptors, which it names /proc/self/fd/N: no path of
 * the box's is ever resolved. What it prints is the box's word and is escaped line by
 * line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "cmd/shown.h"

#define TEXT_MOST (4u << 20) /* bytes of a file, and of its differences */

/* One side: the file, or nothing where it is not there. Return: descriptor, -1 and errno
 * */
static int open_side(const struct change_file *f, int dir, const char *name)
{
	struct stat st;
	auto_fd fd = -1;

	if (!f->mode)
		return openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = ESTALE;
		return -1;
	}
	return fd_take(&fd);
}

static void run_diff(int a, int b, int out, const char *label_a, const char *label_b)
{
	char one[32], two[32];
	const char *const argv[] = { "diff",  "-u", "--label", label_a, "--label",
				     label_b, "--", one,       two,	NULL };

	snprintf(one, sizeof(one), "/proc/self/fd/%d", a);
	snprintf(two, sizeof(two), "/proc/self/fd/%d", b);
	fcntl(a, F_SETFD, 0);
	fcntl(b, F_SETFD, 0);
	dup2(out, 1);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static int call_diff(int a, int b, const char *path, struct text *said, struct err *e)
{
	auto_text one = { 0 }, two = { 0 };
	auto_fd reader = -1, writer = -1;
	int pipes[2], status, r;
	pid_t pid;

	text_add(&one, "a");
	text_safe(&one, path);
	text_add(&two, "b");
	text_safe(&two, path);
	if (one.failed || two.failed || pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(e, "cannot start diff");
	reader = pipes[0];
	writer = pipes[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "cannot start diff");
	if (pid == 0)
		run_diff(a, b, writer, one.s, two.s);
	close(fd_take(&writer));
	r = fd_read_all(reader, said, TEXT_MOST);
	close(fd_take(&reader)); /* one that goes on writing ends by that */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		err_set(e, "there is no diff program");
		return err_hint(e, "--text needs diff(1), of the package diffutils");
	}
	return r < 0 ? 1 : 0;
}

int shown_text(const struct change *c, struct text *out, struct err *e)
{
	bool texts = (!c->upper.mode || S_ISREG(c->upper.mode)) &&
		     (!c->lower.mode || S_ISREG(c->lower.mode)) &&
		     c->kind != CHANGE_UNKNOWN;
	bool large = c->upper.size > TEXT_MOST || c->lower.size > TEXT_MOST;
	auto_fd a = -1, b = -1;
	auto_text said = { 0 };
	int r = 0;

	if (texts && !large &&
	    (c->kind != CHANGE_MODIFIED || c->differs & DIFFERS_CONTENT)) {
		a = open_side(&c->lower, c->lower_dir, c->name);
		b = open_side(&c->upper, c->upper_dir, c->name);
		if (a >= 0 && b >= 0)
			r = call_diff(a, b, c->path, &said, e);
		if (r < 0)
			return -1;
	}
	if (!said.len || r) {
		text_addf(out, "%c  ", c->kind);
		text_safe(out, c->path);
		text_add(out, large && texts ? "  too large to show\n" : "\n");
		return 0;
	}
	text_lines(out, text_str(&said), said.len);
	return 0;
}
