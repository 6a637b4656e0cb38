// SPDX-License-Identifier: GPL-3.0-or-later
/* screen.c - a full screen: the terminal in, the terminal back, keys, signals, frames */
#include "cmd/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "box/relay.h"

/* As xterm has them: alternate screen, no cursor, no wrapped lines; and all of it back */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[2J"
#define LEAVE "\033[?7h\033[?25h\033[?1049l"

#define KEY_CTRL(c) ((c) - 'A' + 1)

/**
 * struct screen - The terminal while we have it
 * @out:	An own, non-blocking open file of stdout
 * @signals:	signalfd of @caught
 * @ended_by:	The signal that ends us, 0
 */
struct screen {
	struct termios before;
	sigset_t mask_before;
	int out, signals;
	bool raw, over, resized;
	int ended_by;
};

static const int caught[] = { SIGINT,	SIGTERM, SIGHUP,  SIGQUIT, SIGTSTP, SIGCONT,
			      SIGWINCH, SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2 };

bool screen_can(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term &&
	       strcmp(term, "dumb") != 0;
}

/* All of @s, or what goes out before a signal comes or a second is over */
static void put(const struct screen *sc, const char *s, size_t len)
{
	struct pollfd p[] = { { .fd = sc->out, .events = POLLOUT },
			      { .fd = sc->signals, .events = POLLIN } };

	while (len) {
		ssize_t n;

		if (poll(p, 2, 1000) <= 0 || p[1].revents)
			return;
		n = write(sc->out, s, len < 1024 ? len : 1024);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (n > 0) {
			s += n;
			len -= (size_t)n;
		}
	}
}

/* What takes the terminal and gives it back must arrive, whatever signal waits: SIGCONT
 * does when we go on, and what ends us has come already when we leave */
static void put_whole(struct screen *sc, const char *s)
{
	struct pollfd p = { .fd = sc->out, .events = POLLOUT };

	if (poll(&p, 1, 1000) > 0 && write(sc->out, s, strlen(s)) < 0)
		sc->over = true;
}

static void enter(struct screen *sc)
{
	struct termios raw = sc->before;

	cfmakeraw(&raw);
	raw.c_oflag |= OPOST | ONLCR; /* a newline begins a line, as in files */
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	put_whole(sc, ENTER);
	sc->raw = true;
}

static void leave(struct screen *sc)
{
	if (!sc->raw)
		return;
	put_whole(sc, LEAVE);
	tcsetattr(STDIN_FILENO, TCSANOW, &sc->before);
	sc->raw = false;
}

static int open_screen(struct screen *sc, struct err *e)
{
	sigset_t set;

	if (tcgetattr(STDIN_FILENO, &sc->before) < 0)
		return err_sys(e, "cannot read the mode of the terminal");
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(caught); i++)
		sigaddset(&set, caught[i]);
	sc->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	sc->out = relay_dup(STDOUT_FILENO, O_WRONLY);
	if (sc->signals < 0 || sc->out < 0)
		return err_sys(e, "cannot open the terminal");
	sigprocmask(SIG_BLOCK, &set, &sc->mask_before);
	enter(sc);
	return 0;
}

static void close_screen(struct screen *sc)
{
	leave(sc);
	if (sc->signals >= 0)
		close(sc->signals);
	if (sc->out >= 0)
		close(sc->out);
	sigprocmask(SIG_SETMASK, &sc->mask_before, NULL);
	if (sc->ended_by)
		raise(sc->ended_by);
}

static void stop(struct screen *sc)
{
	leave(sc);
	raise(SIGSTOP);
	/* It may have been changed meanwhile, and is ours again */
	tcgetattr(STDIN_FILENO, &sc->before);
	enter(sc);
}

