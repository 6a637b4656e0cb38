// SPDX-License-Identifier: GPL-3.0-or-later
/* cgroup_stat.c - the kernel's cgroup files are read as they are written */
#include <string.h>

#include "cgroup/cgroup.h"
#include "cgroup/stat.h"
#include "tap.h"

static void test_numbers(void)
{
	ok(stat_number("4096\n") == 4096, "a number and a newline");
	ok(stat_number("0") == 0, "nothing is 0 when it says so");
	ok(stat_number("max\n") == UINT64_MAX, "max is no number");
	ok(stat_number("") == UINT64_MAX, "an empty file is unknown, not 0");
	ok(stat_number("-1\n") == UINT64_MAX, "-1 is v1's word for no limit");
	ok(stat_number("18446744073709551614") == UINT64_MAX - 1, "the largest number");
	ok(stat_number("18446744073709551616") == UINT64_MAX, "one that is too large");
	ok(stat_number("99999999999999999999999999") == UINT64_MAX,
	   "one that is far too large");
}

static void test_keys(void)
{
	static const char events[] =
		"low 0\nhigh 12\nmax 7\noom 3\noom_kill 2\noom_group_kill 1\n";

	ok(stat_key(events, "oom") == 3, "oom is not oom_kill");
	ok(stat_key(events, "oom_kill") == 2, "oom_kill is not oom_group_kill");
	ok(stat_key(events, "low") == 0, "the first line");
	ok(stat_key(events, "oom_group_kill") == 1, "the last line");
	ok(stat_key(events, "kill") == UINT64_MAX, "the end of a word is no key");
	ok(stat_key("", "oom") == UINT64_MAX, "an empty file is unknown");
	ok(stat_key("oom", "oom") == UINT64_MAX, "a key without its number");
	ok(stat_key("oom max\n", "oom") == UINT64_MAX, "a key with a word");
	ok(stat_key("oom_kill_disable 0\nunder_oom 0\noom_kill 5\n", "oom_kill") == 5,
	   "memory.oom_control of v1");
}

static void test_io(void)
{
	static const char two[] =
		"8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n"
		"8:0 rbytes=800 wbytes=6 rios=1 wios=1 dbytes=7 dios=1\n";
	static const char blkio[] = "8:0 Read 512\n8:0 Write 1024\n8:0 Total 1536\n"
				    "253:0 Read 88\nTotal 1624\n";

	ok(stat_io(two, "rbytes=") == 1460000, "what was read from both devices");
	ok(stat_io(two, "wbytes=") == 314773510, "what was written");
	ok(stat_io("", "rbytes=") == 0, "nothing was read yet");
	ok(stat_io("8:0 rbytes=x\n", "rbytes=") == 0, "no number counts nothing");
	ok(stat_io(blkio, "Read ") == 600, "v1: what was read");
	ok(stat_io(blkio, "Write ") == 1024, "v1: what was written");
	ok(stat_io("Total 0\n", "Read ") == 0, "v1: nothing yet");
}

static void test_pressure(void)
{
	ok(stat_pressure("some avg10=1.53 avg60=2.00 avg300=0.75 total=38\n"
			 "full avg10=9.99 avg60=0.00 avg300=0.00 total=1\n") == 153,
	   "hundredths of a percent of the line 'some'");
	ok(stat_pressure("some avg10=100.00 avg60=0 avg300=0 total=0") == 10000, "all");
	ok(stat_pressure("some avg10=0.04 avg60=0") == 4, "little");
	ok(stat_pressure("some avg10=7\n") == 700, "no fraction");
	ok(stat_pressure("some avg10=7.5\n") == 750, "a short fraction");
	ok(stat_pressure("") == UINT64_MAX, "pressure is off");
	ok(stat_pressure("full avg10=1.00") == UINT64_MAX, "not the line 'some'");
	ok(stat_pressure("some avg10=999.00") == UINT64_MAX, "more than all");
}

