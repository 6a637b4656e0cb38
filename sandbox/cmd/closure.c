// SPDX-License-Identifier: GPL-3.0-or-later
/* closure.c - which files a program needs to run: interpreter, libraries,
 * links on the way */
#include "cmd/closure.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/text.h"

#define LIST_MOST (1u << 20) /* bytes of a loader's list */
#define DEEPEST 16	     /* links, and scripts that name scripts */

static int add_file(struct closure *c, const char *path, int depth, struct err *e);

void closure_release(struct closure *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->path[i]);
	free(c->path);
	*c = (struct closure){ 0 };
}

static bool has(const struct closure *c, const char *path)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->path[i], path))
			return true;
	return false;
}

static int keep(struct closure *c, const char *path, struct err *e)
{
	char **more = realloc(c->path, (c->count + 2) * sizeof(*more));
	char *copy = strdup(path);

	if (more)
		c->path = more;
	if (!more || !copy) {
		free(copy);
		return err_set(e, "out of memory");
	}
	c->path[c->count++] = copy;
	c->path[c->count] = NULL;
	return 0;
}

int closure_capture(const char *const *argv, struct text *out, struct err *e)
{
	int ends[2], status;
	auto_fd from = -1;
	pid_t pid;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	from = ends[0];
	pid = fork();
	if (pid == 0) {
		if (dup2(ends[1], 1) >= 0)
			execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(ends[1]);
	if (pid < 0)
		return err_sys(e, "cannot start '%s'", argv[0]);
	r = fd_read_all(from, out, LIST_MOST);
	cleanup_fd(&from);
	from = -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return err_sys(e, "cannot read what '%s' says", argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   err_set(e, "'%s' was ended by signal %d", argv[0],
					   WTERMSIG(status));
}

/* PT_INTERP of an ELF file of either class (elf(5)). Return: 1 with @buf filled, 0 for a
 * static one, -1 when it is no ELF file */
static int elf_loader(int fd, char *buf, size_t size)
{
	union {
		Elf64_Ehdr e64;
		Elf32_Ehdr e32;
	} h;
	bool wide;
	size_t count, each;
	off_t at;

	if (pread(fd, &h, sizeof(h), 0) < (ssize_t)sizeof(h.e32) ||
	    memcmp(h.e64.e_ident, ELFMAG, SELFMAG))
		return -1;
	wide = h.e64.e_ident[EI_CLASS] == ELFCLASS64;
	count = wide ? h.e64.e_phnum : h.e32.e_phnum;
	each = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	at = wide ? (off_t)h.e64.e_phoff : (off_t)h.e32.e_phoff;
	for (size_t i = 0; i < count; i++) {
		union {
			Elf64_Phdr p64;
			Elf32_Phdr p32;
		} p;
		off_t where;
		size_t len;

		if (pread(fd, &p, each, at + (off_t)(i * each)) != (ssize_t)each)
			return -1;
		if ((wide ? p.p64.p_type : p.p32.p_type) != PT_INTERP)
			continue;
		where = wide ? (off_t)p.p64.p_offset : (off_t)p.p32.p_offset;
		len = wide ? (size_t)p.p64.p_filesz : (size_t)p.p32.p_filesz;
		if (!len || len > size || pread(fd, buf, len, where) != (ssize_t)len ||
		    buf[len - 1] || *buf != '/')
			return -1;
		return 1;
	}
	return 0;
}

/* "libc.so.6 => /lib/libc.so.6 (0x7f...)", "/lib/ld.so (0x...)" or "x => not found", each
 * behind a tab */
static int add_listed(struct closure *c, char *line, const char *program, int depth,
		      struct err *e)
{
	char *path = strstr(line, "=> ");
	char *end;

	if (path && !strncmp(path, "=> not found", 12)) {
		*path = '\0';
		return err_set(e, "'%s' needs '%s', which is not found here", program,
			       line + strspn(line, " \t"));
	}
	path = path ? path + 3 : line + strspn(line, " \t");
	end = strstr(path, " (0x");
	if (end)
		*end = '\0';
	return *path == '/' ? add_file(c, path, depth + 1, e) : 0; /* else the vdso */
}

static int add_libraries(struct closure *c, const char *program, const char *loader,
			 int depth, struct err *e)
{
	const char *const argv[] = { loader, "--list", program, NULL };
	auto_text out = { 0 };
	char *next;

	if (add_file(c, loader, depth + 1, e) < 0)
		return -1;
	if (closure_capture(argv, &out, e) < 0)
		return -1;
	for (char *line = out.s; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (add_listed(c, line, program, depth, e) < 0)
			return -1;
	}
	return 0;
}

/* "#!/usr/bin/env python3" brings env and python3;
 * arguments behind are nothing to copy */
static int add_script(struct closure *c, char *line, int depth, struct err *e)
{
	char *rest = NULL;
	char *program = strtok_r(line, " \t\r\n", &rest);
	char *name = program ? strtok_r(NULL, " \t\r\n", &rest) : NULL;
	const char *last = program ? strrchr(program, '/') : NULL;

	if (!program || *program != '/')
		return 0;
	if (add_file(c, program, depth + 1, e) < 0)
		return -1;
	return last && !strcmp(last, "/env") && name && *name != '-'
		       ? closure_add(c, name, e)
		       : 0;
}

static int add_link(struct closure *c, const char *path, int depth, struct err *e)
{
	char text[PATH_MAX], next[2 * PATH_MAX];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	if (n < 0)
		return err_sys(e, "cannot read the symlink '%s'", path);
	text[n] = '\0';
	snprintf(next, sizeof(next), "%.*s%s",
		 *text == '/' ? 0 : (int)(strrchr(path, '/') + 1 - path), path, text);
	return add_file(c, next, depth + 1, e);
}

static int add_file(struct closure *c, const char *path, int depth, struct err *e)
{
	char head[PATH_MAX] = "";
	struct stat st;
	auto_fd fd = -1;
	ssize_t n;
	int kind;

	if (depth > DEEPEST)
		return err_set(e, "'%s' leads round in circles", path);
	if (has(c, path))
		return 0;
	if (lstat(path, &st) < 0)
		return err_sys(e, "cannot find '%s'", path);
	if (keep(c, path, e) < 0)
		return -1;
	if (S_ISLNK(st.st_mode))
		return add_link(c, path, depth, e);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_sys(e, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "'%s' is no file", path);
	kind = elf_loader(fd, head, sizeof(head));
	/* libraries have none, so their own needs come with their program's */
	if (kind == 1)
		return add_libraries(c, path, head, depth, e);
	n = kind < 0 ? pread(fd, head, sizeof(head) - 1, 0) : 0;
	head[n > 0 ? n : 0] = '\0';
	return strncmp(head, "#!", 2) ? 0 : add_script(c, head + 2, depth, e);
}

int closure_add(struct closure *c, const char *name, struct err *e)
{
	const char *dirs = getenv("PATH");
	char path[PATH_MAX];

	if (strchr(name, '/')) {
		if (*name == '/')
			return add_file(c, name, 0, e);
		err_set(e, "'%s' is neither a name nor an absolute path", name);
		return -1;
	}
	if (!dirs || !*dirs)
		dirs = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
	for (const char *p = dirs; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		size_t n = strcspn(p, ":");

		if (*p != '/' ||
		    snprintf(path, sizeof(path), "%.*s/%s", (int)n, p, name) < 0)
			continue;
		if (access(path, X_OK) == 0)
			return add_file(c, path, 0, e);
	}
	return err_set(e, "there is no program '%s' in PATH", name);
}
