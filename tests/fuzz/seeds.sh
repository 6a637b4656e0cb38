#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# seeds.sh DIR - fill DIR with what the fuzzers start from: files that are right
set -eu
cd "$(dirname "$0")/../.."
rm -rf "$1"
mkdir -p "$1"
count=0

# seed NUMBER FILE - the number is the first byte: which reader of tests/fuzz/host.c
seed() {
	[ -s "$2" ] || return 0
	count=$((count + 1))
	{
		# shellcheck disable=SC2059
		printf "\\00$1"
		cat "$2"
	} >"$1-$count"
}

hosts=$PWD/tests/plan/hosts
profiles=$PWD/profiles
cd "$1"
for tree in "$hosts"/*/tree; do
	seed 0 "$tree/proc/self/mountinfo"
	seed 1 "$tree/etc/passwd"
	seed 1 "$tree/etc/group"
	seed 2 "$tree/etc/subuid"
	seed 3 "$tree/proc/self/uid_map"
	seed 4 "$tree/proc/filesystems"
	seed 4 "$tree/proc/self/cgroup"
done
for file in "$profiles"/*.yaml; do
	[ ! -e "$file" ] || cp "$file" .
done
