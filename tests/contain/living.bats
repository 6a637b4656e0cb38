#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# living.bats - boxes that stay, while those who work on them are killed
# as: root user
# long: 110
# in: release
# takes: 30

load ../cli/helper
load ../cli/boxes
load ../cli/net
load ../cli/living

# Twelve calls of each command, chosen where they do the most; with NOOK_LONG=1 all of them

# killed_at CALL COMMAND... - run nook, and kill each of its processes at its CALL-th system call
killed_at() {
	local call=$1
	shift
	# it ends when all that it follows has ended: a box that was started, by itself
	timeout 20 strace -f -qq -o /dev/null -e inject=all:signal=KILL:when="$call" "$NOOK" "$@" \
		>/dev/null 2>&1 || true
}

# is_whole - what there is can be listed, stopped and removed, and then nothing is left
is_whole() {
	case $(all name status) in
	"" | "web created" | "web running" | "web stopped"*) ;;
	*) fail "after call $1: $(all name status)" ;;
	esac
	"$NOOK" stop web >/dev/null 2>&1 || true
	"$NOOK" rm -f web
	"$NOOK" gc -q
	assert_equal "$(find "$(state_dir)/boxes" -mindepth 1 2>/dev/null)" ""
	assert_equal "$(find "$(runtime_dir)" -mindepth 1 2>/dev/null)" ""
}

# calls COMMAND... - at which of them: as many as the busiest process makes when nobody kills it
calls() {
	if [ -z "${NOOK_LONG:-}" ]; then
		echo 3 30 50 64 76 88 94 100 110 130 170 220
		return
	fi
	before
	mkdir calls
	timeout 60 strace -ff -qq -o calls/of "$NOOK" "$@" >/dev/null 2>&1 || true
	seq "$(wc -l calls/of.* | sed '/total$/d' | sort -n | awk 'END { print $1 }')"
	rm -r calls
	is_whole 0 >/dev/null
}

# every COMMAND... - killed at one call after the other, of a box that was made by the function before
every() {
	local call
	need strace
	for call in $(calls "$@"); do
		before
		killed_at "$call" "$@"
		is_whole "$call"
	done
}

@test "SV-01: create, killed at any system call: a box, or none" {
	before() { :; }
	every create web strict -- sleep 600
}

@test "SV-01: start, killed at any system call: the box runs, or rests" {
	local limit=
	! is_root || limit=--pids-limit=20 # a cgroup
	before() { "$NOOK" create web strict $limit -- sleep 0.1; }
	every start web
}

@test "SV-01: stop, killed at any system call" {
	before() { "$NOOK" run -d --name web strict -- sleep 600; }
	every stop web
}

@test "SV-01: exec, killed at any system call: the box runs on" {
	before() { "$NOOK" run -d --name web strict -- sleep 600; }
	is_whole() {
		assert_equal "$(all name status)" "web running"
		assert_equal "$("$NOOK" exec web echo alive)" alive
		"$NOOK" rm -f web
		"$NOOK" gc -q
	}
	every exec web true
}

@test "SV-01: exec, its keeper killed at any system call: box and command are gone" {
	local keeper
	before() {
		"$NOOK" run -d --name web strict -- sleep 600
		keeper=$("$NOOK" ps --no-headings -o keeper | tr -d ' ')
	}
	# Traced, or killed by then
	is_hunted() { ! grep -qs '^TracerPid:.0' "/proc/$keeper/status"; }
	# The keeper and the joiner that it forks; what runs in the box ends with it
	killed_at() {
		timeout 20 strace -f -qq -o trace -p "$keeper" -e inject=all:signal=KILL:when="$1" \
			>/dev/null 2>&1 3>&- &
		tracer=$!
		wait_until is_hunted
		timeout 20 "$NOOK" exec web sleep 0.01 >/dev/null 2>&1 || true
		# One that outlived it has work at its end as well
		"$NOOK" stop -t 0 web >/dev/null 2>&1 || true
		wait "$tracer" || true
	}
	calls() { if [ -n "${NOOK_LONG:-}" ]; then seq 160; else echo 2 5 9 14 20 27 35 60; fi; }
	every exec web true
}

@test "SV-04: rm, killed at any system call: there or gone, and the second one does the rest" {
	before() {
		"$NOOK" create web strict -- sleep 600
		mkdir -p "$(state_dir)/boxes/web/changes/a/b"
	}
	is_whole() {
		"$NOOK" rm web || [ -z "$(all name)" ]
		"$NOOK" rm -f web
		"$NOOK" gc -q
		assert_equal "$(find "$(state_dir)/boxes" -mindepth 1)" ""
	}
	every rm web
}
