// SPDX-License-Identifier: GPL-3.0-or-later
/* profile.c - what a profile says becomes what is meant, or an error with its place */
/* checks: IN-07 IN-08 IN-10a IN-13 IN-20 IN-21 IN-24 IN-25 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/names.h"
#include "base/text.h"
#include "profile/internal.h"
#include "profile/profile.h"
#include "tap.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct profile *parse(const char *yaml, struct err *e)
{
	struct profile *pf = NULL;

	*e = (struct err){ 0 };
	return profile_parse_text(yaml, strlen(yaml), "t", &pf, e) ? NULL : pf;
}

/* --- errors ------------------------------------------------------------------------ */

struct refusal {
	const char *yaml;
	const char *error;
};

#define SIZE_WORDS "expected a size from 4K on such as 512M, or max"

static const struct refusal refusals[] = {
	/* keys */
	{ "hostnam: a", "t:1:1: unknown key 'hostnam', did you mean 'hostname'" },
	{ "root:\n  form: host",
	  "t:2:3: unknown key 'root.form', did you mean 'root.from'" },
	{ "memory: 1G", "t:1:1: unknown key 'memory', did you mean 'limits.memory'" },
	{ "env: {A: b}", "t:1:1: unknown key 'env', did you mean 'environment'" },
	{ "volumes: [a]", "t:1:1: unknown key 'volumes', did you mean 'mounts'" },
	{ "limits: {tasks: 5}",
	  "t:1:10: unknown key 'limits.tasks', did you mean 'limits.pids'" },
	{ "limit: {memory: 1G}", "t:1:1: unknown key 'limit', did you mean 'limits'" },
	{ "root.from: host", "t:1:1: 'root.from' is written 'root: {from: ...}'" },
	{ "\"\": a", "t:1:1: unknown key ''" },
	{ "ho\xe2\x80\x8bstname: a", "t:1:1: unknown key 'ho\\u{200b}stname'" },
	{ "root: host", "t:1:7: 'root' cannot be 'host': expected keys below it" },
	{ "capabilities: []\ncapabilities: [KILL]",
	  "t:2:1: key 'capabilities' stands twice, first in line 1" },
	{ "mounts: []\n+mounts: []",
	  "t:2:1: 'mounts' and '+mounts' cannot stand in one file" },
	{ "+hostname: a", "t:1:1: '+hostname': only a list can be appended to" },
	{ "+extends: a", "t:1:1: 'extends' takes no '+'" },
	{ "environment: {A: 1, A: 2}", "t:1:21: key 'A' stands twice, first in line 1" },
	/* shapes */
	{ "- a", "t:1:1: expected keys such as 'description: ...'" },
	{ "just text", "t:1:1: expected keys such as 'description: ...'" },
	{ "hostname: [a]", "t:1:11: 'hostname' cannot be a list: expected a host name" },
	{ "no_new_privileges: {}",
	  "t:1:20: 'no_new_privileges' cannot be a map: expected true or false" },
	{ "command: sh", "t:1:10: 'command' cannot be 'sh': expected a list of words" },
	{ "command: [[a]]",
	  "t:1:11: 'command' cannot be a list: expected a list of words" },
	{ "hostname:",
	  "t:1:10: a value is missing: null asks for the default, \"\" is empty" },
	/* values that YAML would bend (IN-07) */
	{ "no_new_privileges: yes",
	  "t:1:20: 'no_new_privileges' cannot be 'yes': expected true or false" },
	{ "no_new_privileges: on",
	  "t:1:20: 'no_new_privileges' cannot be 'on': expected true or false" },
	{ "nested_namespaces: 1",
	  "t:1:20: 'nested_namespaces' cannot be '1': expected true or false" },
	{ "limits: {memory: 010}",
	  "t:1:18: 'limits.memory' cannot be '010': " SIZE_WORDS },
	{ "limits: {memory: 0x10}",
	  "t:1:18: 'limits.memory' cannot be '0x10': " SIZE_WORDS },
	{ "limits: {memory: 1_000}",
	  "t:1:18: 'limits.memory' cannot be '1_000': " SIZE_WORDS },
	{ "limits: {memory: 1:30}",
	  "t:1:18: 'limits.memory' cannot be '1:30': " SIZE_WORDS },
	{ "limits: {memory: 1e3}",
	  "t:1:18: 'limits.memory' cannot be '1e3': " SIZE_WORDS },
	{ "limits: {memory: .inf}",
	  "t:1:18: 'limits.memory' cannot be '.inf': " SIZE_WORDS },
	{ "limits: {memory: .nan}",
	  "t:1:18: 'limits.memory' cannot be '.nan': " SIZE_WORDS },
	/* IN-08, IN-25 where only the field knows */
	{ "limits: {memory: 64}", "t:1:18: 'limits.memory' cannot be '64': " SIZE_WORDS },
	{ "limits: {memory_high: 4095}",
	  "t:1:23: 'limits.memory_high' cannot be '4095': " SIZE_WORDS },
	{ "limits: {memory: 0}", "t:1:18: 'limits.memory' cannot be '0': " SIZE_WORDS },
	{ "limits: {memory: \" 5M\"}",
	  "t:1:18: 'limits.memory' cannot be ' 5M': " SIZE_WORDS },
	{ "limits: {memory: 18446744073709551616}",
	  "t:1:18: 'limits.memory' cannot be '18446744073709551616': " SIZE_WORDS },
	{ "root: {size: max}",
	  "t:1:14: 'root.size' cannot be 'max': expected a size such as 512M" },
	{ "limits: {wall: 0}",
	  "t:1:16: 'limits.wall' cannot be '0': "
	  "expected a duration above 0 such as 10s or 2m30s, or max" },
	{ "limits: {wall: 1000000000000}",
	  "t:1:16: 'limits.wall' cannot be '1000000000000': "
	  "expected a duration above 0 such as 10s or 2m30s, or max" },
	{ "limits: {cpus: 0}", "t:1:16: 'limits.cpus' cannot be '0': "
			       "expected CPUs such as 1.5 or 150%, from 0.001 to 8192" },
	{ "limits: {cpu_weight: 0}", "t:1:22: 'limits.cpu_weight' cannot be '0': "
				     "expected a weight from 1 to 10000" },
	{ "limits: {cpu_weight: 10001}", "t:1:22: 'limits.cpu_weight' cannot be '10001': "
					 "expected a weight from 1 to 10000" },
	{ "limits: {cpu_weight: max}", "t:1:22: 'limits.cpu_weight' cannot be 'max': "
				       "expected a weight from 1 to 10000" },
	{ "limits: {pids: 18446744073709551615}",
	  "t:1:16: 'limits.pids' cannot be '18446744073709551615': "
	  "expected a number from 1 to 4194304, or max" },
	{ "limits: {memory: 1M, memory_high: 2M}",
	  "t:1:35: 'limits.memory_high' is above 'limits.memory'" },
	{ "umask: 1022", "t:1:8: 'umask' cannot be '1022': "
			 "expected an octal mask from 0 to 0777 such as 022" },
	/* words */
	{ "root: {from: hosts}", "t:1:14: 'root.from' cannot be 'hosts': "
				 "expected system, host, directory or empty" },
	{ "namespaces: [user, nte]",
	  "t:1:20: 'namespaces' cannot be 'nte': expected a list out "
	  "of user, mount, pid, net, uts, ipc, cgroup, time" },
	{ "namespaces: [user, user]", "t:1:20: 'namespaces' names 'user' twice" },
	/* host names (IN-21) and ids */
	{ "hostname: a/b", "t:1:11: 'hostname' cannot be 'a/b': expected 1 to 64 "
			   "letters, digits, '.' or '-'" },
	{ "hostname: \"a\\nb\"", "t:1:11: 'hostname' cannot be 'a\\x0ab': "
				 "expected 1 to 64 letters, digits, '.' or '-'" },
	{ "hostname: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "t:1:11: 'hostname' cannot be "
	  "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa': "
	  "expected 1 to 64 letters, digits, '.' or '-'" },
	{ "user: {id: 4294967295}", "t:1:12: 'user.id' cannot be '4294967295': expected "
				    "a number from 0 to 4294967294" },
	{ "user: {id: 99999999999999999999}",
	  "t:1:12: 'user.id' cannot be "
	  "'99999999999999999999': expected a number from 0 to 4294967294" },
	{ "user: {id: 1abc}",
	  "t:1:12: 'user.id' cannot be '1abc': expected a number from 0 to 4294967294" },
	{ "user: {map: [0:0:0]}",
	  "t:1:14: 'user.map' cannot be '0:0:0': expected "
	  "inside:outside:count such as 0:100000:65536, no id above 4294967294" },
	{ "user: {map: [0:1000:10, 5:2000:1]}",
	  "t:1:25: 'user.map' cannot be '5:2000:1': it overlaps line 1 of the map" },
	{ "user: {map: []}", "t:1:13: 'user.map' has 0 lines, expected 1 to 340" },
	{ "user: {map: none}",
	  "t:1:13: 'user.map: none' needs 'namespaces' without user" },
	{ "namespaces: [mount]",
	  "t:1:1: 'namespaces' leaves out user, but 'user.map' is not none" },
	/* paths and mounts (IN-10a) */
	{ "root: {from: directory}", "t:1:14: 'root.from: directory' needs 'root.path'" },
	{ "root: {path: /srv}",
	  "t:1:14: 'root.path' is for 'root.from: directory' only" },
	{ "root: {from: directory, path: srv}",
	  "t:1:31: 'root.path' cannot be 'srv': expected "
	  "an absolute path, one below ~ or one that begins with ${NAME}" },
	{ "workdir: /a/../b", "t:1:10: 'workdir' cannot be '/a/../b': expected an "
			      "absolute path without '..'" },
	{ "workdir: ${NOOK_TEST_UNSET}/x",
	  "t:1:10: 'workdir' needs the variable 'NOOK_TEST_UNSET', which is not set" },
	{ "workdir: ${NOOK", "t:1:10: 'workdir' cannot be '${NOOK': expected ${NAME}" },
	{ "mounts: [/a:b]",
	  "t:1:10: 'mounts.to' cannot be 'b': expected an absolute path without '..'" },
	{ "mounts: [/a:/b/../c]", "t:1:10: 'mounts.to' cannot be '/b/../c': expected an "
				  "absolute path without '..'" },
	{ "mounts: [\"/a://./\"]",
	  "t:1:10: 'mounts.to' cannot be '//./': what is at '/' is said by 'root'" },
	{ "mounts: [/a:/proc/./x]",
	  "t:1:10: 'mounts.to' cannot be '/proc/./x': nook decides "
	  "what is in /proc, /sys and /dev" },
	{ "mounts: [/a:/dev]",
	  "t:1:10: 'mounts.to' cannot be '/dev': nook decides what is in "
	  "/proc, /sys and /dev" },
	{ "mounts: [/a:/sys]",
	  "t:1:10: 'mounts.to' cannot be '/sys': nook decides what is in "
	  "/proc, /sys and /dev" },
	{ "mounts: [a]",
	  "t:1:10: 'mounts' cannot be 'a': expected a map or SRC:DST[:ro|rw]" },
	{ "mounts: [./a:/b]",
	  "t:1:10: 'mounts.bind' cannot be './a': expected an absolute "
	  "path, one below ~ or one that begins with ${NAME}" },
	{ "mounts: [/a:/b:rx]", "t:1:10: unknown mount option 'rx', did you mean 'ro'" },
	{ "mounts: [{bind: /a}]", "t:1:10: a mount of kind 'bind' needs 'to'" },
	{ "mounts: [{to: /a}]",
	  "t:1:10: a mount needs one of bind, tmpfs, overlay, mqueue, "
	  "devpts, proc, sysfs, filesystem" },
	{ "mounts: [{bnid: /a, to: /b}]",
	  "t:1:11: unknown key 'mounts.bnid', did you mean 'bind'" },
	{ "mounts: [{bind: /a, to: /b, size: 1M}]", "t:1:29: 'size' is for tmpfs only" },
	{ "mounts: [{bind: /a, tmpfs: /b}]",
	  "t:1:21: a mount is either 'bind' or 'tmpfs'" },
	{ "mounts: [{tmpfs: /b, size: 0}]",
	  "t:1:28: 'mounts.size' cannot be '0': expected a size such as 64M" },
	{ "mounts: [{tmpfs: /b, to: /c}]",
	  "t:1:22: 'tmpfs' names the place itself, without 'to'" },
	{ "root: {hide: [/]}",
	  "t:1:15: 'root.hide' cannot be '/': expected a path below '/'" },
	{ "devices: [nul]",
	  "t:1:11: 'devices' cannot be 'nul': expected null, zero, full, "
	  "random, urandom, tty or a path below '/dev'" },
	{ "devices: [/etc/passwd]",
	  "t:1:11: 'devices' cannot be '/etc/passwd': expected a path below '/dev'" },
	/* environment (IN-13), sysctls (IN-20) */
	{ "environment: {\"\": a}",
	  "t:1:15: 'environment' cannot have '': expected a name such as PATH" },
	{ "environment: {\"A=B\": a}",
	  "t:1:15: 'environment' cannot have 'A=B': expected a "
	  "name of printable characters without '='" },
	{ "sysctls: {kernel.core_pattern: x}",
	  "t:1:11: 'sysctls' cannot have "
	  "'kernel.core_pattern': expected one that belongs to a namespace: net.*, "
	  "fs.mqueue.*, "
	  "kernel.msg*, kernel.sem or kernel.shm*" },
	{ "sysctls: {vm.swappiness: 1}",
	  "t:1:11: 'sysctls' cannot have 'vm.swappiness': "
	  "expected one that belongs to a namespace: net.*, fs.mqueue.*, kernel.msg*, "
	  "kernel.sem or kernel.shm*" },
	{ "sysctls: {net/ipv4: 1}",
	  "t:1:11: 'sysctls' cannot have 'net/ipv4': expected a name "
	  "such as net.ipv4.ip_forward" },
	{ "sysctls: {net..ipv4: 1}",
	  "t:1:11: 'sysctls' cannot have 'net..ipv4': expected a "
	  "name such as net.ipv4.ip_forward" },
	{ "sysctls: {net.a+kernel.b: 1}",
	  "t:1:11: 'sysctls' cannot have 'net.a+kernel.b': "
	  "expected a name such as net.ipv4.ip_forward" },
	{ "sysctls: {net.a: \"1\\n2\"}",
	  "t:1:18: 'sysctls.net.a' cannot be '1\\x0a2': expected "
	  "one line without control bytes" },
	{ "network: {mode: host}\nsysctls: {net.ipv4.ip_forward: 1}",
	  "t:2:32: 'sysctls.net.ipv4.ip_forward' needs a network of the box's own" },
	/* capabilities, seccomp (IN-24), rlimits */
	{ "capabilities: [net_raw]",
	  "t:1:16: 'capabilities' cannot be 'net_raw': expected "
	  "names such as NET_BIND_SERVICE, or box-root" },
	{ "capabilities: [13]",
	  "t:1:16: 'capabilities' cannot be '13': expected names such as "
	  "NET_BIND_SERVICE, or box-root" },
	{ "seccomp: {errno: 5000}",
	  "t:1:18: 'seccomp.errno' cannot be '5000': expected the "
	  "name of an error such as EPERM" },
	{ "seccomp: {alow: []}",
	  "t:1:11: unknown key 'seccomp.alow', expected allow, deny, "
	  "errno or wx" },
	{ "seccomp: on",
	  "t:1:10: 'seccomp' cannot be 'on': expected default, off or a map of "
	  "allow, deny, errno, wx" },
	{ "rlimits: {nofiles: 1}",
	  "t:1:11: unknown key 'rlimits.nofiles', did you mean 'nofile'" },
	{ "rlimits: {nofile: 10:5}", "t:1:19: 'rlimits.nofile' cannot be '10:5': the "
				     "soft limit is above the hard one" },
	{ "rlimits: {cpu: 1.5s}",
	  "t:1:16: 'rlimits.cpu' cannot be '1.5s': expected whole "
	  "seconds such as 10s, max, or SOFT:HARD" },
	/* fields that need each other */
	{ "time: {boottime: 1h}", "t:1:18: 'time.boottime' needs the time namespace" },
	{ "network: {mode: join}", "t:1:17: 'network.mode: join' needs 'network.join'" },
	{ "network: {publish: [80]}",
	  "t:1:21: 'network.publish' cannot be '80': expected "
	  "[IP:]HOST:BOX[/udp] such as 8080:80" },
	{ "extends: base", "t:1:10: 'extends' needs a profile in a file" },
	{ "limits: {io: [{read_bps: 1M}]}",
	  "t:1:15: 'limits.io' needs a device, such as /dev/sda" },
};

