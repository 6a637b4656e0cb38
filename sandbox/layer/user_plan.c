// SPDX-License-Identifier: GPL-3.0-or-later
/* user_plan.c - who the payload is: ids inside, what they are outside, groups
 *
 * Theory. An id inside is real only where the map gives it one outside. An ordinary user
 * has the right to one: their own (MAP_BY_INSIDE); with lines in /etc/subuid to a range
 * more, written by the setuid helpers newuidmap and newgidmap (2.9 ms, so only where the
 * profile needs it). Root may map anything and gets a range of 65536 that is nobody's, so
 * that root in a box is never root on the host (CR-13).
 *
 * In a rootless range the caller's own id stands at the payload's id: what the payload
 * writes into a bound directory is the caller's; all other ids come from the range.
 */
#include "layer/user_plan.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "host/passwd.h"
#include "layer/where.h"

#define RANGE 65536u
/* Root without lines in /etc/subuid: above systemd's container range, below 2^31 */
#define ROOT_BASE 1879048192u
#define NO_ID UINT32_MAX
#define OVERFLOW_ID 65534u

/* A number is never looked up as a name, whatever it is (CVE-2026-46680). NO_ID and @e
 * where it is none that can be */
static uint32_t number_id(const char *text, const char *key, struct err *e)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (!*end && n < NO_ID && end - text <= 10)
		return (uint32_t)n;
	err_set(e, "'user.%s' is '%s': expected a number below 4294967295", key, text);
	return NO_ID;
}

static bool is_number(const char *text)
{
	return *text >= '0' && *text <= '9';
}

/* /etc/passwd or /etc/group as the box will have it, of a tree that may be hostile */
static const char *read_list(const struct profile *pf, struct host *h, const char *path)
{
	bool own = pf->root.from == ROOT_DIRECTORY && pf->root.path;

	return own ? host_read_in(h, pf->root.path, path + 1) : host_read(h, path);
}

static int no_such(const struct profile *pf, const char *key, const char *name,
		   const char *path, struct err *e)
{
	bool own = pf->root.from == ROOT_DIRECTORY && pf->root.path;

	return err_set(e, "'user.%s': no '%s' in '%s%s'", key, name,
		       own ? pf->root.path : "", path);
}

static int resolve_user(const struct profile *pf, struct host *h, struct plan_user *u,
			struct err *e)
{
	const char *name = pf->user.id, *list;
	struct host_passwd pw;

	if (is_number(name)) {
		u->uid = u->gid = number_id(name, "id", e);
		return u->uid == NO_ID ? -1 : 0;
	}
	list = read_list(pf, h, "/etc/passwd");
	if (list && host_passwd_by_name(list, strlen(list), name, &pw)) {
		u->uid = pw.uid;
		u->gid = pw.gid;
		return 0;
	}
	u->uid = u->gid = 0;
	return strcmp(name, "root") ? no_such(pf, "id", name, "/etc/passwd", e) : 0;
}

/* NO_ID and @e where there is no such group */
static uint32_t resolve_group(const struct profile *pf, struct host *h, const char *name,
			      struct err *e)
{
	struct host_group gr;
	const char *list;

	if (is_number(name))
		return number_id(name, "group", e);
	list = read_list(pf, h, "/etc/group");
	if (list && host_group_by_name(list, strlen(list), name, &gr))
		return gr.gid;
	if (!strcmp(name, "root"))
		return 0;
	no_such(pf, "group", name, "/etc/group", e);
	return NO_ID;
}

static int plan_ids(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e)
{
	struct plan_user *u = &pl->user;

	/* Without a map of its own the box can only have ids that the host has */
	if (pf->root.from == ROOT_HOST || u->order == USER_NONE) {
		u->uid = host_uid(h);
		u->gid = host_gid(h);
	} else if (pf->root.from == ROOT_DIRECTORY) {
		u->uid = u->gid = 0;
	} else {
		u->uid = u->gid = 1000;
	}
	if (pf->user.id && resolve_user(pf, h, u, e) < 0)
		return -1;
	if (pf->user.group)
		u->gid = resolve_group(pf, h, pf->user.group, e);
	return u->gid == NO_ID ? -1 : 0;
}

