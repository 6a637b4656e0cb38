// SPDX-License-Identifier: GPL-3.0-or-later
/* judge.c - from what happened to a cause, an exit code and a sentence
 *
 * What nook did comes first (it knows), then what init reported, then how init itself
 * ended. The exit code alone is never evidence: a payload may exit with any number.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/text.h"
#include "box/keeper.h"

#define EXIT_TIMEOUT 124 /* nook(1): limits.wall and limits.cpu_time */
#define EXIT_KILLED  137 /* any other kill by nook */

__attribute__((format(printf, 2, 3))) static void say(struct keeper *k, const char *fmt,
						      ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(k->result->message, sizeof(k->result->message), fmt, ap);
	va_end(ap);
}

/* More of the limit that ended it, as an option: how a job of a batch or a box that stays
 * gets it is another thing, and the sentence names the limit for these */
__attribute__((format(printf, 2, 3))) static void suggest(struct keeper *k,
							  const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(k->result->hint, sizeof(k->result->hint), fmt, ap);
	va_end(ap);
}

/* As the profile counts: nook's init is in the leaf too */
static uint64_t pids_limit(const struct keeper *k)
{
	uint64_t n = k->meter.counts.pids_limit;

	return n == UINT64_MAX || !n || k->plan->session.init_none ? n : n - 1;
}

/* What is still to say where forks were refused and nobody was killed for it */
static void say_refused(struct keeper *k)
{
	uint64_t n = k->meter.counts.pids_refused;
	size_t len = strlen(k->result->message);

	if (k->site.cgroup.count && n && n != UINT64_MAX && k->cause != CAUSE_PIDS)
		snprintf(k->result->message + len, sizeof(k->result->message) - len,
			 "; limits.pids %llu refused %llu forks",
			 (unsigned long long)pids_limit(k), (unsigned long long)n);
}

/* With one digit behind the point: a peak is never round, and should not look so */
static void add_peak(struct text *out, uint64_t n)
{
	static const char units[] = "BKMGT";
	double size = (double)n;
	size_t u = 0;

	for (; size >= 1024 && u + 2 < sizeof(units); u++)
		size /= 1024;
	if (n == UINT64_MAX)
		text_add(out, "unknown");
	else
		text_addf(out, "%.1f%c", size, units[u]);
}

/* v2 counts it. v1's failcnt stays 0 on new kernels: there the peak tells, which is short
 * of the limit by no more than one charge of the kernel's */
static bool reached_own_limit(const struct cgroup_counts *c)
{
	uint64_t charge = 4u << 20;

	if (c->memory_limit == UINT64_MAX)
		return false;
	if (c->memory_refused != UINT64_MAX)
		return c->memory_refused;
	return c->memory_peak == UINT64_MAX || c->memory_peak + charge >= c->memory_limit;
}

/*
 * A process was taken for want of memory. Where the box never came near its own limit,
 * the machine, or a cgroup above the box's, ran out of it.
 */
static void judge_oom(struct keeper *k)
{
	const struct cgroup_counts *c = &k->meter.counts;
	struct result *r = k->result;
	auto_text peak = { 0 }, limit = { 0 }, more = { 0 };

	r->cause = CAUSE_OOM;
	r->exit_code = EXIT_KILLED;
	r->signal = SIGKILL;
	/* the keeper was told, and its kill came before the kernel's own */
	if (!r->oom_kills && k->site.cgroup.kind == CGROUP_V1)
		r->oom_kills = 1;
	add_peak(&peak, c->memory_peak);
	if (!reached_own_limit(c)) {
		say(k,
		    "killed: out of memory outside of the box's own limit: peak %s; the "
		    "machine, or a cgroup above the box's, has no more",
		    text_str(&peak));
		return;
	}
	text_size(&limit, c->memory_limit);
	text_size(&more, c->memory_limit * 2);
	say(k, "killed: out of memory: peak %s of limits.memory %s", text_str(&peak),
	    text_str(&limit));
	suggest(k, "--memory %s", text_str(&more));
}

static void judge_cpu(struct keeper *k)
{
	auto_text used = { 0 }, limit = { 0 };

	text_duration(&used, k->meter.counts.cpu_ns);
	text_duration(&limit, k->limits.cpu_time);
	say(k, "killed: used %s of CPU, limits.cpu_time is %s", text_str(&used),
	    text_str(&limit));
	suggest(k, "--set limits.cpu_time= with more");
}

