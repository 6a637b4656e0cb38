/* SPDX-License-Identifier: GPL-3.0-or-later */
/* output.h - what a job reads and writes outside of its box */
#ifndef NOOK_JOB_OUTPUT_H
#define NOOK_JOB_OUTPUT_H

#include "job/job.h"

struct err;

/** output_open_input() - What the job reads as stdin: a regular file or a device. *@fd:
 * the caller's; -1 = it reads nothing. Return: 0, -1 and @e */
int output_open_input(const struct job *j, int *fd, struct err *e);
/** output_open() - Where stdout and stderr of the job go, in fds[1] and fds[2]: new files
 * in the directory of its id below @dir; and in fds[3], where files go that come out.
 * That is @dir, and for the second run and later ones the directory "@RUN" in it. @dir
 * -1 = nowhere. Return: 0; -1 and @e when it lies with the job, -2 when nobody's output
 * can be written */
int output_open(int dir, const struct job *j, int fds[4], struct err *e);

#endif