static void add_map(struct plan *pl, struct plan_list *list, uint32_t inside,
		    uint32_t outside, uint32_t count)
{
	struct plan_map *m;

	if (!count)
		return;
	m = plan_append(pl, list, sizeof(*m));
	m->inside = inside;
	m->outside = outside;
	m->count = count;
}

/* The caller stands at @id; what is left of 0..65535 comes from the ranges, in order */
static void map_around(struct plan *pl, struct plan_list *list, uint32_t id,
		       const struct host_range *ranges, size_t count)
{
	uint32_t inside = 0;

	for (size_t r = 0; r < count; r++) {
		uint32_t first = ranges[r].first, left = ranges[r].count;

		while (left && inside < RANGE) {
			uint32_t stop = inside < id ? id : RANGE;
			uint32_t n = left < stop - inside ? left : stop - inside;

			if (inside == id) {
				inside++;
				continue;
			}
			add_map(pl, list, inside, first, n);
			first += n;
			left -= n;
			inside += n;
		}
	}
}

static int plan_subids(struct host *h, struct plan *pl, struct err *e)
{
	const struct host_range *uids, *gids;
	struct plan_user *u = &pl->user;
	size_t nu = host_subids(h, false, &uids), ng = host_subids(h, true, &gids);
	const char *newuidmap = host_program(h, "newuidmap");
	const char *newgidmap = host_program(h, "newgidmap");

	if (!nu || !ng) {
		err_set(e,
			"'user.map: subids' needs lines for '%s' in /etc/subuid and "
			"/etc/subgid",
			host_user(h));
		return err_hint(
			e,
			"as root: usermod --add-subuids 100000-165535 --add-subgids "
			"100000-165535 %s",
			host_user(h));
	}
	if (!newuidmap || !newgidmap) {
		err_set(e, "'user.map: subids' needs newuidmap and newgidmap");
		return err_hint(e, "as root: apt-get install uidmap");
	}
	u->writer = MAP_BY_HELPERS;
	u->newuidmap = plan_put(pl, newuidmap);
	u->newgidmap = plan_put(pl, newgidmap);
	add_map(pl, &u->uid_map, u->uid, host_uid(h), 1);
	add_map(pl, &u->gid_map, u->gid, host_gid(h), 1);
	map_around(pl, &u->uid_map, u->uid, uids, nu);
	map_around(pl, &u->gid_map, u->gid, gids, ng);
	return 0;
}

static void plan_root_range(struct host *h, struct plan *pl)
{
	const struct host_range *uids, *gids;
	struct plan_user *u = &pl->user;
	size_t nu = host_subids(h, false, &uids), ng = host_subids(h, true, &gids);
	bool own = nu && ng && uids[0].count >= RANGE && gids[0].count >= RANGE;

	u->writer = MAP_BY_KEEPER;
	add_map(pl, &u->uid_map, 0, own ? uids[0].first : ROOT_BASE, RANGE);
	add_map(pl, &u->gid_map, 0, own ? gids[0].first : ROOT_BASE, RANGE);
}

static int plan_list_map(const struct profile *pf, struct host *h, struct plan *pl,
			 struct err *e)
{
	struct plan_user *u = &pl->user;

	for (size_t i = 0; i < pf->user.map_count; i++) {
		const struct idmap *m = &pf->user.maps[i];

		add_map(pl, &u->uid_map, m->inside, m->outside, m->count);
		add_map(pl, &u->gid_map, m->inside, m->outside, m->count);
	}
	if (u->order == USER_LAST) {
		u->writer = MAP_BY_KEEPER;
		return 0;
	}
	/* One's own id alone needs nobody's help */
	if (pf->user.map_count == 1 && pf->user.maps[0].count == 1 &&
	    pf->user.maps[0].outside == host_uid(h) && host_uid(h) == host_gid(h)) {
		u->writer = MAP_BY_INSIDE;
		return 0;
	}
	u->writer = MAP_BY_HELPERS;
	u->newuidmap = plan_put(pl, host_program(h, "newuidmap"));
	u->newgidmap = plan_put(pl, host_program(h, "newgidmap"));
	if (!u->newuidmap || !u->newgidmap) {
		err_set(e, "a 'user.map' list needs newuidmap and newgidmap for an "
			   "ordinary user");
		return err_hint(e, "as root: apt-get install uidmap");
	}
	return 0;
}