static void test_refusals(void)
{
	struct err e;

	unsetenv("NOOK_TEST_UNSET");
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct profile *pf = parse(refusals[i].yaml, &e);

		const char *got = pf ? "(no error)" : e.text;

		if (!ok(!strcmp(got, refusals[i].error), "%s", refusals[i].error))
			diag("got: %s", got);
		profile_free(pf);
	}
}

/* --- values ------------------------------------------------------------------------ */

static const char most_keys[] =
	"description: \"null\"\n"
	"root: {from: empty, size: 1G, changes: refuse, hide: [~/.ssh, /srv]}\n"
	"proc: pids\n"
	"namespaces: [user, mount, pid, uts, time]\n"
	"time: {boottime: -1h, monotonic: 1.5s}\n"
	"hostname: box\n"
	"user: {id: \"0\", group: adm, map: [0:1000:1, 1:100000:10], groups: "
	"[adm, 4]}\n"
	"mounts:\n"
	"  - /etc:/etc\n"
	"  - ${HOME}/x:/x:rw,noexec\n"
	"  - {tmpfs: //tmp/., size: 64M, inodes: 99, mode: 1777, options: "
	"[noexec]}\n"
	"  - {bind: ., to: ., options: [rw], optional: true}\n"
	"  - {filesystem: ext4, source: /dev/sda1, to: /data, options: [ro, "
	"data=x, y]}\n"
	"environment: {A: no, B: null, C: \"\", D: 1:30, E: \"~\"}\n"
	"command: [echo, yes, \"a b\"]\n"
	"init: none\n"
	"umask: 077\n"
	"limits: {cpus: 150%, wall: max, output: max, swap: 0, memory: max, "
	"grace: 0}\n"
	"rlimits: {nofile: 64, cpu: 10s, core: null, as: max, stack: 8M:max}\n"
	"capabilities: [NET_RAW, CAP_KILL, box-root]\n"
	"seccomp: {deny: [\"@mount\"], errno: ENOSYS, wx: deny}\n"
	"landlock: required\n"
	"no_new_privileges: false\n"
	"labels: {a: b}\n";

