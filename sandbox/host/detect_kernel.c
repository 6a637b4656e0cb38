// SPDX-License-Identifier: GPL-3.0-or-later
/* detect_kernel.c - what the kernel says of a hypervisor, and what firmware says of
 * itself
 *
 * DMI and ACPI are what the monitor, a cloud or a maker of machines wrote there, so they
 * are medium; what the kernel talks with (/sys/hypervisor, a node for the hypervisor in
 * the device tree) is strong. Names: systemd's virt.c and the products' own firmware.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/detect_inner.h"

#define XENFEAT_DOM0 (1u << 11) /* xen/interface/features.h */
#define ACPI_OEM     10		/* byte of a table where six of its maker stand */

#define END                                             \
	{                                               \
		NULL, PRODUCT_NONE, DETECT_SILENT, NULL \
	}

static const struct detect_rule hypervisor_types[] = {
	{ "xen", PRODUCT_XEN, DETECT_STRONG, NULL },
	END,
};

static const struct detect_rule hypervisor_uuids[] = {
	{ "ec2", PRODUCT_EC2, DETECT_MEDIUM, "begins as those of EC2 do" },
	END,
};

static const struct detect_rule tree_hypervisors[] = {
	{ "linux,kvm", PRODUCT_KVM, DETECT_STRONG, NULL },
	{ "xen,xen", PRODUCT_XEN, DETECT_STRONG, NULL },
	{ "vmware", PRODUCT_VMWARE, DETECT_STRONG, NULL },
	END,
};

static const struct detect_rule tree_machines[] = {
	{ "linux,dummy-virt", PRODUCT_VM, DETECT_MEDIUM, "a board that exists nowhere" },
	{ "qemu,", PRODUCT_QEMU, DETECT_MEDIUM, NULL },
	END,
};

static const struct detect_rule acpi_makers[] = {
	{ "FIRECK", PRODUCT_FIRECRACKER, DETECT_MEDIUM, NULL },
	{ "BOCHS", PRODUCT_QEMU, DETECT_MEDIUM, "tables as QEMU makes them" },
	{ "VBOX", PRODUCT_VIRTUALBOX, DETECT_MEDIUM, NULL },
	{ "VRTUAL", PRODUCT_HYPERV, DETECT_MEDIUM, NULL },
	{ "Xen", PRODUCT_XEN, DETECT_MEDIUM, NULL },
	{ "BHYVE", PRODUCT_BHYVE, DETECT_MEDIUM, NULL },
	{ "PRLS", PRODUCT_PARALLELS, DETECT_MEDIUM, NULL },
	{ "CLOUDH", PRODUCT_VM, DETECT_MEDIUM, "Cloud Hypervisor" },
	{ "CROSVM", PRODUCT_VM, DETECT_MEDIUM, "crosvm" },
	END,
};

static const struct detect_rule clocks[] = {
	{ "*kvm-clock", PRODUCT_KVM, DETECT_MEDIUM, "KVM's clock" },
	{ "*hyperv_clocksource", PRODUCT_HYPERV, DETECT_MEDIUM, "Hyper-V's clock" },
	{ "*xen", PRODUCT_XEN, DETECT_MEDIUM, "Xen's clock" },
	END,
};

static const struct detect_rule any_text[] = {
	{ "", PRODUCT_QEMU, DETECT_MEDIUM, "QEMU's way to hand things over" },
	END,
};

/** struct place - A file with a line that is judged by rules */
struct place {
	const char *name, *path;
	enum detect_kind kind;
	const struct detect_rule *rules;
};

static const struct place places[] = {
	{ "hypervisor", "/sys/hypervisor/type", KIND_KERNEL, hypervisor_types },
	{ "hypervisor", "/proc/device-tree/hypervisor/compatible", KIND_KERNEL,
	  tree_hypervisors },
	{ "hypervisor uuid", "/sys/hypervisor/uuid", KIND_KERNEL, hypervisor_uuids },
	{ "board", "/proc/device-tree/compatible", KIND_FIRMWARE, tree_machines },
	{ "clocks", "/sys/devices/system/clocksource/clocksource0/available_clocksource",
	  KIND_CLOCK, clocks },
	{ "fw_cfg", "/sys/firmware/qemu_fw_cfg/rev", KIND_FIRMWARE, any_text },
};

