#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# as.sh WHO PROGRAM [ARG...] - run a test as root, user or subids, where nothing else lives
#
#	root	real root
#	user	uid 1234: no line in /etc/passwd, no subordinate ids
#	subids	uid 4321 "nooktest": a line in /etc/passwd and 65536 subordinate ids
#
# Called by root, the program gets mount, pid, net and ipc namespaces of its own (the user
# namespace stays the first, so root is still real root) with fresh /run, /tmp, /dev/shm and,
# for root, /var/lib/nook: what it leaves behind can be counted, and is gone afterwards. In each hierarchy
# of v1 cgroups it is in a cgroup of its own, below which its boxes have theirs: two tests at once do not
# see each other's. An ordinary user can only be what he is.
#
# A test that is not over after NOOK_DEADLINE seconds (1200; with NOOK_LONG 4 hours) has failed: it is said
# what each of its processes waited for, and all of them are killed.
set -eu

user_id=1234
subids_id=4321
top=$(cd "$(dirname "$0")/.." && pwd)
NOOK=${NOOK:-$top/nook}

# own_cgroups - the directories of this process, v1 and what a hybrid has beside it, one a line
own_cgroups() {
	while IFS=: read -r _ name path; do
		[ -n "$name" ] || name=unified
		dir=/sys/fs/cgroup/${name#name=}
		[ ! -f "$dir/cgroup.procs" ] || echo "${dir}${path%/}"
	done </proc/self/cgroup
}

# clear_stale SPACE - the cgroups of those who were killed before they could remove them: their names
# hold the pid of who is alive as long as they are needed, and the pid namespace that it is of. The
# bare Debian of tests/fresh sees the cgroups of those outside, and none of their processes
clear_stale() {
	for parent in $(own_cgroups); do
		for stale in "$parent/nook-as-$1".*-*; do
			pid=${stale##*.}
			[ ! -d "$stale" ] || [ -e "/proc/${pid%-*}" ] ||
				find "$stale" -depth -type d -exec rmdir {} + 2>/dev/null || true
		done
	done
}

if [ "${1:-}" != --inside ]; then
	who=$1
	if [ "$(id -u)" != 0 ]; then
		shift
		if [ "$who" = user ]; then
			exec "$@"
		fi
		[ "${NOOK_MUST_WORK:-0}" != 1 ] || exit 1
		echo "1..0 # SKIP only root can run a test as $who"
		exit 0
	fi
	space=$(readlink /proc/self/ns/pid | tr -dc 0-9)
	clear_stale "$space"
	# A caller may ignore this signal, and then pasta refuses to start
	exec env --default-signal=PIPE NOOK_AS="$space.$$" unshare --mount --pid --net --ipc --fork \
		--kill-child --mount-proc -- "$0" --inside "$@"
fi

# From here on pid 1 of the namespace
who=$2
shift 2
ip link set lo up
# A new network forwards IPv4 where the machine's first one does (net.core.devconf_inherit_init_net), and so
# on every machine with Docker
echo 0 >/proc/sys/net/ipv4/ip_forward
# Boxes and networks of root rest here. The directory itself is the machine's: who removes it takes away
# what others mounted on it, so it is there as long as any test is (net_setup_file() in tests/cli/net.bash
# has the same lock). Descriptor 9 stays in this shell
exec 9</var/lib
flock -s 9
mkdir -p /var/lib/nook
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
# A checkout in a directory that only root may enter, or below /tmp, gets a second place
can_enter() { setpriv --reuid="$user_id" --regid="$user_id" --clear-groups test -x "$1"; }
if [ "${top#/tmp/}" != "$top" ] || ! can_enter "$top/tests/as.sh"; then
	mount --bind "$top" /mnt
	NOOK=/mnt${NOOK#"$top"}
	top=/mnt
fi
# own DIRECTORY MODE - an empty one in its place. What root's boxes see and write to they have id-mapped,
# which a tmpfs can be from Linux 6.3 on: before that it is on the disk
room=
own() {
	case $(uname -r) in
	[1-5].* | 6.[0-2].*)
		[ -n "$room" ] || room=$(mktemp -d /var/tmp/nook-as.XXXXXX)
		mkdir -m "$2" "$room/${1##*/}"
		mount --bind "$room/${1##*/}" "$1"
		;;
	*) mount -t tmpfs -o "mode=$2" tmpfs "$1" ;;
	esac
}
own /tmp 1777
# Others than root have a tree of more pieces where something is mounted below /var
[ "$who" != root ] || own /var/lib/nook 700
cd "$top"
export NOOK

# bind_edited FILE LINE - FILE with one more line, for this mount namespace only
bind_edited() {
	mkdir -p /run/nook-test
	cp -p "$1" "/run/nook-test/${1##*/}" 2>/dev/null || : >"/run/nook-test/${1##*/}"
	echo "$2" >>"/run/nook-test/${1##*/}"
	mount --bind "/run/nook-test/${1##*/}" "$1"
}

case $who in
root) id=0 ;;
user) id=$user_id ;;
subids)
	id=$subids_id
	install -d -o "$id" -g "$id" /tmp/home
	bind_edited /etc/passwd "nooktest:x:$id:$id::/tmp/home:/bin/sh"
	bind_edited /etc/group "nooktest:x:$id:"
	bind_edited /etc/subuid "nooktest:300000:65536"
	bind_edited /etc/subgid "nooktest:300000:65536"
	;;
