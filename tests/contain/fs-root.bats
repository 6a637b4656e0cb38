#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# fs-root.bats - a payload stays in its root: climbing, leftovers, renames, other names
# as: root user subids

load contain

@test "FS-01: a payload cannot climb out of its root by chroot" {
	: >"$T/marker"
	cd / # else offline would bind $T
	for profile in base strict offline; do
		box "extends: $profile" FS-01 "$T/marker"
		expect box
	done
	# With the capability and the call it climbs, but only up to the root of the box
	box 'capabilities: [box-root]
user: {id: 0}
seccomp: {allow: [chroot]}' FS-01 "$T/marker"
	expect allowed
	# CONTROL: where the root is not pivoted the marker is reached
	outside --nested FS-01 "$T/marker" "$T/climb"
	expect control
}
