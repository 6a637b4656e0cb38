// SPDX-License-Identifier: GPL-3.0-or-later
/* fortify.c - calls the checked functions of base/fortify.h, within bounds or one beyond
 *
 * fortify NAME N - the call NAME with a length of N over an object of 16 bytes. It is
 * built like the light program; fortify.t runs it. `fortify` alone lists the names.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 16

/* Behind the member lies more of the object: mode 0 may go on into it, mode 1 may not */
struct pair {
	char first[ROOM];
	char second[ROOM];
};

static void keep(void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

static int call_vsnprintf(struct pair *p, size_t n, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static inline __attribute__((always_inline)) int vsnprintf_member(struct pair *p,
								  size_t n,
								  const char *fmt,
								  va_list ap)
{
	return vsnprintf(p->first, n, fmt, ap);
}

static int call_vsnprintf(struct pair *p, size_t n, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf_member(p, n, fmt, ap);
	va_end(ap);
	return len;
}

/* Each a function of its own: the compiler knows no more than what is written here */
#define CALL(name, code)                                                   \
	static __attribute__((noinline)) void try_##name(size_t n, int fd) \
	{                                                                  \
		char to[ROOM], from[2 * ROOM] = "x";                       \
		struct pair p = { { 0 }, { 0 } };                          \
		(void)n, (void)fd;                                         \
		keep(to), keep(from), keep(&p);                            \
		code;                                                      \
		keep(to), keep(&p);                                        \
	}
CALL(memcpy, memcpy(to, from, n))
CALL(memcpy_from, memcpy(from, to, n))
CALL(memmove, memmove(to, from, n))
CALL(memset, memset(to, 0, n))
CALL(strncpy, strncpy(p.first, from, n))
CALL(strlcpy, strlcpy(p.first, from, n))
CALL(stpcpy, memset(from, 'x', n - 1); from[n - 1] = '\0'; stpcpy(p.first, from))
CALL(snprintf, snprintf(p.first, n, "%s", from))
CALL(vsnprintf, call_vsnprintf(&p, n, "%s", from))
CALL(read, (void)!read(fd, to, n))
CALL(pread, (void)!pread(fd, to, n, 0))
CALL(write, (void)!write(fd, to, n))
CALL(pwrite, (void)!pwrite(fd, to, n, 0))
CALL(recv, (void)!recv(fd, to, n, 0))
CALL(send, (void)!send(fd, to, n, 0))
CALL(readlink, (void)!readlink("/proc/self/exe", p.first, n))
CALL(readlinkat, (void)!readlinkat(AT_FDCWD, "/proc/self/exe", p.first, n))
CALL(getcwd, (void)!getcwd(p.first, n))
CALL(gethostname, (void)!gethostname(p.first, n))

static __attribute__((noinline)) void try_getgroups(size_t n, int fd)
{
	gid_t to[ROOM];

	(void)fd;
	(void)!getgroups((int)n, to);
	keep(to);
}

static __attribute__((noinline)) void try_poll(size_t n, int fd)
{
	struct pollfd fds[ROOM];

	for (int i = 0; i < ROOM; i++)
		fds[i] = (struct pollfd){ .fd = fd };
	poll(fds, n, 0);
	keep(fds);
}

/* What malloc() gave is known too, when it ran */
static __attribute__((noinline)) void try_heap(size_t n, int fd)
{
	char *to = malloc(ROOM);

	(void)fd;
	if (to)
		memset(to, 0, n);
	keep(to);
	free(to);
}

static const struct {
	const char *name;
	void (*call)(size_t n, int fd);
} calls[] = {
	{ "memcpy", try_memcpy },	{ "memcpy-from", try_memcpy_from },
	{ "memmove", try_memmove },	{ "memset", try_memset },
	{ "strncpy", try_strncpy },	{ "strlcpy", try_strlcpy },
	{ "stpcpy", try_stpcpy },	{ "snprintf", try_snprintf },
	{ "vsnprintf", try_vsnprintf }, { "read", try_read },
	{ "pread", try_pread },		{ "write", try_write },
	{ "pwrite", try_pwrite },	{ "recv", try_recv },
	{ "send", try_send },		{ "readlink", try_readlink },
	{ "readlinkat", try_readlinkat }, { "getcwd", try_getcwd },
	{ "gethostname", try_gethostname }, { "getgroups", try_getgroups },
	{ "poll", try_poll },		{ "heap", try_heap },
};

int main(int argc, char **argv)
{
	static const struct rlimit none = { 0, 0 };
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (argc < 3)
			puts(calls[i].name);
		else if (!strcmp(calls[i].name, argv[1]))
			return calls[i].call((size_t)atol(argv[2]), fd), 0;
	}
	return argc < 3 ? 0 : 2;
}
