// SPDX-License-Identifier: GPL-3.0-or-later
/* def.c - definitions of networks: small files of `key value` lines
 *
 * Theory of operation. A definition is made once and never changed, so it is read without
 * a lock. It is written whole under the name `.new`, synced, and then linked to its name,
 * which fails where there is one: nobody ever sees half of one, and a power cut leaves
 * either all of it or nothing. Who makes one holds a lock on the directory meanwhile, for
 * tags and subnets must differ from those of all others.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fdio.h"
#include "base/names.h"
#include "base/parse.h"
#include "base/text.h"
#include "netns/inner.h"

#define NEWBORN	 ".new"
#define DEF_MOST 4096
#define VERSION	 "1"

/* --- directories ------------------------------------------------------------------- */

int net_dir_open(int dir, const char *name, bool make)
{
	const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	auto_fd fd = openat(dir, name, how);
	struct stat st;

	if (fd < 0 && errno == ENOENT && make &&
	    (!mkdirat(dir, name, 0700) || errno == EEXIST))
		fd = openat(dir, name, how);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -1;
	if (st.st_uid != geteuid() || st.st_mode & 077) {
		errno = EPERM;
		return -1;
	}
	return fd_take(&fd);
}

static int open_own(int dir, const char *path, bool make, struct err *e)
{
	int fd = net_dir_open(dir, path, make);

	if (fd >= 0)
		return fd;
	if (errno == ENOENT && !make)
		return -2;
	err_sys(e, "cannot use the directory of networks '%s'", path);
	if (e && e->code == EPERM)
		err_hint(e, "it must be yours and closed to others (mode 0700)");
	return -1;
}

