// SPDX-License-Identifier: GPL-3.0-or-later
/* script_user.c - ids as unshare(1), nsenter(1) and setpriv(1)
 *
 * Theory. mount(8) wants uid 0, the payload mostly has another one. Rootless with one id
 * the script makes two user namespaces: in the first the caller is uid 0 and builds the
 * box, the second, made last, maps that 0 to the payload's id. With a range, and as root,
 * a process holds a namespace while its maps are written; descriptor 9 keeps it when that
 * has gone.
 */
#include <sched.h>

#include "layer/layer.h"
#include "layer/script.h"
#include "layer/user_plan.h"

#define HELD "/proc/self/fd/9"

/* One id for each and not 0: the second namespace has to map it */
static bool has_second(const struct plan *pl)
{
	const struct plan_user *u = &pl->user;

	return u->writer == MAP_BY_INSIDE &&
	       (u->order == USER_LAST || (u->order == USER_FIRST && (u->uid || u->gid)));
}

static bool maps_zero(const struct plan *pl, const struct plan_list *map)
{
	for (const struct plan_map *m = NULL; (m = plan_each(pl, map, m));)
		if (m->inside == 0)
			return true;
	return false;
}

static void add_helper(const struct plan *pl, struct script *sc, const char *program,
		       const struct plan_list *map)
{
	struct text *t = &sc->place[SCRIPT_HOST];

	text_addf(t, "%s \"$holder\"", program);
	for (const struct plan_map *m = NULL; (m = plan_each(pl, map, m));)
		text_addf(t, " %u %u %u", m->inside, m->outside, m->count);
	text_addc(t, '\n');
}

/* The kernel takes a map in one write(2): printf(1) of a shell writes all of it at once
 */
static void add_write(const struct plan *pl, struct script *sc, const char *file,
		      const struct plan_list *map)
{
	struct text *t = &sc->place[SCRIPT_HOST];

	text_add(t, "printf '");
	for (const struct plan_map *m = NULL; (m = plan_each(pl, map, m));)
		text_addf(t, "%u %u %u\\n", m->inside, m->outside, m->count);
	text_addf(t, "' > \"/proc/$holder/%s\"\n", file);
}

static void add_holder(const struct plan *pl, struct script *sc)
{
	const struct plan_user *u = &pl->user;

	script_line(sc, SCRIPT_HOST,
		    "# a process holds the user namespace until its maps stand");
	script_line(sc, SCRIPT_HOST, "unshare --user sleep 60 &");
	script_line(sc, SCRIPT_HOST, "holder=$!");
	script_line(sc, SCRIPT_HOST,
		    "until [ \"$(readlink \"/proc/$holder/ns/user\")\" != "
		    "\"$(readlink /proc/self/ns/user)\" ]; do sleep 0.01; done");
	if (u->writer == MAP_BY_HELPERS) {
		add_helper(pl, sc, "newuidmap", &u->uid_map);
		add_helper(pl, sc, "newgidmap", &u->gid_map);
	} else {
		add_write(pl, sc, "uid_map", &u->uid_map);
		add_write(pl, sc, "gid_map", &u->gid_map);
	}
	if (u->lock_nesting)
		script_line(sc, SCRIPT_HOST,
			    "nsenter --target \"$holder\" --user "
			    "sh -c 'cd /proc/sys/user && "
			    "echo 0 > max_user_namespaces &&\n"
			    "\techo " USER_INOTIFY_MOST
			    " > max_inotify_instances'");
	script_line(sc, SCRIPT_HOST, "exec 9< \"/proc/$holder/ns/user\"");
	script_line(sc, SCRIPT_HOST, "kill \"$holder\"");
}

void script_user_make(const struct plan *pl, struct script *sc)
{
	const struct plan_user *u = &pl->user;

	if (u->order == USER_NONE)
		return;
	if (u->writer != MAP_BY_INSIDE) {
		if (!maps_zero(pl, &u->uid_map) || !maps_zero(pl, &u->gid_map)) {
			script_line(sc, SCRIPT_NOTE,
				    "an id map without id 0: nsenter(1) cannot "
				    "enter it with its rights; this script stops");
			script_line(sc, SCRIPT_HOST,
				    "echo 'this id map has no id 0' >&2; exit 125");
			return;
		}
		add_holder(pl, sc);
		if (u->order == USER_FIRST) {
			script_words(sc, SCRIPT_ENTER, "nsenter --user=" HELD);
			script_line(sc, SCRIPT_INSIDE, "exec 9<&-");
		}
		return;
	}
	if (u->order == USER_LAST)
		return;
	script_words(sc, SCRIPT_UNSHARE, "--user --map-root-user");
	if (u->lock_nesting) {
		script_line(sc, SCRIPT_INSIDE, "# user namespaces below this one: %s",
			    has_second(pl) ? "one, for the last step" : "none");
		script_line(sc, SCRIPT_INSIDE,
			    "echo %d > /proc/sys/user/max_user_namespaces",
			    has_second(pl));
		script_line(sc, SCRIPT_INSIDE,
			    "echo " USER_INOTIFY_MOST
			    " > /proc/sys/user/max_inotify_instances");
	}
}

const char *script_user_program(const struct plan *pl)
{
	return has_second(pl)			? " unshare" :
	       pl->user.order == USER_LAST ? " nsenter" :
						  "";
}

void script_user_enter(const struct plan *pl, struct script *sc)
{
	const struct plan_user *u = &pl->user;

	if (has_second(pl)) {
		script_words(sc, SCRIPT_EXEC,
			     "\\\n\tunshare --user --map-user=%u --map-group=%u "
			     "--keep-caps",
			     u->uid, u->gid);
		if (u->order == USER_LAST && u->lock_nesting)
			script_line(sc, SCRIPT_NOTE,
				    "no user namespaces inside the box: its "
				    "counter cannot be written any more");
	} else if (u->order == USER_LAST) {
		script_words(sc, SCRIPT_EXEC,
			     "\\\n\tnsenter --user=" HELD
			     " sh -c 'exec 9<&-; exec \"$@\"' sh");
	}
}

void script_ids(const struct plan *pl, struct script *sc)
{
	const struct plan_user *u = &pl->user;
	bool change = u->order != USER_NONE && u->writer != MAP_BY_INSIDE;

	if (change)
		script_words(sc, SCRIPT_EXEC, "--reuid=%u --regid=%u", u->uid, u->gid);
	if (u->groups != PLAN_GROUPS_SET || (!change && u->order != USER_NONE)) {
		if (change)
			script_words(sc, SCRIPT_EXEC, "--keep-groups");
		return;
	}
	script_words(sc, SCRIPT_EXEC, "--groups=");
	for (uint32_t i = 0; i < u->group_count; i++)
		text_addf(&sc->place[SCRIPT_EXEC], "%s%u", i ? "," : "", u->group[i]);
}
