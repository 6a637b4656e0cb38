#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# boot.sh PACKAGE TEST - boot a Debian kernel in QEMU with nook in it; print the TAP of a script
#
# TEST is profiles.sh (every profile) or suite.sh (the tests of the command line).
#
# KVM is used only where it is the real thing (on a host that is a PVM guest /dev/kvm opens and
# then hangs); otherwise the processor is emulated, one of it: with two, fork gets slower. What
# is measured inside says nothing about speed, only about right and wrong.
#
# Environment: GUEST_SECONDS (default 600) the most it may take, GUEST_KEEP=1 keep the image
set -eu
meta=$1
test=$2
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=$top/build/cache/guest/$meta

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
for program in qemu-system-x86_64 busybox mke2fs dpkg-deb apt-get; do
	PATH=$PATH:/sbin:/usr/sbin command -v $program >/dev/null || give_up "'$program' is not installed"
done
[ -x "$top/build/release/nook-full" ] || give_up "nook is not built ('make' does it)"
why=$("$here/kernel.sh" "$meta" "$cache") || give_up "$why"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# As an ordinary user in a namespace where he is root: the files of the image must be root's
as_root=
[ "$(id -u)" = 0 ] || as_root='unshare --user --map-root-user'
$as_root sh -euc '
	"$1/tree.sh" "$2" "$3/tree"
	size=$(($(du -sm "$3/tree" | cut -f1) * 13 / 10 + 64))
	PATH=$PATH:/sbin:/usr/sbin mke2fs -q -t ext4 -O ^has_journal \
		-d "$3/tree" "$3/root.img" ${size}M >/dev/null
	rm -rf "$3/tree"
' sh "$here" "$cache" "$work" 2>"$work/log" || give_up "no image: $(tail -n 1 "$work/log")"

accel=tcg,thread=single
if [ -w /dev/kvm ] && [ ! -d /sys/module/kvm_pvm ]; then
	if [ -d /sys/module/kvm_intel ] || [ -d /sys/module/kvm_amd ]; then
		accel=kvm
	fi
fi

timeout --kill-after=5 "${GUEST_SECONDS:-600}" qemu-system-x86_64 \
	-machine q35 -accel $accel -cpu max -smp 1 -m 768 -no-reboot \
	-nodefaults -no-user-config -display none \
	-kernel "$cache/vmlinux" \
	-append "root=/dev/nvme0n1 rootfstype=ext4 rw init=/init console=ttyS0 quiet panic=-1 \
oops=panic nook.test=$test mitigations=off audit=0 no_timer_check" \
	-drive file="$work/root.img",format=raw,if=none,id=root,cache=unsafe \
	-device nvme,drive=root,serial=root \
	-chardev file,id=log,path="$cache/$test.log" -serial chardev:log \
	-chardev stdio,id=tap,signal=off -serial chardev:tap \
	</dev/null 2>"$work/log" | tr -d '\r' | tee "$work/tap"

# The plan is the last thing the test says: without it the guest died on the way
if ! grep -q '^1\.\.' "$work/tap"; then
	echo "Bail out! the guest ended early (kernel log: $cache/$test.log)"
	sed 's/^/# qemu: /' "$work/log"
	grep -E 'panic|BUG|Oops|Out of memory' "$cache/$test.log" | tail -n 5 | sed 's/^/# kernel: /'
	exit 1
fi
! grep -q '^not ok' "$work/tap"
