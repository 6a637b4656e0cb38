/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probe.c - what is looked at and not timed: memory of a running box, number of calls */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* Starts @argv as @uid from a driver that stays root */
static pid_t start_as(uid_t uid, char *const argv[])
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (user_become(uid))
		_exit(125);
	pid = program_start(argv, -1);
	if (pid < 0)
		_exit(125);
	_exit(program_wait(pid));
}

/* The value of "KEY:  123 kB" in a file below /proc, or -1 */
static long proc_value(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	size_t len = strlen(key);
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	f = fopen(path, "re");
	if (!f)
		return -1;
	while (value < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && line[len] == ':')
			value = strtol(line + len + 1, NULL, 10);
	fclose(f);
	return value;
}

/* The first child of a process, or 0: /proc has no cheaper way on every kernel */
static pid_t child_of(pid_t parent)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	pid_t found = 0;

	if (!d)
		return 0;
	while (!found && (e = readdir(d))) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		if (pid > 0 && proc_value(pid, "status", "PPid") == parent)
			found = pid;
	}
	closedir(d);
	return found;
}

/* Polls until @parent has a child; 2 s at most */
static pid_t child_wait(pid_t parent)
{
	static const struct timespec step = { 0, 5000000 };
	pid_t pid = 0;

	for (int i = 0; parent && !pid && i < 400; i++) {
		pid = child_of(parent);
		if (!pid)
			nanosleep(&step, NULL);
	}
	return pid;
}

int memory_measure(const struct bench *b, uid_t uid, struct memory *m,
		   char why[MESSAGE_SIZE])
{
	static const struct row sleeper = {
		"memory", NULL,
		"@D/nook run @D/bench/profiles/same-as-bwrap.yaml -- sleep 5"
	};
	static const struct timespec settle = { 0, 200000000 };
	char *words[ARGS_MOST], space[SPACE_SIZE];
	pid_t helper, keeper, init, payload;
	int status;

	row_argv(b, &sleeper, 0, words, space);
	helper = start_as(uid, words);
	keeper = child_wait(helper);
	init = child_wait(keeper);
	payload = child_wait(init);
	if (!payload) {
		snprintf(why, MESSAGE_SIZE, "the box did not start");
	} else {
		nanosleep(&settle, NULL);
		m->keeper = proc_value(keeper, "status", "VmHWM") -
			    proc_value(keeper, "status", "RssFile");
		m->init = proc_value(init, "smaps_rollup", "Private_Clean") +
			  proc_value(init, "smaps_rollup", "Private_Dirty");
		if (m->init < 0)
			snprintf(why, MESSAGE_SIZE, "smaps_rollup of init: %s",
				 strerror(errno));
	}
	if (payload)
		kill(payload, SIGTERM);
	else if (keeper)
		kill(keeper, SIGTERM);
	waitpid(helper, &status, 0);
	return payload && m->init >= 0 ? 0 : -1;
}

/* strace's summary ends with "100.00 SECONDS [USECS/CALL] CALLS [ERRORS] total" */
static long calls_read(const char *path)
{
	char line[256];
	long calls = -1;
	FILE *f = fopen(path, "re");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		double share, seconds;
		long average;

		if (strstr(line, " total") && sscanf(line, "%lf %lf %ld %ld", &share,
						     &seconds, &average, &calls) != 4)
			calls = -1;
	}
	fclose(f);
	return calls;
}

long calls_count(const struct bench *b, const char *row, uid_t uid)
{
	char *words[ARGS_MOST + 8], space[SPACE_SIZE], path[512];
	const struct row *r = rows();
	pid_t helper;
	int status;
	long calls;

	while (r->name && strcmp(r->name, row) != 0)
		r++;
	if (!r->name || access("/usr/bin/strace", X_OK))
		return -1;
	snprintf(path, sizeof(path), "%s/bundle-%u/calls", b->dir, uid);
	words[0] = (char *)"strace";
	words[1] = (char *)"-fcq";
	words[2] = (char *)"-o";
	words[3] = path;
	words[4] = (char *)"--";
	row_argv(b, r, 0, words + 5, space);
	helper = start_as(uid, words);
	if (helper < 0 || waitpid(helper, &status, 0) < 0 || status)
		return -1;
	calls = calls_read(path);
	unlink(path);
	return calls;
}
