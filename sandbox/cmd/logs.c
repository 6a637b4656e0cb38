// SPDX-License-Identifier: GPL-3.0-or-later
/* logs.c - `nook logs`: what the command of a box in the background wrote (box/log.h)
 *
 * To a terminal it is escaped, unless --raw: who looks at a log later has not given the
 * box that screen, as with run, exec or attach.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/parse.h"
#include "base/sys.h"
#include "base/text.h"
#include "box/log.h"
#include "cmd/resting.h"

#define TIME_LEN 27	     /* 2026-11-21T15:36:08.123456Z */
#define AT_ONCE	 (64u << 10) /* bytes that are gathered before they are written */

/**
 * struct reader - A log being read
 * @file:	`log` or `log.1`; NULL = none
 * @tail:	--tail, and @most its number
 * @skip:	Lines that are not printed
 * @lines:	Lines that have begun
 * @prints:	Else they are only counted
 * @is_open:	The last of a stream was no end of a line; @shown: which is printed
 * @screen:	This stream is a terminal: what would move it is escaped
 * @held:	Begin of a character there, whose rest is in the next line of the log
 */
struct reader {
	struct rest rest;
	FILE *file;
	char *line;
	size_t room;
	char since[40];
	const char *tail;
	uint64_t most, skip, lines;
	bool prints, times, quiet, is_open[2], shown[2], screen[2];
	struct text out, held[2];
	int to;
};

static int flush(struct reader *r, struct err *e)
{
	int n = r->out.failed ? -1 : fd_write_all(r->to, text_str(&r->out), r->out.len);

	text_cut(&r->out, 0);
	return n < 0 ? err_sys(e, "cannot write to standard output") : 0;
}

/* Bytes at the end that may be the begin of a character, or of a return and a newline */
static size_t unfinished(const char *s, size_t n)
{
	for (size_t i = 1; i <= 3 && i <= n; i++) {
		unsigned char c = (unsigned char)s[n - i];

		if (c >= 0xc0)
			return (c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2) > i ? i : 0;
		if (c < 0x80)
			return i == 1 && c == '\r';
	}
	return 0;
}

/* @ends: nothing of that line is to come */
static void add(struct reader *r, bool is_err, const char *s, size_t n, bool ends)
{
	struct text *held = &r->held[is_err], rest = { 0 };
	size_t whole, left_out;

	if (!r->screen[is_err]) {
		text_addn(&r->out, s, n);
		return;
	}
	text_addn(held, s, n);
	whole = held->len - (ends ? 0 : unfinished(text_str(held), held->len));
	/* The newline of a terminal of its own */
	left_out = whole >= 2 && !memcmp(held->s + whole - 2, "\r\n", 2) ? 2 : 0;
	text_lines(&r->out, text_str(held), whole - left_out);
	text_add(&r->out, left_out ? "\n" : "");
	text_add(&rest, text_str(held) + whole);
	r->out.failed |= held->failed || rest.failed;
	text_release(held);
	*held = rest;
}

static int turn_to(struct reader *r, int stream, struct err *e)
{
	if ((stream != r->to || r->out.len > AT_ONCE) && flush(r, e) < 0)
		return -1;
	r->to = stream;
	return 0;
}

/* A line of the log, @len bytes with its newline */
static int take_line(struct reader *r, size_t len, struct err *e)
{
	bool is_err = len > LOG_HEAD && r->line[TIME_LEN + 4] == 'e';
	bool ends = len > LOG_HEAD && r->line[LOG_HEAD - 2] == 'F', begins;

	if (len <= LOG_HEAD || strncmp(r->line, r->since, strlen(r->since)) < 0)
		return 0;
	begins = !r->is_open[is_err];
	if (begins)
		r->shown[is_err] = r->lines++ >= r->skip && r->prints;
	r->is_open[is_err] = !ends;
	if (!r->shown[is_err])
		return 0;
	if (turn_to(r, is_err ? 2 : 1, e) < 0)
		return -1;
	if (r->times && begins)
		text_addn(&r->out, r->line, TIME_LEN + 1);
	add(r, is_err, r->line + LOG_HEAD, len - LOG_HEAD - !ends, ends);
	return 0;
}

/* To the end of what is there. A line that is being written is left for the next time */
static int read_file(struct reader *r, struct err *e)
{
	ssize_t n;

	clearerr(r->file);
	while ((n = getline(&r->line, &r->room, r->file)) > 0) {
		if (r->line[n - 1] != '\n') {
			fseek(r->file, -n, SEEK_CUR);
			break;
		}
		if (take_line(r, (size_t)n, e) < 0)
			return -1;
	}
	return flush(r, e);
}

