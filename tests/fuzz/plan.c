// SPDX-License-Identifier: GPL-3.0-or-later
/* plan.c - a plan from a damaged or hostile record: what plan_check() passes can be read
 *
 * The input is a list of changes to a right plan, six bytes each: a place (in units of
 * four bytes, two bytes), and what is written there. The first byte chooses the plan. All
 * that reads plans of others then reads it: dump, explain, summary, script and exports.
 * The block is of exactly its size: a byte read behind it is seen.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cmd/export.h"
#include "cmd/summary.h"
#include "host/host.h"
#include "layer/layer.h"
#include "profile/profile.h"

#define HOST "tests/plan/hosts/debian12-root"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const char *const profiles[] = {
	"profiles/strict.yaml",
	"profiles/dev.yaml",
	"profiles/base.yaml",
	"profiles/thin.yaml",
};
#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))
static struct plan *plans[PROFILES];
static struct host *host;

static void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setenv("NOOK_PROFILE_PATH", "profiles", 1);
	for (size_t i = 0; i < PROFILES; i++) {
		struct profile *pf = NULL;
		struct err e = { 0 };
		char path[64];

		snprintf(path, sizeof(path), "./%s", profiles[i]);
		host_free(host);
		host = host_open_fixture(HOST, &e);
		must(host && !profile_load(path, NULL, 0, &pf, &e), e.text);
		plans[i] = plan_new();
		must(plans[i] && !layers_plan(pf, host, plans[i], &e), e.text);
		must(plan_check(plans[i], plans[i]->size), "a right plan is refused");
		profile_free(pf);
	}
	return 0;
}

static void read_all(const struct plan *pl)
{
	static const char *const tools[] = { "unshare", "bwrap", "podman",
					     "systemd-run" };
	auto_text t = { 0 };

	plan_dump(pl, &t);
	text_cut(&t, 0);
	summary_words(pl, &t);
	for (const struct layer *const *l = layers(); *l; l++)
		if ((*l)->explain)
			(*l)->explain(pl, &t);
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		text_cut(&t, 0);
		export_write(pl, host, tools[i], &t);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct plan *from = plans[size ? data[0] % PROFILES : 0];
	char *block = malloc(from->size);

	if (!block)
		return 0;
	memcpy(block, from, from->size);
	for (size_t i = 1; i + 6 <= size; i += 6) {
		size_t at = 4 * (size_t)(data[i] | data[i + 1] << 8);

		memcpy(block + at % from->size, data + i + 2, 4);
	}
	if (plan_check(block, from->size))
		read_all((const struct plan *)(const void *)block);
	free(block);
	return 0;
}