static bool is_mapped(const struct plan *pl, const struct plan_list *list, uint32_t id)
{
	for (const struct plan_map *m = NULL; (m = plan_each(pl, list, m));)
		if (id >= m->inside && id - m->inside < m->count)
			return true;
	return false;
}

static int plan_map(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e)
{
	struct plan_user *u = &pl->user;
	enum user_map how = pf->user.map;

	if (how == MAP_NONE)
		return err_set(e, "'user.map: none' goes with 'namespaces' without user");
	if (how == MAP_LIST) {
		if (plan_list_map(pf, h, pl, e) < 0)
			return -1;
	} else if (how == MAP_SUBIDS && u->order == USER_FIRST) {
		if (plan_subids(h, pl, e) < 0)
			return -1;
	} else if (how != MAP_SINGLE && u->order == USER_LAST) {
		plan_root_range(h, pl);
	} else {
		u->writer = MAP_BY_INSIDE;
		add_map(pl, &u->uid_map, u->uid, host_uid(h), 1);
		add_map(pl, &u->gid_map, u->gid, host_gid(h), 1);
	}
	if (!is_mapped(pl, &u->uid_map, u->uid) || !is_mapped(pl, &u->gid_map, u->gid))
		return err_set(e, "user %u, group %u inside: the id map has no such id",
			       u->uid, u->gid);
	/* 65534 is what unmapped owners look like:
	 * the payload would seem to own them all */
	if ((u->uid == OVERFLOW_ID && !is_mapped(pl, &u->uid_map, 0)) ||
	    (u->gid == OVERFLOW_ID && !is_mapped(pl, &u->gid_map, 0)))
		return err_set(
			e,
			"user 65534 inside is what unmapped ids look like: take another");
	return 0;
}

/* Init runs as an id of its own where the map has one to spare */
static void plan_init_id(struct plan *pl)
{
	struct plan_user *u = &pl->user;
	uint32_t spare = u->uid == RANGE - 3 ? RANGE - 4 : RANGE - 3;

	u->init_uid = u->uid;
	u->init_gid = u->gid;
	if (is_mapped(pl, &u->uid_map, spare) && is_mapped(pl, &u->gid_map, spare))
		u->init_uid = u->init_gid = spare;
}

static int add_group(const struct profile *pf, struct host *h, struct plan *pl,
		     const char *name, struct err *e)
{
	struct plan_user *u = &pl->user;
	uint32_t id;

	id = resolve_group(pf, h, name, e);
	if (id == NO_ID)
		return -1;
	if (u->order != USER_NONE && !is_mapped(pl, &u->gid_map, id))
		return err_set(e, "'user.groups': group %u inside is not in the id map",
			       id);
	if (u->group_count == ARRAY_SIZE(u->group))
		return err_set(e, "'user.groups': at most %zu groups",
			       ARRAY_SIZE(u->group));
	u->group[u->group_count++] = id;
	return 0;
}

static int plan_groups(const struct profile *pf, struct host *h, struct plan *pl,
		       struct err *e)
{
	struct plan_user *u = &pl->user;
	const gid_t *mine;
	size_t have = host_groups(h, &mine);
	bool can = u->order == USER_LAST || u->writer != MAP_BY_INSIDE ||
		   (u->order == USER_NONE && host_is_root(h));

