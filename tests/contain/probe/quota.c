// SPDX-License-Identifier: GPL-3.0-or-later
/* quota.c - checks RS-01, 02, 03, 09, 19, 20 and PS-08: what a payload uses up where no
 * cgroup holds it
 *
 * Bombs and hogs: they are run only in a box whose limit was proven first, and all of
 * them stop by themselves (controls run them with small numbers).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define MIB (1u << 20)

static long number(const struct probe *p, int i, const char *otherwise)
{
	return atol(probe_arg(p, i, otherwise));
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* --- memory: each uses @mib of one kind and answers how much it got  */

static long use_anon(const struct probe *p, long mib)
{
	(void)p;
	for (long i = 0; i < mib; i++) {
		char *m = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (m == MAP_FAILED)
			return i;
		memset(m, 1, MIB);
	}
	return mib;
}

static long fill(int fd, long mib)
{
	static char block[MIB];

	memset(block, 1, sizeof(block));
	for (long i = 0; i < mib; i++)
		if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
			return i;
	return mib;
}

/* DIR, a tmpfs: the pages are nobody's, only their file's */
static long use_tmpfs(const struct probe *p, long mib)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/hog", probe_arg(p, 2, "/tmp"));
	return fill(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600), mib);
}

static long use_memfd(const struct probe *p, long mib)
{
	(void)p;
	return fill(memfd_create("hog", 0), mib);
}

static long use_shm(const struct probe *p, long mib)
{
	int id = shmget(IPC_PRIVATE, (size_t)mib * MIB, IPC_CREAT | 0600);
	char *m = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	(void)p;
	if (m == (void *)-1)
		return -1;
	shmctl(id, IPC_RMID, NULL);
	memset(m, 1, (size_t)mib * MIB);
	return mib;
}

/* One page of a huge mapping in every 2 MiB: half of the memory is page tables */
static long use_tables(const struct probe *p, long mib)
{
	(void)p;
	for (long n = 0; n < mib * 128; n++) {
		char *m = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (m == MAP_FAILED)
			return n / 128;
		madvise(m, 2 * MIB, MADV_NOHUGEPAGE);
		m[0] = 1;
		/* neighbours would be merged into one mapping: its tables are the same */
	}
	return mib;
}

static long use_pipes(const struct probe *p, long mib)
{
	static char block[65536];
	long bytes = 0;
	int ends[2];

	(void)p;
	while (bytes < mib * (long)MIB && !pipe2(ends, O_NONBLOCK))
		for (ssize_t n; (n = write(ends[1], block, sizeof(block))) > 0;)
			bytes += n;
	return bytes / (long)MIB;
}

/* As many descriptors as this user may have */
static void open_many(void)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &most))
		return;
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
}

/* What @fd takes without a reader, in bytes */
static long stuff(int fd)
{
	static char block[65536];
	long bytes = 0;

	for (ssize_t n; (n = send(fd, block, sizeof(block), MSG_DONTWAIT)) > 0;)
		bytes += n;
	return bytes;
}

static long use_unix(const struct probe *p, long mib)
{
	long bytes = 0;
	int ends[2];

	(void)p;
	open_many();
	while (bytes < mib * (long)MIB && !socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		bytes += stuff(ends[0]) + stuff(ends[1]);
	return bytes / (long)MIB;
}

/* Both ends of a connection on the loopback */
static long use_tcp(const struct probe *p, long mib)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	long bytes = 0;

	open_many();
	if (bind(listener, (struct sockaddr *)&at, size) || listen(listener, 64) ||
	    getsockname(listener, (struct sockaddr *)&at, &size))
		probe_die(p, "no loopback: %s", errno_name(errno));
	while (bytes < mib * (long)MIB) {
		int one = socket(AF_INET, SOCK_STREAM, 0), other;

		if (connect(one, (struct sockaddr *)&at, size))
			break;
		other = accept(listener, NULL, NULL);
		bytes += stuff(one) + stuff(other);
	}
	return bytes / (long)MIB;
}

/* DIR, on a disk: the cache gives way, nobody is killed for it */
static long use_cache(const struct probe *p, long mib)
{
	char path[256];
	int fd;
	long got;

	snprintf(path, sizeof(path), "%s/cache", probe_arg(p, 2, "/tmp"));
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	got = fill(fd, mib);
	unlink(path);
	return got;
}

/* Names that are not there stay in memory as well */
static long use_names(const struct probe *p, long mib)
{
	struct stat st;
	char path[256];

	for (long n = 0; n < mib * 4096; n++) {
		snprintf(path, sizeof(path), "%s/no-such-name-%ld",
			 probe_arg(p, 2, "/tmp"), n);
		stat(path, &st);
	}
	return mib;
}

/* KIND MEBIBYTES [DIR]: prints how much of it there was */
static void use_memory(const struct probe *p)
{
	static const struct {
		const char *name;
		long (*use)(const struct probe *p, long mib);
	} kinds[] = {
		{ "anon", use_anon },	{ "tmpfs", use_tmpfs },	  { "memfd", use_memfd },
		{ "shm", use_shm },	{ "tables", use_tables }, { "pipes", use_pipes },
		{ "unix", use_unix },	{ "tcp", use_tcp },	  { "cache", use_cache },
		{ "names", use_names },
	};
	const char *kind = probe_arg(p, 0, "anon");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, kind)) {
			say_text(p, kind, "%ld", kinds[i].use(p, number(p, 1, "1")));
			return;
		}
	probe_die(p, "no kind '%s'", kind);
}

