/* SPDX-License-Identifier: GPL-3.0-or-later */
/* profile_new.h - a new profile on disk, for `nook profile new` and the console */
#ifndef NOOK_CMD_PROFILE_NEW_H
#define NOOK_CMD_PROFILE_NEW_H

struct err;
struct text;

/** profile_write() - Write a profile that is not there yet: into the caller's own ones
 * under @name, where no profile has it, or into the file that this names by a slash.
 * @path: where it is now. Return: 0; -1, or -2 where @name can be none, and @e */
int profile_write(const char *name, const struct text *yaml, struct text *path,
		  struct err *e);

#endif
