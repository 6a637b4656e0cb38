// SPDX-License-Identifier: GPL-3.0-or-later
/* mounts.c - questions about the mounts that the caller sees */
#include "host/inner.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/mountinfo.h"

/* 100,000 mounts (the kernel's limit, fs.mount-max) of 160 bytes */
#define MOUNTINFO_MOST (16u << 20)

static void look_up_mounts(struct host *h)
{
	auto_text file = { 0 };
	size_t lines = 0;
	ssize_t n = -1;
	char *text;

	if (host_known(h, KNOWN_MOUNTS))
		return;
	h->mounts_unknown = true;
	if (host_read_text(h, "/proc/self/mountinfo", MOUNTINFO_MOST, &file) ||
	    file.failed)
		return;
	for (size_t i = 0; i < file.len; i++)
		lines += file.s[i] == '\n';
	text = host_alloc(h, file.len + 1);
	h->mounts = text && lines ? host_alloc(h, lines * sizeof(*h->mounts)) : NULL;
	if (!h->mounts)
		return;
	memcpy(text, file.s, file.len);
	n = host_mountinfo_parse(text, file.len, h->mounts, lines);
	if (n < 0)
		return;
	h->mounts_unknown = false;
	h->mount_count = (size_t)n;
}

size_t host_mounts(struct host *h, const struct host_mount **mounts)
{
	look_up_mounts(h);
	*mounts = h->mount_count ? h->mounts : NULL;
	return h->mount_count;
}

/* Whether @path is @dir or below it; both absolute and without a slash at the end */
static bool is_within(const char *path, const char *dir, bool self)
{
	size_t n = strlen(dir);

	if (n == 1)
		return self || path[1];
	return !strncmp(path, dir, n) && (path[n] == '/' || (self && !path[n]));
}

bool host_has_mount_below(struct host *h, const char *path, bool self)
{
	look_up_mounts(h);
	for (size_t i = 0; i < h->mount_count; i++)
		if (is_within(h->mounts[i].target, path, self))
			return true;
	return false;
}

/*
 * Directories that proc itself makes as mount points: they are empty by construction, so
 * a mount there hides nothing and the kernel does not count it (is_empty_dir_inode() in
 * mnt_already_visible()).
 */
static bool hides_nothing(const char *proc, const char *target)
{
	static const char *const empty[] = { "/sys/fs/binfmt_misc", "/fs/nfsd",
					     "/openprom" };
	size_t n = strlen(proc);

	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		if (!strcmp(target + n, empty[i]))
			return true;
	return false;
}

static bool is_whole_proc(struct host *h, const struct host_mount *proc)
{
	if (strcmp(proc->fstype, "proc") || strcmp(proc->root, "/"))
		return false;
	for (size_t i = 0; i < h->mount_count; i++) {
		const char *target = h->mounts[i].target;

		if (is_within(target, proc->target, false) &&
		    !hides_nothing(proc->target, target))
			return false;
	}
	return true;
}

/*
 * Whether /proc is a whole proc with no mount on it at all, asked of the kernel: reading
 * mountinfo takes ten times as long, and only a box in a container has to. Since Linux
 * 6.8 (statx(2), listmount(2)); false also where the kernel does not say.
 */
static bool is_bare_proc(void)
{
	/* struct statx up to stx_mnt_id, and struct mnt_id_req of linux/mount.h: the
	 * headers of Debian 12 know neither the bit nor the call */
	enum { MNT_ID_UNIQUE = 0x4000, LISTMOUNT = 458, PROC_ROOT_INO = 1 };
	struct {
		uint32_t mask, pad[7];
		uint64_t ino, more[13];
		uint64_t mnt_id, rest[13];
	} stx = { 0 };
	struct {
		uint32_t size, spare;
		uint64_t mnt_id, after;
	} req = { .size = sizeof(req) };
	struct statfs sfs;
	uint64_t id;

	_Static_assert(sizeof(stx) == 256, "struct statx has 256 bytes");
	if (syscall(SYS_statx, AT_FDCWD, "/proc", 0, 0x100 | MNT_ID_UNIQUE, &stx) < 0 ||
	    !(stx.mask & MNT_ID_UNIQUE) || stx.ino != PROC_ROOT_INO ||
	    statfs("/proc", &sfs) < 0 || sfs.f_type != 0x9fa0 /* PROC_SUPER_MAGIC */)
		return false;
	req.mnt_id = stx.mnt_id;
	return syscall(LISTMOUNT, &req, &id, 1, 0) == 0;
}

bool host_proc_masked(struct host *h)
{
	if (!h->made && is_bare_proc())
		return false;
	look_up_mounts(h);
	/* Unknown or no proc at all: the kernel has nothing to compare with and says
	 * no. */
	for (size_t i = 0; i < h->mount_count; i++)
		if (is_whole_proc(h, &h->mounts[i]))
			return false;
	return true;
}
