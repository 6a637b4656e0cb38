// SPDX-License-Identifier: GPL-3.0-or-later
/* host_read.c - the readers of mountinfo, passwd, group, subuid, uid_map and the like */
#include <stdlib.h>
#include <string.h>

#include "host/cgroup.h"
#include "host/idfiles.h"
#include "host/mountinfo.h"
#include "host/passwd.h"
#include "host/slice.h"
#include "tap.h"

#define ROOT_LINE "28 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw\n"

/* In memory of exactly that size, so that a sanitizer sees any byte read behind it */
static char *exact(const char *text)
{
	size_t len = strlen(text);
	char *buf = malloc(len ? len : 1);

	memcpy(buf, text, len);
	return buf;
}

static ssize_t mountinfo(const char *text, struct host_mount *out, size_t most,
			 char **kept)
{
	*kept = exact(text);
	return host_mountinfo_parse(*kept, strlen(text), out, most);
}

static void test_mountinfo_good(void)
{
	struct host_mount m[4];
	char *buf;

	is_num(mountinfo("36 35 98:0 /sub /mnt/a\\040b\\011c\\012d\\134e rw,noatime "
			 "shared:1 master:2 - fuse.x\\043y src\\040x "
			 "rw,a=b\\134054c\n" ROOT_LINE,
			 m, 4, &buf),
	       2, "two mounts");
	is_num(m[0].id, 36, "id");
	is_num(m[0].parent, 35, "parent");
	is(m[0].root, "/sub", "root");
	is(m[0].target, "/mnt/a b\tc\nd\\e", "target with all escapes");
	is(m[0].options, "rw,noatime", "options");
	is(m[0].fstype, "fuse.x#y", "type");
	is(m[0].source, "src x", "source");
	is(m[0].super, "rw,a=b\\054c", "an escaped backslash begins no other escape");
	is(m[1].target, "/", "no optional fields needed");
	free(buf);
	is_num(mountinfo("36 35 0:5 / /a rw - tmpfs  rw\n", m, 4, &buf), 1,
	       "an empty source");
	is(m[0].source, "", "is an empty text");
	free(buf);
	is_num(mountinfo("36 35 0:5 / /a\\999\\04 rw - tmpfs x rw\n", m, 4, &buf), 1,
	       "what is no escape");
	is(m[0].target, "/a\\999\\04", "stays as it is");
	free(buf);
	is_num(mountinfo("", m, 4, &buf), 0, "no mounts at all");
	free(buf);
}

static void test_mountinfo_bad(void)
{
	static const char *const bad[] = {
		"\n",
		"36\n",
		"36 35 98:0 / /a rw\n",
		"36 35 98:0 / /a rw shared:1\n",
		"36 35 98:0 / /a rw - ext4 src\n",
		"36 35 98:0 / /a rw - ext4 src rw extra\n",
		"-1 35 98:0 / /a rw - ext4 src rw\n",
		"36 99999999999 98:0 / /a rw - ext4 src rw\n",
		"36 35 980 / /a rw - ext4 src rw\n",
		"36 35 98:0 / a rw - ext4 src rw\n",
		"36 35 98:0  /  /a rw - ext4 src rw\n",
		"36 35 98:0 / /a rw - ext4 src rw",
		ROOT_LINE "x\n",
		ROOT_LINE ROOT_LINE ROOT_LINE,
	};
	struct host_mount m[2];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *buf;

		is_num(mountinfo(bad[i], m, 2, &buf), -1, "a malformed table is refused");
		free(buf);
	}
}

static void test_passwd(void)
{
	static const char text[] = "root:x:0:0:root:/root:/bin/bash\n"
				   "+nis::::::\n"
				   "short:x:1\n"
				   "big:x:4294967296:1::/:/bin/sh\n"
				   "minus:x:4294967295:1::/:/bin/sh\n"
				   "neg:x:-1:1::/:/bin/sh\n"
				   "hex:x:0x10:1::/:/bin/sh\n"
				   "\n"
				   "ada:x:1000:100:Ada,,,:/home/ada:/bin/zsh\n"
				   "twin:x:1000:101::/home/twin:/bin/sh\n"
				   "noshell:x:7:7::/nowhere:\n"
				   "last:x:1001:1001::/home/last";
	char *buf = exact(text);
	size_t len = strlen(text);
	struct host_passwd pw;
	struct host_group gr;

	ok(host_passwd_by_uid(buf, len, 1000, &pw), "a uid is found");
	ok(slice_is(pw.name, "ada") && pw.gid == 100, "the first line counts");
	ok(slice_is(pw.home, "/home/ada") && slice_is(pw.shell, "/bin/zsh"),
	   "home and shell");
	ok(host_passwd_by_name(buf, len, "twin", &pw) && pw.gid == 101,
	   "a name is found");
	ok(host_passwd_by_uid(buf, len, 7, &pw) && !pw.shell.len, "an empty shell");
	ok(host_passwd_by_uid(buf, len, 1001, &pw) && slice_is(pw.home, "/home/last"),
	   "a last line without shell and newline");
	ok(!host_passwd_by_name(buf, len, "big", &pw), "2^32 is no uid");
	ok(!host_passwd_by_name(buf, len, "minus", &pw), "(uid_t)-1 is no uid");
	ok(!host_passwd_by_name(buf, len, "neg", &pw), "a sign is no digit");
	ok(!host_passwd_by_name(buf, len, "hex", &pw), "neither is an x");
	ok(!host_passwd_by_name(buf, len, "short", &pw), "a short line is passed over");
	ok(!host_passwd_by_name(buf, len, "ad", &pw), "a name is compared whole");
	free(buf);
	buf = exact("root:x:0:\ntty:x:5:ada,bob\nbad:x:y:\nend:x:9");
	len = strlen("root:x:0:\ntty:x:5:ada,bob\nbad:x:y:\nend:x:9");
	ok(host_group_by_name(buf, len, "tty", &gr) && gr.gid == 5, "a group by name");
	ok(host_group_by_gid(buf, len, 9, &gr) && slice_is(gr.name, "end"),
	   "a group by gid");
	ok(!host_group_by_name(buf, len, "bad", &gr), "a malformed group is passed over");
	free(buf);
}