	u->groups = can ? PLAN_GROUPS_SET : PLAN_GROUPS_KEPT;
	u->deny_setgroups = u->order == USER_FIRST && !can;
	if (u->order == USER_NONE && !host_is_root(h))
		u->groups = PLAN_GROUPS_KEPT;
	u->group[0] = u->gid;
	u->group_count = 1;
	if (!can && have && pf->user.groups != GROUPS_AUTO) {
		err_set(e, "'user.groups': the kernel lets nobody drop groups with a "
			   "single id");
		return err_hint(
			e,
			"add 'user: {map: subids}', or start nook without extra groups");
	}
	if (!can && have)
		plan_say(
			pl, "user", FACT_UNENFORCED, "user.groups",
			"%zu supplementary groups of the caller stay in force: with one "
			"id the "
			"kernel does not let them be dropped ('user: {map: subids}' can)",
			have);
	if (pf->user.groups == GROUPS_LIST) {
		if (!can)
			return err_set(e, "'user.groups' with a list needs more than one "
					  "mapped id");
		for (size_t i = 0; i < pf->user.group_list.count; i++)
			if (add_group(pf, h, pl, pf->user.group_list.v[i].text, e) < 0)
				return -1;
	}
	return 0;
}

/* No user namespace: as root by an explicit wish only; else only a profile without walls
 * that would need one */
static int plan_without(const struct profile *pf, struct host *h, struct plan *pl,
			struct err *e)
{
	pl->user.order = USER_NONE;
	if (!host_is_root(h)) {
		if (!pf->namespaces)
			return 0;
		err_set(e, "'namespaces' without user: only root can make the others");
		return err_hint(e, "add user to 'namespaces', or run as root");
	}
	if (pf->namespaces && pf->user.map != MAP_NONE) {
		err_set(e, "'namespaces' without user as root gives the box the host's "
			   "root ids");
		return err_hint(e, "if that is wanted, say so: 'user: {map: none}'");
	}
	if (pf->namespaces)
		plan_say(pl, "user", FACT_WARNING, "namespaces",
			 "no user namespace: ids inside are the host's ids");
	return 0;
}

static void say_ids(const struct profile *pf, struct plan *pl)
{
	static const char *const writers[] = { "one id", "a range",
					       "a range of subordinate ids" };
	const struct plan_user *u = &pl->user;
	char where[ORIGIN_SIZE];

	plan_fact(pl, "user", "user.id", origin_text(pf, FIELD_user_id, where), "%u",
		  u->uid);
	plan_fact(pl, "user", "user.group", origin_text(pf, FIELD_user_group, where),
		  "%u", u->gid);
	if (u->order == USER_NONE)
		return;
	plan_fact(pl, "user", "user.map", origin_text(pf, FIELD_user_map, where), "%s",
		  writers[u->writer]);
	for (const struct plan_map *m = NULL; (m = plan_each(pl, &u->uid_map, m));)
		plan_fact(pl, "user", "uid map", NULL, "%u inside is %u outside, %u id%s",
			  m->inside, m->outside, m->count, m->count == 1 ? "" : "s");
	plan_fact(pl, "user", "nested_namespaces",
		  origin_text(pf, FIELD_nested_namespaces, where), "%s",
		  u->lock_nesting ? "false" : "true");
}

int user_plan(const struct profile *pf, struct host *h, struct plan *pl, struct err *e)
{
	struct plan_user *u = &pl->user;

	if (!(pf->namespaces & NS_USER)) {
		if (plan_without(pf, h, pl, e) < 0 || plan_ids(pf, h, pl, e) < 0)
			return -1;
		u->init_uid = u->uid;
		u->init_gid = u->gid;
		say_ids(pf, pl);
		return plan_groups(pf, h, pl, e);
	}
	u->order = host_is_root(h) ? USER_LAST : USER_FIRST;
	u->lock_nesting = !pf->nested_namespaces;
	if (u->order == USER_FIRST)
		pl->clone_flags |= CLONE_NEWUSER;
	if (plan_ids(pf, h, pl, e) < 0 || plan_map(pf, h, pl, e) < 0 ||
	    plan_groups(pf, h, pl, e) < 0)
		return -1;
	plan_init_id(pl);
	say_ids(pf, pl);
	return 0;
}