static int open_file(struct reader *r, const char *name, struct err *e)
{
	int fd = openat(r->rest.dir, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (r->file)
		fclose(r->file);
	r->file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!r->file && errno != ENOENT)
		return err_sys(e, "cannot read the log of box '%s'", r->rest.name);
	return r->file ? 1 : 0;
}

static int read_all(struct reader *r, struct err *e)
{
	static const char *const names[] = { LOG_OLD, LOG_NAME };

	r->lines = 0;
	r->is_open[0] = r->is_open[1] = false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int n = open_file(r, names[i], e);

		if (n < 0 || (n && read_file(r, e) < 0))
			return -1;
	}
	return 0;
}

static void say_overtaken(const struct reader *r)
{
	if (!r->quiet)
		fprintf(stderr,
			"nook: warning: box '%s' wrote more than its log holds before "
			"it was read: some is missing here\n",
			r->rest.name);
}

/* The log was begun anew: to the file that follows ours, which is `log.1` now. Where that
 * happened twice ours has no name any more, and the oldest that is there follows it
 */
static int open_next(struct reader *r, struct err *e)
{
	FILE *ours = r->file;
	struct stat st = { .st_nlink = 1 };
	int n;

	r->file = NULL;
	n = open_file(r, LOG_NAME, e);
	/* asked for afterwards: as long as it has a name nothing lies between the two */
	if (ours && !fstat(fileno(ours), &st) && !st.st_nlink && n > 0) {
		say_overtaken(r);
		n = open_file(r, LOG_OLD, e);
	}
	if (ours)
		fclose(ours);
	return n;
}

/* To the end of what is there, also in files that were begun meanwhile */
static int read_more(struct reader *r, struct err *e)
{
	struct stat now, ours;
	int n = 1;

	while (n > 0) {
		if (r->file && read_file(r, e) < 0)
			return -1;
		if (fstatat(r->rest.dir, LOG_NAME, &now, AT_SYMLINK_NOFOLLOW) < 0 ||
		    (r->file && !fstat(fileno(r->file), &ours) &&
		     ours.st_ino == now.st_ino))
			return 0;
		/* what came before the new one was begun */
		if (r->file && read_file(r, e) < 0)
			return -1;
		n = open_next(r, e);
	}
	return n;
}

/* Until the keeper ends: it wrote its pid into the lock, and holds that while it lives */
static int follow(struct reader *r, struct err *e)
{
	auto_fd keeper = sys_pidfd_open(rest_holder(&r->rest), 0);
	auto_fd news = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char path[64], buf[4096];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->rest.dir);
	if (news < 0 || inotify_add_watch(news, path, IN_MODIFY | IN_CREATE) < 0)
		return err_sys(e, "cannot watch the log of box '%s'", r->rest.name);
	while (keeper >= 0 && rest_is_held(&r->rest)) {
		struct pollfd p[] = { { .fd = news, .events = POLLIN },
				      { .fd = keeper, .events = POLLIN } };

		if (read_more(r, e) < 0)
			return -1;
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			break;
		while (read(news, buf, sizeof(buf)) > 0)
			;
		if (p[1].revents)
			break;
	}
	return read_more(r, e);
}

/* What is still held, where the log ends in the midst of a character */
static int give_back(struct reader *r, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		if (turn_to(r, i + 1, e) < 0)
			return -1;
		add(r, i, "", 0, true);
	}
	return flush(r, e);
}

/* A time as it stands in the log, or how long ago */
static int read_since(const struct args *a, struct reader *r, struct err *e)
{
	const char *since = cmd_option(a, "since"), *why;
	struct timespec now;
	uint64_t ns;
	struct tm tm;

	if (!since)
		return 0;
	if (parse_duration(since, &ns, &why) == 0 && ns < INT64_MAX) {
		clock_gettime(CLOCK_REALTIME, &now);
		now.tv_sec -= (time_t)(ns / 1000000000);
		gmtime_r(&now.tv_sec, &tm);
		strftime(r->since, sizeof(r->since), "%Y-%m-%dT%H:%M:%S", &tm);
		return 0;
	}
	if (strlen(since) < 10 || strlen(since) > TIME_LEN || since[4] != '-' ||
	    since[7] != '-' || strspn(since, "0123456789-T:.Z") != strlen(since))
		return cmd_usage(a, e,
				 "--since '%s': expected a time such as "
				 "2026-11-21T15:36:08Z, or a duration such as 10m",
				 since);
	snprintf(r->since, sizeof(r->since), "%.*s", (int)strcspn(since, "Z"), since);
	return 0;
}

