// SPDX-License-Identifier: GPL-3.0-or-later
/* bench.c - where the fault tests run: directories, what may be left, what was said */
#include "fault/bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

#define STATE	   "/var/lib/nook"
#define COMPLAINTS 8 /* shown for one line of TAP */

void bench_complain(struct bench *b, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	if (b->bad++ >= COMPLAINTS && !getenv("NOOK_EACH") && !getenv("NOOK_SHOW"))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		diag("%s", line);
}

char *bench_read(const char *path)
{
	char *text = calloc(1, 128 << 10);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	for (ssize_t n = 1; text && fd >= 0 && n > 0 && len < (128 << 10) - 1;
	     len += (size_t)n)
		n = read(fd, text + len, (128 << 10) - 1 - len);
	if (fd < 0) {
		free(text);
		return NULL;
	}
	close(fd);
	return text;
}

const char *bench_path(const struct bench *b, const char *name)
{
	static char path[4][256];
	static int next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", b->top, name);
	return path[next];
}

/* --- the state that a run may not change --- */

/* Networks have a directory beside the records, which stays, and a user's router a
 * file */
static int count_names(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	for (const struct dirent *de; d && (de = readdir(d));)
		n += strcmp(de->d_name, ".") && strcmp(de->d_name, "..") &&
		     strcmp(de->d_name, "net") && strcmp(de->d_name, "router");
	if (d)
		closedir(d);
	return n;
}

static int is_leaf(const struct dirent *de)
{
	return de->d_type == DT_DIR && !strncmp(de->d_name, "nook-", 5);
}

/* The runtime directories (box/store.c) and that of uppers */
static bool is_clean(struct bench *b, const char *when)
{
	char shm[64];
	const char *const places[] = { "/run/nook", bench_path(b, "run/nook"), shm,
				       bench_path(b, "home/state/nook/uppers") };
	bool clean = true;

	snprintf(shm, sizeof(shm), "/dev/shm/nook-%u", geteuid());
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if ((i == 0) != !geteuid())
			continue;
		if (count_names(places[i])) {
			bench_complain(b, "%s: something is in %s", when, places[i]);
			clean = false;
		}
	}
	return clean;
}

/* Leaves of limits, below our own cgroup (tests/as.sh) in each hierarchy */
static int count_leaves(void)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[4096], path[4200];
	int n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		char *at = line, *name;
		struct dirent **found;
		int count;

		strsep(&at, ":");
		name = strsep(&at, ":");
		if (!at)
			continue;
		at[strcspn(at, "\n")] = '\0';
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s%s",
			 *name ? name : "unified", at);
		count = scandir(path, &found, is_leaf, NULL);
		for (int i = 0; i < count; i++)
			free(found[i]);
		if (count >= 0)
			free(found);
		n += count > 0 ? count : 0;
	}
	if (f)
		fclose(f);
	return n;
}

/* Addresses that are taken on a network: slots of 128 bytes behind a first one
 * (netns/lease.c) */
static int count_slots(const char *path)
{
	FILE *f = fopen(path, "re");
	char slot[128];
	int n = 0;

	for (int at = 0; f && fread(slot, sizeof(slot), 1, f) == 1; at++)
		n += at && slot[0];
	if (f)
		fclose(f);
	return n;
}

static int count_leases(const struct bench *b)
{
	const char *top = geteuid() ? bench_path(b, "run/nook/net") : "/run/nook/net";
	DIR *d = opendir(top);
	int n = 0;

	for (const struct dirent *de; d && (de = readdir(d));) {
		char path[600];

		snprintf(path, sizeof(path), "%s/%s/leases", top, de->d_name);
		n += de->d_name[0] == '.' ? 0 : count_slots(path);
	}
	if (d)
		closedir(d);
	return n;
}

static int count_links(void)
{
	struct if_nameindex *all = if_nameindex();
	int n = 0;

	for (struct if_nameindex *i = all; i && i->if_index; i++)
		n += !strncmp(i->if_name, "nk", 2);
	if_freenameindex(all);
	return n;
}

/* Links go when the kernel gets round to it */
static void check_network(struct bench *b, const char *when)
{
	for (int i = 0; i < 500 && count_links(); i++)
		usleep(10000);
	if (count_links())
		bench_complain(b, "%s: a link is left", when);
	if (count_leases(b))
		bench_complain(b, "%s: an address is still taken", when);
}

/* Nothing here leads out of the machine: without root, `default` is one that need not */
void bench_warm_up(struct bench *b)
{
	char words[4200];
	pid_t pid;

	snprintf(words, sizeof(words),
		 "'%s' net create -q default 10.99.0.0/24 --no-nat 2>/dev/null", b->nook);
	if (geteuid() && system(words))
		diag("cannot make the network of the test");
	pid = fork();
	if (pid == 0) {
		execv(b->argv[0], b->argv);
		_exit(99);
	}
	waitpid(pid, NULL, 0);
	unlink(bench_path(b, MARKER));
}

