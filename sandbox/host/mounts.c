// SPDX-License-Identifier: GPL-3.0-or-later
/* mounts.c - questions about the mounts that the caller sees */
#include "host/inner.h"

#include <string.h>

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

bool host_proc_masked(struct host *h)
{
	look_up_mounts(h);
	/* Unknown or no proc at all: the kernel has nothing to compare with and says
	 * no. */
	for (size_t i = 0; i < h->mount_count; i++)
		if (is_whole_proc(h, &h->mounts[i]))
			return false;
	return true;
}