/* What its command wrote does not say why it is no more, where a limit was it */
static void say_end(const struct args *a, struct reader *r)
{
	auto_text t = { 0 };

	if (a->quiet || rest_read(&r->rest, NULL) < 0 ||
	    r->rest.rec.state != REST_STOPPED || cause_is_plain(r->rest.rec.cause))
		return;
	text_addf(&t, "nook: box '%s': ", r->rest.name);
	text_safe(&t, r->rest.rec.message);
	text_addc(&t, '\n');
	fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

static int print(const struct args *a, struct reader *r, struct err *e)
{
	if (r->tail) {
		if (read_all(r, e) < 0)
			return -1;
		r->skip = r->lines > r->most ? r->lines - r->most : 0;
	}
	r->prints = true;
	if (read_all(r, e) < 0 || (cmd_option(a, "follow") && follow(r, e) < 0))
		return -1;
	if (give_back(r, e) < 0)
		return -1;
	say_end(a, r);
	return 0;
}

static void release(struct reader *r)
{
	if (r->file)
		fclose(r->file);
	free(r->line);
	text_release(&r->out);
	text_release(&r->held[0]);
	text_release(&r->held[1]);
	rest_close(&r->rest);
}

/* From the line on that this run, and no earlier one, may have begun with */
static int follow_run(struct reader *r, struct err *e)
{
	uint64_t ns = r->rest.rec.started_ns;
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(r->since, sizeof(r->since), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(r->since + n, sizeof(r->since) - n, ".%06u",
		 (unsigned int)(ns / 1000 % 1000000));
	if (read_all(r, e) < 0 || follow(r, e) < 0 || rest_read(&r->rest, e) < 0)
		return -1;
	/* What is written of it: somebody else may hold the box by now */
	if (r->rest.rec.state == REST_STOPPED && r->rest.rec.result)
		return r->rest.rec.exit_code;
	err_set(e, "the keeper of box '%s' has ended", r->rest.name);
	return 137; /* it ran, and was killed with its keeper */
}

int logs_of_run(const struct args *a, const struct rest_area *area, const char *name,
		struct err *e)
{
	struct reader r = { .prints = true, .quiet = a->quiet, .to = 1 };
	int n = rest_find(area, name, &r.rest, e);

	if (n < 0)
		return n;
	n = follow_run(&r, e);
	if (n >= 0)
		say_end(a, &r);
	release(&r);
	return n;
}

static int logs_run(const struct args *a, struct err *e)
{
	struct reader r = { .times = cmd_option(a, "timestamps"),
			    .quiet = a->quiet,
			    .tail = cmd_option(a, "tail"),
			    .to = 1 };
	struct rest_area area = { .dir = -1 };
	const char *why;
	int n;

	if (a->word_count != 1)
		return cmd_usage(a, e, "logs takes a box");
	if (r.tail && parse_number(r.tail, &r.most, &why) < 0)
		return cmd_usage(a, e, "--tail '%s': expected a count of lines", r.tail);
	if (read_since(a, &r, e) < 0)
		return -2;
	for (int i = 0; i < 2; i++)
		r.screen[i] = !cmd_option(a, "raw") && isatty(i + 1);
	if (resting_open(&area, false, e) < 0 ||
	    rest_open(&area, a->words[0], &r.rest, e) < 0)
		return -1;
	n = print(a, &r, e);
	release(&r);
	rest_area_close(&area);
	return n;
}

static const struct opt logs_options[] = {
	{ .letter = 'f',
	  .name = "follow",
	  .help = "go on with what is written until the box ends" },
	{ .letter = 'n', .name = "tail", .arg = "N", .help = "only the last N lines" },
	{ .name = "since",
	  .arg = "TIME",
	  .help = "only from then on: 2026-11-21T15:36:08Z, or 10m for ten minutes ago" },
	{ .letter = 't',
	  .name = "timestamps",
	  .help = "when each line was written, in front of it" },
	{ .name = "raw", .help = "every byte as it is, to a terminal too" },
	{ 0 },
};

const struct cmd cmd_logs = {
	.name = "logs",
	.summary = "print what a box in the background wrote",
	.usage = "[OPTION...] NAME",
	.help = "What its command wrote to standard output and standard error, each to\n"
		"that of 'nook logs', from all its runs in the background. To a "
		"terminal\n"
		"control characters are shown escaped, ESC as \\x1b, so colours too; a "
		"file\n"
		"or a pipe gets every byte. The two files of a log have 10M each, or "
		"what\n"
		"--log-size said. What was begun anew twice before -f came to it is "
		"lost,\n"
		"which a warning says. Where a limit ended the last run, a line on "
		"standard\n"
		"error says so at the end. With -q neither is said.\n",
	.options = logs_options,
	.complete = COMPLETE_REST,
	FULL_ONLY(logs_run),
};
