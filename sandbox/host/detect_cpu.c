// SPDX-License-Identifier: GPL-3.0-or-later
/* detect_cpu.c - the processor: CPUID, its flags in /proc/cpuinfo, what KVM makes of it
 *
 * Leaf 1 says in bit 31 of ECX that a hypervisor is there; the leaves from 0x40000000 on
 * are left to it, and in each 0x100th it can name an interface that it has: a second name
 * follows the first where one face is worn over another (Intel SDM and AMD APM: reserved
 * for software; Linux, arch/x86/include/asm/processor.h, hypervisor_cpuid_base()).
 */
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define HAS_CPUID 1
#else
#define HAS_CPUID 0
#endif

#include "base/cleanup.h"
#include "host/detect_inner.h"
#include "host/slice.h"

#define FIRST_LEAF 0x40000000u
#define LAST_LEAF  0x40010000u
#define LEAF_STEP  0x100u

/** struct regs - What CPUID gives for a leaf */
struct regs {
	uint32_t a, b, c, d;
};

/* The line of `cpuid -1 -r` for a leaf (its first subleaf, which is 0) */
static bool cpuid_of_tree(const char *text, uint32_t leaf, struct regs *r)
{
	for (const char *s = text; s; s = strchr(s, '\n')) {
		unsigned int l, sub;

		s += *s == '\n';
		if (sscanf(s, " %x %x: eax=%x ebx=%x ecx=%x edx=%x", &l, &sub, &r->a,
			   &r->b, &r->c, &r->d) == 6 &&
		    l == leaf && !sub)
			return true;
	}
	return false;
}

/* Leaves of the hypervisor are above what leaf 0 says is there */
static bool cpuid_of_machine(uint32_t leaf, struct regs *r)
{
#if HAS_CPUID
	if (leaf < FIRST_LEAF && __get_cpuid_max(0, NULL) < leaf)
		return false;
	__cpuid(leaf, r->a, r->b, r->c, r->d);
	return true;
#else
	(void)leaf, (void)r;
	return false;
#endif
}

/** struct cpuid - Where it is asked: @text of a tree, or the processor */
struct cpuid {
	bool is_tree;
	char text[16384];
};

static bool cpuid(const struct cpuid *from, uint32_t leaf, struct regs *r)
{
	return from->is_tree ? cpuid_of_tree(from->text, leaf, r)
			     : cpuid_of_machine(leaf, r);
}

static const struct detect_rule signatures[] = {
	{ "KVMKVMKVM", PRODUCT_KVM, DETECT_STRONG, "KVM's interface" },
	{ "Linux KVM Hv", PRODUCT_KVM, DETECT_STRONG, "KVM with the face of Hyper-V" },
	{ "LKVMLKVMLKVM", PRODUCT_KVM, DETECT_STRONG, "KVM, by kvmtool" },
	{ "TCGTCGTCGTCG", PRODUCT_QEMU, DETECT_STRONG,
	  "QEMU translates every instruction (TCG)" },
	{ "XenVMMXenVMM", PRODUCT_XEN, DETECT_STRONG, NULL },
	{ "VMwareVMware", PRODUCT_VMWARE, DETECT_STRONG, NULL },
	/* Others have it, too, for guests that know only this one */
	{ "Microsoft Hv", PRODUCT_HYPERV, DETECT_WEAK, "Hyper-V, or another's face" },
	{ "VBoxVBoxVBox", PRODUCT_VIRTUALBOX, DETECT_STRONG, NULL },
	{ "bhyve bhyve ", PRODUCT_BHYVE, DETECT_STRONG, NULL },
	{ " prl hyperv ", PRODUCT_PARALLELS, DETECT_STRONG, NULL },
	{ " lrpepyh vr", PRODUCT_PARALLELS, DETECT_STRONG, NULL },
	{ "Apple VZ", PRODUCT_APPLE, DETECT_STRONG, NULL },
	{ "ACRNACRNACRN", PRODUCT_ACRN, DETECT_STRONG, NULL },
	{ "QNXQVMBSQG", PRODUCT_QNX, DETECT_STRONG, NULL },
	{ "SRESRESRESRE", PRODUCT_VM, DETECT_STRONG, "Lockheed Martin's hypervisor" },
	{ NULL, PRODUCT_NONE, DETECT_SILENT, NULL },
};

/* The name in EBX, ECX, EDX: 12 bytes at most, where all of them are printable */
static bool signature_of(const struct regs *r, char out[13])
{
	const uint32_t words[3] = { r->b, r->c, r->d };
	size_t n;

	memcpy(out, words, 12);
	out[12] = '\0';
	n = strlen(out);
	for (size_t i = 0; i < 12; i++)
		if (i < n ? out[i] < ' ' || out[i] > '~' : out[i])
			return false;
	return n > 0;
}

/* Where the bit is clear, leaves that are not there can hold anything: only names that
 * are known count */
