// SPDX-License-Identifier: GPL-3.0-or-later
/* fdio.c - descriptors that are closed together, and the path of a directory */
#include "base/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

/* A copy of descriptor 0 with the number @at, or the next that is free */
static int copy(int at)
{
	return fcntl(0, F_DUPFD_CLOEXEC, at);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void test_run(void)
{
	struct fd_run run = { 0 };
	int beside = copy(103);

	fd_run_close(&run);
	ok(is_open(0), "nothing to close");
	for (int i = 100; i < 103; i++)
		fd_run_add(&run, copy(i));
	ok(run.first == 100 && run.count == 3, "numbers that follow one another");
	fd_run_add(&run, copy(110));
	ok(!is_open(100) && !is_open(102), "are closed when one does not follow");
	ok(is_open(beside) && is_open(110), "and no others");
	fd_run_close(&run);
	ok(!is_open(110) && !run.count, "a single one");
	close(beside);
}

static void test_all(void)
{
	const int fds[] = { copy(100), copy(101), copy(104), copy(103) };
	int beside = copy(102);

	fd_close_all(fds, 4);
	ok(!is_open(100) && !is_open(101) && !is_open(103) && !is_open(104),
	   "all of a list, in any order");
	ok(is_open(beside), "what lies between them stays");
	close(beside);
	fd_close_all(fds, 0);
	ok(is_open(0), "an empty list");
}

static void test_path(void)
{
	int dir = open("/proc/self", O_PATH | O_CLOEXEC);
	char out[64], want[64];

	snprintf(want, sizeof(want), "/proc/%d/status", getpid());
	ok(!fd_path(dir, "status", out, sizeof(out)) && !strcmp(out, want),
	   "a directory's own path, and a name below it");
	ok(!fd_path(dir, "status", out, strlen(want) + 1), "with just enough room");
	ok(fd_path(dir, "status", out, strlen(want)) < 0 && errno == ENAMETOOLONG,
	   "with too little");
	ok(fd_path(dir, "status", out, 3) < 0 && errno == ENAMETOOLONG,
	   "with too little for the directory alone");
	close(dir);
	ok(fd_path(dir, "status", out, sizeof(out)) < 0 && errno == ENOENT,
	   "a closed one has none");
}

int main(void)
{
	plan(0);
	test_path();
	test_run();
	test_all();
	return done();
}