int net_state_open(const char *state, bool make, struct err *e)
{
	char path[512];
	int n = snprintf(path, sizeof(path), "%s/networks", state);

	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(e, "the path '%s' is too long for networks", state);
	for (char *p = path + 1; make && (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return err_sys(e, "cannot make '%s'", path);
	}
	return open_own(AT_FDCWD, path, make, e);
}

int net_run_open(int run, bool make, struct err *e)
{
	return open_own(run, "net", make, e);
}

/* --- a file and back --------------------------------------------------------------- */

static int read_subnet(const char *s, struct net_prefix *p, uint8_t family)
{
	struct net_prefix got;

	if (net_prefix_read(s, &got) || got.family != family)
		return -1;
	*p = got;
	return 0;
}

static int read_v4(const char *s, struct net_def *d)
{
	return read_subnet(s, &d->v4, AF_INET);
}

static int read_v6(const char *s, struct net_def *d)
{
	return read_subnet(s, &d->v6, AF_INET6);
}

static int read_gateway4(const char *s, struct net_def *d)
{
	return read_subnet(s, &d->gateway4, AF_INET);
}

static int read_gateway6(const char *s, struct net_def *d)
{
	return read_subnet(s, &d->gateway6, AF_INET6);
}

static int read_version(const char *s, struct net_def *d)
{
	(void)d;
	return strcmp(s, VERSION) ? -1 : 0;
}

static int read_tag(const char *s, struct net_def *d)
{
	if (strlen(s) != 3 || strspn(s, "0123456789abcdefghijklmnopqrstuvwxyz") != 3)
		return -1;
	memcpy(d->tag, s, sizeof(d->tag));
	return 0;
}

static int read_bool(const char *s, bool *out)
{
	*out = !strcmp(s, "yes");
	return *out || !strcmp(s, "no") ? 0 : -1;
}

static int read_nat(const char *s, struct net_def *d)
{
	return read_bool(s, &d->nat);
}

static int read_isolated(const char *s, struct net_def *d)
{
	return read_bool(s, &d->isolated);
}

static int read_mtu(const char *s, struct net_def *d)
{
	uint64_t n;

	if (parse_number_in(s, NET_MTU_LEAST, NET_MTU_MOST, &n))
		return -1;
	d->mtu = (uint32_t)n;
	return 0;
}

/* The keys of a file, in the order they are written */
static const struct def_key {
	const char *name;
	bool is_needed;
	int (*read)(const char *s, struct net_def *d);
} keys[] = {
	{ "version", true, read_version }, { "tag", true, read_tag },
	{ "subnet", false, read_v4 },	   { "gateway", false, read_gateway4 },
	{ "subnet6", false, read_v6 },	   { "gateway6", false, read_gateway6 },
	{ "nat", true, read_nat },	   { "isolated", true, read_isolated },
	{ "mtu", false, read_mtu },
};

static void write_prefix(struct text *t, const char *key, const struct net_prefix *p)
{
	char s[NET_TEXT_SIZE];

	if (p->family)
		text_addf(t, "%s %s\n", key, net_prefix_text(p, s));
}

static void write_def(const struct net_def *d, struct text *t)
{
	text_addf(t, "version " VERSION "\ntag %s\n", d->tag);
	write_prefix(t, "subnet", &d->v4);
	write_prefix(t, "gateway", &d->gateway4);
	write_prefix(t, "subnet6", &d->v6);
	write_prefix(t, "gateway6", &d->gateway6);
	text_addf(t, "nat %s\nisolated %s\n", d->nat ? "yes" : "no",
		  d->isolated ? "yes" : "no");
	if (d->mtu)
		text_addf(t, "mtu %u\n", d->mtu);
}

/* One line; @seen: bits of the keys before it. Return: 0, or -1 and @e */
static int read_line(char *line, uint32_t *seen, struct net_def *d, struct err *e)
{
	char *value = strchr(line, ' ');
	size_t k = 0;

	if (value)
		*value++ = '\0';
	while (k < ARRAY_SIZE(keys) && strcmp(keys[k].name, line))
		k++;
	if (k == ARRAY_SIZE(keys))
		return err_set(e, "unknown key '%s'", line);
	if (*seen & 1u << k)
		return err_set(e, "'%s' is there twice", line);
	*seen |= 1u << k;
	if (!value || keys[k].read(value, d))
		return err_set(e, "'%s' has no value that can be used", line);
	return 0;
}

/* Gateways lie in their subnets and subnets are bases, or links and rules would be
 * nonsense */
static bool is_whole(const struct net_def *d)
{
	const struct net_prefix *const pairs[2][2] = { { &d->v4, &d->gateway4 },
						       { &d->v6, &d->gateway6 } };

	for (size_t i = 0; i < 2; i++) {
		const struct net_prefix *net = pairs[i][0], *gateway = pairs[i][1];
		struct net_prefix base = net_prefix_base(net);

		if (net->family != gateway->family || !net_prefix_same(net, &base) ||
		    (net->family && net_prefix_bits(gateway) != gateway->len) ||
		    (net->family && !net_prefix_overlap(net, gateway)))
			return false;
	}
	return (d->v4.family || d->v6.family) && net_subnet_can(&d->v4, AF_INET) &&
	       net_subnet_can(&d->v6, AF_INET6);
}

static int parse_def(char *s, struct net_def *d, struct err *e)
{
	uint32_t seen = 0;
	int line = 0;

	for (char *end; *s; s = end + 1) {
		line++;
		end = strchr(s, '\n');
		if (!end)
			return err_set(e, "line %d: the file ends within it", line);
		*end = '\0';
		if (read_line(s, &seen, d, e))
			return err_wrap(e, "line %d: ", line);
	}
	for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
		if (keys[k].is_needed && !(seen & 1u << k))
			return err_set(e, "'%s' is missing", keys[k].name);
	if (!is_whole(d))
		return err_set(e, "subnets and gateways do not fit together");
	return 0;
}

/* --- reading and listing ----------------------------------------------------------- */

struct known {
	char (*names)[NET_NAME_SIZE];
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* What is no name, as NEWBORN, is no network. Free the names. Return: 0, -1 */
static int list_names(int state, struct known *k)
{
	int fd = state < 0 ? -1 : openat(state, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *de;

	*k = (struct known){ 0 };
	if (!d)
		return state < 0 ? 0 : -1;
	while ((de = readdir(d))) {
		void *more;

		if (parse_name(de->d_name, NULL))
			continue;
		more = realloc(k->names, (k->count + 1) * sizeof(*k->names));
		if (!more)
			return -1;
		k->names = more;
		memcpy(k->names[k->count++], de->d_name, strlen(de->d_name) + 1);
	}
	if (k->count)
		qsort(k->names, k->count, sizeof(*k->names), by_name);
	return 0;
}

static const char *known_next(size_t i, const void *arg)
{
	const struct known *k = arg;

	return i < k->count ? k->names[i] : NULL;
}

static int say_absent(int state, const char *name, struct err *e)
{
	struct known k;
	const char *near;

	list_names(state, &k);
	near = name_near(name, known_next, &k);
	err_set(e, "no network '%s'", name);
	if (near)
		err_hint(e, "did you mean '%s'?", near);
	else
		err_hint(e, "'nook net ls' lists them");
	free(k.names);
	return net_code(e, ENOENT);
}

bool net_def_exists(int state, const char *name)
{
	return state >= 0 && !faccessat(state, name, F_OK, AT_SYMLINK_NOFOLLOW);
}

int net_def_read(int state, const char *name, struct net_def *d, struct err *e)
{
	const char *why = NULL;
	auto_text t = { 0 };
	auto_fd fd = -1;

	*d = (struct net_def){ 0 };
	if (parse_name(name, &why))
		return err_set(e, "network '%s': %s", name, why);
	snprintf(d->name, sizeof(d->name), "%s", name);
	if (state >= 0)
		fd = openat(state, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && (state < 0 || errno == ENOENT))
		return say_absent(state, name, e);
	if (fd < 0 || fd_read_all(fd, &t, DEF_MOST) < 0)
		return err_sys(e, "network '%s': cannot read its definition", name);
	if (strlen(text_str(&t)) != t.len)
		err_set(e, "it has NUL bytes");
	else if (t.s && !parse_def(t.s, d, e))
		return 0;
	else if (!t.s)
		err_set(e, "it is empty");
	err_wrap(e, "network '%s': its definition is damaged: ", name);
	return err_hint(e, "nook net rm --force %s, and create it again", name);
}

int net_def_parse(const char *name, const char *text, struct net_def *d, struct err *e)
{
	auto_free char *lines = strdup(text);

	*d = (struct net_def){ 0 };
	snprintf(d->name, sizeof(d->name), "%s", name);
	if (!lines)
		return err_set(e, "out of memory");
	if (!parse_def(lines, d, e))
		return 0;
	err_wrap(e, "network '%s': its definition is damaged: ", name);
	return err_hint(e, "nook net rm --force %s, and create it again", name);
}

int net_def_each(int state, int (*each)(const struct net_def *d, void *arg), void *arg,
		 struct err *e)
{
	struct err first = { 0 };
	struct known k;
	int r = 0;

	if (list_names(state, &k) < 0)
		r = err_sys(e, "cannot list the networks");
	for (size_t i = 0; i < k.count && !r; i++) {
		struct err why = { 0 };
		struct net_def d;

		if (!net_def_read(state, k.names[i], &d, &why))
			r = each(&d, arg);
		else if (!first.text[0])
			first = why;
	}
	free(k.names);
	if (r || !first.text[0])
		return r;
	if (e)
		*e = first;
	return -1;
}

/* --- making and removing ----------------------------------------------------------- */

struct net_def net_def_default(void)
{
	return (struct net_def){
		.name = NET_DEFAULT,
		.v4.family = AF_INET,
		.v6.family = net_host_has_v6() ? AF_INET6 : 0,
		.nat = true,
	};
}

/* The lock goes with the descriptor, which is one of its own: locks are of open files */
int net_state_lock(int state, struct err *e)
{
	auto_fd fd = openat(state, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return err_sys(e, "cannot lock the directory of networks");
	return fd_take(&fd);
}

static int write_file(int state, const struct net_def *d)
{
	auto_text t = { 0 };
	auto_fd fd = -1;
	int r;

	write_def(d, &t);
	if (t.failed) {
		errno = ENOMEM;
		return -1;
	}
	fd = openat(state, NEWBORN, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -1;
	r = fd_write_all(fd, t.s, t.len) || fsync(fd) ||
			    linkat(state, NEWBORN, state, d->name, 0)
		    ? errno
		    : 0;
	unlinkat(state, NEWBORN, 0);
	if (!r && fsync(state) < 0)
		r = errno;
	errno = r;
	return r ? -1 : 0;
}

int net_def_make(int state, struct net_def *d, struct err *e)
{
	auto_fd lock = net_state_lock(state, e);

	if (lock < 0)
		return -1;
	if (net_def_exists(state, d->name)) {
		err_set(e, "there is a network '%s' already", d->name);
		return net_code(e, EEXIST);
	}
	if (net_def_choose(state, d, e) < 0)
		return -1;
	if (write_file(lock, d) < 0)
		return err_sys(e, "cannot write the definition of network '%s'", d->name);
	return 0;
}

int net_def_remove(const struct net_places *p, const char *name, bool force,
		   struct err *e)
{
	auto_fd lock = -1;

	if (parse_name(name, NULL) || !net_def_exists(p->state, name))
		return say_absent(p->state, name, e);
	lock = net_state_lock(p->state, e);
	if (lock < 0)
		return -1;
	if (net_lease_forget(p, name, force) < 0) {
		if (errno != EBUSY)
			return err_sys(e, "cannot remove network '%s'", name);
		err_set(e, "network '%s' is in use", name);
		return net_code(e, EBUSY);
	}
	if (fsync(lock) < 0)
		return err_sys(e, "cannot sync the directory of networks");
	return 0;
}
