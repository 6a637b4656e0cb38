/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.h - where the command table ends and the report of a batch begins */
#ifndef NOOK_CMD_REPORT_H
#define NOOK_CMD_REPORT_H

struct args;
struct err;

/** batch_report() - Say what a journal has; it is in sandbox/job. Return: 0, -1 or -2
 * and @e */
int batch_report(const struct args *a, struct err *e);

#endif
