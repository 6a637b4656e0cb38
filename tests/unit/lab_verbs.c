// SPDX-License-Identifier: GPL-3.0-or-later
/* lab_verbs.c - each verb of a lab's facts, seen true and false in a made-up playground
 *
 * as: root user
 * valgrind 3.19 does not know openat2
 * with: plain
 */
#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "lab/probe.h"
#include "playground.h"

/* --- processes --------------------------------------------------------------------- */

static void test_ids(struct playground *p)
{
	char line[80];

	tell(p, "unshare -Ur sleep 60 & echo $! >pid; "
		"until [ \"$(readlink /proc/$!/ns/user)\" != "
		"\"$(readlink /proc/$$/ns/user)\" ] && grep -q . /proc/$!/uid_map && "
		"grep -q . /proc/$!/gid_map; do :; done; touch mine");
	snprintf(line, sizeof(line), "uidmap a 0 %u 1", geteuid());
	fact(p, YES, line);
	fact(p, YES, "uidmap a 0 $UID 1");
	fact(p, YES, "gidmap a 0 $GID 1");
	fact(p, NO, "gidmap a 0 77 1");
	fact(p, NO, "uidmap a 0 77 1");
	fact(p, NO, "uidmap a 0 $UID 2");
	fact(p, YES, "owner-is $LAB/mine $UID");
	fact(p, YES, "owner-is $LAB/mine $UID $GID");
	fact(p, NO, "owner-is $LAB/mine 77");
	fact(p, NO, "owner-is $LAB/mine $UID 77");
	fact(p, YES, "ns-differs a user");
	/* its mounts are those of the user namespace above */
	fact(p, YES, "run-in a id -u => 0");
	tell(p, "kill $(cat pid); wait");
}

static void test_pids(struct playground *p)
{
	tell(p,
	     "unshare -pf --mount-proc --kill-child sh -c 'sleep 60 & : >ready; wait' & "
	     "echo $! >outer; until [ -e ready ]; do :; done; rm ready; "
	     "p=$(grep -l \"^PPid:.$(cat outer)$\" /proc/[1-9]*/status); p=${p#/proc/}; "
	     "echo ${p%/*} >pid; readlink /proc/${p%/*}/ns/pid >ns");
	fact(p, YES, "nspid a 1");
	fact(p, NO, "nspid a 2");
	fact(p, NO, "nspid host 1");
	fact(p, YES, "pids-in-ns a = 2");
	fact(p, NO, "pids-in-ns a = 1");
	fact(p, YES, "pids-in-ns a > 1");
	fact(p, NO, "pids-in-ns a < 2");
	fact(p, YES, "zombies a = 0");
	tell(p,
	     "kill -9 $(cat outer); wait; until [ ! -e /proc/$(cat pid) ]; do :; done");
	fact(p, UNKNOWN, "pids-in-ns a = 0");
	tell(p, "sh -c 'sleep 0 & exec sleep 60' & echo $! >pid; "
		"until grep -q Z /proc/[1-9]*/stat; do :; done");
	fact(p, YES, "zombies lab >= 1");
	fact(p, NO, "zombies lab = 0");
	tell(p, "kill $(cat pid); wait");
}

static void test_proc(struct playground *p)
{
	tell(p, "setpriv --no-new-privs sleep 60 & echo $! >pid; "
		"until grep -q sleep /proc/$!/comm; do :; done");
	fact(p, YES, "status a NoNewPrivs 1");
	fact(p, NO, "status a NoNewPrivs 0");
	fact(p, NO, "status host NoNewPrivs 1");
	fact(p, UNKNOWN, "status a Nothing 1");
	fact(p, YES, "proc-has a comm ^sleep$");
	fact(p, NO, "proc-has a comm ^wake");
	fact(p, YES, "proc-has a cmdline ^60$");
	fact(p, UNKNOWN, "proc-has a nothing x");
	tell(p, "kill $(cat pid); wait");
}

/* --- namespaces, mounts ------------------------------------------------------------ */

