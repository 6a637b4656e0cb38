// SPDX-License-Identifier: GPL-3.0-or-later
/* attach.c - the keeper's side of those who look on */
#include "box/attach.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parcel.h"
#include "box/control.h"
#include "box/keeper.h"
#include "box/session.h"
#include "box/sync.h"

#define HEAD offsetof(struct attach_msg, data)

static void forget(struct attaches *all, int i)
{
	close(all->v[i].line);
	all->v[i] = all->v[--all->count];
}

/* Those who are not told anything are not heard of either */
static void forget_gone(struct attaches *all)
{
	for (int i = all->count - 1; i >= 0; i--) {
		struct pollfd p = { .fd = all->v[i].line };

		if (poll(&p, 1, 0) > 0)
			forget(all, i);
	}
}

int attach_start(struct keeper *k, const struct control_ask *ask, int *fd, struct err *e)
{
	struct attaches *all = &k->attaches;
	struct sync_msg msg = { .step = STEP_READY };
	struct parcel p = { .data = &msg, .len = HEAD };

	(void)ask;
	if (fd[SESSION_LINE] < 0)
		return err_set(e, "the keeper was sent no socket");
	if (!k->wish->log) {
		err_set(e, "box '%s' runs in the foreground of pid %d", k->store.rec.id,
			k->store.rec.keeper);
		return err_hint(e, "for another command in it: nook exec %s",
				k->store.rec.id);
	}
	forget_gone(all);
	if (all->count == ATTACH_MOST)
		return err_set(e, "%d look on already", ATTACH_MOST);
	if (k->terminal.pty >= 0)
		p.fd[p.count++] = k->terminal.pty;
	if (parcel_send(fd[SESSION_LINE], &p, MSG_DONTWAIT) < 0)
		return err_sys(e, "cannot answer on the socket");
	all->v[all->count++] = (struct attached){ .line = fd_take(&fd[SESSION_LINE]) };
	return 0;
}

static int lost_by(const struct attached *a)
{
	return a->lost > INT_MAX ? INT_MAX : (int)a->lost;
}

void attach_output(struct keeper *k, int stream, const char *data, size_t len)
{
	struct attaches *all = &k->attaches;
	struct attach_msg msg;
	struct parcel p = { .data = &msg, .len = HEAD + len };

	if (!all->count || len > sizeof(msg.data))
		return;
	msg.step = STEP_OUTPUT;
	msg.value = stream;
	memcpy(msg.data, data, len);
	for (int i = all->count - 1; i >= 0; i--) {
		struct attached *a = &all->v[i];

		msg.code = lost_by(a);
		if (parcel_send(a->line, &p, MSG_DONTWAIT) == 0)
			a->lost = 0;
		else if (errno == EAGAIN || errno == ENOBUFS)
			a->lost += len;
		else
			forget(all, i);
	}
}

/* In a line that is full of output, for the last word: what is set is doubled
 * (socket(7), SO_SNDBUF), so the room that it has is more room */
static void make_room(int line)
{
	socklen_t len = sizeof(int);
	int size;

	if (getsockopt(line, SOL_SOCKET, SO_SNDBUF, &size, &len) == 0)
		setsockopt(line, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

void attach_end(struct keeper *k, int code)
{
	struct attaches *all = &k->attaches;
	struct sync_msg msg = { .step = STEP_EXIT, .value = code };
	struct parcel p = { .data = &msg, .len = HEAD };

	while (all->count) {
		struct attached *a = &all->v[--all->count];

		msg.code = lost_by(a);
		if (parcel_send(a->line, &p, MSG_DONTWAIT) < 0 && errno == EAGAIN) {
			make_room(a->line);
			parcel_send(a->line, &p, MSG_DONTWAIT);
		}
		close(a->line);
	}
}
