// SPDX-License-Identifier: GPL-3.0-or-later
/* env.c - what the command starts with: variables, directory, umask, descriptors
 *
 * From the caller's environment passes what a terminal and a language need, and what the
 * profile names; variables of the loader (LD_*) and nook's own never do: they are for
 * programs of the host.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "base/text.h"
#include "layer/change.h"
#include "layer/env_fds.h"
#include "layer/layer.h"
#include "layer/script.h"
#include "layer/where.h"

#define PATH_OF_ROOT  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PATH_OF_USERS "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

/* What passes from the caller without being named; a trailing * stands for any end */
static const char *const passing[] = { "TERM", "LANG", "LC_*", "TZ" };
static const char *const never_passing[] = { "LD_*", "NOOK_*" };

/* --- variables ---------------------------------------------------------------------- */

/** struct vars - The environment while it is put together: what comes later wins */
struct vars {
	struct var {
		char *key;
		const char *value;
	} * v;
	size_t count;
	bool failed;
};

static void vars_release(struct vars *vs)
{
	for (size_t i = 0; i < vs->count; i++)
		free(vs->v[i].key);
	free(vs->v);
}

/* @value NULL removes it; texts are borrowed, names copied */
static void vars_set(struct vars *vs, const char *key, size_t len, const char *value)
{
	struct var *v;

	for (size_t i = 0; i < vs->count; i++) {
		if (strncmp(vs->v[i].key, key, len) || vs->v[i].key[len])
			continue;
		vs->v[i].value = value;
		return;
	}
	if (!value)
		return;
	v = realloc(vs->v, (vs->count + 1) * sizeof(*v));
	if (v) {
		vs->v = v;
		v[vs->count] = (struct var){ strndup(key, len), value };
		vs->count += v[vs->count].key != NULL;
	}
	vs->failed |= !v || !v[vs->count - 1].key;
}

static void vars_put(struct vars *vs, const char *key, const char *value)
{
	vars_set(vs, key, strlen(key), value);
}

static bool matches(const char *name, size_t len, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(list[i]);

		if (list[i][n - 1] == '*' ? len >= n - 1 && !strncmp(name, list[i], n - 1)
					  : len == n && !strncmp(name, list[i], n))
			return true;
	}
	return false;
}

static int pass_named(const struct profile *pf, struct host *h, struct vars *vs,
		      struct err *e)
{
	for (size_t i = 0; i < pf->environment_pass.count; i++) {
		const char *name = pf->environment_pass.v[i].text;
		const char *value = host_env(h, name);

		if (matches(name, strlen(name), never_passing,
			    ARRAY_SIZE(never_passing))) {
			err_set(e, "'environment_pass': '%s' never passes", name);
			return err_hint(
				e,
				"give it a value in 'environment' if the command needs "
				"one");
		}
		if (value)
			vars_put(vs, name, value);
	}
	return 0;
}

static void pass_usual(struct host *h, struct vars *vs)
{
	for (char *const *v = host_environ(h); v && *v; v++) {
		const char *equal = strchr(*v, '=');
		size_t len = equal ? (size_t)(equal - *v) : 0;

		if (len && matches(*v, len, passing, ARRAY_SIZE(passing)))
			vars_set(vs, *v, len, equal + 1);
	}
}

/* Home and name as the box's passwd has them; the tree's own where nook makes none */
static const char *home_inside(const struct profile *pf, struct host *h,
			       const struct plan *pl)
{
	if (pl->tree.home)
		return plan_text(pl, pl->tree.home);
	if (pf->root.from == ROOT_HOST || pl->tree.root == PLAN_ROOT_NONE)
		return host_home(h);
	return pl->user.uid ? "/" : "/root";
}

static const char *name_inside(const struct profile *pf, struct host *h,
			       const struct plan *pl)
{
	if (pl->tree.user_name)
		return plan_text(pl, pl->tree.user_name);
	if (pf->root.from == ROOT_HOST || pl->tree.root == PLAN_ROOT_NONE)
		return host_user(h);
	return pl->user.uid ? "nook" : "root";
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len >= n && !strcmp(s + len - n, end);
}