static void test_kept(struct playground *p)
{
	tell(p, "touch f plain; unshare --net=f true; nsenter --net=f sleep 60 & "
		"echo $! >pid; until grep -q sleep /proc/$!/comm; do :; done");
	/* The bind is in the playground's mounts alone: its target's path shows it */
	fact(p, YES, "ns-kept lab:$LAB/f net");
	fact(p, NO, "ns-kept lab:$LAB/f uts");
	fact(p, YES, "ns-kept lab:$LAB/f net a");
	fact(p, NO, "ns-kept lab:$LAB/f net lab");
	fact(p, NO, "ns-kept lab:$LAB/plain net");
	fact(p, NO, "ns-kept $LAB/f net");
	fact(p, NO, "ns-kept $LAB/none net");
	fact(p, YES, "mount-has lab $LAB/f nsfs");
	tell(p, "kill $(cat pid); wait; umount f; rm pid");
}

static void test_mounts(struct playground *p)
{
	tell(p, "mkdir m; unshare -m sh -c 'mount -t tmpfs -o ro,nodev t m; : >ready; "
		"exec sleep 60' & echo $! >pid; until [ -e ready ]; do :; done");
	fact(p, YES, "mount-has a $LAB/m");
	fact(p, YES, "mount-has a $LAB/m tmpfs ro nodev");
	fact(p, NO, "mount-has a $LAB/m tmpfs rw");
	fact(p, NO, "mount-has a $LAB/m proc");
	fact(p, NO, "mount-lacks a $LAB/m");
	fact(p, YES, "mount-lacks a $LAB/m proc");
	fact(p, NO, "mount-has lab $LAB/m");
	fact(p, YES, "mount-lacks lab $LAB/m");
	fact(p, YES, "mount-lacks host $LAB/m");
	fact(p, YES, "mount-has a /proc proc");
	tell(p, "kill $(cat pid); wait; rm pid ready");
	fact(p, UNKNOWN, "mount-lacks b $LAB/m");
}

/* --- files ------------------------------------------------------------------------- */

static void test_files(struct playground *p)
{
	tell(p,
	     "echo 1 >one; echo 1 >again; echo 2 >two; ln -s one link; chmod 4711 two; "
	     "echo link >plain");
	fact(p, YES, "link-is $LAB/link one");
	fact(p, NO, "link-is $LAB/link two");
	fact(p, NO, "link-is $LAB/one one");
	fact(p, NO, "link-is $LAB/none one");
	fact(p, YES, "mode-is $LAB/two 4711");
	fact(p, NO, "mode-is $LAB/two 711");
	fact(p, NO, "mode-is $LAB/none 711");
	fact(p, YES, "chardev-is /dev/null 1:3");
	fact(p, NO, "chardev-is /dev/null 1:5");
	fact(p, NO, "chardev-is $LAB/one 1:3");
	fact(p, YES, "chardev-is lab:/dev/null 1:3");
	fact(p, YES, "distinct $LAB/one $LAB/two");
	fact(p, NO, "distinct $LAB/one $LAB/two $LAB/again");
	fact(p, NO, "distinct $LAB/one $LAB/none");
}

/* --- networks ---------------------------------------------------------------------- */

static void test_links(struct playground *p)
{
	tell(p, "ip link set lo up; ip netns list >/dev/null; "
		"unshare -n sleep 60 & echo $! >a.pid; "
		"until [ \"$(readlink /proc/$!/ns/net)\" != \"$(readlink "
		"/proc/$$/ns/net)\" ]; "
		"do :; done; ip link add br0 type bridge; ip link set br0 up; "
		"ip link add v0 type veth peer name e0; "
		"ip link set e0 netns $! address 02:00:00:00:00:01; "
		"ip link set v0 master br0 up; ip addr add 10.9.0.1/24 dev br0; "
		"nsenter -t $! -n sh -c 'ip link set lo up; ip link set e0 up; "
		"ip addr add 10.9.0.2/24 dev e0; ip route add default via 10.9.0.1'");
	fact(p, YES, "net-link a e0 up kind=veth");
	fact(p, YES, "net-link a e0 mac=02:00:00:00:00:01");
	fact(p, NO, "net-link a e0 down");
	fact(p, NO, "net-link a v0");
	fact(p, YES, "net-link lab v0 master=br0");
	fact(p, NO, "net-link lab v0 master=br1");
	fact(p, YES, "net-link lab br0 kind=bridge up");
	fact(p, YES, "net-addr a e0 10.9.0.2/24");
	fact(p, NO, "net-addr a e0 10.9.0.2/16");
	fact(p, NO, "net-addr a lo 10.9.0.2/24");
	fact(p, YES, "net-route a default via=10.9.0.1 dev=e0");
	fact(p, NO, "net-route lab default");
	fact(p, YES, "net-route lab 10.9.0.0/24 dev=br0");
}

