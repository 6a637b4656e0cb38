// SPDX-License-Identifier: GPL-3.0-or-later
/* compare_bait.c - things on the machine that a box may reach, and what came of it
 *
 * Nothing of it stays, however this process ends. The segment is marked for removal as
 * soon as this process has it, and goes with the last that does (shmctl(2): Linux lets
 * others come until then); the directory has a process that outlives this one.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "changes/remove.h"
#include "cmd/compare.h"

#define BACKLOG 8

static int make_token(struct bait *b, struct err *e)
{
	unsigned char random[(ATTEMPT_TOKEN - 1) / 2];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(e, "cannot get a random number");
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(b->token + 2 * i, 3, "%02x", random[i]);
	return 0;
}

static _Noreturn void clean(const char *dir, int alive)
{
	char end;

	/* Nothing but the end of the pipe ends it, so no signal of the terminal either */
	setsid();
	while (read(alive, &end, sizeof(end)) < 0 && errno == EINTR)
		;
	_exit(remove_name(AT_FDCWD, dir) < 0);
}

/* The directory goes also when this process is killed */
static int start_cleaner(struct bait *b, struct err *e)
{
	sigset_t all, old;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	/* @b is memory that both have: the child's 0 would be ours */
	pid = fork();
	if (!pid) {
		close(ends[1]);
		clean(b->dir, ends[0]);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(ends[0]);
	b->alive = ends[1];
	b->cleaner = pid;
	if (pid > 0)
		return 0;
	err_sys(e, "cannot start a process");
	rmdir(b->dir);
	return -1;
}

/* Everybody may read it: what keeps a box from it is where it lies, no bit of a mode */
static int lay_file(struct bait *b, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	auto_fd dir = -1, file = -1;

	if (!tmp || *tmp != '/' || strlen(tmp) > sizeof(b->dir) - 32)
		tmp = "/tmp";
	snprintf(b->dir, sizeof(b->dir), "%s/nook-compare.XXXXXX", tmp);
	if (!mkdtemp(b->dir)) {
		err_sys(e, "cannot make a directory in '%s'", tmp);
		*b->dir = '\0';
		return -1;
	}
	if (start_cleaner(b, e) < 0)
		return -1;
	snprintf(b->order.file, sizeof(b->order.file), "%s/flag", b->dir);
	dir = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		file = openat(dir, "flag", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (file < 0 || fchmod(dir, 0755) < 0 || fchmod(file, 0644) < 0 ||
	    fd_write_all(file, b->token, strlen(b->token)) < 0)
		return err_sys(e, "cannot write '%s'", b->order.file);
	return 0;
}

static int lay_segment(struct bait *b, struct err *e)
{
	int id = shmget(IPC_PRIVATE, ATTEMPT_TOKEN, IPC_CREAT | 0644);
	char *at = id < 0 ? NULL : shmat(id, NULL, 0);

	if (id < 0 || (intptr_t)at == -1) {
		err_sys(e, "cannot make shared memory");
		if (id >= 0)
			shmctl(id, IPC_RMID, NULL);
		return -1;
	}
	shmctl(id, IPC_RMID, NULL);
	memcpy(at, b->token, ATTEMPT_TOKEN);
	b->order.segment = id;
	return 0;
}

static int lay_socket(struct bait *b, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t len;

	snprintf(b->order.socket, sizeof(b->order.socket), "nook-compare-%.16s",
		 b->token);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			  strlen(b->order.socket));
	memcpy(at.sun_path + 1, b->order.socket, strlen(b->order.socket));
	b->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (b->socket < 0 || bind(b->socket, (struct sockaddr *)&at, len) < 0 ||
	    listen(b->socket, BACKLOG) < 0)
		return err_sys(e, "cannot listen on an abstract socket");
	return 0;
}

static int lay_port(struct bait *b, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);

	b->port = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (b->port < 0 || bind(b->port, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(b->port, BACKLOG) < 0 ||
	    getsockname(b->port, (struct sockaddr *)&at, &len) < 0)
		return err_sys(e, "cannot listen on 127.0.0.1");
	b->order.port = ntohs(at.sin_port);
	return 0;
}

static int32_t highest_pid(int proc)
{
	int copy = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = copy < 0 ? NULL : fdopendir(copy);
	int32_t most = getpid();

	for (const struct dirent *de; d && (de = readdir(d));) {
		int32_t pid = (int32_t)strtol(de->d_name, NULL, 10);

		if (isdigit((unsigned char)*de->d_name) && pid > most)
			most = pid;
	}
	return most;
}

static uint64_t namespace(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

/* What a process is told by that lies in no tree */
static int open_machine(struct bait *b, struct err *e)
{
	static const char id[] = "sys/kernel/random/boot_id";

	b->order.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->order.proc >= 0)
		b->order.boot_id = openat(b->order.proc, id, O_RDONLY | O_CLOEXEC);
	if (b->order.boot_id < 0 || file_read_small(b->order.proc, id, b->own_boot_id,
						    sizeof(b->own_boot_id)) < 0)
		return err_sys(e, "cannot read '/proc/%s'", id);
	b->uts = namespace("/proc/self/ns/uts");
	b->time = namespace("/proc/self/ns/time");
	b->order.pid = getpid();
	b->order.highest = highest_pid(b->order.proc);
	return 0;
}

void bait_none(struct bait *b)
{
	*b = (struct bait){ .socket = -1,
			    .port = -1,
			    .alive = -1,
			    .order = { .proc = -1, .boot_id = -1 } };
}

int bait_lay(struct bait *b, struct err *e)
{
	return make_token(b, e) < 0 || open_machine(b, e) < 0 || lay_file(b, e) < 0 ||
			       lay_segment(b, e) < 0 || lay_socket(b, e) < 0 ||
			       lay_port(b, e) < 0
		       ? -1
		       : 0;
}

void bait_clear(struct bait *b)
{
	int *const fds[] = { &b->socket, &b->port, &b->order.proc, &b->order.boot_id,
			     &b->alive };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			close(fd_take(fds[i]));
	while (b->cleaner > 0 && waitpid(b->cleaner, NULL, 0) < 0 && errno == EINTR)
		;
	b->cleaner = 0;
}

/* --- what came of it ---------------------------------------------------------------- */

static bool has_caller(int sock)
{
	bool any = false;
	int fd;

	while ((fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		close(fd);
		any = true;
	}
	return any;
}

static bool has_signal(void)
{
	const struct timespec now = { 0 };
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, SIGUSR1);
	return sigtimedwait(&one, NULL, &now) == SIGUSR1;
}

/* What it may do to a thing, and whether that thing is the machine's */
static enum reach of_namespace(int code, uint64_t own, uint64_t machine)
{
	return code ? REACH_NO : own && own == machine ? REACH_YES : REACH_OWN;
}

void bait_weigh(const struct bait *b, const struct attempt *a, struct reached *out)
{
	*out = (struct reached){ .kernel = -1, .processes = a->processes };
	memcpy(out->code, a->code, sizeof(out->code));
	out->caps = (unsigned int)__builtin_popcountll(a->caps);
	if (*a->boot_id)
		out->kernel = !strcmp(a->boot_id, b->own_boot_id);
	if (!strcmp(a->file, b->token))
		out->file = REACH_YES;
	else if (!strcmp(a->climbed, b->token))
		out->file = REACH_CLIMBED;
	out->signal = has_signal() ? REACH_YES : REACH_NO;
	out->socket = has_caller(b->socket) ? REACH_YES : REACH_NO;
	out->port = has_caller(b->port) ? REACH_YES : REACH_NO;
	out->segment = !strcmp(a->segment, b->token) ? REACH_YES : REACH_NO;
	out->hostname = of_namespace(a->code[ATTEMPT_HOSTNAME], a->uts, b->uts);
	/* The wall clock is the machine's in every time namespace */
	out->clock = !a->code[ATTEMPT_CLOCK]	     ? REACH_YES
		     : a->time && a->time != b->time ? REACH_OWN
						     : REACH_NO;
}
