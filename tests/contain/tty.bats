#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# tty.bats - the caller's terminal, session and System V objects
# as: root
# shellcheck disable=SC2034 # box() reads box_options and box_map

load callers

# on_terminal COMMAND-TEXT - run it by sh on a terminal of its own; what it shows is $output
on_terminal() {
	printf '%s\n' "$1" >"$T/on-terminal.sh"
	run --separate-stderr timeout -k 5 60 "$PROBE" pty show "$T/as" sh "$T/on-terminal.sh"
	output=${output//$'\r'/}
}

# A box on a terminal: how `terminal` and `seccomp` stand, and the probe's words
typed() {
	printf 'terminal: %s\nseccomp: %s\n' "$1" "$2" >"$T/box.yaml"
	chmod 644 "$T/box.yaml"
	on_terminal "stty -echo; '$program' run -v '$PROBE:/probe' '$T/box.yaml' -- /probe ${*:3}
		stty -icanon; '$PROBE' pending"
}

@test "TT-01: no input can be pushed into the caller's terminal" {
	for caller in $callers; do
		become "$caller"
		typed auto default TT-01
		assert_match '^TT-01.open ok$'
		for fd in 0 1 2 tty; do
			assert_line "TT-01.$fd EPERM"
		done
		assert_line 'pending 0'
		# No terminal: the filter looks at no descriptor
		typed never default TT-01
		assert_line 'TT-01.open ENXIO'
		assert_line 'TT-01.0 EPERM'
		assert_line 'pending 0'
		# Without the filter: another terminal, or none
		typed auto off TT-01
		assert_line 'pending 0'
		typed never off TT-01
		assert_line 'TT-01.0 ENOTTY'
		assert_line 'pending 0'
	done
	# CONTROL: without a box it is typed, once for each descriptor
	become root
	on_terminal "stty -echo -icanon; '$PROBE' TT-01; '$PROBE' pending"
	if grep -qx 1 /proc/sys/dev/tty/legacy_tiocsti 2>/dev/null || is_root; then
		assert_line 'TT-01.0 ok'
		assert_line 'pending 12'
	fi
}

@test "TT-02: nor with the upper half of the ioctl number set" {
	for caller in $callers; do
		become "$caller"
		typed auto default TT-02
		assert_line 'TT-02.sti EPERM'
		assert_line 'TT-02.linux EPERM'
		assert_line 'pending 0'
	done
	# CONTROL: the kernel looks at the lower half alone
	become root
	on_terminal "stty -echo; '$PROBE' TT-02"
	assert_line 'TT-02.sti ok'
	assert_line 'TT-02.linux ENOTTY'
}

@test "TT-03: nor through a virtual console" {
	for caller in $callers; do
		become "$caller"
		typed never default TT-03
		for what in select paste bad_fd; do
			assert_line "TT-03.$what EPERM"
		done
	done
	# CONTROL: the kernel would say that it is no console
	become root
	on_terminal "'$PROBE' TT-03"
	assert_line 'TT-03.paste ENOTTY'
	assert_line 'TT-03.bad_fd EBADF'
}

@test "TT-04: a payload is never in the caller's session" {
	need strace
	for caller in $callers; do
		become "$caller"
		# Started by a leader of session and group, and by none
		for leader in 'setsid -w' ''; do
			for init in reaper none; do
				# shellcheck disable=SC2086 # words
				run --separate-stderr $leader "$NOOK" run -v "$PROBE:/probe" --init "$init" \
					strict -- /probe TT-04
				assert_status 0
				assert_match "^TT-04.session (own|init's)$"
				assert_line 'TT-04.tty ENXIO'
			done
		done
		# No pid namespace, where the caller's session would have a number
		[ "$caller" = root ] || continue
		box 'namespaces: [user, mount, net, uts, ipc]' TT-04
		assert_line 'TT-04.session own'
	done
	# Where the session cannot be made nothing runs
	run --separate-stderr strace -f -qq -o trace -e inject=setsid:error=EPERM \
		"$program" run strict -- echo ran
	assert_status 125
	assert_output
	assert_stderr_match 'session'
	# CONTROL: without a box it is the caller's
	on_terminal "'$PROBE' TT-04"
	assert_line 'TT-04.tty ok'
	refute_match "session (own|init's)"
}

@test "TT-07: a flood of output holds up no limit" {
	for caller in root user; do
		become "$caller"
		printf 'terminal: always\nlimits: {wall: 1s, grace: 100ms}\n' >"$T/box.yaml"
		run timeout -k 5 60 "$PROBE" pty stopped "$NOOK" run "$T/box.yaml" -- yes
		assert_output $'pty.ended 124\npty.busy no\npty.large no\npty.slow no'
	done
	# CONTROL: the flood is one, nook passes it on to who reads
	run timeout -k 5 60 "$PROBE" pty show "$NOOK" run --set limits.output=1M "$T/box.yaml" -- yes
	assert [ "${#output}" -gt 500000 ]
}

@test "TT-08: the terminal is as it was when a box ends" {
	for caller in root user; do
		become "$caller"
		# shellcheck disable=SC2016 # for the sh inside
		on_terminal "stty -g
			'$program' run strict -- sh -c 'stty raw -echo; kill -KILL \$\$'; echo code \$?
			stty -g"
		assert_match 'code 137'
		assert_equal "$(grep -c : <<<"$output")" 2
		assert_equal "$(grep : <<<"$output" | sort -u | wc -l)" 1
		# Hung up: nook ends, and with it the payload (teardown looks for that)
		run timeout -k 5 60 "$PROBE" pty hangup "$NOOK" run strict -- sleep 30
		assert_line 'pty.slow no'
		refute_match hangs
	done
	# CONTROL: without a box stty's change stays
	on_terminal "stty -g; stty raw -echo; stty -g"
	assert_equal "$(grep : <<<"$output" | sort -u | wc -l)" 2
}

@test "TT-09: no System V or POSIX object of the host is there" {
	(umask 0 && "$PROBE" TT-09.make >made)
	refute_match E "$(cat made)"
	for caller in $callers; do
		become "$caller"
		for profile in strict dev; do
			box "extends: $profile" TT-09
			expect box
		done
	done
	# CONTROL: on the host, and in a box that has no ipc namespace
	outside TT-09
	expect outside
	"$PROBE" TT-09.remove
}

@test "TT-10: keys and resizes while a box starts or ends do no harm" {
	local i mode
	for caller in root user; do
		become "$caller"
		for i in 1 2 3 4 5; do
			for mode in keys sizes; do
				run timeout -k 5 60 "$PROBE" pty "$mode" "$NOOK" run strict -- sleep 0.1
				refute_match hangs
				assert_line 'pty.slow no'
				assert_match '^pty.ended (0|130|131|143|148|137|125|SIGINT|SIGQUIT)$'
			done
		done
	done
}
