// SPDX-License-Identifier: GPL-3.0-or-later
/* copier.c - the end of a copy that is in the box; box/copier.h has the theory */
#include "box/copier.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/pack.h"
#include "archive/unpack.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/sealed.h"
#include "base/sys.h"
#include "base/text.h"
#include "box/box.h"
#include "plan.h"

const struct copy_order *copier_order(int fd)
{
	size_t size;
	const struct copy_order *o = sealed_map(fd, &size);

	return o && size == sizeof(*o) && o->magic == COPY_MAGIC && o->size == size &&
			       memchr(o->path, 0, sizeof(o->path)) &&
			       memchr(o->name, 0, sizeof(o->name))
		       ? o
		       : NULL;
}

void copier_say_left(const char *path, const char *why, void *arg)
{
	auto_text t = { 0 };

	(void)arg;
	text_add(&t, "nook: left out: '");
	text_safe(&t, path);
	text_addf(&t, "': %s\n", why);
	(void)fd_write_all(STDERR_FILENO, text_str(&t), t.len);
}

/* setuid(2) leaves the permitted set where it is told to, and clears the effective one */
static int raise_again(struct err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) < 0)
		return err_sys(e, "cannot read the capabilities");
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	if (syscall(SYS_capset, &head, data) < 0)
		return err_sys(e, "cannot use the capabilities");
	return 0;
}

int copier_become(const struct plan *pl, struct err *e)
{
	const struct plan_user *u = &pl->user;

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_setresgid, u->gid, u->gid, u->gid) < 0 ||
	    syscall(SYS_setresuid, u->uid, u->uid, u->uid) < 0)
		return err_sys(e, "cannot become user %u of the box", u->uid);
	return raise_again(e);
}

/* --- what would be lost ------------------------------------------------------------- */

/* Whether @dir lies in what is mounted at @target */
static bool is_in(const struct stat *dir, const char *target)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	auto_fd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd fd = root < 0 ? -1 : sys_openat2(root, target, &how);
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && st.st_dev == dir->st_dev;
}

static int check_stays(int dir, void *arg, struct err *e)
{
	const struct plan *pl = arg;
	bool keeps = pl->tree.keep_dir;
	struct stat st;
	const char *where = NULL;

	if (fstat(dir, &st) < 0)
		return err_sys(e, "cannot look at it");
	if ((pl->tree.root == PLAN_ROOT_TMPFS || (pl->tree.overlay && !keeps)) &&
	    is_in(&st, "/"))
		where = "/";
	for (const struct plan_mount *m = NULL;
	     !where && (m = plan_each(pl, &pl->tree.mounts, m));)
		if ((m->op == MOP_TMPFS || (m->op == MOP_OVERLAY && !keeps)) &&
		    is_in(&st, plan_text(pl, m->target)))
			where = plan_text(pl, m->target);
	if (!where)
		return 0;
	err_set(e, "'%s' of a box at rest is made anew when it starts", where);
	return err_hint(e, "copy while it runs; or into what stays: its overlays with "
			   "'root.changes: keep', its writable binds");
}

/* --- the copy ----------------------------------------------------------------------- */

static void on_signal(int sig)
{
	_exit(128 + sig);
}

/* A copy to the outside leaves nothing behind: it can be ended at once. As pid 1 it hears
 * only of what it has a handler for (pid_namespaces(7)) */
static void hear_signals(void)
{
	static const int ends[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		if (ends[i] == SIGHUP && !box_minds_hangup())
			continue;
		sigaction(ends[i], &sa, NULL);
		sigaddset(&set, ends[i]);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int copy_out(int root, const struct copy_order *o, struct err *e)
{
	const struct pack p = {
		.root = root,
		.path = o->path,
		.name = o->flags & COPY_CONTENT ? NULL : o->name,
		.left = copier_say_left,
	};

	hear_signals();
	return pack_to(&p, STDOUT_FILENO, e);
}

static int copy_in(const struct plan *pl, int root, const struct copy_order *o,
		   struct err *e)
{
	const struct unpack u = {
		.root = root,
		.path = o->path,
		.foreign = o->flags & COPY_FOREIGN,
		.all = o->flags & COPY_ALL,
		.check = o->flags & COPY_RESTS ? check_stays : NULL,
		.arg = (void *)pl,
	};

	return unpack_from(&u, STDIN_FILENO, e);
}

int copier_run(const struct plan *pl, const struct copy_order *o, struct err *e)
{
	auto_fd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return err_sys(e, "cannot open the root of the box");
	umask(0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return o->flags & COPY_IN ? copy_in(pl, root, o, e) : copy_out(root, o, e);
}
