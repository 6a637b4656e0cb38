#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz.t - every fuzz target for ten seconds, a minute in check-long; the dictionary is that of fields.def
# as: self
# takes: 100
# long: 560
cd "$(dirname "$0")/../.." || exit
skip() {
	echo "1..0 # SKIP $1"
	exit
}
command -v clang >/dev/null || skip "no clang"
if ! tests/fuzz/dictionary.sh | diff -u tests/fuzz/nook.dict - >&2; then
	echo "1..1"
	echo "not ok 1 - tests/fuzz/nook.dict ('make fuzz-dictionary' writes it anew)"
	exit 1
fi
# A make above this one has its own targets and job server
unset MAKEFLAGS MAKELEVEL MFLAGS
if ! log=$(make --no-print-directory -j2 fuzz-build 2>&1); then
	echo "$log" >&2
	echo "Bail out! the fuzz targets do not build"
	exit 1
fi
[ -z "${NOOK_LONG:-}" ] || FUZZ_SECONDS=60
exec tests/fuzz/run.sh "${FUZZ_SECONDS:-10}"
