// SPDX-License-Identifier: GPL-3.0-or-later
/* tt.c - checks TT-*: terminal, session, System V and POSIX objects
 *
 * `probe pty MODE COMMAND...` is the other end: a terminal emulator with a will of
 * its own.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#ifndef TIOCLINUX
#define TIOCLINUX 0x541c
#endif

/* Type "id\n" into every terminal that is at hand */
static void push_input(const struct probe *p)
{
	static const char typed[] = "id\n";
	char part[16];
	int tty = open("/dev/tty", O_RDWR);

	say(p, "open", tty);
	for (int fd = 0; fd < 4; fd++) {
		int at = fd < 3 ? fd : tty, code = 0;

		snprintf(part, sizeof(part), fd < 3 ? "%d" : "tty", fd);
		for (const char *c = typed; *c && !code; c++)
			code = ioctl(at, TIOCSTI, c) < 0 ? errno : 0;
		say_errno(p, part, code);
	}
}

/* The same, and pasting into a console, with noise in the upper half of the number */
static void push_input_high(const struct probe *p)
{
	char c = 'x', sub = 3;

	say(p, "sti", syscall(SYS_ioctl, 0, 0x12300000000UL | TIOCSTI, &c));
	say(p, "linux", syscall(SYS_ioctl, 0, 0x12300000000UL | TIOCLINUX, &sub));
}

/* Sub-codes 2 and 3 of TIOCLINUX: selection, paste. On no console: ENOTTY is an answer of
 * the kernel's, so the call got through */
static void push_paste(const struct probe *p)
{
	char sub[16] = { 2 };

	say(p, "select", ioctl(0, TIOCLINUX, sub));
	sub[0] = 3;
	say(p, "paste", ioctl(0, TIOCLINUX, sub));
	say(p, "bad_fd", ioctl(-1, TIOCLINUX, sub));
}

/* How much typed input waits in the terminal on stdin: nobody typed anything */
static void pending_input(const struct probe *p)
{
	int n = 0;

	if (ioctl(0, FIONREAD, &n) < 0)
		probe_die(p, "FIONREAD");
	say_text(p, NULL, "%d", n);
}

/* Whose session this is: 0 is one of outside */
static void session(const struct probe *p)
{
	pid_t sid = getsid(0);
	int fd = open("/dev/tty", O_RDWR);

	say_text(p, "session", "%s",
		 !sid			 ? "outside"
		 : sid == getpid()	 ? "own"
		 : sid == getsid(getppid()) && getppid() != 1 ? "parent's"
		 : sid == 1		 ? "init's"
					 : "other");
	say(p, "tty", fd);
}

/* --- objects ---------------------------------------------------------------------- */

#define KEY 0x6e6f6f6b
#define NAME "/nook-probe"

static void make_objects(const struct probe *p)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };

	say(p, "shmget", shmget(KEY, 4096, IPC_CREAT | 0666));
	say(p, "semget", semget(KEY, 1, IPC_CREAT | 0666));
	say(p, "msgget", msgget(KEY, IPC_CREAT | 0666));
	umask(0);
	say(p, "mq_open", mq_open(NAME, O_RDWR | O_CREAT, 0666, &attr));
	say(p, "shm_open", shm_open(NAME, O_RDWR | O_CREAT, 0666));
}

static void find_objects(const struct probe *p)
{
	static const char *const lists[] = { "/proc/sysvipc/shm", "/proc/sysvipc/sem",
					     "/proc/sysvipc/msg" };
	char line[256];
	int listed = 0;

	say(p, "shmget", shmget(KEY, 0, 0));
	say(p, "semget", semget(KEY, 0, 0));
	say(p, "msgget", msgget(KEY, 0));
	say(p, "mq_open", mq_open(NAME, O_RDONLY));
	say(p, "shm_open", shm_open(NAME, O_RDONLY, 0));
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		FILE *f = fopen(lists[i], "re");

		for (int n = 0; f && fgets(line, sizeof(line), f); n++)
			listed += n > 0;
		if (f)
			fclose(f);
	}
	say_text(p, "listed", "%s", listed ? "some" : "none");
}

