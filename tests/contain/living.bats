#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# living.bats - boxes that stay, while those who work on them are killed
# as: root user
# in: release
# takes: 30

load ../cli/helper
load ../cli/boxes
load ../cli/net
load ../cli/living

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

# every COMMAND... - killed at one call after the other, of a box that was made by the function before
every() {
	local call
	need strace
	for call in 3 30 50 64 76 88 94 100 110 130 170 220; do
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
