// SPDX-License-Identifier: GPL-3.0-or-later
/* sc.c - checks SC-*: the system call filter */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Arguments that the kernel refuses whoever calls: bad pointers, descriptors,
 * commands. What
 * needs something else to do nothing has its own first one. */
struct refused {
	const char *name;
	long number;
	long first;
};
#define CALL(name)	  { #name, SYS_##name, -1 }
#define CALL_WITH(name, a) { #name, SYS_##name, a }

static const struct refused refused[] = {
	/* @mount */
	CALL(chroot), CALL(fsconfig), CALL(fsmount), CALL(fsopen), CALL(fspick),
	CALL(mount),
	CALL(mount_setattr), CALL(move_mount), CALL(open_tree), CALL(pivot_root),
	CALL(umount2),
	/* @namespace */
	CALL(setdomainname), CALL(sethostname), CALL(setns), CALL(unshare),
	/* @debug, @introspect */
	CALL(process_vm_readv), CALL(ptrace), CALL(kcmp), CALL(pidfd_getfd),
	CALL(process_madvise), CALL(process_vm_writev),
	/* @keyring */
	CALL(add_key), CALL(keyctl), CALL(request_key),
	/* @module: finit_module and kexec with flags that no kernel has */
	CALL(delete_module), CALL(finit_module), CALL(init_module), CALL(kexec_file_load),
	CALL(kexec_load),
	/* @clock, @reboot, @swap */
	CALL(clock_settime), CALL(settimeofday), CALL(reboot), CALL(swapoff),
	CALL(swapon),
#ifdef __x86_64__
	CALL(ioperm), CALL(iopl), CALL(modify_ldt),
#endif
	/* @kernel-surface */
	CALL(bpf), CALL(fanotify_init), CALL(fanotify_mark), CALL(io_uring_enter),
	CALL(io_uring_register), CALL(io_uring_setup), CALL(memfd_secret),
	CALL(name_to_handle_at), CALL(open_by_handle_at), CALL(perf_event_open),
	CALL(userfaultfd),
	/* @privileged: vhangup has no argument to be wrong, it is tried in boxes alone */
	CALL(acct), CALL(quotactl), CALL(quotactl_fd), CALL(syslog),
	/* @numa, @newer */
	CALL(get_mempolicy), CALL(mbind), CALL(migrate_pages), CALL(move_pages),
	CALL(set_mempolicy), CALL(set_mempolicy_home_node), CALL(clone3),
	{ "cachestat", 451, -1 }, { "statmount", 457, -1 }, { "listmount", 458, -1 },
	{ "lsm_get_self_attr", 459, -1 }, { "lsm_set_self_attr", 460, -1 },
	{ "lsm_list_modules", 461, -1 }, { "mseal", 462, -1 }, { "setxattrat", 463, -1 },
	{ "getxattrat", 464, -1 }, { "listxattrat", 465, -1 },
	{ "removexattrat", 466, -1 },
	{ "open_tree_attr", 467, -1 }, { "file_getattr", 468, -1 },
	{ "file_setattr", 469, -1 },
};

static void one_call(const struct probe *p, const struct refused *c)
{
	int status = 0;

	/* Each in a child: a call that kills or that does something says so too */
	fflush(NULL);
	if (!fork()) {
		say(p, c->name, syscall(c->number, c->first, -1L, -1L, -1L, -1L, -1L));
		_exit(0);
	}
	wait(&status);
	if (WIFSIGNALED(status))
		say_text(p, c->name, "SIG%s", sigabbrev_np(WTERMSIG(status)));
}

static void refused_calls(const struct probe *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		one_call(p, &refused[i]);
}

static void hang_up(const struct probe *p)
{
	say(p, "vhangup", syscall(SYS_vhangup));
}

/* --- other ABIs ------------------------------------------------------------------- */

#ifdef __x86_64__
/* The number is in the code: a compiler cannot clobber rbx and rbp by itself */
static long int80(long number)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a"(ret) : "a"(number) : "memory", "r8", "r9",
			 "r10", "r11");
	return ret;
}
static void try_int80(const struct probe *p)
{
	long ret = int80(20); /* getpid in the i386 table, writev in this one */

	say_errno(p, "int80", ret < 0 ? (int)-ret : 0);
}
static void try_x32(const struct probe *p)
{
	say(p, "x32", syscall(0x40000000 | 39));
}
#endif

