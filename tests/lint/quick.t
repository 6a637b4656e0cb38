#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# quick.t - tests/quick.bash, which runs the suite, judges and counts tests as bats itself does
# as: self
# fresh: no
set -u
cd "$(dirname "$0")/../.." || exit
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One test for each way to end: what follows a failure must not run, and a skip is none
cat >"$work/ends.bats" <<'END'
setup_file() { export given=file; }
setup() { made=$BATS_TEST_TMPDIR/made; echo "$given" >"$made"; }
teardown() { [ "$(cat "$made")" = file ] || return 1; }
helper() { false; true; }
@test "an empty one" { :; }
@test "output, status and stderr of a run" {
	run --separate-stderr sh -c 'echo out; echo err >&2; exit 3'
	[ "$output:$stderr:$status" = out:err:3 ]
}
@test "a false command in the middle" {
	false
	true
}
@test "a false [[ in the middle" {
	[[ a = b ]]
	true
}
@test "a false command in a function" { helper; }
@test "a false command in a subshell" {
	(false; true)
	true
}
@test "a false command behind a pipe, and in a condition" {
	false | true
	! true || true
	if false; then :; fi
}
@test "a name that is not set is empty" { [ -z "$no_such_name" ]; }
@test "the wanted status is another" { run -2 true; }
@test "the wanted status is it" { run -1 false; }
@test "the value of what fails is what it said" {
	value=$(echo said; false) || [ "$value" = said ]
	[ "$(false)" = "" ]
}
@test "a skip with a reason" {
	skip "it is \$5 or 'six'"
	false
}
@test "a failure before a skip" {
	false
	skip late
}
@test "a teardown that fails" { echo other >"$made"; }
@test "an end by exit" { exit 7; }
@test "an end by exit 0 before the last command" {
	exit 0
	false
}
@test "a command that does not exist" {
	no-such-command-at-all
	true
}
@test "each test has a directory of its own" { [ "$(ls "$BATS_TEST_TMPDIR")" = made ]; }
@test "names keep \"quotes\" and 'such': $HOME is none" { true; }
@test "an error that is waited for" {
	false &
	wait $!
	true
}
END
# What is around all tests fails: none of them ran
printf '%s\n' 'setup_file() { false; true; }' '@test "never" { true; }' >"$work/setup.bats"
# The file itself is wrong
printf '%s\n' 'load no-such-helper' '@test "never" { true; }' >"$work/load.bats"

# The verdicts alone: what is said to them is each one's own
verdicts() {
	grep -E "^(ok|not ok|1\.\.)" | sed -E "s/^(not )?ok 1 setup_file( failed)?\$/\1ok 1 setup_file/"
}

count=0
bad=0
ok() { # STATUS NAME
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		bad=1
	fi
}

for name in ends setup load; do
	bats --tap "$work/$name.bats" >"$work/bats" 2>&1
	wanted=$?
	tests/quick.bash "$work/$name.bats" >"$work/quick" 2>&1
	[ "$((wanted != 0))" = "$(($? != 0))" ]
	ok $? "$name.bats: the same end"
	if [ "$name" != load ]; then
		diff <(verdicts <"$work/bats") <(verdicts <"$work/quick") >"$work/diff"
		ok $? "$name.bats: the same verdicts"
		sed 's/^/# /' "$work/diff"
	fi
done
grep -q '^#   in ends.bats, line 11: false$' <<<"$(tests/quick.bash "$work/ends.bats" middle)"
ok $? "what failed is told with its line"
[ "$(tests/quick.bash "$work/ends.bats" '^an empty' | grep -c '^ok')" = 1 ]
ok $? "a pattern chooses tests"
echo "1..$count"
exit $bad
