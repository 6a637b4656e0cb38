// SPDX-License-Identifier: GPL-3.0-or-later
/* record.c - any bytes as the record of a living box: refused, or a plan to be read */
#include "../../sandbox/box/store.c"

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A keeper's hold on it: without that the record is a dead box's and is not read */
static int write_locked(int dir, const uint8_t *data, size_t size)
{
	int fd = openat(dir, "a.box", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || flock(fd, LOCK_EX) < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

static char path[] = "build/fuzz/record-XXXXXX";

static void clean(void)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	unlinkat(dir, "a.box", 0);
	close(dir);
	rmdir(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int dir = -1;
	struct plan *plan = NULL;
	auto_text t = { 0 };
	struct record rec;
	int fd;

	if (dir < 0) {
		if (!mkdtemp(path) || atexit(clean))
			abort();
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	fd = write_locked(dir, data, size);
	if (!read_record(dir, "a.box", &rec, &plan)) {
		if (!memchr(rec.id, '\0', sizeof(rec.id)) ||
		    !memchr(rec.name, '\0', sizeof(rec.name)))
			abort();
		plan_dump(plan, &t);
		free(plan);
	}
	close(fd);
	return 0;
}
