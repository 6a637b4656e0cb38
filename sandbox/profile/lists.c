// SPDX-License-Identifier: GPL-3.0-or-later
/* lists.c - values with a grammar of their own: id maps, groups, rlimits, io,
 * capabilities, seccomp
 */
#include <errno.h>
#include <string.h>

#include "base/capname.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/names.h"
#include "base/parse.h"
#include "profile/internal.h"

/* --- user.map, user.groups --------------------------------------------------------- */

#define MAPS_MOST 340 /* lines the kernel takes (user_namespaces(7)) */

static bool overlaps(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a < (uint64_t)b + b_count && b < (uint64_t)a + a_count;
}

/* Lines of one map may not overlap on either side: the kernel refuses them without a
 * word */
static int check_overlap(struct loader *ld, const struct node *n, const struct idmap *v,
			 size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (overlaps(v[k].inside, v[k].count, v[i].inside, v[i].count) ||
		    overlaps(v[k].outside, v[k].count, v[i].outside, v[i].count))
			return wrong(ld, &n->at,
				     "'user.map' cannot be '%s': it overlaps line "
				     "%zu of the map",
				     n->text, k + 1);
	return 0;
}

int read_idmap(struct loader *ld, const struct field_info *f, const struct node *n)
{
	const struct name *words = f->type->words;
	struct profile *pf = ld->pf;
	struct parse_idmap line;
	int word = n->kind == NODE_SCALAR ? name_find(words, n->text) : -1;
	size_t i = 0;
	struct idmap *v;

	if (n->kind == NODE_SCALAR && word < 0)
		return wrong_value(ld, f->key, n, f->type->expects);
	pf->user.map = word >= 0 ? (enum user_map)word : MAP_LIST;
	pf->user.maps = NULL;
	pf->user.map_count = 0;
	if (word >= 0)
		return 0;
	if (!n->count || n->count > MAPS_MOST)
		return wrong(ld, &n->at, "'user.map' has %zu lines, expected 1 to %d",
			     n->count, MAPS_MOST);
	v = arena_alloc(ld->arena, n->count * sizeof(*v));
	if (!v)
		return no_memory(ld);
	for (const struct node *c = n->first; c; c = c->next, i++) {
		const char *why = f->type->expects;

		if (c->kind != NODE_SCALAR || parse_idmap(c->text, &line, &why))
			return wrong_value(ld, f->key, c, why);
		v[i] = (struct idmap){ line.inside, line.outside, line.count };
		if (check_overlap(ld, c, v, i))
			return -1;
	}
	pf->user.maps = v;
	pf->user.map_count = i;
	return 0;
}

#define GROUPS_MOST 32 /* room in struct plan_user */

int read_groups(struct loader *ld, const struct field_info *f, const struct node *n)
{
	const struct name *words = f->type->words;
	static const struct type group = { .expects =
						   "expected a list of numbers or names",
					   .check = check_id_name };
	int word = n->kind == NODE_SCALAR ? name_find(words, n->text) : -1;

	if (n->kind == NODE_SCALAR && word < 0)
		return wrong_value(ld, f->key, n, f->type->expects);
	if (n->count >= GROUPS_MOST)
		return wrong(ld, &n->at, "'user.groups' has more than %d entries",
			     GROUPS_MOST - 1);
	ld->pf->user.groups = word >= 0 ? (enum user_groups)word : GROUPS_LIST;
	ld->pf->user.group_list = (struct items){ 0 };
	return word >= 0 ? 0
			 : read_list_of(ld, f->key, n, &group, &ld->pf->user.group_list);
}

/* --- rlimits ----------------------------------------------------------------------- */

enum unit { UNIT_COUNT, UNIT_SIZE, UNIT_SECONDS, UNIT_NICE };

static const struct rlimit_name {
	const char *name;
	int resource;
	enum unit unit;
} rlimit_names[] = {
	{ "as", RLIMIT_AS, UNIT_SIZE },
	{ "core", RLIMIT_CORE, UNIT_SIZE },
	{ "cpu", RLIMIT_CPU, UNIT_SECONDS },
	{ "data", RLIMIT_DATA, UNIT_SIZE },
	{ "fsize", RLIMIT_FSIZE, UNIT_SIZE },
	{ "memlock", RLIMIT_MEMLOCK, UNIT_SIZE },
	{ "msgqueue", RLIMIT_MSGQUEUE, UNIT_SIZE },
	{ "nice", RLIMIT_NICE, UNIT_NICE },
	{ "nofile", RLIMIT_NOFILE, UNIT_COUNT },
	{ "nproc", RLIMIT_NPROC, UNIT_COUNT },
	{ "rtprio", RLIMIT_RTPRIO, UNIT_COUNT },
	{ "sigpending", RLIMIT_SIGPENDING, UNIT_COUNT },
	{ "stack", RLIMIT_STACK, UNIT_SIZE },
};