static void test_values(void)
{
	struct err e;
	struct profile *pf;

	setenv("HOME", "/home/t", 1);
	pf = parse(most_keys, &e);
	if (!ok(pf != NULL, "a profile with most keys")) {
		diag("%s", e.text);
		return;
	}
	is(pf->description, "null", "a quoted scalar is text");
	is(pf->name, "t", "name");
	is_num((long long)pf->root.size, 1 << 30, "root.size");
	is_num(pf->root.from, ROOT_EMPTY, "root.from");
	is(pf->root.hide.v[0].text, "/home/t/.ssh", "~ in root.hide");
	is_num(pf->proc, PROC_PIDS, "proc");
	is_num(pf->namespaces, NS_USER | NS_MOUNT | NS_PID | NS_UTS | NS_TIME,
	       "namespaces");
	is_num(pf->time.boottime, -3600000000000, "time.boottime");
	is_num(pf->time.monotonic, 1500000000, "time.monotonic");
	is(pf->user.id, "0", "user.id");
	is_num(pf->user.map, MAP_LIST, "user.map");
	is_num(pf->user.maps[1].outside, 100000, "second line of the map");
	is_num((long long)pf->user.group_list.count, 2, "user.groups");
	is_num((long long)pf->mount_count, 5, "mounts");
	is_num(pf->mounts[0].set, MO_RO, "a bind is read-only");
	is(pf->mounts[1].source, "/home/t/x", "a variable in a bind");
	is_num(pf->mounts[1].set, MO_NOEXEC, "rw,noexec sets noexec");
	is_num(pf->mounts[1].clear, MO_RO, "rw clears ro");
	is(pf->mounts[2].to, "/tmp", "a target is tidied");
	is_num(pf->mounts[2].mode, 01777, "mode");
	is_num((long long)pf->mounts[2].inodes, 99, "inodes");
	ok(pf->mounts[3].is_cwd && pf->mounts[3].optional,
	   "bind . is the current directory");
	is(pf->mounts[4].data, "data=x,y", "options of the file system");
	is_num(pf->mounts[4].at.line, 13, "line of a mount");
	is_num((long long)pf->environment.count, 5, "environment");
	is(pf->environment.v[0].text, "no", "no is text");
	is(pf->environment.v[1].text, NULL, "null removes");
	is(pf->environment.v[3].text, "1:30", "1:30 is text");
	is(pf->environment.v[4].text, "~", "a quoted ~ is text");
	is(pf->command.v[1].text, "yes", "yes is a word");
	is_num(pf->init, INIT_NONE, "init");
	is_num(pf->umask, 077, "umask");
	is_num((long long)pf->limits.cpus_milli, 1500, "limits.cpus");
	is_num((long long)pf->limits.wall, 0, "limits.wall: max is none");
	ok(pf->limits.memory == WISH_MAX, "limits.memory: max");
	ok(profile_is_set(pf, FIELD_limits_swap) && !pf->limits.swap,
	   "limits.swap: 0 is set");
	is_num((long long)pf->limits.grace, 0, "limits.grace: 0");
	is_num((long long)pf->rlimit_count, 6, "rlimits and the defaults");
	is_num((long long)pf->rlimits[1].hard, 64, "rlimits.nofile");
	is(pf->capabilities.v[0].text, "CAP_NET_RAW", "a capability gets its prefix");
	is(pf->capabilities.v[2].text, "box-root", "a set keeps its name");
	ok(pf->seccomp.kind == SECCOMP_CUSTOM && pf->seccomp.error == ENOSYS &&
		   pf->seccomp.wx_deny,
	   "seccomp");
	ok(!pf->no_new_privileges, "no_new_privileges");
	is_num(pf->origin[FIELD_hostname].line, 6, "line of a value");
	is_num(pf->origin[FIELD_hostname].column, 11, "column of a value");
	profile_free(pf);
}

