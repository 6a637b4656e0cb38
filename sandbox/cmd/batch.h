/* SPDX-License-Identifier: GPL-3.0-or-later */
/* batch.h - where the command table ends and batches begin */
#ifndef NOOK_CMD_BATCH_H
#define NOOK_CMD_BATCH_H

struct args;
struct err;

/** batch_main() - Run the jobs of a file; it is in sandbox/job. Return: exit code; -1 or
 * -2 and @e */
int batch_main(const struct args *a, struct err *e);

#endif