static const char *rlimit_next(size_t i, const void *arg)
{
	(void)arg;
	return i < ARRAY_SIZE(rlimit_names) ? rlimit_names[i].name : NULL;
}

static const struct rlimit_name *rlimit_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rlimit_names); i++)
		if (!strcmp(rlimit_names[i].name, name))
			return &rlimit_names[i];
	return NULL;
}

static int read_rlimit_value(const char *s, enum unit unit, uint64_t *out)
{
	uint64_t ns;

	if (!strcmp(s, "max")) {
		*out = WISH_MAX;
		return 0;
	}
	switch (unit) {
	case UNIT_SIZE:
		return parse_size(s, out, NULL);
	case UNIT_SECONDS:
		if (parse_duration(s, &ns, NULL) || ns % 1000000000u)
			return -1;
		*out = ns / 1000000000u;
		return 0;
	case UNIT_NICE:
		return parse_number_in(s, 0, 40, out);
	case UNIT_COUNT:
	default:
		return parse_number_in(s, 0, INT64_MAX, out);
	}
}

/* "SOFT:HARD", or one value for both */
static int read_rlimit(struct loader *ld, const struct rlimit_name *name,
		       const struct node *n, struct rlimit_wish *out)
{
	static const char *const expects[] = {
		[UNIT_COUNT] = "expected a number, max, or SOFT:HARD such as 1024:4096",
		[UNIT_SIZE] = "expected a size such as 64M, max, or SOFT:HARD",
		[UNIT_SECONDS] = "expected whole seconds such as 10s, max, or SOFT:HARD",
		[UNIT_NICE] =
			"expected 0 to 40 (20 less the nice value), max, or SOFT:HARD",
	};
	const char *colon = n->kind == NODE_SCALAR ? strchr(n->text, ':') : NULL;
	const char *key = arena_printf(ld->arena, "rlimits.%s", name->name);
	const char *soft = n->text;

	if (colon)
		soft = arena_copy(ld->arena, n->text, (size_t)(colon - n->text));
	if (!key || (colon && !soft))
		return no_memory(ld);
	if (n->kind != NODE_SCALAR || read_rlimit_value(soft, name->unit, &out->soft) ||
	    read_rlimit_value(colon ? colon + 1 : soft, name->unit, &out->hard))
		return wrong_value(ld, key, n, expects[name->unit]);
	if (out->soft > out->hard)
		return wrong_value(ld, key, n, "the soft limit is above the hard one");
	out->resource = name->resource;
	out->at = n->at;
	return 0;
}

int read_rlimits(struct loader *ld, const struct field_info *f, const struct node *n)
{
	size_t count = profile_defaults.rlimit_count;
	struct rlimit_wish *v = arena_alloc(ld->arena, (count + n->count) * sizeof(*v));

	if (!v)
		return no_memory(ld);
	memcpy(v, profile_defaults.rlimits, count * sizeof(*v));
	for (const struct node *c = n->first; c; c = c->next) {
		const struct rlimit_name *name = rlimit_find(c->key);
		const char *near = name ? NULL : name_near(c->key, rlimit_next, NULL);
		size_t i = 0;

		if (!name)
			return wrong(ld, &c->key_at, "unknown key '%s.%s'%s%s%s", f->key,
				     shown(ld, c->key), near ? ", did you mean '" : "",
				     near ? near : "", near ? "'" : "");
		/* null: the built-in default, which stands in v already where there is
		 * one */
		if (c->kind == NODE_NULL)
			continue;
		while (i < count && v[i].resource != name->resource)
			i++;
		if (read_rlimit(ld, name, c, &v[i]))
			return -1;
		count += i == count;
	}
	ld->pf->rlimits = v;
	ld->pf->rlimit_count = count;
	return 0;
}

/* --- limits.io --------------------------------------------------------------------- */

