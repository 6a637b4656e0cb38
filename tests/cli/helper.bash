# SPDX-License-Identifier: GPL-3.0-or-later
# helper.bash - what every .bats file loads: the program under test, small asserts, the leak check
#
#	load helper                # from another directory: load ../cli/helper
#	@test "says what is wrong" {
#		nook_run run nosuch -- true
#		assert_status 125
#		assert_stderr "nook: profile 'nosuch' not found"
#	}
#
# Each test gets $T, a directory of its own that is its HOME and its working directory, and is
# failed when it leaves anything behind that tests/fault/snapshot.c finds. A file
# with its own setup() or teardown() calls nook_setup and nook_teardown in them.
# tests/as.sh runs a file as another user and in namespaces where nothing else lives.

bats_require_minimum_version 1.5.0

TOP=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
export TOP
export NOOK=${NOOK:-$TOP/nook}
export LC_ALL=C.UTF-8
unset NOOK_PROFILE_PATH XDG_CONFIG_HOME XDG_STATE_HOME CDPATH

# bats's skip, but an error where every test must work
eval "bats_$(declare -f skip)"
skip() {
	if [ "${NOOK_MUST_WORK:-0}" = 1 ]; then
		echo "NOOK_MUST_WORK=1 forbids this skip: $*"
		return 1
	fi
	bats_skip "$@"
}

is_root() { [ "$EUID" = 0 ]; }

# only_for root|user WHY - leave a test out for the others. No skip in the sense above: the same
# file runs as the one it is for, too (`# as:`)
only_for() {
	if is_root; then [ "$1" = root ]; else [ "$1" = user ]; fi || bats_skip "for $1: $2"
}

# need PROGRAM... - skip the test where one of them is not installed
need() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip "'$program' is not installed"
	done
}

# nook_run ARG... - run nook with its stdout in $output, stderr in $stderr, code in $status
nook_run() {
	run --separate-stderr "$NOOK" "$@"
}

# nook_run_with PROFILE-TEXT ARG... - the same for `nook run FILE ARG...`, with a profile of
# this text
nook_run_with() {
	printf '%s\n' "$1" >"$T/profile.yaml"
	shift
	nook_run run "$T/profile.yaml" "$@"
}

fail() {
	printf '%s\n' "$@"
	if [ -n "${status:-}" ]; then
		printf 'status: %s\n' "$status"
		printf 'stdout: %s\n' "${output:-}"
		printf 'stderr: %s\n' "${stderr:-}"
	fi
	return 1
}

# assert WORDS... - a command that must succeed
assert() { "$@" || fail "false: $*"; }
refute() { ! "$@" || fail "true: $*"; }
assert_status() { [ "$status" = "$1" ] || fail "wanted status $1"; }
assert_equal() { [ "$1" = "$2" ] || fail "got:    $1" "wanted: $2"; }

# assert_output TEXT, assert_stderr TEXT - exactly this text; without one: nothing at all
assert_output() { [ "$output" = "${1:-}" ] || fail "wanted stdout: ${1:-}"; }
assert_stderr() { [ "$stderr" = "${1:-}" ] || fail "wanted stderr: ${1:-}"; }
# assert_line TEXT [WHERE] - one whole line of stdout (or of WHERE) is TEXT
assert_line() { has_line "$1" "${2-$output}" || fail "no line: $1"; }
refute_line() { ! has_line "$1" "${2-$output}" || fail "a line: $1"; }
has_line() {
	case $1 in
	*$'\n'*) grep -qxF -e "$1" <<<"$2" ;;
	*) [[ $'\n'$2$'\n' == *$'\n'"$1"$'\n'* ]] ;;
	esac
}
# assert_match REGEX [WHERE] - a line of stdout (or of WHERE) matches an extended expression
assert_match() { has_match "$1" "${2-$output}" || fail "no match: $1"; }
refute_match() { ! has_match "$1" "${2-$output}" || fail "a match: $1"; }
is_match() { [[ $2 =~ $1 ]]; }
# has_match REGEX TEXT - grep(1) is a process, of which ten thousands are a minute. It has what is long,
# expressions of several lines, and what the shell takes for none
has_match() {
	local rest=$2 line code
	while [ ${#rest} -lt 4000 ] && [[ $1 != *$'\n'* ]]; do
		line=${rest%%$'\n'*}
		code=0
		is_match "$1" "$line" || code=$?
		[ "$code" != 0 ] || return 0
		[ "$code" = 1 ] || break
		[ "$line" != "$rest" ] || return 1
		rest=${rest#*$'\n'}
	done
	grep -qE -e "$1" <<<"$rest"
}
assert_stderr_match() { assert_match "$1" "$stderr"; }

# pause SECONDS - as sleep(1), without a process: nobody writes into that fifo
pause() {
	[ -p "$BATS_RUN_TMPDIR/pause" ] || mkfifo "$BATS_RUN_TMPDIR/pause"
	read -rt "$1" _ <>"$BATS_RUN_TMPDIR/pause" || [ $? -gt 128 ]
}

# wait_until COMMAND... - until it succeeds; a minute, because processors can be busy or emulated
wait_until() {
	local end=$((SECONDS + 60))
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || {
			fail "waited in vain: $*" "$(cat "$T"/*.err "$T"/err 2>/dev/null)"
			return 1
		}
		pause 0.01
	done
}
wait_for() { wait_until test -e "$1"; }

# --- what a test must not leave behind -------------------------------------------------------

# Processes, namespaces, mounts, the network, SysV objects, keys, records, cgroups, loop devices,
# settings of the kernel, device nodes, nook's own file: tests/fault/snapshot.c. A test may go on
# with a copy of the program as its $NOOK
leaks_program=$NOOK
# What was found after one test of a file is what was there before the next, if that one is known to have
# left nothing: then `whole` is not empty
leaks() { "$TOP/build/fault/snapshot" "$1" "$BATS_FILE_TMPDIR/leaks" "$leaks_program"; }

nook_setup() {
	export T=$BATS_TEST_TMPDIR/t
	mkdir -m 700 "$T"
	export HOME=$T
	cd "$T" || return 1
	[ -s "$BATS_FILE_TMPDIR/whole" ] || leaks save
	: >"$BATS_FILE_TMPDIR/whole"
}

nook_teardown() {
	cd / || return 1
	# What the test itself put into the background and did not wait for
	if [ -n "$(jobs -rp)" ]; then
		echo "left running: $(jobs -rl)"
		jobs -rp | xargs kill -KILL
		return 1
	fi
	leaks compare || return 1
	echo yes >"$BATS_FILE_TMPDIR/whole"
	# What AddressSanitizer had to say (tests/as.sh names the place)
	if [ -n "${NOOK_SAN_LOG:-}" ] && compgen -G "$NOOK_SAN_LOG/*" >/dev/null &&
		grep -qs 'ERROR: ' "$NOOK_SAN_LOG"/*; then
		cat "$NOOK_SAN_LOG"/*
		rm -f "$NOOK_SAN_LOG"/*
		return 1
	fi
}

setup() { nook_setup; }
teardown() { nook_teardown; }