static void test_answers(struct playground *p)
{
	fact(p, YES, "ping a 10.9.0.1");
	fact(p, YES, "ping lab 10.9.0.2");
	fact(p, YES, "ping lab a");
	fact(p, NO, "ping a 10.9.0.77");
	fact(p, NO, "ping lab 10.8.0.1");
	fact(p, YES, "ping a 127.0.0.1");
	tell(p, "nsenter -t $(cat a.pid) -n perl -MIO::Socket::INET -e '$s = "
		"IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1); "
		"open F, \">listens\"; close F; while ($c = $s->accept) { "
		"$n++ % 2 ? (<$c>, print $c \"HTTP/1.0 200 OK\\r\\n\\r\\nbody\\n\") : "
		"print $c \"hello\\n\"; close $c }' & until [ -e listens ]; do :; done");
	fact(p, YES, "tcp-get lab 10.9.0.2 8080 => hello");
	fact(p, YES, "tcp-get lab a 8080 => body");
	fact(p, NO, "tcp-get lab a 8080 => body");
	fact(p, YES, "tcp-get lab a 8080 =~ ^bo");
	fact(p, YES, "tcp-get a 127.0.0.1 8080");
	fact(p, NO, "tcp-get lab a 8081");
	tell(p, "kill %% 2>/dev/null; kill $!; rm listens");
	/* One that speaks slowly has no more time than others */
	tell(p, "nsenter -t $(cat a.pid) -n perl -MIO::Socket::INET -e '$s = "
		"IO::Socket::INET->new(LocalPort => 8082, Listen => 5); open F, "
		"\">listens\"; close F; $c = $s->accept; $SIG{PIPE} = \"IGNORE\"; "
		"for (1 .. 50) { syswrite $c, \"x\"; select undef, undef, undef, .1 } "
		"syswrite $c, \"end\"' & until [ -e listens ]; do :; done");
	fact(p, NO, "tcp-get lab a 8082 =~ end");
	tell(p, "kill %% 2>/dev/null; kill $!; rm listens");
}

/* Of who was not asked it is not known whether he answers */
static void test_no_socket(void)
{
	static int (*const probes[])(void *arg, struct text *out,
				     struct err *e) = { probe_ping, probe_tcp };
	struct probe to = { .to = { .family = AF_INET }, .port = 9 };
	struct rlimit before, none;

	inet_pton(AF_INET, "127.0.0.1", to.to.addr);
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){ 0, before.rlim_max };
	for (size_t i = 0; i < 2; i++) {
		auto_text out = { 0 };
		struct err e = { 0 };
		int rc;

		setrlimit(RLIMIT_NOFILE, &none);
		rc = probes[i](&to, &out, &e);
		setrlimit(RLIMIT_NOFILE, &before);
		is_num(rc, -1, "without a descriptor nobody is asked");
		is(e.text, "cannot try it: Too many open files", "which is said");
	}
}

static void test_settings(struct playground *p)
{
	/* A new one begins with what the machine's first one has */
	tell(p, "echo 0 >/proc/sys/net/ipv4/ip_forward");
	tell(p,
	     "nsenter -t $(cat a.pid) -n sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'");
	fact(p, YES, "sysctl a net.ipv4.ip_forward 1");
	fact(p, NO, "sysctl a net/ipv4/ip_forward 0");
	fact(p, YES, "sysctl lab net.ipv4.ip_forward 0");
	fact(p, UNKNOWN, "sysctl lab net.ipv4.nothing 0");
}

