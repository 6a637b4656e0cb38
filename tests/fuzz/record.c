// SPDX-License-Identifier: GPL-3.0-or-later
/* record.c - any bytes as the record of a living box: refused, or a plan to be read
 *
 * The seeds are real records, written by store_add() from the plans of shipped profiles:
 * they follow every change of struct record and struct plan by themselves.
 */
#include "../../sandbox/box/store.c"

#include "base/text.h"
#include "host/host.h"
#include "layer/layer.h"
#include "profile/profile.h"

#define HOST  "tests/plan/hosts/debian12-root"
#define SEEDS "build/fuzz/record.seeds"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char path[] = "build/fuzz/record-XXXXXX";

static void clean(void)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	unlinkat(dir, "a.box", 0);
	close(dir);
	rmdir(path);
}

static int scratch(void)
{
	static int dir = -1;

	if (dir >= 0)
		return dir;
	if (!mkdtemp(path) || atexit(clean))
		abort();
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir;
}

/* One real record of a box of @profile, to SEEDS/profile. What is read there is what a
 * living box's record is, and must be taken. */
static void make_seed(const char *profile, struct err *e)
{
	struct store st = { .dir = scratch(), .file = -1 };
	struct host *h = host_open_fixture(HOST, e);
	struct plan *pl = plan_new();
	struct box_wish w = { .plan = pl, .host = h, .name = "seed" };
	char from[128], to[128];
	struct plan *read = NULL;
	struct profile *pf = NULL;
	struct record rec;

	snprintf(from, sizeof(from), "./profiles/%s.yaml", profile);
	snprintf(to, sizeof(to), "%s/%s", SEEDS, profile);
	if (!h || !pl || profile_load(from, NULL, 0, &pf, e) < 0 ||
	    layers_plan(pf, h, pl, e) < 0 || store_add(&st, &w, 7, e) < 0) {
		fprintf(stderr, "%s\n", e->text);
		abort();
	}
	snprintf(from, sizeof(from), "%s" SUFFIX, st.rec.id);
	if (read_record(st.dir, from, &rec, &read) < 0 ||
	    memcmp(read, pl, pl->size) != 0)
		abort();
	free(read);
	if (renameat(st.dir, from, AT_FDCWD, to) < 0)
		abort();
	close(st.file);
	profile_free(pf);
	host_free(h);
}

/* The seeds join the corpus directories of the command line; not where one finding is
 * tried again */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const profiles[] = { "strict", "dev", "thin", "base" };
	char **more = calloc((size_t)*argc + 2, sizeof(*more));
	struct err e = { 0 };
	struct stat st;

	if (!more || (mkdir(SEEDS, 0700) < 0 && errno != EEXIST))
		abort();
	setenv("NOOK_PROFILE_PATH", "profiles", 1);
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		make_seed(profiles[i], &e);
	memcpy(more, *argv, (size_t)*argc * sizeof(*more));
	if (*argc > 1 && !stat(more[*argc - 1], &st) && S_ISDIR(st.st_mode)) {
		more[(*argc)++] = strdup(SEEDS);
		*argv = more;
	}
	return 0;
}

/* A keeper's hold on it: without that the record is a dead box's and is not read */
static int write_locked(int dir, const uint8_t *data, size_t size)
{
	int fd = openat(dir, "a.box", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || flock(fd, LOCK_EX) < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan *plan = NULL;
	auto_text t = { 0 };
	struct record rec;
	int dir = scratch(), fd;

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