void bench_check_left(struct bench *b, const char *when)
{
	char *const argv[] = { (char *)b->nook, (char *)"gc", (char *)"-q", NULL };
	char *mounts;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	if (status)
		bench_complain(b, "%s: 'nook gc' ended with %#x", when, status);
	is_clean(b, when);
	check_network(b, when);
	if (count_leaves())
		bench_complain(b, "%s: a cgroup is left", when);
	mounts = bench_read("/proc/self/mountinfo");
	if (mounts && strcmp(mounts, b->mounts))
		bench_complain(b, "%s: the host's mounts changed", when);
	free(mounts);
	if (count_names(bench_path(b, "t")) != 1 || count_names(bench_path(b, "work")))
		bench_complain(b, "%s: a file is left in the bound directories", when);
}

void bench_difference(struct bench *b, const char *want, const char *got)
{
	while (*want && *got) {
		size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");

		if (w != g || strncmp(want, got, w)) {
			bench_complain(b, "  undisturbed: %.*s\n  now:         %.*s",
				       (int)w, want, (int)g, got);
			return;
		}
		want += w + (want[w] == '\n');
		got += g + (got[g] == '\n');
	}
	bench_complain(b, "  one is longer than the other");
}

/* "nook: WHAT: WHY", or one sentence where the kernel is not to blame */
bool bench_has_reason(const struct trace *t)
{
	const char *at = t->said;

	while (at && (!strncmp(at, "nook: warning", 13) ||
		      !strncmp(at, "nook: not enf", 13) || strncmp(at, "nook: ", 6)))
		at = (at = strchr(at, '\n')) ? at + 1 : NULL;
	return at && strcspn(at, "\n") > 12;
}

static void find_hosts_namespaces(struct bench *b)
{
	static const char *const names[] = { "user", "mnt", "pid",    "net",
					     "uts",  "ipc", "cgroup", "time" };
	size_t len = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[64];
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		n = readlink(path, b->hosts + len, sizeof(b->hosts) - len - 1);
		len += n > 0 ? (size_t)n : 0;
	}
}

static bool has_subids(void)
{
	const char *home = getenv("HOME");

	return geteuid() && home &&
	       !system("newuidmap 2>/dev/null; grep -q nooktest /etc/subuid");
}

/* Root keeps networks where all tests of the machine would: a tmpfs of this mount
 * namespace lies over it. The directory goes with the last one (tests/cli/net.bash) */
static bool cover_state(struct bench *b)
{
	if (geteuid())
		return true;
	b->var = open("/var/lib", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return b->var >= 0 && !flock(b->var, LOCK_SH) &&
	       (!mkdir(STATE, 0700) || errno == EEXIST) &&
	       !mount("tmpfs", STATE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=700");
}

static void uncover_state(struct bench *b)
{
	char words[4200];

	if (geteuid() || b->var < 0)
		return;
	snprintf(words, sizeof(words), "'%s' net rm -q -f default 2>/dev/null", b->nook);
	if (!access(STATE "/networks/default", F_OK) && system(words))
		diag("cannot remove the network of the test");
	umount(STATE);
	if (!flock(b->var, LOCK_UN) && !flock(b->var, LOCK_EX | LOCK_NB))
		rmdir(STATE);
	close(b->var);
}

static bool bench_set_up(struct bench *b)
{
	char copy[512];

	snprintf(b->top, sizeof(b->top), "/tmp/fault.XXXXXX");
	if (!mkdtemp(b->top))
		return false;
	b->who = !geteuid() ? 'r' : has_subids() ? 's' : 'u';
	chmod(b->top, 0755);
	mkdir(bench_path(b, "t"), 0777);
	chmod(bench_path(b, "t"), 0777);
	mkdir(bench_path(b, "work"), 0755);
	mkdir(bench_path(b, "home"), 0700);
	mkdir(bench_path(b, "run"), 0700);
	setenv("HOME", bench_path(b, "home"), 1);
	setenv("XDG_RUNTIME_DIR", bench_path(b, "run"), 1);
	setenv("XDG_STATE_HOME", bench_path(b, "home/state"), 1);
	unsetenv("XDG_CONFIG_HOME");
	snprintf(copy, sizeof(copy), "cp '%s' '%s'", b->walls, bench_path(b, "t/walls"));
	find_hosts_namespaces(b);
	return !system(copy) && cover_state(b);
}

void bench_tear_down(struct bench *b)
{
	char words[128];

	snprintf(words, sizeof(words), "rm -rf '%s'", b->top);
	uncover_state(b);
	if (chdir("/") || system(words))
		diag("cannot remove %s", b->top);
}

struct trace bench_trace(const struct bench *b)
{
	return (struct trace){ .argv = b->argv,
			       .dir = bench_path(b, "work"),
			       .deadline_ms = 10000,
			       .kernel = b->kernel };
}

bool bench_start(struct bench *b, const char *own_path, char *walls, int every)
{
	const char *nook = getenv("NOOK"), *wanted = getenv("NOOK_EVERY");
	static char real[4096];

	b->every = wanted ? atoi(wanted) : every;
	snprintf(walls, 512, "%s", own_path);
	snprintf(strrchr(walls, '/') + 1, 8, "walls");
	b->walls = walls;
	/* What a killed keeper leaves becomes ours, also a helper that is not traced:
	 * none of it lives any more when we look at what is left */
	prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L);
	if (b->every > 0 && realpath(nook ? nook : "./nook", real) && bench_set_up(b) &&
	    getcwd(b->source, sizeof(b->source))) {
		b->nook = real;
		return true;
	}
	ok(false, "set up: %s", strerror(errno));
	return false;
}
