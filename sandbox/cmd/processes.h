/* SPDX-License-Identifier: GPL-3.0-or-later */
/* processes.h - the processes of a running box, seen from the host through /proc */
#ifndef NOOK_CMD_PROCESSES_H
#define NOOK_CMD_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

struct record;

/**
 * struct process - One process, as proc(5) has it
 * @inner:	Its pid inside the box; 0 = unknown
 * @name:	What it calls itself, any bytes
 * @cpu_ns:	Its own; @waited_ns: of the children that it waited for
 * @anon:	Bytes that are its own and in no file
 */
struct process {
	pid_t pid, parent, inner;
	char name[32];
	char state;
	unsigned int uid;
	unsigned int threads;
	uint64_t cpu_ns, waited_ns, rss, anon;
	uint64_t started_ticks; /* since boot: pid and this name a process for ever */
};

struct processes {
	struct process *v;
	size_t count;
};

/** processes_of() - Every process of the box, init among them: those of its cgroup, or
 * else init and what descends from it. Return: 0, -1 when memory ran out */
int processes_of(const struct record *rec, struct processes *out);
void processes_release(struct processes *p);
/** processes_init() - Pid of its first process: its record's, or where that does not know
 * it yet the keeper's child that is 1 inside, or is called nook-init. Return: 0 =
 * unknown */
pid_t processes_init(const struct record *rec);
/** process_read() - One process. Return: 0, -1 when it has ended */
int process_read(pid_t pid, struct process *out);
/** process_parse() - From the text of /proc/PID/stat, which it takes apart. Return: 0, -1
 * when it is none */
int process_parse(char *stat, struct process *out);
/** process_command() - Its command line, or its name in brackets; any bytes */
void process_command(const struct process *p, struct text *out);

#endif
