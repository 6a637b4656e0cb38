// SPDX-License-Identifier: GPL-3.0-or-later
/* ask.c - lines from stdin, until a deadline or a signal */
#include "quiz/ask.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fdio.h"

#define LINE_MOST 65536
#define WIDTH	  78

/* By nohup(1) it is ignored, and a signalfd would tell of it all the same */
static bool minds_hangup(void)
{
	struct sigaction now;

	return sigaction(SIGHUP, NULL, &now) < 0 || now.sa_handler != SIG_IGN;
}

int asker_open(struct asker *a, int out, struct err *e)
{
	sigset_t set;

	*a = (struct asker){ .out = out, .is_tty = isatty(STDIN_FILENO), .signals = -1 };
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (minds_hangup())
		sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &a->before);
	a->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (a->signals >= 0)
		return 0;
	err_sys(e, "cannot read signals");
	asker_close(a);
	return -1;
}

void asker_close(struct asker *a)
{
	cleanup_fd(&a->signals);
	sigprocmask(SIG_SETMASK, &a->before, NULL);
	text_release(&a->buf);
}

uint64_t asker_now(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

int asker_say(const struct asker *a, const struct text *t, struct err *e)
{
	if (t->failed)
		return err_set(e, "out of memory");
	if (fd_write_all(a->out, text_str(t), t->len) < 0)
		return err_sys(e, "cannot write the questions");
	return 0;
}

/* A line that is there already. Return: whether there is one; what is behind the last
 * newline counts when @all */
static bool take_line(struct asker *a, struct text *line, bool all)
{
	const char *from = text_str(&a->buf) + a->used;
	size_t left = a->buf.len - a->used;
	const char *end = memchr(from, '\n', left);
	size_t len = end ? (size_t)(end - from) : left;

	if (!end && (!all || !left))
		return false;
	a->used += len + (end != NULL);
	for (; len && strchr(" \t\r", *from); len--)
		from++;
	while (len && strchr(" \t\r", from[len - 1]))
		len--;
	text_cut(line, 0);
	text_addn(line, from, len);
	return true;
}

/* Milliseconds until the deadline, rounded up; -1 = none */
static int time_left(const struct asker *a)
{
	uint64_t now = asker_now();

	if (!a->deadline)
		return -1;
	return now >= a->deadline ? 0 : (int)((a->deadline - now + 999999) / 1000000);
}

/* Behind what is left of the buffer. Return: ASKED_LINE = look again */
static enum asked read_more(struct asker *a, struct err *e)
{
	char buf[4096];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (!n)
		return ASKED_END;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return ASKED_LINE;
	if (n > 0)
		text_addn(&a->buf, buf, (size_t)n);
	if (n > 0 && !a->buf.failed && a->buf.len - a->used <= LINE_MOST)
		return ASKED_LINE;
	if (n < 0)
		err_sys(e, "cannot read an answer");
	else
		err_set(e,
			a->buf.failed ? "out of memory" : "an answer is longer than 64K");
	return ASKED_FAILED;
}

enum asked asker_wait(struct asker *a, int fd)
{
	struct pollfd p[] = { { .fd = a->signals, .events = POLLIN },
			      { .fd = fd, .events = POLLIN } };
	struct signalfd_siginfo si;

	for (;;) {
		int left = time_left(a);

		if (!left)
			return ASKED_TIME;
		if (poll(p, 2, left) <= 0)
			continue;
		if (p[0].revents && read(a->signals, &si, sizeof(si)) == sizeof(si)) {
			a->signal = (int)si.ssi_signo;
			return ASKED_SIGNAL;
		}
		if (p[1].revents)
			return ASKED_LINE;
	}
}

enum asked asker_line(struct asker *a, struct text *line, struct err *e)
{
	enum asked got;

	for (;;) {
		if (!time_left(a))
			return ASKED_TIME;
		if (take_line(a, line, false))
			return ASKED_LINE;
		got = asker_wait(a, STDIN_FILENO);
		if (got == ASKED_LINE)
			got = read_more(a, e);
		if (got == ASKED_END)
			return take_line(a, line, true) ? ASKED_LINE : ASKED_END;
		if (got != ASKED_LINE)
			return got;
	}
}

enum asked asker_ask(struct asker *a, const struct text *prompt, struct text *line,
		     struct err *e)
{
	const struct text newline = { .s = (char *)"\n", .len = 1 };
	enum asked got;

	if (asker_say(a, prompt, e))
		return ASKED_FAILED;
	got = asker_line(a, line, e);
	/* what was typed ends its line by itself; from a pipe nothing does */
	if ((got != ASKED_LINE || !a->is_tty) && asker_say(a, &newline, e))
		return ASKED_FAILED;
	return got;
}

/* --- what is said ----------------------------------------------------------------- */

/* Columns of UTF-8 text, for wrapping: bytes that do not go on a sequence */
static size_t columns(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

static void wrap_line(struct text *out, const char *line, size_t len, const char *indent)
{
	size_t at = 0;

	text_add(out, indent);
	for (size_t i = 0; i < len;) {
		size_t word = strcspn(line + i, " \n"), width;
		auto_text safe = { 0 }, plain = { 0 };

		i += word + 1;
		if (!word)
			continue;
		text_addn(&plain, line + i - word - 1, word);
		text_safe(&safe, text_str(&plain));
		width = columns(text_str(&safe), safe.len);
		if (at && strlen(indent) + at + 1 + width > WIDTH) {
			text_addf(out, "\n%s", indent);
			at = 0;
		} else if (at) {
			text_addc(out, ' ');
			at++;
		}
		text_add(out, text_str(&safe));
		at += width;
	}
	text_addc(out, '\n');
}

void say_wrapped(struct text *out, const char *text, const char *indent)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		wrap_line(out, text, len, indent);
		text += len + (text[len] == '\n');
	}
}