/* In the place of what the caller has */
static void put_fixed(struct vars *vs)
{
	vars_put(vs, "SHELL", "/bin/sh");
	vars_put(vs, "LANG", "C.UTF-8");
	vars_put(vs, "TZ", "UTC");
}

static int plan_vars(const struct profile *pf, struct host *h, const char *shell,
		     struct plan *pl, struct err *e)
{
	__attribute__((cleanup(vars_release))) struct vars vs = { 0 };
	char prompt[128];

	vars_put(&vs, "PATH", pl->user.uid ? PATH_OF_USERS : PATH_OF_ROOT);
	vars_put(&vs, "HOME", home_inside(pf, h, pl));
	vars_put(&vs, "USER", name_inside(pf, h, pl));
	vars_put(&vs, "LOGNAME", name_inside(pf, h, pl));
	vars_put(&vs, "SHELL", shell);
	/* systemd and its like ask for it where they are pid 1 (systemd.io, CONTAINER
	 * INTERFACE): they leave to the host what is the host's */
	if (pl->session.init_none)
		vars_put(&vs, "container", "nook");
	if (!pf->command.count) {
		/* sh and bash expand it each time; Debian's bashrc shows the other one;
		 * zsh has words of its own; fish shows the host name */
		snprintf(prompt, sizeof(prompt), "(nook:%s) %s ",
			 pf->name ? pf->name : "",
			 ends_with(shell, "/zsh") ? "%~ %#" : "$PWD $");
		vars_put(&vs, "PS1", prompt);
		vars_put(&vs, "debian_chroot", pf->name ? pf->name : "nook");
	}
	if (pf->reproducible)
		put_fixed(&vs);
	else
		pass_usual(h, &vs);
	if (pass_named(pf, h, &vs, e) < 0)
		return -1;
	for (size_t i = 0; i < pf->environment.count; i++)
		vars_put(&vs, pf->environment.v[i].key, pf->environment.v[i].text);
	if (vs.failed)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < vs.count; i++) {
		struct plan_word *w;

		if (!vs.v[i].value)
			continue;
		w = plan_append(pl, &pl->env.env, sizeof(*w));
		w->text = plan_putf(pl, "%s=%s", vs.v[i].key, vs.v[i].value);
		if (!strcmp(vs.v[i].key, "PATH"))
			pl->env.path = plan_put(pl, vs.v[i].value);
	}
	return 0;
}

/* --- command and directory ---------------------------------------------------------- */

/* Whether @shell can be expected inside: the trees that come from the host show its
 * /usr and /bin, a directory has its own; symlinks there count as present */
static bool has_shell(const struct profile *pf, struct host *h, const char *shell)
{
	struct host_path at;
	char path[PATH_MAX];

	if (pf->root.from == ROOT_DIRECTORY && pf->root.path) {
		snprintf(path, sizeof(path), "%s%s", pf->root.path, shell);
		return host_stat(h, path, &at);
	}
	if (pf->root.from == ROOT_SYSTEM && strncmp(shell, "/usr/", 5) &&
	    strncmp(shell, "/bin/", 5))
		return false;
	return pf->root.from != ROOT_EMPTY && host_stat_follow(h, shell, &at);
}

static const char *find_shell(const struct profile *pf, struct host *h)
{
	const char *own = host_shell(h);
	const char *base = strrchr(own, '/');

	/* accounts of services have a shell that only says no */
	if (base && strcmp(base, "/nologin") && strcmp(base, "/false") &&
	    has_shell(pf, h, own))
		return own;
	return "/bin/sh";
}

/* Whether a directory of the host's is at its own path in a bind */
static bool is_same_inside(const struct plan *pl, const struct plan_mount *m)
{
	const char *target = plan_text(pl, m->target);

	return m->op == MOP_BIND && (m->flags & PM_USER) && target[0] && target[1] &&
	       !strcmp(target, plan_text(pl, m->source));
}

/* What was meant for there must not happen in / */
static int say_gone(struct err *e)
{
	err_set(e, "the current directory is gone or out of reach, and the box would "
		   "begin there");
	return err_hint(e, "go to another one, or say where it begins: -w /");
}

