// SPDX-License-Identifier: GPL-3.0-or-later
/* ps.c - checks PS-* */
#include "probe.h"

const struct check ps_checks[] = {
	{ 0 },
};
