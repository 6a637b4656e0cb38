// SPDX-License-Identifier: GPL-3.0-or-later
/* script_mount.c - the tree of a box as mount(8), mkdir(1), ln(1) and pivot_root(8)
 *
 * Theory. A tmpfs over one directory of the host holds all that the host must not see:
 * the new root in root/, what overlays write in uppers/, and an empty file and directory
 * that hide others. It is mounted in the new mount namespace, so nothing of it shows
 * outside, and goes with it. nook builds most mounts detached and attaches them by
 * descriptor; a script has only paths, which is safe here as long as nobody else writes
 * to the tree meanwhile.
 */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "layer/devices.h"
#include "layer/layer.h"
#include "layer/mount_ops.h"
#include "layer/script.h"
#include "layer/tree_plan.h"

/* Functions of the script; `findmnt -R` lists a mount with all below it */
static const char helpers[] =
	"umask 022\n"
	"# place SOURCE TARGET: make the mount point, a file for a file\n"
	"place() {\n"
	"\tif [ -d \"$1\" ]; then mkdir -p \"$2\"; return; fi\n"
	"\tmkdir -p \"${2%/*}\"\n"
	"\t[ -e \"$2\" ] || : > \"$2\"\n"
	"}\n"
	"# flags TARGET OPTIONS: change the options of a mount and of those below it\n"
	"flags() {\n"
	"\tfindmnt -Rnlo TARGET \"$1\" | while read -r at; do\n"
	"\t\tmount -o \"remount,bind,$2\" \"$at\"\n"
	"\tdone\n"
	"}\n"
	"# bind SOURCE TARGET OPTIONS\n"
	"bind() { place \"$1\" \"$2\"; mount --rbind \"$1\" \"$2\"; flags \"$2\" \"$3\"; "
	"}\n"
	"# hide TARGET: something empty and read-only of the box's own over a file or a "
	"directory\n"
	"hide() {\n"
	"\tif [ -d \"$1\" ]; then mount --bind \"$root/dev/pts\" \"$1\"\n"
	"\telif [ -e \"$1\" ]; then mount --bind \"$root/dev/null\" \"$1\"; fi\n"
	"}\n";

/** struct drawer - Where a piece is written while it is made */
struct drawer {
	const struct plan *pl;
	struct text *t;
};

