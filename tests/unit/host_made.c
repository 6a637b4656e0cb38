// SPDX-License-Identifier: GPL-3.0-or-later
/* host_made.c - read facts over made-up hosts, and this machine's as far as they are
 * known */
/* valgrind 3.19 knows neither clone3 nor openat2
 * with: plain
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "host/cgroup.h"
#include "host/host.h"
#include "host/room.h"
#include "tap.h"

#define HOSTS "tests/plan/hosts/"

static struct host *open_host(const char *name)
{
	struct err e = { 0 };
	char path[256];
	struct host *h;

	snprintf(path, sizeof(path), HOSTS "%s", name);
	h = host_open_fixture(path, &e);
	if (!h) {
		diag("%s", e.text);
		exit(1);
	}
	return h;
}

static void test_user(void)
{
	struct host *h = open_host("debian12-user");
	const struct host_mount *m;
	const gid_t *groups;

	is_num(host_uid(h), 1000, "uid");
	is_num((long long)host_groups(h, &groups), 3, "groups without the primary one");
	is_num(groups[2], 27, "the last of them");
	is(host_user(h), "ada", "name");
	is(host_home(h), "/home/ada", "home");
	is(host_shell(h), "/bin/bash", "shell");
	is(host_cwd(h), "/home/ada/project", "current directory");
	is(host_env(h, "TERM"), "xterm-256color", "environment");
	is(host_env(h, "TER"), NULL, "a name is compared whole");
	ok(host_is_tty(h, 0) && !host_is_tty(h, 3), "terminals");
	ok(!host_is_root(h), "no root");
	ok(host_in_first_userns(h), "first user namespace");
	is_num(host_kernel(h), 0x60100, "kernel 6.1");
	is_num(host_landlock(h), 2, "Landlock");
	ok(host_is_mapped(h, 4294967294u, false), "every id is mapped");
	is(host_program(h, "unshare"), "/usr/bin/unshare", "a program in PATH");
	is(host_program(h, "ip"), "/usr/sbin/ip", "one in /usr/sbin");
	is(host_program(h, "newuidmap"), NULL, "one that is not there");
	is(host_program(h, "../bin/sh"), NULL, "a path is no name");
	ok(host_has_fs(h, "ext4") && host_has_fs(h, "overlay") && !host_has_fs(h, "zfs"),
	   "file systems, built in and as modules");
	ok(host_has_ns(h, "time") && !host_has_ns(h, "nothing"), "namespaces");
	is_num((long long)host_mounts(h, &m), 18, "mounts");
	ok(host_has_mount_below(h, "/boot", false) &&
		   !host_has_mount_below(h, "/bo", true) &&
		   !host_has_mount_below(h, "/boot/efi", false) &&
		   host_has_mount_below(h, "/boot/efi", true) &&
		   host_has_mount_below(h, "/", false),
	   "mounts below a path");
	ok(!host_proc_masked(h), "an automount of binfmt_misc masks nothing");
	is_num(host_sysctl(h, "user/max_user_namespaces"), 62763, "a sysctl");
	is_num(host_sysctl(h, "user/nothing"), -1, "one that is not there");
	is(host_state_dir(h), "/home/ada/.local/state/nook", "state directory");
	host_free(h);
}

static void test_paths(void)
{
	struct host *h = open_host("debian12-user");
	const char *const *names;
	struct host_path at;
	size_t n;

	ok(host_stat(h, "/bin", &at) && at.kind == HOST_SYMLINK, "a symlink");
	is(host_readlink(h, "/bin"), "usr/bin", "its target");
	is(host_readlink(h, "/usr"), NULL, "a directory has none");
	ok(host_stat_follow(h, "/bin", &at) && at.kind == HOST_DIR && at.mode == 0755,
	   "followed");
	ok(host_stat(h, "/tmp", &at) && at.mode == 01777 && !at.uid, "/tmp");
	ok(host_stat(h, "/home/ada/project/.git/config", &at) && at.kind == HOST_FILE &&
		   at.uid == 1000,
	   "a file that only the facts know");
	ok(host_stat(h, "/dev/null", &at) && at.kind == HOST_DEVICE && at.mode == 0666,
	   "a device");
	ok(!host_stat(h, "/nothing", &at) && at.kind == HOST_ABSENT, "nothing");
	ok(host_stat(h, "/etc/passwd", &at) && at.mode == 0644,
	   "a file's mode is not the checkout's");
	ok(host_stat_follow(h, "/../../../etc/passwd", &at), "no way out of the tree");
	n = host_list(h, "/", &names);
	ok(n > 10 && !strcmp(names[0], "bin") && !strcmp(names[1], "boot"),
	   "a listing is sorted");
	is_num((long long)host_list(h, "/home/ada/project", &names), 2,
	       "facts are listed too");
	is(names[0], ".git", "as if they were there");
	is_num((long long)host_list(h, "/nothing", &names), 0, "no listing of nothing");
	ok(strstr(host_read(h, "/etc/passwd"), "ada:"), "a file");
	ok(host_read(h, "/etc/passwd") == host_read(h, "/etc/passwd"), "is read once");
	is(host_read(h, "/etc"), NULL, "a directory is no text");
	host_free(h);
}

static void test_others(void)
{
	const struct host_range *r;
	const struct host_mount *m;
	struct host_path at;
	struct host *h = open_host("debian12-root");

	ok(host_is_root(h), "root on a machine");
	is(host_home(h), "/root", "its home");
	is(host_env(h, "XDG_RUNTIME_DIR"), NULL, "an empty fact takes the base's away");
	is(host_state_dir(h), "/var/lib/nook", "its state directory");
	ok(host_stat(h, "/etc/machine-id", &at), "a file of the base");
	host_free(h);
	h = open_host("container-root");
	ok(!host_is_root(h), "root of a container is no root");
	ok(host_in_first_userns(h), "though it is in the first user namespace");
	ok(host_proc_masked(h), "its /proc is masked");
	ok(!host_stat(h, "/home/ada", &at), "what is gone is gone");
	host_free(h);
	h = open_host("nested-box");
	ok(!host_in_first_userns(h), "a box is not the first user namespace");
	ok(host_is_mapped(h, 1000, false) && !host_is_mapped(h, 0, false),
	   "one id is mapped");
	ok(!host_proc_masked(h), "its /proc is whole");
	host_free(h);
	h = open_host("subids-user");
	is_num((long long)host_subids(h, false, &r), 1, "subordinate uids");
	is_num(r[0].first, 165536, "where they begin");
	is(host_program(h, "newgidmap"), "/usr/bin/newgidmap", "the helper");
	host_free(h);
	h = open_host("no-proc");
	ok(!host_is_root(h) && !host_in_first_userns(h), "without /proc nobody is root");
	ok(host_is_mapped(h, 1000, false) && !host_is_mapped(h, 5, false),
	   "the own id is mapped");
	ok(host_has_ns(h, "time") && host_has_fs(h, "overlay"),
	   "what is unknown may be there");
	ok(host_proc_masked(h), "and nothing to compare a fresh proc with");
	is_num((long long)host_mounts(h, &m), 0, "no mounts are known");
	host_free(h);
	h = open_host("rhel-like-nouserns");
	is_num(host_sysctl(h, "user/max_user_namespaces"), 0, "no user namespaces");
	ok(host_has_mount_below(h, "/home", true), "/home is a mount");
	host_free(h);
}

static void test_cgroups(void)
{
	const uint32_t usual = CG_CPU | CG_MEMORY | CG_PIDS;
	struct host_cgroup c;
	struct host *h = open_host("debian12-user");

	host_cgroup(h, CG_MEMORY | CG_PIDS, 0, &c);
	is_num(c.layout, HOST_CGROUP_V2, "v2");
	is_num(c.place, PLACE_USER_SCOPE, "a scope of the user's manager");
	is_num(c.missing, 0, "with what systemd delegates");
	host_cgroup(h, usual, 0, &c);
	is_num(c.missing, CG_CPU, "which is not cpu");
	ok(c.fix && strstr(c.fix, "user@.service.d"), "the drop-in is named");
	host_free(h);
	h = open_host("cgroup-v1-root");
	host_cgroup(h, usual, CG_FREEZER, &c);
	is_num(c.layout, HOST_CGROUP_HYBRID, "v1 controllers beside an empty v2 tree");
	ok(c.kind == CGROUP_V1 && !c.missing && c.count == 4, "root may use them");
	host_free(h);
	h = open_host("container-root");
	host_cgroup(h, usual, 0, &c);
	ok(c.kind == CGROUP_NONE && c.missing == usual,
	   "a container has none of its own");
	is(c.lack, "the cgroup file system is mounted read-only", "and why");
	host_free(h);
}

static void test_room(void)
{
	struct host_room room;
	struct host *h = open_host("cgroup-v2-given");

	host_room(h, &room);
	is_num((long long)room.memory, 1 << 30, "v2: less memory above than here");
	is_num((long long)room.cpus, 1500, "and CPUs of a quota");
	host_free(h);
	h = open_host("cgroup-v1-root");
	host_room(h, &room);
	is_num((long long)room.memory, 4000000ll * 1024,
	       "v1: no limit leaves what the machine has");
	is_num((long long)room.cpus, 1500, "a quota in another period");
	host_free(h);
	h = open_host("cgroup-none");
	host_room(h, &room);
	ok(room.memory == UINT64_MAX && room.cpus == UINT64_MAX, "nothing says anything");
	host_free(h);
}

static void test_bad(void)
{
	char dir[] = "/tmp/nook-made-XXXXXX", path[64];
	struct err e = { 0 };
	FILE *f;

	ok(!host_open_fixture("tests/plan/hosts/nothing", &e) && e.code == ENOENT,
	   "no such host");
	if (!mkdtemp(dir))
		exit(1);
	snprintf(path, sizeof(path), "%s/tree", dir);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/facts", dir);
	f = fopen(path, "w");
	fputs("uid=1\nkernal=6.1\n", f);
	fclose(f);
	ok(!host_open_fixture(dir, &e) && strstr(e.text, "unknown fact 'kernal'"),
	   "a wrong fact");
	unlink(path);
	snprintf(path, sizeof(path), "%s/tree", dir);
	rmdir(path);
	rmdir(dir);
}

/* This machine: only what must be so everywhere */
static void test_here(void)
{
	struct host *h = host_new();
	const struct host_mount *m;
	const char *const *names;
	struct host_path at;

	is_num(host_uid(h), geteuid(), "own uid");
	ok(host_kernel(h) > 0x30000, "a kernel");
	ok(host_stat(h, "/", &at) && at.kind == HOST_DIR, "a root");
	ok(host_list(h, "/", &names) > 0, "with something in it");
	ok(host_cwd(h) && host_cwd(h)[0] == '/', "a current directory");
	ok(!access("/proc/self/mountinfo", R_OK) == (host_mounts(h, &m) > 0), "mounts");
	host_free(h);
	host_free(NULL);
}

int main(void)
{
	plan(0);
	test_user();
	test_paths();
	test_others();
	test_cgroups();
	test_room();
	test_bad();
	test_here();
	return done();
}
