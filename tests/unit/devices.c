// SPDX-License-Identifier: GPL-3.0-or-later
/* devices.c - the BPF program of device rules says what the rules say */
/* as: user root */
#include "cgroup/devices.h"

#include "base/cleanup.h"
#include "tap.h"

#define LOST 0xdeadbeef /* it left its end, or did what device_program() never makes */

/* The few instructions that device_program() makes (Documentation/bpf/
 * instruction-set.rst), run by hand */
static uint64_t run_program(const struct bpf_insn *p, size_t count,
			    const struct bpf_cgroup_dev_ctx *cx)
{
	uint64_t reg[16] = { 0 };

	for (size_t i = 0; i < count; i++) {
		uint64_t *dst = &reg[p[i].dst_reg];
		uint32_t field;

		switch (p[i].code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			if (p[i].src_reg != 1 || p[i].off < 0 ||
			    (size_t)p[i].off + sizeof(field) > sizeof(*cx))
				return LOST;
			memcpy(&field, (const char *)cx + p[i].off, sizeof(field));
			*dst = field;
			break;
		case BPF_ALU | BPF_MOV | BPF_K:
			*dst = (uint32_t)p[i].imm;
			break;
		case BPF_ALU | BPF_MOV | BPF_X:
			*dst = (uint32_t)reg[p[i].src_reg];
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			*dst = (uint32_t)*dst & (uint32_t)p[i].imm;
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			*dst = (uint32_t)*dst >> p[i].imm;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			if (p[i].off < 0)
				return LOST;
			i += (uint32_t)*dst != (uint32_t)p[i].imm ? (size_t)p[i].off : 0;
			break;
		case BPF_JMP | BPF_EXIT:
			return reg[0];
		default:
			return LOST;
		}
	}
	return LOST;
}

/* What the rules mean, said another way */
static bool is_allowed(const struct device_rule *r, size_t count,
		       const struct bpf_cgroup_dev_ctx *cx)
{
	for (size_t i = 0; i < count; i++)
		if (r[i].kind == (cx->access_type & 0xffff) &&
		    ((cx->access_type >> 16) & ~r[i].access) == 0 &&
		    (r[i].major == DEVICE_ANY || r[i].major == cx->major) &&
		    (r[i].minor == DEVICE_ANY || r[i].minor == cx->minor))
			return true;
	return false;
}

static const struct {
	const char *text;
	struct device_rule rule;
} good[] = {
	{ "c 1:3 rwm", { BPF_DEVCG_DEV_CHAR, DEVICE_ALL, 1, 3 } },
	{ "c 136:* rw",
	  { BPF_DEVCG_DEV_CHAR, BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE, 136,
	    DEVICE_ANY } },
	{ "b 8:1 r", { BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_ACC_READ, 8, 1 } },
	{ "b *:* m",
	  { BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_ACC_MKNOD, DEVICE_ANY, DEVICE_ANY } },
	{ "c 4294967294:0 w",
	  { BPF_DEVCG_DEV_CHAR, BPF_DEVCG_ACC_WRITE, UINT32_MAX - 1, 0 } },
};

static const char *const bad[] = {
	"",	     "a",	"a *:* rwm", "c",	  "c 1:3",   "c 1:3 ",
	"c 1:3 rwx", "c 1 rwm", "c -1:3 r",  "c 1:+3 r",  "c  1:3 r", "c 1: r",
	"c :3 r",    "d 1:3 r", "c1:3 r",    "c 1:3r",	  "c 1:99999999999999999999 r",
};

/* Every kind, access and a few numbers against @count rules. Return: how many differ */
static int compare(const struct device_rule *rules, size_t count)
{
	static const uint32_t numbers[] = { 0, 1, 3, 8, 136, 255, UINT32_MAX - 1 };
	const size_t n = ARRAY_SIZE(numbers), all = 2 * DEVICE_ALL * n * n;
	struct bpf_insn insns[DEVICE_INSNS];
	size_t length = device_program(rules, count, insns);
	int wrong = length > DEVICE_INSNS;

	for (size_t i = 0; i < all; i++) {
		uint32_t kind = (uint32_t)(i % 2) + 1;
		uint32_t access = (uint32_t)(i / 2 % DEVICE_ALL) + 1;
		struct bpf_cgroup_dev_ctx cx = {
			.access_type = access << 16 | kind,
			.major = numbers[i / 2 / DEVICE_ALL % n],
			.minor = numbers[i / 2 / DEVICE_ALL / n],
		};

		wrong += run_program(insns, length, &cx) != is_allowed(rules, count, &cx);
	}
	return wrong;
}

int main(void)
{
	struct device_rule rules[DEVICE_RULES], got;

	plan((int)(ARRAY_SIZE(good) + ARRAY_SIZE(bad)) + 4);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		bool is_rule = device_rule_read(good[i].text, &got);

		ok(is_rule && !memcmp(&got, &good[i].rule, sizeof(got)), "rule '%s'",
		   good[i].text);
		rules[i] = good[i].rule;
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ok(!device_rule_read(bad[i], &got), "no rule: '%s'", bad[i]);
	ok(compare(rules, 0) == 0, "no rules refuse everything");
	ok(compare(rules, 1) == 0, "one rule");
	ok(compare(rules, ARRAY_SIZE(good)) == 0, "all of the rules above");
	for (size_t i = 0; i < DEVICE_RULES; i++)
		rules[i] = good[i % 3 + 1].rule;
	ok(compare(rules, DEVICE_RULES) == 0, "as many as there can be");
	return done();
}
