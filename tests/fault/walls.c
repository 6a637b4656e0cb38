// SPDX-License-Identifier: GPL-3.0-or-later
/* walls.c - the payload of the fault tests: writes down the walls around it, then waits
 *
 *	walls FILE NAMESPACES [EXIT-CODE]
 *
 * FILE gets everything that a box confines a program by, in words that are the same in
 * every box of one profile: so two runs can be compared as text. NAMESPACES is what
 * `readlink /proc/self/ns/NAME` says on the host, one behind the other. Then it reads
 * standard input until its end, so that the tests decide how long it lives.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/mountinfo.h"

/* One write(2) at the end: there is never half of it */
struct page {
	char text[64 << 10];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct page *p, const char *fmt,
						      ...)
{
	size_t room = sizeof(p->text) - p->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p->text + p->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		p->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void add_status(struct page *p)
{
	static const char *const keys[] = {
		"Umask:",  "Uid:",	  "Gid:",     "Groups:",	 "SigBlk:",
		"SigIgn:", "CapInh:",	  "CapPrm:",  "CapEff:",	 "CapBnd:",
		"CapAmb:", "NoNewPrivs:", "Seccomp:", "Seccomp_filters:"
	};
	FILE *f = fopen("/proc/self/status", "re");
	char line[4096];

	if (!f)
		add(p, "no status: %s\n", strerror(errno));
	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (!strncmp(line, keys[i], strlen(keys[i])))
				add(p, "%s", line);
	if (f)
		fclose(f);
	add(p, "securebits %d dumpable %d\n", prctl(PR_GET_SECUREBITS),
	    prctl(PR_GET_DUMPABLE));
	/* its own, or that which only init is in besides */
	add(p, "own session %d\n", getsid(0) == getpid() || getsid(0) == 1);
}

static void add_namespaces(struct page *p, const char *hosts)
{
	static const char *const names[] = { "user", "mnt", "pid",    "net",
					     "uts",  "ipc", "cgroup", "time" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64], target[64] = "?";

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		if (readlink(path, target, sizeof(target) - 1) < 0)
			add(p, "ns %s unreadable\n", names[i]);
		else
			add(p, "ns %s %s\n", names[i],
			    strstr(hosts, target) ? "the host's" : "own");
	}
}

static void add_mounts(struct page *p)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[8192];

	for (const char *at; (at = next_mount(f, line, sizeof(line)));)
		add(p, "mount %s", at);
	if (f)
		fclose(f);
}

static void add_limits(struct page *p)
{
	FILE *f = fopen("/proc/self/limits", "re");
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		add(p, "limit %s", line);
	if (f)
		fclose(f);
}

/* How many domains of Landlock one can still enter: the kernel allows 16 in all */
static void add_landlock(struct page *p)
{
	uint64_t handled = LANDLOCK_ACCESS_FS_MAKE_BLOCK;
	int fd = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
	int n = 0;

	while (fd >= 0 && n < 20 && !syscall(SYS_landlock_restrict_self, fd, 0))
		n++;
	add(p, "landlock %s %d\n", fd < 0 ? "refused" : "domains left", n);
}

static void add_files(struct page *p)
{
	char path[4096] = "?";
	struct stat st;

	for (int fd = 0; fd < 1024; fd++)
		if (!fstat(fd, &st))
			add(p, "fd %d type %o\n", fd, fd ? st.st_mode & S_IFMT : 0);
	if (!getcwd(path, sizeof(path)))
		snprintf(path, sizeof(path), "no cwd");
	add(p, "cwd %s\n", path);
	gethostname(path, sizeof(path));
	add(p, "host %s\n", path);
	/* the shell of a user whose line cannot be read is another, which is no wall */
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "SHELL=", 6))
			add(p, "env %s\n", *e);
}

/* How many processes a limit lets it have, where the test asks for it */
static void add_forks(struct page *p)
{
	const char *most = getenv("FORKS");
	pid_t child[64];
	int n = 0;

	while (most && n < atoi(most) && n < 64 && (child[n] = fork()) >= 0) {
		if (child[n++] == 0) {
			for (;;)
				pause();
		}
	}
	if (most)
		add(p, "forks %d\n", n);
	while (n--) {
		kill(child[n], SIGKILL);
		waitpid(child[n], NULL, 0);
	}
}

/* Where the box may change something, it does: what lies there must go as well */
static void make_changes(void)
{
	int fd;

	mkdir("/over/dir", 0700);
	mkdir("/over/dir/deep", 0500);
	fd = open("/over/dir/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0400);
	if (fd >= 0)
		close(fd);
	chmod("/over/dir", 0);
}

int main(int argc, char **argv)
{
	static struct page p;
	char buf[256];
	int fd;

	if (argc < 3)
		return 2;
	make_changes();
	add_files(&p);
	add_status(&p);
	add_namespaces(&p, argv[2]);
	add_mounts(&p);
	add_limits(&p);
	add_landlock(&p);
	add_forks(&p);
	fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, p.text, p.len) != (ssize_t)p.len)
		return 3;
	close(fd);
	while (read(0, buf, sizeof(buf)) > 0)
		;
	return argc > 3 ? atoi(argv[3]) : 0;
}
