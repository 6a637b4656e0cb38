// SPDX-License-Identifier: GPL-3.0-or-later
/* plan_dump.c - the plan as stable readable text, every field of it
 *
 * `--dry-run` shows this text and the golden tests compare it, so it must say everything
 * that apply reads. It is driven by tables: one row a field, with its kind and its
 * offset. A unit test flips each byte of struct plan and fails when a field was forgotten
 * here.
 *
 * Form: one line a field, `name = value`; `-` is "none". A list is its count, then one
 * line a record, `name[0]`, whose fields stand as `field=value`, without those that are
 * zero.
 */
#include "plan.h"

#include <linux/sched.h>
#include <stddef.h>
#include <string.h>

#include "base/capname.h"
#include "base/cleanup.h"
#include "base/names.h"
#include "base/sys.h"
#include "base/text.h"
#include "plan_rows.h"

/* The number of the only bit that is set in a constant */
#define BIT_OF(flag) __builtin_ctzll(flag)

static const struct name clone_names[] = {
	{ "user", BIT_OF(CLONE_NEWUSER) },
	{ "mount", BIT_OF(CLONE_NEWNS) },
	{ "pid", BIT_OF(CLONE_NEWPID) },
	{ "net", BIT_OF(CLONE_NEWNET) },
	{ "uts", BIT_OF(CLONE_NEWUTS) },
	{ "ipc", BIT_OF(CLONE_NEWIPC) },
	{ "cgroup", BIT_OF(CLONE_NEWCGROUP) },
	{ "time", BIT_OF(CLONE_NEWTIME) },
	{ NULL, 0 },
};

static const struct name weight_names[] = {
	{ "value", FACT_VALUE },
	{ "note", FACT_NOTE },
	{ "warning", FACT_WARNING },
	{ "unenforced", FACT_UNENFORCED },
	{ NULL, 0 },
};

static const struct name order_names[] = {
	{ "none", USER_NONE },
	{ "first", USER_FIRST },
	{ "last", USER_LAST },
	{ NULL, 0 },
};

static const struct name writer_names[] = {
	{ "inside", MAP_BY_INSIDE },
	{ "keeper", MAP_BY_KEEPER },
	{ "helpers", MAP_BY_HELPERS },
	{ NULL, 0 },
};

static const struct name groups_names[] = {
	{ "kept", PLAN_GROUPS_KEPT },
	{ "set", PLAN_GROUPS_SET },
	{ NULL, 0 },
};

static const struct name kind_names[] = {
	{ "none", CGROUP_NONE },
	{ "v1", CGROUP_V1 },
	{ "v2", CGROUP_V2 },
	{ NULL, 0 },
};

static const struct name place_names[] = {
	{ "none", PLACE_NONE },
	{ "v1", PLACE_V1 },
	{ "ready", PLACE_READY },
	{ "emptied", PLACE_EMPTIED },
	{ "user-scope", PLACE_USER_SCOPE },
	{ "system-scope", PLACE_SYSTEM_SCOPE },
	{ NULL, 0 },
};

/* CG_* of base/cgroups.h */
static const struct name controller_names[] = {
	{ "cpu", 0 },  { "cpuacct", 1 }, { "cpuset", 2 },  { "memory", 3 },
	{ "pids", 4 }, { "io", 5 },	 { "devices", 6 }, { "freezer", 7 },
	{ NULL, 0 },
};

static const struct name limit_names[] = {
	{ "cpuset", LIMIT_CPUSET },
	{ "cpus_milli", LIMIT_CPUS },
	{ "cpu_weight", LIMIT_CPU_WEIGHT },
	{ "memory", LIMIT_MEMORY },
	{ "memory_high", LIMIT_MEMORY_HIGH },
	{ "swap", LIMIT_SWAP },
	{ "pids", LIMIT_PIDS },
	{ "io_read_bps", LIMIT_IO_READ_BPS },
	{ "io_write_bps", LIMIT_IO_WRITE_BPS },
	{ "io_read_iops", LIMIT_IO_READ_IOPS },
	{ "io_write_iops", LIMIT_IO_WRITE_IOPS },
	{ "io_weight", LIMIT_IO_WEIGHT },
	{ NULL, 0 },
};

