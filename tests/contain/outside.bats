#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# outside.bats - what no namespace or only a small one separates: network, keyrings, locks, facts
# as: root
# in: release
# guest: v2
# shellcheck disable=SC2034 # box() reads box_options and box_map

load callers

# listen - the host's side of NE-01 and NE-02; its port is $port
listen() {
	"$PROBE" listen nook-probe >"$T/port" &
	listener=$!
	wait_until test -s "$T/port"
	port=$(cat "$T/port")
}

# begin ARG... - nook run ARG... in the background; its command says `up` and goes on until the end of
# its input, which finish() makes
begin() {
	rm -f life up
	mkfifo life
	"$NOOK" run "$@" <life >up &
	box=$!
	exec 8>life
	wait_until grep -qs up up
}
finish() {
	exec 8>&-
	wait "$box"
}
teardown() {
	[ -z "${listener:-}" ] || { kill "$listener" && wait "$listener" 2>/dev/null; } || :
	nook_teardown
}

@test "NE-01: without a network there is only lo" {
	listen
	for caller in $callers; do
		become "$caller"
		for profile in strict offline; do
			box "extends: $profile" NE-01 "$port"
			expect box
		done
		# CONTROL: with the host's network its loopback is reached
		box 'network: {mode: host}' NE-01 "$port"
		assert_line 'NE-01.loopback ok'
	done
	# CONTROL: where routes are, packets leave
	run unshare --net sh -c "ip link set lo up && ip route add default dev lo &&
		'$PROBE' NE-01 $port"
	assert_line 'NE-01.external ok'
	assert_line 'NE-01.metadata ok'
}

@test "NE-02: abstract sockets of the host are out of reach" {
	listen
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' NE-02 nook-probe
		assert_output 'NE-02.connect ECONNREFUSED'
		if has_fact landlock6; then # dev shares the network
			box 'extends: dev' NE-02 nook-probe
			assert_output 'NE-02.connect EPERM'
		fi
		# CONTROL: a shared network without Landlock
		box 'network: {mode: host}' NE-02 nook-probe
		assert_output 'NE-02.connect ok'
	done
	has_fact landlock6 || {
		"$NOOK" explain dev >said
		assert_match 'abstract' "$(cat said)"
	}
}

@test "NE-03: nook has no abstract socket, its files are private" {
	for caller in $callers; do
		become "$caller"
		awk '$8 ~ /^@/ { print $8 }' /proc/net/unix | sort >before
		begin strict -- sh -c 'echo up; cat'
		awk '$8 ~ /^@/ { print $8 }' /proc/net/unix | sort >during
		# Every file and directory that is nook's here
		find /run /dev/shm -name '*nook*' -prune -print0 2>/dev/null |
			xargs -0r find >files 2>/dev/null
		assert [ -s files ]
		while read -r file; do
			case $(stat -c '%A' "$file") in
			drwx------ | -rw------- | srw------- | lrwx*) ;;
			*) fail "$(stat -c '%A %n' "$file")" ;;
			esac
		done <files
		finish
		assert_equal "$(cat during)" "$(cat before)"
	done
	# CONTROL: one that is there is seen
	listen
	assert_match '@nook-probe' "$(cat /proc/net/unix)"
}

@test "KN-01: the caller's session keyring is out of reach" {
	for caller in $callers; do
		become "$caller"
		printf 'extends: strict\n' >"$T/box.yaml"
		run timeout -k 5 60 "$T/as" "$PROBE" plant nook-secret "$program" run -v "$PROBE:/probe" \
			"$T/box.yaml" -- /probe KN-01 nook-secret
		expect box
		# Without the filter the new session keyring stands alone
		printf 'seccomp: off\n' >"$T/box.yaml"
		run timeout -k 5 60 "$T/as" "$PROBE" plant nook-secret "$program" run -q -v "$PROBE:/probe" \
			"$T/box.yaml" -- /probe KN-01 nook-secret
		expect nofilter
		# CONTROL
		run "$T/as" "$PROBE" plant nook-secret "$PROBE" KN-01 nook-secret
		expect outside
	done
}

@test "KN-02: boxes of one user share no keyring" {
	for caller in $callers; do
		become "$caller"
		as "$PROBE" KN-02 add nook-secret
		box 'extends: strict' KN-02 find nook-secret
		assert_output 'KN-02.find EPERM'
		box 'seccomp: off' KN-02 add nook-other
		assert_output 'KN-02.add ok'
		for name in secret other; do
			box 'seccomp: off' KN-02 find "nook-$name"
			assert_output 'KN-02.find ENOKEY'
		done
		# CONTROL: the user finds his own
		outside_as KN-02 remove nook-secret
		assert_output 'KN-02.find ok'
	done
}

@test "KN-03: locks on shared files are a known channel, but none stops the host" {
	echo x >"$T/file"
	for caller in $callers; do
		become "$caller"
		case $caller in
		root) chown 0 "$T/file" ;;
		user) chown 1234 "$T/file" ;;
		subids) chown 4321 "$T/file" ;;
		esac
		box_options=(-v "$T/file:/file")
		box 'extends: strict' KN-03 /file
		expect box
		box 'extends: dev' KN-03 /file
		expect box
	done
	assert_match 'locks' "$(cat "$TOP/docs/threat-model.md")"
	# CONTROL: its owner can have a lease
	outside_as KN-03 "$T/file"
	expect outside
}

@test "KN-04: only documented facts about the host can be read" {
	for caller in $callers; do
		become "$caller"
		box 'extends: strict' KN-04
		expect strict
		box 'extends: base' KN-04
		expect base
		# Names: the host's, the caller's, the directory's
		box_run 'extends: strict' sh -c \
			'uname -n; env; cat /etc/passwd /etc/group /etc/hosts /etc/hostname 2>/dev/null'
		refute_match "$(uname -n)|nooktest|$T"
	done
	# CONTROL
	outside KN-04
	assert_line 'KN-04.boot_id ok'
	assert_line 'KN-04.cpuinfo ok'
}

@test "KN-06: values of secrets are in no argument list, file or log that others can read" {
	local file pid
	for caller in $callers; do
		become "$caller"
		begin -e TOKEN=nook-s3cret --set environment.KEY=nook-s3cret strict -- sh -c 'echo up; cat'
		for file in /proc/[0-9]*/cmdline; do
			pid=${file//[!0-9]/}
			[ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] || continue
			! grep -aq 'nook-s3cret' "$file" 2>/dev/null ||
				fail "$file: $(tr '\0' ' ' <"$file")"
		done
		# As somebody else who may read whatever all may
		run setpriv --reuid=5555 --regid=5555 --clear-groups sh -c \
			'grep -rals nook-s3cret /run /dev/shm /var/lib/nook /tmp /proc/[0-9]*/environ'
		assert_output
		finish
	done
	# CONTROL: what is an argument of the command itself is there for all to see
	become user
	begin strict -- sh -c ': nook-s3cret; echo up; cat'
	run setpriv --reuid=5555 --regid=5555 --clear-groups sh -c \
		'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\0" "\n" | grep -c nook-s3cret'
	assert [ "$output" -ge 1 ]
	finish
}