*)
	echo "as.sh: no such user: '$who'" >&2
	exit 2
	;;
esac
# A test file with the line `# world: yes` has a way out of this machine: a default route, which leads
# nowhere, an address behind it that is the host's own (198.51.100.1), and a tun device for pasta
give_world() {
	ip link add world type veth peer name outer
	ip addr add 192.0.2.1/24 dev world
	ip link set world addrgenmode none up
	ip link set outer addrgenmode none up
	# The kernel tells of the carrier later: what a test leaves behind is compared with what is here
	timeout 60 sh -c 'until [ "$(ip -o link show type veth | grep -c " state UP ")" = 2 ]; do
		sleep 0.01
	done'
	ip route add default via 192.0.2.2
	ip addr add 198.51.100.1/32 dev lo
	mount -t tmpfs -o mode=755 tmpfs /dev/shm
	mknod -m 666 /dev/shm/tun c 10 200
	mount --bind /dev/shm/tun /dev/net/tun
	umount -l /dev/shm
}
# One with the line `# hosts: yes` may write to /etc/hosts, which is its own
give_hosts() {
	bind_edited /etc/hosts ''
	chown "$id" /run/nook-test/hosts
}
for word; do
	case $word in
	*.bats) ! grep -qsx '# hosts: yes' "$word" || { give_hosts && break; } ;;
	esac
done
for word; do
	case $word in
	*.bats | *.t) ! grep -qsx '# world: yes' "$word" || { give_world && break; } ;;
	esac
done
home=$(mktemp -d /tmp/home.XXXXXX)
NOOK_SAN_LOG=$(mktemp -d /tmp/san.XXXXXX)
mkdir /run/user
mkdir "/run/user/$id"
mount -t tmpfs -o mode=700,size=4m tmpfs "/run/user/$id"
chown "$id:$id" "$home" "$NOOK_SAN_LOG" "/run/user/$id"
unset SUDO_UID SUDO_GID SUDO_USER SUDO_COMMAND XDG_CONFIG_HOME XDG_STATE_HOME
export HOME="$home" NOOK_SAN_LOG
export XDG_RUNTIME_DIR="/run/user/$id"
[ "$id" != 0 ] || unset XDG_RUNTIME_DIR
# Leaks are checked for in the unit tests, under valgrind. Here LeakSanitizer would stop a
# process that no other may trace, which is what nook makes of itself
# A longer stack of who allocated is a third of the time of a start. What is undefined traps (Makefile)
ASAN_OPTIONS=detect_leaks=0:malloc_context_size=1:abort_on_error=1:handle_sigill=1
export ASAN_OPTIONS="$ASAN_OPTIONS:log_path=$NOOK_SAN_LOG/asan"

# Made by this shell and entered by the child (NOOK_CGROUPS), so that it can be removed afterwards
NOOK_CGROUPS=
name=nook-as-${NOOK_AS:-0.$$}-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
unset NOOK_AS
parents=$(own_cgroups)
# One program for all of them: a test starts and ends by this some hundred times
# shellcheck disable=SC2046 # a list
mkdir $(for parent in $parents; do echo "$parent/$name"; done) 2>/dev/null || :
for parent in $parents; do
	dir=$parent/$name
	[ -d "$dir" ] || continue
	for file in cpuset.cpus cpuset.mems; do
		[ ! -e "$dir/$file" ] || cat "$parent/$file" >"$dir/$file"
	done
	# where this is 0 nobody can be a real-time process
	[ ! -e "$dir/cpu.rt_runtime_us" ] || echo 20000 >"$dir/cpu.rt_runtime_us" || :
	NOOK_CGROUPS="$NOOK_CGROUPS $dir"
