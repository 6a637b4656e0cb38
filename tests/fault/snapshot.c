// SPDX-License-Identifier: GPL-3.0-or-later
/* snapshot.c - everything that a test could leave behind, one line each
 *
 *	snapshot save FILE NOOK-PROGRAM		before a test
 *	snapshot compare FILE NOOK-PROGRAM	after it: says what differs, ends with 1
 *
 * Where nothing differs FILE has afterwards what is there now, and the next test needs
 * no `save`. Around every test of a .bats file (tests/cli/helper.bash), and around every
 * other program that tests/as.sh runs. Names and identities only: contents and times of
 * living things change, names do not. With NOOK_TEST_CHILD set (tests/as.sh) nobody else
 * lives in this pid namespace, and all of it is looked at; elsewhere only what is nook's
 * by its name.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "fault/mountinfo.h"
#include "fault/snapshot.h"

/* Where records, uppers and what a box makes for all to see could lie */
static const char *const places[] = { "/run/nook", "/dev/shm", "/var/lib/nook",
				      "/dev/mqueue" };

static bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static FILE *shown;

void show(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(shown, format, ap);
	va_end(ap);
}

/* --- files --- */

/* Directories of nook's own that stay once they are made, and the file whose locks say
 * whether a user's router lives (sandbox/box/router.h) */
static bool is_lasting(const char *name, const struct stat *st)
{
	if (!strcmp(name, "router"))
		return S_ISREG(st->st_mode);
	return S_ISDIR(st->st_mode) &&
	       (!strcmp(name, "nook") || !strcmp(name, "uppers") ||
		!strcmp(name, "networks") || !strcmp(name, "net") ||
		has_prefix(name, "nook-"));
}

static void list_tree(const char *path, const char *only, int depth)
{
	DIR *d = depth > 6 ? NULL : opendir(path);

	for (const struct dirent *de; d && (de = readdir(d));) {
		char name[PATH_MAX];
		struct stat st;

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
		    (only && !strstr(de->d_name, only)))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, de->d_name);
		if (lstat(name, &st) < 0)
			continue;
		if (!is_lasting(de->d_name, &st))
			show("file %s %o %u\n", name, st.st_mode, st.st_uid);
		if (S_ISDIR(st.st_mode))
			list_tree(name, NULL, depth + 1);
	}
	if (d)
		closedir(d);
}

static void list_cgroups(const char *path, bool all, int depth)
{
	DIR *d = depth > 8 ? NULL : opendir(path);

	for (const struct dirent *de; d && (de = readdir(d));) {
		char name[PATH_MAX];

		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, de->d_name);
		if (all || has_prefix(de->d_name, "nook"))
			show("cgroup %s\n", name);
		list_cgroups(name, all, depth + 1);
	}
	if (d)
		closedir(d);
}

/* Below the own cgroup in every hierarchy where tests/as.sh has made one for this test,
 * because elsewhere other tests make theirs meanwhile; v2 alone: wherever it is */
static void list_own_cgroups(void)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX], path[PATH_MAX + 64];
	bool hybrid = !access("/sys/fs/cgroup/unified", F_OK);

	while (f && fgets(line, sizeof(line), f)) {
		char *at = line, *number = strsep(&at, ":"), *name = strsep(&at, ":");

		bool own = at && strstr(at, "/nook-as-");

		if (!at || (!own && (strcmp(number, "0") || hybrid)))
			continue;
		at[strcspn(at, "\n")] = '\0';
		if (has_prefix(name, "name="))
			name += strlen("name=");
		if (strcmp(number, "0"))
			snprintf(path, sizeof(path), "/sys/fs/cgroup/%s%s", name, at);
		else if (hybrid)
			snprintf(path, sizeof(path), "/sys/fs/cgroup/unified%s", at);
		else
			snprintf(path, sizeof(path), "/sys/fs/cgroup%s", own ? at : "");
		list_cgroups(path, own, 0);
	}
	if (f)
		fclose(f);
}

