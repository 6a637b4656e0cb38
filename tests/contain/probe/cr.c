// SPDX-License-Identifier: GPL-3.0-or-later
/* cr.c - checks CR-*: capabilities, ids, groups, priorities, user namespaces */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The line "NAME:\t..." of /proc/self/status; an empty text where there is none */
static void status_line(const char *name, char *value, size_t size)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");
	size_t len = strlen(name);

	*value = '\0';
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			snprintf(value, size, "%.*s",
				 (int)strcspn(line + len + 2, "\n"), line + len + 2);
	if (f)
		fclose(f);
}

/* Each set as "none" or "some" */
static void say_sets(const struct probe *p, const char *prefix)
{
	static const char *const names[] = { "CapInh", "CapPrm", "CapEff", "CapBnd",
					     "CapAmb" };
	char value[128], part[32];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		status_line(names[i], value, sizeof(value));
		if (!*value)
			probe_die(p, "/proc/self/status has no %s", names[i]);
		snprintf(part, sizeof(part), "%s%s", prefix, names[i]);
		say_text(p, part, "%s", strtoull(value, NULL, 16) ? "some" : "none");
	}
	status_line("NoNewPrivs", value, sizeof(value));
	snprintf(part, sizeof(part), "%sNoNewPrivs", prefix);
	say_text(p, part, "%s", value);
}

/* The sets here and behind one more execve; with an argument only here */
static void capabilities(const struct probe *p)
{
	int status;

	say_sets(p, probe_arg(p, 0, ""));
	if (p->argc)
		return;
	if (!fork()) {
		execl("/proc/self/exe", "probe", p->id, "exec.", NULL);
		_exit(1);
	}
	wait(&status);
}

/* What an executed file makes of its caller: probe CR-02.file is run as that file */
static void say_permitted(const struct probe *p)
{
	say_sets(p, "");
	say_text(p, "secure", "%lu", getauxval(AT_SECURE));
}

static void run_file(const struct probe *p)
{
	int status = 0;

	if (!fork()) {
		execl(probe_arg(p, 0, "/file"), "probe", "CR-02.file", NULL);
		say(p, "exec", -1);
		_exit(0);
	}
	wait(&status);
}

/* file capabilities: FILE +ip|+i - give them, from outside and as root */
static void set_file_caps(const struct probe *p)
{
	struct vfs_cap_data data = { 0 };
	const char *how = probe_arg(p, 1, "ep");

	data.magic_etc = VFS_CAP_REVISION_2;
	if (strchr(how, 'e'))
		data.magic_etc |= VFS_CAP_FLAGS_EFFECTIVE;
	if (strchr(how, 'p'))
		data.data[0].permitted = 1u << CAP_NET_RAW;
	if (strchr(how, 'i'))
		data.data[0].inheritable = 1u << CAP_NET_RAW;
	say(p, NULL,
	    syscall(SYS_setxattr, probe_arg(p, 0, ""), "security.capability", &data,
		    sizeof(data), 0));
}

/* Loosening what set*id calls and keepcaps do */
static void securebits(const struct probe *p)
{
	say_text(p, "locked", "%s",
		 (prctl(PR_GET_SECUREBITS) & SECBIT_NO_SETUID_FIXUP_LOCKED) ? "yes"
									     : "no");
	say(p, "clear", prctl(PR_SET_SECUREBITS, 0));
	say(p, "keepcaps", prctl(PR_SET_KEEPCAPS, 1));
	say(p, "ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0));
	/* To one's own id and back: fixups that are off would keep something */
	if (setresuid(getuid(), getuid(), getuid()) < 0)
		probe_die(p, "setresuid to oneself");
	say_sets(p, "");
}

/* The groups, and files that only they can read, or all but they: FILE... */
static void groups(const struct probe *p)
{
	gid_t list[64];
	int n = getgroups(64, list);
	int own = 0, others = 0;

	if (n < 0)
		probe_die(p, "getgroups");
	/* Several may be the overflow id here: each counts, that one for nothing */
	for (int i = 0; i < n; i++)
		list[i] == getegid() ? own++ : others++;
	say_text(p, "own", "%s", own ? "listed" : n ? "missing" : "empty");
	say_text(p, "others", "%s", others ? "some" : "none");
	for (int i = 0; i < p->argc; i++) {
		const char *name = strrchr(p->argv[i], '/');
		int fd = open(p->argv[i], O_RDONLY);

		say(p, name ? name + 1 : p->argv[i], fd);
		close(fd);
	}
}

/* Changing groups: [GROUP] another one to try */
static void change_groups(const struct probe *p)
{
	gid_t want[] = { getegid(), (gid_t)atoi(probe_arg(p, 0, "4")) };
	char text[16] = "";
	int fd;

	say(p, "setgroups", syscall(SYS_setgroups, 2, want));
	say(p, "drop", syscall(SYS_setgroups, 0, NULL));
	say(p, "setgid", setresgid(want[1], want[1], want[1]));
	fd = open("/proc/self/setgroups", O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		probe_die(p, "/proc/self/setgroups");
	close(fd);
	text[strcspn(text, "\n")] = '\0';
	say_text(p, "state", "%s", text);
	fd = open("/proc/self/setgroups", O_WRONLY);
	say(p, "allow", fd < 0 ? -1 : write(fd, "allow", 5));
	close(fd);
}

/* --- user namespaces -------------------------------------------------------------- */

static void try_unshare(const struct probe *p)
{
	say(p, "unshare", unshare(CLONE_NEWUSER));
}

static void try_again(const struct probe *p)
{
	say(p, "again", unshare(CLONE_NEWUSER));
}

/* clone with @flags in the way of fork; the child ends at once */
static void try_clone(const struct probe *p, const char *part, unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	say(p, part, pid);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
}

static void try_clone3(const struct probe *p)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack,
			stack_size, tls;
	} args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (!pid)
		_exit(0);
	say(p, "clone3", pid);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
}

