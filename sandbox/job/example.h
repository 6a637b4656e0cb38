/* SPDX-License-Identifier: GPL-3.0-or-later */
/* example.h - a job file to begin with, and what a job file means */
#ifndef NOOK_JOB_EXAMPLE_H
#define NOOK_JOB_EXAMPLE_H

struct args;
struct err;

/** batch_init() - Print a job file that shows every key, with comments. Return: 0, -1 or
 * -2 and @e */
int batch_init(const struct args *a, struct err *e);
/** batch_check() - Check a job file, or "-", as a batch would, start nothing and print
 * every job that comes of it as a line of JSON. Return: 0, -1 or -2 and @e */
int batch_check(const struct args *a, struct err *e);

#endif
