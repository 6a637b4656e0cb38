// SPDX-License-Identifier: GPL-3.0-or-later
/* detect.c - begin and end of a detection, and how its clues are read and kept */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "host/detect_inner.h"
#include "host/inner.h"

static const struct detect_name names[PRODUCT_COUNT] = {
	[PRODUCT_NONE] = { "unknown", "nothing", DETECT_MACHINE },
	[PRODUCT_METAL] = { "none", "a bare machine", DETECT_MACHINE },
	[PRODUCT_VM] = { "vm", "some virtual machine", DETECT_MACHINE },
	[PRODUCT_KVM] = { "kvm", "KVM", DETECT_MACHINE },
	[PRODUCT_QEMU] = { "qemu", "QEMU", DETECT_MACHINE },
	[PRODUCT_FIRECRACKER] = { "firecracker", "Firecracker", DETECT_MACHINE },
	[PRODUCT_VMWARE] = { "vmware", "VMware", DETECT_MACHINE },
	[PRODUCT_VIRTUALBOX] = { "virtualbox", "VirtualBox", DETECT_MACHINE },
	[PRODUCT_XEN] = { "xen", "Xen", DETECT_MACHINE },
	[PRODUCT_DOM0] = { "xen-dom0", "Xen's control domain", DETECT_MACHINE },
	[PRODUCT_HYPERV] = { "hyper-v", "Hyper-V", DETECT_MACHINE },
	[PRODUCT_UML] = { "uml", "User Mode Linux", DETECT_MACHINE },
	[PRODUCT_BHYVE] = { "bhyve", "bhyve", DETECT_MACHINE },
	[PRODUCT_PARALLELS] = { "parallels", "Parallels", DETECT_MACHINE },
	[PRODUCT_APPLE] = { "apple", "Apple's virtualization", DETECT_MACHINE },
	[PRODUCT_ACRN] = { "acrn", "ACRN", DETECT_MACHINE },
	[PRODUCT_QNX] = { "qnx", "QNX", DETECT_MACHINE },
	[PRODUCT_HOST] = { "none", "no container", DETECT_CONTAINER },
	[PRODUCT_CONTAINER] = { "container", "some container", DETECT_CONTAINER },
	[PRODUCT_NOOK] = { "nook", "a box of nook", DETECT_CONTAINER },
	[PRODUCT_DOCKER] = { "docker", "Docker", DETECT_CONTAINER },
	[PRODUCT_PODMAN] = { "podman", "podman", DETECT_CONTAINER },
	[PRODUCT_LXC] = { "lxc", "LXC", DETECT_CONTAINER },
	[PRODUCT_NSPAWN] = { "systemd-nspawn", "systemd-nspawn", DETECT_CONTAINER },
	[PRODUCT_KUBERNETES] = { "kubernetes", "Kubernetes", DETECT_CONTAINER },
	[PRODUCT_OPENVZ] = { "openvz", "OpenVZ", DETECT_CONTAINER },
	[PRODUCT_WSL] = { "wsl", "WSL", DETECT_CONTAINER },
	[PRODUCT_EC2] = { "ec2", "Amazon EC2", DETECT_CLOUD },
	[PRODUCT_GCE] = { "gce", "Google Compute Engine", DETECT_CLOUD },
	[PRODUCT_AZURE] = { "azure", "Microsoft Azure", DETECT_CLOUD },
	[PRODUCT_ORACLE] = { "oracle", "Oracle Cloud", DETECT_CLOUD },
	[PRODUCT_OPENSTACK] = { "openstack", "OpenStack", DETECT_CLOUD },
	[PRODUCT_DIGITALOCEAN] = { "digitalocean", "DigitalOcean", DETECT_CLOUD },
	[PRODUCT_HETZNER] = { "hetzner", "Hetzner Cloud", DETECT_CLOUD },
	[PRODUCT_ALIBABA] = { "alibaba", "Alibaba Cloud", DETECT_CLOUD },
};

const struct detect_name *detect_names(enum detect_product p)
{
	return &names[p];
}

const char *detect_strength_name(enum detect_strength s)
{
	static const char *const words[] = { "", "weak", "medium", "strong" };

	return words[s];
}

const char *detect_truth_name(enum detect_truth t)
{
	static const char *const words[] = { "unknown", "no", "yes" };

	return words[t];
}

