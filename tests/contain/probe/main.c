// SPDX-License-Identifier: GPL-3.0-or-later
/* main.c - the probe: finds the check, runs it, and says what came of it
 *
 *	probe [--nested] ID [ARG...]	try one check; --nested in namespaces of its own
 *	probe --list			all ids
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct check *const tables[] = {
	fs_checks, mount_checks, ps_checks, fd_checks, cr_checks,
	sc_checks, tt_checks,	 ne_checks, kn_checks, rs_checks, end_checks, join_checks,
	quota_checks,
};

const char *errno_name(int code)
{
	static char number[16];
	const char *name = strerrorname_np(code);

	if (name)
		return name;
	snprintf(number, sizeof(number), "E%d", code);
	return number;
}

/* One write for each line, so that lines of several processes do not mix */
static void say_line(const struct probe *p, const char *part, const char *text)
{
	dprintf(STDOUT_FILENO, "%s%s%s %s\n", p->id, part ? "." : "", part ? part : "",
		text);
}

void say_errno(const struct probe *p, const char *part, int code)
{
	say_line(p, part, code ? errno_name(code) : "ok");
}

void say(const struct probe *p, const char *part, long ret)
{
	say_errno(p, part, ret < 0 ? errno : 0);
}

void say_text(const struct probe *p, const char *part, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say_line(p, part, text);
}

const char *probe_arg(const struct probe *p, int i, const char *otherwise)
{
	return i < p->argc ? p->argv[i] : otherwise;
}

void probe_die(const struct probe *p, const char *fmt, ...)
{
	int code = errno;
	va_list ap;

	fprintf(stderr, "probe: %s: ", p->id);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, " (%s)\n", errno_name(code));
	_exit(2);
}

int probe_in_child(const struct probe *p, void (*tried)(const struct probe *p))
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		probe_die(p, "no child");
	if (!pid) {
		tried(p);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid)
		probe_die(p, "the child is lost");
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? errno : 0;
}

int probe_nest(void)
{
	char map[64];
	uid_t uid = getuid();
	gid_t gid = getgid();
	int code;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return errno;
	write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	code = write_text("/proc/self/uid_map", map);
	if (code)
		return code;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return write_text("/proc/self/gid_map", map);
}

static int list(void)
{
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct check *c = tables[t]; c->id; c++)
			printf("%s%s%s\n", c->id, c->args ? " " : "",
			       c->args ? c->args : "");
	return 0;
}

int main(int argc, char **argv)
{
	struct probe p = { 0 };
	int at = 1, code, found = 0;
	bool nested = false;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list();
	if (argc > 1 && !strcmp(argv[1], "--nested")) {
		nested = true;
		at++;
	}
	if (at >= argc) {
		fprintf(stderr, "usage: probe [--nested] ID [ARG...], probe --list\n");
		return 2;
	}
	p.id = argv[at];
	p.argc = argc - at - 1;
	p.argv = argv + at + 1;
	if (nested) {
		code = probe_nest();
		say_errno(&p, "nest", code);
		if (code)
			return 0;
	}
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct check *c = tables[t]; c->id; c++)
			if (!strcmp(c->id, p.id)) {
				c->run(&p);
				found++;
			}
	if (!found)
		fprintf(stderr, "probe: no check '%s'\n", p.id);
	return found ? 0 : 2;
}
