// SPDX-License-Identifier: GPL-3.0-or-later
/* check.c - what no single field can tell: fields that need, bring or exclude each other
 *
 * Only what is wrong on every machine. What depends on the kernel or on who runs it is
 * decided by the layers when they plan.
 */
#include <string.h>
#include <sys/resource.h>

#include "base/err.h"
#include "profile/internal.h"

/* As the kernel begins with (_STK_LIM): mappings lie below the room for the stack */
#define SAME_STACK (8u << 20)

/* The place to blame: where @a was set, else @b */
static const struct origin *where(const struct profile *pf, enum field a, enum field b)
{
	return profile_is_set(pf, a) ? &pf->origin[a] : &pf->origin[b];
}

static int bring_stack(struct loader *ld)
{
	struct profile *pf = ld->pf;
	size_t n = pf->rlimit_count;
	struct rlimit_wish *v;

	for (size_t i = 0; i < n; i++)
		if (pf->rlimits[i].resource == RLIMIT_STACK)
			return 0;
	v = arena_alloc(ld->arena, (n + 1) * sizeof(*v));
	if (!v)
		return no_memory(ld);
	memcpy(v, pf->rlimits, n * sizeof(*v));
	v[n] = (struct rlimit_wish){ .resource = RLIMIT_STACK,
				     .soft = SAME_STACK,
				     .hard = WISH_MAX };
	pf->rlimits = v;
	pf->rlimit_count = n + 1;
	return 0;
}

/* First: what it brings is checked as if it were written */
static int check_reproducible(struct loader *ld)
{
	struct profile *pf = ld->pf;
	enum field clock =
		pf->time.boottime < 0 ? FIELD_time_boottime : FIELD_time_monotonic;

	if (!pf->reproducible)
		return 0;
	pf->namespaces |= NS_TIME;
	if (pf->time.boottime < 0 || pf->time.monotonic < 0)
		return wrong(ld, &pf->origin[clock],
			     "'%s' is below 0, where 'reproducible' has that clock begin",
			     field_name(clock));
	return bring_stack(ld);
}

static int check_root(struct loader *ld)
{
	const struct profile *pf = ld->pf;

	if (pf->root.from == ROOT_DIRECTORY && !pf->root.path)
		return wrong(ld, &pf->origin[FIELD_root_from],
			     "'root.from: directory' needs 'root.path'");
	if (pf->root.from != ROOT_DIRECTORY && pf->root.path) {
		wrong(ld, &pf->origin[FIELD_root_path],
		      "'root.path' is for 'root.from: directory' only");
		return err_hint(ld->e,
				"set root.path to null where root.from is changed");
	}
	if (!(pf->namespaces & NS_MOUNT) &&
	    (pf->root.from == ROOT_SYSTEM || pf->root.from == ROOT_EMPTY))
		return wrong(ld, where(pf, FIELD_namespaces, FIELD_root_from),
			     "'root.from: %s' needs the mount namespace",
			     pf->root.from == ROOT_SYSTEM ? "system" : "empty");
	if (!(pf->namespaces & NS_MOUNT) && pf->mount_count)
		return wrong(ld, &pf->mounts[0].at, "'mounts' needs the mount namespace");
	return 0;
}

static int check_user(struct loader *ld)
{
	const struct profile *pf = ld->pf;
	bool has_user = pf->namespaces & NS_USER;

	/* Running as oneself on the host must be asked for twice (CR-16) */
	if (!has_user && pf->user.map != MAP_NONE) {
		wrong(ld, where(pf, FIELD_namespaces, FIELD_user_map),
		      "'namespaces' leaves out user, but 'user.map' is not none");
		return err_hint(ld->e,
				"without a user namespace the command runs as you on the "
				"host: say so with 'user: {map: none}'");
	}
	if (has_user && pf->user.map == MAP_NONE)
		return wrong(ld, &pf->origin[FIELD_user_map],
			     "'user.map: none' needs 'namespaces' without user");
	return 0;
}

/* Values that live in a namespace mean the host's where the box has none of its own */
static int check_namespaces(struct loader *ld)
{
	static const struct need {
		enum field field;
		uint32_t ns;
		const char *name;
	} needs[] = {
		{ FIELD_hostname, NS_UTS, "uts" },
		{ FIELD_time_boottime, NS_TIME, "time" },
		{ FIELD_time_monotonic, NS_TIME, "time" },
	};
	const struct profile *pf = ld->pf;

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (profile_is_set(pf, needs[i].field) &&
		    !(pf->namespaces & needs[i].ns)) {
			wrong(ld, &pf->origin[needs[i].field],
			      "'%s' needs the %s namespace", field_name(needs[i].field),
			      needs[i].name);
			if (stops(ld))
				return -1;
		}
	if (pf->init == INIT_NONE && profile_is_set(pf, FIELD_init) &&
	    !(pf->namespaces & NS_PID))
		return wrong(ld, &pf->origin[FIELD_init],
			     "'init: none' needs the pid namespace");
	return 0;
}

static int check_sysctls(struct loader *ld)
{
	const struct profile *pf = ld->pf;
	bool own_net = (pf->namespaces & NS_NET) && pf->network.mode != NET_HOST;

	for (size_t i = 0; i < pf->sysctls.count; i++) {
		const struct item *it = &pf->sysctls.v[i];
		bool is_net = !strncmp(it->key, "net.", 4);

		if (is_net ? own_net : pf->namespaces & NS_IPC)
			continue;
		wrong(ld, &it->at, "'sysctls.%s' needs %s", it->key,
		      is_net ? "a network of the box's own" : "the ipc namespace");
		if (stops(ld))
			return -1;
	}
	return 0;
}

static int check_network(struct loader *ld)
{
	const struct profile *pf = ld->pf;
	enum net_mode mode = pf->network.mode;

	if (mode == NET_JOIN && !pf->network.join)
		return wrong(ld, &pf->origin[FIELD_network_mode],
			     "'network.mode: join' needs 'network.join'");
	if (mode != NET_NONE && mode != NET_HOST && !(pf->namespaces & NS_NET))
		return wrong(ld, &pf->origin[FIELD_network_mode],
			     "'network.mode' needs the net namespace");
	return 0;
}

static int check_limits(struct loader *ld)
{
	const struct profile *pf = ld->pf;

	if (pf->limits.memory && pf->limits.memory_high > pf->limits.memory &&
	    pf->limits.memory_high != WISH_MAX)
		return wrong(ld, &pf->origin[FIELD_limits_memory_high],
			     "'limits.memory_high' is above 'limits.memory'");
	return 0;
}

int profile_check(struct loader *ld)
{
	static int (*const checks[])(struct loader *ld) = {
		check_reproducible, check_root,	   check_user,	 check_namespaces,
		check_sysctls,	    check_network, check_limits,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if (checks[i](ld) && stops(ld))
			return -1;
	return 0;
}
