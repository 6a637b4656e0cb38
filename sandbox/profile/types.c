// SPDX-License-Identifier: GPL-3.0-or-later
/* types.c - the type table: how the text of a field becomes its value
 *
 * fields.def names a row for each key. A new type is a row here; only values with a
 * grammar of their own need a reader of their own.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/text.h"
#include "profile/internal.h"

/* --- errors ------------------------------------------------------------------------ */

int wrong(const struct loader *ld, const struct origin *at, const char *fmt, ...)
{
	char why[sizeof(ld->e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (at->line)
		return err_set(ld->e, "%s:%d:%d: %s", at->file, at->line, at->column,
			       why);
	return err_set(ld->e, "%s: %s", at->file ? at->file : "profile", why);
}

bool stops(struct loader *ld)
{
	if (!ld->tell)
		return true;
	if (*ld->e->text)
		ld->tell(ld->e);
	*ld->e = (struct err){ 0 };
	ld->is_wrong = true;
	return false;
}

int no_memory(const struct loader *ld)
{
	return err_set(ld->e, "out of memory");
}

const char *shown(const struct loader *ld, const char *s)
{
	const size_t most = 80;
	auto_text t = { 0 };
	const char *copy;

	text_safe(&t, s);
	if (t.len > most) {
		size_t cut = most;

		/* Not inside a character */
		while (cut && (text_str(&t)[cut] & 0xc0) == 0x80)
			cut--;
		text_cut(&t, cut);
		text_add(&t, "...");
	}
	copy = arena_copy(ld->arena, text_str(&t), t.len);
	return copy ? copy : "";
}

int wrong_value(const struct loader *ld, const char *key, const struct node *n,
		const char *expects)
{
	static const char *const what[] = {
		[NODE_NULL] = "null",
		[NODE_LIST] = "a list",
		[NODE_MAP] = "a map",
	};

	if (n->kind != NODE_SCALAR)
		return wrong(ld, &n->at, "'%s' cannot be %s: %s", key,
			     n->kind == NODE_LIST && !n->first ? "an empty list"
							       : what[n->kind],
			     expects);
	return wrong(ld, &n->at, "'%s' cannot be '%s': %s", key, shown(ld, n->text),
		     expects);
}

void *field_at(const struct loader *ld, const struct field_info *f)
{
	return (char *)ld->pf + f->offset;
}

/* --- readers ----------------------------------------------------------------------- */

static int read_number(struct loader *ld, const struct field_info *f,
		       const struct node *n)
{
	const struct type *t = f->type;
	uint64_t v;

	if (t->number(n->text, &v, NULL))
		return wrong_value(ld, f->key, n, t->expects);
	if (v == PARSE_MAX && t->at_max != t->lo)
		v = t->at_max;
	else if (v < t->lo || v > t->hi)
		return wrong_value(ld, f->key, n, t->expects);
	*(uint64_t *)field_at(ld, f) = v;
	return 0;
}

static int read_offset(struct loader *ld, const struct field_info *f,
		       const struct node *n)
{
	if (parse_offset(n->text, field_at(ld, f), NULL))
		return wrong_value(ld, f->key, n, f->type->expects);
	return 0;
}

static int read_octal(struct loader *ld, const struct field_info *f, const struct node *n)
{
	uint32_t v;

	if (parse_octal(n->text, &v, NULL) || v > 0777)
		return wrong_value(ld, f->key, n, f->type->expects);
	*(uint32_t *)field_at(ld, f) = v;
	return 0;
}

static int read_bool(struct loader *ld, const struct field_info *f, const struct node *n)
{
	bool yes = !strcmp(n->text, "true");

	if (!yes && strcmp(n->text, "false") != 0)
		return wrong_value(ld, f->key, n, f->type->expects);
	*(bool *)field_at(ld, f) = yes;
	return 0;
}

/* Every enum of profile.h is stored as an unsigned int (checked in the table below) */
static int read_word(struct loader *ld, const struct field_info *f, const struct node *n)
{
	int v = name_find(f->type->words, n->text);
	const char *near;

	if (v >= 0) {
		*(unsigned int *)field_at(ld, f) = (unsigned int)v;
		return 0;
	}
	near = name_near_in(f->type->words, n->text);
	wrong_value(ld, f->key, n, f->type->expects);
	if (near)
		return err_hint(ld->e, "did you mean '%s'", near);
	return !strcmp(f->key, "root.from") && *n->text == '/'
		       ? err_hint(ld->e, "root.from: directory, and root.path: %s",
				  shown(ld, n->text))
		       : -1;
}

static int read_bits(struct loader *ld, const struct field_info *f, const struct node *n)
{
	uint32_t bits = 0;

	for (const struct node *c = n->first; c; c = c->next) {
		int v = c->kind == NODE_SCALAR ? name_find(f->type->words, c->text) : -1;

		if (v < 0)
			return wrong_value(ld, f->key, c, f->type->expects);
		if (bits & (uint32_t)v)
			return wrong(ld, &c->at, "'%s' names '%s' twice", f->key,
				     c->text);
		bits |= (uint32_t)v;
	}
	*(uint32_t *)field_at(ld, f) = bits;
	return 0;
}

static int read_text(struct loader *ld, const struct field_info *f, const struct node *n)
{
	const char *why = f->type->expects;

	if (f->type->check(n->text, &why))
		return wrong_value(ld, f->key, n, why);
	*(const char **)field_at(ld, f) = n->text;
	return 0;
}

static int read_host_path(struct loader *ld, const struct field_info *f,
			  const struct node *n)
{
	return expand(ld, f->key, n, field_at(ld, f));
}

/* Absolute inside the box once expanded */
static int read_box_path(struct loader *ld, const struct field_info *f,
			 const struct node *n)
{
	const char **out = field_at(ld, f);
	const char *why;

	if (expand(ld, f->key, n, out))
		return -1;
	return check_box_path(*out, &why) ? wrong_value(ld, f->key, n, why) : 0;
}

int read_list_of(struct loader *ld, const char *key, const struct node *n,
		 const struct type *t, struct items *out)
{
	const struct node *c = n->kind == NODE_LIST ? n->first : n;
	size_t count = n->kind == NODE_LIST ? n->count : 1;
	struct item *v = arena_alloc(ld->arena, (count ? count : 1) * sizeof(*v));

	if (!v)
		return no_memory(ld);
	for (size_t i = 0; i < count; i++, c = c->next) {
		/* The device is called null, and no list of names has another null */
		bool device = c->kind == NODE_NULL && c != n && t->check == check_device;
		const char *why = t->expects;
		const char *text = device ? "null" : c->text;

		if ((c->kind != NODE_SCALAR && !device) || t->check(text, &why))
			return wrong_value(ld, key, c, why);
		v[i] = (struct item){ .text = text, .at = c->at };
	}
	*out = (struct items){ v, count };
	return 0;
}

static int read_items(struct loader *ld, const struct field_info *f, const struct node *n)
{
	return read_list_of(ld, f->key, n, f->type, field_at(ld, f));
}

/* Paths of the caller's tree: absolute, or below ~ */
static int read_paths(struct loader *ld, const struct field_info *f, const struct node *n)
{
	struct items *out = field_at(ld, f);
	const struct node *c = n->kind == NODE_LIST ? n->first : n;

	if (read_list_of(ld, f->key, n, f->type, out))
		return -1;
	for (size_t i = 0; i < out->count; i++, c = c->next)
		if (*c->text == '~' && expand(ld, f->key, c, &out->v[i].text))
			return -1;
	return 0;
}

static int read_map(struct loader *ld, const struct field_info *f, const struct node *n)
{
	struct items *out = field_at(ld, f);
	struct item *v = arena_alloc(ld->arena, (n->count + 1) * sizeof(*v));
	size_t i = 0;

	if (!v)
		return no_memory(ld);
	for (const struct node *c = n->first; c; c = c->next) {
		const char *why = "expected text, or null to take it away";

		if (f->type->check_key(c->key, &why))
			return wrong(ld, &c->key_at, "'%s' cannot have '%s': %s", f->key,
				     shown(ld, c->key), why);
		if (c->kind == NODE_LIST || c->kind == NODE_MAP ||
		    (c->kind == NODE_SCALAR && f->type->check(c->text, &why)))
			return wrong_value(
				ld, arena_printf(ld->arena, "%s.%s", f->key, c->key), c,
				why);
		v[i++] = (struct item){ c->key, c->kind == NODE_NULL ? NULL : c->text,
					c->at };
	}
	*out = (struct items){ v, i };
	return 0;
}

static int parse_count(const char *s, uint64_t *out, const char **why)
{
	if (!strcmp(s, "max")) {
		*out = PARSE_MAX;
		return 0;
	}
	/* Not what `max` stands for */
	return parse_number(s, out, why) || *out == PARSE_MAX ? -1 : 0;
}

/* --- words ------------------------------------------------------------------------- */

#define WORDS(table) static const struct name table[]

WORDS(root_from_words) = { { "system", ROOT_SYSTEM },
			   { "host", ROOT_HOST },
			   { "directory", ROOT_DIRECTORY },
			   { "empty", ROOT_EMPTY },
			   { 0 } };
WORDS(root_changes_words) = { { "discard", CHANGES_DISCARD },
			      { "keep", CHANGES_KEEP },
			      { "refuse", CHANGES_REFUSE },
			      { "through", CHANGES_THROUGH },
			      { 0 } };
WORDS(root_switch_words) = { { "pivot", SWITCH_PIVOT },
			     { "chroot", SWITCH_CHROOT },
			     { 0 } };
WORDS(proc_words) = { { "full", PROC_FULL }, { "pids", PROC_PIDS }, { 0 } };
WORDS(namespace_words) = {
	{ "user", NS_USER },	 { "mount", NS_MOUNT }, { "pid", NS_PID },
	{ "net", NS_NET },	 { "uts", NS_UTS },	{ "ipc", NS_IPC },
	{ "cgroup", NS_CGROUP }, { "time", NS_TIME },	{ 0 }
};
WORDS(init_words) = { { "reaper", INIT_REAPER }, { "none", INIT_NONE }, { 0 } };
WORDS(terminal_words) = { { "auto", TERMINAL_AUTO },
			  { "always", TERMINAL_ALWAYS },
			  { "never", TERMINAL_NEVER },
			  { 0 } };
WORDS(net_mode_words) = { { "none", NET_NONE }, { "host", NET_HOST },
			  { "veth", NET_VETH }, { "user", NET_USER },
			  { "join", NET_JOIN }, { 0 } };
WORDS(on_pids_words) = { { "refuse", ON_PIDS_REFUSE }, { "kill", ON_PIDS_KILL }, { 0 } };
WORDS(enforce_words) = { { "strict", ENFORCE_STRICT },
			 { "best-effort", ENFORCE_BEST_EFFORT },
			 { 0 } };
WORDS(on_limit_words) = { { "kill", ON_LIMIT_KILL },
			  { "freeze", ON_LIMIT_FREEZE },
			  { 0 } };
WORDS(landlock_words) = { { "off", LANDLOCK_OFF },
			  { "preferred", LANDLOCK_PREFERRED },
			  { "required", LANDLOCK_REQUIRED },
			  { 0 } };

/* Of types with a reader of their own: what they take besides a list or a map */
WORDS(bool_words) = { { "true", true }, { "false", false }, { 0 } };
WORDS(idmap_words) = { { "auto", MAP_AUTO },
		       { "single", MAP_SINGLE },
		       { "subids", MAP_SUBIDS },
		       { "none", MAP_NONE },
		       { 0 } };
WORDS(groups_words) = { { "auto", GROUPS_AUTO }, { "none", GROUPS_NONE }, { 0 } };
WORDS(seccomp_words) = { { "default", SECCOMP_DEFAULT }, { "off", SECCOMP_OFF }, { 0 } };

/* --- the table --------------------------------------------------------------------- */

#define MEMBER_SIZE(m) sizeof(((struct profile *)0)->m)
#define SPAN(from, to) (offsetof(struct profile, to) - offsetof(struct profile, from))

#define NUMBER(nm, fn, low, high, max, exp)                                        \
	{                                                                          \
		.name = nm, .expects = "expected " exp, .size = sizeof(uint64_t),  \
		.shapes = IS_SCALAR, .read = read_number, .number = fn, .lo = low, \
		.hi = high, .at_max = max                                          \
	}
#define WORD(nm, tab, member, exp)                                           \
	{                                                                    \
		.name = nm, .expects = "expected " exp, .shapes = IS_SCALAR, \
		.size = MEMBER_SIZE(member) == sizeof(unsigned int)          \
				? sizeof(unsigned int)                       \
				: 0,                                         \
		.read = read_word, .words = tab                              \
	}
#define TEXT(nm, fn, exp)                                                             \
	{                                                                             \
		.name = nm, .expects = "expected " exp, .size = sizeof(const char *), \
		.shapes = IS_SCALAR, .read = read_text, .check = fn                   \
	}
#define ITEMS(nm, fn, exp)                                                            \
	{                                                                             \
		.name = nm, .expects = "expected " exp, .size = sizeof(struct items), \
		.shapes = IS_LIST, .read = read_items, .check = fn                    \
	}
#define MAP(nm, key_fn, fn, exp)                                                      \
	{                                                                             \
		.name = nm, .expects = "expected " exp, .size = sizeof(struct items), \
		.shapes = IS_MAP, .read = read_map, .check = fn, .check_key = key_fn  \
	}
#define OWN_WORDS(nm, fn, tab, sh, sz, exp)                                       \
	{                                                                         \
		.name = nm, .expects = "expected " exp, .size = sz, .shapes = sh, \
		.read = fn, .words = tab                                          \
	}
#define OWN(nm, fn, sh, sz, exp) OWN_WORDS(nm, fn, NULL, sh, sz, exp)

enum {
	TYPE_LINE,
	TYPE_NAMES,
	TYPE_NAME,
	TYPE_HOST_PATH,
	TYPE_BOX_PATH,
	TYPE_PATHS,
	TYPE_ROOT_FROM,
	TYPE_ROOT_CHANGES,
	TYPE_ROOT_SWITCH,
	TYPE_PROC_VIEW,
	TYPE_NAMESPACES,
	TYPE_OFFSET,
	TYPE_HOSTNAME,
	TYPE_ID_NAME,
	TYPE_IDMAP,
	TYPE_GROUPS,
	TYPE_MOUNTS,
	TYPE_DEVICES,
	TYPE_ENVIRONMENT,
	TYPE_ENV_NAMES,
	TYPE_WORDS,
	TYPE_INIT,
	TYPE_TERMINAL,
	TYPE_OCTAL,
	TYPE_NET_MODE,
	TYPE_CIDRS,
	TYPE_MAC,
	TYPE_PUBLISH,
	TYPE_ALLOW,
	TYPE_ADDRESSES,
	TYPE_HOSTS,
	TYPE_RATE,
	TYPE_CPUS,
	TYPE_WEIGHT,
	TYPE_CPUSET,
	TYPE_SIZE,
	TYPE_SIZE_MAX,
	TYPE_SIZE_SWAP,
	TYPE_SIZE_NONE,
	TYPE_COUNT,
	TYPE_ON_PIDS,
	TYPE_IO,
	TYPE_DURATION,
	TYPE_GRACE,
	TYPE_REFRESH,
	TYPE_ENFORCE,
	TYPE_ON_LIMIT,
	TYPE_RLIMITS,
	TYPE_CAPS,
	TYPE_SECCOMP,
	TYPE_LANDLOCK,
	TYPE_BOOL,
	TYPE_SYSCTLS,
	TYPE_LABELS,
	TYPES
};

static const struct type types[TYPES] = {
	[TYPE_LINE] = TEXT("line", check_line, "one line of text"),
	[TYPE_NAMES] = { .name = "names",
			 .expects = "expected a profile's name, or ./FILE "
				    "beside this one",
			 .size = sizeof(struct items),
			 .shapes = IS_SCALAR | IS_LIST,
			 .read = read_items,
			 .check = check_line },
	[TYPE_NAME] = TEXT("name", parse_name, "a name"),
	[TYPE_HOST_PATH] = OWN("host path", read_host_path, IS_SCALAR, sizeof(char *),
			       "an absolute path"),
	[TYPE_BOX_PATH] = OWN("box path", read_box_path, IS_SCALAR, sizeof(char *),
			      "an absolute path without '..'"),
	[TYPE_PATHS] = { .name = "paths",
			 .expects = "expected a list of absolute paths",
			 .size = sizeof(struct items),
			 .shapes = IS_LIST,
			 .read = read_paths,
			 .check = check_hidden_path },
	[TYPE_ROOT_FROM] = WORD("root.from", root_from_words, root.from,
				"system, host, directory or empty"),
	[TYPE_ROOT_CHANGES] = WORD("root.changes", root_changes_words, root.changes,
				   "discard, keep, refuse or through"),
	[TYPE_ROOT_SWITCH] =
		WORD("root.switch", root_switch_words, root.how, "pivot or chroot"),
	[TYPE_PROC_VIEW] = WORD("proc", proc_words, proc, "full or pids"),
	[TYPE_NAMESPACES] = { .name = "namespaces",
			      .expects = "expected a list out of user, mount, pid, net, "
					 "uts, "
					 "ipc, cgroup, time",
			      .size = sizeof(uint32_t),
			      .shapes = IS_LIST,
			      .read = read_bits,
			      .words = namespace_words },
	[TYPE_OFFSET] = OWN("offset", read_offset, IS_SCALAR, sizeof(int64_t),
			    "an offset such as 10s, -2h or 1h30m"),
	[TYPE_HOSTNAME] = TEXT("hostname", check_hostname, "a host name"),
	[TYPE_ID_NAME] = TEXT("user", check_id_name, "a number or a name"),
	[TYPE_IDMAP] = OWN_WORDS(
		"id map", read_idmap, idmap_words, IS_SCALAR | IS_LIST,
		SPAN(user.map, user.groups),
		"auto, single, subids, none or a list of inside:outside:count"),
	[TYPE_GROUPS] = OWN_WORDS("groups", read_groups, groups_words,
				  IS_SCALAR | IS_LIST, SPAN(user.groups, mounts),
				  "auto, none or a list of groups"),
	[TYPE_MOUNTS] = OWN("mounts", read_mounts, IS_LIST, SPAN(mounts, devices),
			    "a list of mounts"),
	[TYPE_DEVICES] = ITEMS("devices", check_device,
			       "names in /dev or absolute paths of device nodes"),
	[TYPE_ENVIRONMENT] = MAP("environment", check_env_name, check_env_value,
				 "a map of NAME: VALUE"),
	[TYPE_ENV_NAMES] = ITEMS("names", check_env_name, "a list of names of variables"),
	[TYPE_WORDS] = ITEMS("words", check_text, "a list of words"),
	[TYPE_INIT] = WORD("init", init_words, init, "reaper or none"),
	[TYPE_TERMINAL] =
		WORD("terminal", terminal_words, terminal, "auto, always or never"),
	[TYPE_OCTAL] = OWN("octal", read_octal, IS_SCALAR, sizeof(uint32_t),
			   "an octal mask from 0 to 0777 such as 022"),
	[TYPE_NET_MODE] = WORD("network.mode", net_mode_words, network.mode,
			       "none, host, veth, user or join"),
	[TYPE_CIDRS] = { .name = "addresses",
			 .expects = "expected auto or addresses such as "
				    "10.0.0.2/24 or fd00::2/64",
			 .size = sizeof(struct items),
			 .shapes = IS_SCALAR | IS_LIST,
			 .read = read_items,
			 .check = check_cidr },
	[TYPE_MAC] = TEXT("mac", check_mac, "auto or a hardware address"),
	[TYPE_PUBLISH] =
		ITEMS("ports", check_publish, "[IP:]HOST:BOX[/udp] such as 8080:80"),
	[TYPE_ALLOW] = ITEMS("destinations", check_allow,
			     "CIDR, CIDR:PORT or NAME:PORT such as 10.0.0.0/8:443"),
	[TYPE_ADDRESSES] = ITEMS("addresses", check_address,
				 "an address such as 10.0.0.1 or fd00::1"),
	[TYPE_HOSTS] =
		ITEMS("hosts", check_host_line, "NAME:ADDRESS such as db:10.0.0.3"),
	[TYPE_RATE] =
		NUMBER("rate", parse_rate, 1, INT64_MAX, 0, "a rate such as 10mbit"),
	[TYPE_CPUS] = NUMBER("cpus", parse_cpus, 1, 8192000, 0,
			     "CPUs such as 1.5 or 150%, from 0.001 to 8192"),
	[TYPE_WEIGHT] =
		NUMBER("weight", parse_number, 1, 10000, 1, "a weight from 1 to 10000"),
	[TYPE_CPUSET] = TEXT("cpuset", parse_cpuset, "a list of CPUs such as 0-3,8"),
	[TYPE_SIZE] = NUMBER("size", parse_size, 1, INT64_MAX, 1, "a size such as 512M"),
	[TYPE_SIZE_MAX] = NUMBER("size", parse_size, 4096, INT64_MAX, WISH_MAX,
				 "a size from 4K on such as 512M, or max"),
	[TYPE_SIZE_SWAP] = NUMBER("size", parse_swap, 0, INT64_MAX, WISH_MAX,
				  "0, a size from 4K on such as 512M, or max"),
	[TYPE_SIZE_NONE] = NUMBER("size", parse_size, 1, INT64_MAX, 0,
				  "a size such as 512M, or max"),
	[TYPE_COUNT] = NUMBER("count", parse_count, 1, 4194304, WISH_MAX,
			      "a number from 1 to 4194304, or max"),
	[TYPE_ON_PIDS] =
		WORD("limits.on_pids", on_pids_words, limits.on_pids, "refuse or kill"),
	[TYPE_IO] = OWN("io", read_io, IS_LIST, SPAN(limits.io, limits.io_weight),
			"a list of maps with device and limits"),
	[TYPE_DURATION] = NUMBER("duration", parse_duration, 1, INT64_MAX, 0,
				 "a duration above 0 such as 10s or 2m30s, or max"),
	[TYPE_GRACE] = NUMBER("duration", parse_duration, 0, INT64_MAX, 0,
			      "a duration such as 2s or 500ms"),
	[TYPE_REFRESH] = NUMBER("duration", parse_duration, 1000000000u, 86400000000000u,
				0, "a duration from 1s to 24h"),
	[TYPE_ENFORCE] = WORD("limits.enforce", enforce_words, limits.enforce,
			      "strict or best-effort"),
	[TYPE_ON_LIMIT] = WORD("limits.on_limit", on_limit_words, limits.on_limit,
			       "kill or freeze"),
	[TYPE_RLIMITS] = OWN("rlimits", read_rlimits, IS_MAP, SPAN(rlimits, capabilities),
			     "a map of names and limits"),
	[TYPE_CAPS] = OWN("capabilities", read_caps, IS_LIST, sizeof(struct items),
			  "a list of capabilities"),
	[TYPE_SECCOMP] =
		OWN_WORDS("seccomp", read_seccomp, seccomp_words, IS_SCALAR | IS_MAP,
			  MEMBER_SIZE(seccomp),
			  "default, off or a map of allow, deny, errno, wx"),
	[TYPE_LANDLOCK] =
		WORD("landlock", landlock_words, landlock, "off, preferred or required"),
	[TYPE_BOOL] = OWN_WORDS("bool", read_bool, bool_words, IS_SCALAR,
				sizeof(bool), "true or false"),
	[TYPE_SYSCTLS] = MAP("sysctls", check_sysctl, check_line, "a map of NAME: VALUE"),
	[TYPE_LABELS] = MAP("labels", check_label, check_line, "a map of NAME: VALUE"),
};

const struct field_info field_info[FIELD_COUNT] = {
#define FIELD(id, key_, member, type_, default_, layer_, help_)      \
	[FIELD_##id] = { .key = key_,                                \
			 .key_len = sizeof(key_) - 1,                \
			 .offset = offsetof(struct profile, member), \
			 .type = &types[TYPE_##type_],               \
			 .fallback = default_,                       \
			 .layer = layer_,                            \
			 .help = help_ },
#include "profile/fields.def"
#undef FIELD
};