static void test_flows(struct playground *p)
{
	tell(p, "nsenter -t $(cat a.pid) -n nft add table ip t; nsenter -t $(cat a.pid) "
		"-n nft "
		"'add chain ip t c { type filter hook input priority 0; ct state new "
		"counter; "
		"}'");
	fact(p, YES, "ping lab 10.9.0.2");
	fact(p, YES, "conntrack a icmp orig-src=10.9.0.1 orig-dst=10.9.0.2");
	fact(p, NO, "conntrack a tcp");
	fact(p, NO, "conntrack a icmp orig-src=10.9.0.9");
	tell(p, "kill $(cat a.pid); wait; rm a.pid; ip link del br0");
}

/* --- cgroups ----------------------------------------------------------------------- */

static void test_cgroups(struct playground *p)
{
	fact(p, YES, "cg lab processes >= 1");
	fact(p, NO, "cg lab processes = 0");
	fact(p, YES, "cg lab cpu-time > 0s");
	fact(p, YES, "cg-delta lab cpu-time < 1h 10ms");
	fact(p, NO, "cg-delta lab cpu-time > 1h 10ms");
	fact(p, UNKNOWN, "cg /nowhere/at-all memory-now > 0");
}

/* Directory for a cgroup of ours in a hierarchy of v1. Return: false without one */
static bool own_cgroup(const char *controller, char *out, size_t size)
{
	char line[600], names[200], path[300];
	FILE *f = fopen("/proc/self/cgroup", "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		found = sscanf(line, "%*d:%199[^:]:%299s", names, path) == 2 &&
			!strcmp(names, controller);
		if (found)
			snprintf(out, size, "/sys/fs/cgroup/%s%s/nook-lab", names, path);
	}
	if (f)
		fclose(f);
	return found;
}

/* A process of the learner's in such a cgroup, with a limit; `$d` is the cgroup. Return:
 * false without a hierarchy of @controller */
static bool limit_one(struct playground *p, const char *controller, const char *limit,
		      const char *file)
{
	char dir[600], line[900];

	if (!own_cgroup(controller, dir, sizeof(dir)))
		return false;
	snprintf(line, sizeof(line),
		 "d=%s; mkdir $d; sleep 60 & echo $! >pid; echo $! >$d/cgroup.procs; "
		 "echo %s >$d/%s",
		 dir, limit, file);
	tell(p, line);
	return true;
}

static void end_limited(struct playground *p)
{
	tell(p, "kill $(cat pid); wait; rmdir $d; rm pid");
}

/* What only root may: rules about devices. Of v2 lab L17 sees them, in the guest */
static void test_devices(struct playground *p)
{
	char dir[600], line[800];

	fact(p, UNKNOWN, "dev-opens a /dev/zero r");
	if (!own_cgroup("devices", dir, sizeof(dir))) {
		skip(8, "no hierarchy of v1 with device rules");
		return;
	}
	if (geteuid()) {
		fact(p, UNKNOWN, "dev-opens lab /dev/zero r");
		return;
	}
	snprintf(line, sizeof(line),
		 "d=%s; mkdir $d; sleep 60 & echo $! >pid; "
		 "until grep -q sleep /proc/$!/comm; do :; done; "
		 "echo $! >$d/cgroup.procs; echo a >$d/devices.deny; "
		 "echo 'c 1:5 r' >$d/devices.allow",
		 dir);
	tell(p, line);
	fact(p, YES, "dev-opens a /dev/zero r");
	fact(p, NO, "dev-opens a /dev/zero w");
	fact(p, NO, "dev-opens a /dev/zero rw");
	fact(p, NO, "dev-opens a /dev/urandom r");
	fact(p, YES, "dev-opens lab /dev/urandom rw");
	fact(p, YES, "run-in a head -c1 /dev/urandom");
	fact(p, UNKNOWN, "dev-opens a /etc/passwd r");
	fact(p, UNKNOWN, "dev-opens a /dev/nothing r");
	end_limited(p);
}

