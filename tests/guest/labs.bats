# SPDX-License-Identifier: GPL-3.0-or-later
# labs.bats - labs of cgroups on version 2, where the playground's processes must make room for groups
# guest: v2
# as: root user
#
# Each as one of the two, who share them, since one takes four to ten seconds here; and L12, which looks for
# what a cgroup namespace hides. L17 is about devices, which version 2 keeps in no file. All labs as
# everybody are in `make check-guest-long` (tests/labs/labs.bats).

load ../cli/helper
load ../cli/boxes
load ../cli/net
load ../cli/living

@test "labs: those of cgroups are proven" {
	local labs=(L13 L15 L16)
	! is_root || labs=(L12 L14 L17 L18)
	nook_run lab test "${labs[@]}"
	assert_status 0
	assert_stderr
	refute_match '^not ok|# SKIP'
	assert_equal "$(grep -c 'solved by words of nook' <<<"$output")" "${#labs[@]}"
	assert_match 'solved by hand'
}
