// SPDX-License-Identifier: GPL-3.0-or-later
/* snapshot.c - everything that a test could leave behind, one line each
 *
 *	snapshot NOOK-PROGRAM
 *
 * Compared before and after every test (tests/cli/helper.bash). Names and identities
 * only: contents and times of living things change, names do not. With NOOK_TEST_CHILD
 * set (tests/as.sh) nobody else lives in this pid namespace, and all of it is looked at;
 * elsewhere only what is nook's by its name.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where records, uppers and what a box makes for all to see could lie */
static const char *const places[] = { "/run/nook", "/dev/shm", "/var/lib/nook",
				      "/dev/mqueue" };

static bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* --- files --- */

/* Directories of nook's own that stay once they are made */
static bool is_lasting(const char *name, const struct stat *st)
{
	return S_ISDIR(st->st_mode) &&
	       (!strcmp(name, "nook") || !strcmp(name, "uppers") ||
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
			printf("file %s %o %u\n", name, st.st_mode, st.st_uid);
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
			printf("cgroup %s\n", name);
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
			printf("loop %d %s", i, line);
		if (f)
			fclose(f);
	}
}

static void show_node(const char *path)
{
	struct stat st;

	if (!stat(path, &st))
		printf("node %s %o %u:%u\n", path, st.st_mode, st.st_uid, st.st_gid);
}

/* FNV-1a: it shall show a change, not resist an attacker */
static void show_program(const char *path)
{
	static unsigned char buf[1 << 16];
	uint64_t hash = 14695981039346656037u;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			hash = (hash ^ buf[i]) * 1099511628211u;
	if (fd >= 0)
		close(fd);
	show_node(path);
	printf("program %016jx\n", (uintmax_t)hash);
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
			printf("%s %s\n", word, line);
		}
	if (f)
		fclose(f);
}

static void show_mounts(bool all)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[8192];

	while (f && fgets(line, sizeof(line), f)) {
		char *at = line;

		for (int i = 0; at && i < 3; i++)
			at = (at = strchr(at, ' ')) ? at + 1 : NULL;
		if (at && (all || strstr(at, "nook-")))
			printf("mount %s", at);
	}
	if (f)
		fclose(f);
}

/* Kind and name of a key: its number, uses and time to live change. The kernel takes its
 * time to clear away session keyrings of the dead */
static void show_keys(void)
{
	FILE *f = fopen("/proc/keys", "re");
	char line[1024], kind[64], name[256];
	unsigned int uid;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %*s %*s %*s %*s %u %*s %63s %255s", &uid, kind,
			   name) == 3 &&
		    uid == geteuid() && strcmp(name, "_ses:"))
			printf("key %s %s\n", kind, name);
	if (f)
		fclose(f);
}

/* --- processes --- */

/* Those that nobody waits for: whose parent is pid 1 of our namespace */
static void show_process(const char *pid, const char *child)
{
	char path[300], line[1024], name[64];
	FILE *f;
	int ppid = 0;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f) && strrchr(line, ')') &&
	    sscanf(strrchr(line, ')') + 1, " %*c %d", &ppid) == 1 && ppid == 1 &&
	    strcmp(pid, child) && sscanf(line, "%*d (%63[^)]", name) == 1)
		printf("process %s %s\n", pid, name);
	if (f)
		fclose(f);
}

/* What a process holds, in this pid namespace or below it */
static void show_namespaces(const char *pid)
{
	static const char *const names[] = { "user", "mnt", "pid",    "net",
					     "uts",  "ipc", "cgroup", "time" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[300], target[64] = "";

		snprintf(path, sizeof(path), "/proc/%s/ns/%s", pid, names[i]);
		if (readlink(path, target, sizeof(target) - 1) > 0)
			printf("namespace %s\n", target);
	}
}

static void show_own(const char *pid, const char *top)
{
	char path[300], exe[PATH_MAX] = "";

	snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	if (readlink(path, exe, sizeof(exe) - 1) > 0 && has_prefix(exe, top) &&
	    strstr(exe, "/nook"))
		printf("process %s %s\n", pid, exe);
}

static void show_processes(const char *top)
{
	const char *child = getenv("NOOK_TEST_CHILD");
	DIR *d = opendir("/proc");

	for (const struct dirent *de; d && (de = readdir(d));) {
		if (de->d_name[0] < '0' || de->d_name[0] > '9')
			continue;
		if (!child) {
			show_own(de->d_name, top);
			continue;
		}
		show_process(de->d_name, child);
		show_namespaces(de->d_name);
	}
	if (d)
		closedir(d);
}

int main(int argc, char **argv)
{
	bool alone = getenv("NOOK_TEST_CHILD");
	const char *home = getenv("HOME"), *run = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX], top[PATH_MAX];

	if (argc != 2 || !realpath(argv[1], top))
		return 2;
	show_program(top);
	*strrchr(top, '/') = '\0';
	show_processes(top);
	show_mounts(alone);
	show_lines("/proc/net/dev", "interface", 2, ":");
	if (alone) {
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
	return 0;
}