static const struct name op_names[] = {
	{ "tmpfs", MOP_TMPFS },
	{ "bind", MOP_BIND },
	{ "overlay", MOP_OVERLAY },
	{ "proc", MOP_PROC },
	{ "sysfs", MOP_SYSFS },
	{ "mqueue", MOP_MQUEUE },
	{ "cgroup", MOP_CGROUP },
	{ "devpts", MOP_DEVPTS },
	{ "filesystem", MOP_FILESYSTEM },
	{ "dir", MOP_DIR },
	{ "file", MOP_FILE },
	{ "symlink", MOP_SYMLINK },
	{ "device", MOP_DEVICE },
	{ "text", MOP_TEXT },
	{ "hosts", MOP_HOSTS },
	{ "mask", MOP_MASK },
	{ "readonly", MOP_READONLY },
	{ NULL, 0 },
};

static const struct name mount_flag_names[] = {
	{ "optional", BIT_OF(PM_OPTIONAL) }, { "one", BIT_OF(PM_ONE) },
	{ "idmap", BIT_OF(PM_IDMAP) },	     { "slave", BIT_OF(PM_SLAVE) },
	{ "mktarget", BIT_OF(PM_MKTARGET) }, { "user", BIT_OF(PM_USER) },
	{ "on_disk", BIT_OF(PM_ON_DISK) },   { "walk", BIT_OF(PM_WALK) },
	{ "nolink", BIT_OF(PM_NOLINK) },     { "file", BIT_OF(PM_FILE) },
	{ "self", BIT_OF(PM_SELF) },	     { "mknod", BIT_OF(PM_MKNOD) },
	{ "soft", BIT_OF(PM_SOFT) },	     { NULL, 0 },
};

static const struct name attr_names[] = {
	{ "ro", BIT_OF(MOUNT_ATTR_RDONLY) },
	{ "nosuid", BIT_OF(MOUNT_ATTR_NOSUID) },
	{ "nodev", BIT_OF(MOUNT_ATTR_NODEV) },
	{ "noexec", BIT_OF(MOUNT_ATTR_NOEXEC) },
	{ "noatime", BIT_OF(MOUNT_ATTR_NOATIME) },
	{ "nodiratime", BIT_OF(MOUNT_ATTR_NODIRATIME) },
	{ "idmap", BIT_OF(MOUNT_ATTR_IDMAP) },
	{ "nosymfollow", BIT_OF(MOUNT_ATTR_NOSYMFOLLOW) },
	{ NULL, 0 },
};

static const struct name root_names[] = {
	{ "tmpfs", PLAN_ROOT_TMPFS },
	{ "directory", PLAN_ROOT_DIRECTORY },
	{ "none", PLAN_ROOT_NONE },
	{ NULL, 0 },
};

static const struct name terminal_names[] = {
	{ "never", PLAN_TTY_NEVER },
	{ "own", PLAN_TTY_OWN },
	{ NULL, 0 },
};

static const struct name net_names[] = {
	{ "none", PLAN_NET_NONE }, { "host", PLAN_NET_HOST }, { "veth", PLAN_NET_VETH },
	{ "user", PLAN_NET_USER }, { "join", PLAN_NET_JOIN }, { NULL, 0 },
};

static const struct name router_names[] = {
	{ "host", PLAN_ROUTER_HOST },
	{ "user", PLAN_ROUTER_USER },
	{ NULL, 0 },
};

/* LANDLOCK_ACCESS_FS_*, ABI 1 to 5, by bit number (linux/landlock.h) */
static const struct name landlock_fs_names[] = {
	{ "execute", 0 },    { "write_file", 1 }, { "read_file", 2 },
	{ "read_dir", 3 },   { "remove_dir", 4 }, { "remove_file", 5 },
	{ "make_char", 6 },  { "make_dir", 7 },	  { "make_reg", 8 },
	{ "make_sock", 9 },  { "make_fifo", 10 }, { "make_block", 11 },
	{ "make_sym", 12 },  { "refer", 13 },	  { "truncate", 14 },
	{ "ioctl_dev", 15 }, { NULL, 0 },
};

static const struct name landlock_net_names[] = {
	{ "bind_tcp", 0 },
	{ "connect_tcp", 1 },
	{ NULL, 0 },
};

static const struct name landlock_scope_names[] = {
	{ "abstract_unix_socket", 0 },
	{ "signal", 1 },
	{ NULL, 0 },
};

#define AT(type, member) offsetof(struct type, member)

