// SPDX-License-Identifier: GPL-3.0-or-later
/* detect_kvm.c - whether /dev/kvm runs a guest: a page, a processor, three instructions
 *
 * Theory of operation. That a file is there says nothing: the module may refuse, the
 * processor may lack what it needs, and a nested one may hang. So a child does the steps
 * and says by a pipe how far it came; the parent waits for its end by a pidfd, with a
 * deadline, and kills it. One that is stuck in the kernel does not even die of SIGKILL:
 * then the parent does not wait for it, either.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/sys.h"
#include "host/detect_inner.h"

#if defined(__x86_64__)
#include <linux/kvm.h>

#define PAGE	   4096u
#define PORT	   0x10
#define ANSWER	   42
#define KILL_GRACE 1000 /* ms that a killed child has to end */

/* 16-bit code at address 0, where a processor that was just reset and whose segment was
 * moved there begins: mov al, ANSWER; out PORT, al; hlt */
static const unsigned char code[] = { 0xb0, ANSWER, 0xe6, PORT, 0xf4 };

/** struct guest - What the steps share; all of it ends with the child */
struct guest {
	int kvm, vm, cpu;
	struct kvm_run *run;
};

/* ioctl(2), whose request is an int to one C library and an unsigned long to the other */
static int ask(int fd, unsigned int request, void *arg)
{
	return (int)syscall(SYS_ioctl, fd, request, arg);
}

static int open_kvm(struct guest *g)
{
	g->kvm = openat(AT_FDCWD, "/dev/kvm", O_RDWR | O_CLOEXEC);
	return g->kvm;
}

static int check_api(struct guest *g)
{
	int version = ask(g->kvm, KVM_GET_API_VERSION, NULL);

	if (version != KVM_API_VERSION)
		errno = version < 0 ? errno : EPROTONOSUPPORT;
	return version == KVM_API_VERSION ? 0 : -1;
}

static int make_vm(struct guest *g)
{
	g->vm = ask(g->kvm, KVM_CREATE_VM, NULL);
	return g->vm;
}

static int give_memory(struct guest *g)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);
	struct kvm_userspace_memory_region region = { .memory_size = PAGE };

	if (page == MAP_FAILED)
		return -1;
	memcpy(page, code, sizeof(code));
	region.userspace_addr = (uintptr_t)page;
	return ask(g->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static int make_cpu(struct guest *g)
{
	int size = ask(g->kvm, KVM_GET_VCPU_MMAP_SIZE, NULL);
	void *run;

	g->cpu = ask(g->vm, KVM_CREATE_VCPU, NULL);
	if (g->cpu < 0 || size < 0)
		return -1;
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, g->cpu, 0);
	g->run = run;
	return run == MAP_FAILED ? -1 : 0;
}

static int set_registers(struct guest *g)
{
	struct kvm_regs regs = { .rflags = 2 }; /* bit 1 is always set */
	struct kvm_sregs sregs;

	if (ask(g->cpu, KVM_GET_SREGS, &sregs))
		return -1;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ask(g->cpu, KVM_SET_SREGS, &sregs))
		return -1;
	return ask(g->cpu, KVM_SET_REGS, &regs);
}

static int run_until(struct guest *g, unsigned int reason)
{
	if (ask(g->cpu, KVM_RUN, NULL))
		return -1;
	if (g->run->exit_reason == reason)
		return 0;
	errno = EPROTO;
	return -1;
}

static int run_to_port(struct guest *g)
{
	if (run_until(g, KVM_EXIT_IO))
		return -1;
	if (g->run->io.port == PORT &&
	    *((unsigned char *)g->run + g->run->io.data_offset) == ANSWER)
		return 0;
	errno = EPROTO;
	return -1;
}

static int run_to_halt(struct guest *g)
{
	return run_until(g, KVM_EXIT_HLT);
}

static const struct step {
	const char *name;
	int (*run)(struct guest *g);
} steps[] = {
	{ "open /dev/kvm", open_kvm },
	{ "ask for its version", check_api },
	{ "make a machine", make_vm },
	{ "give it memory", give_memory },
	{ "make a processor", make_cpu },
	{ "set its registers", set_registers },
	{ "run to the write to a port", run_to_port },
	{ "run on to the halt", run_to_halt },
};

/** struct word - What the child says before each step, and once when one failed */
struct word {
	int step;
	int code; /* errno; 0 = it begins */
};

static void say_word(int fd, struct word w)
{
	if (write(fd, &w, sizeof(w)) != (ssize_t)sizeof(w))
		_exit(1);
}

static void child_main(pid_t parent, int fd) __attribute__((noreturn));

static void child_main(pid_t parent, int fd)
{
	struct guest g = { .kvm = -1, .vm = -1, .cpu = -1 };
	size_t i;

	if (child_die_with(parent) < 0)
		_exit(1);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		say_word(fd, (struct word){ .step = (int)i });
		if (steps[i].run(&g) < 0) {
			say_word(fd, (struct word){ .step = (int)i, .code = errno });
			_exit(1);
		}
	}
	say_word(fd, (struct word){ .step = (int)i });
	_exit(0);
}

/* The last word; the pipe holds all of them, and may be open still in a child that is
 * stuck, so it is not read to its end */
static struct word last_word(int fd)
{
	struct word w = { .step = 0 }, last = w;

	while (read(fd, &w, sizeof(w)) == (ssize_t)sizeof(w))
		last = w;
	return last;
}

static enum detect_truth word_it(struct word w, bool in_time, unsigned int ms,
				 struct text *say)
{
	if (w.step == (int)ARRAY_SIZE(steps)) {
		text_add(say, "works: a guest of one page ran to its halt");
		return DETECT_YES;
	}
	if (!in_time) {
		text_addf(say, "hangs: no answer for %u ms to: %s", ms,
			  steps[w.step].name);
		return DETECT_NO;
	}
	text_addf(say, "cannot %s: %s", steps[w.step].name,
		  w.code ? strerror(w.code) : "the process was killed");
	/* Without the file, or the right to it, nothing was tried */
	return w.step ? DETECT_NO : DETECT_UNKNOWN;
}

enum detect_truth detect_probe_kvm(unsigned int ms, struct text *say)
{
	auto_fd hear = -1, tell = -1, pidfd = -1;
	pid_t self = getpid(), pid;
	bool in_time = true;
	enum detect_truth t;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK) < 0) {
		text_addf(say, "cannot make a pipe: %s", strerror(errno));
		return DETECT_UNKNOWN;
	}
	hear = pipes[0];
	tell = pipes[1];
	pid = fork();
	if (!pid)
		child_main(self, tell);
	pidfd = pid < 0 ? -1 : sys_pidfd_open(pid, 0);
	if (pid < 0 || pidfd < 0) {
		text_addf(say, "cannot make a process: %s", strerror(errno));
		if (pid > 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		}
		return DETECT_UNKNOWN;
	}
	in_time = pidfd_ends(pidfd, (int)ms);
	if (!in_time)
		sys_pidfd_send_signal(pidfd, SIGKILL);
	t = word_it(last_word(hear), in_time, ms, say);
	if (pidfd_ends(pidfd, in_time ? 0 : KILL_GRACE))
		waitpid(pid, NULL, 0);
	else
		text_addf(say, "; process %d is stuck in the kernel and cannot be killed",
			  (int)pid);
	return t;
}

#else

enum detect_truth detect_probe_kvm(unsigned int ms, struct text *say)
{
	(void)ms;
	text_add(say, "not tried: the guest of this probe is one for x86-64");
	return DETECT_UNKNOWN;
}

#endif
