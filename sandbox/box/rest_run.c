// SPDX-License-Identifier: GPL-3.0-or-later
/* rest_run.c - how a box at rest is, and what is written of its runs */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fdio.h"
#include "base/text.h"
#include "box/rest.h"

static void read_boot_id(char *buf, size_t size)
{
	*buf = '\0';
	(void)file_read_small(AT_FDCWD, "/proc/sys/kernel/random/boot_id", buf, size);
}

enum rest_state rest_state(const struct rest *r)
{
	char boot_id[sizeof(r->rec.boot_id)];

	if (r->lock < 0 && rest_is_held(r))
		return r->rec.state == REST_RUNNING ? REST_RUNNING : REST_BUSY;
	if (r->rec.state != REST_RUNNING)
		return (enum rest_state)r->rec.state;
	read_boot_id(boot_id, sizeof(boot_id));
	return strcmp(boot_id, r->rec.boot_id) != 0 ? REST_STOPPED : REST_LOST;
}

const char *rest_state_name(enum rest_state s)
{
	static const char *const names[REST_STATES] = {
		[REST_CREATED] = "created", [REST_RUNNING] = "running",
		[REST_STOPPED] = "stopped", [REST_LOST] = "stopped (lost)",
		[REST_BUSY] = "busy",
	};

	return names[s];
}

int rest_began(struct rest *r, const struct plan *pl, struct err *e)
{
	free(r->before.result);
	r->before = r->rec;
	r->plan = pl;
	r->rec.state = REST_RUNNING;
	r->rec.started_ns = clock_ns(CLOCK_REALTIME);
	r->rec.finished_ns = 0;
	r->rec.exit_code = 0;
	r->rec.cause = CAUSE_EXITED;
	memset(r->rec.message, 0, sizeof(r->rec.message));
	r->rec.result = NULL;
	read_boot_id(r->rec.boot_id, sizeof(r->rec.boot_id));
	return rest_write(r, e);
}

int rest_failed(struct rest *r, struct err *e)
{
	const struct rest_record *was = &r->before;

	r->plan = NULL;
	r->rec.state = was->state;
	r->rec.started_ns = was->started_ns;
	r->rec.finished_ns = was->finished_ns;
	r->rec.exit_code = was->exit_code;
	r->rec.cause = was->cause;
	memcpy(r->rec.message, was->message, sizeof(r->rec.message));
	memcpy(r->rec.boot_id, was->boot_id, sizeof(r->rec.boot_id));
	free(r->rec.result);
	r->rec.result = ptr_take(r->before.result);
	return rest_write(r, e);
}

int rest_ended(struct rest *r, const struct result *res, struct err *e)
{
	const struct plan *pl = r->plan ? r->plan : r->rec.plan;
	auto_text json = { 0 };

	r->rec.state = REST_STOPPED;
	r->rec.finished_ns = clock_ns(CLOCK_REALTIME);
	r->rec.exit_code = res->exit_code;
	r->rec.cause = res->cause;
	snprintf(r->rec.message, sizeof(r->rec.message), "%.255s", res->message);
	if (pl)
		result_json(res, pl, &json);
	free(r->rec.result);
	r->rec.result = json.len ? text_take(&json) : NULL;
	return rest_write(r, e);
}
