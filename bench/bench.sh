#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# bench.sh - copies programs and profiles to where every user can read them, and measures there
#
#	bench.sh FILE... -- OPTION...	options are those of bench/run.c
#
# A build tree often lies in a home that uid 1234 cannot enter.
set -eu
umask 022
# Root's networks: of this bench alone, the machine's links, rules and settings stay as they are
if [ "$(id -u)" = 0 ] && [ -z "${NOOK_BENCH_OWN:-}" ]; then
	NOOK_BENCH_OWN=1 exec unshare --mount --net -- "$0" "$@"
fi
dir=$(mktemp -d "${TMPDIR:-/tmp}/nook-bench.XXXXXX")
finish() {
	rm -rf "$dir"
	[ "$(id -u)" = 0 ] || return 0
	# The directory goes with the last who has it, as in tests/cli/net.bash
	# podman leaves a group for its monitors in each hierarchy
	find /sys/fs/cgroup -depth -type d -regex '.*/nook-bench-podman\(/conmon\)?' \
		-exec rmdir {} + 2>/dev/null || true
	umount /var/lib/nook
	flock -u 8
	! flock -n -x 8 || rmdir --ignore-fail-on-non-empty /var/lib/nook
}
trap finish EXIT
if [ "$(id -u)" = 0 ]; then
	ip link set lo up
	exec 8</var/lib
	flock -s 8
	# Nor are podman's images, networks and runtime files those of the machine
	mount -t tmpfs -o mode=755 tmpfs /run
	# An ordinary user who has nothing below it has records there
	mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	(umask 077 && mkdir -p /run/nook /var/lib/nook)
	for own in /var/lib/nook /var/lib/containers; do
		[ ! -d "$own" ] || mount -t tmpfs -o mode=700 tmpfs "$own"
	done
fi
trap 'exit 130' INT TERM
chmod 755 "$dir"
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	install -m 755 "$1" "$dir/"
	shift
done
shift
mkdir -p "$dir/profiles" "$dir/bench/profiles"
for f in profiles/*.yaml bench/profiles/*.yaml; do
	[ ! -f "$f" ] || install -m 644 "$f" "$dir/$f"
done
build/bench/run --dir "$dir" "$@"
