/* SPDX-License-Identifier: GPL-3.0-or-later */
/* detect.h - what this machine runs on, and what this process runs in: clues and verdicts
 *
 * Theory of operation. Each clue is one reading (a file, or a leaf of CPUID) that speaks
 * for a product, with a strength. Clues of one kind (all of DMI, all marker files) come
 * from one hand, so only the strongest of a kind counts for a product: strong 4, medium
 * 2, weak 1. A product is a candidate from 3 points on, and from 2 where it is certain
 * anyway that there is something of the kind (the hypervisor bit, an own pid namespace).
 * So one weak clue, which a left-over file or a copied text can be, never makes a
 * verdict. Some products show the face of others, and a table says which candidate is
 * the face (detect_verdict.c). What then still contradicts itself is "unknown": that is a
 * legal answer.
 *
 * A tree of files can stand for the machine (tests/detect/fixtures); CPUID is then its
 * file /cpuid, in the lines that `cpuid -1 -r` prints, and nothing is asked of this
 * machine.
 */
#ifndef NOOK_HOST_DETECT_H
#define NOOK_HOST_DETECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct err;
struct host;

/** enum detect_layer - What a verdict is about */
enum detect_layer {
	DETECT_MACHINE,
	DETECT_CONTAINER,
	DETECT_CLOUD,
	DETECT_LAYERS,
};

enum detect_strength {
	DETECT_SILENT, /* absent, not readable, or says nothing */
	DETECT_WEAK,
	DETECT_MEDIUM,
	DETECT_STRONG,
};

enum detect_truth {
	DETECT_UNKNOWN,
	DETECT_NO,
	DETECT_YES,
};

/** enum detect_product - What a clue speaks for; detect_names() has the words */
enum detect_product {
	PRODUCT_NONE, /* for nothing */
	PRODUCT_METAL,
	PRODUCT_VM, /* some virtual machine */
	PRODUCT_KVM,
	PRODUCT_QEMU,
	PRODUCT_FIRECRACKER,
	PRODUCT_VMWARE,
	PRODUCT_VIRTUALBOX,
	PRODUCT_XEN,
	PRODUCT_DOM0,
	PRODUCT_HYPERV,
	PRODUCT_UML,
	PRODUCT_BHYVE,
	PRODUCT_PARALLELS,
	PRODUCT_APPLE,
	PRODUCT_ACRN,
	PRODUCT_QNX,
	PRODUCT_HOST,	   /* in no container */
	PRODUCT_CONTAINER, /* in some container */
	PRODUCT_NOOK,
	PRODUCT_DOCKER,
	PRODUCT_PODMAN,
	PRODUCT_LXC,
	PRODUCT_NSPAWN,
	PRODUCT_KUBERNETES,
	PRODUCT_OPENVZ,
	PRODUCT_WSL,
	PRODUCT_EC2,
	PRODUCT_GCE,
	PRODUCT_AZURE,
	PRODUCT_ORACLE,
	PRODUCT_OPENSTACK,
	PRODUCT_DIGITALOCEAN,
	PRODUCT_HETZNER,
	PRODUCT_ALIBABA,
	PRODUCT_COUNT,
};

/** struct detect_name - @word: "kvm", for programs; @title: "KVM", for people */
struct detect_name {
	const char *word, *title;
	enum detect_layer layer;
};

/** enum detect_kind - Whose hand a clue is from */
enum detect_kind {
	KIND_CPU,
	KIND_KERNEL,
	KIND_BUS,
	KIND_PCI,
	KIND_CLOCK,
	KIND_DMI,
	KIND_FIRMWARE,
	KIND_ADDRESS,
	KIND_NAMESPACE,
	KIND_MOUNT,
	KIND_CGROUP,
	KIND_INIT,
	KIND_MARKER,
	KIND_COUNT,
};

/**
 * struct detect_clue - One reading
 * @name:	What was looked at: "signature"
 * @source:	The file, or "CPUID 0x40000000"
 * @reading:	What stood there, one line; "absent", "not readable"
 * @says:	What that means, a phrase
 */
struct detect_clue {
	enum detect_layer layer;
	enum detect_product product;
	enum detect_strength strength;
	enum detect_kind kind;
	const char *name, *source, *reading, *says;
};

