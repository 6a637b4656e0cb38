/* SPDX-License-Identifier: GPL-3.0-or-later */
/* snapshot.h - what the files of the leak comparator share */
#ifndef NOOK_TESTS_SNAPSHOT_H
#define NOOK_TESTS_SNAPSHOT_H

/** show() - A line of the snapshot, or a part of it */
void show(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** show_network() - Everything of the own network namespace, one line each */
void show_network(void);

#endif
