# SPDX-License-Identifier: GPL-3.0-or-later
# login.bats - where somebody logs in: what doctor finds, and every shipped profile
# guest: v2 systemd
# as: root user

load helper

@test "the profiles run, and say who runs" {
	local profile
	for profile in strict dev offline; do
		nook_run run -q "$profile" -- sh -c 'id -u >/dev/null && exit 7'
		assert_status 7
	done
}
