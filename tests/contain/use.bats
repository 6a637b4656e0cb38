#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# use.bats - what a payload can use up without a cgroup: memory by files, names, descriptors
# as: root
# takes: 20
# waits: yes
# in: release
# shellcheck disable=SC2034 # box() reads box_options and box_map

load callers

@test "RS-04, RS-05: every place that can be written has an end, in bytes and in names" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' RS-04.sizes / /tmp /var/tmp /dev /dev/shm /run
		expect strict
		box 'mounts: [{tmpfs: /scratch}]' RS-04.sizes / /tmp /var/tmp /dev /dev/shm /run /scratch
		expect base
		box 'extends: dev
landlock: off' RS-04.sizes /tmp /dev /dev/shm /run
		expect dev
	done
}

@test "RS-04: a writable tmpfs is full at its size" {
	for caller in $callers; do
		become "$caller"
		box 'mounts: [{tmpfs: /scratch, size: 2M, mode: 1777}]' RS-04 /scratch 4
		assert_output $'RS-04.write ENOSPC\nRS-04.mebibytes 2'
		box 'root: {size: 2M}
user: {id: 0}' RS-04 / 4
		assert_line 'RS-04.write ENOSPC'
		box 'extends: strict
rlimits: {fsize: 1G}' RS-04 /dev/shm 70
		assert_output $'RS-04.write ENOSPC\nRS-04.mebibytes 64'
		box 'user: {id: 0}' RS-04 /dev 4
		assert_match 'RS-04.(open EROFS|write ENOSPC)'
	done
	# CONTROL: with more room there is more
	box 'mounts: [{tmpfs: /scratch, size: 8M, mode: 1777}]' RS-04 /scratch 4
	assert_output $'RS-04.write ok\nRS-04.mebibytes 4'
}

@test "RS-05: and at its number of names" {
	for caller in $callers; do
		become "$caller"
		box 'mounts: [{tmpfs: /scratch, size: 2M, inodes: 50, mode: 1777}]' RS-05 /scratch 100
		assert_output $'RS-05.create ENOSPC\nRS-05.made 49'
		box 'extends: strict' RS-05 /dev/shm 20000
		assert_line 'RS-05.create ENOSPC'
	done
	# CONTROL
	box 'mounts: [{tmpfs: /scratch, size: 2M, inodes: 200, mode: 1777}]' RS-05 /scratch 100
	assert_output $'RS-05.create ok\nRS-05.made 100'
}

@test "RS-07: descriptors are limited" {
	local kind
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' RS-07
		for kind in open dup eventfd epoll timer socket; do
			assert_line "RS-07.$kind EMFILE"
		done
	done
	# CONTROL: root's limit is the caller's to raise
	become root
	[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 16384 ] || skip "a low hard limit"
	ulimit -Sn 16384
	outside RS-07
	assert_line 'RS-07.open ok'
}

@test "RS-17: file sizes are limited" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' RS-17 /tmp/far
		assert_output $'RS-17.signal XFSZ\nRS-17.pwrite EFBIG\nRS-17.ftruncate EFBIG\nRS-17.fallocate EFBIG'
	done
	# CONTROL: without the limit a sparse file is as large as it likes
	box 'extends: strict
rlimits: {fsize: null}' RS-17 /tmp/far
	assert_line 'RS-17.signal none'
	assert_line 'RS-17.pwrite ok'
}

@test "RS-18: terminals are limited" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' RS-18 900
		assert_output $'RS-18.open ENOSPC\nRS-18.opened 256'
		box 'extends: dev' RS-18 900
		assert_output $'RS-18.open ENOSPC\nRS-18.opened 256'
	done
	# CONTROL: the host has some left
	outside RS-18 300
	assert_line 'RS-18.open ok'
}

@test "RS-07: a box leaves inotify instances to its user" {
	local most before
	most=$(cat /proc/sys/fs/inotify/max_user_instances)
	[ "$most" -ge 100 ] || skip "this machine has but $most"
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' RS-07.inotify "$most"
		assert_output 'RS-07.inotify 64'
		outside_as RS-07.inotify "$most"
		before=$output
		# While a box holds what it can get
		"$NOOK" run -v "$PROBE:/probe" strict -- /probe RS-07.inotify "$most" 5 >/dev/null &
		sleep 2
		outside_as RS-07.inotify 30
		assert_output 'RS-07.inotify 30'
		wait $!
		# CONTROL: without the box there is more to be had than it may
		assert [ "${before#* }" -gt 64 ]
	done
}

@test "FD-04: what is stdin or stdout cannot be opened anew with more rights" {
	has_fact landlock1 || skip "this kernel has no Landlock"
	for caller in $callers; do
		become "$caller"
		echo x >"$T/in"
		echo x >"$T/out"
		chmod 666 "$T/in" "$T/out"
		for profile in strict dev; do
			"$NOOK" run -v "$PROBE:/probe" "$profile" -- /probe FD-04.anew \
				<"$T/in" >>"$T/out" 2>said
			assert_line 'FD-04.anew.stdin EACCES' "$(cat said)"
			# Where output is limited it is a pipe of nook's
			[ "$profile" = strict ] || assert_line 'FD-04.anew.stdout EACCES' "$(cat said)"
		done
		# CONTROL: Landlock is that wall
		"$NOOK" run -v "$PROBE:/probe" --set landlock=off strict -- /probe FD-04.anew \
			<"$T/in" >>"$T/out" 2>said
		assert_line 'FD-04.anew.stdin ok' "$(cat said)"
	done
}
