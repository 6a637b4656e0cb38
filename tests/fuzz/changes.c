// SPDX-License-Identifier: GPL-3.0-or-later
/* changes.c - any bytes as the manifest of a box's changes: refused, or what is printed
 * of it is read again as the same
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "changes/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int what)
{
	if (!what)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_text one = { 0 }, two = { 0 };
	struct manifest m, again;
	struct err e = { 0 };

	if (manifest_parse(&m, (const char *)data, size, &e) < 0) {
		need(e.text[0] && !m.count && !m.trees);
		return 0;
	}
	for (size_t i = 0; i < m.count; i++) {
		need(m.trees[i].target[0] == '/' && m.trees[i].lower[0] == '/');
		need(!strstr(m.trees[i].lower, "/../") && strlen(m.trees[i].name) == 17);
	}
	manifest_print(&m, &one);
	need(manifest_parse(&again, text_str(&one), one.len, &e) == 0);
	manifest_print(&again, &two);
	need(!strcmp(text_str(&one), text_str(&two)));
	manifest_release(&m);
	manifest_release(&again);
	return 0;
}
