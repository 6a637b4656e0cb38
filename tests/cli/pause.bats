#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# pause.bats - boxes with a cgroup of their own: paused, stopped at a limit, given other limits
# as: root user subids
# guest: v2
# fresh: no

load helper
load boxes

# limited [OPTION...] - $limits has options for a box with a cgroup of its own, where this host
# gives one; else the test is left out, as tests/guest has it
limited() {
	"$NOOK" run "$@" base -- true 2>/dev/null || {
		is_root || bats_skip "no cgroup for this user here: tests/guest has one"
		fail "no cgroup for root"
	}
}

# beats TENTHS - whether the box shows life within that many tenths of a second
beats() {
	local before tenth
	before=$(cat "$T/beat")
	for ((tenth = 0; tenth < $1; tenth++)); do
		sleep 0.1
		[ "$before" = "$(cat "$T/beat")" ] || return 0
	done
	return 1
}

at_limit() { [ "$("$NOOK" ps --no-headings -o status web)" = "at limit" ]; }

# quick - leave a test out where a processor is emulated: what it shows does not depend on v1 or v2
quick() { [ -z "${NOOK_GUEST:-}" ] || bats_skip "too slow in a guest"; }

beat='while :; do date +%N >/t/beat; sleep 0.01; done'

@test "pause stops everything, unpause lets it go on, and the result says how long" {
	limited --pids-limit 50
	start_box one "$beat" --name web --pids-limit 50
	wait_for "$T/beat"
	nook_run pause web
	assert_status 0
	assert_equal "$("$NOOK" ps --no-headings -o status web)" paused
	refute beats 3
	# once more is no error
	nook_run pause web
	assert_status 0
	nook_run unpause --all
	assert_status 0
	assert_equal "$("$NOOK" ps --no-headings -o status web)" running
	assert beats 50
	nook_run unpause web
	assert_status 1
	assert_stderr_match '^nook: the box is not paused$'
	nook_run kill web
	wait_keeper
	assert test "$(result one paused_s | cut -d. -f1)" -lt 50
	refute test "$(result one paused_s)" = 0.000000
	assert_match '; it was paused for [0-9.]+m?s' "$(result one message)"
}

@test "SV-13: a paused box is killed, cancelled and cleared away as any other" {
	quick
	limited --pids-limit 50
	start_box one 'trap "" TERM; sleep 60 & wait; sleep 60' --name web --pids-limit 50
	nook_run pause web
	run --separate-stderr timeout 50 "$NOOK" kill web
	assert_status 0
	wait_keeper
	assert_equal "$(result one cause)" cancelled
	start_box two 'trap "" TERM; sleep 60 & wait; sleep 60' --name web --pids-limit 50
	nook_run pause web
	kill -TERM "$keeper"
	wait_keeper
	assert_status 137
	start_box three 'sleep 60' --name web --pids-limit 50
	nook_run pause web
	kill -KILL "$keeper"
	wait_keeper
	nook_run gc
	assert_output 'cleared away after 1 killed boxes'
}

@test "the time of a pause does not count for limits.wall" {
	quick
	limited --pids-limit 50
	start_box one 'sleep 60' --name web --pids-limit 50 --timeout 3s
	nook_run pause web
	sleep 3.2
	assert_equal "$("$NOOK" ps --no-headings -o status web)" paused
	nook_run unpause web
	assert_status 0
	wait_keeper
	assert_status 124
	assert_equal "$(result one cause)" wall
}

@test "on_limit: freeze at limits.wall waits for a person, who gives it more" {
	limited --pids-limit 50
	start_box one "$beat" --name web --pids-limit 50 --timeout 1s --set limits.on_limit=freeze
	wait_until at_limit
	assert_equal "$(head -n 2 "$T/one.err")" "nook: box web has reached limits.wall and is frozen
hint: raise it with 'nook update web wall=VALUE', then 'nook unpause web'; or end it with 'nook kill web'"
	refute beats 3
	nook_run unpause web
	assert_status 1
	assert_stderr_match '^nook: limits.wall 1s is used up: the box has had [0-9]'
	assert_stderr_match '^hint: raise it first: nook update web wall=VALUE$'
	nook_run update web wall=50s
	nook_run unpause web
	assert_status 0
	assert beats 50
	# and from now on it is killed at it
	nook_run update web on_limit=kill wall=100ms
	assert_status 0
	wait_keeper
	assert_status 124
	refute test "$(result one paused_s)" = 0.000000
}

