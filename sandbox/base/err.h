/* SPDX-License-Identifier: GPL-3.0-or-later */
/* err.h - why something failed, as plain data that crosses a socket */
#ifndef NOOK_BASE_ERR_H
#define NOOK_BASE_ERR_H

/**
 * struct err - Why something failed, outermost reason first
 * @code:	errno value, or 0 when the kernel is not to blame
 * @text:	"user: cannot write '/proc/7/uid_map': Operation not permitted"
 * @hint:	What a person can do about it, or empty
 *
 * Plain data on purpose: it needs no release, works after clone, and crosses the
 * keeper's socket in one datagram.
 */
struct err {
	int code;
	char text[640];
	char hint[640];
};

/**
 * err_set() - Say what failed; the kernel is not to blame
 * @e:		Where to say it; may be NULL
 * @fmt:	printf format: lower case, no full stop, subject in single quotes
 *
 * Return: -1 always, so that a caller can `return err_set(e, ...)`
 */
int err_set(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * err_sys() - Say what failed and append the meaning of errno
 * @e:		Where to say it; may be NULL
 * @fmt:	printf format of what failed: "cannot open '%s'"
 *
 * Return: -1 always; errno is kept
 */
int err_sys(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * err_wrap() - Put context in front of a reason: "mount: " + text
 *
 * Return: -1 always
 */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/**
 * err_hint() - Add what a person can do; the first hint given wins
 *
 * Return: -1 always
 */
int err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
