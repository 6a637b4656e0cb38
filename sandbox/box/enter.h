/* SPDX-License-Identifier: GPL-3.0-or-later */
/* enter.h - go into a network namespace, with the rights that there are to it */
#ifndef NOOK_BOX_ENTER_H
#define NOOK_BOX_ENTER_H

/**
 * enter_netns() - Join a network namespace, and first the user namespace that owns it
 * where that is another one
 *
 * An ordinary user has every right in a user namespace that he made, once he is in there,
 * and so over what it owns. Must not be called in a process that has to come back. @netns
 * stays open.
 *
 * Return: 0, -1 and errno; EPERM = the caller has no right to it
 */
int enter_netns(int netns);

#endif
