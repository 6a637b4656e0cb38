// SPDX-License-Identifier: GPL-3.0-or-later
/* find.c - the living box that a person means by a word, and what to say where none is
 *
 * A name wins over an id and a whole id over the beginning of one, so that no box which
 * starts later can take a word away from one that it meant before. The beginning of an id
 * must have one meaning only: these words are given to `kill`.
 *
 * A name is given in one of two places: the record of a box that runs (store_add()), and
 * the directory of one that stays (rest.c). Who gives one holds the lock of the runtime
 * directory, looks in both, and puts it in its place before he lets go: so of two that
 * give one name the second sees the first. Of one that is killed at that no name stays
 * taken: the kernel lets go of the lock, and what is half made has none.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/text.h"
#include "box/store.h"

#define LISTED	    5	       /* ids that an error names */
#define STATUS_MOST (1u << 20) /* bytes of /proc/PID/status; it lists groups */

#define PATIENCE_MS 10000
#define NAMING_MS   5000 /* for who gives a name; it takes him less than one */
#define NAP_MS	    10

enum fit { FIT_NONE, FIT_PREFIX, FIT_ID, FIT_NAME };

/**
 * struct search - What one walk over the records finds
 * @count:	Boxes that fit as well as the best
 * @listed:	Their ids, with names, for an error
 * @words:	All ids and names, to find the nearest among
 */
struct search {
	const char *word;
	enum fit best;
	int count;
	struct record rec;
	struct plan *plan;
	struct text listed;
	char **words;
	size_t word_count;
};

static enum fit fits(const struct record *rec, const char *word)
{
	if (rec->name[0] && !strcmp(rec->name, word))
		return FIT_NAME;
	if (!strcmp(rec->id, word))
		return FIT_ID;
	return *word && !strncmp(rec->id, word, strlen(word)) ? FIT_PREFIX : FIT_NONE;
}

static void remember(struct search *s, const char *word)
{
	char **more = realloc(s->words, (s->word_count + 1) * sizeof(*more));

	if (!more)
		return;
	s->words = more;
	s->words[s->word_count] = strdup(word);
	s->word_count += s->words[s->word_count] != NULL;
}

static void consider(const struct record *rec, const struct plan *plan, void *arg)
{
	struct search *s = arg;
	enum fit fit = fits(rec, s->word);

	remember(s, rec->id);
	if (rec->name[0])
		remember(s, rec->name);
	if (fit == FIT_NONE || fit < s->best)
		return;
	if (fit > s->best) {
		s->best = fit;
		s->count = 0;
		text_cut(&s->listed, 0);
	}
	if (s->count++ < LISTED)
		text_addf(&s->listed, "%s%s%s%s%s", s->listed.len ? ", " : "", rec->id,
			  rec->name[0] ? " (" : "", rec->name, rec->name[0] ? ")" : "");
	if (s->count > 1)
		return;
	free(s->plan);
	s->plan = malloc(plan->size);
	if (s->plan)
		memcpy(s->plan, plan, plan->size);
	s->rec = *rec;
}

static const char *next_word(size_t i, const void *arg)
{
	const struct search *s = arg;

	return i < s->word_count ? s->words[i] : NULL;
}

/* Whether the runtime directory of another user has that record: what root can see */
static bool is_in(const char *dir, const char *word, struct stat *st)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.box", dir, word);
	return !strchr(word, '/') && !lstat(path, st);
}

static bool is_of_another(const char *word, struct stat *st)
{
	auto_dir users = opendir("/run/user");
	auto_dir shm = opendir("/dev/shm");
	const struct dirent *de;
	char dir[300];

	while (users && (de = readdir(users))) {
		snprintf(dir, sizeof(dir), "/run/user/%s/nook", de->d_name);
		if (is_in(dir, word, st))
			return true;
	}
	while (shm && (de = readdir(shm))) {
		snprintf(dir, sizeof(dir), "/dev/shm/%s", de->d_name);
		if (!strncmp(de->d_name, "nook-", 5) && is_in(dir, word, st))
			return true;
	}
	return false;
}

static void say_none(const struct search *s, struct err *e)
{
	const char *near = name_near(s->word, next_word, s);
	struct stat st;

	if (geteuid() == 0 && is_of_another(s->word, &st)) {
		err_set(e, "box '%s' is of user %u", s->word, st.st_uid);
		err_hint(e,
			 "its user's own nook reaches it: setpriv --reuid=%u "
			 "--clear-groups nook ..., or sudo -u '#%u' nook ...",
			 st.st_uid, st.st_uid);
	} else if (near) {
		err_set(e, "no running box '%s', did you mean '%s'", s->word, near);
	} else {
		err_set(e, "no running box '%s'", s->word);
		err_hint(e,
			 s->word_count
				 ? "'nook ps' lists those of user %u; a name, an id or "
				   "the "
				   "beginning of one names a box"
				 : "user %u has no box running now; those of others are "
				   "seen by them alone",
			 geteuid());
	}
}

struct plan *store_pick(const char *word, struct record *rec, struct err *e)
{
	struct search s = { .word = word };
	int n = store_each(consider, &s, e);

