/* SPDX-License-Identifier: GPL-3.0-or-later */
/* playground.h - namespaces with a shell as their first process, for tests of labs' facts
 *
 * As the playground of a lab: own user namespace for an ordinary user, own mount, pid,
 * net, uts, ipc and cgroup namespaces, a /proc of its own, $LAB the same inside and
 * outside. The shell does line by line what tell() says. When the test ends so does all
 * of it: the shell's stdin has no writer any more.
 */
#ifndef NOOK_TEST_PLAYGROUND_H
#define NOOK_TEST_PLAYGROUND_H

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forked.h"
#include "lab/fact.h"
#include "lab/within.h"
#include "tap.h"

#define PLAYGROUND_ID "L99"

/** struct playground - @maker: parent of its shell; @to, @from: the shell's 0 and 3 */
struct playground {
	struct lab_scene scene;
	char dir[64];
	pid_t maker;
	int to, from;
};

static inline void playground_shell(const char *dir, int in, int out)
{
	char lab[80];

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL))
		_exit(3);
	snprintf(lab, sizeof(lab), "LAB=%s", dir);
	putenv(lab);
	setenv("NOOK_LAB", PLAYGROUND_ID, 1);
	if (dup2(in, 0) < 0 || dup2(out, 3) < 0 || chdir(dir))
		_exit(3);
	execlp("sh", "sh", (char *)NULL);
	_exit(3);
}

/* In the process that makes it: its child is pid 1, and whose pid it tells */
static inline void playground_maker(const char *dir, int in, int out)
{
	int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS |
		    CLONE_NEWIPC | CLONE_NEWCGROUP;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if ((geteuid() && enter_userns(0)) || unshare(flags))
		_exit(3);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		playground_shell(dir, in, out);
	}
	if (write(out, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		_exit(3);
	close(in);
	close(out);
	waitpid(pid, NULL, 0);
	_exit(0);
}

/* Have the shell do something, and wait until it has. Return: what it wrote to
 * descriptor 3, good until the next call */
static inline const char *tell(struct playground *p, const char *words)
{
	static char said[4096];
	size_t n = 0;

	dprintf(p->to, "{ %s\n} 3>&-; printf '\\001' >&3\n", words);
	while (n < sizeof(said) - 1 && read(p->from, said + n, 1) == 1 && said[n] != 1)
		n++;
	said[n] = '\0';
	return said;
}

/* Return: false where this user can have none */
static inline bool playground_make(struct playground *p, const char *const *targets,
				   size_t count)
{
	int in[2], out[2];

	strcpy(p->dir, "/tmp/lab.XXXXXX");
	if (!mkdtemp(p->dir) || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return false;
	fflush(stdout);
	p->maker = fork();
	if (p->maker == 0)
		playground_maker(p->dir, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	p->to = in[1];
	p->from = out[0];
	p->scene = (struct lab_scene){ .id = PLAYGROUND_ID,
				       .dir = p->dir,
				       .token = "t0ken",
				       .targets = targets,
				       .target_count = count };
	return read(p->from, &p->scene.init, sizeof(pid_t)) == (ssize_t)sizeof(pid_t);
}

static inline void playground_end(struct playground *p)
{
	close(p->to);
	close(p->from);
	if (p->scene.init > 0)
		kill(p->scene.init, SIGKILL);
	waitpid(p->maker, NULL, 0);
	if (fork() == 0) {
		execlp("rm", "rm", "-rf", p->dir, (char *)NULL);
		_exit(1);
	}
	wait(NULL);
}

/* run-in starts the test's own file over; and once more where a command is a script for
 * it, which then says whether anybody could write to that */
static inline void playground_again(char **argv)
{
	struct statvfs fs;
	int fd;

	if (argv[1] && !strcmp(argv[0], WITHIN_NAME))
		within_main(argv);
	if (strcmp(argv[0], "/proc/self/exe") != 0)
		return;
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	puts(fcntl(fd, F_GET_SEALS) > 0 || (!fstatvfs(fd, &fs) && fs.f_flag & ST_RDONLY)
		     ? "guarded"
		     : "open");
	exit(0);
}

/* --- facts ------------------------------------------------------------------------- */

enum { NO, YES, UNKNOWN };

/* What a fact is, and in its texts what it says: "" for none */
static inline int fact_is(const struct playground *p, const char *line,
			  struct fact_found *found)
{
	struct err e = { 0 };

	fact_release(found);
	if (fact_look(&p->scene, line, found, &e) < 0) {
		diag("%s: %s", line, e.text);
		return -1;
	}
	return found->is_unknown ? UNKNOWN : found->holds;
}

/* Test that a fact holds, or does not */
static inline void fact(const struct playground *p, int wanted, const char *line)
{
	static const char *const words[] = { "no", "yes", "unknown" };
	struct fact_found found = { 0 };
	int got = fact_is(p, line, &found);

	if (!ok(got == wanted, "%s: %s", line, words[wanted]))
		diag("expected %s, found %s, in %s", text_str(&found.expected),
		     text_str(&found.found), text_str(&found.source));
	fact_release(&found);
}

#endif
