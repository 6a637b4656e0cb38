// SPDX-License-Identifier: GPL-3.0-or-later
/* table.c - tables for a person's screen: not in this program */
#include "base/table.h"

#include "base/err.h"

bool table_has_blocks(void)
{
	return false;
}

int table_print(const struct table *t, struct text *out, struct err *e)
{
	(void)t, (void)out;
	return err_set(e, "tables need nook-full");
}