static void nesting(const struct probe *p)
{
	static const struct {
		const char *part;
		unsigned long flags;
	} kinds[] = {
		{ "mnt", CLONE_NEWNS },	    { "pid", CLONE_NEWPID },
		{ "net", CLONE_NEWNET },    { "uts", CLONE_NEWUTS },
		{ "ipc", CLONE_NEWIPC },    { "cgroup", CLONE_NEWCGROUP },
		/* 64 bits of flags where the kernel reads all, the filter 32 */
		{ "high", CLONE_NEWUSER | 0x100000000UL },
	};
	int fd, own;

	probe_in_child(p, try_unshare);
	try_clone(p, "clone", CLONE_NEWUSER);
	try_clone3(p);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		try_clone(p, kinds[i].part, kinds[i].flags);
	own = open("/proc/self/ns/user", O_RDONLY);
	say(p, "setns", setns(own, CLONE_NEWUSER));
	fd = open("/proc/sys/user/max_user_namespaces", O_WRONLY);
	/* Outside nothing is written: that would be the limit of the machine */
	say(p, "raise", fd < 0 || !p->argc ? fd : write(fd, "100", 3));
	probe_in_child(p, try_again);
}

/* --- files and setuid programs ---------------------------------------------------- */

/* CR-13: DIR - make files there, one of them setuid; the test looks at them from
 * outside */
static void make_files(const struct probe *p)
{
	const char *dir = probe_arg(p, 0, "/dir");

	if (chdir(dir) < 0)
		probe_die(p, "'%s'", dir);
	say_text(p, "uid", "%u", getuid());
	say(p, "file", open("file", O_CREAT | O_WRONLY | O_EXCL, 0644));
	say(p, "mkdir", mkdir("dir", 0755));
	say(p, "symlink", symlink("nowhere", "link"));
	say(p, "mkfifo", mkfifo("fifo", 0644));
	say(p, "chmod", chmod("file", 04755));
	say(p, "chown", lchown("link", 0, 0));
}

/* CR-14: FILE... - setuid programs; a copy of the probe says whether its ids differ */
static void setuid_files(const struct probe *p)
{
	for (int i = 0; i < p->argc; i++) {
		int status = 0;

		fflush(NULL);
		if (!fork()) {
			execl(p->argv[i], "probe", "CR-14.file", NULL);
			say(p, "exec", -1);
			_exit(0);
		}
		wait(&status);
	}
}

static void setuid_file(const struct probe *p)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	say_text(p, "uid", "%s", r == e && e == s ? "same" : "changed");
	say_text(p, "gid", "%s", rg == eg && eg == sg ? "same" : "changed");
	say_text(p, "secure", "%lu", getauxval(AT_SECURE));
}

/* --- priorities and limits -------------------------------------------------------- */

static void priorities(const struct probe *p)
{
	struct sched_param rt = { .sched_priority = 1 };
	struct rlimit now, more;
	void *area = mmap(NULL, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	say(p, "nice", setpriority(PRIO_PROCESS, 0, -20));
	say(p, "fifo", sched_setscheduler(0, SCHED_FIFO, &rt));
	say(p, "rr", sched_setscheduler(0, SCHED_RR, &rt));
	getrlimit(RLIMIT_NOFILE, &now);
	more = (struct rlimit){ now.rlim_max + 1, now.rlim_max + 1 };
	say(p, "nofile", setrlimit(RLIMIT_NOFILE, &more));
	more = (struct rlimit){ 1, 1 };
	say(p, "core", setrlimit(RLIMIT_CORE, &more));
	say(p, "mlock", mlock(area, 64 << 20));
	/* 1 << 13: the real-time class */
	say(p, "ioprio", syscall(SYS_ioprio_set, 1, 0, 1 << 13 | 4));
}

static void rise(const struct probe *p)
{
	/* In a child, so that what succeeds ends with it */
	probe_in_child(p, priorities);
}

/* All that the kernel counts as who we are: real, effective, saved ids, and the groups */
static void who(const struct probe *p)
{
	char list[256] = "";
	gid_t g[32], r, e, s;
	uid_t ur, ue, us;
	int n = getgroups(ARRAY_SIZE(g), g);

	if (n < 0 || getresuid(&ur, &ue, &us) < 0 || getresgid(&r, &e, &s) < 0)
		probe_die(p, "no ids");
	for (int i = 0; i < n; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), " %u", g[i]);
	say_text(p, "users", "%u %u %u", ur, ue, us);
	say_text(p, "group", "%u %u %u", r, e, s);
	say_text(p, "groups", "%s", list[0] ? list + 1 : "none");
}

const struct check cr_checks[] = {
	{ "CR-01", capabilities, "[PREFIX]" },
	{ "CR-02", run_file, "FILE" },
	{ "CR-02.file", say_permitted, NULL },
	{ "file-caps", set_file_caps, "FILE ep|i" },
	{ "CR-03", capabilities, "[PREFIX]" },
	{ "CR-04", securebits, NULL },
	{ "CR-05", groups, "FILE..." },
	{ "CR-06", groups, "FILE..." },
	{ "CR-07", change_groups, "[GROUP]" },
	{ "CR-08", groups, "FILE..." },
	{ "CR-10", who, NULL },
	{ "CR-12", nesting, "[write]" },
	{ "CR-13", make_files, "DIR" },
	{ "CR-14", setuid_files, "FILE..." },
	{ "CR-14.file", setuid_file, NULL },
	{ "CR-15", rise, NULL },
	{ 0 },
};
