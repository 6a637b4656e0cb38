// SPDX-License-Identifier: GPL-3.0-or-later
/* admit.c - which jobs may run at a time by what their limits declare */
#include "job/admit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parse.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "job/prepare.h"

#define ONE_CPU	      1000
#define OWN_PROCESSES 3 /* slot and init of the box, and one that helps to make it */

static uint64_t at_most(uint64_t n, uint64_t most)
{
	return n < most ? n : most;
}

static struct job_share share_of(const struct admission *a, const struct job *j)
{
	struct job_share s = j->declared;

	raise_limit(&s.memory, j->retry.raise_milli, j->retried[CAUSE_OOM]);
	raise_limit(&s.processes, j->retry.raise_milli, j->retried[CAUSE_PIDS]);
	return (struct job_share){
		.memory = at_most(s.memory, a->have.memory),
		.cpus = at_most(s.cpus ? s.cpus : ONE_CPU, a->have.cpus),
		.processes = at_most((s.processes ? s.processes : 2) + OWN_PROCESSES,
				     a->have.processes),
	};
}

/* Threads of a process of user @uid, by proc_pid_status(5) */
static uint64_t threads_of(const char *pid, uid_t uid)
{
	unsigned int owner = 0, threads = 0;
	auto_text status = { 0 };
	const char *at;
	char path[64];
	auto_fd fd = -1;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fd_read_all(fd, &status, 65536) < 0)
		return 0;
	at = strstr(text_str(&status), "\nUid:");
	if (!at || sscanf(at, "\nUid: %u", &owner) != 1 || owner != uid)
		return 0;
	at = strstr(at, "\nThreads:");
	return at && sscanf(at, "\nThreads: %u", &threads) == 1 ? threads : 1;
}

uint64_t admit_processes(void)
{
	uid_t uid = getuid();
	uint64_t used = 0;
	struct rlimit most;
	struct dirent *d;
	DIR *proc;

	/* of root there may be any number */
	if (!uid || getrlimit(RLIMIT_NPROC, &most) < 0 || most.rlim_cur == RLIM_INFINITY)
		return 0;
	proc = opendir("/proc");
	while (proc && (d = readdir(proc)))
		if (*d->d_name >= '1' && *d->d_name <= '9')
			used += threads_of(d->d_name, uid);
	if (proc)
		closedir(proc);
	return most.rlim_cur > used ? most.rlim_cur - used : 1;
}

int admit_open(struct admission *a, const struct args *args, struct err *e)
{
	const char *memory = cmd_option(args, "total-memory"), *why;
	const char *cpus = cmd_option(args, "total-cpus");

	if (memory && parse_size(memory, &a->have.memory, &why) < 0)
		return cmd_usage(args, e, "--total-memory '%s': %s", memory, why);
	if (memory && !a->have.memory)
		return cmd_usage(args, e, "--total-memory '%s': no job would fit",
				 memory);
	if (cpus && parse_cpus(cpus, &a->have.cpus, &why) < 0)
		return cmd_usage(args, e, "--total-cpus '%s': %s", cpus, why);
	a->cpus_are_given = cpus;
	return 0;
}

int admit_check(const struct admission *a, const struct job *j, struct err *e)
{
	auto_text wants = { 0 }, have = { 0 };
	const struct job_share *s = &j->declared;

	if (a->have.memory && s->memory > a->have.memory) {
		text_size(&wants, s->memory);
		text_size(&have, a->have.memory);
		err_set(e,
			"job '%s' may use %s of memory (limits.memory), and there is %s "
			"for all that run",
			j->id, text_str(&wants), text_str(&have));
		return err_hint(e, "lower its limit, or give --total-memory or -j N");
	}
	if (!a->cpus_are_given || s->cpus <= a->have.cpus)
		return 0;
	err_set(e,
		"job '%s' may use %g CPUs (limits.cpus), and there are %g for all that "
		"run",
		j->id, (double)s->cpus / ONE_CPU, (double)a->have.cpus / ONE_CPU);
	return err_hint(e, "lower its limit, or raise --total-cpus");
}

bool admit_take(struct admission *a, const struct job *j)
{
	struct job_share s = share_of(a, j);

	if (s.memory > a->have.memory - a->used.memory ||
	    s.processes > a->have.processes - a->used.processes ||
	    s.cpus > a->have.cpus - a->used.cpus)
		return false;
	a->used.memory += s.memory;
	a->used.cpus += s.cpus;
	a->used.processes += s.processes;
	return true;
}

void admit_give(struct admission *a, const struct job *j)
{
	struct job_share s = share_of(a, j);

	a->used.memory -= s.memory;
	a->used.cpus -= s.cpus;
	a->used.processes -= s.processes;
}