static void other_abis(const struct probe *p)
{
#ifdef __x86_64__
	static const struct {
		const char *part;
		void (*tried)(const struct probe *p);
	} ways[] = { { "int80", try_int80 }, { "x32", try_x32 } };

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		int code = probe_in_child(p, ways[i].tried);

		if (code < 0)
			say_text(p, ways[i].part, "SIG%s", sigabbrev_np(-code));
	}
#else
	say_text(p, NULL, "none");
#endif
}

/* --- what programs need ----------------------------------------------------------- */

static void *run_thread(void *arg)
{
	return arg;
}

static void try_thread(const struct probe *p)
{
	pthread_t thread;
	void *back = NULL;
	int code = pthread_create(&thread, NULL, run_thread, NULL);

	if (!code)
		code = pthread_join(thread, &back);
	say_errno(p, "thread", code);
}

static void ordinary_calls(const struct probe *p)
{
	char *const argv[] = { (char[]){ "probe" }, (char[]){ "--list" }, NULL };
	char *const envp[] = { NULL };
	posix_spawn_file_actions_t quiet;
	char bytes[8];
	struct statx stx;
	pid_t pid = -1;
	int status = -1, fd;

	try_thread(p);
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	say_errno(p, "spawn",
		  posix_spawn(&pid, "/proc/self/exe", &quiet, NULL, argv, envp));
	say(p, "wait", waitpid(pid, &status, 0) < 0 || status ? -1 : 0);
	say(p, "getrandom", getrandom(bytes, sizeof(bytes), 0));
	say(p, "statx", statx(AT_FDCWD, "/", 0, STATX_BASIC_STATS, &stx));
	say(p, "faccessat2", syscall(SYS_faccessat2, AT_FDCWD, "/", R_OK, AT_EACCESS));
	fd = memfd_create("x", 0);
	say(p, "fchmodat2", syscall(452, fd, "", 0600, AT_EMPTY_PATH));
	say(p, "socket", socket(AF_UNIX, SOCK_STREAM, 0));
	say(p, "rseq", syscall(SYS_membarrier, 0, 0, 0) < 0 ? -1 : 0);
}

/* --- threads, unknown calls, io_uring --------------------------------------------- */

struct crowd {
	pthread_barrier_t begun, seen;
};

static void *wait_in_crowd(void *arg)
{
	struct crowd *c = arg;

	pthread_barrier_wait(&c->begun);
	pthread_barrier_wait(&c->seen);
	return NULL;
}

/* Seccomp and no_new_privs of each thread, among nine */
static void thread_filters(const struct probe *p)
{
	struct crowd c;
	pthread_t thread[8];
	int filtered = 0, threads = 0;
	char path[64], line[256];

	pthread_barrier_init(&c.begun, NULL, 9);
	pthread_barrier_init(&c.seen, NULL, 9);
	for (int i = 0; i < 8; i++)
		if (pthread_create(&thread[i], NULL, wait_in_crowd, &c))
			probe_die(p, "no thread");
	pthread_barrier_wait(&c.begun);
	for (pid_t tid = 1; tid < 4096; tid++) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/self/task/%d/status", tid);
		f = fopen(path, "re");
		threads += f != NULL;
		while (f && fgets(line, sizeof(line), f))
			filtered += !strcmp(line, "Seccomp:\t2\n");
		if (f)
			fclose(f);
	}
	say_text(p, "threads", "%d", threads);
	say_text(p, "filtered", "%d", filtered);
	pthread_barrier_wait(&c.seen);
	for (int i = 0; i < 8; i++)
		pthread_join(thread[i], NULL);
}

/* 999, 4096, -1 no kernel has; the others have a number that newer kernels gave away */
static void unknown_calls(const struct probe *p)
{
	say(p, "999", syscall(999));
	say(p, "4096", syscall(4096));
	say(p, "-1", syscall(-1));
	say(p, "mseal", syscall(462, 0, 0, 0));
}

static void io_uring(const struct probe *p)
{
	char params[256] = { 0 };

	say(p, "setup", syscall(SYS_io_uring_setup, 4, params));
	say(p, "register", syscall(SYS_io_uring_register, -1, 0, NULL, 0));
	say(p, "enter", syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0));
}

