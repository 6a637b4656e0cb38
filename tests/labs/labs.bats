#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# labs.bats - what each lab owes (`nook lab test`): not solved after its start, solved by both ways,
# nothing left after a reset, each wrong way told by its own diagnosis
# as: root user
# guest: v2
# in: release
# takes: 40
# waits: yes
load ../cli/helper
load ../cli/boxes
load ../cli/net
load ../cli/living

# $LAB has a blank in it, in all that is written of it and done there
setup() {
	nook_setup
	export XDG_STATE_HOME="$T/the state"
}

# proven CHAPTER - every lab of it, or the first that is not
proven() {
	local labs
	mapfile -t labs < <("$NOOK" lab list --no-headings -o LAB,CHAPTER |
		awk -v chapter="$1" '$2 == chapter { print $1 }')
	[ ${#labs[@]} -gt 0 ]
	nook_run lab test "${labs[@]}"
	assert_status 0
	assert_stderr
	# What is skipped must be said: a lab tells what it needs
	refute_match '^not ok|^Bail out'
	assert_match '^1\.\.[1-9]'
}

@test "chroot" { proven chroot; }

@test "namespaces" { proven namespaces; }

@test "cgroups" { proven cgroups; }

@test "images" { proven images; }

@test "networks" {
	[ -z "${NOOK_GUEST:-}" ] || command -v nft >/dev/null ||
		bats_skip "this guest has neither veth nor nf_tables (GUEST_NET=1 has)"
	proven networks
}

@test "practice" { proven practice; }

# No way of a lab file can have it: `wrong` holds for who is no root too
@test "L09 tells of root-outside, which only root is" {
	only_for root "who is nobody outside maps nobody"
	"$NOOK" lab start L09 >/dev/null
	"$NOOK" exec -d lab -- unshare --user --map-root-user sleep 600
	diagnosed() { [ "$("$NOOK" lab check --json | jq -r .diagnosis)" = root-outside ]; }
	wait_until diagnosed
	"$NOOK" lab stop
	rm -r "$(state_dir)/lab"
}

@test "every chapter that has labs is proven here" {
	"$NOOK" lab list --no-headings -o CHAPTER | tr -d ' ' | sort -u >chapters
	[ -s chapters ]
	while read -r chapter; do
		grep -q "^@test \"$chapter\"" "$BATS_TEST_FILENAME" || fail "no test of '$chapter'"
	done <chapters
}
