#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# quick.bash FILE.bats [PATTERN] - run the tests of a file whose names match; TAP
#
# What `bats --tap` does with the features that nook's tests use, in one process and one subshell
# for each test. bats itself starts dozens of programs for a test: an eighth of a suite of 1,700, and
# five seconds each where the processor is emulated. tests/lint/quick.t compares the two.
# What is set and defined here is for bats's own functions and for the file that is sourced
# shellcheck disable=SC2034,SC2317
file=$(readlink -f "$1")
pattern=${2:-.}

BATS_ROOT=$(cd "$(dirname "$(readlink -f "$(command -v bats)")")/.." && pwd)
[ -d "$BATS_ROOT/lib/bats-core" ] || BATS_ROOT=/usr
BATS_TEST_FILENAME=$file
BATS_RUN_TMPDIR=$(mktemp -d)
BATS_FILE_TMPDIR=$BATS_RUN_TMPDIR/file
mkdir "$BATS_FILE_TMPDIR"
export BATS_RUN_TMPDIR BATS_FILE_TMPDIR
BATS_LIB_PATH=/nowhere
# shellcheck source=/dev/null
source "$BATS_ROOT/lib/bats-core/test_functions.bash"
bats_require_minimum_version() { :; }
bats_warn_minimum_guaranteed_version() { :; }
bats_generate_warning() { :; }
bats_interrupt_trap() { :; }
bats_interrupt_trap_in_run() { :; }
# The file that `run` makes for stderr at each of its calls, without a program
mktemp() {
	case ${1-} in
	*/separate-stderr-XXXXXX) echo "${1%XXXXXX}$BASHPID-$EPOCHREALTIME" ;;
	*) command mktemp "$@" ;;
	esac
}
# bats has them do nothing where the file has none of its own
setup() { :; }
teardown() { :; }
setup_file() { :; }
teardown_file() { :; }

# Each @test becomes a function on the same line; its name is kept as it stands in the file, like
# bats does
names=()
add_test() { names+=("$1"); }
make_functions() {
	awk '/^@test / {
		end = index($0, "\" {")
		print "add_test " substr($0, 7, end - 6) "; test_" (++count) "() {" substr($0, end + 3)
		next
	} { print }' "$file"
}
# end_all - the EXIT trap: what is done once for the file has failed half way
around=
end_all() {
	[ -z "$around" ] || {
		count=$((count + 1))
		complain "$around"
	}
	rm -rf "$BATS_RUN_TMPDIR"
}
trap end_all EXIT

source_file=$BATS_RUN_TMPDIR/${file##*/}
make_functions >"$source_file"
# shellcheck source=/dev/null
source "$source_file" || exit 1

# tell_where - the ERR trap of a test: what has failed, and then each function that this ends. Not to
# its stdout, which may be the value of a $(...)
tell_where() {
	[ "$BASH_SUBSHELL" != 1 ] ||
		echo "in ${BASH_SOURCE[1]##*/}, line ${BASH_LINENO[0]}: ${BASH_COMMAND%%$'\n'*}" >>"$said"
}

# tell_end - the EXIT trap of a test's subshell: a skip or an error anywhere, then the tear-down
tell_end() {
	local code=$?
	trap - EXIT ERR
	if [ -n "${BATS_TEST_SKIPPED:-}" ]; then
		echo "$BATS_TEST_SKIPPED" >"$BATS_TEST_TMPDIR.skip"
	elif [ -z "${ended:-}" ] && [ "$code" = 0 ]; then
		echo "left by exit 0"
		code=1
	fi
	set +e
	# In this shell, which knows the jobs that the test has left
	teardown || code=1
	# For a <(...) that has a moment to live: what it types into a terminal ends after the test
	wait
	exit "$code"
}

count=0
wanted=0
dirs=()
for name in "${names[@]}"; do
	[[ ! $name =~ $pattern ]] || dirs+=("$BATS_RUN_TMPDIR/$((++wanted))")
done
echo "1..$wanted"
# All at once
[ "$wanted" = 0 ] || mkdir "${dirs[@]}"
bad=0
said=$BATS_RUN_TMPDIR/said
# complain WHAT - a test has failed, or what is around all of them
complain() {
	bad=1
	echo "not ok $count $1"
	sed 's/^/#   /' "$said"
}

# once setup_file|teardown_file - in this shell, and as a test does it: the first error is the end
once() {
	around=$1
	: >"$said"
	set -e
	"$1" >>"$said" 2>&1 </dev/null
	set +e
	around=
}

once setup_file
for index in "${!names[@]}"; do
	name=${names[$index]}
	[[ $name =~ $pattern ]] || continue
	count=$((count + 1))
	export BATS_TEST_TMPDIR=$BATS_RUN_TMPDIR/$count BATS_TEST_NUMBER=$count
	: >"$said"
	(
		trap tell_end EXIT
		trap tell_where ERR
		set -eE
		setup
		"test_$((index + 1))"
		ended=1
	) 3>&1 >>"$said" 2>&1 </dev/null
	code=$?
	if [ "$code" = 0 ] && [ -e "$BATS_TEST_TMPDIR.skip" ]; then
		read -r why <"$BATS_TEST_TMPDIR.skip"
		echo "ok $count $name # skip $why"
	elif [ "$code" = 0 ]; then
		echo "ok $count $name"
	else
		complain "$name"
	fi
done
once teardown_file
exit $bad
