#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# end.bats - the end of a box: limits on what will not end, nothing that stays, an init that stays up
# as: root
# takes: 30
# waits: yes
# long: 60
# in: release

load callers

# What must be gone is called nook-left (probe/end.c)
left() { pgrep -c -x nook-left || :; }
none_left() {
	local try
	for try in 1 2 3 4 5; do
		[ "$(left)" != 0 ] || return 0
		sleep "0.0$try"
	done
	fail "left: $(pgrep -a -x nook-left)"
}
kill_left() { pkill -KILL -x nook-left || :; }
setup() {
	callers_setup
	cp "$PROBE" "$T/probe"
	: >"$T/result"
	chmod 666 "$T/result"
}
teardown() {
	kill_left
	nook_teardown
}

# Where the kernel ends a box with its init, and where nook has to
with_init='extends: strict'
without_pid='extends: thin
landlock: preferred'

# ms N - a duration for a profile; an emulated processor gets ten times as long
ms() { echo "$1${NOOK_GUEST:+0}ms"; }

# timed MOST COMMAND... - `run` that must not take longer than MOST milliseconds
timed() {
	local begun most=$1${NOOK_GUEST:+0} took
	shift
	begun=$(date +%s%N)
	run --separate-stderr timeout -s KILL 60 "$@"
	took=$((($(date +%s%N) - begun) / 1000000))
	[ "$took" -le "$most" ] || fail "took $took ms, more than $most: $*"
}

# in_box MOST PROFILE-TEXT COMMAND... - the same for a box with the probe
in_box() {
	printf '%s\n' "$2" >"$T/box.yaml"
	timed "$1" "$NOOK" run -q --result "$T/result" -v "$PROBE:/probe" "$T/box.yaml" -- "${@:3}"
}
# Without a mount namespace /probe is not there; Landlock lets it use the current directory
in_thin() {
	printf '%s\n' "$2" >"$T/box.yaml"
	timed "$1" "$NOOK" run -q --result "$T/result" "$T/box.yaml" -- "$T/probe" "${@:4}"
}
cause() { sed 's/.*"cause":"\([a-z]*\)".*/\1/' "$T/result"; }

# said LINE - wait until "$T/out" has it
said() { wait_until grep -qxF "$1" "$T/out"; }

# each MORE COMMAND... - in both kinds of box, as everybody
each() {
	local kind
	for caller in $callers; do
		become "$caller"
		for kind in in_box in_thin; do
			case $kind in
			in_box) profile=$with_init ;;
			in_thin) profile=$without_pid ;;
			esac
			"$@" "$kind" "$profile"
			none_left
		done
	done
}

@test "RS-10: the wall limit ends what sleeps, is stopped, or spins with its signals blocked" {
	never_ends() {
		local way
		for way in sleep stop spin; do
			"$1" 4000 "$2
limits: {wall: $(ms 600), grace: $(ms 100), output: null}" /probe RS-10 "$way"
			assert_status 124
			assert_line "RS-10.$way begun"
			assert_equal "$(cause)" wall
			none_left
		done
	}
	each never_ends
	# CONTROL: nothing else would end it
	become user
	code=0
	timeout --foreground -s KILL 3 "$T/as" "$PROBE" RS-10 stop >"$T/out" || code=$?
	assert_equal "$code" 137
	assert [ "$(left)" != 0 ]
	kill_left
}

