// SPDX-License-Identifier: GPL-3.0-or-later
/* mount_new.c - detached mounts: made whole before they are attached anywhere */
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/mount_ops.h"

#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

unsigned long mount_flags_of(uint64_t attr)
{
	/* The first four bits are the same numbers in both */
	unsigned long f = attr & (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
				  MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	_Static_assert(MOUNT_ATTR_NOEXEC == MS_NOEXEC && MOUNT_ATTR_NODEV == MS_NODEV,
		       "mount attributes are not mount flags");
	if (attr & MOUNT_ATTR_NOATIME)
		f |= MS_NOATIME;
	if (attr & MOUNT_ATTR_NOSYMFOLLOW)
		f |= MS_NOSYMFOLLOW;
	return f;
}

void mount_escape(struct text *out, const char *path)
{
	for (; *path; path++) {
		if (strchr(",:\\", *path))
			text_addc(out, '\\');
		text_addc(out, *path);
	}
}

/* Magic numbers of statfs(2) that people meet; only for an error's words */
static const char *fs_name(int fd)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} known[] = {
		{ 0xef53, "ext4" },	    { 0x01021994, "tmpfs" },
		{ 0x58465342, "xfs" },	    { 0x9123683e, "btrfs" },
		{ 0x794c7630, "overlay" },  { 0x6969, "nfs" },
		{ 0x65735546, "fuse" },	    { 0x01021997, "9p" },
		{ 0x4d44, "vfat" },	    { 0x2fc12fc1, "zfs" },
		{ 0x73717368, "squashfs" }, { 0xff534d42, "cifs" },
		{ 0x6a656a63, "virtiofs" }, { 0x9660, "iso9660" },
		{ 0x9fa0, "proc" },
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			if ((unsigned long)fs.f_type == known[i].magic)
				return known[i].name;
	return "this file system";
}

static const char *name_of(const struct tree_source *from)
{
	return from->name ? from->name : from->path;
}

/*
 * The idmap covers the one mount that was cloned and none below it: a mount below may be
 * of a type that has none, and shows unmapped owners then.
 */
static int set_idmap(int fd, const struct tree_source *from, struct err *e)
{
	struct sys_mount_attr idmap = {
		.attr_set = MOUNT_ATTR_IDMAP,
		.userns_fd = (uint64_t)from->userns_fd,
	};

	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, &idmap) == 0)
		return 0;
	if ((from->flags & PM_SOFT) && (errno == EINVAL || errno == EPERM))
		return 0;
	if (errno == EINVAL) {
		err_sys(e, "cannot map the owners of '%s': %s has no idmapped mounts",
			name_of(from), fs_name(fd));
		return err_hint(
			e, "options: [noidmap] shows its files with unmapped owners");
	}
	return err_sys(e, "cannot map the owners of '%s'", name_of(from));
}

int tree_clone(const struct tree_source *from, struct err *e)
{
	unsigned int below = from->flags & PM_ONE ? 0 : AT_RECURSIVE;
	struct sys_mount_attr set = {
		.attr_set = from->attr,
		.propagation = from->flags & PM_SLAVE ? 0 : MS_PRIVATE,
	};
	auto_fd fd = sys_open_tree(from->dirfd, from->path,
				   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | below |
					   (*from->path ? 0 : AT_EMPTY_PATH));

	if (fd < 0)
		return err_sys(e, "cannot clone '%s'", name_of(from));
	if ((from->flags & PM_IDMAP) && from->userns_fd >= 0 &&
	    set_idmap(fd, from, e) < 0)
		return -1;
	/* noatime is a choice out of several: the others are cleared for it */
	if (from->attr & MOUNT_ATTR_NOATIME)
		set.attr_clr |= MOUNT_ATTR__ATIME;
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | below, &set) < 0)
		return err_sys(e, "cannot set the mount options of '%s'", name_of(from));
	return fd_take(&fd);
}

/* One "key=value" or "flag" at a time; the list is ours and has no escapes */
static int set_options(int fd, const char *options)
{
	char word[128];
	char *value;

	while (options && *options) {
		size_t n = strcspn(options, ",");

		if (n >= sizeof(word)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(word, options, n);
		word[n] = '\0';
		value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		if (sys_fsconfig(fd,
				 value ? SYS_FSCONFIG_SET_STRING : SYS_FSCONFIG_SET_FLAG,
				 word, value, 0) < 0)
			return -1;
		options += n + (options[n] == ',');
	}
	return 0;
}

int tree_fs(const char *fstype, const char *options, uint64_t attr, struct err *e)
{
	auto_fd fs = sys_fsopen(fstype, FSOPEN_CLOEXEC);
	int fd;

	if (fs < 0)
		return err_sys(e, "cannot open file system '%s'", fstype);
	if (set_options(fs, options) < 0)
		return err_sys(e, "cannot set '%s' of file system '%s'", options, fstype);
	if (sys_fsconfig(fs, SYS_FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_sys(e, "cannot make file system '%s'", fstype);
	fd = sys_fsmount(fs, FSMOUNT_CLOEXEC, (unsigned int)attr);
	if (fd < 0)
		return err_sys(e, "cannot make a mount of '%s'", fstype);
	return fd;
}
