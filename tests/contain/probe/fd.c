// SPDX-License-Identifier: GPL-3.0-or-later
/* fd.c - checks FD-* */
#include "probe.h"

const struct check fd_checks[] = {
	{ 0 },
};