static void list_loops(void)
{
	char path[64], line[PATH_MAX];

	for (int i = 0; i < 16; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "/sys/block/loop%d/loop/backing_file", i);
		f = fopen(path, "re");
		if (f && fgets(line, sizeof(line), f))
			show("loop %d %s", i, line);
		if (f)
			fclose(f);
	}
}

static void show_node(const char *path)
{
	struct stat st;

	if (!stat(path, &st))
		show("node %s %o %u:%u\n", path, st.st_mode, st.st_uid, st.st_gid);
}

/* Whoever writes to a file changes its ctime, and cannot set it */
static void show_program(const char *path)
{
	struct stat st;

	show_node(path);
	if (!stat(path, &st))
		show("program %ju %jd %jd.%09ld\n", (uintmax_t)st.st_ino,
		       (intmax_t)st.st_size, (intmax_t)st.st_ctim.tv_sec,
		       st.st_ctim.tv_nsec);
}

/* --- lists of the kernel --- */

/* Lines from the @skip'th on, up to the first of @stop, with @word in front */
static void show_lines(const char *path, const char *word, int skip, const char *stop)
{
	FILE *f = fopen(path, "re");
	char line[8192];

	for (int i = 0; f && fgets(line, sizeof(line), f); i++)
		if (i >= skip) {
			line[strcspn(line, stop)] = '\0';
			show("%s %s\n", word, line);
		}
	if (f)
		fclose(f);
}

static void show_mounts(bool all)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[8192];

	for (const char *at; (at = next_mount(f, line, sizeof(line)));)
		if (all || strstr(at, "nook-"))
			show("mount %s", at);
	if (f)
		fclose(f);
}

/* Kind and name of a key: its number, uses and time to live change. The kernel takes its
 * time to clear away session keyrings of the dead. The two keyrings of a user it makes
 * for the first of his processes, anywhere, that asks for one */
static void show_keys(void)
{
	FILE *f = fopen("/proc/keys", "re");
	char line[1024], kind[64], name[256];
	unsigned int uid;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %*s %u %*s %63s %255s", &uid, kind,
			   name) == 3 &&
		    uid == geteuid() && strcmp(name, "_ses:") && strncmp(name, "_uid", 4))
			show("key %s %s\n", kind, name);
	if (f)
		fclose(f);
}

/* --- processes --- */

/* As another one sees it: @parent, @start (clock ticks after boot) and @boxed, whether it
 * lives in a pid namespace below ours */
struct process {
	char name[64];
	int parent;
	unsigned long long start;
	bool boxed;
};

static bool read_process(const char *pid, struct process *p)
{
	char path[300], line[4096];
	bool known = false;
	FILE *f;

	*p = (struct process){ 0 };
	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f) && strrchr(line, ')'))
		known = sscanf(line, "%*d (%63[^)]", p->name) == 1 &&
			sscanf(strrchr(line, ')') + 1,
			       " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d "
			       "%*d %*d %*d %*d %*d %llu",
			       &p->parent, &p->start) == 2;
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (has_prefix(line, "NSpid:"))
			p->boxed = strchr(line, '\t') != strrchr(line, '\t');
	if (f)
		fclose(f);
	return known;
}

struct seen {
	char name[512][40];
	size_t count;
};

/* What a process holds, in this pid namespace or below it; each once */
static void show_namespaces(const char *pid, struct seen *s)
{
	static const char *const names[] = { "user", "mnt", "pid",    "net",
					     "uts",  "ipc", "cgroup", "time" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[300], target[40] = "";
		size_t n = 0;

		snprintf(path, sizeof(path), "/proc/%s/ns/%s", pid, names[i]);
		if (readlink(path, target, sizeof(target) - 1) <= 0)
			continue;
		while (n < s->count && strcmp(s->name[n], target))
			n++;
		if (n < s->count || n == sizeof(s->name) / sizeof(s->name[0]))
			continue;
		strcpy(s->name[s->count++], target);
		show("namespace %s\n", target);
	}
}