/* Xen's control domain sees Xen's files too, and drives the hardware */
static void add_xen(struct detect *d)
{
	struct detect_clue c = { .kind = KIND_KERNEL,
				 .name = "Xen features",
				 .source = "/sys/hypervisor/properties/features" };
	unsigned int features;

	c.reading = detect_line(d, c.source);
	if (c.reading && sscanf(c.reading, "%x", &features) == 1) {
		bool is_dom0 = features & XENFEAT_DOM0;

		c.product = is_dom0 ? PRODUCT_DOM0 : PRODUCT_XEN;
		c.strength = is_dom0 ? DETECT_STRONG : DETECT_MEDIUM;
		c.says = is_dom0 ? "bit 11: the control domain" : "a guest of Xen";
		detect_add(d, &c);
	}
	c.source = "/proc/xen/capabilities";
	c.name = "Xen";
	c.reading = detect_line(d, c.source);
	if (!c.reading)
		return;
	c.product = strstr(c.reading, "control_d") ? PRODUCT_DOM0 : PRODUCT_XEN;
	c.strength = c.product == PRODUCT_DOM0 ? DETECT_STRONG : DETECT_MEDIUM;
	c.says = NULL;
	detect_add(d, &c);
}

/* Every table names its maker; only root can read them */
static void add_acpi(struct detect *d)
{
	struct detect_clue c = { .kind = KIND_FIRMWARE,
				 .name = "ACPI maker",
				 .source = "/sys/firmware/acpi/tables/DSDT" };
	const struct detect_rule *r = NULL;
	char head[37];

	if (detect_head(d, c.source, head, sizeof(head)) < ACPI_OEM + 6) {
		c.reading = detect_missing(d, c.source);
	} else {
		head[ACPI_OEM + 6] = '\0';
		c.reading = detect_keepf(d, "%.*s", (int)strcspn(head + ACPI_OEM, " "),
					 head + ACPI_OEM);
		r = detect_rule(acpi_makers, c.reading);
	}
	if (r)
		detect_follow(&c, r);
	detect_add(d, &c);
}

void detect_kernel(struct detect *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		detect_judge(d,
			     (struct detect_clue){ .kind = places[i].kind,
						   .name = places[i].name,
						   .source = places[i].path },
			     places[i].rules);
	add_xen(d);
	add_acpi(d);
}

static const struct detect_rule dmi_machines[] = {
	{ "KVM", PRODUCT_KVM, DETECT_MEDIUM, NULL },
	{ "QEMU", PRODUCT_QEMU, DETECT_MEDIUM, "QEMU, which may use KVM" },
	{ "Bochs", PRODUCT_QEMU, DETECT_MEDIUM, "firmware that QEMU uses" },
	{ "VMware", PRODUCT_VMWARE, DETECT_MEDIUM, NULL },
	{ "VMW", PRODUCT_VMWARE, DETECT_MEDIUM, NULL },
	{ "innotek GmbH", PRODUCT_VIRTUALBOX, DETECT_MEDIUM, NULL },
	{ "VirtualBox", PRODUCT_VIRTUALBOX, DETECT_MEDIUM, NULL },
	{ "Oracle Corporation", PRODUCT_VIRTUALBOX, DETECT_WEAK,
	  "VirtualBox, or a machine of Oracle" },
	{ "Xen", PRODUCT_XEN, DETECT_MEDIUM, NULL },
	{ "Parallels", PRODUCT_PARALLELS, DETECT_MEDIUM, NULL },
	{ "BHYVE", PRODUCT_BHYVE, DETECT_MEDIUM, NULL },
	{ "Hyper-V", PRODUCT_HYPERV, DETECT_MEDIUM, NULL },
	{ "Virtual Machine", PRODUCT_HYPERV, DETECT_MEDIUM, NULL },
	{ "Apple Virtualization", PRODUCT_APPLE, DETECT_MEDIUM, NULL },
	{ "Google Compute Engine", PRODUCT_KVM, DETECT_MEDIUM, "Google's, which is KVM" },
	{ "OpenStack", PRODUCT_VM, DETECT_MEDIUM, "a machine of OpenStack" },
	{ "Amazon EC2", PRODUCT_KVM, DETECT_MEDIUM, "Nitro, which is KVM" },
	{ "*.metal", PRODUCT_METAL, DETECT_MEDIUM, "EC2 without a hypervisor" },
	END,
};

