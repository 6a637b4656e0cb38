#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# calls.bats - the system call filter, from a payload's side
# as: root
# in: release
# guest: v2
# shellcheck disable=SC2034 # box() reads box_options and box_map

load callers

@test "SC-01: each refused call is refused before the kernel looks at its arguments" {
	local line
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' SC-01
		expect box
		box 'extends: strict' SC-01.hangup
		assert_output 'SC-01.hangup.vhangup EPERM'
	done
	# dev allows what debuggers need, nothing else
	box 'extends: dev' SC-01
	expect dev
	# CONTROL: root, where no filter is, gets the kernel's answers. Some calls are not in every
	# kernel, some a container refuses; most must get through
	outside SC-01
	while read -r line; do
		case $line in
		*' EPERM' | *' ENOSYS') ;;
		*) echo "$line" ;;
		esac
	done <<<"$output" >reached
	assert [ "$(wc -l <reached)" -ge 45 ]
	for name in mount unshare setns pivot_root bpf keyctl ptrace open_tree move_mount; do
		assert_match "^SC-01.$name " "$(cat reached)"
	done
}

@test "SC-02: no other ABI of the machine is let in" {
	[ "$(uname -m)" = x86_64 ] || skip "this machine has one ABI"
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' SC-02
		assert_output $'SC-02.int80 SIGSYS\nSC-02.x32 SIGSYS'
	done
	# CONTROL: nothing kills it without a filter
	box 'seccomp: off' SC-02
	refute_match SIGSYS
}

@test "SC-03: ordinary programs work under the filter" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' SC-03
		expect box
	done
	# nook itself is a program of musl's
	become root
	box_options=(-v "$program:/nook")
	box_run 'extends: strict' /nook version
	assert_status 0
	# CONTROL: the probe tells where something does not work
	box_options=()
	box 'seccomp: {deny: [statx, getrandom]}' SC-03
	assert_line 'SC-03.statx EPERM'
	assert_line 'SC-03.getrandom EPERM'
}

@test "SC-03: and one of glibc, with its loader, threads and children" {
	not_in_guest 'python3 is large'
	need python3
	box_run 'extends: strict' python3 -c '
import threading, subprocess, os, tempfile
t = threading.Thread(target=print, args=("thread",)); t.start(); t.join()
print(subprocess.run(["/bin/echo", "child"], capture_output=True, text=True).stdout.strip())
f = tempfile.NamedTemporaryFile(); os.fchmod(f.fileno(), 0o600); print(len(os.urandom(8)))'
	assert_status 0
	assert_output $'thread\nchild\n8'
	# CONTROL: threads need clone
	box_run 'seccomp: {deny: [clone]}' python3 -c 'import threading; threading.Thread(target=print).start()'
	assert_status 1
}

@test "SC-05: io_uring is refused" {
	for caller in $callers; do
		become "$caller"
		box 'extends: dev' SC-05
		assert_output $'SC-05.setup EPERM\nSC-05.register EPERM\nSC-05.enter EPERM'
	done
	# CONTROL
	outside SC-05
	assert_match '^SC-05.enter (EBADF|ENXIO|EOPNOTSUPP)'
}

@test "SC-06: nook leaves nothing in a box that a payload could change" {
	local look='find / -xdev -path /proc -prune -o ! -type l -writable -print 2>/dev/null |
		grep -vxE "/dev/(null|zero|full|random|urandom|tty)"
	for d in /tmp /var/tmp /dev/shm /run /dev /dev/mqueue; do
		find $d -mindepth 1 -xdev ! -path "/dev/*" 2>/dev/null
		[ ! -w $d ] || echo "place $d"
	done
	find / -xdev -path /proc -prune -o -path /usr -prune -o -iname "*nook*" -print 2>/dev/null'
	for caller in $callers; do
		become "$caller"
		box_run 'extends: strict' sh -c "$look"
		assert_equal "$(grep -v '^/etc/\(passwd\|group\)$' <<<"$output" | sort -u | xargs)" \
			'/tmp place /dev/shm place /tmp place /var/tmp'
	done
	# CONTROL: something writable with nook in its name is found
	become root
	mkdir -m 777 "$T/nook-data"
	box_run 'mounts: [{bind: '"$T"'/nook-data, to: /srv/nook-data, options: [rw]}]' sh -c \
		'[ -w /srv/nook-data ] && find / -path /proc -prune -o -path /usr -prune -o -iname "*nook*" -print'
	assert_match /srv/nook-data
}

@test "SC-07: every thread is under the filter" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' SC-07
		assert_output $'SC-07.threads 9\nSC-07.filtered 9'
	done
	# CONTROL
	box 'seccomp: off
proc: pids' SC-07
	assert_output $'SC-07.threads 9\nSC-07.filtered 0'
}

@test "SC-08: unknown calls do not exist, nor those that are newer than the filter" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' SC-08
		expect box
	done
	# CONTROL: this kernel has one of them
	outside SC-08
	expect outside
}

@test "SC-09: with wx: deny nothing becomes writable and executable" {
	for caller in $callers; do
		become "$caller"
		box 'mounts: [{tmpfs: /tmp, mode: 1777}]
seccomp: {wx: deny}' SC-09
		expect wx
		# The same without exec on the file system
		box 'extends: strict
seccomp: {wx: deny}' SC-09
		expect strict
	done
	# CONTROL
	box 'mounts: [{tmpfs: /tmp, mode: 1777}]
seccomp: off' SC-09
	expect off
}

# nook as on a kernel with that version of Landlock: only the keeper asks for it
with_landlock() {
	local how=$1
	shift
	run --separate-stderr strace -qq -o trace -e trace=landlock_create_ruleset \
		-e inject=landlock_create_ruleset:"$how" "$program" run "$@"
}

@test "SC-10a: every version of Landlock is used as far as it goes" {
	need strace
	has_fact landlock1 || skip "this kernel has no Landlock"
	local abi now before=0 rights
	now=$("$PROBE" landlock)
	now=${now#* }
	for abi in 1 2 3 4 5 6; do
		[ "$abi" -le "$now" ] || continue
		with_landlock "retval=$abi" --set landlock=required strict -- echo ran
		[ "$status" = 0 ] || fail "Landlock $abi"
		assert_output ran
		[ "$abi" -ge 5 ] || assert_stderr_match "needs ABI .*, this kernel has $abi"
		with_landlock "retval=$abi" --dry-run --set landlock=required strict
		rights=$(sed -n 's/^landlock.handled = //p; s/^landlock.scoped = //p' <<<"$output")
		# Version 4 is about the network, which strict does not have
		[ "$abi" = 4 ] || [ "$abi" = 6 ] || assert [ "$rights" != "$before" ]
		before=$rights
	done
	# A kernel without it
	with_landlock error=ENOSYS --set landlock=required strict -- echo ran
	assert_status 125
	assert_output
	assert_stderr_match '[Ll]andlock'
	# CONTROL: who only prefers it runs
	with_landlock error=ENOSYS strict -- echo ran
	assert_status 0
	assert_output ran
}

@test "SC-11: only the usual kinds of sockets can be made" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' SC-11
		expect box
		box 'extends: dev' SC-11
		expect box
	done
	# CONTROL: root makes most of them
	outside SC-11
	for kind in packet raw sock_diag uevent; do
		assert_line "SC-11.$kind ok"
	done
	# A kernel may be without it, or be told so (audit=0)
	assert_match '^SC-11.audit (ok|EPROTONOSUPPORT)$'
}