static int read_io_number(struct loader *ld, const struct node *n, struct io_wish *out)
{
	static const struct io_key {
		const char *name;
		size_t offset;
		bool is_size;
	} keys[] = {
		{ "read_bps", offsetof(struct io_wish, read_bps), true },
		{ "write_bps", offsetof(struct io_wish, write_bps), true },
		{ "read_iops", offsetof(struct io_wish, read_iops), false },
		{ "write_iops", offsetof(struct io_wish, write_iops), false },
	};
	const char *key = arena_printf(ld->arena, "limits.io.%s", shown(ld, n->key));
	uint64_t v;

	for (size_t i = 0; key && i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].name, n->key) != 0)
			continue;
		if (n->kind != NODE_SCALAR ||
		    (keys[i].is_size ? parse_size(n->text, &v, NULL)
				     : parse_number_in(n->text, 1, INT64_MAX, &v)) ||
		    !v)
			return wrong_value(
				ld, key, n,
				keys[i].is_size
					? "expected bytes a second such as 10M"
					: "expected operations a second such as 100");
		*(uint64_t *)((char *)out + keys[i].offset) = v == PARSE_MAX ? 0 : v;
		return 0;
	}
	return wrong(ld, &n->key_at,
		     "unknown key '%s', expected device, read_bps, write_bps, "
		     "read_iops or write_iops",
		     key ? key : "");
}

static int read_io_entry(struct loader *ld, const struct node *n, struct io_wish *out)
{
	const char *why = "expected a map with device";

	if (n->kind != NODE_MAP)
		return wrong_value(ld, "limits.io", n, why);
	out->at = n->at;
	for (const struct node *k = n->first; k; k = k->next) {
		if (strcmp(k->key, "device") != 0) {
			if (read_io_number(ld, k, out))
				return -1;
			continue;
		}
		if (k->kind != NODE_SCALAR || check_box_path(k->text, &why))
			return wrong_value(ld, "limits.io.device", k, why);
		out->device = k->text;
	}
	return out->device ? 0
			   : wrong(ld, &n->at,
				   "'limits.io' needs a device, such as "
				   "/dev/sda");
}

int read_io(struct loader *ld, const struct field_info *f, const struct node *n)
{
	struct io_wish *v = arena_alloc(ld->arena, (n->count + 1) * sizeof(*v));
	size_t i = 0;

	(void)f;
	if (!v)
		return no_memory(ld);
	for (const struct node *c = n->first; c; c = c->next)
		if (read_io_entry(ld, c, &v[i++]))
			return -1;
	ld->pf->limits.io = v;
	ld->pf->limits.io_count = i;
	return 0;
}

/* --- capabilities ------------------------------------------------------------------ */

#define CAP_SET "box-root" /* what podman gives to root in a container */

/* A name as profiles write it: upper case, with or without CAP_. The table is in lower
 * case; false also for a name that is. */
static bool cap_name(const char *s, char *out, size_t size)
{
	size_t i = 0;

	if (!strncmp(s, "CAP_", 4))
		s += 4;
	for (; s[i] && i + 1 < size; i++) {
		if (s[i] >= 'a' && s[i] <= 'z')
			return false;
		out[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32) : s[i];
	}
	out[i] = '\0';
	return !s[i] && name_find(capability_names, out) >= 0;
}

