// SPDX-License-Identifier: GPL-3.0-or-later
/* mount_words.c - the steps that build a tree, as lines for people */
#include "base/sys.h"
#include "base/text.h"
#include "layer/mount_ops.h"

static const struct {
	uint64_t bit;
	const char *word;
} attr_words[] = {
	{ MOUNT_ATTR_RDONLY, "ro" },	     { MOUNT_ATTR_NOSUID, "nosuid" },
	{ MOUNT_ATTR_NODEV, "nodev" },	     { MOUNT_ATTR_NOEXEC, "noexec" },
	{ MOUNT_ATTR_NOATIME, "noatime" },   { MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow" },
};

static const struct {
	uint32_t bit;
	const char *word;
} flag_words[] = {
	{ PM_IDMAP, "idmap" },
	{ PM_SLAVE, "slave" },
	{ PM_OPTIONAL, "if there" },
	{ PM_ON_DISK, "changes on disk" },
};

static void add_word(struct text *out, size_t start, const char *word)
{
	text_add(out, out->len > start ? ", " : " (");
	text_add(out, word);
}

static void add_size(struct text *out, size_t start, uint64_t size)
{
	add_word(out, start, "");
	text_size(out, size);
}

void mount_words(const struct plan *pl, const struct plan_mount *m, struct text *out)
{
	const struct mount_step *step = mount_step_of(m->op);
	size_t start;

	if (!step)
		return;
	text_add(out, step->verb);
	if (m->fstype)
		text_addf(out, " %s", plan_text(pl, m->fstype));
	if (m->source) {
		text_addc(out, ' ');
		text_safe(out, plan_text(pl, m->source));
	}
	text_add(out, m->source || m->op == MOP_HOSTS ? " on " : " ");
	text_safe(out, plan_text(pl, m->target));
	start = out->len;
	for (size_t i = 0; i < sizeof(attr_words) / sizeof(attr_words[0]); i++)
		if (m->attr & attr_words[i].bit)
			add_word(out, start, attr_words[i].word);
	for (size_t i = 0; i < sizeof(flag_words) / sizeof(flag_words[0]); i++)
		if (m->flags & flag_words[i].bit)
			add_word(out, start, flag_words[i].word);
	if (m->size)
		add_size(out, start, m->size);
	if (m->data && (m->op == MOP_PROC || m->op == MOP_CGROUP))
		add_word(out, start, plan_text(pl, m->data));
	if (out->len > start)
		text_addc(out, ')');
}
