// SPDX-License-Identifier: GPL-3.0-or-later
/* signals.c - what signals mean to the keeper: forwarded, obeyed, or news of its child */
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "box/box.h"
#include "box/keeper.h"
#include "box/serve.h"

static void fill_stops(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTSTP);
	sigaddset(set, SIGTTIN);
	sigaddset(set, SIGTTOU);
}

/* Those that ask to stop apart: they are seen there and not read (stop_with_box()) */
int keeper_open_signals(struct keeper *k)
{
	sigset_t stops, others;

	fill_stops(&stops);
	sigfillset(&others);
	sigdelset(&others, SIGTSTP);
	sigdelset(&others, SIGTTIN);
	sigdelset(&others, SIGTTOU);
	if (k->site.ignores_hangup)
		sigdelset(&others, SIGHUP);
	k->signals = signalfd(-1, &others, SFD_CLOEXEC | SFD_NONBLOCK);
	k->stops = signalfd(-1, &stops, SFD_CLOEXEC | SFD_NONBLOCK);
	return k->signals < 0 || k->stops < 0 ? -1 : 0;
}

bool keeper_asks_to_end(int sig)
{
	return sig == SIGTERM || sig == SIGHUP || sig == SIGINT || sig == SIGQUIT;
}

static void on_signal(struct keeper *k, int sig)
{
	/* What is frozen hears nothing, and who asks for the end does not want to wait */
	if (k->paused_at && keeper_asks_to_end(sig)) {
		k->forwarded = sig;
		keeper_end(k, CAUSE_CANCELLED, true);
		return;
	}
	switch (sig) {
	case SIGCHLD:
		k->ended = keeper_has_ended(k);
		serve_look(k);
		session_look(k);
		changing_look(k);
		break;
	case SIGWINCH:
		terminal_resize(&k->terminal);
		break;
	case SIGTERM:
	case SIGHUP:
		k->forwarded = sig;
		kill(k->pid, sig);
		if (!k->kill_at)
			k->kill_at = clock_ns(CLOCK_MONOTONIC) + k->limits.grace;
		break;
	default:
		if (keeper_asks_to_end(sig))
			k->forwarded = sig;
		if (!keeper_asks_to_end(sig) || !keeper_end_deaf(k, sig))
			kill(k->pid, sig);
	}
}

/* A record that was written before the box was born does not know its init: now it may
 * be of use */
static void open_door(struct keeper *k)
{
	control_open(&k->control, k->store.dir, k->store.rec.id);
	if (k->pid <= 0 || k->store.rec.init == k->pid)
		return;
	k->store.rec.init = k->pid;
	store_update(&k->store, NULL);
}

/*
 * The signal that asks for it is never read: let through, it stops us, unless a SIGCONT
 * has come since and taken it away. A SIGSTOP of our own would take away that SIGCONT,
 * and nobody would send another.
 */
static void stop_here(struct keeper *k)
{
	sigset_t stops;

	fill_stops(&stops);
	terminal_leave_raw(&k->terminal);
	sigprocmask(SIG_UNBLOCK, &stops, NULL);
	sigprocmask(SIG_BLOCK, &stops, NULL);
	terminal_enter_raw(&k->terminal);
}

void keeper_stop_box(const struct keeper *k)
{
	/* pid 1 minds no other from outside; init makes a stop of it for its own */
	kill(k->pid, k->plan->session.init_none ? SIGSTOP : SIGTSTP);
}

/* The box stops, then we do */
static void stop_with_box(struct keeper *k)
{
	keeper_stop_box(k);
	stop_here(k);
	kill(k->pid, SIGCONT);
}

/* Of the lifeline no event is asked for: that it hung up is told all the same, and what
 * is sent along it is not for us. An entry below 0 is passed over */
int keeper_poll_signals(const struct keeper *k, struct pollfd *p)
{
	bool watched = k->wish->lifeline && !k->cut_off;

	p[0] = (struct pollfd){ .fd = k->signals, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = k->stops, .events = POLLIN };
	p[2] = (struct pollfd){ .fd = watched ? k->wish->lifeline : -1 };
	return SIGNALS_POLL;
}

/* Also what was to end by itself, or is paused: nobody waits for it any more */
static void end_cut_off(struct keeper *k)
{
	k->cut_off = true;
	keeper_end(k, CAUSE_CANCELLED, false);
	keeper_kill(k);
}

void keeper_take_signals(struct keeper *k, const struct pollfd *p)
{
	struct signalfd_siginfo si;

	if (p[1].revents)
		stop_with_box(k);
	if (p[2].revents)
		end_cut_off(k);
	while (p[0].revents && read(k->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (control_is_knock(&si))
			open_door(k);
		else
			on_signal(k, (int)si.ssi_signo);
	}
}

void keeper_take_late_signals(struct keeper *k, const struct pollfd *p)
{
	struct signalfd_siginfo si;

	if (p[1].revents) {
		stop_here(k);
		terminal_let_signals(&k->terminal);
	}
	k->cut_off |= p[2].revents != 0;
	k->hurried |= k->cut_off;
	while (p[0].revents && read(k->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (control_is_knock(&si))
			open_door(k);
		k->hurried |= keeper_asks_to_end((int)si.ssi_signo);
	}
}

bool keeper_has_ended(const struct keeper *k)
{
	siginfo_t si = { 0 };

	return waitid(P_PID, (id_t)k->pid, &si, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       si.si_pid;
}
