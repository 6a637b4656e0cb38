#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh SECONDS [TARGET...] - fuzz each target (all) that long, two at a time; TAP
#
# The limits: no input over 100 KB, none that takes over a second, and no more than 64 MB
# resident, the sanitizer's own memory and the corpus included.
set -u
cd "$(dirname "$0")/../.." || exit
seconds=$1
shift
if [ $# = 0 ]; then
	for file in tests/fuzz/*.c; do
		set -- "$@" "$(basename "$file" .c)"
	done
fi

# run_one TARGET - leaves TARGET.log and TARGET.status
run_one() {
	target=$1
	mkdir -p "build/fuzz/$target.d"
	set -- "build/fuzz/$target.d" build/fuzz/seeds
	[ ! -d "tests/fuzz/corpus/$target" ] || set -- "$@" "tests/fuzz/corpus/$target"
	timeout --foreground $((seconds + 60)) "build/fuzz/$target" -max_total_time="$seconds" \
		-max_len=100000 -timeout=1 -rss_limit_mb=64 -dict=tests/fuzz/nook.dict \
		-print_final_stats=1 -artifact_prefix="build/fuzz/$target-" "$@" \
		>"build/fuzz/$target.log" 2>&1
	echo $? >"build/fuzz/$target.status"
}

# stat TARGET NAME - a number of the final statistics
stat() { sed -n "s/^stat::$2: *//p" "build/fuzz/$1.log"; }

# coverage TARGET - edges of the program that some input has reached
coverage() { sed -n 's/^#.* cov: \([0-9]*\) .*/\1/p' "build/fuzz/$1.log" | tail -n 1; }

export ASAN_OPTIONS="${ASAN_OPTIONS:-}:quarantine_size_mb=4:detect_stack_use_after_return=0"
failed=0
count=0
echo "1..$#"
while [ $# -gt 0 ]; do
	first=$1
	second=${2:-}
	shift
	[ -z "$second" ] || shift
	run_one "$first" &
	[ -z "$second" ] || run_one "$second" &
	wait
	for target in $first $second; do
		count=$((count + 1))
		said="$target: $(stat "$target" number_of_executed_units) runs,"
		said="$said $(stat "$target" average_exec_per_sec) a second,"
		said="$said $(coverage "$target") edges, $(stat "$target" peak_rss_mb) MB at most"
		if [ "$(cat "build/fuzz/$target.status")" = 0 ]; then
			echo "ok $count - $said"
		else
			failed=1
			echo "not ok $count - $said"
			grep -vE '^(INFO|stat|#[0-9]|	NEW_FUNC)' "build/fuzz/$target.log" |
				tail -n 40 | sed 's/^/# /'
		fi
	done
done
exit $failed
