#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# proc.bats - /proc, /sys, devices, clocks and the processes of others
# as: root user subids
# in: release
# guest: v2

load contain

@test "PS-01: no setting of the kernel can be written" {
	for profile in base strict offline; do
		cd /
		box "extends: $profile" PS-01
		refute_match ' ok$'
		assert_line 'PS-01.all none'
	done
	box 'seccomp: off
user: {id: 0}' PS-01
	refute_match ' ok$'
	assert_line 'PS-01.all none'
	# CONTROL: root of the host can open them; who owns a user namespace its own limits
	if is_root; then
		outside PS-01
		assert_line 'PS-01./proc/sys/kernel/core_pattern ok'
	else
		outside --nested PS-01
		assert_line 'PS-01./proc/sys/user/max_user_namespaces ok'
	fi
	assert_line 'PS-01.all ok'
}

@test "PS-02: what tells about the kernel and the machine cannot be read" {
	box 'extends: base' PS-02
	refute_match ' ok$'
	box 'extends: strict' PS-02
	refute_match ' ok$'
	box 'seccomp: off
user: {id: 0}' PS-02
	refute_match ' ok$'
	# CONTROL: outside much of it is
	outside PS-02
	assert_line 'PS-02./proc/interrupts ok'
	assert_line 'PS-02./proc/kallsyms ok'
}

@test "PS-03: a box sees and signals no process but its own" {
	local host
	sleep 300 3>&- &
	host=$!
	# A number that nobody has inside
	while [ "$host" -lt 40 ]; do
		kill "$host"
		sleep 300 3>&- &
		host=$!
	done
	for profile in base strict offline; do
		cd /
		box "extends: $profile" PS-03 "$host"
		expect box
	done
	box 'seccomp: off
user: {id: 0}' PS-03 "$host"
	expect box
	# CONTROL
	outside PS-03 "$host"
	kill "$host"
	wait "$host" || :
	expect control
}

@test "PS-07: a payload cannot exempt itself or init from the OOM killer" {
	box 'extends: base' PS-07
	expect box
	box 'seccomp: off
user: {id: 0}' PS-07
	expect box
	# CONTROL: anybody may write those of his own processes, and lower them with
	# CAP_SYS_RESOURCE
	sleep 300 3>&- &
	outside PS-07 $!
	kill $!
	wait $! || :
	assert_line 'PS-07.raise-other ok'
	! setpriv -d | grep -q '^Capability bounding set:.*sys_resource' || ! is_root ||
		assert_line 'PS-07.own ok'
}

@test "PS-09: the clock cannot be set" {
	box 'extends: base' PS-09 set
	expect box
	box 'seccomp: off
user: {id: 0}' PS-09 set
	expect box
	# CONTROL: the right to set the tick to what it is; who has none may offset the
	# clock of a time namespace of its own
	if is_root; then
		outside PS-09
		assert_match '^PS-09.tick (ok|EPERM)$'
	fi
	run --separate-stderr unshare -UrT --fork --monotonic 1 true
	assert_status 0
}

@test "PS-10: the host name is the box's own, and fixed" {
	local name
	name=$(uname -n)
	box 'extends: base' PS-10
	expect box
	box 'seccomp: off
user: {id: 0}' PS-10
	expect box
	box 'extends: base' PS-10 own
	assert_output 'PS-10.unshare EPERM
PS-10.host EPERM
PS-10.domain EPERM'
	assert_equal "$(uname -n)" "$name"
	# CONTROL: in a namespace of one's own
	outside PS-10 own
	assert_output 'PS-10.unshare ok
PS-10.host ok
PS-10.domain ok'
	assert_equal "$(uname -n)" "$name"
}

@test "PS-11: no device of the machine is there" {
	box 'extends: base' PS-11
	refute_match ' ok$'
	box 'extends: strict' PS-11
	refute_match ' ok$'
	cd /
	box 'extends: offline' PS-11
	refute_match ' ok$'
	# CONTROL: some of them are there
	outside PS-11
	assert_match ' ok$'
}

@test "PS-12: where ids differ, /proc shows each only its own" {
	if ! has_fact user; then
		# init has another id
		box 'extends: base' PS-12 1
		refute_match ' ok$'
		# The first payload changes its id, its parent is init
		box "capabilities: [SETUID, SETGID]
user: {id: 0}" PS-12 1 1000
		refute_match ' ok$'
		box_run "capabilities: [SETUID, SETGID]
user: {id: 0}" sh -c '/probe PS-12 $$ 1000'
		assert_status 0
		refute_match ' ok$'
		# CONTROL: with the same id one sees the other
		box_run 'extends: base' sh -c '/probe PS-12 $$; true'
		assert_line 'PS-12.status ok'
		assert_line 'PS-12.environ ok'
	else
		# One id for all: nothing of init can be looked into all the same
		box 'extends: base' FD-06 1
		refute_match ' ok$'
	fi
	outside PS-12 $$
	assert_line 'PS-12.status ok'
}
