// SPDX-License-Identifier: GPL-3.0-or-later
/* top.c - what `nook top` reads: /proc/PID/stat with any name in it, and keys */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/processes.h"
#include "cmd/screen.h"
#include "tap.h"

#define NUMBERS \
	" 7 7 7 0 -1 4194304 90 0 0 0 150 50 200 100 20 0 3 0 12345 2500000 321 " \
	"18446744073709551615 1 1"

static int parse(const char *text, struct process *p)
{
	char *copy = strdup(text);
	int r = process_parse(copy, p);

	free(copy);
	return r;
}

static void names(void)
{
	uint64_t tick = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	struct process p = { 0 };

	ok(!parse("42 (sh) S" NUMBERS, &p) && p.state == 'S' && p.parent == 7,
	   "state and parent");
	ok(p.cpu_ns == 200 * tick && p.waited_ns == 300 * tick, "CPU times");
	ok(p.threads == 3 && p.started_ticks == 12345, "threads and start");
	ok(!parse("42 (a) R 1 (b) S) Z" NUMBERS, &p) && p.state == 'Z' && p.parent == 7,
	   "a name with parentheses moves nothing");
	is(p.name, "a) R 1 (b) S", "and is kept");
	ok(!parse("42 (x\n) 1 (y) T" NUMBERS, &p) && p.state == 'T', "newlines too");
	ok(parse("", &p) < 0 && parse("42", &p) < 0 && parse("42 (sh)", &p) < 0 &&
		   parse("42 )sh( S" NUMBERS, &p) < 0 && parse("42 (sh) S 1 2", &p) < 0,
	   "what is cut short is refused");
}

static void key(const char *input, int wanted, size_t bytes, const char *what)
{
	size_t used;
	int got = screen_key(input, strlen(input), &used);

	ok(got == wanted && used == bytes, "%s", what);
}

int main(void)
{
	plan(14);
	names();
	key("q", 'q', 1, "a letter");
	key("\033[Aq", KEY_UP, 3, "an arrow, and what follows stays");
	key("\033OD", KEY_LEFT, 3, "an arrow in application mode");
	key("\033[1;5C", KEY_RIGHT, 6, "an arrow with parameters");
	key("\033[15~x", KEY_NONE, 5, "a function key is nothing");
	key("\033", KEY_NONE, 1, "escape alone is nothing");
	key("", KEY_NONE, 0, "no input is nothing");
	return done();
}
