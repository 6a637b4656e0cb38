/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run.c - the driver of `make bench`: runs the rows in turn and prints ratios
 *
 *	run --dir DIR [--runs N] [--rows NAMES] [--json] [--fifo]
 *
 * --fifo runs everything at real-time priority (root): what else the machine does waits.
 *
 * DIR is made by mk/bench.mk. As root every row is measured as root and as uid 1234, else
 * as the caller. Exit status 0 whatever the ratios are; with BENCH_JUDGE=1 in the
 * environment a bar that is exceeded, or a row of nook that fails, gives 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define USERS_MOST   2
#define ORDINARY_UID 1234
#define KEEPER_MOST  1024  /* KiB */
#define INIT_MOST    300   /* KiB */

/* The environment of every row: nothing of the caller's may make a difference */
static char *environment[8];

int user_become(uid_t uid)
{
	if (getuid() == uid)
		return 0;
	return setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid);
}

pid_t program_start(char *const argv[], int errfd)
{
	posix_spawn_file_actions_t fa;
	pid_t pid = -1;
	int r;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	if (errfd < 0)
		posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&fa, errfd, 2);
	r = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&fa);
	errno = r;
	return r ? -1 : pid;
}

int program_wait(pid_t pid)
{
	siginfo_t si;

	while (waitid(P_PID, (id_t)pid, &si, WEXITED))
		if (errno != EINTR)
			return -1;
	return si.si_code == CLD_EXITED ? si.si_status : 128 + si.si_status;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The first line a failing row wrote to stderr, or its exit status */
static void fail_say(struct times *t, int errfd, int status)
{
	ssize_t n = pread(errfd, t->message, MESSAGE_SIZE - 1, 0);

	t->failed = true;
	t->message[n > 0 ? n : 0] = '\0';
	t->message[strcspn(t->message, "\n")] = '\0';
	if (!t->message[0])
		snprintf(t->message, MESSAGE_SIZE, "exit status %d", status);
}

/* Once with stderr kept: a row that cannot run here says why and is taken out */
static void row_try(const struct bench *b, const struct row *r, struct times *t)
{
	char *words[ARGS_MOST], space[SPACE_SIZE];
	int errfd, status;
	pid_t pid;

	t->found = row_is_found(b, r);
	if (!t->found)
		return;
	errfd = memfd_create("stderr", MFD_CLOEXEC);
	row_argv(b, r, 0, words, space);
	pid = program_start(words, errfd);
	status = pid < 0 ? 127 : program_wait(pid);
	if (status)
		fail_say(t, errfd, status);
	close(errfd);
}

static double row_time(const struct bench *b, const struct row *r, int n, int *status)
{
	char *words[ARGS_MOST], space[SPACE_SIZE];
	double start;
	pid_t pid;

	row_argv(b, r, n, words, space);
	start = now();
	pid = program_start(words, -1);
	*status = pid < 0 ? 127 : program_wait(pid);
	return now() - start;
}

static bool is_asked(const char *only, const char *name)
{
	size_t len = strlen(name);

	for (const char *s = only; s && *s;) {
		size_t word = strcspn(s, ", ");

		if (word == len && !strncmp(s, name, len))
			return true;
		s += word + (s[word] != '\0');
	}
	return !only || !*only;
}

/* The box that a row goes into. Return: pid of its keeper, 0 = no row needs it */
static pid_t living_start(const struct bench *b)
{
	static const struct timespec step = { 0, 10000000 };
	const struct row *living = living_row(), *r = rows();
	char *words[ARGS_MOST], space[SPACE_SIZE];
	int status = 1;
	pid_t pid;

	if (!is_asked(b->only, living->name))
		return 0;
	while (strcmp(r->name, living->name) != 0)
		r++;
	row_argv(b, living, 0, words, space);
	pid = program_start(words, -1);
	for (int i = 0; pid > 0 && status && i < 200; i++) {
		nanosleep(&step, NULL);
		row_time(b, r, 0, &status);
	}
	return pid > 0 ? pid : 0;
}

/* Runs in the child of one user; @t is shared with the driver */
static void rows_measure(const struct bench *b, struct times *t)
{
	double *all = calloc((size_t)b->runs * ROWS_MOST, sizeof(double));
	const struct row *table = rows();
	pid_t living = living_start(b);
	int status;

	if (!all)
		exit(1);
	for (int i = 0; table[i].name; i++) {
		t[i].wanted = is_asked(b->only, table[i].name);
		if (t[i].wanted)
			row_try(b, &table[i], &t[i]);
	}
	/* the first three rounds warm caches and are not counted */
	for (int n = -3; n < b->runs; n++) {
		for (int i = 0; table[i].name; i++) {
			double d;

			if (!t[i].wanted || !t[i].found || t[i].failed)
				continue;
			d = row_time(b, &table[i], n + 4, &status);
			if (n >= 0)
				all[i * b->runs + n] = d;
			if (!status)
				continue;
			t[i].failed = true;
			snprintf(t[i].message, MESSAGE_SIZE, "run %d: exit status %d", n,
				 status);
		}
	}
	for (int i = 0; table[i].name; i++) {
		double *mine = all + i * b->runs;

		qsort(mine, (size_t)b->runs, sizeof(*mine), compare);
		t[i].least = mine[0];
		t[i].median = mine[b->runs / 2];
		t[i].p95 = mine[b->runs * 95 / 100];
	}
	if (living && !kill(living, SIGTERM))
		program_wait(living);
}

static int user_measure(const struct bench *b, uid_t uid, struct times *t)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		if (chdir("/") || user_become(uid))
			_exit(1);
		rows_measure(b, t);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, &status, 0) < 0 || status ? -1 : 0;
}