static const struct {
	uint64_t bit;
	const char *name;
} attr_words[] = {
	{ MOUNT_ATTR_RDONLY, "ro" },	   { MOUNT_ATTR_NOSUID, "nosuid" },
	{ MOUNT_ATTR_NODEV, "nodev" },	   { MOUNT_ATTR_NOEXEC, "noexec" },
	{ MOUNT_ATTR_NOATIME, "noatime" }, { MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow" },
};

static void add_attrs(struct text *t, uint64_t attr)
{
	const char *gap = "";

	for (size_t i = 0; i < ARRAY_SIZE(attr_words); i++) {
		if (!(attr & attr_words[i].bit))
			continue;
		text_addf(t, "%s%s", gap, attr_words[i].name);
		gap = ",";
	}
	if (!*gap)
		text_add(t, "rw");
}

/* "$root"/usr/lib: the variable expands, the path is quoted */
static void add_target(const struct drawer *d, const struct plan_mount *m)
{
	text_add(d->t, "\"$root\"");
	text_shell(d->t, plan_text(d->pl, m->target));
}

static void add_source(const struct drawer *d, plan_ref source)
{
	text_shell(d->t, plan_text(d->pl, source));
}

/* mount -t TYPE -o ATTRS,OPTIONS NAME TARGET, with the mount point made before */
static void add_fresh(const struct drawer *d, const struct plan_mount *m,
		      const char *type, const char *options)
{
	auto_text words = { 0 };

	if (m->flags & PM_MKTARGET) {
		text_add(d->t, "mkdir -p ");
		add_target(d, m);
		text_addc(d->t, '\n');
	}
	add_attrs(&words, m->attr);
	if (options && *options)
		text_addf(&words, ",%s", options);
	text_addf(d->t, "mount -t %s -o ", type);
	text_shell(d->t, text_str(&words));
	text_addf(d->t, " %s ", type);
	add_target(d, m);
	text_addc(d->t, '\n');
}

/* The number by which the builder calls an id inside; 0 inside is the root-most one. With
 * one id everything is the builder's own, which it calls 0 */
static uint32_t owner_of(const struct plan *pl, const struct plan_list *map, uint32_t id)
{
	uint32_t own;

	if (pl->user.writer == MAP_BY_INSIDE)
		return 0;
	own = plan_builder_id(pl, map, id);
	return own == UINT32_MAX ? 0 : own;
}

static void add_owner(const struct drawer *d, const struct plan_mount *m)
{
	uint32_t uid = owner_of(d->pl, &d->pl->user.uid_map, m->uid);
	uint32_t gid = owner_of(d->pl, &d->pl->user.gid_map, m->gid);

	if (!uid && !gid)
		return;
	/* Most things belong to the box's own root: the function own names it once */
	if (!m->uid && !m->gid)
		text_add(d->t, "own ");
	else
		text_addf(d->t, "chown -h %u:%u ", uid, gid);
	add_target(d, m);
	text_addc(d->t, '\n');
}

static void draw_tmpfs(const struct drawer *d, const struct plan_mount *m)
{
	auto_text o = { 0 };

	if (m->size)
		text_addf(&o, ",size=%" PRIu64, m->size);
	if (m->inodes)
		text_addf(&o, ",nr_inodes=%" PRIu64, m->inodes);
	if (m->mode)
		text_addf(&o, ",mode=%o", m->mode);
	add_fresh(d, m, "tmpfs", o.len ? text_str(&o) + 1 : "");
	add_owner(d, m);
}

static void draw_bind(const struct drawer *d, const struct plan_mount *m)
{
	bool plain = (m->flags & (PM_MKTARGET | PM_ONE | PM_IDMAP)) == PM_MKTARGET;

	if (m->flags & PM_OPTIONAL) {
		text_add(d->t, "[ ! -e ");
		add_source(d, m->source);
		text_add(d->t, " ] || ");
	}
	if (plain) {
		text_add(d->t, "bind ");
	} else {
		text_add(d->t, "{ place ");
		add_source(d, m->source);
		text_addc(d->t, ' ');
		add_target(d, m);
		text_addf(d->t, "; mount %s%s ", m->flags & PM_ONE ? "--bind" : "--rbind",
			  m->flags & PM_IDMAP ? " -o X-mount.idmap=/proc/self/fd/9" : "");
	}
	add_source(d, m->source);
	text_addc(d->t, ' ');
	add_target(d, m);
	if (!plain) {
		text_add(d->t, "; flags ");
		add_target(d, m);
	}
	text_addc(d->t, ' ');
	add_attrs(d->t, m->attr);
	text_add(d->t, plain ? "\n" : "; }\n");
}

/* A colon or a comma would end a word of the option list */
static void add_lower(struct text *t, const char *path)
{
	auto_text escaped = { 0 };

	mount_escape(&escaped, path);
	text_shell(t, text_str(&escaped));
}

/* What the merged directory shows as its own mode and owner is the upper's */
static void add_likeness(const struct drawer *d, plan_ref like, const char *upper)
{
	text_add(d->t, "chmod --reference=");
	add_source(d, like);
	text_addf(d->t, " \"$stage/uppers/%s/upper\"\nchown --reference=", upper);
	add_source(d, like);
	text_addf(d->t, " \"$stage/uppers/%s/upper\" 2>/dev/null || :\n", upper);
}

static void draw_overlay(const struct drawer *d, const struct plan_mount *m)
{
	const char *upper = plan_text(d->pl, m->upper);

	text_add(d->t, "mkdir -p ");
	if (m->flags & PM_MKTARGET) {
		add_target(d, m);
		text_addc(d->t, ' ');
	}
	text_addf(d->t, "\"$stage/uppers/%s/upper\" \"$stage/uppers/%s/work\"\n", upper,
		  upper);
	add_likeness(d, m->source, upper);
	text_add(d->t, "mount -t overlay -o ");
	add_attrs(d->t, m->attr);
	text_addf(d->t,
		  "%s,upperdir=\"$stage/uppers/%s/upper\",workdir=\"$stage/uppers/%s/"
		  "work\","
		  "lowerdir=",
		  d->pl->tree.userxattr ? ",userxattr" : "", upper, upper);
	add_lower(d->t, plan_text(d->pl, m->source));
	text_add(d->t, " overlay ");
	add_target(d, m);
	text_addc(d->t, '\n');
}

static void draw_proc(const struct drawer *d, const struct plan_mount *m)
{
	add_fresh(d, m, "proc", plan_text(d->pl, m->data));
}

static void draw_sysfs(const struct drawer *d, const struct plan_mount *m)
{
	add_fresh(d, m, "sysfs", "");
}

static void draw_mqueue(const struct drawer *d, const struct plan_mount *m)
{
	add_fresh(d, m, "mqueue", "");
}

static void draw_cgroup(const struct drawer *d, const struct plan_mount *m)
{
	add_fresh(d, m, plan_text(d->pl, m->fstype), plan_text(d->pl, m->data));
}

static void draw_devpts(const struct drawer *d, const struct plan_mount *m)
{
	auto_text o = { 0 };

	text_add(&o, "newinstance,ptmxmode=0666,mode=0620");
	if (m->inodes)
		text_addf(&o, ",max=%" PRIu64, m->inodes);
	add_fresh(d, m, "devpts", text_str(&o));
}

static void draw_filesystem(const struct drawer *d, const struct plan_mount *m)
{
	auto_text o = { 0 };

	add_attrs(&o, m->attr);
	if (m->data)
		text_addf(&o, ",%s", plan_text(d->pl, m->data));
	text_add(d->t, "mkdir -p ");
	add_target(d, m);
	text_add(d->t, "\nmount -t ");
	add_source(d, m->fstype);
	text_add(d->t, " -o ");
	text_shell(d->t, text_str(&o));
	text_addc(d->t, ' ');
	add_source(d, m->source);
	text_addc(d->t, ' ');
	add_target(d, m);
	text_addc(d->t, '\n');
}

static void draw_dir(const struct drawer *d, const struct plan_mount *m)
{
	text_add(d->t, "mkdir -p ");
	add_target(d, m);
	text_addc(d->t, '\n');
	if (m->mode && m->mode != 0755) {
		text_addf(d->t, "chmod %04o ", m->mode);
		add_target(d, m);
		text_addc(d->t, '\n');
	}
	add_owner(d, m);
}

static void draw_file(const struct drawer *d, const struct plan_mount *m)
{
	const char *content = plan_text(d->pl, m->data);

	if (*content) {
		text_add(d->t, "printf %s ");
		text_shell(d->t, content);
		text_add(d->t, " > ");
	} else {
		text_add(d->t, ": > ");
	}
	add_target(d, m);
	text_addc(d->t, '\n');
	if (m->mode && m->mode != 0644) {
		text_addf(d->t, "chmod %04o ", m->mode);
		add_target(d, m);
		text_addc(d->t, '\n');
	}
	add_owner(d, m);
}

static void draw_symlink(const struct drawer *d, const struct plan_mount *m)
{
	text_add(d->t, "ln -s ");
	add_source(d, m->source);
	text_addc(d->t, ' ');
	add_target(d, m);
	text_addc(d->t, '\n');
	add_owner(d, m);
}

static void draw_device(const struct drawer *d, const struct plan_mount *m)
{
	const struct device *node = device_find(plan_text(d->pl, m->source));

	if (node && (m->flags & PM_MKNOD)) {
		text_add(d->t, "mknod -m 666 ");
		add_target(d, m);
		text_addf(d->t, " c %u %u\n", node->major, node->minor);
		return;
	}
	text_add(d->t, ": > ");
	add_target(d, m);
	text_add(d->t, "\nmount --bind ");
	add_source(d, m->source);
	text_addc(d->t, ' ');
	add_target(d, m);
	text_addc(d->t, '\n');
	if (!m->attr)
		return;
	text_add(d->t, "mount -o remount,bind,");
	add_attrs(d->t, m->attr);
	text_addc(d->t, ' ');
	add_target(d, m);
	text_addc(d->t, '\n');
}

/* The place may be a symlink of the tree: what it leads to is another root's business */
static void draw_text(const struct drawer *d, const struct plan_mount *m)
{
	text_add(d->t, "printf %s ");
	text_shell(d->t, plan_text(d->pl, m->data));
	text_add(d->t, " > \"$stage/text\"\n");
	text_add(d->t, "[ ! -f ");
	add_target(d, m);
	text_add(d->t, " ] || mount --bind \"$stage/text\" ");
	add_target(d, m);
	text_addc(d->t, '\n');
}

static void draw_mask(const struct drawer *d, const struct plan_mount *m)
{
	text_add(d->t, "hide ");
	add_target(d, m);
	text_addc(d->t, '\n');
}

static void draw_readonly(const struct drawer *d, const struct plan_mount *m)
{
	if (m->flags & PM_OPTIONAL) {
		text_add(d->t, "[ ! -e ");
		add_target(d, m);
		text_add(d->t, " ] || ");
	}
	if (m->flags & PM_SELF) {
		text_add(d->t, "{ mount --rbind ");
		add_target(d, m);
		text_addc(d->t, ' ');
		add_target(d, m);
		text_add(d->t, "; ");
	}
	text_add(d->t, "flags ");
	add_target(d, m);
	text_addc(d->t, ' ');
	add_attrs(d->t, m->attr ? m->attr : MOUNT_ATTR_RDONLY);
	text_add(d->t, m->flags & PM_SELF ? "; }\n" : "\n");
}

static void (*const draw[MOP_COUNT])(const struct drawer *, const struct plan_mount *) = {
	[MOP_TMPFS] = draw_tmpfs,     [MOP_BIND] = draw_bind,
	[MOP_OVERLAY] = draw_overlay, [MOP_PROC] = draw_proc,
	[MOP_SYSFS] = draw_sysfs,     [MOP_MQUEUE] = draw_mqueue,
	[MOP_CGROUP] = draw_cgroup,
	[MOP_DEVPTS] = draw_devpts,   [MOP_FILESYSTEM] = draw_filesystem,
	[MOP_DIR] = draw_dir,	      [MOP_FILE] = draw_file,
	[MOP_SYMLINK] = draw_symlink, [MOP_DEVICE] = draw_device,
	[MOP_TEXT] = draw_text,	      [MOP_MASK] = draw_mask,
	[MOP_READONLY] = draw_readonly,
};

static bool is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return !strncmp(path, top, n) && (path[n] == '/' || path[n] == '\0');
}