/* The nearest name, in upper case; NULL where nothing is near */
static const char *cap_near(struct loader *ld, const char *s)
{
	const char *near;
	char *lower = arena_copy(ld->arena, s, strlen(s));

	for (char *c = lower; c && *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
	if (!lower)
		return NULL;
	near = name_near_in(capability_names,
			    lower + (strncmp(lower, "cap_", 4) ? 0 : 4));
	lower = near ? arena_copy(ld->arena, near, strlen(near)) : NULL;
	for (char *c = lower; c && *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
	return lower;
}

static int read_cap(struct loader *ld, const struct node *n, struct item *out)
{
	const char *text = n->kind == NODE_SCALAR ? n->text : "";
	const char *near;
	char name[32];

	out->at = n->at;
	out->text = text;
	if (!strcmp(text, CAP_SET))
		return 0;
	if (cap_name(text, name, sizeof(name))) {
		if (strncmp(text, "CAP_", 4) != 0)
			out->text = arena_printf(ld->arena, "CAP_%s", text);
		return out->text ? 0 : no_memory(ld);
	}
	near = cap_near(ld, text);
	wrong_value(ld, "capabilities", n,
		    "expected names such as NET_BIND_SERVICE, or " CAP_SET);
	return near ? err_hint(ld->e, "did you mean '%s'", near) : -1;
}

int read_caps(struct loader *ld, const struct field_info *f, const struct node *n)
{
	struct item *v = arena_alloc(ld->arena, (n->count + 1) * sizeof(*v));
	size_t i = 0;

	(void)f;
	if (!v)
		return no_memory(ld);
	for (const struct node *c = n->first; c; c = c->next)
		if (read_cap(ld, c, &v[i++]))
			return -1;
	ld->pf->capabilities = (struct items){ v, i };
	return 0;
}

/* --- seccomp ----------------------------------------------------------------------- */

/* What a filter may sensibly answer with */
static const struct name errno_names[] = {
	{ "EPERM", EPERM },
	{ "ENOSYS", ENOSYS },
	{ "EACCES", EACCES },
	{ "EINVAL", EINVAL },
	{ "ENOENT", ENOENT },
	{ "EIO", EIO },
	{ "ENOMEM", ENOMEM },
	{ "EAGAIN", EAGAIN },
	{ "EROFS", EROFS },
	{ "ENODEV", ENODEV },
	{ "ENOTTY", ENOTTY },
	{ "ENXIO", ENXIO },
	{ "EBADF", EBADF },
	{ "EFAULT", EFAULT },
	{ "EBUSY", EBUSY },
	{ "ESRCH", ESRCH },
	{ "ENOTSUP", ENOTSUP },
	{ "EOPNOTSUPP", EOPNOTSUPP },
	{ "EAFNOSUPPORT", EAFNOSUPPORT },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "ENETUNREACH", ENETUNREACH },
	{ 0 },
};

/* Names of system calls and @sets; whether they exist is known to the layer's tables */
static int check_call(const char *s, const char **why)
{
	size_t at = *s == '@';

	if (!s[at] || s[at + strspn(s + at, "abcdefghijklmnopqrstuvwxyz0123456789_-")]) {
		*why = "expected a list of system calls or @sets";
		return -1;
	}
	return 0;
}

static int read_seccomp_key(struct loader *ld, const struct node *c)
{
	static const struct type calls = {
		.expects = "expected a list of system calls or @sets", .check = check_call
	};
	struct profile *pf = ld->pf;
	int number;

	if (!strcmp(c->key, "allow") || !strcmp(c->key, "deny")) {
		struct items *out =
			*c->key == 'a' ? &pf->seccomp.allow : &pf->seccomp.deny;

		if (c->kind == NODE_NULL)
			return 0;
		return read_list_of(ld, *c->key == 'a' ? "seccomp.allow" : "seccomp.deny",
				    c, &calls, out);
	}
	if (!strcmp(c->key, "errno")) {
		number = c->kind == NODE_SCALAR ? name_find(errno_names, c->text) : -1;
		if (number < 0 && c->kind != NODE_NULL)
			return wrong_value(ld, "seccomp.errno", c,
					   "expected the name of an error such as EPERM");
		pf->seccomp.error = number < 0 ? EPERM : number;
		return 0;
	}
	if (!strcmp(c->key, "wx")) {
		if (c->kind == NODE_SCALAR && strcmp(c->text, "deny") &&
		    strcmp(c->text, "allow"))
			return wrong_value(ld, "seccomp.wx", c, "expected deny or allow");
		pf->seccomp.wx_deny = c->kind == NODE_SCALAR && *c->text == 'd';
		return 0;
	}
	return wrong(ld, &c->key_at,
		     "unknown key 'seccomp.%s', expected allow, deny, errno or wx",
		     shown(ld, c->key));
}

int read_seccomp(struct loader *ld, const struct field_info *f, const struct node *n)
{
	struct profile *pf = ld->pf;

	pf->seccomp = profile_defaults.seccomp;
	if (n->kind == NODE_SCALAR) {
		if (strcmp(n->text, "default") && strcmp(n->text, "off"))
			return wrong_value(ld, f->key, n, f->type->expects);
		pf->seccomp.kind = *n->text == 'o' ? SECCOMP_OFF : SECCOMP_DEFAULT;
		return 0;
	}
	pf->seccomp.kind = SECCOMP_CUSTOM;
	for (const struct node *c = n->first; c; c = c->next)
		if (read_seccomp_key(ld, c))
			return -1;
	return 0;
}
