// SPDX-License-Identifier: GPL-3.0-or-later
/* facts_ns.c - verbs about namespaces and what they map: which one, ids, pids
 *
 * What a process is compared with depends on where it was started: a box of nook's beside
 * the host's own processes, what the learner made by hand beside those of the playground.
 * So without a third word `ns-differs` wants a namespace that is neither's, and `ns-same`
 * one that is either's.
 */
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "lab/verbs.h"

/* --- ns-differs, ns-same ----------------------------------------------------------- */

static int check_ns(const char *const *words, size_t n, struct err *e)
{
	if (lab_target_check(words[0], e) < 0 || !ns_type_find(words[1], e))
		return -1;
	return n > 2 ? lab_target_check(words[2], e) : 0;
}

/** struct ns_pair - A namespace, and what it is compared with: @of[0] is the target, then
 * one other or lab and host; 0 = there is no playground */
struct ns_pair {
	const struct ns_type *type;
	unsigned long long of[3];
	const char *name[3];
	size_t count;
};

/* Return: 1; 0 = something is not there, which is said; -1 and @e */
static int read_pair(const struct lab_scene *s, struct ns_pair *p, struct fact_found *out,
		     struct err *e)
{
	for (size_t i = p->count; i-- > 0;) {
		auto_aim a = { .dir = -1 };
		int rc;

		if (i && !strcmp(p->name[i], "lab") && s->init <= 0)
			continue;
		rc = aim_at(s, p->name[i], &a, out, e);
		if (rc <= 0)
			return rc;
		p->of[i] = ns_inode(&a, p->type);
		text_cut(&out->source, 0);
		text_addf(&out->source, "/proc/%d/ns/%s", a.pid, p->type->file);
		if (!p->of[i])
			return fact_nowhere(out, "the kernel does not tell it of '%s'",
					    p->name[i]);
	}
	return 1;
}

/* Which of the others has the same; 0 = none */
static size_t same_as(const struct ns_pair *p)
{
	for (size_t i = 1; i < p->count; i++)
		if (p->of[i] == p->of[0])
			return i;
	return 0;
}

static const char *whose(const char *name)
{
	if (!strcmp(name, "lab"))
		return "the playground's";
	return !strcmp(name, "host") ? "the host's" : name;
}

static struct ns_pair pair_of(const char *const *words, size_t n)
{
	return (struct ns_pair){ .type = ns_type_find(words[1], NULL),
				 .name = { words[0], n > 2 ? words[2] : "lab", "host" },
				 .count = n > 2 ? 2 : 3 };
}

/* Return: as read_pair(); @out says what was found, and holds where it is the same */
static int look_pair(const struct lab_scene *s, struct ns_pair *p, struct fact_found *out,
		     struct err *e)
{
	int rc = read_pair(s, p, out, e);
	size_t with;

	if (rc <= 0)
		return rc;
	with = same_as(p);
	out->holds = with > 0;
	text_addf(&out->found, "%s:[%llu], %s", p->type->file, p->of[0],
		  with ? whose(p->name[with]) : "its own");
	return 1;
}

static int look_differs(const struct lab_scene *s, const char *const *words, size_t n,
			struct fact_found *out, struct err *e)
{
	struct ns_pair p = pair_of(words, n);
	int rc;

	text_addf(&out->expected, "another %s namespace than %s%s", p.type->file,
		  whose(p.name[1]), n > 2 ? "" : " and the host's");
	rc = look_pair(s, &p, out, e);
	out->holds = rc == 1 && !out->holds;
	return rc < 0 ? -1 : 0;
}

static int look_same(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	struct ns_pair p = pair_of(words, n);

	text_addf(&out->expected, "the %s namespace of %s%s", p.type->file,
		  whose(p.name[1]), n > 2 ? "" : " or the host's");
	return look_pair(s, &p, out, e) < 0 ? -1 : 0;
}

/* --- root-is ----------------------------------------------------------------------- */

static int check_root(const char *const *words, size_t n, struct err *e)
{
	(void)n;
	return lab_target_check(words[0], e) < 0 ? -1 : path_check(words[1], e);
}

static int look_root(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	auto_aim a = { .dir = -1 };
	struct stat root, wanted;
	auto_fd fd = -1;
	int rc;

	(void)n;
	text_addf(&out->expected, "/ is %s", words[1]);
	fd = path_open(s, words[1], O_DIRECTORY, out, e);
	if (fd == -1)
		return -1;
	if (fd < 0)
		return out->is_unknown ? 0
				       : fact_nowhere(out, "there is no %s", words[1]);
	rc = aim_at(s, words[0], &a, out, e);
	if (rc <= 0)
		return rc;
	text_cut(&out->source, 0);
	text_addf(&out->source, "/proc/%d/root", a.pid);
	if (fstat(fd, &wanted) || fstatat(a.dir, "root/", &root, 0))
		return fact_nowhere(out, "the kernel does not tell it");
	out->holds = root.st_dev == wanted.st_dev && root.st_ino == wanted.st_ino;
	text_addf(&out->found, "device %u:%u inode %llu; %s is %u:%u inode %llu",
		  major(root.st_dev), minor(root.st_dev), (unsigned long long)root.st_ino,
		  words[1], major(wanted.st_dev), minor(wanted.st_dev),
		  (unsigned long long)wanted.st_ino);
	return 0;
}