static void test_subids(void)
{
	static const char text[] = "# comment\n"
				   "grace:100000:65536\n"
				   "ada:165536:65536\n"
				   "1000:300000:1000\n"
				   "ada:1:0\n"
				   "ada:4294967290:10\n"
				   "ada:x:10\n"
				   "ada:10\n"
				   "ada:1:2:3\n"
				   "ada:4294967294:1";
	char *buf = exact(text);
	struct slice file = { buf, strlen(text) };
	struct host_range r[4];

	is_num((long long)host_subid_parse(file, "ada", 1000, r, 4), 3,
	       "lines by name and by uid");
	ok(r[0].first == 165536 && r[0].count == 65536, "the first range");
	ok(r[1].first == 300000 && r[1].count == 1000, "the one by uid");
	ok(r[2].first == 4294967294u && r[2].count == 1, "the last id there is");
	is_num((long long)host_subid_parse(file, "ada", 1000, r, 1), 1,
	       "no more than asked for");
	is_num((long long)host_subid_parse(file, NULL, 7, r, 4), 0,
	       "none for a stranger");
	is_num((long long)host_subid_end(buf, file.len), 4294967295LL,
	       "above all ranges");
	free(buf);
}

static void test_idmap(void)
{
	static const char *const bad[] = { "0 0\n",   "0 0 1 1\n",
					   "a 0 1\n", "0 0 4294967296\n",
					   "\n",      "0 0 1\n0 0 1\n0 0 1\n" };
	struct host_id_map m[2];
	const char *two = "0 1000 1\n1 100000 65535";
	const char *full = "         0          0 4294967295\n";

	is_num(host_idmap_parse(full, strlen(full), m, 2), 1,
	       "the first namespace's map");
	ok(!m[0].inside && !m[0].outside && m[0].count == UINT32_MAX, "all ids");
	is_num(host_idmap_parse(two, strlen(two), m, 2), 2, "two lines");
	ok(m[1].inside == 1 && m[1].outside == 100000 && m[1].count == 65535,
	   "the second");
	is_num(host_idmap_parse("", 0, m, 2), 0, "nothing is mapped");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_num(host_idmap_parse(bad[i], strlen(bad[i]), m, 2), -1,
		       "a malformed map");
}

static void test_small(void)
{
	static const char fs[] = "nodev\tsysfs\n\text4\nnodev\toverlay";
	static const char cg[] = "4:memory:/x\n1:name=systemd:/\n0::/user.slice/a b\n";
	struct slice path;

	ok(host_filesystems_has(fs, strlen(fs), "ext4"), "a type with a device");
	ok(host_filesystems_has(fs, strlen(fs), "overlay"),
	   "a type without, at the very end");
	ok(!host_filesystems_has(fs, strlen(fs), "nodev"), "nodev is no type");
	ok(!host_filesystems_has(fs, strlen(fs), "over"), "a type is compared whole");
	ok(host_cgroup_own(cg, strlen(cg), 0, &path) && slice_is(path, "/user.slice/a b"),
	   "the v2 path of /proc/self/cgroup");
	ok(host_cgroup_own(cg, strlen(cg), CG_MEMORY, &path) && slice_is(path, "/x"),
	   "the path of a v1 controller");
	ok(host_cgroup_own("3:cpu,cpuacct:/y\n", 17, CG_CPUACCT, &path) &&
		   slice_is(path, "/y"),
	   "the path of a controller that shares its hierarchy");
	ok(!host_cgroup_own("1:cpu:/\n", 8, 0, &path), "none where there is only v1");
	ok(!host_cgroup_own("1:cpuset:/\n", 11, CG_CPU, &path), "names are whole");
	ok(cgroup_bits(CGROUP_V2, "cpu memory\n", ' ') == (CG_CPU | CG_MEMORY) &&
		   cgroup_bits(CGROUP_V1, "rw,cpuset", ',') == CG_CPUSET,
	   "names of controllers");
}

int main(void)
{
	plan(0);
	test_mountinfo_good();
	test_mountinfo_bad();
	test_passwd();
	test_subids();
	test_idmap();
	test_small();
	return done();
}
