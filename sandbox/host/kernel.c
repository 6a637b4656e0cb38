// SPDX-License-Identifier: GPL-3.0-or-later
/* kernel.c - what the kernel tells without being tried: version, rights, file systems */
#include "host/inner.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/sys.h"

/* Inode of the first user namespace: PROC_USER_INIT_INO in the kernel's proc_ns.h */
#define FIRST_USERNS "user:[4026531837]"

const char *host_release(struct host *h)
{
	struct utsname u;

	if (h->release)
		return h->release;
	if (h->made)
		h->release = made_fact(h, "kernel");
	else if (uname(&u) < 0)
		host_doubt(h, errno, "the kernel's version");
	else
		h->release = host_keep(h, u.release, strlen(u.release));
	return h->release ? h->release : "";
}

/* "6.1.0-18-amd64": three numbers at most, whatever stands behind them; 255 caps the last
 * one as the kernel's own LINUX_VERSION_CODE does */
unsigned int host_kernel(struct host *h)
{
	unsigned long part[3] = { 0 };
	const char *s;
	char *end;

	if (host_known(h, KNOWN_KERNEL))
		return h->kernel;
	s = host_release(h);
	for (size_t i = 0; i < 3 && *s >= '0' && *s <= '9'; i++) {
		part[i] = strtoul(s, &end, 10);
		s = *end == '.' ? end + 1 : "";
	}
	for (size_t i = 0; i < 3; i++)
		part[i] = part[i] > 255 ? 255 : part[i];
	h->kernel = (unsigned int)(part[0] << 16 | part[1] << 8 | part[2]);
	return h->kernel;
}

int host_landlock(struct host *h)
{
	if (host_known(h, KNOWN_LANDLOCK))
		return h->landlock;
	if (h->made)
		h->landlock = (int)made_number(h, "landlock", 0);
	else
		h->landlock =
			sys_landlock_create(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	/* ENOSYS: not built in; EOPNOTSUPP: built in and not switched on; EPERM: a filter
	 * around us */
	if (h->landlock < 0 && errno != ENOSYS && errno != EOPNOTSUPP && errno != EPERM)
		host_doubt(h, errno, "Landlock");
	if (h->landlock < 0)
		h->landlock = 0;
	return h->landlock;
}

/* The uid map, or the gid map when @group; each is read only when it is asked for */
static const struct host_id_map *id_map(struct host *h, bool group)
{
	struct host_id_map found[HOST_MAP_MOST];
	auto_text file = { 0 };
	ssize_t n;

	if (host_known(h, group ? KNOWN_GID_MAP : KNOWN_UID_MAP))
		return h->maps[group];
	if (host_read_text(h, group ? "/proc/self/gid_map" : "/proc/self/uid_map", 32768,
			   &file))
		return NULL;
	n = host_idmap_parse(text_str(&file), file.len, found, HOST_MAP_MOST);
	if (n < 0)
		return NULL;
	h->maps[group] = host_alloc(h, (size_t)(n ? n : 1) * sizeof(*found));
	if (!h->maps[group])
		return NULL;
	memcpy(h->maps[group], found, (size_t)n * sizeof(*found));
	h->map_count[group] = (size_t)n;
	return h->maps[group];
}

bool host_is_mapped(struct host *h, uint32_t id, bool group)
{
	const struct host_id_map *m = id_map(h, group);

	/* Without /proc nothing is known; the caller's own id is the one that must be. */
	if (!m)
		return id == (group ? h->gid : h->uid);
	for (size_t i = 0; i < h->map_count[group]; i++)
		if (id >= m[i].inside && id - m[i].inside < m[i].count)
			return true;
	return false;
}

/* CAP_SYS_ADMIN in the effective set, by capget(2): /proc/self/status costs ten times
 * more */
static bool has_sys_admin(struct host *h)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (h->made)
		return made_number(h, "sys_admin", h->uid == 0);
	if (syscall(SYS_capget, &head, data) < 0)
		host_doubt(h, errno, "capabilities");
	return data[0].effective & 1u << CAP_SYS_ADMIN;
}

/*
 * The inode of the first one is the same on every kernel. The map alone would not tell: a
 * namespace may map every id to itself, as privileged containers do.
 */
bool host_in_first_userns(struct host *h)
{
	const char *ns = host_readlink(h, "/proc/self/ns/user");
	const struct host_id_map *m;
	struct host_path at;

	if (ns)
		return !strcmp(ns, FIRST_USERNS);
	/* A kernel without user namespaces has only the first one. */
	if (host_stat(h, "/proc/self/ns/mnt", &at))
		return true;
	m = id_map(h, false);
	return m && h->map_count[0] == 1 && !m->inside && !m->outside &&
	       m->count == UINT32_MAX;
}

bool host_is_root(struct host *h)
{
	if (!host_known(h, KNOWN_ROOT))
		h->is_root = h->uid == 0 && has_sys_admin(h) && host_in_first_userns(h);
	return h->is_root;
}

bool host_has_fs(struct host *h, const char *fstype)
{
	struct host_path at;
	const char *path;

	if (!host_known(h, KNOWN_FS))
		h->filesystems = host_read(h, "/proc/filesystems");
	if (!h->filesystems ||
	    host_filesystems_has(h->filesystems, strlen(h->filesystems), fstype))
		return true;
	/* The kernel loads the module at the first mount, for a user too
	 * (get_fs_type()). */
	path = host_keepf(h, "/lib/modules/%s/kernel/fs/%s", host_release(h),
			  strcmp(fstype, "overlay") ? fstype : "overlayfs");
	return path && host_stat_follow(h, path, &at);
}

bool host_has_ns(struct host *h, const char *name)
{
	struct host_path at;
	char path[64] = "/proc/self/ns/";
	size_t at_end = strlen(path);

	if (strlen(name) + at_end >= sizeof(path))
		return false;
	memcpy(path + at_end, name, strlen(name) + 1);
	if (host_stat(h, path, &at))
		return true;
	/* Without a readable /proc nothing is known: let the kernel say no. */
	return !host_stat(h, "/proc/self/ns/mnt", &at);
}

long long host_sysctl(struct host *h, const char *path)
{
	const char *name = host_keepf(h, "/proc/sys/%s", path);
	const char *s = name ? host_read(h, name) : NULL;
	struct slice line = { s, s ? strlen(s) : 0 }, word;
	uint64_t n;

	if (!s || !slice_cut(&line, '\n', &word) || !slice_number(word, INT64_MAX, &n))
		return -1;
	return (long long)n;
}
