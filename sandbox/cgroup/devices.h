/* SPDX-License-Identifier: GPL-3.0-or-later */
/* devices.h - v2's device rules as a BPF program */
#ifndef NOOK_CGROUP_DEVICES_H
#define NOOK_CGROUP_DEVICES_H

#include <assert.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define DEVICE_ANY UINT32_MAX
#define DEVICE_ALL (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)
#define DEVICE_RULES 64			/* most of one box */
#define DEVICE_INSNS (8 + 8 * DEVICE_RULES) /* the kernel takes 4096 of any root */

/**
 * struct device_rule - What is allowed; nothing else is
 * @kind:	BPF_DEVCG_DEV_BLOCK or BPF_DEVCG_DEV_CHAR
 * @access:	BPF_DEVCG_ACC_*
 * @major, @minor: DEVICE_ANY for every one
 */
struct device_rule {
	uint32_t kind;
	uint32_t access;
	uint32_t major;
	uint32_t minor;
};

/** device_rule_read() - A rule as v1's devices.allow takes it: "c 1:3 rwm", "c 136:* rw"
 * (Documentation/admin-guide/cgroup-v1/devices.rst). Return: whether it is one */
bool device_rule_read(const char *s, struct device_rule *out);
/** device_program() - The program of at most DEVICE_RULES rules, into DEVICE_INSNS
 * instructions. Return: how many it has */
size_t device_program(const struct device_rule *rules, size_t count,
		      struct bpf_insn *out);
/** device_attach() - Load it and attach it to an open v2 cgroup. For real root. Return:
 * a descriptor of the program, which nothing needs any more; -1 and @e */
int device_attach(int dir, const struct device_rule *rules, size_t count, struct err *e);

#endif