static const struct times *times_of(const struct times *t, const char *name)
{
	for (int i = 0; rows()[i].name; i++)
		if (!strcmp(rows()[i].name, name))
			return t[i].wanted && t[i].found && !t[i].failed ? &t[i] : NULL;
	return NULL;
}

static void ratio_print(const struct times *row, const struct times *base)
{
	if (base)
		printf(" %8.2f", row->median / base->median);
	else
		printf(" %8s", "-");
}

static void table_print(const struct times *t, uid_t uid, int runs)
{
	const struct times *floor = times_of(t, "floor"), *bwrap = times_of(t, "bwrap");

	printf("\nas uid %u, %d runs, interleaved\n", uid, runs);
	printf("%-12s %9s %9s %8s %8s  %s\n", "row", "median ms", "p95 ms", "/floor",
	       "/bwrap", "what");
	for (int i = 0; rows()[i].name; i++) {
		if (!t[i].wanted)
			continue;
		printf("%-12s ", rows()[i].name);
		if (!t[i].found) {
			printf("not found here\n");
		} else if (t[i].failed) {
			printf("cannot run here: %s\n", t[i].message);
		} else {
			printf("%9.3f %9.3f", t[i].median * 1e3, t[i].p95 * 1e3);
			ratio_print(&t[i], floor);
			ratio_print(&t[i], bwrap);
			printf("  %s\n", rows()[i].what);
		}
	}
}

static void text_json(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar((unsigned char)*s < 0x20 ? ' ' : *s);
	}
	putchar('"');
}

static void table_json(const struct times *t, uid_t uid)
{
	const char *sep = "";

	printf("{\"uid\":%u,\"rows\":[", uid);
	for (int i = 0; rows()[i].name; i++) {
		if (!t[i].wanted)
			continue;
		printf("%s{\"name\":\"%s\",", sep, rows()[i].name);
		sep = ",";
		if (t[i].found && !t[i].failed) {
			printf("\"median_us\":%.1f,\"p95_us\":%.1f,\"least_us\":%.1f}",
			       t[i].median * 1e6, t[i].p95 * 1e6, t[i].least * 1e6);
			continue;
		}
		printf("\"median_us\":null,\"message\":");
		text_json(t[i].found ? t[i].message : "not found");
		printf("}");
	}
	printf("]");
}

/**
 * struct verdict - How the bars stand; JSON is printed by whoever has the value
 * @exceeded:	Bars that were measured and exceeded, and rows of nook that failed
 */
struct verdict {
	bool json;
	int count;
	int exceeded;
};

static void bar_print(struct verdict *v, const char *name, double value, double most,
		      const char *unit)
{
	bool pass = value <= most;

	v->exceeded += !pass;
	if (v->json)
		printf("%s{\"bar\":\"%s\",\"value\":%.4f,\"most\":%.4f,\"unit\":\"%s\","
		       "\"pass\":%s}",
		       v->count++ ? "," : "", name, value, most, unit,
		       pass ? "true" : "false");
	else
		printf("%-4s %-34s %8.3f %-5s at most %g\n", pass ? "pass" : "FAIL", name,
		       value, unit, most);
}

static void bar_skip(struct verdict *v, const char *name, const char *why)
{
	if (v->json)
		printf("%s{\"bar\":\"%s\",\"value\":null}", v->count++ ? "," : "", name);
	else
		printf("---- %-34s not judged: %s\n", name, why);
}

static void memory_judge(const struct bench *b, uid_t uid, struct verdict *v)
{
	char why[MESSAGE_SIZE] = "";
	struct memory m;

	if (memory_measure(b, uid, &m, why)) {
		bar_skip(v, "memory", why);
		return;
	}
	bar_print(v, "memory of the keeper", (double)m.keeper, KEEPER_MOST, "KiB");
	bar_print(v, "memory of init", (double)m.init, INIT_MOST, "KiB");
}

static void bars_judge(const struct bench *b, const struct times *t, uid_t uid,
		       struct verdict *v)
{
	char name[64];