@test "RS-11: TERM first, and KILL after the grace for what refuses it" {
	refuses() {
		"$1" 4000 "$2
limits: {wall: $(ms 600), grace: $(ms 400), output: null}" /probe RS-11
		assert_status 124
		assert_output $'RS-11.all refused\nRS-11.TERM came'
		assert_equal "$(cause)" wall
		none_left
		# The same when somebody asks nook to end
		printf '%s\n' "$2" "limits: {grace: $(ms 200), output: null}" >"$T/box.yaml"
		if [ "$1" = in_box ]; then set -- -v "$PROBE:/probe" -- /probe; else set -- -- "$T/probe"; fi
		: >"$T/out" # what the one before said is not to be taken for its word
		timeout -s KILL 30 "$NOOK" run -q --result "$T/result" "${@:1:$#-2}" "$T/box.yaml" \
			"${@: -2}" RS-11 >"$T/out" &
		said 'RS-11.all refused'
		kill -TERM "$(ps -o ppid= -p "$(pgrep -x nook-init)" | tr -d ' ')"
		code=0
		wait $! || code=$?
		assert_equal "$code" 137
		assert_line 'RS-11.TERM came' "$(cat "$T/out")"
		assert_equal "$(cause)" cancelled
	}
	each refuses
	# CONTROL: what does not refuse has its grace, and does not use it up
	become user
	in_box 4000 "$with_init
limits: {wall: $(ms 300), grace: 20s}" sleep 60
	assert_status 124
}

@test "RS-12: nothing survives the main process" {
	leaves_daemons() {
		"$1" 4000 "$2" /probe RS-12 5
		assert_status 5
		assert_line 'RS-12.left 4'
		assert_equal "$(cause)" exited
	}
	each leaves_daemons
	# CONTROL: without a box they live on
	outside RS-12
	assert_equal "$(left)" 4
	kill_left
}

@test "RS-12: nor a wall limit, nor the end of init, nor that of nook" {
	local who pid
	for caller in $callers; do
		become "$caller"
		in_thin 4000 "$without_pid
limits: {wall: $(ms 400), grace: $(ms 100)}" - RS-12 0 stay
		assert_status 124
		none_left
		for who in keeper init; do
			printf '%s\n' "$without_pid" >"$T/box.yaml"
			: >"$T/out"
			"$NOOK" run -q "$T/box.yaml" -- "$T/probe" RS-12 0 stay >"$T/out" 2>&1 &
			said 'RS-12.left 4'
			assert [ "$(left)" = 4 ]
			pid=$(pgrep -x nook-init)
			[ "$who" = init ] || pid=$(ps -o ppid= -p "$pid")
			# shellcheck disable=SC2086 # ps pads
			kill -KILL $pid
			wait $! || :
			none_left
		done
	done
}

@test "RS-13: nothing holds nook up when the main process has ended" {
	holds() {
		local more
		for more in '' $'\nlimits: {output: 1M}'; do
			"$1" 4000 "$2$more" /probe RS-13 60
			assert_status 0
			assert_output 'RS-13.main ended'
		done
	}
	each holds
	# CONTROL: without a box the reader waits for the daemon
	run timeout 1.5 sh -c "\"$PROBE\" RS-13 3 | cat"
	assert_status 124
}

@test "RS-14: init reaps what others leave" {
	local many=2000
	[ -z "${NOOK_LONG:-}" ] || many=20000
	for caller in $callers; do
		become "$caller"
		box 'extends: base' RS-14 "$many"
		assert_output 'RS-14.zombies none'
	done
	# CONTROL: a pid 1 that does not
	box 'init: none' RS-14 500
	assert_output 'RS-14.zombies some'
}

@test "RS-15: a payload cannot harm init" {
	for caller in $callers; do
		become "$caller"
		box_run 'extends: strict' /probe RS-15
		assert_status 7
		assert_line 'RS-15.stopped no'
		assert_line 'RS-15.others KILL'
		# Not by init's other id alone: with one and the same too
		box_map=single box_run 'extends: strict' /probe RS-15
		assert_status 7
		assert_line 'RS-15.limits EPERM'
		assert_line 'RS-15.stopped no'
	done
	# CONTROL: its limits are there to be taken where no filter is
	box_map=single box_run '{extends: strict, seccomp: off}' /probe RS-15
	assert_status 137
	assert_line 'RS-15.limits ok'
	assert_stderr_match "lost: the box's init ended before the command"
	# CONTROL: where init is no pid 1 and nothing confines signals it dies, and nook says so
	become user
	box_run 'namespaces: [user, mount, net, uts, ipc, cgroup]' /probe RS-15 parent
	assert_status 137
	assert_stderr_match "lost: the box's init was ended by signal 9"
}