/* --- w^x -------------------------------------------------------------------------- */

static void try_shm_exec(const struct probe *p)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0700);
	void *at;

	if (id < 0)
		probe_die(p, "no shared memory");
	at = shmat(id, NULL, SHM_EXEC);
	say(p, "shmat", at == (void *)-1 ? -1 : 0);
	if (at != (void *)-1)
		shmdt(at);
	shmctl(id, IPC_RMID, NULL);
}

static void write_and_execute(const struct probe *p)
{
	char *area = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	int fd;

	say(p, "mprotect", mprotect(area, 4096, PROT_READ | PROT_EXEC));
	mprotect(area, 4096, PROT_READ | PROT_WRITE);
	say(p, "pkey_mprotect",
	    syscall(SYS_pkey_mprotect, area, 4096UL, PROT_READ | PROT_EXEC, -1));
	area = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	say(p, "mmap", area == MAP_FAILED ? -1 : 0);
	try_shm_exec(p);
	fd = memfd_create("x", 0);
	say(p, "memfd", fd);
	/* 8: MFD_NOEXEC_SEAL, which Linux 6.3 has */
	fd = memfd_create("x", 8);
	say(p, "noexec_memfd", fd);
	/* A file of the payload's own, mapped once to write and once to execute */
	fd = open("/tmp/twice", O_RDWR | O_CREAT, 0700);
	if (fd < 0 || ftruncate(fd, 4096) < 0)
		probe_die(p, "/tmp/twice");
	area = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	say(p, "file", area == MAP_FAILED ? -1 : 0);
	unlink("/tmp/twice");
	say(p, "personality", personality(READ_IMPLIES_EXEC));
}

/* --- sockets ---------------------------------------------------------------------- */

static void sockets(const struct probe *p)
{
	static const struct {
		const char *part;
		long family, type, protocol;
	} kinds[] = {
		{ "unix", AF_UNIX, SOCK_STREAM, 0 },
		{ "inet", AF_INET, SOCK_STREAM, 0 },
		{ "inet6", AF_INET6, SOCK_DGRAM, 0 },
		{ "route", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
		{ "vsock", AF_VSOCK, SOCK_STREAM, 0 },
		{ "alg", AF_ALG, SOCK_SEQPACKET, 0 },
		{ "packet", AF_PACKET, SOCK_RAW, 0x0300 },
		{ "raw", AF_INET, SOCK_RAW, 1 },
		{ "raw6", AF_INET6, SOCK_RAW, 58 },
		{ "audit", AF_NETLINK, SOCK_RAW, NETLINK_AUDIT },
		{ "netfilter", AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER },
		{ "sock_diag", AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG },
		{ "uevent", AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT },
		{ "key", AF_KEY, SOCK_RAW, 2 },
		{ "bluetooth", AF_BLUETOOTH, SOCK_RAW, 1 },
		{ "xdp", AF_XDP, SOCK_RAW, 0 },
		{ "can", AF_CAN, SOCK_RAW, 1 },
		{ "tipc", AF_TIPC, SOCK_RDM, 0 },
		{ "x25", AF_X25, SOCK_SEQPACKET, 0 },
		/* int arguments: the kernel does not look at the upper half */
		{ "high_vsock", 0x100000000L | AF_VSOCK, SOCK_STREAM, 0 },
		{ "high_audit", AF_NETLINK, SOCK_RAW, 0x100000000L | NETLINK_AUDIT },
	};
	int pair[2];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		long fd = syscall(SYS_socket, kinds[i].family, kinds[i].type,
				  kinds[i].protocol);

		say(p, kinds[i].part, fd);
		if (fd >= 0)
			close((int)fd);
	}
	say(p, "pair_tipc", socketpair(AF_TIPC, SOCK_SEQPACKET, 0, pair));
}

const struct check sc_checks[] = {
	{ "SC-01", refused_calls, NULL },
	{ "SC-01.hangup", hang_up, NULL },
	{ "SC-02", other_abis, NULL },
	{ "SC-03", ordinary_calls, NULL },
	{ "SC-05", io_uring, NULL },
	{ "SC-07", thread_filters, NULL },
	{ "SC-08", unknown_calls, NULL },
	{ "SC-09", write_and_execute, NULL },
	{ "SC-11", sockets, NULL },
	{ 0 },
};