	for (const struct bar *bar = bars(); bar->row; bar++) {
		const struct times *x = times_of(t, bar->row),
				   *y = times_of(t, bar->base);

		snprintf(name, sizeof(name), "%s / %s", bar->row, bar->base);
		if (x && y)
			bar_print(v, name, x->median / y->median, bar->most, "");
		else if (is_asked(b->only, bar->row) && is_asked(b->only, bar->base))
			bar_skip(v, name, "a row is missing");
	}
	for (const struct bar *bar = costs(); bar->row; bar++) {
		const struct times *x = times_of(t, bar->row),
				   *y = times_of(t, bar->base);

		snprintf(name, sizeof(name), "%s - %s", bar->row, bar->base);
		if (x && y)
			bar_print(v, name, (x->median - y->median) * 1e3, bar->most,
				  "ms");
		else if (is_asked(b->only, bar->row) && is_asked(b->only, bar->base))
			bar_skip(v, name, "a row is missing");
	}
	if (is_asked(b->only, "nook"))
		memory_judge(b, uid, v);
}

/* A number that is the same on every run, where times are not */
static void calls_print(const struct bench *b, const struct times *t, uid_t uid)
{
	static const char *const counted[] = { "floor", "nook", "nook-strict", "bwrap" };
	int printed = 0;

	printf(b->json ? ",\"calls\":{" : "");
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
		long calls =
			times_of(t, counted[i]) ? calls_count(b, counted[i], uid) : -1;

		if (calls > 0 && b->json)
			printf("%s\"%s\":%ld", printed++ ? "," : "", counted[i], calls);
		else if (calls > 0)
			printf("     system calls of %-17s %8ld\n", counted[i], calls);
	}
	printf(b->json ? "}" : "");
}

/* Prints everything of one user. Return: what exceeded, failures of nook included */
static int user_report(const struct bench *b, const struct times *t, uid_t uid)
{
	struct verdict v = { .json = b->json };

	if (b->json)
		table_json(t, uid);
	else
		table_print(t, uid, b->runs);
	printf(b->json ? ",\"bars\":[" : "\n");
	bars_judge(b, t, uid, &v);
	printf(b->json ? "]" : "");
	calls_print(b, t, uid);
	printf(b->json ? "}" : "");
	for (int i = 0; rows()[i].name; i++)
		v.exceeded +=
			t[i].wanted && t[i].failed && !strncmp(rows()[i].name, "nook", 4);
	return v.exceeded;
}

static int options_read(struct bench *b, int argc, char **argv)
{
	static const struct option known[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "runs", required_argument, NULL, 'n' },
		{ "rows", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "fifo", no_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "d:n:r:jf", known, NULL)) != -1) {
		if (c == 'd')
			b->dir = optarg;
		else if (c == 'n')
			b->runs = (int)strtol(optarg, NULL, 10);
		else if (c == 'r')
			b->only = optarg;
		else if (c == 'j')
			b->json = true;
		else if (c == 'f')
			b->fifo = true;
		else
			return -1;
	}
	return b->dir && b->runs > 0 && optind == argc ? 0 : -1;
}

static void environment_make(const char *dir)
{
	static char path[256], home[256];

	snprintf(path, sizeof(path), "NOOK_PROFILE_PATH=%s/profiles", dir);
	snprintf(home, sizeof(home), "HOME=%s", dir);
	environment[0] = (char *)"PATH=/usr/bin:/bin:/usr/sbin";
	environment[1] = path;
	environment[2] = home;
}

int main(int argc, char **argv)
{
	const struct sched_param first = { .sched_priority = 10 };
	struct bench b = { .runs = 200 };
	uid_t users[USERS_MOST] = { getuid(), ORDINARY_UID };
	int count = getuid() ? 1 : USERS_MOST, exceeded = 0;
	const char *judge = getenv("BENCH_JUDGE");
	struct times *shared;

	if (options_read(&b, argc, argv)) {
		fprintf(stderr, "usage: run --dir DIR [--runs N] [--rows NAMES] [--json] "
				"[--fifo]\n");
		return 2;
	}
	if (b.fifo && sched_setscheduler(0, SCHED_FIFO, &first))
		fprintf(stderr, "bench: no real-time priority: %s\n", strerror(errno));
	environment_make(b.dir);
	shared = mmap(NULL, sizeof(*shared) * ROWS_MOST * USERS_MOST,
		      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	printf(b.json ? "{\"schema\":1,\"runs\":%d,\"users\":[" : "", b.runs);
	for (int i = 0; i < count; i++) {
		struct times *t = shared + i * ROWS_MOST;

		if (bundle_make(b.dir, users[i]) || user_measure(&b, users[i], t)) {
			fprintf(stderr, "bench: cannot measure as uid %u: %s\n", users[i],
				strerror(errno));
			return 1;
		}
		printf(b.json && i ? "," : "");
		exceeded += user_report(&b, t, users[i]);
		fflush(stdout);
	}
	printf(b.json ? "]}\n" : "\n");
	return exceeded && judge && *judge == '1';
}