/* fields.def says the defaults in words; reading those words must give the defaults */
static void test_defaults(void)
{
	struct err e;
	struct profile *plain = parse("", &e);

	ok(plain && !memcmp(&plain->umask, &profile_defaults.umask, sizeof(plain->umask)),
	   "an empty profile has the defaults");
	for (int f = 0; f < FIELD_COUNT; f++) {
		const struct field_info *info = &field_info[f];
		const char *dot = strchr(info->key, '.');
		char yaml[256];
		struct profile *pf;

		/* Numbers and words only: the others are phrases for people, and a size
		 * that depends on other fields is 0 in the profile */
		if (!(info->type->shapes & IS_SCALAR) || !*info->fallback ||
		    strchr(info->fallback, ' ') || f == FIELD_root_size ||
		    f == FIELD_network_name || f == FIELD_network_address ||
		    f == FIELD_network_mac || f == FIELD_workdir ||
		    !strcmp(info->fallback, "none") || !strcmp(info->fallback, "max"))
			continue;
		snprintf(yaml, sizeof(yaml), dot ? "%.*s: {%s: %s}" : "%.*s%s: %s",
			 dot ? (int)(dot - info->key) : 0, info->key,
			 dot ? dot + 1 : info->key, info->fallback);
		if (f == FIELD_time_boottime || f == FIELD_time_monotonic)
			strcat(yaml, "\nnamespaces: [user, mount, time]");
		pf = parse(yaml, &e);
		ok(pf && !memcmp((char *)pf + info->offset,
				 (const char *)&profile_defaults + info->offset,
				 info->type->size),
		   "the default of %s is '%s'", info->key, info->fallback);
		if (!pf)
			diag("%s: %s", yaml, e.text);
		profile_free(pf);
	}
	profile_free(plain);
}