/* What is written for a limit, and where */
static void test_words(void)
{
	static const struct {
		uint32_t kind;
		enum cgroup_limit which;
		uint64_t n;
		const char *text, *file, *words;
	} t[] = {
		{ CGROUP_V2, LIMIT_CPUS, 1500, NULL, "cpu.max", "150000 100000" },
		{ CGROUP_V2, LIMIT_CPUS, 1, NULL, "cpu.max", "1000 1000000" },
		{ CGROUP_V2, LIMIT_CPUS, UINT64_MAX, NULL, "cpu.max", "max" },
		{ CGROUP_V1, LIMIT_CPUS, 200, NULL, "cpu.cfs_quota_us", "20000" },
		{ CGROUP_V1, LIMIT_CPUS, UINT64_MAX, NULL, "cpu.cfs_quota_us", "-1" },
		{ CGROUP_V2, LIMIT_CPU_WEIGHT, 100, NULL, "cpu.weight", "100" },
		{ CGROUP_V1, LIMIT_CPU_WEIGHT, 100, NULL, "cpu.shares", "1024" },
		{ CGROUP_V1, LIMIT_CPU_WEIGHT, 10000, NULL, "cpu.shares", "102400" },
		{ CGROUP_V2, LIMIT_MEMORY, 4096, NULL, "memory.max", "4096" },
		{ CGROUP_V1, LIMIT_MEMORY, 4096, NULL, "memory.limit_in_bytes", "4096" },
		{ CGROUP_V1, LIMIT_MEMORY, UINT64_MAX, NULL, "memory.limit_in_bytes",
		  "-1" },
		{ CGROUP_V2, LIMIT_SWAP, 0, NULL, "memory.swap.max", "0" },
		{ CGROUP_V1, LIMIT_PIDS, UINT64_MAX, NULL, "pids.max", "max" },
		{ CGROUP_V2, LIMIT_CPUSET, 0, "0-1", "cpuset.cpus", "0-1" },
		{ CGROUP_V2, LIMIT_IO_READ_BPS, 5, "8:0", "io.max", "8:0 rbps=5" },
		{ CGROUP_V2, LIMIT_IO_WRITE_IOPS, UINT64_MAX, "8:0", "io.max",
		  "8:0 wiops=max" },
		{ CGROUP_V1, LIMIT_IO_WRITE_BPS, 5, "8:0",
		  "blkio.throttle.write_bps_device", "8:0 5" },
		{ CGROUP_V1, LIMIT_IO_WRITE_BPS, UINT64_MAX, "8:0",
		  "blkio.throttle.write_bps_device", "8:0 0" },
		{ CGROUP_V2, LIMIT_IO_WEIGHT, 50, NULL, "io.weight", "default 50" },
		{ CGROUP_V1, LIMIT_MEMORY_HIGH, 1, NULL, NULL, "1" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char words[CGROUP_WORDS];
		const char *file =
			cgroup_words(t[i].kind, t[i].which, t[i].n, t[i].text, words);

		is(file, t[i].file, "the file of a limit");
		is(words, t[i].words, "what is written for it");
	}
}

static void test_at(void)
{
	struct cgroup_at at = { .kind = CGROUP_V1 };
	char deep[1200];

	ok(!cgroup_at_add(&at, CG_MEMORY, "/sys/fs/cgroup/memory/a", "id", NULL) &&
		   !cgroup_at_add(&at, CG_CPU | CG_CPUACCT, "/", "id", NULL),
	   "two trees");
	is(cgroup_path(&at, 0), "/sys/fs/cgroup/memory/a/nook-id", "the first path");
	is(cgroup_path_of(&at, CG_CPUACCT), "/nook-id", "the path of a controller");
	ok(!cgroup_path_of(&at, CG_PIDS), "a controller that is not there");
	ok(cgroup_at_check(&at), "they can be followed");
	at.tree[1].path = at.used;
	ok(!cgroup_at_check(&at), "not a path beyond the text");
	at.tree[1].path = 5;
	ok(!cgroup_at_check(&at), "not the middle of one");
	at = (struct cgroup_at){ .kind = CGROUP_V2, .count = 1, .used = 16 };
	strcpy(at.text, "/sys/fs/cgroup");
	ok(!cgroup_at_check(&at), "not a cgroup that is not nook's");
	strcpy(at.text, "/a/../nook-id");
	ok(!cgroup_at_check(&at), "not a way round");
	memset(deep, 'd', sizeof(deep));
	deep[0] = '/';
	deep[sizeof(deep) - 1] = '\0';
	at = (struct cgroup_at){ .kind = CGROUP_V1 };
	ok(!cgroup_at_add(&at, CG_CPU, deep, "id", NULL) &&
		   cgroup_at_add(&at, CG_PIDS, deep, "id", NULL) < 0 && at.count == 1,
	   "what does not fit is refused");
}

int main(void)
{
	plan(0);
	test_numbers();
	test_keys();
	test_io();
	test_pressure();
	test_words();
	test_at();
	return done();
}