	if (n >= 0 && s.count > 1) {
		err_set(e, "'%s' is the beginning of %d ids", word, s.count);
		err_hint(e, "it could be %s%s", text_str(&s.listed),
			 s.count > LISTED ? ", ..." : "");
		if (e)
			e->code = ENOTUNIQ;
	} else if (n >= 0 && !s.count) {
		say_none(&s, e);
	} else if (n >= 0 && !s.plan) {
		err_set(e, "out of memory");
	}
	if (s.count > 1) {
		free(s.plan);
		s.plan = NULL;
	}
	*rec = s.rec;
	for (size_t i = 0; i < s.word_count; i++)
		free(s.words[i]);
	free(s.words);
	text_release(&s.listed);
	return s.plan;
}

/* --- for who wants its name --------------------------------------------------------- */

static bool has_kill(const char *status, const char *line)
{
	const char *at = strstr(status, line);

	return at && strtoull(at + strlen(line), NULL, 16) & 1ull << (SIGKILL - 1);
}

/* Nothing stops a process that was sent KILL, and the signal stays pending until it is
 * gone (proc_pid_status(5)). When it is, those that have the lock from it die, too */
static bool is_dying(int pid)
{
	auto_text status = { 0 };
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (file_read(AT_FDCWD, path, &status, STATUS_MOST) < 0)
		return kill(pid, 0) < 0 && errno == ESRCH;
	return has_kill(text_str(&status), "\nShdPnd:") ||
	       has_kill(text_str(&status), "\nSigPnd:") ||
	       strstr(text_str(&status), "\nState:\tZ");
}

struct plan *store_running(const char *name, struct record *rec)
{
	const struct timespec nap = { .tv_nsec = NAP_MS * 1000000 };

	for (int ms = 0;; ms += NAP_MS) {
		struct plan *plan = store_find(name, rec, NULL);

		if (!plan || ms >= PATIENCE_MS || !is_dying(rec->keeper))
			return plan;
		free(plan);
		nanosleep(&nap, NULL);
	}
}

static int say_running(const char *name, const struct record *rec, struct err *e)
{
	return err_set(e, "a box named '%s' is running (pid %d)", name, rec->keeper);
}

int store_check_name(const char *name, struct err *e)
{
	struct record rec;
	auto_free struct plan *other = store_running(name, &rec);

	return other ? say_running(name, &rec, e) : 0;
}

/* proc_locks(5): "4: FLOCK  ADVISORY  WRITE 71 00:1a:9 0 EOF". Return: 0 = unknown */
static int lock_holder(int fd)
{
	const char *line = "";
	auto_text locks = { 0 };
	unsigned int major, minor;
	unsigned long ino;
	struct stat st;
	int pid;

	if (!fstat(fd, &st) && !file_read(AT_FDCWD, "/proc/locks", &locks, STATUS_MOST))
		line = text_str(&locks);
	for (; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (sscanf(line, "%*d: FLOCK ADVISORY WRITE %d %x:%x:%lu", &pid, &major,
			   &minor, &ino) == 4 &&
		    ino == st.st_ino && makedev(major, minor) == st.st_dev)
			return pid;
	return 0;
}

static int say_held(int fd, const char *name, struct err *e)
{
	int pid = lock_holder(fd);

	auto_text who = { 0 };

	if (pid)
		text_addf(&who, " (pid %d)", pid);
	err_set(e, "cannot give the name '%s' to a box: another nook%s is giving one",
		name, text_str(&who));
	return pid ? err_hint(e, "it may be stopped: kill -CONT %d", pid)
		   : err_hint(e, "it may be stopped, in another pid namespace");
}

/* Return: descriptor; -1 and @e; -2: the directory was removed, with the last that was in
 * it, and another may be there by now */
static int lock_names(int dir, const char *name, struct err *e)
{
	const struct timespec nap = { .tv_nsec = NAP_MS * 1000000 };
	auto_fd fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	for (int ms = 0; fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0; ms += NAP_MS) {
		if (fd < 0 && errno == ENOENT)
			return -2;
		if (fd < 0 || errno != EWOULDBLOCK)
			return err_sys(e, "cannot give the name '%s' to a box", name);
		if (ms >= NAMING_MS)
			return say_held(fd, name, e);
		nanosleep(&nap, NULL);
	}
	return !fstat(fd, &st) && st.st_nlink ? fd_take(&fd) : -2;
}

int store_hold_name(const char *name, struct err *e)
{
	auto_free struct plan *other = NULL;
	auto_fd lock = -2;
	struct record rec;
	struct store st;

	for (int tries = 8; lock == -2 && tries; tries--) {
		if (store_open(&st, e) < 0)
			return -1;
		lock = lock_names(st.dir, name, e);
		store_remove(&st);
	}
	if (lock < 0)
		return lock == -1 ? -1
				  : err_set(e, "cannot give the name '%s' to a box: its "
					       "directory is removed again and again",
					    name);
	other = store_find(name, &rec, NULL);
	return other ? say_running(name, &rec, e) : fd_take(&lock);
}
