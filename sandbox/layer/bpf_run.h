/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bpf_run.h - runs a seccomp filter by hand, for the build, the plan and the tests */
#ifndef NOOK_LAYER_BPF_RUN_H
#define NOOK_LAYER_BPF_RUN_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * bpf_run() - What a filter returns for one call (seccomp(2), linux/filter.h)
 *
 * Knows the instructions that libseccomp and seccomp_build.c make.
 *
 * Return: SECCOMP_RET_*, or 0xdeadbeef when the program leaves its end or does something
 * else
 */
static inline uint32_t bpf_run(const struct sock_filter *p, size_t count,
			       const struct seccomp_data *call)
{
	uint32_t a = 0;

	for (size_t i = 0; i < count; i++) {
		const struct sock_filter *f = &p[i];
		bool yes;

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k > sizeof(*call) - sizeof(a))
				return 0xdeadbeef;
			memcpy(&a, (const char *)call + f->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			continue;
		case BPF_RET | BPF_K:
			return f->k;
		case BPF_JMP | BPF_JA:
			i += f->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == f->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= f->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > f->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = (a & f->k) != 0;
			break;
		default:
			return 0xdeadbeef;
		}
		i += yes ? f->jt : f->jf;
	}
	return 0xdeadbeef;
}

#endif
