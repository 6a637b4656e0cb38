#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# files.bats - what a box was not given is not there, and what may not be run does not run
# as: root user subids
# long: 10
# guest: v2

load contain

@test "FS-16: what is hidden has no other name" {
	mkdir -p "$T/home/secret" "$T/home/open"
	echo key | tee "$T/home/secret/key" "$T/home/token" >/dev/null
	chmod -R 777 "$T/home"
	local profile="root: {hide: ['$T/home/secret', '$T/home/token']}
mounts: [{bind: '$T/home', to: /a, options: [rw]}, {bind: '$T', to: /b}]"
	# Directories are empty ones, files empty files, at every place
	box "$profile" FS-16 /a/secret/key /a/token /b/home/secret/key /b/home/token \
		/proc/1/root/a/token /proc/self/root/a/token /proc/self/root/b/home/secret/key
	expect box
	box_run "$profile" sh -c 'cd /a && exec /probe FS-16 /proc/self/cwd/token /proc/self/cwd/secret/key 3</a'
	assert_output 'FS-16./proc/self/cwd/token empty
FS-16./proc/self/cwd/secret/key ENOENT'
	box "$profile" FS-16-link /a/token /a/open/link
	assert_output 'FS-16-link.link EXDEV'
	# CONTROL: the same without the wish to hide
	box "mounts: [{bind: '$T/home', to: /a, options: [rw]}, {bind: '$T', to: /b}]" \
		FS-16 /a/secret/key /a/token /b/home/secret/key /b/home/token
	expect control
	box "mounts: [{bind: '$T/home', to: /a, options: [rw]}]" FS-16-link /a/token /a/open/link
	assert_match '^FS-16-link.link (ok|EPERM)$'
	rm -f "$T/home/open/link"
	outside FS-16-link "$T/home/token" "$T/home/open/link"
	assert_output 'FS-16-link.link ok'
}

@test "FS-17: no device can be made, none that lies in a bind can be opened" {
	only_for root "others cannot make a device to begin with"
	mkdir -m 777 "$T/dev"
	mknod -m 666 "$T/dev/zero" c 1 5
	local mounts="mounts: [{bind: '$T/dev', to: /d, options: [rw]}]"
	box "$mounts" FS-17 /d /d/zero
	expect box
	box "extends: strict
landlock: off
+$mounts" FS-17 /tmp /d/zero
	expect box
	# Root in the box, the capability, the call: the device is the host's all the same
	box "capabilities: [MKNOD]
user: {id: 0}
seccomp: off
$mounts" FS-17 /d /d/zero
	expect box
	# CONTROL
	outside FS-17 "$T/dev" "$T/dev/zero"
	expect control
}

@test "FS-20: what the profile does not name does not exist" {
	local run=${XDG_RUNTIME_DIR:-/run} path
	local names=(/etc/shadow /boot /root "$HOME" "$T/key" "$run/bus" "$run/wayland-0")
	is_root && names+=(/run/docker.sock /run/dbus/system_bus_socket /var/lib/nook)
	mkdir -p "$HOME/.ssh" "$run" && : >"$T/key" && : >"$run/bus" && : >"$run/wayland-0"
	if is_root; then
		mkdir -p /run/dbus
		: >/run/docker.sock
		: >/run/dbus/system_bus_socket
		names+=(/run/docker.sock /run/dbus/system_bus_socket)
	fi
	for profile in base strict; do
		box "extends: $profile" FS-20 "${names[@]}" /sys/kernel /run/nook "$run/nook" /var/lib
		refute_match ' (ok|EACCES|EPERM)$'
	done
	# CONTROL: each of them is there
	[ -e /var/lib/nook ] || names=("${names[@]/#\/var\/lib\/nook/}")
	for path in "${names[@]}"; do
		[ -z "$path" ] || outside FS-20 "$path"
		assert_match ' ok$'
	done
}

