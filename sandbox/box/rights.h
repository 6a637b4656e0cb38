/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rights.h - processes beside a box that need no rights, and have none */
#ifndef NOOK_BOX_RIGHTS_H
#define NOOK_BOX_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** rights_die_with() - End with the keeper, whose child the caller is. Must be called
 * again once ids and namespaces are the last: their change clears the signal */
void rights_die_with(pid_t keeper);
/** rights_keep_fds() - Close every descriptor but these, which are sorted: above all the
 * record, whose lock would outlive the keeper. Return: 0, -1 and errno */
int rights_keep_fds(int *fds, size_t count);
/**
 * rights_drop() - Give up every right of the process; @reads: but that to read files
 *
 * Must not: keep root's id, a capability, or a way to either. Should: work where it is
 * root of a namespace in which there is no nobody. A kernel that has Landlock lets it
 * open no file any more, or none to write.
 *
 * Return: 0, -1 and errno
 */
int rights_drop(bool reads);

#endif
