/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trace.h - run a command under ptrace(2), count its calls and do it harm at one */
#ifndef NOOK_TESTS_TRACE_H
#define NOOK_TESTS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Who is who in the tree of a `nook run`; a client is a command that asks a keeper */
enum role {
	ROLE_NONE,
	ROLE_KEEPER,
	ROLE_HELPER,
	ROLE_INIT,
	ROLE_PAYLOAD,
	ROLE_CLIENT,
	ROLE_COUNT
};

enum harm { HARM_NONE, HARM_KILL, HARM_FAIL, HARM_ACT };

#define TRACE_CALLS 512

/**
 * struct trace - One run: what is to happen, and what did
 * @argv, @dir: the command and where it starts; stdout and stderr come in @said
 * @deadline_ms: how long a process may outlive the harm (or the last event)
 * @hold:	standard input is a pipe that stays open until everything is quiet
 * @all:	the keeper's helpers are followed without root, too: none of them becomes
 *		a setuid program, which would not be one then
 * @keeper:	0, or one that runs already, a child of ours: the command is a client of
 *		his. His calls count too, and those of all whom he starts meanwhile; he
 *		lives on
 * @kernel:	what uname(2) is to say, or NULL
 * @at:		HARM_KILL: at the how manieth system call, of anyone; HARM_FAIL: at that
 *		one, or the first behind it that can fail; 0 = by @nr
 * @on_exit:	HARM_KILL: after the call rather than before it
 * @whom:	HARM_KILL: who is killed; ROLE_NONE is who made the call
 * @act, @arg, @times: HARM_ACT: what somebody else does before call @at, and so on before
 *		each call behind it, @times in all; who makes the call stands still then
 * @nr, @nth, @error: HARM_FAIL: which call fails, and with what
 *
 * @steps:	system calls until the end, payload's own not counted
 * @quiet:	the same when all were waiting (@hold)
 * @count:	of each call until the payload's exec
 * @hit:	the harm was done; @victim to whom, in which call (@victim_nr)
 * @hung:	who was still there at the deadline, in words; "" = nobody
 * @status:	raw wait status of the command
 */
struct trace {
	char *const *argv;
	const char *dir;
	int deadline_ms;
	bool hold, all;
	pid_t keeper;
	const char *kernel;
	enum harm harm;
	long at;
	bool on_exit;
	enum role whom;
	int nr, nth, error;
	void (*act)(void *arg);
	void *arg;
	int times;

	long steps, quiet;
	int count[TRACE_CALLS];
	bool hit, ran;
	enum role victim;
	int victim_nr;
	char hung[1024];
	char said[4096];
	int status;
};

/** trace_run() - Run it. Return: 0, -1 when tracing itself failed (errno) */
int trace_run(struct trace *t);
/** trace_call() - A call's name ("openat") or "call 999" */
const char *trace_call(int nr);
/** trace_is_spared() - What the kernel never lets fail; and the end of a process */
bool trace_is_spared(int nr);
/** trace_number() - A call's number by name, -1 = unknown */
int trace_number(const char *name);
const char *trace_role(enum role role);

#endif
