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

@test "FS-03: a directory renamed away from under a process does not lead out" {
	mkdir -p "$T/outer/inner/a/x/y"
	: >"$T/outer/inner/marker"
	: >"$T/outer/marker"
	chmod -R 777 "$T/outer"
	box "mounts: [{bind: '$T/outer/inner/a', to: /a}, {bind: '$T/outer/inner', to: /b, options: [rw]}]" \
		FS-03 /a/x/y /b/a/x /b/x
	expect box
	# CONTROL: without binds the same walk finds the file
	cd "$T/outer/inner"
	outside FS-03 a/x/y "$T/outer/inner/a/x" "$T/outer/inner/x"
	expect control
}