@test "a new limit that freezes the box at once comes behind all else of its change" {
	limited --pids-limit 50
	mkdir data
	start_box one 'sleep 1.2; touch /t/late; sleep 600' --name web --pids-limit 50 \
		--timeout 600s --set limits.on_limit=freeze
	"$NOOK" update web "+mounts=$T/data:/data"
	wait_for "$T/late"
	nook_run update web -mounts=/data wall=1s
	assert_stderr
	assert_status 0
	wait_until at_limit
	"$NOOK" update web wall=600s
	"$NOOK" unpause web
	nook_run exec web -- cat /proc/self/mountinfo
	assert_status 0
	refute_match ' /data '
}

@test "on_limit: freeze at limits.cpu_time" {
	quick
	limited --set limits.cpu_time=1s
	start_box one 'while :; do :; done' --name web --set limits.cpu_time=300ms --set limits.on_limit=freeze
	wait_until at_limit
	assert_match '^nook: box web has reached limits.cpu_time and is frozen$' "$(cat "$T/one.err")"
	nook_run unpause web
	assert_stderr_match '^nook: limits.cpu_time 300ms is used up'
	nook_run update web cpu_time=400ms on_limit=kill
	nook_run unpause web
	assert_status 0
	wait_keeper
	assert_status 124
	assert_equal "$(result one cause)" cpu
}

@test "on_limit: freeze at limits.memory_high" {
	[ -e /sys/fs/cgroup/cgroup.controllers ] || bats_skip "cgroup v1 has no such limit"
	limited --set limits.memory_high=16M
	start_box one 'head -c 24M /dev/zero >/tmp/hog; cat /sys/fs/cgroup/memory.events' --name web \
		--set limits.memory_high=16M --set limits.on_limit=freeze
	wait_until at_limit
	assert_match '^nook: box web has reached limits.memory_high and is frozen$' "$(cat "$T/one.err")"
	nook_run update web memory_high=max
	assert_status 0
	nook_run unpause web
	assert_status 0
	wait_keeper
	assert_status 0
	assert_equal "$(result one cause)" exited
	refute test "$(result one paused_s)" = 0.000000
}

@test "limits of the cgroup change at once, in stats and in the result" {
	limited --memory 64M --pids-limit 50 --cpus 1
	start_box one 'sleep 60' --name web --memory 64M --pids-limit 50 --cpus 1
	nook_run update web memory=32M limits.pids=20 cpus=50%
	assert_status 0
	nook_run stats --json web
	# nook's init is one of them
	assert_match '"memory_limit_bytes":33554432,.*"pids_limit":21,.*"metered":"cgroup"'
	nook_run update web pids=max
	assert_status 0
	nook_run kill web
	wait_keeper
	assert_match '"cpus":0.500,.*"memory_bytes":33554432,.*"pids":null,' "$(cat "$T/one.result")"
	assert_match '"enforced":\["limits.cpus","limits.memory"' "$(cat "$T/one.result")"
}

@test "what cannot be set leaves everything as it was, and names the controller" {
	limited --memory 64M
	# On v2 a leaf has all that its parent hands out, and a limit below what is used kills
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || bats_skip "for cgroup v1"
	start_box one 'sleep 60' --name web --memory 64M
	nook_run update web memory=32M pids=20
	assert_status 1
	assert_stderr_match "^nook: 'limits.pids' cannot be set now: this box has no cgroup of its own with the controller pids$"
	assert_stderr_match '^hint: it would have, run with --set limits.pids=VALUE$'
	nook_run update web memory=8K
	assert_status 1
	assert_stderr_match "^nook: cannot write '8192' to 'memory"
	nook_run stats --json web
	assert_match '"memory_limit_bytes":67108864,'
	start_box two 'sleep 60' --name bare
	nook_run update bare memory=64M
	assert_status 1
	assert_stderr_match "^nook: 'limits.memory' cannot be set now: this box has no cgroup of its own$"
	nook_run update bare on_limit=freeze
	assert_status 1
	nook_run update bare cpu_time=3s
	assert_status 1
}