static void remove_objects(const struct probe *p)
{
	(void)p;
	shmctl(shmget(KEY, 0, 0), IPC_RMID, NULL);
	semctl(semget(KEY, 0, 0), 0, IPC_RMID);
	msgctl(msgget(KEY, 0), IPC_RMID, NULL);
	mq_unlink(NAME);
	shm_unlink(NAME);
}

/* --- the other end ---------------------------------------------------------------- */

static pid_t start_on_pty(const struct probe *p, int *master)
{
	int unlock = 0, slave;
	pid_t pid;

	*master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*master < 0 || ioctl(*master, TIOCSPTLCK, &unlock) < 0)
		probe_die(p, "no pseudo-terminal");
	slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		probe_die(p, "no other side of it");
	pid = fork();
	if (!pid) {
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		execvp(p->argv[1], p->argv + 1);
		_exit(127);
	}
	close(slave);
	return pid;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What was written right before the end, which may have been seen first */
static void show_rest(int master)
{
	struct pollfd pfd = { .fd = master, .events = POLLIN };
	char buf[4096];
	ssize_t n;

	while (poll(&pfd, 1, 0) > 0 && (n = read(master, buf, sizeof(buf))) > 0)
		write(1, buf, (size_t)n);
}

/*
 * Modes: show (what comes is printed), stopped (nothing is read), keys (^C ^\ ^Z all the
 * time), sizes (10,000 resizes), hangup (gone after 0.2 s). Prints the code, the time and
 * what nook used, as words that do not change.
 */
static void pty(const struct probe *p)
{
	static const char keys[] = { 3, 0x1c, 0x1a };
	const char *mode = probe_arg(p, 0, "show");
	double begun = seconds_now();
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct rusage used;
	char buf[4096];
	int master, status = 0, turns = 0;
	pid_t pid = start_on_pty(p, &master), done = 0;
	bool reads = strcmp(mode, "stopped") != 0;

	while (!(done = wait4(pid, &status, WNOHANG, &used))) {
		struct pollfd pfd = { .fd = reads ? master : -1, .events = POLLIN };

		if (poll(&pfd, 1, *mode == 's' && mode[1] == 'i' ? 0 : 5) > 0) {
			ssize_t n = read(master, buf, sizeof(buf));

			if (n > 0 && !strcmp(mode, "show"))
				write(1, buf, (size_t)n);
			if (n <= 0)
				usleep(1000);
		}
		if (!strcmp(mode, "keys") && turns < 300)
			write(master, &keys[turns % 3], 1);
		if (!strcmp(mode, "sizes") && turns < 10000) {
			size.ws_col = (unsigned short)(20 + turns % 100);
			ioctl(master, TIOCSWINSZ, &size);
		}
		/* What ^Z stopped goes on */
		if (!strcmp(mode, "keys"))
			kill(pid, SIGCONT);
		if (master >= 0 && !strcmp(mode, "hangup") &&
		    seconds_now() - begun > 0.2) {
			close(master);
			master = -1;
			reads = false;
		}
		if (seconds_now() - begun > 20) {
			kill(pid, SIGKILL);
			say_text(p, "hangs", "yes");
		}
		turns++;
	}
	if (!strcmp(mode, "show")) {
		show_rest(master);
		return;
	}
	if (WIFSIGNALED(status))
		say_text(p, "ended", "SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		say_text(p, "ended", "%d", WEXITSTATUS(status));
	say_text(p, "busy", "%s",
		 (double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec +
				 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) /
					 1e6 >
				 0.3
			 ? "yes"
			 : "no");
	say_text(p, "large", "%s", used.ru_maxrss > 32 << 10 ? "yes" : "no");
	say_text(p, "slow", "%s", seconds_now() - begun > 6 ? "yes" : "no");
}

const struct check tt_checks[] = {
	{ "TT-01", push_input, NULL },
	{ "TT-02", push_input_high, NULL },
	{ "TT-03", push_paste, NULL },
	{ "TT-04", session, NULL },
	{ "TT-09", find_objects, NULL },
	{ "TT-09.make", make_objects, NULL },
	{ "TT-09.remove", remove_objects, NULL },
	{ "pending", pending_input, NULL },
	{ "pty", pty, "show|stopped|keys|sizes|hangup COMMAND..." },
	{ 0 },
};
