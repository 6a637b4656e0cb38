# SPDX-License-Identifier: GPL-3.0-or-later
# devices.bats - device rules on cgroup v2: a program of nook's own, and what happens without it
# guest: v2 systemd
# as: root

load ../cli/helper

# With the right to make nodes, on file systems that allow them, as no profile of nook's has it:
# then the rules alone stand between a box and the machine's devices
profile='
extends: base
root: {from: system}
namespaces: [mount, pid, net, uts, ipc, cgroup]
user: {map: none, id: 0}
capabilities: [MKNOD]
seccomp: off
mounts:
  - {tmpfs: /nodes, options: [dev]}
  - {bind: /dev/nvme0n1, to: /nodes/bound, options: [dev, rw]}
'
# makes and reads the disk that the guest started from, reads it where a bind shows it, and does
# the same with a device that every box has
probe='cd /nodes
	mknod disk b 259 0 && head -c 1 disk >/dev/null && echo "disk read"
	head -c 1 bound >/dev/null && echo "bound read"
	mknod zero c 1 5 && head -c 1 zero >/dev/null && echo "zero read"
	head -c 1 /dev/urandom >/dev/null && echo "urandom read"
	true >/dev/ptmx && echo "ptmx opened"'

@test "FS-17: control: without limits, so without rules, every device opens" {
	nook_run_with "$profile" -q -- sh -c "$probe"
	assert_output $'disk read\nbound read\nzero read\nurandom read\nptmx opened'
}

@test "FS-17: with limits a box makes and opens its own devices and no other" {
	nook_run_with "$profile" -q --memory 64M -- sh -c "$probe"
	assert_output $'zero read\nurandom read\nptmx opened'
	assert_stderr_match "mknod: .*disk.*: Operation not permitted"
	assert_stderr_match "bound.*: Operation not permitted"
}

@test "FS-17: a device that the profile names opens too" {
	nook_run_with "$profile"'devices: [/dev/nvme0n1]' -q --memory 64M -- sh -c \
		"$probe"
	assert_line "disk read"
	assert_line "bound read"
	# and one that it does not name is not opened by a node of one's own
	refute_match '^zero read'
	nook_run explain --set limits.memory=64M "$T/profile.yaml"
	assert_match 'BPF_PROG_TYPE_CGROUP_DEVICE'
	assert_match 'b 259:0 rwm'
}