/* Where a person is and the box has the same place: in a host tree, or below a bind that
 * stands where it stands on the host. Return: 0, -1 and @e */
static int default_workdir(const struct profile *pf, struct host *h,
			   const struct plan *pl, const char **out, struct err *e)
{
	const char *cwd = host_cwd(h);

	*out = "/";
	if (pf->root.from == ROOT_HOST || pl->tree.root == PLAN_ROOT_NONE) {
		*out = cwd;
		return cwd ? 0 : say_gone(e);
	}
	for (const struct plan_mount *m = NULL;
	     (m = plan_each(pl, &pl->tree.mounts, m));) {
		size_t len = strlen(plan_text(pl, m->target));

		if (!is_same_inside(pl, m))
			continue;
		if (!cwd)
			return say_gone(e);
		if (!strncmp(cwd, plan_text(pl, m->target), len) &&
		    (cwd[len] == '/' || !cwd[len]))
			*out = cwd;
	}
	return 0;
}

void env_say_names(struct plan *pl, const char *origin)
{
	auto_text names = { 0 };

	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.env, w));) {
		const char *text = plan_text(pl, w->text);

		text_add(&names, names.len ? " " : "");
		text_addn(&names, text, strcspn(text, "="));
	}
	plan_fact(pl, "env", "environment", origin, "%s", text_str(&names));
}

static int env_plan(const struct profile *pf, struct host *h, struct plan *pl,
		    struct err *e)
{
	const char *shell = find_shell(pf, h), *workdir = pf->workdir;
	char where[ORIGIN_SIZE];

	if (!workdir && default_workdir(pf, h, pl, &workdir, e) < 0)
		return -1;
	pl->env.umask = pf->umask;
	pl->env.workdir_required = profile_is_set(pf, FIELD_workdir);
	pl->env.workdir = plan_put(pl, workdir);
	for (size_t i = 0; i < pf->command.count; i++)
		plan_add_word(pl, &pl->env.argv, pf->command.v[i].text);
	if (!pf->command.count)
		plan_add_word(pl, &pl->env.argv, shell);
	if (plan_vars(pf, h, shell, pl, e) < 0)
		return -1;
	plan_fact(pl, "env", "command", origin_text(pf, FIELD_command, where), "%s",
		  pf->command.count ? pf->command.v[0].text : shell);
	plan_fact(pl, "env", "workdir", origin_text(pf, FIELD_workdir, where), "%s",
		  plan_text(pl, pl->env.workdir));
	env_say_names(pl, origin_text(pf, FIELD_environment, where));
	pl->env.same_addresses = pf->reproducible;
	if (pf->reproducible)
		plan_fact(pl, "env", "reproducible",
			  origin_text(pf, FIELD_reproducible, where),
			  "no variable of the caller passes by itself, and addresses are "
			  "not randomized");
	plan_fact(pl, "env", "umask", origin_text(pf, FIELD_umask, where), "%03" PRIo32,
		  pl->env.umask);
	return 0;
}

/* --- applying ----------------------------------------------------------------------- */

/*
 * Go there by a descriptor that cannot come through a magic link: /proc/self/fd/N would
 * be a directory of the host that was left open (CVE-2024-21626).
 */
static int enter_by_descriptor(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};
	auto_fd fd = sys_openat2(AT_FDCWD, path, &how);

	/* before 5.6, or refused by a filter outside: the check behind it still stands */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return chdir(path);
	return fd < 0 ? -1 : fchdir(fd);
}

/* The kernel says "(unreachable)" in front of a directory that the root does not hold */
static int check_cwd(struct err *e)
{
	char cwd[PATH_MAX];

	if (syscall(SYS_getcwd, cwd, sizeof(cwd)) < 0)
		return err_sys(e, "cannot tell the working directory");
	if (cwd[0] != '/')
		return err_set(e, "the working directory lies outside the box");
	return 0;
}