/* What only root may: cgroups with limits */
static void test_limits(struct playground *p)
{
	char pids[600], memory[600], cpu[600], line[2600];

	if (!own_cgroup("pids", pids, sizeof(pids)) ||
	    !own_cgroup("memory", memory, sizeof(memory)) ||
	    !own_cgroup("cpu", cpu, sizeof(cpu))) {
		skip(9, "no hierarchies of v1 to make cgroups in");
		return;
	}
	snprintf(
		line, sizeof(line),
		"pids=%s memory=%s cpu=%s; mkdir $pids $memory $cpu; sleep 60 & "
		"echo $! >pid; for c in $pids $memory $cpu; do echo $! >$c/cgroup.procs; "
		"done; echo 20 >$pids/pids.max; echo 32M >$memory/memory.limit_in_bytes; "
		"echo 20000 >$cpu/cpu.cfs_quota_us",
		pids, memory, cpu);
	tell(p, line);
	fact(p, YES, "cg a pids-limit = 20");
	fact(p, NO, "cg a pids-limit = 21");
	fact(p, YES, "cg a pids-now = 1");
	fact(p, YES, "cg a memory-limit <= 32M");
	fact(p, NO, "cg a memory-limit > 32M");
	fact(p, YES, "cg a cpu-quota = 20%");
	fact(p, NO, "cg a cpu-quota = 50%");
	fact(p, YES, "cg a oom-kills = 0");
	fact(p, YES, "cg /nook-lab pids-limit = 20");
	tell(p, "kill $(cat pid); wait; rmdir $pids $memory $cpu; rm pid");
}

/* --- what a playground may have made ----------------------------------------------- */

static const char *answered;

static const char *answer(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "q") ? NULL : answered;
}

static void answer_is(struct playground *p, const char *typed, int wanted,
		      const char *line)
{
	answered = typed;
	fact(p, wanted, line);
}

/* What would never end, or lead out */
static void test_traps(struct playground *p)
{
	tell(p, "mkfifo pid");
	fact(p, UNKNOWN, "nspid a 1");
	tell(p, "rm pid; ln -s /proc/sys/kernel/ns_last_pid pid");
	fact(p, UNKNOWN, "nspid a 1");
	tell(p, "rm pid; sleep 60 & echo $! >pid");
	fact(p, NO, "run-in a sh -c 'exec >&- 2>&-; sleep 60'");
	fact(p, YES, "run-in a sh -c 'sleep 60 >/dev/null 2>&1 &'");
	tell(p,
	     "mkfifo fifo; ln -s /etc/passwd away; ln -s one near; ln -s $LAB/one whole; "
	     "mkdir -p deep; ln -s ../one deep/up");
	fact(p, NO, "file-is $LAB/fifo 1");
	fact(p, NO, "file-matches $LAB/away root");
	fact(p, NO, "file-matches $LAB/deep/../../../etc/passwd root");
	fact(p, YES, "file-matches lab:$LAB/away root");
	fact(p, YES, "link-is $LAB/away /etc/passwd");
	fact(p, YES, "file-is $LAB/near 1");
	fact(p, YES, "file-is $LAB/deep/up 1");
	fact(p, NO, "file-is $LAB/whole 1");
	fact(p, UNKNOWN, "bootid-same $LAB/fifo");
	/* A plain file outside */
	tell(p, "mkdir mount; echo 1 >mount/x; mount -t tmpfs t mount; mkfifo mount/x");
	p->scene.answer = answer;
	answer_is(p, "same", UNKNOWN, "answer q compare lab $LAB/mount/x");
	p->scene.answer = NULL;
	tell(p, "umount mount; kill $(cat pid); wait; rm pid fifo");
}

/* What root's rights would be used for */
static void test_rights(struct playground *p)
{
	const pid_t init = p->scene.init;
	const gid_t group = 4242;

	ok(syscall(SYS_setgroups, 1, &group) == 0, "root has another group");
	fact(p, YES, "run-in lab id -G => 0");
	syscall(SYS_setgroups, 0, NULL);
	tell(p, "chroot --userspec=65534:65534 / unshare --user "
		"sleep 60 & echo $! >pid; until grep -q sleep /proc/$!/comm; do :; done");
	fact(p, YES, "ns-differs a user");
	fact(p, YES, "run-in a id -u -> 127");
	tell(p, "kill $(cat pid); wait; unshare --user sleep 60 & echo $! >pid; "
		"until grep -q sleep /proc/$!/comm; do :; done");
	fact(p, YES, "run-in a id -u => 65534");
	tell(p, "kill $(cat pid); wait; setpriv --bounding-set -chown sleep 60 & "
		"echo $! >pid; until grep -q sleep /proc/$!/comm; do :; done; "
		"grep CapBnd /proc/$!/status >bounding");
	fact(p, NO,
	     "run-in lab sh -c \"grep CapBnd /proc/self/status | cmp - $LAB/bounding\"");
	if (lab_target(&p->scene, "a", &p->scene.init, NULL, &(struct err){ 0 }) == 1)
		fact(p, YES,
		     "run-in lab sh -c \"grep CapBnd /proc/self/status | cmp - "
		     "$LAB/bounding\"");
	p->scene.init = init;
	tell(p, "kill $(cat pid); wait; rm pid");
}