/* A directory of every machine that nothing is taken from: what is mounted over it hides
 * it. nook itself builds over /proc; a script needs that one until the end */
static const char *stage_of(const struct plan *pl)
{
	static const char *const stages[] = { "/sys", "/mnt", "/media",
					      "/srv", "/opt", "/tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		bool taken = is_below(plan_text(pl, pl->tree.path), stages[i]);

		for (const struct plan_mount *m = NULL;
		     !taken && (m = plan_each(pl, &pl->tree.mounts, m));)
			taken = m->op != MOP_SYMLINK &&
				is_below(plan_text(pl, m->source), stages[i]);
		if (!taken)
			return stages[i];
	}
	return stages[0];
}

/* The place for everything: a tmpfs, and in it the root, which is a mount of its own */
void script_root_make(const struct plan *pl, struct script *sc)
{
	const struct plan_tree *tree = &pl->tree;
	struct text *t = &sc->place[SCRIPT_INSIDE];

	if (pl->clone_flags & CLONE_NEWNS)
		script_words(sc, SCRIPT_UNSHARE, "--mount --propagation %s",
			     tree->slaves ? "slave" : "private");
	if (tree->root == PLAN_ROOT_NONE)
		return;
	if (!(pl->clone_flags & CLONE_NEWNS)) {
		text_add(t, "root=");
		text_shell(t, plan_text(pl, tree->path));
		text_addc(t, '\n');
		return;
	}
	text_add(t, "\n# The tree: built over a directory of the host that is not needed "
		    "inside\n");
	text_add(t, helpers);
	if (owner_of(pl, &pl->user.uid_map, 0) || owner_of(pl, &pl->user.gid_map, 0))
		text_addf(t,
			  "# own FILE: give it to the box's root\nown() { chown -h %u:%u "
			  "\"$1\"; }\n",
			  owner_of(pl, &pl->user.uid_map, 0),
			  owner_of(pl, &pl->user.gid_map, 0));
	text_add(t, "stage=");
	text_add(t, stage_of(pl));
	text_addf(t,
		  "\nroot=$stage/root\n"
		  "mount -t tmpfs -o nosuid,nodev,mode=755,size=%" PRIu64
		  ",nr_inodes=%" PRIu64
		  " tmpfs \"$stage\"\nmkdir \"$root\" \"$stage/uppers\"\n",
		  tree->size, tree_inodes(pl));
	if (tree->root == PLAN_ROOT_TMPFS) {
		text_add(t, "mount --bind \"$root\" \"$root\"\n");
	} else if (tree->overlay) {
		struct drawer d = { .pl = pl, .t = t };

		text_add(t, "mkdir -p \"$stage/uppers/top/upper\" "
			    "\"$stage/uppers/top/work\"\n");
		add_likeness(&d, tree->path, "top");
		text_add(t, "mount -t overlay -o ");
		add_attrs(t, tree->attr);
		text_addf(t,
			  ",%supperdir=\"$stage/uppers/top/upper\","
			  "workdir=\"$stage/uppers/top/work\",lowerdir=",
			  tree->userxattr ? "userxattr," : "");
		add_lower(t, plan_text(pl, tree->path));
		text_add(t, " overlay \"$root\"\n");
	} else {
		text_add(t, "mount --rbind ");
		text_shell(t, plan_text(pl, tree->path));
		text_add(t, " \"$root\"\nflags \"$root\" ");
		add_attrs(t, tree->attr | (tree->readonly ? MOUNT_ATTR_RDONLY : 0));
		text_addc(t, '\n');
	}
}