/* What is printed gives the same profile when it is read again */
static void test_print(void)
{
	static const char yaml[] =
		"description: \"a: b # c\"\n"
		"root: {from: directory, path: ~/x}\n"
		"environment: {A: \"\\e[1m\", B: null, C: \"\", D: \"null\", E: 'x: y', "
		"F: \"é\"}\n"
		"mounts: [{bind: \"/a, b\", to: /c}, /a:/b:rw]\n"
		"command: [\"\", \"-x\", \"{a}\", \"a\\nb\", \"...\"]\n"
		"capabilities: []\n"
		"labels: {a: \"#x\"}\n";
	auto_text first = { 0 }, second = { 0 };
	struct err e;
	struct profile *a = parse(yaml, &e), *b;

	if (!ok(a != NULL, "a profile with hard texts"))
		diag("%s", e.text);
	profile_print(a, PRINT_ORIGIN | PRINT_DEFAULTS, &first);
	b = parse(text_str(&first), &e);
	if (!ok(b != NULL, "what was printed can be read"))
		diag("%s\n%s", e.text, text_str(&first));
	text_cut(&first, 0);
	profile_print(a, 0, &first);
	if (b)
		profile_print(b, 0, &second);
	is(text_str(&second), text_str(&first), "and says the same");
	profile_free(a);
	profile_free(b);
}

