#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# cred.bats - what a payload is allowed to be: capabilities, ids, groups, priorities
# as: root
# in: release
# guest: v2
# shellcheck disable=SC2034 # box() reads box_options and box_map

load callers

@test "CR-01: a payload has no capability and no_new_privs, behind execve too" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' CR-01
		expect box
	done
	# CONTROL: kept ones are seen, in the ambient set too
	box 'capabilities: [box-root]
user: {id: 1000}' CR-01
	expect kept
	become root
	box 'no_new_privileges: false' CR-01
	assert_line 'CR-01.NoNewPrivs 0'
	outside CR-01
	expect outside
}

@test "CR-02: file capabilities give nothing" {
	local how
	for how in ep i; do
		cp "$PROBE" "$T/file"
		"$PROBE" file-caps "$T/file" "$how"
		for caller in $callers; do
			become "$caller" # nosuid and no_new_privs, then one of them
			box_options=(-v "$T/file:/file")
			box 'extends: strict' CR-02 /file
			expect box
		done
		become root --inh-caps +net_raw
		box 'no_new_privileges: false' CR-02 /file
		expect nosuid
		# CONTROL: on the host the caller gets it
		become user --inh-caps +net_raw
		outside_as CR-02 "$T/file"
		expect outside
	done
}

@test "CR-03: the caller's inheritable and ambient capabilities do not pass" {
	for caller in $callers; do
		become "$caller" --inh-caps +net_raw,+kill --ambient-caps +net_raw,+kill
		box 'extends: strict' CR-03
		output=${output//CR-03/CR-01} # the same lines
		expect box
		# CONTROL: they are there
		outside_as CR-03
		assert_line 'CR-03.CapAmb some'
		assert_line 'CR-03.exec.CapInh some'
	done
}

@test "CR-04: the caller's securebits do not pass, the box's are locked" {
	for caller in $callers; do
		become "$caller" --securebits +no_setuid_fixup
		box 'extends: strict' CR-04
		expect box
		box 'user: {id: 0}' CR-04
		expect box
	done
	# CONTROL: who may, can
	become root
	outside CR-04
	expect outside
}

# Files that only a group of the caller's may read, and one that everybody but it may
group_files() {
	for name in 0640 0604; do
		echo x >"$T/$name"
		chgrp 4 "$T/$name"
		chmod "$name" "$T/$name"
	done
	box_options=(-v "$T/0640:/0640" -v "$T/0604:/0604")
}

@test "CR-05, CR-06: the caller's groups do not pass, or nook says that they do" {
	group_files
	for caller in $callers; do
		become "$caller" --groups 4,27,999
		box 'extends: strict' CR-06 /0640 /0604
		expect box
		# CONTROL: they count outside
		outside_as CR-06 "$T/0640" "$T/0604"
		expect outside
	done
	# With one id the kernel keeps them: who demands otherwise is refused
	become user --groups 4,27,999
	box_run 'user: {groups: none}' true
	assert_status 125
	assert_stderr_match 'groups'
	nook_run explain strict user
	assert_match 'groups'
	become subids --groups 4,27,999
	box 'user: {groups: none}' CR-06 /0640 /0604
	expect box
}

@test "CR-07: setgroups is refused" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict
proc: full' CR-07 4
		expect box
	done
	# CONTROL: with the capability and a range of ids it works
	box 'capabilities: [CAP_SETGID]
user: {id: 0}' CR-07 4
	expect kept
}

@test "CR-08: a payload's groups hold its own, and a group that must not read does not" {
	echo x >"$T/0604"
	chgrp 1000 "$T/0604"
	chmod 0604 "$T/0604"
	box_options=(-v "$T/0604:/0604")
	become root
	box 'user: {id: 1000, group: 1000}' CR-08 /0604
	expect box
	# CONTROL: for others it is there
	box 'user: {id: 1001, group: 1001}' CR-08 /0604
	expect others
	become subids
	box 'user: {id: 1000, group: 1000}' CR-08
	assert_line 'CR-08.own listed'
}