/* --- ns-kept ----------------------------------------------------------------------- */

#define NSFS_MAGIC 0x6e736673 /* linux/magic.h */

static int check_kept(const char *const *words, size_t n, struct err *e)
{
	if (path_check(words[0], e) < 0 || !ns_type_find(words[1], e))
		return -1;
	return n > 2 ? lab_target_check(words[2], e) : 0;
}

/* A file that is bound to a namespace is of the file system nsfs, with its inode */
static int look_kept(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	const struct ns_type *t = ns_type_find(words[1], NULL);
	auto_aim a = { .dir = -1 };
	auto_fd own = -1, fd = -1;
	struct statfs fs;
	struct stat st;
	int rc;

	text_addf(&out->expected, "%s is bound to %s %s namespace%s%s", words[0],
		  n > 2 ? "the" : "a", t->file, n > 2 ? " of " : "",
		  n > 2 ? words[2] : "");
	own = path_open(s, words[0], 0, out, e);
	if (own < 0)
		return own == -1 ? -1 : path_missing(out);
	if (fstatfs(own, &fs) || fs.f_type != NSFS_MAGIC || fstat(own, &st)) {
		text_addf(&out->found, "%s is a file like others", words[0]);
		return 0;
	}
	fd = path_reopen(own);
	out->holds = fd >= 0 && ioctl(fd, NS_GET_NSTYPE) == t->flag;
	text_addf(&out->found, "inode %llu of nsfs%s", (unsigned long long)st.st_ino,
		  out->holds ? "" : ", of another type");
	if (n <= 2 || !out->holds)
		return 0;
	rc = aim_at(s, words[2], &a, out, e);
	if (rc == 1)
		out->holds = ns_inode(&a, t) == st.st_ino;
	return rc < 0 ? -1 : 0;
}

/* --- ids --------------------------------------------------------------------------- */

static int check_map(const char *const *words, size_t n, struct err *e)
{
	const char *why;
	uint32_t id;

	(void)n;
	if (lab_target_check(words[0], e) < 0)
		return -1;
	for (size_t i = 1; i < 4; i++)
		if (parse_id(words[i], &id, &why) < 0 &&
		    strcmp(words[i], "4294967295") != 0)
			return err_set(e, "'%s' is no id: %s", words[i], why);
	return 0;
}

/* The lines of a map hold three numbers with blanks around */
static bool has_map(const char *map, const char *const *words)
{
	char inside[16], outside[16], count[16];

	for (const char *p = map; p && *p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (sscanf(p, "%15s %15s %15s", inside, outside, count) == 3 &&
		    !strcmp(inside, words[0]) && !strcmp(outside, words[1]) &&
		    !strcmp(count, words[2]))
			return true;
	}
	return false;
}

/* "0 1000 1; 1 100000 65536" */
static void say_map(const char *map, struct text *out)
{
	bool blank = false;

	for (const char *p = map; *p; p++) {
		if (*p == ' ') {
			blank = p != map && p[-1] != '\n';
			continue;
		}
		if (*p == '\n')
			text_add(out, p[1] ? "; " : "");
		else if (blank)
			text_addc(out, ' ');
		if (*p != '\n')
			text_addc(out, *p);
		blank = false;
	}
}

static int look_map(const struct lab_scene *s, const char *file, const char *const *words,
		    struct fact_found *out, struct err *e)
{
	auto_aim a = { .dir = -1 };
	auto_text map = { 0 };
	int rc;

	text_addf(&out->expected, "id %s inside is %s outside, %s of them", words[1],
		  words[2], words[3]);
	rc = aim_at(s, words[0], &a, out, e);
	if (rc == 1)
		rc = aim_read(&a, file, &map, out, e);
	if (rc <= 0)
		return rc;
	out->holds = has_map(text_str(&map), words + 1);
	say_map(text_str(&map), &out->found);
	if (!out->found.len)
		text_add(&out->found, "no id at all");
	return 0;
}

static int look_uids(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	(void)n;
	return look_map(s, "uid_map", words, out, e);
}

static int look_gids(const struct lab_scene *s, const char *const *words, size_t n,
		     struct fact_found *out, struct err *e)
{
	(void)n;
	return look_map(s, "gid_map", words, out, e);
}

const struct fact_verb facts_ns[] = {
	{ "ns-differs", "TARGET TYPE [OTHER]",
	  "its namespace of that type (mnt pid net uts ipc user cgroup time) is another "
	  "than OTHER's; without OTHER: neither the playground's nor the host's",
	  2, 3, check_ns, look_differs },
	{ "ns-same", "TARGET TYPE [OTHER]",
	  "its namespace of that type is OTHER's; without OTHER: the playground's or the "
	  "host's",
	  2, 3, check_ns, look_same },
	{ "ns-kept", "PATH TYPE [TARGET]",
	  "a namespace of that type is bound to the file, the target's where one is "
	  "named",
	  2, 3, check_kept, look_kept },
	{ "root-is", "TARGET PATH", "its root directory is that one, by device and inode",
	  2, 2, check_root, look_root },
	{ "uidmap", "TARGET INSIDE OUTSIDE COUNT",
	  "its user namespace has that line in its map of uids, as it is read out here",
	  4, 4, check_map, look_uids },
	{ "gidmap", "TARGET INSIDE OUTSIDE COUNT", "the same of gids", 4, 4, check_map,
	  look_gids },
	{ 0 },
};
