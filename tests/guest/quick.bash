#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# quick.bash FILE.bats [PATTERN] - run the tests of a file whose names match; TAP
#
# What `bats --tap` does with the features that nook's tests use, in one process and one subshell
# for each test. bats itself starts a hundred programs for a test, which takes an emulated
# processor five seconds.
# What is set and defined here is for bats's own functions and for the file that is sourced
# shellcheck disable=SC2034,SC2317
set -u
file=$(readlink -f "$1")
pattern=${2:-.}

BATS_ROOT=$(cd "$(dirname "$(readlink -f /usr/bin/bats)")/.." && pwd)
[ -d "$BATS_ROOT/lib/bats-core" ] || BATS_ROOT=/usr
BATS_TEST_FILENAME=$file
BATS_RUN_TMPDIR=$(mktemp -d)
BATS_FILE_TMPDIR=$BATS_RUN_TMPDIR/file
mkdir "$BATS_FILE_TMPDIR"
export BATS_RUN_TMPDIR BATS_FILE_TMPDIR
trap 'rm -rf "$BATS_RUN_TMPDIR"' EXIT
BATS_LIB_PATH=/nowhere
# shellcheck source=/dev/null
source "$BATS_ROOT/lib/bats-core/test_functions.bash"
bats_require_minimum_version() { :; }
bats_warn_minimum_guaranteed_version() { :; }
bats_generate_warning() { :; }
bats_interrupt_trap() { :; }
bats_interrupt_trap_in_run() { :; }

# Each @test becomes a function; its name is kept as it stands in the file, like bats does
names=()
add_test() { names+=("$1"); }
make_functions() {
	awk '/^@test / {
		end = index($0, "\" {")
		print "add_test " substr($0, 7, end - 6)
		print "test_" (++count) "() {" substr($0, end + 3)
		next
	} { print }' "$file"
}
make_functions >"$BATS_RUN_TMPDIR/file.bash"
# shellcheck source=/dev/null
source "$BATS_RUN_TMPDIR/file.bash" || exit 1

# tell_end - the EXIT trap of a test's subshell: a skip or an error anywhere, then the tear-down
tell_end() {
	local code=$?
	trap - EXIT
	[ -z "${BATS_TEST_SKIPPED:-}" ] || echo "$BATS_TEST_SKIPPED" >"$BATS_TEST_TMPDIR.skip"
	set +e
	# In this shell, which knows the jobs that the test has left
	teardown || code=1
	exit "$code"
}

count=0
wanted=0
for name in "${names[@]}"; do
	[[ ! $name =~ $pattern ]] || wanted=$((wanted + 1))
done
echo "1..$wanted"
bad=0
for index in "${!names[@]}"; do
	name=${names[$index]}
	[[ $name =~ $pattern ]] || continue
	count=$((count + 1))
	export BATS_TEST_TMPDIR=$BATS_RUN_TMPDIR/$count BATS_TEST_NUMBER=$count
	mkdir "$BATS_TEST_TMPDIR"
	said=$BATS_RUN_TMPDIR/said
	(
		trap tell_end EXIT
		set -eE
		setup
		"test_$((index + 1))"
	) 3>&1 >"$said" 2>&1 </dev/null
	code=$?
	if [ "$code" = 0 ] && [ -e "$BATS_TEST_TMPDIR.skip" ]; then
		read -r why <"$BATS_TEST_TMPDIR.skip"
		echo "ok $count $name # skip $why"
	elif [ "$code" = 0 ]; then
		echo "ok $count $name"
	else
		bad=1
		echo "not ok $count $name"
		sed 's/^/#   /' "$said"
	fi
done
exit $bad
