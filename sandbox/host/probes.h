/* SPDX-License-Identifier: GPL-3.0-or-later */
/* probes.h - the functions behind the rows of try.c: each tries one thing and words it */
#ifndef NOOK_HOST_PROBES_H
#define NOOK_HOST_PROBES_H

#include "host/try.h"

/* probe_box.c: what a box is made of */
void probe_kernel(struct host *h, struct try_found *out);
void probe_userns(struct host *h, struct try_found *out);
void probe_subids(struct host *h, struct try_found *out);
void probe_proc(struct host *h, struct try_found *out);
void probe_devpts(struct host *h, struct try_found *out);
void probe_overlay(struct host *h, struct try_found *out);
void probe_idmap(struct host *h, struct try_found *out);
void probe_cgroup(struct host *h, struct try_found *out);

/* probe_calls.c: single system calls */
void probe_mount_api(struct host *h, struct try_found *out);
void probe_openat2(struct host *h, struct try_found *out);
void probe_timens(struct host *h, struct try_found *out);
void probe_landlock(struct host *h, struct try_found *out);
void probe_seccomp(struct host *h, struct try_found *out);
void probe_clone3(struct host *h, struct try_found *out);
void probe_pidfd(struct host *h, struct try_found *out);

/** probe_steps() - Try steps and give the verdict: TRY_OK, or @otherwise with "STEP: reason"
 * as what was found. Return: whether all went well */
struct trial_step;
bool probe_steps(struct host *h, const struct trial_step *steps, enum try_verdict otherwise,
		 struct try_found *out);

#endif
