// SPDX-License-Identifier: GPL-3.0-or-later
/* host.c - fuzz the readers of mountinfo, passwd, group, subuid, uid_map, cgroup files
 *
 * The first byte chooses the reader. Besides what the sanitizers see: texts of a mount
 * lie in the buffer and are ended, and ranges of ids never leave the 32 bits.
 */
#include <stdlib.h>
#include <string.h>

#include "cgroup/stat.h"
#include "host/cgroup.h"
#include "host/idfiles.h"
#include "host/mountinfo.h"
#include "host/passwd.h"
#include "host/slice.h"

#define MOST 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

static void is_inside(const char *s, const char *buf, size_t len)
{
	must(s >= buf && s < buf + len && memchr(s, '\0', (size_t)(buf + len - s)));
}

static void mountinfo(char *buf, size_t len)
{
	struct host_mount m[MOST];
	ssize_t n = host_mountinfo_parse(buf, len, m, MOST);

	must(n <= MOST);
	for (ssize_t i = 0; i < n; i++) {
		is_inside(m[i].root, buf, len);
		is_inside(m[i].target, buf, len);
		is_inside(m[i].options, buf, len);
		is_inside(m[i].fstype, buf, len);
		is_inside(m[i].source, buf, len);
		is_inside(m[i].super, buf, len);
		must(m[i].target[0] == '/' && m[i].id >= 0);
	}
}

static void passwd(char *buf, size_t len)
{
	struct host_passwd pw;
	struct host_group gr;

	if (host_passwd_by_uid(buf, len, 1000, &pw))
		must(pw.uid == 1000 && pw.name.len);
	if (host_passwd_by_name(buf, len, "ada", &pw))
		must(pw.name.len == 3 && pw.uid != UINT32_MAX);
	if (host_group_by_gid(buf, len, 5, &gr))
		must(gr.gid == 5 && gr.name.len);
	host_group_by_name(buf, len, "tty", &gr);
}

static void subids(char *buf, size_t len)
{
	struct host_range r[MOST];
	size_t n = host_subid_parse((struct slice){ buf, len }, "ada", 1000, r, MOST);

	must(n <= MOST);
	for (size_t i = 0; i < n; i++)
		must(r[i].count && (uint64_t)r[i].first + r[i].count <= UINT32_MAX);
	must(host_subid_end(buf, len) <= UINT32_MAX);
}

static void idmap(char *buf, size_t len)
{
	struct host_id_map m[MOST];

	must(host_idmap_parse(buf, len, m, MOST) <= MOST);
}

static void words(char *buf, size_t len)
{
	struct slice path;

	host_filesystems_has(buf, len, "overlay");
	if (host_cgroup_own(buf, len, len & CG_ALL, &path))
		must(path.len && path.s[0] == '/');
}

/* The files of a cgroup: these readers want a NUL behind */
static void cgroup(char *buf, size_t len)
{
	char *text = malloc(len + 1);
	uint64_t n;

	memcpy(text, buf, len);
	text[len] = '\0';
	n = stat_number(text);
	must(n == UINT64_MAX || strpbrk(text, "0123456789"));
	n = stat_key(text, "oom_kill");
	must(n == UINT64_MAX || strstr(text, "oom_kill "));
	stat_io(text, "rbytes=");
	stat_io(text, "Read ");
	n = stat_pressure(text);
	must(n == UINT64_MAX || strstr(text, "avg10="));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(char *buf, size_t len) = {
		mountinfo, passwd, subids, idmap, words, cgroup,
	};
	char *buf;

	if (!size)
		return 0;
	/* Of exactly that size: a byte read behind it is seen. */
	buf = malloc(size > 1 ? size - 1 : 1);
	memcpy(buf, data + 1, size - 1);
	readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](buf, size - 1);
	free(buf);
	return 0;
}
