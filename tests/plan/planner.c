// SPDX-License-Identifier: GPL-3.0-or-later
/* planner.c - planner HOST PROFILE [COMMAND]: the plan of a profile for a made-up machine
 *
 * Prints the dump that `nook run --dry-run` shows, or with another COMMAND what explain
 * and its script say; a profile that cannot be planned prints its error and hint, exit
 * code 1. Without privilege and without looking at this machine: golden files hold
 * everywhere.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cmd/export.h"
#include "cmd/summary.h"
#include "host/host.h"
#include "layer/layer.h"
#include "profile/profile.h"

static bool print(const struct plan *pl, struct host *h, const char *command)
{
	auto_text out = { 0 };

	if (!strcmp(command, "dump"))
		plan_dump(pl, &out);
	else if (!strcmp(command, "summary"))
		summary_words(pl, &out);
	else if (!export_write(pl, h, command, &out))
		return false;
	fputs(text_str(&out), stdout);
	return true;
}

int main(int argc, char **argv)
{
	struct profile *pf = NULL;
	struct plan *pl = plan_new();
	struct err e = { 0 };
	struct host *h;
	int r;

	if (argc < 3 || argc > 4 || !pl) {
		fprintf(stderr,
			"usage: planner HOST-DIRECTORY PROFILE [dump|summary|TOOL]\n");
		return 2;
	}
	h = host_open_fixture(argv[1], &e);
	r = h ? profile_load(argv[2], NULL, 0, &pf, &e) : -1;
	if (!r)
		r = layers_plan(pf, h, pl, &e);
	if (r)
		printf("error: %s\n", e.text);
	if (r && e.hint[0])
		printf("hint: %s\n", e.hint);
	if (!r && !print(pl, h, argc > 3 ? argv[3] : "dump"))
		r = fprintf(stderr, "planner: no command '%s'\n", argv[3]);
	profile_free(pf);
	host_free(h);
	plan_free(pl);
	return r != 0;
}