static void judge_killed(struct keeper *k)
{
	struct result *r = k->result;
	auto_text t = { 0 };

	r->cause = k->cause;
	r->exit_code = k->cause == CAUSE_WALL || k->cause == CAUSE_CPU ? EXIT_TIMEOUT
								       : EXIT_KILLED;
	r->signal = SIGKILL;
	if (k->exited && WIFSIGNALED(k->status))
		r->signal = WTERMSIG(k->status);
	if (k->cause == CAUSE_WALL) {
		text_duration(&t, k->limits.wall);
		say(k, "killed: ran longer than limits.wall %s", text_str(&t));
		suggest(k, "--timeout with more");
	} else if (k->cause == CAUSE_CPU) {
		judge_cpu(k);
	} else if (k->cause == CAUSE_PIDS) {
		say(k, "killed: limits.pids %llu refused %llu forks without pause",
		    (unsigned long long)pids_limit(k),
		    (unsigned long long)k->meter.counts.pids_refused);
		suggest(k, "--pids-limit with more");
	} else if (k->cause == CAUSE_OUTPUT) {
		text_size(&t, k->limits.output);
		say(k, "killed: wrote more than limits.output %s", text_str(&t));
	} else if (k->ordered && k->kill_at == UINT64_MAX) {
		say(k, "killed by 'nook stop': the command did not end by itself in "
		       "time");
	} else if (k->ordered) {
		say(k, "killed by 'nook kill'");
	} else if (k->deaf) {
		say(k, "cancelled by signal %d (%s), which pid 1 has no handler for",
		    k->forwarded, strsignal(k->forwarded));
	} else if (k->kill_at != UINT64_MAX) {
		say(k, "cancelled by signal %d (%s) while it was paused", k->forwarded,
		    strsignal(k->forwarded));
	} else {
		say(k,
		    "killed: signal %d asked nook to end, and the command did not end "
		    "within limits.grace",
		    k->forwarded);
	}
}

static void judge_exited(struct keeper *k)
{
	struct result *r = k->result;

	if (WIFEXITED(k->status)) {
		r->cause = CAUSE_EXITED;
		r->exit_code = WEXITSTATUS(k->status);
		say(k, "exited with %d", r->exit_code);
		return;
	}
	r->signal = WTERMSIG(k->status);
	r->exit_code = 128 + r->signal;
	r->cause = CAUSE_SIGNALED;
	say(k, "ended by signal %d (%s)", r->signal, strsignal(r->signal));
	if (r->signal == SIGSYS && k->plan->seccomp.count) {
		r->cause = CAUSE_POLICY;
		say(k, "ended by the seccomp filter: it made a system call of another "
		       "kind of machine (32-bit or x32)");
	} else if (k->forwarded == r->signal) {
		r->cause = CAUSE_CANCELLED;
		say(k, "cancelled by signal %d (%s)", r->signal, strsignal(r->signal));
	}
}

static void judge_lost(struct keeper *k)
{
	struct result *r = k->result;

	r->cause = CAUSE_LOST;
	r->exit_code = EXIT_KILLED;
	r->signal = WIFSIGNALED(k->init_status) ? WTERMSIG(k->init_status) : 0;
	if (r->signal)
		say(k, "lost: the box's init was ended by signal %d (%s)", r->signal,
		    strsignal(r->signal));
	else
		say(k, "lost: the box's init ended before the command, and did not say "
		       "why");
}

/* Only without a pid namespace: the payload forks faster than its children are found */
static void judge_left(struct keeper *k)
{
	k->result->cause = CAUSE_LOST;
	k->result->exit_code = EXIT_KILLED;
	say(k, "lost: processes of the box still run: they multiply faster than nook, "
	       "which has no pid namespace here, can end them");
}

/* A box that took long because somebody had stopped it */
static void say_paused(struct keeper *k)
{
	size_t len = strlen(k->result->message);
	auto_text t = { 0 };

	if (!k->paused_ns)
		return;
	text_duration(&t, k->paused_ns);
	snprintf(k->result->message + len, sizeof(k->result->message) - len,
		 "; it was paused for %s", text_str(&t));
}

