// SPDX-License-Identifier: GPL-3.0-or-later
/* detect_devices.c - the devices that hypervisors offer, and the drivers bound to them
 *
 * What counts is the link `driver` of a device: a driver that is registered and has no
 * device says only that the kernel was built with it, and its name says nothing about who
 * made the device (vmw_vsock_virtio_transport drives a virtio device). Numbers: virtio
 * 1.2, section 5; include/linux/hyperv.h for the classes of vmbus; pci.ids.
 */
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "host/detect_inner.h"

/** struct known - What an id of a bus is */
struct known {
	const char *id, *what;
};

static const struct known virtio_ids[] = {
	{ "0x0001", "network" },
	{ "0x0002", "disk" },
	{ "0x0003", "console" },
	{ "0x0004", "random numbers" },
	{ "0x0005", "balloon" },
	{ "0x0008", "SCSI disks" },
	{ "0x0009", "shared files (9p)" },
	{ "0x0010", "display" },
	{ "0x0012", "input" },
	{ "0x0013", "sockets to the host" },
	{ "0x0014", "encryption" },
	{ "0x0018", "memory" },
	{ "0x0019", "sound" },
	{ "0x001a", "shared files" },
	{ "0x001b", "persistent memory" },
	{ NULL, NULL },
};

static const struct known vmbus_ids[] = {
	{ "{f8615163-df3e-46c5-913f-f2d2f965ed0e}", "network" },
	{ "{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}", "SCSI disks" },
	{ "{32412632-86cb-44a2-9b5c-50d1417354f5}", "IDE disks" },
	{ "{525074dc-8985-46e2-8057-a307dc18a502}", "balloon" },
	{ "{0e0b6031-5213-4934-818b-38d90ced39db}", "shutdown" },
	{ "{57164f39-9115-4e78-ab55-382f3bd5422d}", "heartbeat" },
	{ "{9527e630-d0ae-497b-adce-e80ab0175caf}", "time" },
	{ "{a9a0f4e7-5a45-4d96-b827-8a841e8c03e6}", "key-value pairs" },
	{ "{35fa2e29-ea23-4236-96ae-3a6ebacba440}", "backup" },
	{ "{34d14be3-dee4-41c8-9ae7-6b174977c192}", "file copies" },
	{ "{cfa8b69e-5b4a-4cc0-b98b-8ba1a1f3f95a}", "mouse" },
	{ "{f912ad6d-2b17-48ea-bd65-f927a61c7684}", "keyboard" },
	{ "{da0a7802-e377-4aac-8e77-0558eb1073f8}", "display" },
	{ "{44c4f61d-4444-4400-9d52-802e27ede19f}", "PCI devices" },
	{ NULL, NULL },
};

static const struct known xen_ids[] = {
	{ "vif", "network" },
	{ "vbd", "disk" },
	{ "vkbd", "keyboard" },
	{ "vfb", "display" },
	{ "console", "console" },
	{ "pci", "PCI devices" },
	{ "9pfs", "shared files (9p)" },
	{ NULL, NULL },
};

/* Of PCI only what is made for guests; virtio's are listed on their own bus */
static const struct known pci_ids[] = {
	{ "15ad:07b0", "network" },
	{ "15ad:07c0", "SCSI disks" },
	{ "15ad:0405", "display" },
	{ "15ad:0740", "sockets to the host" },
	{ "80ee:cafe", "guest service" },
	{ "80ee:beef", "display" },
	{ "5853:0001", "Xen's platform" },
	{ "1234:1111", "display" },
	{ "1b36:0100", "display" },
	{ "1414:5353", "display" },
	{ "1414:00ba", "network" },
	{ "1d0f:ec20", "network" },
	{ "1d0f:8061", "disk" },
	{ "1d0f:cd01", "local disk" },
	{ "1ae0:0042", "network" },
	{ "1ae0:001f", "disk" },
	{ NULL, NULL },
};