static const struct dump_row fact_rows[] = {
	{ "", DUMP_ENUM, AT(plan_fact, weight), weight_names, NULL },
	{ "layer", DUMP_TEXT, AT(plan_fact, layer), NULL, NULL },
	{ "key", DUMP_TEXT, AT(plan_fact, key), NULL, NULL },
	{ "text", DUMP_TEXT, AT(plan_fact, text), NULL, NULL },
	{ "origin", DUMP_TEXT, AT(plan_fact, origin), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row map_rows[] = {
	{ "inside", DUMP_ID, AT(plan_map, inside), NULL, NULL },
	{ "outside", DUMP_ID, AT(plan_map, outside), NULL, NULL },
	{ "count", DUMP_ID, AT(plan_map, count), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row mount_rows[] = {
	{ "", DUMP_ENUM, AT(plan_mount, op), op_names, NULL },
	{ "target", DUMP_TEXT, AT(plan_mount, target), NULL, NULL },
	{ "source", DUMP_TEXT, AT(plan_mount, source), NULL, NULL },
	{ "fstype", DUMP_TEXT, AT(plan_mount, fstype), NULL, NULL },
	{ "attr", DUMP_BITS64, AT(plan_mount, attr), attr_names, NULL },
	{ "flags", DUMP_BITS32, AT(plan_mount, flags), mount_flag_names, NULL },
	{ "mode", DUMP_OCTAL, AT(plan_mount, mode), NULL, NULL },
	{ "uid", DUMP_U32, AT(plan_mount, uid), NULL, NULL },
	{ "gid", DUMP_U32, AT(plan_mount, gid), NULL, NULL },
	{ "size", DUMP_SIZE, AT(plan_mount, size), NULL, NULL },
	{ "inodes", DUMP_U64, AT(plan_mount, inodes), NULL, NULL },
	{ "upper", DUMP_TEXT, AT(plan_mount, upper), NULL, NULL },
	{ "data", DUMP_TEXT, AT(plan_mount, data), NULL, NULL },
	{ "origin", DUMP_TEXT, AT(plan_mount, origin), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row sysctl_rows[] = {
	{ "key", DUMP_TEXT, AT(plan_sysctl, key), NULL, NULL },
	{ "value", DUMP_TEXT, AT(plan_sysctl, value), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row publish_rows[] = {
	{ "address", DUMP_TEXT, AT(plan_publish, address), NULL, NULL },
	{ "host_port", DUMP_ID, AT(plan_publish, host_port), NULL, NULL },
	{ "box_port", DUMP_ID, AT(plan_publish, box_port), NULL, NULL },
	{ "udp", DUMP_BOOL, AT(plan_publish, udp), NULL, NULL },
	{ "origin", DUMP_TEXT, AT(plan_publish, origin), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row allow_rows[] = {
	{ "to", DUMP_TEXT, AT(plan_allow, to), NULL, NULL },
	{ "name", DUMP_TEXT, AT(plan_allow, name), NULL, NULL },
	{ "port", DUMP_U32, AT(plan_allow, port), NULL, NULL },
	{ "origin", DUMP_TEXT, AT(plan_allow, origin), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row rlimit_rows[] = {
	{ "", DUMP_ENUM, AT(plan_rlimit, resource), resource_names, NULL },
	{ "soft", DUMP_LIMIT, AT(plan_rlimit, soft), NULL, NULL },
	{ "hard", DUMP_LIMIT, AT(plan_rlimit, hard), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row rule_rows[] = {
	{ "path", DUMP_TEXT, AT(plan_rule, path), NULL, NULL },
	{ "access", DUMP_BITS64, AT(plan_rule, access), landlock_fs_names, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row word_rows[] = {
	{ "", DUMP_TEXT, AT(plan_word, text), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row take_rows[] = {
	{ "", DUMP_TEXT, AT(plan_take, path), NULL, NULL },
	{ "to", DUMP_TEXT, AT(plan_take, to), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row cgroup_tree_rows[] = {
	{ "controllers", DUMP_BITS32, AT(plan_cgroup_tree, controllers), controller_names,
	  NULL },
	{ "parent", DUMP_TEXT, AT(plan_cgroup_tree, parent), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

static const struct dump_row limit_rows[] = {
	{ "", DUMP_ENUM, AT(plan_limit, which), limit_names, NULL },
	{ "text", DUMP_TEXT, AT(plan_limit, text), NULL, NULL },
	{ "n", DUMP_LIMIT, AT(plan_limit, n), NULL, NULL },
	{ "soft", DUMP_BOOL, AT(plan_limit, soft), NULL, NULL },
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

#define ROW(member, kind)                                   \
	{                                                   \
#member, kind, AT(plan, member), NULL, NULL \
	}
#define ROW_OF(member, kind, names)                          \
	{                                                    \
#member, kind, AT(plan, member), names, NULL \
	}
#define LIST_OF(member, rows)                                    \
	{                                                        \
#member, DUMP_LIST, AT(plan, member), NULL, rows \
	}

/* In the order in which the layers come; facts last, since they repeat it for people */
const struct dump_row plan_rows[] = {
	ROW(version, DUMP_U32),
	ROW(profile, DUMP_TEXT),
	ROW(profile_path, DUMP_TEXT),
	ROW(description, DUMP_TEXT),
	ROW_OF(clone_flags, DUMP_BITS64, clone_names),
	ROW_OF(unshare_flags, DUMP_BITS64, clone_names),
	ROW_OF(user.order, DUMP_ENUM, order_names),
	ROW_OF(user.writer, DUMP_ENUM, writer_names),
	LIST_OF(user.uid_map, map_rows),
	LIST_OF(user.gid_map, map_rows),
	ROW(user.newuidmap, DUMP_TEXT),
	ROW(user.newgidmap, DUMP_TEXT),
	ROW(user.uid, DUMP_U32),
	ROW(user.gid, DUMP_U32),
	ROW(user.init_uid, DUMP_U32),
	ROW(user.init_gid, DUMP_U32),
	ROW_OF(user.groups, DUMP_ENUM, groups_names),
	ROW(user.group_count, DUMP_U32),
	ROW(user.group, DUMP_GROUPS),
	ROW(user.deny_setgroups, DUMP_BOOL),
	ROW(user.lock_nesting, DUMP_BOOL),
	ROW_OF(cgroup.kind, DUMP_ENUM, kind_names),
	ROW_OF(cgroup.place, DUMP_ENUM, place_names),
	ROW_OF(cgroup.enable, DUMP_BITS32, controller_names),
	ROW(cgroup.needs_full, DUMP_BOOL),
	LIST_OF(cgroup.trees, cgroup_tree_rows),
	LIST_OF(cgroup.limits, limit_rows),
	LIST_OF(cgroup.devices, word_rows),
	ROW(hostname, DUMP_TEXT),
	ROW(time.boottime, DUMP_OFFSET),
	ROW(time.monotonic, DUMP_OFFSET),
	ROW(time.from_zero, DUMP_BOOL),
	ROW_OF(net.mode, DUMP_ENUM, net_names),
	ROW(net.lo_up, DUMP_BOOL),
	ROW_OF(net.router, DUMP_ENUM, router_names),
	ROW(net.network, DUMP_TEXT),
	ROW(net.definition, DUMP_TEXT),
	ROW(net.state, DUMP_TEXT),
	ROW(net.address4, DUMP_TEXT),
	ROW(net.address6, DUMP_TEXT),
	ROW(net.mac, DUMP_TEXT),
	ROW(net.rate_in, DUMP_U64),
	ROW(net.rate_out, DUMP_U64),
	LIST_OF(net.publish, publish_rows),
	LIST_OF(net.allow, allow_rows),
	ROW(net.refresh, DUMP_NS),
	LIST_OF(net.hosts, word_rows),
	ROW(net.join, DUMP_TEXT),
	ROW(net.pasta, DUMP_TEXT),
	LIST_OF(net.link, word_rows),
	LIST_OF(net.router_uids, map_rows),
	LIST_OF(net.router_gids, map_rows),
	ROW(net.newuidmap, DUMP_TEXT),
	ROW(net.newgidmap, DUMP_TEXT),
	LIST_OF(net.sysctls, sysctl_rows),
	ROW_OF(tree.root, DUMP_ENUM, root_names),
	ROW(tree.use_chroot, DUMP_BOOL),
	ROW(tree.path, DUMP_TEXT),
	ROW(tree.overlay, DUMP_BOOL),
	ROW(tree.userxattr, DUMP_BOOL),
	ROW(tree.uppers, DUMP_BOOL),
	ROW(tree.slaves, DUMP_BOOL),
	ROW(tree.needs_full, DUMP_BOOL),
	ROW_OF(tree.idmap, DUMP_BITS32, mount_flag_names),
	ROW(tree.stage, DUMP_TEXT),
	ROW(tree.readonly, DUMP_BOOL),
	ROW_OF(tree.attr, DUMP_BITS64, attr_names),
	ROW(tree.size, DUMP_SIZE),
	ROW(tree.inodes, DUMP_U64),
	ROW(tree.upper_dir, DUMP_TEXT),
	ROW(tree.keep_dir, DUMP_TEXT),
	ROW(tree.user_name, DUMP_TEXT),
	ROW(tree.home, DUMP_TEXT),
	LIST_OF(tree.mounts, mount_rows),
	LIST_OF(rlimits, rlimit_rows),
	ROW_OF(session.terminal, DUMP_ENUM, terminal_names),
	ROW(session.new_keyring, DUMP_BOOL),
	ROW(session.init_none, DUMP_BOOL),
	ROW_OF(caps.keep, DUMP_BITS64, capability_names),
	ROW(caps.no_new_privs, DUMP_BOOL),
	ROW(caps.lock_securebits, DUMP_BOOL),
	ROW(landlock.abi, DUMP_U32),
	ROW_OF(landlock.handled, DUMP_BITS64, landlock_fs_names),
	ROW_OF(landlock.net, DUMP_BITS64, landlock_net_names),
	ROW_OF(landlock.scoped, DUMP_BITS64, landlock_scope_names),
	LIST_OF(landlock.rules, rule_rows),
	ROW(seccomp.name, DUMP_TEXT),
	ROW(seccomp.count, DUMP_U32),
	ROW(seccomp.program, DUMP_PROGRAM),
	ROW(env.umask, DUMP_OCTAL),
	ROW(env.workdir, DUMP_TEXT),
	ROW(env.workdir_required, DUMP_BOOL),
	ROW(env.path, DUMP_TEXT),
	ROW(env.same_addresses, DUMP_BOOL),
	LIST_OF(env.env, word_rows),
	LIST_OF(env.argv, word_rows),
	ROW(limits.wall, DUMP_NS),
	ROW(limits.grace, DUMP_NS),
	ROW(limits.output, DUMP_SIZE),
	ROW(limits.cpu_time, DUMP_NS),
	ROW(limits.freeze, DUMP_BOOL),
	ROW(limits.pids_kill, DUMP_BOOL),
	LIST_OF(labels, word_rows),
	LIST_OF(takes, take_rows),
	LIST_OF(facts, fact_rows),
	{ NULL, DUMP_TEXT, 0, NULL, NULL },
};

/* Bare where it reads well; as a JSON string where blanks or odd bytes would mislead */
static void add_quoted(struct text *out, const char *s)
{
	bool plain = *s != '\0';

	for (const char *p = s; *p; p++)
		if (*p <= ' ' || *p == '"' || *p == '\\' || *p == 0x7f || (*p & 0x80))
			plain = false;
	if (plain)
		text_add(out, s);
	else
		text_json(out, s);
}

static void add_bits(struct text *out, uint64_t bits, const struct name *names)
{
	size_t start = out->len;

	for (const struct name *n = names; n->name; n++) {
		uint64_t bit = UINT64_C(1) << n->value;

		if (bits & bit)
			text_addf(out, "%s%s", out->len > start ? "," : "", n->name);
		bits &= ~bit;
	}
	if (bits) /* bits without a name are still a difference that must show */
		text_addf(out, "%s0x%llx", out->len > start ? "," : "",
			  (unsigned long long)bits);
	if (out->len == start)
		text_addc(out, '-');
}

static void add_offset(struct text *out, int64_t ns)
{
	if (ns < 0)
		text_addc(out, '-');
	text_addf(out, "%lluns",
		  ns < 0 ? -(unsigned long long)ns : (unsigned long long)ns);
}

/* The exact number, and in brackets how a person writes it where that is shorter */
static void add_size(struct text *out, uint64_t n)
{
	text_addf(out, "%llu", (unsigned long long)n);
	if (n < 1024)
		return;
	text_add(out, "(");
	text_size(out, n);
	text_add(out, ")");
}

static void add_ns(struct text *out, uint64_t n)
{
	text_addf(out, "%lluns", (unsigned long long)n);
	if (!n)
		return;
	text_add(out, "(");
	text_duration(out, n);
	text_add(out, ")");
}

static void add_groups(const struct plan *pl, struct text *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(pl->user.group); i++) {
		if (!pl->user.group[i] && i >= pl->user.group_count)
			continue;
		text_addf(out, "%s%u", i ? "," : "", pl->user.group[i]);
	}
	if (!pl->user.group_count)
		text_addc(out, '-');
}

/* A program is thousands of bytes: its FNV-1a sum tells whether it changed */
static void add_program(const struct plan *pl, plan_ref ref, struct text *out)
{
	const unsigned char *p = plan_at(pl, ref);
	size_t len = (size_t)pl->seccomp.count * 8;
	uint64_t sum = UINT64_C(14695981039346656037);

	if (!p || len > pl->size - ref) {
		text_add(out, ref ? "?" : "-");
		return;
	}
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ p[i]) * UINT64_C(1099511628211);
	text_addf(out, "fnv1a:%016llx", (unsigned long long)sum);
}

static void add_text(const struct plan *pl, plan_ref ref, struct text *out)
{
	if (!ref)
		text_addc(out, '-');
	else if (!plan_at(pl, ref))
		text_add(out, "?");
	else
		add_quoted(out, plan_text(pl, ref));
}

static void add_value(const struct plan *pl, const struct dump_row *row, const char *base,
		      struct text *out)
{
	const char *at = base + row->offset;
	uint32_t n32;
	uint64_t n64 = 0;

	memcpy(&n32, at, sizeof(n32));
	if (row->kind == DUMP_BITS64 ||
	    (row->kind >= DUMP_U64 && row->kind <= DUMP_OFFSET))
		memcpy(&n64, at, sizeof(n64));
	switch (row->kind) {
	case DUMP_TEXT:
		add_text(pl, n32, out);
		break;
	case DUMP_ENUM:
		text_add(out, name_of(row->names, (int)n32));
		break;
	case DUMP_BITS32:
		add_bits(out, n32, row->names);
		break;
	case DUMP_BITS64:
		add_bits(out, n64, row->names);
		break;
	case DUMP_BOOL:
		text_add(out, n32 == 0 ? "no" : n32 == 1 ? "yes" : "?");
		break;
	case DUMP_U32:
	case DUMP_ID:
		text_addf(out, "%u", n32);
		break;
	case DUMP_OCTAL:
		text_addf(out, "%04o", n32);
		break;
	case DUMP_U64:
		text_addf(out, "%llu", (unsigned long long)n64);
		break;
	case DUMP_LIMIT:
		if (n64 == UINT64_MAX)
			text_add(out, "max");
		else
			text_addf(out, "%llu", (unsigned long long)n64);
		break;
	case DUMP_SIZE:
		add_size(out, n64);
		break;
	case DUMP_NS:
		add_ns(out, n64);
		break;
	case DUMP_OFFSET:
		add_offset(out, (int64_t)n64);
		break;
	case DUMP_GROUPS:
		add_groups(pl, out);
		break;
	case DUMP_PROGRAM:
		add_program(pl, n32, out);
		break;
	case DUMP_LIST:
		break;
	}
}

/* Fields that are zero say nothing in a record: its first field, its kind, always stands
 */
static bool is_zero(const struct dump_row *row, const char *base)
{
	uint64_t n = 0;
	bool wide = row->kind == DUMP_BITS64 ||
		    (row->kind >= DUMP_U64 && row->kind <= DUMP_OFFSET);

	if (row->kind == DUMP_ID || row->kind == DUMP_LIMIT)
		return false;
	memcpy(&n, base + row->offset, wide ? sizeof(n) : sizeof(uint32_t));
	return n == 0;
}

static void add_list(const struct plan *pl, const struct dump_row *row, struct text *out)
{
	const struct plan_list *list = (const void *)((const char *)pl + row->offset);
	unsigned int i = 0;

	text_addf(out, "%s = %u\n", row->name, list->count);
	for (const char *rec = NULL; (rec = plan_each(pl, list, rec)); i++) {
		text_addf(out, "%s[%u] =", row->name, i);
		for (const struct dump_row *r = row->rows; r->name; r++) {
			if (r != row->rows && is_zero(r, rec))
				continue;
			text_addf(out, " %s%s", r->name, *r->name ? "=" : "");
			add_value(pl, r, rec, out);
		}
		text_addc(out, '\n');
	}
}

void plan_dump(const struct plan *pl, struct text *out)
{
	for (const struct dump_row *row = plan_rows; row->name; row++) {
		if (row->kind == DUMP_LIST) {
			add_list(pl, row, out);
			continue;
		}
		text_addf(out, "%s = ", row->name);
		add_value(pl, row, (const char *)pl, out);
		text_addc(out, '\n');
	}
}
