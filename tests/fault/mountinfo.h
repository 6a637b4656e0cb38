/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mountinfo.h - the mounts of this process, in words that are the same from run to run */
#ifndef NOOK_TESTS_MOUNTINFO_H
#define NOOK_TESTS_MOUNTINFO_H

#include <stdio.h>
#include <string.h>

/**
 * next_mount() - The next line of /proc/self/mountinfo, from the mount's root on: without
 * the numbers of mounts and devices, which differ
 * @f:	That file, or NULL where it could not be opened
 *
 * Return: a part of @line with its newline, NULL behind the last one
 */
static inline const char *next_mount(FILE *f, char *line, int size)
{
	const char *at = NULL;

	while (!at && f && fgets(line, size, f)) {
		at = line;
		for (int i = 0; at && i < 3; i++)
			at = (at = strchr(at, ' ')) ? at + 1 : NULL;
	}
	return at;
}

#endif
