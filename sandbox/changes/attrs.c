// SPDX-License-Identifier: GPL-3.0-or-later
/* attrs.c - extended attributes of files that are named by directory and name */
#include "changes/attrs.h"

#include <endian.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/xattr.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "changes/manifest.h"

#define FILE_PATH 320 /* "/proc/self/fd/N/" and a name of at most 255 bytes */

/* linux/posix_acl_xattr.h, which includes what user programs do not have */
#define ACL_VERSION 2
#define ACL_USER    0x02
#define ACL_GROUP   0x08

struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

static const char *path_of(struct attr_file f, char *buf)
{
	snprintf(buf, FILE_PATH, "/proc/self/fd/%d%s%s", f.dir, *f.name ? "/" : "",
		 f.name);
	return buf;
}

ssize_t attr_get(struct attr_file f, const char *attr, void *buf, size_t size)
{
	char path[FILE_PATH];

	path_of(f, path);
	return *f.name ? lgetxattr(path, attr, buf, size)
		       : getxattr(path, attr, buf, size);
}

int attr_set(struct attr_file f, const char *attr, const void *value, size_t size)
{
	char path[FILE_PATH];

	path_of(f, path);
	return *f.name ? lsetxattr(path, attr, value, size, 0)
		       : setxattr(path, attr, value, size, 0);
}

static int attr_remove(struct attr_file f, const char *attr)
{
	char path[FILE_PATH];

	path_of(f, path);
	return *f.name ? lremovexattr(path, attr) : removexattr(path, attr);
}

/* Names one behind the other, each with its NUL; @size 0 asks for their length alone. A
 * file system without attributes, and one that we may not ask, has none. Return: bytes */
static size_t attr_list(struct attr_file f, char *names, size_t size)
{
	char path[FILE_PATH];
	ssize_t n;

	path_of(f, path);
	n = *f.name ? llistxattr(path, names, size) : listxattr(path, names, size);
	return n > 0 ? (size_t)n : 0;
}

bool attr_is_opaque(const struct manifest *m, struct attr_file f)
{
	char value = 0;

	return attr_get(f,
			m->userxattr ? "user.overlay.opaque" : "trusted.overlay.opaque",
			&value, 1) == 1 &&
	       value == 'y';
}

static bool is_of_overlay(const char *attr)
{
	return !strncmp(attr, "trusted.overlay.", 16) ||
	       !strncmp(attr, "user.overlay.", 13);
}

/* What the kernel or a security module gives to each new file itself */
static bool is_label(const char *attr)
{
	return !strcmp(attr, "security.selinux") || !strcmp(attr, "security.SMACK64") ||
	       !strcmp(attr, "security.ima") || !strcmp(attr, "security.evm");
}

static bool is_compared(const char *attr)
{
	return !is_of_overlay(attr) && !is_label(attr);
}

/* acl(5) as the kernel hands it over: named users and groups have ids */
static ssize_t map_acl(char *value, ssize_t n, const struct manifest *ids)
{
	struct acl_entry en;

	if (n < 4 || (n - 4) % (ssize_t)sizeof(en))
		return n;
	for (ssize_t at = 4; at < n; at += (ssize_t)sizeof(en)) {
		const struct manifest_ids *map;

		memcpy(&en, value + at, sizeof(en));
		if (le16toh(en.tag) != ACL_USER && le16toh(en.tag) != ACL_GROUP)
			continue;
		map = le16toh(en.tag) == ACL_USER ? &ids->uids : &ids->gids;
		en.id = htole32(manifest_inside(map, le32toh(en.id)));
		if (en.id == UINT32_MAX) {
			errno = EOVERFLOW;
			return -1;
		}
		memcpy(value + at, &en, sizeof(en));
	}
	return n;
}

/* capabilities(7): version 3 is only good in user namespaces whose root is @rootid. What
 * the box's root gave is good for root of the lower tree, who is 0 there: version 2 */