@test "CR-10: --user means exactly these ids" {
	local name groups
	# A tree whose files say otherwise: numbers are never looked up, and lines that are no
	# line give nobody
	mkdir -p "$T/root/etc"
	cp "$PROBE" "$T/root/probe"
	printf '%s\n' 'root:x:0:0::/:/bin/sh' '7:x:0:0::/:/bin/sh' 'ada:x:7:8::/:/bin/sh' \
		'wide:x:4294967296:0::/:' 'none:x:4294967295:0::/:' 'minus:x:-1:0::/:' \
		'hex:x:0x7:0::/:' 'blank:x: 7:7::/:' 'short:x:7' >"$T/root/etc/passwd"
	printf '%s\n' '9:x:0:' 'club:x:9:' 'far:x:4294967296:' >"$T/root/etc/group"
	chmod -R go+rX "$T/root"
	is() { # is WORD UID GID
		box_options=(--user "$1")
		box "root: {from: directory, path: '$T/root'}" CR-10
		groups=$(result CR-10.groups)
		assert_line "CR-10.users $2 $2 $2"
		assert_line "CR-10.group $3 $3 $3"
		# Where the caller's groups cannot be dropped there were none
		assert_match "^($3|none)\$" "$groups"
	}
	for caller in $callers; do
		become "$caller"
		is 7 7 7
		is 7:2 7 2
		is ada 7 8
		is ada:club 7 9
		is 7:club 7 9
		is ada:9 7 9
		is 0 0 0
		for name in wide none minus hex blank short 7x +7 ' 7' 0x7 007 -1 4294967295 4294967296 \
			18446744073709551623 '' : 7: 7:far 7:no 7:-1 7:8:9 nobody; do
			box_options=(--user="$name")
			box_run "root: {from: directory, path: '$T/root'}" /probe CR-10
			assert_status 125
			assert_output
		done
	done
	# CONTROL: without the option it is another
	box_options=()
	box 'extends: strict' CR-10
	assert_line 'CR-10.users 1000 1000 1000'
	is :5 0 5
}

@test "CR-12: no namespace can be made, by any call" {
	for caller in $callers; do
		become "$caller"
		for profile in strict dev; do
			box "extends: $profile
namespaces: [user, mount, pid, net, uts, ipc, cgroup]
network: {mode: none}" CR-12 write
			expect box
		done
		# Without the filter the limit of the user namespace stands alone
		box 'seccomp: off' CR-12 write
		expect nofilter
		# CONTROL: where it is allowed
		box 'nested_namespaces: true' CR-12
		expect nested
	done
	outside CR-12
	expect outside
}

@test "CR-13: what root in a box makes belongs to the host's root only where idmap says so" {
	mkdir "$T/dir"
	chmod 777 "$T/dir"
	for caller in $callers; do
		become "$caller"
		box 'user: {id: 0}
mounts: [{bind: '"$T"'/dir, to: /dir, options: [rw, noidmap]}]' CR-13 /dir
		assert_line 'CR-13.uid 0'
		assert_line 'CR-13.file ok'
		case $caller in
		root) assert [ "$(stat -c %u "$T/dir/file")" -ge 65536 ] ;;
		user) assert_equal "$(stat -c %u "$T/dir/file")" 1234 ;;
		subids) assert_equal "$(stat -c %u "$T/dir/file")" 4321 ;;
		esac
		rm -rf "$T/dir/"*
	done
	# CONTROL, and what idmap, the default for root's binds, means: files keep their numbers
	become root
	box 'user: {id: 0}
mounts: [{bind: '"$T"'/dir, to: /dir, options: [rw]}]' CR-13 /dir
	assert_equal "$(stat -c %u "$T/dir/file")" 0
}

@test "CR-14: setuid programs give nothing" {
	cp "$PROBE" "$T/suid"
	chmod 6755 "$T/suid"
	box_options=(-v "$T/suid:/suid")
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' CR-14 /suid
		expect box
		box 'extends: dev' CR-14 /suid
		expect box
	done
	# Only nosuid is left
	become root
	box 'no_new_privileges: false' CR-14 /suid
	expect box
	# CONTROL: on the host it becomes root
	become user
	outside_as CR-14 "$T/suid"
	expect outside
}

@test "CR-15: priorities and hard limits cannot be raised" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' CR-15
		expect box
	done
	# CONTROL: root can
	outside CR-15
	expect outside
}

@test "CR-16: to go without a user namespace has to be said" {
	become root
	box_map=none
	box_run 'namespaces: [user, mount, pid, net, uts, ipc, cgroup]' echo ran
	assert_status 125
	assert_output
	box_map=auto
	box_run 'namespaces: [mount, pid, net, uts, ipc, cgroup]' echo ran
	assert_status 125
	assert_output
	assert_stderr_match "user"
	# CONTROL: said, it runs and warns
	box_map=none
	box_run 'namespaces: [mount, pid, net, uts, ipc, cgroup]
user: {map: none}' echo ran
	assert_status 0
	assert_output ran
	assert_stderr_match '^nook: warning: '
}
