// SPDX-License-Identifier: GPL-3.0-or-later
/* filesystem.c - a mount of any type, with the words of fstab(5), by libmount
 *
 * libmount knows what a type's helper, loop devices and options ask for. It is told to
 * keep out of the host's files: no mtab, no helpers of other packages that run as they
 * like.
 */
#include <libmount.h>
#include <string.h>

#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/mount_ops.h"

static void add_flag(struct text *out, const struct plan_mount *m, uint64_t bit,
		     const char *word)
{
	if (m->attr & bit)
		text_addf(out, "%s%s", out->len ? "," : "", word);
}

static int set_up(struct libmnt_context *cx, const struct plan *pl,
		  const struct plan_mount *m, const char *spot)
{
	auto_text options = { 0 };

	text_add(&options, plan_text(pl, m->data));
	add_flag(&options, m, MOUNT_ATTR_RDONLY, "ro");
	add_flag(&options, m, MOUNT_ATTR_NOSUID, "nosuid");
	add_flag(&options, m, MOUNT_ATTR_NODEV, "nodev");
	add_flag(&options, m, MOUNT_ATTR_NOEXEC, "noexec");
	add_flag(&options, m, MOUNT_ATTR_NOATIME, "noatime");
	add_flag(&options, m, MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow");
	mnt_context_disable_mtab(cx, 1);
	mnt_context_disable_helpers(cx, 1);
	mnt_context_disable_canonicalize(cx, 1);
	/* Its care for setuid programs, where only what fstab lists may be mounted: the
	 * kernel decides here, with the rights of this namespace */
	mnt_context_force_unrestricted(cx);
	/* The host's fstab must not add to what the profile says */
	mnt_context_set_optsmode(cx, MNT_OMODE_NOTAB);
	return mnt_context_set_fstype(cx, plan_text(pl, m->fstype)) ||
	       mnt_context_set_source(cx,
				      m->source ? plan_text(pl, m->source) : "none") ||
	       mnt_context_set_target(cx, spot) ||
	       mnt_context_set_options(cx, text_str(&options));
}

int mount_filesystem(const struct plan *pl, const struct plan_mount *m, const char *spot,
		     struct err *e)
{
	struct libmnt_context *cx = mnt_new_context();
	char why[256] = "";
	int r;

	if (!cx || set_up(cx, pl, m, spot)) {
		mnt_free_context(cx);
		return err_set(e, "cannot prepare the mount of '%s'",
			       plan_text(pl, m->fstype));
	}
	r = mnt_context_mount(cx);
	if (r)
		mnt_context_get_excode(cx, r, why, sizeof(why));
	mnt_free_context(cx);
	if (!r)
		return 0;
	return err_set(e, "cannot mount %s '%s' on '%s': %s", plan_text(pl, m->fstype),
		       plan_text(pl, m->source), plan_text(pl, m->target),
		       *why ? why : strerror(r < 0 ? -r : r));
}