void script_mount(const struct plan *pl, struct script *sc)
{
	struct drawer d = { .pl = pl, .t = &sc->place[SCRIPT_INSIDE] };
	bool idmapped = pl->tree.idmap != 0, disk = false;

	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		if (m->op < MOP_COUNT && draw[m->op])
			draw[m->op](&d, m);
		idmapped |= (m->flags & PM_IDMAP) != 0;
		disk |= (m->flags & PM_ON_DISK) != 0;
	}
	if (idmapped)
		script_line(sc, SCRIPT_NOTE,
			    "owners as the box should see them (idmapped mounts): "
			    "mount(8) can do binds from 2.39 on, overlays not");
	if (disk || pl->tree.keep_dir)
		script_line(sc, SCRIPT_NOTE,
			    "changes on disk: here they go to a tmpfs and are "
			    "discarded");
}

void script_root_switch(const struct plan *pl, struct script *sc)
{
	struct text *t = &sc->place[SCRIPT_INSIDE];

	if (pl->tree.root == PLAN_ROOT_NONE)
		return;
	if (pl->tree.readonly && pl->tree.root == PLAN_ROOT_TMPFS) {
		text_add(t, "mount -o remount,bind,");
		add_attrs(t, pl->tree.attr | MOUNT_ATTR_RDONLY);
		text_add(t, " \"$root\"\n");
	}
	text_addf(t, "\n# The root switch: from here on only the box's own programs are "
		     "found\nfor program in sh env prlimit setpriv setsid%s%s; do\n",
		  pl->tree.use_chroot ? "" : " umount", script_user_program(pl));
	text_add(t, "\t[ -x \"$root/usr/bin/$program\" ] || [ -x \"$root/bin/$program\" "
		    "] || {\n"
		    "\t\techo \"the box's tree has no '$program', which this script "
		    "needs\" >&2\n"
		    "\t\texit 125\n\t}\ndone\n");
	if (pl->tree.use_chroot)
		return;
	text_add(t, "cd \"$root\"\n"
		    "# the old root lands on top of the new one and is taken away there\n"
		    "pivot_root . .\n"
		    "umount -n -c -l .\n");
}