/* The same for the shipped ones, every key and default of them written out */
static void test_shipped(void)
{
	glob_t g = { 0 };

	setenv("NOOK_PROFILE_PATH", "profiles", 1);
	ok(!glob("./profiles/*.yaml", 0, NULL, &g) && g.gl_pathc > 5, "shipped profiles");
	for (size_t i = 0; i < g.gl_pathc; i++) {
		auto_text first = { 0 }, second = { 0 };
		struct profile *a = NULL, *b = NULL;
		struct err e = { 0 };

		if (!ok(!profile_load(g.gl_pathv[i], NULL, 0, &a, &e), "%s",
			g.gl_pathv[i]))
			diag("%s", e.text);
		if (!a)
			continue;
		profile_print(a, PRINT_DEFAULTS, &first);
		b = parse(text_str(&first), &e);
		if (!ok(b != NULL, "printed, it can be read"))
			diag("%s", e.text);
		if (b)
			profile_print(b, PRINT_DEFAULTS, &second);
		is(text_str(&second), text_str(&first), "and says the same");
		profile_free(a);
		profile_free(b);
	}
	globfree(&g);
}

int main(void)
{
	setenv("HOME", "/home/t", 1);
	plan(0);
	test_shipped();
	test_refusals();
	test_values();
	test_defaults();
	test_print();
	return done();
}