/* Nobody could reach the box any more by its ports on the host */
static void say_unpublished(struct keeper *k)
{
	size_t len = strlen(k->result->message);
	int status = k->unpublished;

	if (status)
		snprintf(k->result->message + len, sizeof(k->result->message) - len,
			 "; its ports were not published any more: the process that "
			 "serves them ended before it (%s %d)",
			 WIFSIGNALED(status) ? "signal" : "exit code",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* A box that had no network any more: what failed in it may have failed for that */
static void say_lost_link(struct keeper *k)
{
	size_t len = strlen(k->result->message);
	bool killed = WIFSIGNALED(k->pasta_status);

	if ((!k->pasta_lost && !k->router_lost) || !k->ran)
		return;
	k->result->tells_more = true;
	if (k->router_lost) {
		snprintf(k->result->message + len, sizeof(k->result->message) - len,
			 "; its network was cut off: the router ended before it");
		return;
	}
	snprintf(k->result->message + len, sizeof(k->result->message) - len,
		 "; it had no network any more: pasta ended before it (%s %d)",
		 killed ? "signal" : "exit code",
		 killed ? WTERMSIG(k->pasta_status) : WEXITSTATUS(k->pasta_status));
}

/* Where names of network.allow led to when they were last looked up */
static void say_lost_names(struct keeper *k)
{
	size_t len = strlen(k->result->message);
	int status = k->allow.status;

	if (!k->allow.lost || !k->ran)
		return;
	snprintf(k->result->message + len, sizeof(k->result->message) - len,
		 "; names of network.allow were not looked up any more: the process that "
		 "does ended before it (%s %d)",
		 WIFSIGNALED(status) ? "signal" : "exit code",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* Others were not to take it for the box whose name it wished to have */
static void say_other_name(struct keeper *k)
{
	const struct net_lease *l = &k->site.net.lease;
	size_t len = strlen(k->result->message);

	if (!k->ran || !l->name[0] || strcmp(l->name, l->box) != 0)
		return;
	snprintf(k->result->message + len, sizeof(k->result->message) - len,
		 "; its name was another box's on network '%s', which knew it as '%s'",
		 k->site.net.def.name, l->box);
}

static void say_unread(struct keeper *k)
{
	size_t len = strlen(k->result->message);

	if (!k->unread)
		return;
	k->result->tells_more = true;
	snprintf(k->result->message + len, sizeof(k->result->message) - len,
		 "; %llu bytes of its output are lost: nobody read them",
		 (unsigned long long)k->unread);
}

static bool was_oom(const struct keeper *k)
{
	uint64_t kills = k->meter.counts.oom_kills;

	return k->site.cgroup.count && kills && kills != UINT64_MAX;
}

void keeper_judge(struct keeper *k, struct err *e)
{
	if (k->cause_set ? k->cause == CAUSE_OOM : was_oom(k)) {
		judge_oom(k);
	} else if (k->cause_set && k->ran) {
		judge_killed(k);
	} else if (k->exited) {
		judge_exited(k);
	} else if (k->ran) {
		judge_lost(k);
	} else if (k->cause_set) {
		judge_killed(k);
	} else if (!e->text[0]) {
		bool killed = WIFSIGNALED(k->init_status);

		err_set(e, "the box ended while it was built (%s %d)",
			killed ? "signal" : "exit code",
			killed ? WTERMSIG(k->init_status) : WEXITSTATUS(k->init_status));
	}
	if (!k->ran && !k->cause_set && k->result->cause != CAUSE_OOM)
		say(k, "%s", e->text);
	say_refused(k);
	say_paused(k);
	say_unpublished(k);
	say_lost_link(k);
	say_lost_names(k);
	say_other_name(k);
	say_unread(k);
	if (k->left)
		judge_left(k);
}

void keeper_note_end(struct keeper *k)
{
	const struct result *r = k->result;
	struct record_end *end = &k->store.rec.end;

	if (k->store.file < 0)
		return;
	end->finished_ns = r->finished_ns;
	end->oom_kills = r->oom_kills;
	end->cause = r->cause;
	end->exit_code = r->exit_code;
	end->signal = r->signal;
	snprintf(end->message, sizeof(end->message), "%.255s", r->message);
	store_update(&k->store, NULL);
}