static const struct detect_rule pci_vendors[] = {
	{ "1af4", PRODUCT_VM, DETECT_MEDIUM, "virtio" },
	{ "15ad", PRODUCT_VMWARE, DETECT_MEDIUM, NULL },
	{ "80ee", PRODUCT_VIRTUALBOX, DETECT_MEDIUM, NULL },
	{ "5853", PRODUCT_XEN, DETECT_MEDIUM, NULL },
	{ "1b36", PRODUCT_QEMU, DETECT_MEDIUM, NULL },
	{ "1234", PRODUCT_QEMU, DETECT_MEDIUM, NULL },
	{ "1414", PRODUCT_HYPERV, DETECT_MEDIUM, NULL },
	{ "1d0f", PRODUCT_EC2, DETECT_MEDIUM, "a device of Amazon" },
	{ "1ae0", PRODUCT_GCE, DETECT_MEDIUM, "a device of Google" },
	{ NULL, PRODUCT_NONE, DETECT_SILENT, NULL },
};

/* Prefixes of hardware addresses; anybody can set one */
static const struct detect_rule addresses[] = {
	{ "52:54:00", PRODUCT_QEMU, DETECT_WEAK, "as QEMU's users choose them" },
	{ "00:16:3e", PRODUCT_XEN, DETECT_WEAK, NULL },
	{ "00:0c:29", PRODUCT_VMWARE, DETECT_WEAK, NULL },
	{ "00:50:56", PRODUCT_VMWARE, DETECT_WEAK, NULL },
	{ "08:00:27", PRODUCT_VIRTUALBOX, DETECT_WEAK, NULL },
	{ "00:15:5d", PRODUCT_HYPERV, DETECT_WEAK, NULL },
	{ "00:0d:3a", PRODUCT_AZURE, DETECT_WEAK, "of Microsoft, as in Azure" },
	{ "42:01:", PRODUCT_GCE, DETECT_WEAK, NULL },
	{ NULL, PRODUCT_NONE, DETECT_SILENT, NULL },
};

/**
 * struct bus - Where devices are looked for
 * @id:		File with the id; NULL: the device's name begins with it
 * @ids:	What is known of them
 * @product:	What any device there speaks for
 */
struct bus {
	const char *name, *id;
	const struct known *ids;
	enum detect_product product;
	enum detect_strength strength;
	const char *says;
};

static const struct bus buses[] = {
	{ "virtio", "device", virtio_ids, PRODUCT_VM, DETECT_MEDIUM,
	  "made for guests, whoever runs them" },
	{ "vmbus", "class_id", vmbus_ids, PRODUCT_HYPERV, DETECT_STRONG, NULL },
	{ "xen", NULL, xen_ids, PRODUCT_XEN, DETECT_STRONG, NULL },
};

static const char *what_is(const struct known *known, const char *id, bool begins)
{
	for (; known->id; known++)
		if (begins ? !strncmp(id, known->id, strlen(known->id))
			   : !strcasecmp(id, known->id))
			return known->what;
	return "";
}

static const char *driver_of(struct detect *d, const char *bus, const char *device)
{
	const char *to = host_readlink(
		d->host, detect_keepf(d, "/sys/bus/%s/devices/%s/driver", bus, device));
	const char *slash = to ? strrchr(to, '/') : NULL;

	return slash ? slash + 1 : to;
}

static bool is_bound(const struct detect *d, const char *bus, const char *driver)
{
	for (size_t i = 0; i < d->device_count; i++)
		if (d->devices[i].driver && !strcmp(d->devices[i].bus, bus) &&
		    !strcmp(d->devices[i].driver, driver))
			return true;
	return false;
}

static void add_idle_drivers(struct detect *d, const char *bus)
{
	const char *const *drivers;
	size_t n =
		host_list(d->host, detect_keepf(d, "/sys/bus/%s/drivers", bus), &drivers);

	for (size_t i = 0; i < n; i++)
		if (!is_bound(d, bus, drivers[i]))
			detect_add_device(d,
					  &(struct detect_device){ .bus = bus,
								   .driver = drivers[i],
								   .id = "",
								   .what = "" });
}