/* --- processes --------------------------------------------------- */

static void *idle(void *arg)
{
	(void)arg;
	pause();
	return NULL;
}

/* fork|thread COUNT SECONDS: try to have that many; with seconds, go on trying so long */
static void bomb(const struct probe *p)
{
	bool threads = !strcmp(probe_arg(p, 0, "fork"), "thread");
	double until = now() + (double)number(p, 2, "0");
	long most = number(p, 1, "10"), got = 0;
	int code = 0;

	do {
		pthread_t t;
		pid_t pid = 0;

		if (threads)
			code = pthread_create(&t, NULL, idle, NULL);
		else
			code = (pid = fork()) < 0 ? errno : 0;
		if (!threads && !pid && !code) {
			pause();
			_exit(0);
		}
		got += !code;
	} while ((!code && got < most) || now() < until);
	say_errno(p, "last", code);
	say_text(p, "made", "%ld", got);
	fflush(stdout);
	kill(0, SIGKILL);
}

/* SECONDS: each child makes one more and ends, so a scan always meets the one before */
static void churn(const struct probe *p)
{
	double until = now() + (double)number(p, 0, "30");

	signal(SIGCHLD, SIG_IGN);
	while (now() < until) {
		pid_t pid = fork();

		if (pid > 0)
			_exit(0);
		if (!pid)
			setsid();
	}
}

static void *burn(void *arg)
{
	volatile uint64_t n = 0;
	double until = *(double *)arg;

	while (now() < until)
		for (int i = 0; i < 10000; i++)
			n++;
	return NULL;
}

/* THREADS SECONDS: all of them compute; seconds are whole or have a fraction */
static void spin(const struct probe *p)
{
	double until = now() + atof(probe_arg(p, 1, "1"));
	pthread_t t[64];
	long n = number(p, 0, "4");

	for (long i = 1; i < n && i < 64; i++)
		pthread_create(&t[i], NULL, burn, &until);
	burn(&until);
	say(p, "spin", 0);
}

/* COUNT: short children, each of which computes for a moment and is gone at once */
static void short_lives(const struct probe *p)
{
	long most = number(p, 0, "10000");

	for (long i = 0; i < most; i++) {
		pid_t pid = fork();

		if (!pid) {
			double until = now() + 0.002;

			burn(&until);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
	say(p, "short", 0);
}

/* --- input and output, cgroups ----------------------------------- */

/* FILE MEBIBYTES: past the cache. Prints how many seconds it took */
static void write_direct(const struct probe *p)
{
	int fd = open(probe_arg(p, 0, "/tmp/direct"),
		      O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT, 0600);
	void *block = NULL;
	double began = now();

	if (fd < 0 || posix_memalign(&block, 4096, MIB))
		probe_die(p, "cannot write past the cache: %s", errno_name(errno));
	memset(block, 1, MIB);
	for (long i = 0; i < number(p, 1, "8"); i++)
		if (write(fd, block, MIB) != MIB)
			probe_die(p, "write: %s", errno_name(errno));
	say_text(p, "seconds", "%.2f", now() - began);
}

static void try_write(const struct probe *p, const char *dir, const char *file)
{
	char path[512], part[520];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	snprintf(part, sizeof(part), "write:%s", path);
	fd = open(path, O_WRONLY);
	say(p, part, fd);
	if (fd >= 0)
		close(fd);
}

/* One cgroup directory: what loosens it, and what makes another beside it */
static void try_cgroup(const struct probe *p, const char *dir)
{
	static const char *const files[] = {
		"release_agent", "notify_on_release", "cgroup.procs", "tasks",
		"../cgroup.procs", "memory.limit_in_bytes", "memory.max", "pids.max",
		"cpu.max", "cpu.cfs_quota_us", "devices.allow", "freezer.state",
		"cgroup.subtree_control",
	};
	char path[512], part[520];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		try_write(p, dir, files[i]);
	snprintf(path, sizeof(path), "%s/escape", dir);
	snprintf(part, sizeof(part), "mkdir:%s", path);
	say(p, part, mkdir(path, 0755));
	rmdir(path);
	snprintf(part, sizeof(part), "remount:%s", dir);
	say(p, part, mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND, NULL));
}

/* What there is of cgroups below /sys/fs/cgroup, and whether any of it can be changed */
static void loosen(const struct probe *p)
{
	static const char top[] = "/sys/fs/cgroup";
	const struct dirent *de;
	DIR *d = opendir(top);

	say(p, "open", d ? 0 : -1);
	if (!d)
		return;
	try_cgroup(p, top);
	while ((de = readdir(d))) {
		char path[512];

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", top, de->d_name);
		try_cgroup(p, path);
	}
	closedir(d);
}

const struct check quota_checks[] = {
	{ "RS-01", bomb, "fork|thread COUNT SECONDS" },
	{ "RS-02", churn, "SECONDS" },
	{ "RS-03", use_memory, "KIND MEBIBYTES [DIR]" },
	{ "RS-09", spin, "THREADS SECONDS" },
	{ "RS-09.short", short_lives, "COUNT" },
	{ "RS-20", write_direct, "FILE MEBIBYTES" },
	{ "PS-08", loosen, NULL },
	{ 0 },
};