static ssize_t map_caps(char *value, ssize_t n, const struct manifest *ids)
{
	struct vfs_ns_cap_data cap;

	if (n != (ssize_t)sizeof(cap))
		return n;
	memcpy(&cap, value, sizeof(cap));
	if ((le32toh(cap.magic_etc) & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_3)
		return n;
	if (manifest_inside(&ids->uids, le32toh(cap.rootid)) != 0) {
		errno = EOVERFLOW;
		return -1;
	}
	cap.magic_etc = htole32((le32toh(cap.magic_etc) & ~VFS_CAP_REVISION_MASK) |
				VFS_CAP_REVISION_2);
	memcpy(value, &cap, XATTR_CAPS_SZ_2);
	return XATTR_CAPS_SZ_2;
}

static ssize_t get_mapped(struct attr_file f, const char *attr, char *value,
			  const struct manifest *ids)
{
	ssize_t n = attr_get(f, attr, value, ATTR_MOST);

	if (n < 0 || !ids)
		return n;
	if (!strcmp(attr, "system.posix_acl_access") ||
	    !strcmp(attr, "system.posix_acl_default"))
		return map_acl(value, n, ids);
	return !strcmp(attr, "security.capability") ? map_caps(value, n, ids) : n;
}

/* Nearly every file */
static bool has_none(struct attr_file f)
{
	return !attr_list(f, NULL, 0);
}

static size_t count_compared(const char *names, size_t len)
{
	size_t n = 0;

	for (const char *a = names; a < names + len; a += strlen(a) + 1)
		n += is_compared(a);
	return n;
}

/** struct room - One buffer for names and two for values: 192 KiB, of which only pages
 * that are used cost memory */
struct room {
	char names[ATTR_MOST], one[ATTR_MOST], two[ATTR_MOST];
};

bool attr_same(struct attr_file upper, struct attr_file lower, const struct manifest *ids)
{
	auto_free struct room *r = NULL;
	size_t n;

	if (has_none(upper) && has_none(lower))
		return true;
	r = malloc(sizeof(*r));
	if (!r)
		return false;
	n = attr_list(lower, r->names, ATTR_MOST);
	n = count_compared(r->names, n);
	for (size_t at = 0, len = attr_list(upper, r->names, ATTR_MOST); at < len;) {
		const char *a = r->names + at;
		ssize_t u, l;

		at += strlen(a) + 1;
		if (!is_compared(a))
			continue;
		u = get_mapped(upper, a, r->one, ids);
		l = attr_get(lower, a, r->two, ATTR_MOST);
		if (!n-- || u < 0 || u != l || memcmp(r->one, r->two, (size_t)u) != 0)
			return false;
	}
	return n == 0;
}

/* What @to has and @from, whose names are in @r, has not */
static int remove_others(struct attr_file from, struct attr_file to, struct room *r,
			 struct err *e)
{
	for (size_t at = 0, len = attr_list(to, r->names, ATTR_MOST); at < len;) {
		const char *a = r->names + at;

		at += strlen(a) + 1;
		if (!is_compared(a) || attr_get(from, a, NULL, 0) >= 0)
			continue;
		if (attr_remove(to, a) < 0)
			return err_sys(e, "cannot remove the attribute '%s'", a);
	}
	return 0;
}

static int copy_some(struct attr_file from, struct attr_file to,
		     const struct manifest *ids, bool all, struct err *e)
{
	auto_free struct room *r = NULL;
	ssize_t n;

	if (has_none(from) && has_none(to))
		return 0;
	r = malloc(sizeof(*r));
	if (!r)
		return err_set(e, "out of memory");
	for (size_t at = 0, len = attr_list(from, r->names, ATTR_MOST); at < len;) {
		const char *a = r->names + at;

		at += strlen(a) + 1;
		if ((!all && is_of_overlay(a)) || is_label(a))
			continue;
		n = get_mapped(from, a, r->one, ids);
		if (n < 0 || attr_set(to, a, r->one, (size_t)n) < 0)
			return err_sys(e, "cannot copy the attribute '%s'", a);
	}
	return remove_others(from, to, r, e);
}

int attr_copy(struct attr_file upper, struct attr_file to, const struct manifest *ids,
	      struct err *e)
{
	return copy_some(upper, to, ids, false, e);
}

int attr_copy_all(struct attr_file from, struct attr_file to, struct err *e)
{
	return copy_some(from, to, NULL, true, e);
}
