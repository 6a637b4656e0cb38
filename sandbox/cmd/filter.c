// SPDX-License-Identifier: GPL-3.0-or-later
/* filter.c - `--filter KEY=VALUE` of ps and events */
#include "cmd/filter.h"

#include <string.h>

#include "cmd/cmd.h"
#include "plan.h"

const char *filter_value(const struct given *g, const char *key)
{
	size_t len = strlen(key);

	if (strcmp(g->opt->name, "filter") != 0 || strncmp(g->value, key, len) != 0 ||
	    g->value[len] != '=')
		return NULL;
	return g->value + len + 1;
}

bool filter_label(const struct plan *pl, const char *label)
{
	size_t len = strlen(label);

	for (const struct plan_word *w = NULL;
	     pl && (w = plan_each(pl, &pl->labels, w));) {
		const char *own = plan_text(pl, w->text);

		if (!strcmp(own, label) ||
		    (!strchr(label, '=') && !strncmp(own, label, len) && own[len] == '='))
			return true;
	}
	return false;
}
