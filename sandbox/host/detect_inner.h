/* SPDX-License-Identifier: GPL-3.0-or-later */
/* detect_inner.h - what the files of `detect` share */
#ifndef NOOK_HOST_DETECT_INNER_H
#define NOOK_HOST_DETECT_INNER_H

#include "host/detect.h"
#include "host/host.h"

/**
 * struct detect_rule - What a text that was read speaks for; a row without a text ends a
 * table
 * @text:	How it begins; "*x": x is in it; "$x": how it ends
 * @says:	NULL: the title of the product
 */
struct detect_rule {
	const char *text;
	enum detect_product product;
	enum detect_strength strength;
	const char *says;
};

/** detect_rule() - The first rule that @text matches, or NULL */
const struct detect_rule *detect_rule(const struct detect_rule *rules, const char *text);
/** detect_head() - The first @size - 1 bytes of a file at most, with a NUL behind them.
 * Return: bytes, or -1 with errno */
ssize_t detect_head(const struct detect *d, const char *path, char *buf, size_t size);
/** detect_line() - The first line of a file without blanks around it (kept), or NULL */
const char *detect_line(const struct detect *d, const char *path);
/** detect_missing() - "absent" or "not readable": why there was no reading */
const char *detect_missing(const struct detect *d, const char *path);
/** detect_keepf() - Text that lives as long as @d; "" without memory, which is noted */
const char *detect_keepf(struct detect *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** detect_add() - A copy of one more clue. An empty @says is the title of its product,
 * whose layer it gets, too */
void detect_add(struct detect *d, const struct detect_clue *c);
/** detect_follow() - @c speaks for what the rule says */
void detect_follow(struct detect_clue *c, const struct detect_rule *r);
/** detect_judge() - A clue of a file's first line by rules; @c has name, source, kind,
 * layer, and product and strength for a text that matches none. A file without a text
 * gives a silent clue. Return: the reading, or NULL */
const char *detect_judge(struct detect *d, struct detect_clue c,
			 const struct detect_rule *rules);
/** detect_add_device() - A copy of one more device */
void detect_add_device(struct detect *d, const struct detect_device *dev);

/* Each adds the clues of one place */
/** detect_cpu() - CPUID, /proc/cpuinfo and the modules of KVM */
void detect_cpu(struct detect *d);
/** detect_dmi() - /sys/class/dmi/id: machine and cloud */
void detect_dmi(struct detect *d);
/** detect_kernel() - What the kernel and the firmware know of a hypervisor */
void detect_kernel(struct detect *d);
/** detect_devices() - Buses, their devices and drivers, hardware addresses */
void detect_devices(struct detect *d);
/** detect_container() - Namespaces, mounts, cgroups, init, marker files */
void detect_container(struct detect *d);
/** detect_verdicts() - Weigh all clues; once, at the end */
void detect_verdicts(struct detect *d);

#endif