static bool is_ours(const char *pid, const char *top)
{
	char path[300], exe[PATH_MAX] = "";

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	return readlink(path, exe, sizeof(exe) - 1) > 0 && has_prefix(exe, top) &&
	       strstr(exe, "/nook");
}

/* Those that nobody waits for (whose parent is pid 1 of our namespace), those in boxes,
 * and those that run the program under test */
static void show_processes(const char *top)
{
	const char *child = getenv("NOOK_TEST_CHILD");
	DIR *d = opendir("/proc");
	struct seen seen = { .count = 0 };

	for (const struct dirent *de; d && (de = readdir(d));) {
		const char *pid = de->d_name;
		struct process p;

		if (*pid < '0' || *pid > '9' || !read_process(pid, &p))
			continue;
		if (is_ours(pid, top) ||
		    (child && (p.boxed || (p.parent == 1 && strcmp(pid, child) &&
					   atoi(pid) != getpid()))))
			show("process %s %s started %llu\n", pid, p.name, p.start);
		if (child)
			show_namespaces(pid, &seen);
	}
	if (d)
		closedir(d);
}

/* --- settings --- */

/* What counts, ages, or is different each time */
static const char *const moving[] = {
	"/random/",	 "/file-nr",  "/inode-",      "/dentry-state",	  "/aio-nr",
	"/ns_last_pid",	 "/pty/nr",   "/stat_refresh", "/nf_conntrack_count",
	"/fs/quota/",	 "/perf_",    "/sched_domain", "/fs/binfmt_misc",
};

static bool is_moving(const char *path)
{
	for (size_t i = 0; i < sizeof(moving) / sizeof(moving[0]); i++)
		if (strstr(path, moving[i]))
			return true;
	return false;
}

static void show_setting(int dir, const char *name, const char *path)
{
	char value[256];
	/* without O_CLOEXEC, for which musl makes a call more */
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, value, sizeof(value) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	value[n] = '\0';
	for (char *p = value; (p = strpbrk(p, "\n\t"));)
		*p = ' ';
	show("sysctl %s %s\n", path, value);
}

/* By a descriptor of each directory: with a thousand whole paths all that is
 * compared takes a tenth longer */
static void show_settings(int parent, const char *name, const char *path)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	for (const struct dirent *de; d && (de = readdir(d));) {
		char below[PATH_MAX];

		snprintf(below, sizeof(below), "%s/%s", path, de->d_name);
		if (de->d_name[0] == '.' || is_moving(below))
			continue;
		if (de->d_type == DT_DIR)
			show_settings(fd, de->d_name, below);
		else
			show_setting(fd, de->d_name, below);
	}
	if (d)
		closedir(d);
}

/* The caller's terminal: its modes, and the owner and mode of its node */
static void show_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
	const char *name = fd < 0 ? NULL : ttyname(fd);
	struct termios t;

	if (fd >= 0 && !tcgetattr(fd, &t))
		show("terminal %x %x %x %x\n", t.c_iflag, t.c_oflag, t.c_cflag,
		       t.c_lflag);
	if (name)
		show_node(name);
	if (fd >= 0)
		close(fd);
}

/* --- all of it --- */

static void show_all(const char *program)
{
	bool alone = getenv("NOOK_TEST_CHILD");
	const char *home = getenv("HOME"), *run = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX];

	show_program(program);
	snprintf(path, sizeof(path), "%s", program);
	*strrchr(path, '/') = '\0';
	show_processes(path);
	show_mounts(alone);
	if (alone) {
		show_network();
		list_tree("/run/netns", NULL, 0);
		/* a thousand files; others than root can change none */
		if (geteuid() == 0)
			show_settings(AT_FDCWD, "/proc/sys", "/proc/sys");
		show_lines("/proc/sysvipc/msg", "msg", 1, "\n");
		show_lines("/proc/sysvipc/sem", "sem", 1, "\n");
		show_lines("/proc/sysvipc/shm", "shm", 1, "\n");
		show_keys();
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		list_tree(places[i], alone ? NULL : "nook", 0);
	snprintf(path, sizeof(path), "/run/user/%u", geteuid());
	list_tree(run ? run : path, "nook", 0);
	snprintf(path, sizeof(path), "%s/.local/state", home ? home : "");
	list_tree(path, "nook", 0);
	if (alone)
		list_tree("/tmp", "nook", 0);
	list_own_cgroups();
	list_loops();
	show_node("/dev/null");
	show_node("/dev/ptmx");
	show_node("/dev/tty");
	show_terminal();
}

