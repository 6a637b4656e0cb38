// SPDX-License-Identifier: GPL-3.0-or-later
/* mount.c - the mount calls of FS-* */
#include "probe.h"

const struct check mount_checks[] = {
	{ 0 },
};
