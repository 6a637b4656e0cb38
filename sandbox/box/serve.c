// SPDX-License-Identifier: GPL-3.0-or-later
/* serve.c - the programs beside a box that serve its link
 *
 * They are the keeper's children: the kernel ends them with it (PR_SET_PDEATHSIG), and it
 * ends them with the box. One that ends before leaves a box without its link; the box
 * goes on, and the result says so.
 */
#include "box/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "box/keeper.h"
#include "box/pasta.h"

static const char **link_words(const struct plan *pl)
{
	const char **words = calloc((size_t)pl->net.link.count + 1, sizeof(*words));
	size_t n = 0;

	if (!words)
		return NULL;
	for (const struct plan_word *w = NULL; (w = plan_each(pl, &pl->net.link, w));)
		words[n++] = plan_text(pl, w->text);
	return words;
}

/* Root's box has no user namespace that pasta could enter first (pasta.h) */
static int start_pasta(struct keeper *k, struct err *e)
{
	const struct plan *pl = k->plan;
	auto_free const char **words = link_words(pl);
	bool enters = pl->clone_flags & CLONE_NEWUSER;
	char path[64];
	auto_fd netns = -1;

	if (!words)
		return err_set(e, "out of memory");
	snprintf(path, sizeof(path), "/proc/%d/ns/net", k->pid);
	netns = open(enters ? "/dev/null" : path, O_RDONLY | O_CLOEXEC);
	if (netns < 0)
		return err_sys(e, "net: cannot open '%s'", path);
	k->pasta = pasta_start(plan_text(pl, pl->net.pasta), words, enters ? k->pid : 0,
			       netns, e);
	if (k->pasta > 0)
		return 0;
	k->pasta = 0;
	return err_wrap(e, "net: ");
}

int serve_start(struct keeper *k, struct err *e)
{
	return k->plan->net.mode == PLAN_NET_USER ? start_pasta(k, e) : 0;
}

void serve_look(struct keeper *k)
{
	if (k->pasta && waitpid(k->pasta, &k->pasta_status, WNOHANG) == k->pasta) {
		k->pasta = 0;
		k->pasta_lost = true;
	}
}

void serve_stop(struct keeper *k)
{
	serve_look(k); /* it may have ended together with the box */
	k->router_lost = k->plan->net.mode == PLAN_NET_VETH && k->router.use >= 0 &&
			 !router_lives(&k->router);
	if (k->pasta && !kill(k->pasta, SIGKILL))
		while (waitpid(k->pasta, NULL, 0) < 0 && errno == EINTR)
			;
	k->pasta = 0;
}