/* Lines in their order; the text is cut up and stays in use */
struct lines {
	char **v;
	size_t count;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct lines sort_lines(char *text)
{
	struct lines l = { 0 };
	char *rest = text;

	for (const char *p = text; *p; p++)
		l.count += *p == '\n';
	l.v = calloc(l.count + 1, sizeof(*l.v));
	if (!l.v)
		exit(2);
	for (size_t i = 0; i < l.count; i++)
		l.v[i] = strsep(&rest, "\n");
	qsort(l.v, l.count, sizeof(*l.v), by_text);
	return l;
}

static char *take_snapshot(const char *program)
{
	char *text = NULL;
	size_t len;

	shown = open_memstream(&text, &len);
	if (!shown)
		exit(2);
	show_all(program);
	fclose(shown);
	return text;
}

/* What ends by itself is no loss */
static bool may_go(const char *line)
{
	return has_prefix(line, "process ") || has_prefix(line, "namespace ") ||
	       has_prefix(line, "key ");
}

/* Return: how many lines differ; they are printed where @aloud */
static int differences(const struct lines *was, const struct lines *is, bool aloud)
{
	size_t i = 0, j = 0;
	int n = 0;

	while (i < was->count || j < is->count) {
		int order = i == was->count  ? 1
			    : j == is->count ? -1
					     : strcmp(was->v[i], is->v[j]);
		const char *line = order < 0 ? was->v[i] : is->v[j];

		i += order <= 0;
		j += order >= 0;
		if (!order || (order < 0 && may_go(line)))
			continue;
		n++;
		if (aloud)
			printf("%s: %s\n", order < 0 ? "gone" : "left behind", line);
	}
	return n;
}

static char *read_whole(const char *path)
{
	static char text[1 << 20];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0) {
		fprintf(stderr, "snapshot: no '%s' to compare with\n", path);
		exit(2);
	}
	close(fd);
	return text;
}

static int write_lines(const char *path, const struct lines *l)
{
	FILE *f = fopen(path, "we");

	for (size_t i = 0; f && i < l->count; i++)
		fprintf(f, "%s\n", l->v[i]);
	if (!f || fclose(f)) {
		perror(path);
		return 2;
	}
	return 0;
}

/* What was killed needs a moment to go: that is waited for, but not for long */
static int compare(const char *path, const char *program)
{
	struct lines was = sort_lines(read_whole(path));

	for (int try = 1;; try++) {
		char *text = take_snapshot(program);
		struct lines is = sort_lines(text);
		bool last = try == 11;

		if (!differences(&was, &is, last))
			return was.count == is.count ? 0 : write_lines(path, &is);
		if (last)
			return 1;
		free(is.v);
		free(text);
		usleep((useconds_t)try * 10000);
	}
}

static int save(const char *path, const char *program)
{
	struct lines is = sort_lines(take_snapshot(program));

	return write_lines(path, &is);
}

int main(int argc, char **argv)
{
	char program[PATH_MAX];

	if (argc == 4 && realpath(argv[3], program)) {
		if (!strcmp(argv[1], "save"))
			return save(argv[2], program);
		if (!strcmp(argv[1], "compare"))
			return compare(argv[2], program);
	}
	fprintf(stderr, "usage: snapshot save|compare FILE NOOK-PROGRAM\n");
	return 2;
}