/* --- answers ----------------------------------------------------------------------- */

/* What a cgroup has counted: one that counts no more, as this test is not in it */
static void test_amounts(struct playground *p)
{
	answer_is(p, "1s", UNKNOWN, "answer q cg /nowhere/at-all cpu-time");
	answer_is(p, "0", NO, "answer q cg lab cpu-time within 5%");
	/* others may make none */
	if (geteuid())
		return;
	if (!limit_one(p, "pids", "40", "pids.max")) {
		skip(12, "no hierarchy of v1 to make cgroups in");
		return;
	}
	answer_is(p, "40", YES, "answer q cg a pids-limit");
	answer_is(p, "41", NO, "answer q cg a pids-limit");
	answer_is(p, "41", YES, "answer q cg a pids-limit within 5%");
	answer_is(p, "43", NO, "answer q cg a pids-limit within 5%");
	answer_is(p, "40 MB", NO, "answer q cg a pids-limit within 5%");
	answer_is(p, "forty", NO, "answer q cg a pids-limit within 5%");
	end_limited(p);
	if (!limit_one(p, "memory", "96M", "memory.limit_in_bytes")) {
		skip(6, "no hierarchy of v1 that counts memory");
		return;
	}
	answer_is(p, "96M", YES, "answer q cg a memory-limit");
	answer_is(p, "98304 KB", YES, "answer q cg a memory-limit");
	answer_is(p, "100663296", YES, "answer q cg a memory-limit");
	answer_is(p, "0.09G", NO, "answer q cg a memory-limit within 1%");
	answer_is(p, "0.094 GB", YES, "answer q cg a memory-limit within 1%");
	answer_is(p, "96s", NO, "answer q cg a memory-limit");
	end_limited(p);
}