static const struct detect_rule dmi_clouds[] = {
	{ "Amazon EC2", PRODUCT_EC2, DETECT_MEDIUM, NULL },
	{ "$.amazon", PRODUCT_EC2, DETECT_MEDIUM, "Xen as Amazon built it" },
	{ "Google", PRODUCT_GCE, DETECT_MEDIUM, NULL },
	/* The asset tag of every machine of Azure */
	{ "7783-7084-3265-9085-8269-3286-77", PRODUCT_AZURE, DETECT_MEDIUM, NULL },
	{ "OracleCloud.com", PRODUCT_ORACLE, DETECT_MEDIUM, NULL },
	{ "OpenStack", PRODUCT_OPENSTACK, DETECT_MEDIUM, NULL },
	{ "DigitalOcean", PRODUCT_DIGITALOCEAN, DETECT_MEDIUM, NULL },
	{ "Hetzner", PRODUCT_HETZNER, DETECT_MEDIUM, NULL },
	{ "Alibaba Cloud", PRODUCT_ALIBABA, DETECT_MEDIUM, NULL },
	END,
};

static const char *const dmi_fields[] = {
	"sys_vendor",  "product_name", "product_version",   "board_vendor",
	"bios_vendor", "bios_version", "chassis_asset_tag",
};

/** struct dmi - What the fields come to: @metal, @vm, one says so; @maker, a clue of a
 * vendor that makes machines, as far as is known */
struct dmi {
	bool metal, vm;
	struct detect_clue maker;
};

static void add_field(struct detect *d, const char *field, struct dmi *all)
{
	struct detect_clue c = { .kind = KIND_DMI };
	const struct detect_rule *r;

	c.source = detect_keepf(d, "/sys/class/dmi/id/%s", field);
	c.name = detect_keepf(d, "DMI %s", field);
	c.reading = detect_line(d, c.source);
	if (!c.reading || !*c.reading) {
		c.reading = c.reading ? "empty" : detect_missing(d, c.source);
		detect_add(d, &c);
		return;
	}
	r = detect_rule(dmi_machines, c.reading);
	if ((!r || r->strength == DETECT_WEAK) && !strcmp(field, "sys_vendor")) {
		all->maker = c;
		return;
	}
	if (r) {
		detect_follow(&c, r);
		all->metal |= r->product == PRODUCT_METAL;
		all->vm |= r->product != PRODUCT_METAL && r->strength > DETECT_WEAK;
	}
	detect_add(d, &c);
	r = detect_rule(dmi_clouds, c.reading);
	if (r) {
		detect_follow(&c, r);
		detect_add(d, &c);
	}
}

/* A vendor that makes machines speaks for hardware, as long as no other field speaks for
 * a virtual machine */
static void add_maker(struct detect *d, struct dmi *all)
{
	const struct detect_rule *cloud;

	if (!all->maker.reading)
		return;
	cloud = detect_rule(dmi_clouds, all->maker.reading);
	if (cloud) {
		all->maker.product = cloud->product;
		all->maker.strength = cloud->strength;
	} else if (!all->vm) {
		all->maker.product = PRODUCT_METAL;
		all->maker.strength = DETECT_MEDIUM;
		all->maker.says = "a maker of machines";
	}
	detect_add(d, &all->maker);
}

void detect_dmi(struct detect *d)
{
	struct dmi all = { .metal = false };

	for (size_t i = 0; i < ARRAY_SIZE(dmi_fields); i++)
		add_field(d, dmi_fields[i], &all);
	add_maker(d, &all);
	/* "Amazon EC2" stands on both of its kinds of machines */
	for (size_t i = 0; all.metal && i < d->clue_count; i++) {
		struct detect_clue *c = &d->clues[i];

		if (c->kind != KIND_DMI || c->layer != DETECT_MACHINE ||
		    c->product != PRODUCT_KVM)
			continue;
		c->product = PRODUCT_NONE;
		c->strength = DETECT_SILENT;
		c->says = "the cloud, not the machine";
	}
}
