#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# mounts.bats - mounts of a box are those of its plan and stay as they are
# as: root user subids
# guest: v2

load contain

# ro_dir - $T/ro with a file, for binds
ro_dir() {
	mkdir -p "$T/ro/hidden" && echo data >"$T/ro/f"
	chmod 777 "$T/ro" && chmod 666 "$T/ro/f"
}

@test "FS-02: the mounts are those of the plan, and the old root is gone" {
	local target inside
	cd /
	for profile in base strict; do
		box "extends: $profile" FS-02
		expect box
		box_run "extends: $profile" cat /proc/self/mountinfo
		inside=$(cut -d' ' -f5 <<<"$output" | sort -u)
		# What stands at "/" is the box's own; the host's root would be a disk's
		"$NOOK" run --dry-run -v "$PROBE:/probe" "$T/box.yaml" -- true |
			sed -n 's/^tree\.mounts\[[0-9]*\] = [a-z]* target=\([^ ]*\).*/\1/p' |
			sort -u >"$T/plan"
		for target in $inside; do
			[ "$target" = / ] || grep -qxF -e "$target" "$T/plan" ||
				fail "a mount that no plan has: $target"
		done
		for target in /proc /dev /dev/pts /probe; do
			grep -qxF -e "$target" <<<"$inside" || fail "not mounted: $target"
		done
	done
	# CONTROL: where the root was only hidden by another it is found, and can be taken off
	cat >"$T/hide.sh" <<-'END'
		mount -t tmpfs none "$1" && mkdir "$1/newroot" && cp "$2" "$1/probe"
		exec chroot "$1" /probe FS-02
	END
	mkdir "$T/tree"
	run --separate-stderr unshare -Urm sh "$T/hide.sh" "$T/tree" "$PROBE"
	expect control
}

@test "FS-04: a read-only bind takes no change at all" {
	ro_dir
	box "mounts: [{bind: '$T/ro', to: /ro}]" FS-04 /ro
	expect box
	box "extends: strict
+mounts: [{bind: '$T/ro', to: /ro}]
landlock: off" FS-04 /ro
	expect box
	# CONTROL: the same where it is writable
	outside FS-04 "$T/ro"
	expect control
}

@test "FS-05: a read-only mount cannot be made writable" {
	ro_dir
	for more in "" "seccomp: off" "seccomp: off
capabilities: []"; do
		box "mounts: [{bind: '$T/ro', to: /ro}]
$more" FS-05 /ro
		expect box
	done
	box "mounts: [{bind: '$T/ro', to: /ro}]
nested_namespaces: true" --nested FS-05 /ro
	expect nested
	# CONTROL: a mount that we made ourselves
	outside --nested FS-05 "$T/ro" own
	expect control
}

@test "FS-06: masks and /proc cannot be taken off" {
	ro_dir
	for more in "" "seccomp: off"; do
		for path in /proc/keys /proc /ro; do
			box "mounts: [{bind: '$T/ro', to: /ro}]
$more" FS-06 "$path"
			[ "$output" = "FS-06.$path EPERM
FS-06.detach EPERM" ] || fail "$path"
		done
	done
	for path in /proc /ro /ro/hidden; do
		box "mounts: [{bind: '$T/ro', to: /ro}]
root: {hide: ['$T/ro/hidden']}
nested_namespaces: true" --nested FS-06 "$path"
		[ "$output" = "FS-06.nest ok
FS-06.$path EINVAL
FS-06.detach EINVAL" ] || fail "$path"
	done
	# CONTROL: what we mounted ourselves
	outside --nested FS-06 own "$T/ro"
	assert_output "FS-06.nest ok
FS-06.$T/ro ok
FS-06.detach ok"
}

@test "FS-07: no kernel file system can be mounted afresh" {
	box 'extends: base' FS-07 /tmp
	expect box
	box 'seccomp: off' FS-07 /tmp
	expect unfiltered
	# Where namespaces may be made: the kernel's own rules. What is mounted shows the box's
	# own namespaces and takes no write; /proc is unmasked there, or none could be mounted
	box 'nested_namespaces: true' --nested FS-07 /tmp plain
	expect nested
	box 'nested_namespaces: true' FS-07 /tmp
	expect own
	# CONTROL: with no wall at all
	if is_root; then
		# In the first cgroup namespace a mount would set the options of the machine's own
		run unshare --cgroup "$PROBE" FS-07 "$T" plain
		assert_status 0
		assert_line 'FS-07.sysfs ok'
	else
		outside FS-07 "$T"
	fi
	assert_line 'FS-07.proc ok'
}

@test "FS-08: the new mount calls are refused like the old" {
	box 'extends: base' FS-08 /tmp
	expect box
	# Without the filter the missing capability refuses them
	box 'seccomp: off' FS-08 /tmp
	expect box
	# CONTROL: with the capability, in namespaces of our own
	outside --nested FS-08 "$T"
	expect control
}