static void test_typed(struct playground *p)
{
	char buf[64];
	struct stat st;

	fact(p, UNKNOWN, "answer q is x");
	p->scene.answer = answer;
	test_amounts(p);
	answer_is(p, NULL, UNKNOWN, "answer q is x");
	answer_is(p, " Box1\n", YES, "answer q is box1");
	answer_is(p, "box2", NO, "answer q is box1");
	answer_is(p, "box2", YES, "answer q is box1 box2");
	answer_is(p, "b, a", YES, "answer q set a b");
	answer_is(p, "a", NO, "answer q set a b");
	answer_is(p, "a b c", NO, "answer q set a b");
	answer_is(p, "102", YES, "answer q is 100 within 5%");
	answer_is(p, "90", NO, "answer q is 100 within 5%");
	answer_is(p, "same", YES, "answer q compare lab /proc/sys/kernel/ostype");
	answer_is(p, "differs", NO, "answer q compare lab /proc/sys/kernel/ostype");
	tell(p, "hostname playground");
	answer_is(p, "differs", YES, "answer q compare lab /proc/sys/kernel/hostname");
	answer_is(p, "Linux", YES, "answer q file /proc/sys/kernel/ostype");
	answer_is(p, "BSD", NO, "answer q file /proc/sys/kernel/ostype");
	stat("/proc/self/ns/uts", &st);
	snprintf(buf, sizeof(buf), "uts:[%llu]", (unsigned long long)st.st_ino);
	answer_is(p, buf, YES, "answer q ns host uts");
	answer_is(p, buf, NO, "answer q ns lab uts");
	snprintf(buf, sizeof(buf), "%ld",
		 sysconf(_SC_PHYS_PAGES) / 1024 * (sysconf(_SC_PAGESIZE)));
	answer_is(p, buf, YES, "answer q field /proc/meminfo MemTotal within 5%");
	answer_is(p, "1 kB", NO, "answer q field /proc/meminfo MemTotal within 5%");
	tell(p,
	     "mkdir -p tree/proc tree/sys/bus/virtio/devices/virtio0; "
	     "ln -s ../../drivers/virtio_blk tree/sys/bus/virtio/devices/virtio0/driver; "
	     "echo 'flags : lm hypervisor' >tree/proc/cpuinfo; "
	     "echo '0x40000000 0x00: eax=0x0 ebx=0x61774d56 ecx=0x4d566572 "
	     "edx=0x65726177' >tree/cpuid");
	answer_is(p, "vmware", YES, "answer q detect machine $LAB/tree");
	answer_is(p, "VMware", YES, "answer q detect machine $LAB/tree");
	answer_is(p, "kvm", NO, "answer q detect machine $LAB/tree");
	answer_is(p, "virtio_blk", YES, "answer q detect drivers $LAB/tree");
	answer_is(p, "virtio_blk virtio_net", NO, "answer q detect drivers $LAB/tree");
	answer_is(p, "1", YES, "answer q detect virtio $LAB/tree");
	answer_is(p, "hypervisor, lm", YES, "answer q detect flags $LAB/tree");
	answer_is(p, "lm", NO, "answer q detect flags $LAB/tree");
	answer_is(p, "VMwareVMware", YES, "answer q detect signature $LAB/tree");
	answer_is(p, "unknown", YES, "answer q detect container $LAB/tree");
	answer_is(p, "vmware", UNKNOWN, "answer q detect machine $LAB/nowhere");
	tell(p, "ln -s tree same; ln -s ../.. out; ln -s $LAB/tree/cpuid tree/link");
	answer_is(p, "vmware", YES, "answer q detect machine $LAB/same");
	/* with the caller's rights, so what leads out of $LAB is not followed */
	answer_is(p, "vmware", UNKNOWN, "answer q detect machine $LAB/out$LAB/tree");
	tell(p, "mv tree/cpuid tree/real; ln -s $LAB/tree/real tree/cpuid");
	answer_is(p, "vmware", NO, "answer q detect machine $LAB/tree");
	tell(p, "ln -sf /real tree/cpuid");
	answer_is(p, "vmware", YES, "answer q detect machine $LAB/tree");
	/* and what is no file is not read: a pipe would be emptied */
	tell(p, "rm tree/cpuid; mkfifo tree/cpuid; exec 4<>tree/cpuid; echo it >&4");
	answer_is(p, "vmware", NO, "answer q detect machine $LAB/tree");
	tell(p, "dd iflag=nonblock bs=100 count=1 <&4 >emptied 2>/dev/null; exec 4<&-");
	fact(p, YES, "file-is $LAB/emptied it");
	fact(p, YES, "bootid-same lab");
	fact(p, NO, "bootid-differs lab");
	tell(p, "echo 5d3c >other; cat /proc/sys/kernel/random/boot_id >mine");
	fact(p, NO, "bootid-same $LAB/other");
	fact(p, YES, "bootid-differs $LAB/other");
	fact(p, YES, "bootid-same $LAB/mine");
}

int main(int argc, char **argv)
{
	static const char *const targets[] = { "a" };
	struct playground p = { 0 };

	(void)argc;
	playground_again(argv);
	plan(0);
	if (!playground_make(&p, targets, 1)) {
		skip(1, "this user can make no namespaces");
		return done();
	}
	test_ids(&p);
	test_pids(&p);
	test_proc(&p);
	test_kept(&p);
	test_mounts(&p);
	test_files(&p);
	test_links(&p);
	test_answers(&p);
	test_no_socket();
	test_settings(&p);
	test_flows(&p);
	test_cgroups(&p);
	if (geteuid() == 0)
		test_limits(&p);
	test_devices(&p);
	test_traps(&p);
	if (geteuid() == 0)
		test_rights(&p);
	test_typed(&p);
	playground_end(&p);
	return done();
}