done
enter='for dir in $NOOK_CGROUPS; do echo 0 >"$dir/cgroup.procs"; done; unset NOOK_CGROUPS'

# leaks save|compare - what the test leaves behind (tests/fault/snapshot.c), seen from outside of it
leaks() {
	[ ! -x build/fault/snapshot ] || [ ! -x "$NOOK" ] ||
		NOOK_TEST_CHILD=0 build/fault/snapshot "$1" /run/leaks.before "$NOOK" || return 1
	[ "$1" = save ] || return 0
	find /tmp -mindepth 1 -maxdepth 1 | sort >/run/leaks.tmp
}

# tell_hang - what those who are still there do, as comments of TAP
# shellcheck disable=SC2317 # called by a trap
tell_hang() {
	echo "not over after $deadline s; who is still there:"
	for dir in /proc/[0-9]*; do
		[ "$dir" != "/proc/$watch" ] || continue
		echo "${dir#/proc/}: $(tr '\0' ' ' <"$dir/cmdline" | cut -c1-200)"
		grep -E '^(State|PPid|Sig(Pnd|Blk|Ign|Cgt)|TracerPid):' "$dir/status" | xargs || :
		sed 's/^/    /' "$dir/stack" || :
	done
}

# Not a sleep(1), which is what tests look for among processes; and it has its name before they are counted
deadline=${NOOK_DEADLINE:-$([ -n "${NOOK_LONG:-}" ] && echo 14400 || echo 1200)}
mkfifo /run/watch
perl -e 'print "up\n"; close STDOUT; sleep shift; kill "USR1", 1' "$deadline" >/run/watch 9<&- &
watch=$!
read -r _ </run/watch
hung=
trap 'hung=1; tell_hang 2>/dev/null | sed "s/^/# /"; kill -KILL "$test" 2>/dev/null || :' USR1

leaks save

# Pid 1 stays this shell: it reaps orphans, so that they do not count as left behind
export NOOK_CGROUPS
set -- sh -c 'export NOOK_TEST_CHILD=$$; exec "$@"' sh "$@"
[ "$id" = 0 ] || set -- setpriv --reuid="$id" --regid="$id" --clear-groups -- "$@"
sh -c "$enter"'; exec "$@"' sh "$@" 9<&- &
test=$!
code=0
wait "$test" || code=$?
[ -z "$hung" ] || code=97
# no subshell yet: it would count
leaks compare >/run/leaks.left || :
{
	find /tmp -mindepth 1 -maxdepth 1 | sort | comm -13 /run/leaks.tmp - |
		sed 's/^/left behind: /'
	# shellcheck disable=SC2086 # a list
	[ -z "$NOOK_CGROUPS" ] ||
		find $NOOK_CGROUPS -mindepth 1 -type d -printf 'left behind: cgroup %p\n'
} >>/run/leaks.left
if [ -s /run/leaks.left ]; then
	sed 's/^/# /' /run/leaks.left
	code=98
fi
# Everybody else in this pid namespace; who is frozen (v1) hears of it only when he is not
[ $$ != 1 ] || kill -KILL -1 2>/dev/null || true
# shellcheck disable=SC2086 # a list
[ -z "$NOOK_CGROUPS" ] || find $NOOK_CGROUPS -mindepth 2 -name freezer.state | while IFS= read -r file; do
	echo THAWED >"$file"
done
wait
# shellcheck disable=SC2086 # a list
[ -z "$NOOK_CGROUPS" ] || find $NOOK_CGROUPS -depth -type d -exec rmdir {} + || code=98
[ "$who" != root ] || umount -l /var/lib/nook
flock -u 9
! flock -n -x 9 || rmdir --ignore-fail-on-non-empty /var/lib/nook 2>/dev/null || :
if grep -qs 'ERROR: ' "$NOOK_SAN_LOG"/*; then
	sed 's/^/# /' "$NOOK_SAN_LOG"/*
	code=99
fi
[ -z "$room" ] || rm -rf --one-file-system "$room"
exit $code
