#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# bench.sh - copies programs and profiles to where every user can read them, and measures there
#
#	bench.sh FILE... -- OPTION...	options are those of bench/run.c
#
# A build tree often lies in a home that uid 1234 cannot enter.
set -eu
umask 022
dir=$(mktemp -d "${TMPDIR:-/tmp}/nook-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT
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