static bool matches(const char *rule, const char *text)
{
	size_t n = strlen(text), m = strlen(rule) - 1;

	if (*rule == '*')
		return strstr(text, rule + 1) != NULL;
	if (*rule == '$')
		return n >= m && !strcmp(text + n - m, rule + 1);
	return !strncmp(text, rule, m + 1);
}

const struct detect_rule *detect_rule(const struct detect_rule *rules, const char *text)
{
	for (; rules->text; rules++)
		if (matches(rules->text, text))
			return rules;
	return NULL;
}

ssize_t detect_head(const struct detect *d, const char *path, char *buf, size_t size)
{
	auto_fd fd = host_open(d->host, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0 && len < size - 1) {
		n = read(fd, buf + len, size - 1 - len);
		if (n > 0)
			len += (size_t)n;
	}
	buf[len] = '\0';
	return n < 0 ? -1 : (ssize_t)len;
}

const char *detect_line(const struct detect *d, const char *path)
{
	char buf[512];
	size_t len;
	char *s = buf;

	if (detect_head(d, path, buf, sizeof(buf)) < 0)
		return NULL;
	s += strspn(s, " \t");
	len = strcspn(s, "\n");
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	return host_keep(d->host, s, len);
}

const char *detect_missing(const struct detect *d, const char *path)
{
	struct host_path at;

	return host_stat_follow(d->host, path, &at) ? "not readable" : "absent";
}

const char *detect_keepf(struct detect *d, const char *fmt, ...)
{
	auto_free char *text = NULL;
	const char *kept = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) >= 0)
		kept = host_keep(d->host, text, strlen(text));
	va_end(ap);
	d->failed |= !kept;
	return kept ? kept : "";
}

/* Room for one more in a list that holds @count: the next power of two was made before */
static bool grow(struct detect *d, void **list, size_t count, size_t size)
{
	void *bigger;

	if (count & (count - 1))
		return true;
	bigger = realloc(*list, (count ? 2 * count : 1) * size);
	if (bigger)
		*list = bigger;
	d->failed |= !bigger;
	return bigger;
}

void detect_add(struct detect *d, const struct detect_clue *c)
{
	struct detect_clue *new;

	if (!grow(d, (void **)&d->clues, d->clue_count, sizeof(*c)))
		return;
	new = &d->clues[d->clue_count++];
	*new = *c;
	if (new->product)
		new->layer = names[new->product].layer;
	if (!new->says)
		new->says = new->product ? names[new->product].title : "";
}

void detect_follow(struct detect_clue *c, const struct detect_rule *r)
{
	c->product = r->product;
	c->strength = r->strength;
	c->says = r->says;
}

const char *detect_judge(struct detect *d, struct detect_clue c,
			 const struct detect_rule *rules)
{
	const char *line = detect_line(d, c.source);
	const struct detect_rule *r = line ? detect_rule(rules, line) : NULL;

	if (r) {
		detect_follow(&c, r);
	} else if (!line || !*line) {
		c.product = PRODUCT_NONE;
		c.strength = DETECT_SILENT;
	}
	c.reading = line ? line : detect_missing(d, c.source);
	detect_add(d, &c);
	return line;
}

void detect_add_device(struct detect *d, const struct detect_device *dev)
{
	if (grow(d, (void **)&d->devices, d->device_count, sizeof(*dev)))
		d->devices[d->device_count++] = *dev;
}

size_t detect_bound(const struct detect *d, const char *bus)
{
	size_t n = 0;

	for (size_t i = 0; i < d->device_count; i++)
		n += d->devices[i].device && d->devices[i].driver &&
		     !strcmp(d->devices[i].bus, bus);
	return n;
}

struct detect *detect_new(int tree, struct err *e)
{
	struct detect *d = calloc(1, sizeof(*d));
	struct host *h = tree >= 0 ? host_open_tree(tree, e) : host_new();

	if (!d || !h) {
		free(d);
		host_free(h);
		if (tree < 0 || h)
			err_set(e, "out of memory");
		return NULL;
	}
	d->host = h;
	d->is_tree = tree >= 0;
	detect_cpu(d);
	detect_kernel(d);
	detect_dmi(d);
	detect_devices(d);
	detect_container(d);
	detect_verdicts(d);
	if (d->failed) {
		err_set(e, "out of memory");
		detect_free(d);
		return NULL;
	}
	return d;
}

void detect_free(struct detect *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < DETECT_LAYERS; i++)
		text_release(&d->verdicts[i].why);
	host_free(d->host);
	free(d->clues);
	free(d->devices);
	free(d);
}