static void read_signals(struct screen *sc)
{
	struct signalfd_siginfo si;

	while (read(sc->signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		int sig = (int)si.ssi_signo;

		if (sig == SIGTSTP) {
			stop(sc);
		} else if (sig != SIGCONT && sig != SIGWINCH) {
			sc->ended_by = sig;
			sc->over = true;
		}
		sc->resized = true;
	}
}

int screen_key(const char *input, size_t len, size_t *used)
{
	*used = len > 0;
	if (!len || *input != '\033')
		return len ? (unsigned char)*input : KEY_NONE;
	if (len < 3 || (input[1] != '[' && input[1] != 'O'))
		return KEY_NONE;
	/* A sequence ends at its first letter (ECMA-48, 5.4); unknown ones are nothing */
	for (*used = 2; *used < len - 1 && (input[*used] < '@' || input[*used] > '~');)
		++*used;
	++*used;
	switch (input[*used - 1]) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return KEY_RIGHT;
	case 'D':
		return KEY_LEFT;
	default:
		return KEY_NONE;
	}
}

static void read_keys(struct screen *sc, const struct show *show, void *arg)
{
	char input[64];
	ssize_t n = read(STDIN_FILENO, input, sizeof(input));
	size_t used;

	if (n <= 0 && errno != EINTR) { /* the terminal has gone */
		sc->over = true;
		return;
	}
	for (size_t at = 0; n > 0 && at < (size_t)n && !sc->over; at += used) {
		int key = screen_key(input + at, (size_t)n - at, &used);

		if (key == 'q' || key == KEY_CTRL('C') || key == KEY_CTRL('D'))
			sc->over = true;
		else if (key == KEY_CTRL('Z'))
			stop(sc);
		else if (key == KEY_CTRL('L'))
			put(sc, "\033[2J", 4);
		else if (key != KEY_NONE)
			show->key(arg, key);
	}
}

static struct screen_size size_now(void)
{
	struct winsize ws = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws);
	return (struct screen_size){ .rows = ws.ws_row ? ws.ws_row : 24,
				     .columns = ws.ws_col ? ws.ws_col : 80 };
}

/* Line by line over what was there, so that nothing flickers; the rest is wiped out */
static int draw(struct screen *sc, const struct show *show, void *arg, struct err *e)
{
	struct screen_size size = size_now();
	auto_text frame = { 0 }, out = { 0 };
	const char *s;

	if (show->draw(arg, size, &frame, e) < 0)
		return -1;
	text_add(&out, sc->resized ? "\033[2J\033[H" : "\033[H");
	sc->resized = false;
	s = text_str(&frame);
	for (size_t row = 0; row < size.rows && *s; row++) {
		size_t len = strcspn(s, "\n");

		text_addn(&out, s, len);
		text_add(&out, row + 1 < size.rows ? "\033[m\033[K\n" : "\033[m\033[K");
		s += len + (s[len] == '\n');
	}
	text_add(&out, "\033[J");
	put(sc, text_str(&out), out.len);
	return 0;
}

static int loop(struct screen *sc, const struct show *show, void *arg, struct err *e)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN },
			      { .fd = sc->signals, .events = POLLIN } };
	int64_t next = 0;
	int r = 0;

	while (!sc->over && !r) {
		int64_t now = clock_ms();

		if (now >= next) {
			r = show->look(arg, e);
			next = now + show->every_ms;
		}
		if (!r)
			r = draw(sc, show, arg, e);
		if (r)
			break;
		now = clock_ms();
		if (poll(p, 2, next > now ? (int)(next - now) : 0) < 0 && errno != EINTR)
			return err_sys(e, "cannot wait for a key");
		if (p[1].revents)
			read_signals(sc);
		if (p[0].revents && !sc->over)
			read_keys(sc, show, arg);
	}
	return r < 0 ? -1 : 0;
}

int screen_run(const struct show *show, void *arg, struct err *e)
{
	struct screen sc = { .out = -1, .signals = -1 };
	int r;

	sigprocmask(SIG_SETMASK, NULL, &sc.mask_before);
	r = open_screen(&sc, e);
	if (!r)
		r = loop(&sc, show, arg, e);
	close_screen(&sc);
	return r;
}
