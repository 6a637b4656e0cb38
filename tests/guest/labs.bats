# SPDX-License-Identifier: GPL-3.0-or-later
# labs.bats - labs of cgroups on version 2, where the playground's processes must make room for groups
# guest: v2
# as: root user
#
# Root's is about devices, which version 2 keeps in no file, the user's goes by hand as well. All labs of
# cgroups take minutes here: tests/labs/labs.bats, in `make check-guest-long`.

load ../cli/helper
load ../cli/boxes
load ../cli/net
load ../cli/living

@test "labs: one of cgroups is proven" {
	is_root && lab=L17 || lab=L16
	nook_run lab test "$lab"
	assert_status 0
	assert_stderr
	refute_match '^not ok|# SKIP'
	assert_match 'solved by words of nook'
	is_root || assert_match 'solved by hand'
}
