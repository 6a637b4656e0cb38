// SPDX-License-Identifier: GPL-3.0-or-later
/* output.c - what a job reads and writes outside of its box
 *
 * The directory of outputs is the user's, and what is found in it may be anybody's: each
 * file is made new, never through a link, and what had its name is taken away first.
 */
#include "job/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"

int output_open_input(const struct job *j, int *fd, struct err *e)
{
	struct stat st;

	*fd = -1;
	if (!j->input)
		return 0;
	/* a FIFO would wait for its writer */
	*fd = open(j->input, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*fd < 0 || fstat(*fd, &st) < 0)
		return err_sys(e, "cannot open '%s' for stdin", j->input);
	if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode))
		return err_set(e, "'%s' for stdin is no regular file", j->input);
	return 0;
}

/* Return: descriptor, -1 and errno */
static int make_file(int dir, const char *name)
{
	const int how = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, name, how, 0666);

	if (fd >= 0 || errno != EEXIST)
		return fd;
	return unlinkat(dir, name, 0) < 0 ? -1 : openat(dir, name, how, 0666);
}

/* A directory in @dir, which may be there already. Return: descriptor, -1 and errno */
static int make_dir(int dir, const char *name)
{
	if (mkdirat(dir, name, 0777) < 0 && errno != EEXIST)
		return -1;
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int output_open(int dir, const struct job *j, int fds[4], struct err *e)
{
	char name[JOB_ID_MOST + 1];
	auto_fd own = -1;

	if (dir < 0)
		return 0;
	fds[3] = dir;
	if (j->run > 1) {
		snprintf(name, sizeof(name), "@%d", j->run);
		fds[3] = make_dir(dir, name);
	}
	snprintf(name, sizeof(name), "%.*s", (int)job_id_len(j->id), j->id);
	if (fds[3] >= 0)
		own = make_dir(fds[3], name);
	if (own >= 0)
		fds[1] = make_file(own, "stdout");
	if (own >= 0 && fds[1] >= 0)
		fds[2] = make_file(own, "stderr");
	if (own < 0 || fds[1] < 0 || fds[2] < 0) {
		err_sys(e, "cannot write the output of job '%s'", j->id);
		return -2;
	}
	return 0;
}