@test "FS-22: Landlock alone refuses what no mount refuses" {
	has_fact landlock1 || skip "no Landlock in this kernel"
	local other=${XDG_RUNTIME_DIR:-/run}/other
	mkdir -p "$T/work/sub" "$other"
	echo data >"$T/work/f"
	echo data >"$other/f"
	ln -s "$other/f" "$T/work/link"
	ln -s "$other" "$T/other"
	cp "$PROBE" "$T/work/probe"
	cd "$T/work"
	run --separate-stderr timeout 60 "$NOOK" run thin -- ./probe FS-22 "$T/work" "$other"
	assert_status 0
	expect box
	# To truncate is a right of its own since version 3, and was nobody's before
	if has_fact landlock3; then
		assert_equal "$(cat "$other/f")" data
	else
		assert_equal "$(cat "$other/f")" ''
	fi
	# CONTROL: the same without Landlock
	outside FS-22 "$T/work" "$other"
	expect control
}

@test "FS-23: nothing runs from where noexec stands" {
	box 'extends: strict' FS-23 /tmp
	expect noexec
	box 'extends: base' FS-23 /dev/shm
	expect noexec
	# The loader is let run, but maps no program from there
	box_run 'extends: strict' sh -c 'cp /bin/true /tmp/true
		/lib64/ld-linux-x86-64.so.2 /tmp/true; test $? = 127'
	assert_status 0
	assert_stderr_match 'failed to map segment'
	box 'extends: strict
seccomp: {wx: deny}' FS-23 /tmp
	expect wx
	# CONTROL: base lets /tmp run
	box 'extends: base' FS-23 /tmp
	expect control
	box_run 'extends: base' sh -c 'cp /bin/true /tmp/true; /lib64/ld-linux-x86-64.so.2 /tmp/true'
	assert_status 0
}

@test "FS-24: a crash leaves no core file" {
	mkdir -m 777 "$T/work"
	local times=50
	[ "${NOOK_LONG:-0}" = 1 ] && times=1000
	# The payload must own it, or the kernel would not dump there anyway
	local mounts="mounts: [{bind: '$T/work', to: /work, options: [rw]}]"
	box "$mounts" FS-24 /work "$times"
	assert_output 'FS-24.core none'
	box 'extends: base' FS-24 /tmp "$times"
	assert_output 'FS-24.core none'
	assert_equal "$(ls "$T/work")" ""
	# CONTROL: where the limit is taken off there is one. A handler of the host's, if
	# there is one, takes it all
	[ "$(cut -c1 /proc/sys/kernel/core_pattern)" != '|' ] || skip 'a handler takes core files here'
	box 'extends: base
rlimits: {core: max}' FS-24 /tmp 1
	assert_output 'FS-24.core ok'
}

@test "FS-25: no file can be opened by its handle" {
	box 'extends: base' FS-25 / /usr /tmp /proc
	expect box
	box 'seccomp: off' FS-25 / /usr /tmp /proc
	expect unfiltered
	# CONTROL: root of the host can
	if is_root; then
		outside FS-25 /tmp
		assert_line 'FS-25.real ok'
	elif has_fact linux6.12; then
		# Who owns the mount can, since Linux 6.11
		run --separate-stderr unshare -Urm sh -c 'mount -t tmpfs none /srv && exec "$0" FS-25 /srv' \
			"$PROBE"
		assert_line 'FS-25.real ok'
	fi
}

@test "FS-26: two boxes share no /tmp, /dev/shm or /run" {
	mkdir -m 777 "$T/flag"
	mkfifo -m 666 "$T/flag/end"
	printf 'mounts: [{bind: "%s", to: /flag, options: [rw]}]\n' "$T/flag" >"$T/first.yaml"
	timeout 60 "$NOOK" run -v "$PROBE:/probe" "$T/first.yaml" -- \
		sh -c '/probe FS-26-plant && /probe FS-26 && : >/flag/up && read -r line </flag/end' \
		>"$T/first" 2>&1 &
	wait_for "$T/flag/up"
	box 'extends: base' FS-26
	expect box
	box 'extends: strict' FS-26
	expect box
	timeout 60 sh -c 'echo end >"$1"' sh "$T/flag/end"
	wait
	# CONTROL: in the same box they were found
	output=$(grep '^FS-26\.' "$T/first")
	expect control
}