static void add_bus(struct detect *d, const struct bus *b)
{
	struct detect_clue c = { .kind = KIND_BUS, .name = b->name };
	const char *const *names;
	size_t n;

	c.source = detect_keepf(d, "/sys/bus/%s/devices", b->name);
	n = host_list(d->host, c.source, &names);
	for (size_t i = 0; i < n; i++) {
		struct detect_device dev = { .bus = b->name, .device = names[i] };

		dev.id = names[i];
		if (b->id)
			dev.id = detect_line(d, detect_keepf(d, "%s/%s/%s", c.source,
							     names[i], b->id));
		if (!dev.id)
			dev.id = "";
		dev.what = what_is(b->ids, dev.id, !b->id);
		dev.driver = driver_of(d, b->name, names[i]);
		detect_add_device(d, &dev);
	}
	add_idle_drivers(d, b->name);
	if (n) {
		c.product = b->product;
		c.strength = b->strength;
		c.says = b->says;
		c.reading = detect_keepf(d, "%zu device%s", n, n == 1 ? "" : "s");
	} else {
		c.reading = "no devices";
	}
	detect_add(d, &c);
}

/* Four hexadecimal digits of "0x1af4" */
static const char *pci_number(struct detect *d, const char *device, const char *file)
{
	const char *s = detect_line(
		d, detect_keepf(d, "/sys/bus/pci/devices/%s/%s", device, file));

	return s && !strncmp(s, "0x", 2) ? s + 2 : "";
}

/* One clue for a vendor, with how many devices it has */
static void add_vendor(struct detect *d, const struct detect_rule *r, size_t count)
{
	/* virtio's devices are those of its own bus: they count once */
	bool virtio = r->product == PRODUCT_VM;

	if (count)
		detect_add(d, &(struct detect_clue){
				      .kind = virtio ? KIND_BUS : KIND_PCI,
				      .name = "PCI vendor",
				      .source = "/sys/bus/pci/devices",
				      .product = r->product,
				      .strength = r->strength,
				      .says = r->says,
				      .reading = detect_keepf(d, "%s, %zu device%s",
							      r->text, count,
							      count == 1 ? "" : "s") });
}

static void add_pci(struct detect *d)
{
	size_t counts[ARRAY_SIZE(pci_vendors)] = { 0 };
	const char *const *names;
	size_t n = host_list(d->host, "/sys/bus/pci/devices", &names);

	for (size_t i = 0; i < n; i++) {
		struct detect_device dev = { .bus = "pci", .device = names[i] };
		const char *vendor = pci_number(d, names[i], "vendor");
		const struct detect_rule *r = detect_rule(pci_vendors, vendor);

		if (!r)
			continue;
		counts[r - pci_vendors]++;
		dev.id = detect_keepf(d, "%s:%s", vendor,
				      pci_number(d, names[i], "device"));
		dev.what = what_is(pci_ids, dev.id, false);
		if (!*dev.what)
			continue;
		dev.driver = driver_of(d, "pci", names[i]);
		detect_add_device(d, &dev);
	}
	for (size_t i = 0; pci_vendors[i].text; i++)
		add_vendor(d, &pci_vendors[i], counts[i]);
}

/* Of interfaces with a device below them: a bridge for guests has an address as theirs */
static void add_addresses(struct detect *d)
{
	const char *const *names;
	size_t n = host_list(d->host, "/sys/class/net", &names);

	for (size_t i = 0; i < n; i++) {
		struct detect_clue c = { .kind = KIND_ADDRESS, .name = "MAC address" };
		struct host_path at;

		if (!host_stat_follow(
			    d->host,
			    detect_keepf(d, "/sys/class/net/%s/device", names[i]), &at))
			continue;
		c.source = detect_keepf(d, "/sys/class/net/%s/address", names[i]);
		detect_judge(d, c, addresses);
	}
}

void detect_devices(struct detect *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(buses); i++)
		add_bus(d, &buses[i]);
	add_pci(d);
	add_addresses(d);
}
