// SPDX-License-Identifier: GPL-3.0-or-later
/* end.c - checks RS-10 to RS-15: payloads that will not end, and what they leave behind
 *
 * What must not outlive a box is called "nook-left", so that the host can look for it.
 */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void block_all(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

static void call_left(void)
{
	prctl(PR_SET_NAME, "nook-left", 0, 0, 0);
}

static void spin(void)
{
	block_all();
	for (volatile int i = 0;; i++)
		;
}

static void sleep_on(void)
{
	for (;;)
		pause();
}

/* A child that stops itself, and a parent that follows */
static void stop(void)
{
	if (fork() > 0)
		usleep(50000);
	raise(SIGSTOP);
	sleep_on();
}

/* WAY: sleep, stop, spin; none ends by itself. A child does the same. */
static void never_end(const struct probe *p)
{
	const char *way = probe_arg(p, 0, "sleep");

	call_left();
	say_text(p, way, "begun");
	fork();
	if (!strcmp(way, "spin"))
		spin();
	if (!strcmp(way, "stop"))
		stop();
	sleep_on();
}

/* Everything that asks is refused: ignored, blocked, caught; a child has gone to a group
 * of its own. TERM is told of. */
static void refuse_signals(const struct probe *p)
{
	sigset_t term;
	int got;

	call_left();
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	block_all();
	if (!fork()) {
		setpgid(0, 0);
		sleep_on();
	}
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	say_text(p, "all", "refused");
	if (!sigwait(&term, &got))
		say_text(p, "TERM", "came");
	sleep_on();
}

/* Away from the parent, its session, its streams, and every signal: a daemon */
static void become_daemon(void)
{
	setsid();
	if (fork())
		_exit(0);
	call_left();
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	if (chdir("/") < 0)
		_exit(1);
}

/* CODE [stay]: three of them are left, one with a child of its own; the main process
 * ends, or stays too */
static void leave_daemons(const struct probe *p)
{
	int ready[2];
	char byte[4];

	if (pipe(ready) < 0)
		probe_die(p, "no pipe");
	for (int i = 0; i < 3; i++) {
		if (fork())
			continue;
		become_daemon();
		if (i == 2)
			fork();
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (int fd = 0; fd < 64; fd++)
			close(fd);
		sleep_on();
	}
	for (int i = 0; i < 4; i++)
		if (read(ready[0], byte, 1) != 1)
			probe_die(p, "no daemon");
	say_text(p, "left", "4");
	if (p->argc > 1)
		sleep_on();
	_exit(atoi(probe_arg(p, 0, "0")));
}

/* SECONDS: a daemon that holds our stdout and stderr that long */
static void hold_output(const struct probe *p)
{
	if (!fork()) {
		become_daemon();
		sleep((unsigned int)atoi(probe_arg(p, 0, "5")));
		_exit(0);
	}
	say_text(p, "main", "ended");
	_exit(0);
}

/* --- orphans ------------------------------------------------------------------------ */

/* Processes that have ended and were not waited for; all others besides us and pid 1 */
static int count(char wanted)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	int n = 0;

	while (proc && (d = readdir(proc))) {
		char path[300], line[300], *state;
		FILE *f;

		if (*d->d_name < '0' || *d->d_name > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%.200s/stat", d->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		state = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
		n += state && strlen(state) > 2 && state[2] == wanted;
		fclose(f);
	}
	if (proc)
		closedir(proc);
	return n;
}

/* COUNT children that nobody waits for, by parents that end, 500 at a time */
static void leave_zombies(const struct probe *p)
{
	long most = atol(probe_arg(p, 0, "2000"));
	int zombies = 0;

	for (long n = 0; n < most; n += 500) {
		pid_t parent = fork();

		for (int i = 0; !parent && i < 500; i++)
			if (!fork())
				_exit(0);
		if (!parent)
			_exit(0);
		if (parent < 0 || waitpid(parent, NULL, 0) < 0)
			probe_die(p, "no children");
	}
	/* Who inherits them needs a moment */
	for (int i = 0; i < 50; i++) {
		zombies = count('Z');
		if (!zombies)
			break;
		usleep(20000);
	}
	say_text(p, "zombies", "%s", zombies ? "some" : "none");
}

/* --- init --------------------------------------------------------------------------- */

/* Its limits, every signal to init, then KILL to all there are. `parent`, where there is
 * no pid namespace: KILL alone, and to whom init is then */
static void attack_init(const struct probe *p)
{
	const struct rlimit none = { 0, 0 };
	int sent = 0, status = 0;
	pid_t child;

	if (p->argc) {
		say(p, "parent", kill(getppid(), SIGKILL));
		sleep_on();
	}
	/* It wakes up by the signals, and then looks at two descriptors */
	say(p, "limits", prlimit(1, RLIMIT_NOFILE, &none, NULL));
	for (int sig = 1; sig < NSIG; sig++)
		sent += kill(1, sig) == 0;
	kill(1, SIGSTOP);
	usleep(100000);
	say_text(p, "sent", "%s", sent ? "some" : "none");
	say_text(p, "stopped", "%s", count('T') ? "yes" : "no");
	child = fork();
	if (!child)
		sleep_on();
	kill(-1, SIGKILL);
	/* CONTROL: it reaches whom it may */
	if (waitpid(child, &status, 0) == child && WIFSIGNALED(status))
		say_text(p, "others", "%s", sigabbrev_np(WTERMSIG(status)));
	_exit(7);
}

const struct check end_checks[] = {
	{ "RS-10", never_end, "sleep|stop|spin" },
	{ "RS-11", refuse_signals, NULL },
	{ "RS-12", leave_daemons, "CODE [stay]" },
	{ "RS-13", hold_output, "SECONDS" },
	{ "RS-14", leave_zombies, "COUNT" },
	{ "RS-15", attack_init, "[parent]" },
	{ 0 },
};
