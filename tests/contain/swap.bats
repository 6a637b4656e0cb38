#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# swap.bats - a profile that is replaced, again and again, while it is read
# as: root user subids
# long: 50
# takes: 20
# in: release

load contain

swapper=
swap() {
	"$PROBE" swap "$T/p/a.yaml" "$T/p/b.yaml" >/dev/null 2>&1 3>&- &
	swapper=$!
}
stop() {
	[ -z "$swapper" ] || kill "$swapper"
	wait || :
	swapper=
}
setup() {
	contain_setup
	mkdir "$T/p"
	# The one is the user's own; the other everybody could have written
	printf 'hostname: good\n' >"$T/p/a.yaml"
	printf 'hostname: evil\n' >"$T/p/b.yaml"
	printf 'extends: a\n' >"$T/p/child.yaml"
	chmod 644 "$T/p/a.yaml" "$T/p/child.yaml"
	chmod 666 "$T/p/b.yaml"
	export NOOK_PROFILE_PATH=$T/p:$TOP/profiles
	many=60
	[ -z "${NOOK_LONG:-}" ] || many=1000
}
teardown() {
	stop
	nook_teardown
}

# runs PROFILE - how often each came of it: a box of the good or evil one, or a refusal
runs() {
	local i
	good=0 evil=0 refused=0
	for ((i = 0; i < many; i++)); do
		case $(timeout 60 "$NOOK" run -q "$1" -- cat /proc/sys/kernel/hostname 2>"$T/said") in
		good) good=$((good + 1)) ;;
		evil) evil=$((evil + 1)) ;;
		'')
			grep -q 'others than its owner can write it' "$T/said" || fail "$(cat "$T/said")"
			refused=$((refused + 1))
			;;
		*) fail "neither: $(cat "$T/said")" ;;
		esac
	done
}

@test "RC-10: the profile that was checked is the one that is used" {
	# CONTROL: without anybody swapping both are what they are
	many=1 runs "$T/p/b.yaml"
	assert_equal "$good $evil $refused" '0 0 1'
	swap
	for profile in "$T/p/a.yaml" a child; do
		runs "$profile"
		assert_equal "$evil" 0
		assert [ "$good" -gt 0 ]
		assert [ "$refused" -gt 0 ]
	done
	# CONTROL: were the other one good, it would be used
	stop
	chmod 644 "$T/p/b.yaml" "$T/p/a.yaml"
	swap
	many=40 runs a
	assert [ "$evil" -gt 0 ]
	assert_equal "$refused" 0
}
