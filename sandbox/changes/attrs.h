/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attrs.h - extended attributes of files that are named by directory and name
 *
 * A file is always a descriptor of its directory and one name without a slash: it is
 * reached through /proc/self/fd/N/NAME by the calls that follow no symlink at the end, so
 * it need not be opened, which a fifo or a file without permissions would not stand. With
 * the name "" the calls that follow are right: what they follow leads to the file itself.
 */
#ifndef NOOK_CHANGES_ATTRS_H
#define NOOK_CHANGES_ATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;
struct manifest;

#define ATTR_MOST 65536 /* bytes of a value or of a list of names: xattr(7) */

/** struct attr_file - A file: one name in an open directory, or with the name "" what the
 * descriptor itself is, which may be one of O_PATH */
struct attr_file {
	int dir;
	const char *name;
};

/** attr_get() - Read one attribute. Return: bytes, -1 and errno */
ssize_t attr_get(struct attr_file f, const char *attr, void *buf, size_t size);
/** attr_set() - Set one attribute. Return: 0, -1 and errno */
int attr_set(struct attr_file f, const char *attr, const void *value, size_t size);
/** attr_is_opaque() - Whether an upper directory hides the lower one below it; @m says
 * which attribute the kernel looks at, any other is the box's own word */
bool attr_is_opaque(const struct manifest *m, struct attr_file f);

/**
 * attr_same() - Whether a file of an upper has the attributes that its lower has
 * @ids:	Map of ids in access lists and file capabilities; NULL = they are the same
 *
 * Those of overlays themselves do not count. Return: also true where neither can be read
 */
bool attr_same(struct attr_file upper, struct attr_file lower,
	       const struct manifest *ids);
/** attr_copy() - Give @to the attributes of a file of an upper, ids mapped, and no
 * others. Those of overlays are left out. Where @to cannot have one that is an error,
 * except for what the kernel or a security module gives each file by itself
 * (security.selinux and the like). Return: 0, -1 and @e */
int attr_copy(struct attr_file upper, struct attr_file to, const struct manifest *ids,
	      struct err *e);
/** attr_copy_all() - Every attribute as it is, those of overlays too, for a copy of the
 * upper. Return: 0, -1 and @e */
int attr_copy_all(struct attr_file from, struct attr_file to, struct err *e);

#endif
