/* SPDX-License-Identifier: GPL-3.0-or-later */
/* caps.h - the raw calls behind the caps layer, for the two layers that come after it */
#ifndef NOOK_LAYER_CAPS_H
#define NOOK_LAYER_CAPS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plan.h"

#define CAP_BIT(cap) (1ull << (cap))

/** caps_get() - The permitted and effective sets of this process. Return: 0, -1 with
 * errno */
static inline int caps_get(uint64_t *permitted, uint64_t *effective)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = { { 0 } };

	if (syscall(SYS_capget, &head, d) < 0)
		return -1;
	*permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	*effective = d[0].effective | (uint64_t)d[1].effective << 32;
	return 0;
}

/** caps_set() - Permitted and effective become @set, inheritable @inheritable; the kernel
 * cuts the ambient set to both (capabilities(7)). Return: 0, or -1 with errno */
static inline int caps_set(uint64_t set, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	for (int i = 0; i < 2; i++) {
		d[i].permitted = d[i].effective = (uint32_t)(set >> 32 * i);
		d[i].inheritable = (uint32_t)(inheritable >> 32 * i);
	}
	return (int)syscall(SYS_capset, &head, d);
}

/** caps_inheritable() - What the payload's inheritable and ambient sets are: an id other
 * than 0 keeps a capability over execve(2) in no other way */
static inline uint64_t caps_inheritable(const struct plan *pl)
{
	return pl->user.uid ? pl->caps.keep : 0;
}

/**
 * caps_held() - What outlives the caps layer for the walls behind it
 *
 * Without no_new_privs the kernel lets only CAP_SYS_ADMIN load a filter or a Landlock
 * domain. seccomp, the last of them, gives it back with caps_set().
 */
static inline uint64_t caps_held(const struct plan *pl)
{
	return !pl->caps.no_new_privs && pl->seccomp.program ? CAP_BIT(CAP_SYS_ADMIN) : 0;
}

#endif