/**
 * struct detect_device - A device that a hypervisor offers its guests
 * @bus:	"virtio", "pci", "vmbus", "xen"
 * @device:	Its name there; NULL: the driver is registered and has no device at all,
 *		which says nothing
 * @id:		As the bus numbers it: "0x0001", "15ad:07b0"
 * @what:	"network", or "" where the id is not known
 * @driver:	That is bound to it; NULL = none
 */
struct detect_device {
	const char *bus, *device, *id, *what, *driver;
};

/**
 * struct detect_verdict - What the clues of one layer come to
 * @product:	PRODUCT_NONE: cannot tell; in DETECT_CLOUD: none seen
 * @by:		The program around it, where that is another (QEMU around KVM), or
 *		PRODUCT_NONE
 * @strength:	Of the strongest clue for it
 * @word:	"kvm", "vm" (some virtual machine), "none", "container", "unknown"
 * @text:	The same for a person: "KVM, by Firecracker"
 * @why:	Reasons, one a line
 */
struct detect_verdict {
	enum detect_product product, by;
	enum detect_strength strength;
	const char *word, *text;
	struct text why;
};

/**
 * struct detect - All that was found
 * @signature:	Of the hypervisor, from CPUID (the first of them); NULL = none
 * @vendor:	Of the processor: "GenuineIntel"; NULL = not known
 * @vmx, @svm, @lm, @hypervisor: Flags of the processor, as the kernel shows them; the
 *		last one as CPUID does. Unknown where the architecture has none
 * @kvm_module:	That drives the processor ("kvm_intel"), or NULL
 * @nested:	Whether that lets guests have guests
 * @has_kvm:	There is a /dev/kvm
 * @host:	What was asked; a tree where @is_tree
 */
struct detect {
	struct detect_clue *clues;
	size_t clue_count;
	struct detect_device *devices;
	size_t device_count;
	struct detect_verdict verdicts[DETECT_LAYERS];
	const char *signature, *vendor;
	enum detect_truth vmx, svm, lm, hypervisor, nested;
	const char *kvm_module;
	bool has_kvm;
	struct host *host;
	bool is_tree, failed;
};

/** detect_new() - Look at this machine, or at the files below the directory that is open
 * as @tree, which is taken over; -1 = none. It takes about a millisecond and changes
 * nothing. Return: NULL and @e */
struct detect *detect_new(int tree, struct err *e);
/** detect_free() - Takes NULL, too */
void detect_free(struct detect *d);
/** detect_names() - Word, title and layer of a product */
const struct detect_name *detect_names(enum detect_product p);
/** detect_strength_name() - "strong", "medium", "weak", "" */
const char *detect_strength_name(enum detect_strength s);
/** detect_truth_name() - "yes", "no", "unknown" */
const char *detect_truth_name(enum detect_truth t);
/** detect_bound() - How many devices of @bus ("virtio") have a driver bound to them */
size_t detect_bound(const struct detect *d, const char *bus);
/** detect_value_name() - The @i-th name that detect_value() knows; NULL behind the last
 * one */
const char *detect_value_name(size_t i);
/**
 * detect_value() - One value as text, for who asks people for it
 * @name:	"machine", "container", "cloud": the verdict's word, and in further lines
 *		other names for it; "signature", or "none"; "flags": those of vmx, svm, lm
 *		and hypervisor that are set, "drivers": those that are bound, each once,
 *		with blanks between, or "none"; "virtio": how many of its devices are
 *		bound
 *
 * Return: false where there is no value of that name
 */
bool detect_value(const struct detect *d, const char *name, struct text *out);

/**
 * detect_probe_kvm() - Whether /dev/kvm runs a guest
 * @say:	What came out, a phrase: "works: ran 3 instructions to the halt"
 *
 * A child makes a machine of one page and one processor, which writes to a port and
 * halts. A kernel that hangs in that is given up after @ms milliseconds: the child is
 * killed, and where it cannot even be killed it is left to die by itself.
 *
 * Return: yes, no, or unknown (no /dev/kvm, not permitted, not this architecture)
 */
enum detect_truth detect_probe_kvm(unsigned int ms, struct text *say);

#endif
