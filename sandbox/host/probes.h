/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probes.h - the functions behind the rows of try.c: each tries one thing and words it */
#ifndef NOOK_HOST_PROBES_H
#define NOOK_HOST_PROBES_H

#include "host/try.h"

/* probe_box.c: what a box is made of */

/** probe_kernel() - Its release, and whether it is one that nook is tested with */
void probe_kernel(struct host *h, struct try_found *out);
/** probe_userns() - A user namespace with all that a rootless box stands on */
void probe_userns(struct host *h, struct try_found *out);
/** probe_subids() - Ranges of /etc/subuid, and the helpers that map them */
void probe_subids(struct host *h, struct try_found *out);
/** probe_proc() - A fresh proc */
void probe_proc(struct host *h, struct try_found *out);
/** probe_devpts() - A devpts of its own */
void probe_devpts(struct host *h, struct try_found *out);
/** probe_overlay() - An overlay, its upper on a tmpfs, else on disk */
void probe_overlay(struct host *h, struct try_found *out);
/** probe_idmap() - Idmapped mounts; only root needs them */
void probe_idmap(struct host *h, struct try_found *out);
/** probe_cgroup() - The layout, and who may write where; tries nothing */
void probe_cgroup(struct host *h, struct try_found *out);

/* probe_net.c */

/** probe_networks() - What rules need, and without root the way out by pasta */
void probe_networks(struct host *h, struct try_found *out);

/* probe_calls.c: single system calls */

/** probe_mount_api() - Mounts by descriptor */
void probe_mount_api(struct host *h, struct try_found *out);
/** probe_openat2() - Lookups that stay inside a root */
void probe_openat2(struct host *h, struct try_found *out);
/** probe_timens() - A time namespace */
void probe_timens(struct host *h, struct try_found *out);
/** probe_landlock() - A ruleset, and which rights this ABI lacks */
void probe_landlock(struct host *h, struct try_found *out);
/** probe_seccomp() - A filter */
void probe_seccomp(struct host *h, struct try_found *out);
/** probe_clone3() - A child with a pidfd */
void probe_clone3(struct host *h, struct try_found *out);
/** probe_pidfd() - A signal by descriptor */
void probe_pidfd(struct host *h, struct try_found *out);

/** probe_steps() - Try steps and give the verdict: TRY_OK, or @otherwise with "STEP:
 * reason" as what was found. Return: whether all went well */
struct trial_step;
bool probe_steps(struct host *h, const struct trial_step *steps,
		 enum try_verdict otherwise, struct try_found *out);

#endif
