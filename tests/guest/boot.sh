#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# boot.sh PACKAGE TEST [TREE] - boot a Debian kernel in QEMU with nook in it; print the TAP of a script
#
# TEST is profiles.sh (every profile) or suite.sh (the tests that name a guest like this one; with
# GUEST_ALL=1 all of the command line and of the containment); in the small tree also several, with
# commas between. TREE is small (this machine's programs and an init of a few lines; the default) or
# systemd (a Debian with logins).
#
# The scripts in the guest print one TAP stream after the other. Here they become one, in which
# the plans of all must be kept and whatever failed without saying so is a failure too.
#
# KVM is used only where it is the real thing (on a host that is a PVM guest /dev/kvm opens and
# then hangs); otherwise the processor is emulated, one of it: with two, fork gets slower. What
# is measured inside says nothing about speed, only about right and wrong.
#
# Environment: GUEST_SECONDS (default 1200) the most it may take, GUEST_ALL, GUEST_ONLY (patterns:
# of those files the ones that match, contain/fs-*,contain/calls), GUEST_TESTS (an extended
# expression without blanks: of those tests the ones whose names match), GUEST_AS (as whom:
# root,user,subids), GUEST_NET=1 (a small tree with what veth and nft(8) need, without which the other
# tests know the guest), GUEST_LONG=1 (as `make check-long` has it: times of 5 s, thousands of runs)
set -eu
meta=$1
test=$2
kind=${3:-small}
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=$top/build/cache/guest
kernel=$cache/$meta

# Nothing to test with: a skip that says why, or a failure where that is forbidden
give_up() {
	if [ "${NOOK_MUST_WORK:-0}" = 1 ]; then
		echo "1..1"
		echo "not ok 1 - the guest runs: $*"
		exit 1
	fi
	echo "1..0 # SKIP $*"
	exit 0
}

[ "$(uname -m)" = x86_64 ] || give_up "guests are x86_64 only"
needs='qemu-system-x86_64 busybox mke2fs dpkg-deb apt-get'
[ "$kind" = small ] || needs="$needs mmdebstrap"
for program in $needs; do
	PATH=$PATH:/sbin:/usr/sbin command -v "$program" >/dev/null ||
		give_up "'$program' is not installed"
done
[ -x "$top/build/release/nook-full" ] || give_up "nook is not built ('make' does it)"
[ "$kind" = small ] || [ "$(id -u)" = 0 ] || give_up "only root can make a Debian tree"
mkdir -p "$cache"
# Guests run at the same time: each waits for who makes what both need
why=$(flock "$cache/$meta.lock" "$here/kernel.sh" "$meta" "$kernel") || give_up "$why"

work=$(mktemp -d)
log=$work/kernel.log
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
if [ "$kind" = systemd ]; then
	why=$(flock "$cache/debian.lock" "$here/debian.sh" "$cache" "$work/tree") || give_up "$why"
fi
# As an ordinary user in a namespace where he is root: the files of the image must be root's
as_root=
[ "$(id -u)" = 0 ] || as_root='unshare --user --map-root-user'
$as_root sh -euc '
	[ -d "$3/tree" ] || "$1/tree.sh" "$3/tree"
	"$1/fill.sh" "$2" "$3/tree"
	size=$(($(du -sm "$3/tree" | cut -f1) * 13 / 10 + 64))
	PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -O ^has_journal \
		-d "$3/tree" "$3/root.img" ${size}M >/dev/null
	rm -rf "$3/tree"
' sh "$here" "$kernel" "$work" 2>"$work/log" || give_up "no image: $(tail -n 1 "$work/log")"

# Without `rep movsb` for whole pages (erms), which TCG does byte by byte: a tenth less
accel=tcg,thread=single
cpu=max,erms=off
# A program that lies at the same addresses in every process is translated once, and not at each start.
# All of the suite has a test that compares these addresses
where=norandmaps
[ "${GUEST_ALL:-0}" != 1 ] || where=
if [ -w /dev/kvm ] && [ ! -d /sys/module/kvm_pvm ]; then
	if [ -d /sys/module/kvm_intel ] || [ -d /sys/module/kvm_amd ]; then
		accel=kvm
		cpu=max
		where=
	fi
fi

init='init=/init'
[ "$kind" = small ] || init='systemd.show_status=0 systemd.log_level=warning'
# In the group of who waits for it: an interrupt of all tests ends the guest too
timeout --foreground --kill-after=5 "${GUEST_SECONDS:-1200}" qemu-system-x86_64 \
	-machine q35 -accel $accel -cpu $cpu -smp 1 -m 768 -no-reboot \
	-nodefaults -no-user-config -display none \
	-kernel "$kernel/vmlinux" \
	-append "root=/dev/nvme0n1 rootfstype=ext4 rw $init console=ttyS0 quiet panic=-1 \
oops=panic nook.test=$test nook.all=${GUEST_ALL:-0} nook.only=${GUEST_ONLY:-*} \
nook.tests=${GUEST_TESTS:-.} nook.as=${GUEST_AS:-root,user,subids} \
nook.must=${NOOK_MUST_WORK:-0} nook.long=${GUEST_LONG:-0} mitigations=off init_on_alloc=0 audit=0 \
no_timer_check $where" \
	-drive file="$work/root.img",format=raw,if=none,id=root,cache=unsafe \
	-device nvme,drive=root,serial=root \
	-chardev file,id=log,path="$log" -serial chardev:log \
	-chardev stdio,id=tap,signal=off -serial chardev:tap \
	</dev/null 2>"$work/log" | awk -W interactive '
	# result LINE - one line of TAP with the next number
	function result(line) {
		sub(/ok( [0-9]+)?/, "ok " (++count), line)
		if (line ~ /^not/)
			bad = ran = 1
		print line
	}
	{ sub(/\r$/, "") }
	/^1\.\.[0-9]/ { wanted += substr($1, 4); next }
	/^(not )?ok / { result($0); next }
	/^# run / { ran = 0 }
	/^# failed: / {
		if (!ran && ++wanted)
			result("not ok - " substr($0, 11))
		next
	}
	/^# guest: done/ { done = 1 }
	{ print; fflush() }
	END {
		if (!done) {
			print "Bail out! the guest ended early"
			exit 1
		}
		if (wanted != count)
			result("not ok - all of the tests that were planned: " wanted)
		print "1.." count
		exit bad || !count
	}' || {
	sed 's/^/# qemu: /' "$work/log"
	grep -E 'panic|BUG|Oops|Out of memory' "$log" | tail -n 5 | sed 's/^/# kernel: /'
	exit 1
}