static void add_signatures(struct detect *d, const struct cpuid *from)
{
	for (uint32_t leaf = FIRST_LEAF; leaf < LAST_LEAF; leaf += LEAF_STEP) {
		struct detect_clue c = { .kind = KIND_CPU, .name = "signature" };
		const struct detect_rule *rule;
		char text[13];
		struct regs r;

		if (!cpuid(from, leaf, &r) || !signature_of(&r, text))
			continue;
		rule = detect_rule(signatures, text);
		if (!rule && d->hypervisor != DETECT_YES)
			continue;
		c.product = rule ? rule->product : PRODUCT_VM;
		c.strength = rule ? rule->strength : DETECT_STRONG;
		c.says = rule ? rule->says : "a hypervisor that nook does not know";
		c.source = detect_keepf(d, "CPUID 0x%x", leaf);
		c.reading = detect_keepf(d, "%s", text);
		if (!d->signature)
			d->signature = c.reading;
		detect_add(d, &c);
	}
	if (!d->signature)
		detect_add(d, &(struct detect_clue){ .kind = KIND_CPU,
						     .name = "signature",
						     .source = "CPUID 0x40000000",
						     .reading = "absent" });
}

/* The value of "KEY : value" in /proc/cpuinfo, of the first processor */
static bool cpuinfo(const char *text, const char *key, struct slice *out)
{
	struct slice rest = { text, strlen(text) }, line, name;

	while (slice_cut(&rest, '\n', &line)) {
		if (!slice_cut(&line, ':', &name))
			continue;
		while (name.len && strchr(" \t", name.s[name.len - 1]))
			name.len--;
		if (!slice_is(name, key))
			continue;
		while (line.len && *line.s == ' ') {
			line.s++;
			line.len--;
		}
		*out = line;
		return true;
	}
	return false;
}

static enum detect_truth has_flag(struct slice flags, const char *flag)
{
	struct slice word;

	while (slice_word(&flags, &word))
		if (slice_is(word, flag))
			return DETECT_YES;
	return DETECT_NO;
}

static void add_hypervisor_bit(struct detect *d, const char *source, const char *reading)
{
	struct detect_clue c = { .kind = KIND_CPU,
				 .name = "hypervisor bit",
				 .source = source,
				 .reading = reading };

	if (d->hypervisor == DETECT_YES) {
		c.product = PRODUCT_VM;
		c.strength = DETECT_STRONG;
		c.says = "a hypervisor is below";
	} else if (d->hypervisor == DETECT_NO) {
		c.product = PRODUCT_METAL;
		c.strength = DETECT_MEDIUM;
		c.says = "none is below, or it hides";
	}
	detect_add(d, &c);
}

static void add_cpuinfo(struct detect *d, const char *text)
{
	struct detect_clue c = { .kind = KIND_KERNEL, .source = "/proc/cpuinfo" };
	struct slice s;

	if (cpuinfo(text, "vendor_id", &s)) {
		d->vendor = detect_keepf(d, "%.*s", (int)s.len, s.s);
		if (!strcmp(d->vendor, "User Mode Linux")) {
			c.name = "processor";
			c.reading = d->vendor;
			c.product = PRODUCT_UML;
			c.strength = DETECT_STRONG;
			detect_add(d, &c);
		}
	}
	if (cpuinfo(text, "model name", &s) && s.len >= 16 &&
	    !strncmp(s.s, "QEMU Virtual CPU", 16)) {
		c.name = "processor";
		c.reading = detect_keepf(d, "%.*s", (int)s.len, s.s);
		c.product = PRODUCT_QEMU;
		c.strength = DETECT_WEAK;
		detect_add(d, &c);
	}
	if (!cpuinfo(text, "flags", &s))
		return;
	d->vmx = has_flag(s, "vmx");
	d->svm = has_flag(s, "svm");
	d->lm = has_flag(s, "lm");
	d->hypervisor = has_flag(s, "hypervisor");
}

static void find_kvm(struct detect *d)
{
	static const char *const modules[] = { "kvm_intel", "kvm_amd", "kvm_pvm",
					       "kvm_hv" };
	const char *nested;
	struct host_path at;
	char path[64];

	d->has_kvm = host_stat_follow(d->host, "/dev/kvm", &at);
	for (size_t i = 0; i < ARRAY_SIZE(modules) && !d->kvm_module; i++) {
		snprintf(path, sizeof(path), "/sys/module/%s", modules[i]);
		if (host_stat_follow(d->host, path, &at))
			d->kvm_module = modules[i];
	}
	if (!d->kvm_module)
		return;
	snprintf(path, sizeof(path), "/sys/module/%s/parameters/nested", d->kvm_module);
	nested = detect_line(d, path);
	if (nested && *nested)
		d->nested = strchr("Yy1", *nested) ? DETECT_YES : DETECT_NO;
}

void detect_cpu(struct detect *d)
{
	struct cpuid from = { .is_tree = d->is_tree };
	bool is_uml = false;
	char text[16384];
	struct regs r;

	if (d->is_tree)
		detect_head(d, "/cpuid", from.text, sizeof(from.text));
	if (detect_head(d, "/proc/cpuinfo", text, sizeof(text)) > 0) {
		add_cpuinfo(d, text);
		is_uml = d->vendor && !strcmp(d->vendor, "User Mode Linux");
	}
	if (cpuid(&from, 1, &r)) {
		bool set = r.c >> 31;

		/* What User Mode Linux gets is its host's, the flags, too */
		d->hypervisor = set ? DETECT_YES : DETECT_NO;
		if (!is_uml)
			add_hypervisor_bit(d, "CPUID 1, ECX bit 31", set ? "1" : "0");
	} else {
		add_hypervisor_bit(d, "/proc/cpuinfo",
				   d->hypervisor == DETECT_YES	? "hypervisor"
				   : d->hypervisor == DETECT_NO ? "no such flag"
								: "no flags here");
	}
	if (!is_uml)
		add_signatures(d, &from);
	find_kvm(d);
}
