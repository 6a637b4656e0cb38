// SPDX-License-Identifier: GPL-3.0-or-later
/* devices.c - v2's device rules: a BPF program that the kernel asks at open and mknod
 *
 * v1 has files for this (devices.deny, devices.allow); v2 has nothing but programs of
 * type BPF_PROG_TYPE_CGROUP_DEVICE (Documentation/admin-guide/cgroup-v2.rst, "Device
 * controller"). One is made here from the same rules, a few instructions for each: what
 * no rule allows is refused. It is attached to the leaf and goes with it; those of
 * cgroups above (systemd's) are asked too, and each can only refuse more.
 *
 * The program sees struct bpf_cgroup_dev_ctx of linux/bpf.h: the kind of device in the
 * low 16 bits of access_type, what is to be done with it in the high ones, major, minor.
 */
#include "cgroup/devices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"

/* Registers: the kernel's for context and answer, and what is loaded into the others */
enum { ANSWER = 0, CONTEXT = 1, ACCESS = 2, KIND = 3, MAJOR = 4, MINOR = 5 };

#define PROLOGUE 6 /* instructions before the first rule */
#define EPILOGUE 2
#define UNLESS (BPF_JMP32 | BPF_JNE | BPF_K)
#define RULE_MOST 8 /* instructions of one rule */

static_assert(DEVICE_INSNS >= PROLOGUE + EPILOGUE + RULE_MOST * DEVICE_RULES,
	      "every rule has its place");

struct writer {
	struct bpf_insn *at;
	size_t count;
};

static void emit(struct writer *w, struct bpf_insn insn)
{
	w->at[w->count++] = insn;
}

static void emit_load(struct writer *w, unsigned int reg, size_t field)
{
	emit(w, (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_W,
				   .dst_reg = reg & 0xfu,
				   .src_reg = CONTEXT,
				   .off = (int16_t)field });
}

/* An operation of 32 bits with a number */
static void emit_alu(struct writer *w, uint8_t operation, unsigned int reg, uint32_t n)
{
	emit(w, (struct bpf_insn){ .code = BPF_ALU | BPF_K | operation,
				   .dst_reg = reg & 0xfu,
				   .imm = (int32_t)n });
}

static void emit_copy(struct writer *w, unsigned int to, unsigned int from)
{
	emit(w, (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_X,
				   .dst_reg = to & 0xfu,
				   .src_reg = from & 0xfu });
}

/* Answer and end */
static void emit_answer(struct writer *w, bool yes)
{
	emit_alu(w, BPF_MOV, ANSWER, yes);
	emit(w, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

/* To the next rule unless @reg is @value; emit_rule() knows at its end how far that is */
static void emit_unless(struct writer *w, unsigned int reg, uint32_t value)
{
	emit(w, (struct bpf_insn){ .code = UNLESS,
				   .dst_reg = reg & 0xfu,
				   .imm = (int32_t)value });
}

static void emit_rule(struct writer *w, const struct device_rule *r)
{
	size_t first = w->count;

	emit_unless(w, KIND, r->kind);
	if (r->major != DEVICE_ANY)
		emit_unless(w, MAJOR, r->major);
	if (r->minor != DEVICE_ANY)
		emit_unless(w, MINOR, r->minor);
	if (r->access != DEVICE_ALL) {
		/* what is asked for beyond what is allowed */
		emit_copy(w, ANSWER, ACCESS);
		emit_alu(w, BPF_AND, ANSWER, ~r->access);
		emit_unless(w, ANSWER, 0);
	}
	emit_answer(w, true);
	for (size_t i = first; i < w->count; i++)
		if (w->at[i].code == UNLESS)
			w->at[i].off = (int16_t)(w->count - i - 1);
}

size_t device_program(const struct device_rule *rules, size_t count,
		      struct bpf_insn *out)
{
	struct writer w = { .at = out };

	emit_load(&w, ACCESS, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit_copy(&w, KIND, ACCESS);
	emit_alu(&w, BPF_AND, KIND, 0xffff);
	emit_alu(&w, BPF_RSH, ACCESS, 16);
	emit_load(&w, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	emit_load(&w, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	for (size_t i = 0; i < count; i++)
		emit_rule(&w, &rules[i]);
	emit_answer(&w, false);
	return w.count;
}

/* A number, or "*" for every one */
static bool read_number(const char **s, uint32_t *out)
{
	unsigned long n;
	char *end;

	if (**s == '*') {
		*out = DEVICE_ANY;
		++*s;
		return true;
	}
	if (**s < '0' || **s > '9')
		return false;
	errno = 0;
	n = strtoul(*s, &end, 10);
	*s = end;
	*out = (uint32_t)n;
	return !errno && n < DEVICE_ANY;
}

bool device_rule_read(const char *s, struct device_rule *out)
{
	static const struct {
		char letter;
		uint32_t bit;
	} letters[] = {
		{ 'r', BPF_DEVCG_ACC_READ },
		{ 'w', BPF_DEVCG_ACC_WRITE },
		{ 'm', BPF_DEVCG_ACC_MKNOD },
	};

	*out = (struct device_rule){ 0 };
	if (*s != 'b' && *s != 'c')
		return false;
	out->kind = *s == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
	if (*++s != ' ' || (++s, !read_number(&s, &out->major)) || *s != ':' ||
	    (++s, !read_number(&s, &out->minor)) || *s != ' ')
		return false;
	while (*++s) {
		uint32_t bit = 0;

		for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
			if (letters[i].letter == *s)
				bit = letters[i].bit;
		if (!bit)
			return false;
		out->access |= bit;
	}
	return out->access != 0;
}

/* Needs CAP_BPF or CAP_SYS_ADMIN, and CAP_NET_ADMIN, in the first user namespace */
static int load(const struct bpf_insn *insns, size_t count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.expected_attach_type = BPF_CGROUP_DEVICE;
	attr.insns = (uint64_t)(uintptr_t)insns;
	attr.insn_cnt = (uint32_t)count;
	/* the program calls none of the kernel's functions, whatever their licence */
	attr.license = (uint64_t)(uintptr_t) "GPL";
	memcpy(attr.prog_name, "nook_devices", sizeof("nook_devices"));
	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int attach(int program, int dir)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.target_fd = (uint32_t)dir;
	attr.attach_bpf_fd = (uint32_t)program;
	/* a box inside may attach its own beside this one, never instead */
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	return (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof(attr));
}

int device_attach(int dir, const struct device_rule *rules, size_t count, struct err *e)
{
	struct bpf_insn insns[DEVICE_INSNS];
	auto_fd program = -1;

	program = load(insns, device_program(rules, count, insns));
	if (program < 0)
		return err_sys(e, "cannot load the BPF program with the device rules");
	if (attach(program, dir) < 0)
		return err_sys(e, "cannot attach the device rules to the cgroup");
	return fd_take(&program);
}