static int change_dir(const struct plan *pl, struct err *e)
{
	const char *path = plan_text(pl, pl->env.workdir);

	if (!strcmp(path, "/"))
		return chdir("/") < 0 ? err_sys(e, "cannot change to '/'") : 0;
	if (enter_by_descriptor(path) == 0)
		return check_cwd(e);
	if (!pl->env.workdir_required && (errno == ENOENT || errno == ENOTDIR ||
					  errno == EACCES || errno == ELOOP))
		return chdir("/") < 0 ? err_sys(e, "cannot change to '/'") : 0;
	if (errno == ELOOP)
		return err_set(e, "workdir '%s' goes through a magic link of /proc",
			       path);
	err_sys(e, "cannot change to workdir '%s'", path);
	return err_hint(e, "it must exist inside the box: 'mounts' can bring it there");
}

/* From the next exec on, and for all that comes of it, but set-user-ID programs
 * (personality(2)) */
static int keep_addresses(struct err *e)
{
	if (personality(ADDR_NO_RANDOMIZE) < 0)
		return err_sys(e, "cannot have addresses that are not randomized");
	return 0;
}

/*
 * Behind caps, so that the directory is entered with the payload's own rights; in front
 * of landlock and seccomp, so that a profile may deny any call that is made here. Must
 * leave no descriptor open but 0 to 2, preserved ones and keep_fd (CVE-2016-9962,
 * CVE-2024-21626).
 */
static int env_last(const struct plan *pl, struct site *s, struct err *e)
{
	umask((mode_t)pl->env.umask);
	if (pl->env.same_addresses && keep_addresses(e) < 0)
		return -1;
	if (change_dir(pl, e) < 0 || fds_check(s, e) < 0)
		return -1;
	return fds_close(s, e);
}

static void env_explain(const struct plan *pl, struct text *out)
{
	text_add(out,
		 "fstat(), close_range(): descriptors 0 to 2 are checked to be no "
		 "directories, which would be a way to the host's tree; all others are "
		 "closed.\nchdir(\"");
	text_safe(out, plan_text(pl, pl->env.workdir));
	text_addf(out,
		  "\"), umask(%03" PRIo32
		  "), %sexecve() with %u variables. Of the caller's own "
		  "only %swhat the profile names:\n",
		  pl->env.umask,
		  pl->env.same_addresses ? "personality(ADDR_NO_RANDOMIZE), " : "",
		  pl->env.env.count,
		  pl->env.same_addresses ? "" : "TERM, LANG, LC_* and TZ pass, and ");
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.env, w));) {
		text_add(out, "  ");
		text_safe(out, plan_text(pl, w->text));
		text_addc(out, '\n');
	}
	text_add(out, "  $ env -i NAME=VALUE... COMMAND\n");
}

static void env_script(const struct plan *pl, struct script *sc)
{
	bool may_fall_back =
		!pl->env.workdir_required && strcmp(plan_text(pl, pl->env.workdir), "/");
	auto_text dir = { 0 };

	text_shell(&dir, plan_text(pl, pl->env.workdir));
	script_line(sc, SCRIPT_LAST, "umask %03" PRIo32, pl->env.umask);
	script_line(sc, SCRIPT_LAST, may_fall_back ? "cd %s || cd /" : "cd %s",
		    text_str(&dir));
	text_add(&sc->place[SCRIPT_LAST], "[ $# -gt 0 ] || set --");
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.argv, w));) {
		text_addc(&sc->place[SCRIPT_LAST], ' ');
		text_shell(&sc->place[SCRIPT_LAST], plan_text(pl, w->text));
	}
	text_addc(&sc->place[SCRIPT_LAST], '\n');
	if (pl->env.same_addresses)
		script_words(sc, SCRIPT_EXEC, "\\\n\tsetarch --addr-no-randomize");
	script_words(sc, SCRIPT_EXEC, "\\\n\tenv -i");
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->env.env, w));) {
		auto_text word = { 0 };

		text_shell(&word, plan_text(pl, w->text));
		script_words(sc, SCRIPT_EXEC, "%s", text_str(&word));
	}
}

const struct layer layer_env = {
	.name = "env",
	.isolates = "environment variables, working directory, open descriptors",
	.without = "passwords in variables and open files of the caller are the "
		   "command's too",
	.plan = env_plan,
	.apply[SIDE_LAST] = env_last,
	.explain = env_explain,
	.script = env_script,
};
