// SPDX-License-Identifier: GPL-3.0-or-later
/* helper.c - processes and programs that the keeper uses to make id maps */
#include "box/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sys.h"
#include "base/text.h"

bool helper_needs_userns(const struct plan *pl)
{
	if (pl->user.order != USER_LAST)
		return false;
	if (pl->user.writer != MAP_BY_INSIDE)
		return true;
	for (const struct plan_mount *m = NULL; (m = plan_each(pl, &pl->tree.mounts, m));)
		if (m->flags & PM_IDMAP)
			return true;
	return pl->tree.idmap & PM_IDMAP;
}

int helper_write_maps(const struct plan *pl, pid_t pid, struct err *e)
{
	const struct {
		const char *file;
		const struct plan_list *map;
	} maps[] = { { "uid_map", &pl->user.uid_map }, { "gid_map", &pl->user.gid_map } };

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		auto_text lines = { 0 };
		char path[64];

		for (const struct plan_map *m = NULL;
		     (m = plan_each(pl, maps[i].map, m));)
			text_addf(&lines, "%u %u %u\n", m->inside, m->outside, m->count);
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, maps[i].file);
		if (file_write(AT_FDCWD, path, text_str(&lines)) < 0)
			return err_sys(e, "user: cannot write '%s'", path);
	}
	return 0;
}

/*
 * A child in the new namespace holds it while its maps are written, and is ended as soon
 * as the namespace has a descriptor. It shares our memory and only waits: nothing is
 * copied for it. Its signals are blocked like ours, so only our SIGKILL or our death ends
 * it.
 */
struct room {
	char stack[4096] __attribute__((aligned(16)));
	pid_t keeper;
};

static int wait_for_end(void *arg)
{
	const struct room *room = arg;

	if (child_die_with(room->keeper) < 0)
		_exit(1);
	for (;;)
		pause();
}

int helper_userns(const struct plan *pl, struct err *e)
{
	struct room *room = malloc(sizeof(*room));
	char path[64];
	auto_fd ns = -1;
	pid_t pid;
	int r;

	if (!room)
		return err_set(e, "out of memory");
	room->keeper = getpid();
	pid = clone(wait_for_end, room->stack + sizeof(room->stack),
		    CLONE_VM | CLONE_NEWUSER | SIGCHLD, room);
	if (pid < 0)
		free(room);
	if (pid < 0)
		return err_sys(e, "user: cannot make a user namespace");
	r = helper_write_maps(pl, pid, e);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	if (!r) {
		ns = open(path, O_RDONLY | O_CLOEXEC);
		if (ns < 0)
			r = err_sys(e, "user: cannot open '%s'", path);
	}
	/* else it ends with us, and has its room until then: waiting would have no end */
	if (kill(pid, SIGKILL) < 0)
		return err_sys(e, "user: cannot end the helper process");
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(room);
	return r < 0 ? -1 : fd_take(&ns);
}

/* Its words on stderr are the best reason there is */
int helper_run_mapper(const struct plan *pl, plan_ref program,
		      const struct plan_list *map, pid_t child, struct err *e)
{
	char words[3 * 32 + 1][12];
	char *argv[3 * 32 + 3];
	auto_fd reader = -1, writer = -1;
	auto_text said = { 0 };
	size_t n = 0, w = 0;
	int pipes[2], status;
	pid_t pid;

	argv[n++] = (char *)plan_text(pl, program);
	snprintf(words[w], sizeof(words[w]), "%d", child);
	argv[n++] = words[w++];
	for (const struct plan_map *m = NULL;
	     (m = plan_each(pl, map, m)) && w + 3 < ARRAY_SIZE(words);) {
		const uint32_t v[] = { m->inside, m->outside, m->count };

		for (int i = 0; i < 3; i++, w++) {
			snprintf(words[w], sizeof(words[w]), "%u", v[i]);
			argv[n++] = words[w];
		}
	}
	argv[n] = NULL;
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(e, "user: cannot make a pipe");
	reader = pipes[0];
	writer = pipes[1];
	pid = fork();
	if (pid < 0)
		return err_sys(e, "user: cannot start '%s'", argv[0]);
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		dup2(writer, 2);
		execv(argv[0], argv);
		_exit(127);
	}
	close(fd_take(&writer));
	fd_read_all(reader, &said, 512);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	err_set(e, "user: '%s' failed: %.*s", argv[0],
		(int)strcspn(text_str(&said), "\n"), text_str(&said));
	return err_hint(
		e,
		"the range must lie within your lines of /etc/subuid and /etc/subgid, "
		"and '%s' must be setuid root or have its file capability",
		argv[0]);
}

int helper_map(const struct plan *pl, pid_t child, struct err *e)
{
	if (pl->user.order != USER_FIRST || pl->user.writer != MAP_BY_HELPERS)
		return 0;
	if (helper_run_mapper(pl, pl->user.newuidmap, &pl->user.uid_map, child, e) < 0)
		return -1;
	return helper_run_mapper(pl, pl->user.newgidmap, &pl->user.gid_map, child, e);
}

/* A pipe that ends without a word: the maps could not be written, or the keeper died */
static void work_in_map(int ready, int (*work)(const char *arg), const char *arg)
{
	char byte;

	if (read(ready, &byte, 1) != 1)
		_exit(1);
	_exit(work(arg) < 0);
}

int helper_in_map(const struct plan *pl, int (*work)(const char *arg), const char *arg,
		  struct err *e)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	auto_fd reader = -1, writer = -1;
	int pipes[2], status, r;
	pid_t pid;

	if (pl->user.order != USER_FIRST || pl->user.writer != MAP_BY_HELPERS)
		return err_set(e, "the plan has no range of ids");
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	reader = pipes[0];
	writer = pipes[1];
	pid = sys_clone3(&args);
	if (pid < 0)
		return err_sys(e, "user: cannot make a user namespace");
	if (pid == 0) {
		close(fd_take(&writer));
		work_in_map(reader, work, arg);
	}
	r = helper_map(pl, pid, e);
	if (!r && write(writer, "", 1) != 1)
		r = err_sys(e, "the helper for '%s' died", arg);
	close(fd_take(&writer));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r < 0 || !WIFEXITED(status) || WEXITSTATUS(status) ? -1 : 0;
}
