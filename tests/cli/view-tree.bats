#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# view-tree.bats - `nook view --tree`: this machine and all boxes, drawn; networks are in networks.bats
# as: root user subids
# fresh: no

load helper
load boxes
load net
load living

setup() {
	nook_setup
	export XDG_STATE_HOME=$T/state
	host="$(hostname) host Linux $(uname -r)"
	walls='user mount pid net uts ipc cgroup root caps seccomp'
}

teardown() {
	end_keepers
	rid_of_boxes
}

# drawn - $output without the blanks that only line it up
drawn() { tr -s ' ' <<<"$output"; }

is_gone() { ! kill -0 "$keeper" 2>/dev/null; }

# at_terminal COLUMNS WORDS - what it shows on one so wide, with these variables before it
at_terminal() {
	run env TERM=xterm NOOK_PAGER=cat script -qec "stty cols $1; ${2:-} '$NOOK' view --tree" /dev/null
	assert_status 0
	output=${output//$'\r'/}
}

@test "no box" {
	nook_run view --tree
	assert_status 0
	assert_stderr
	assert_equal "$(drawn)" "$host, no box"
	nook_run view --tree --json
	assert_equal "$(json schema) $(json name) $(json kernel) $(json networks) $(json boxes)" \
		"1 $(hostname) $(uname -r) [] []"
}

@test "boxes that run and that rest, as text, as JSON, in the console" {
	start_box one 'sleep 60' --name web
	init=$("$NOOK" ps --no-headings -o init web | tr -d ' ')
	nook_run view --tree
	assert_equal "$(drawn)" "$host, 1 box
└─web running p, init $init, no network
 $walls"
	start_box two 'sleep 60' --name open --network host --set seccomp=off
	"$NOOK" create later --set landlock=off strict
	printf '%s\n' 'namespaces: []' 'user: {map: none}' 'network: {mode: host}' 'seccomp: off' \
		'root: {from: host, changes: through}' 'landlock: off' >"$T/free.yaml"
	"$NOOK" create -q free "$T/free.yaml" 2>/dev/null
	nook_run view --tree
	assert_status 0
	assert_stderr
	assert_equal "$(drawn)" "$host, 4 boxes
├─web running p, init $init, no network
│ $walls
├─open running p, init $("$NOOK" ps --no-headings -o init open | tr -d ' '), the host's network
│ user mount pid uts ipc cgroup root caps
├─free created free, the host's network
│ caps
└─later created strict, no network
 $walls"
	assert_equal "$("$NOOK" -c 'view --tree')" "$output"
	assert_equal "$("$NOOK" -c 'new x from base; view --tree' | tail -n 9)" "$output"
	assert_equal "$(LC_ALL=C "$NOOK" view --tree | sed 's/├─/|-/; s/└─/`-/; s/│/|/')" \
		"$(sed 's/├─/|-/; s/└─/`-/; s/│/|/' <<<"$output")"
	nook_run view --tree --json
	assert_equal "$(json networks)" '[]'
	for i in 0 1 2 3; do
		echo "$(json boxes $i name) $(json boxes $i status) $(json boxes $i profile) $(json boxes $i network)"
	done >got
	assert_equal "$(cat got)" 'web running p none
open running p host
free created free host
later created strict none'
	assert_equal "$(json boxes 0 init) $(json boxes 2 init)" "$init null"
	assert_equal "$(json boxes 2 layers) $(json boxes 2 limits)" '["caps"] {}'
	assert_equal "$(json boxes 3 layers | tr -d '[]"' | tr , ' ')" "$walls"
}

@test "limits are those in force" {
	only_for root "cgroups on v1 are for root alone"
	start_box one 'sleep 60' --name web --cpus 1.5 --memory 64M --pids-limit 32 --set limits.swap=0
	"$NOOK" update -q web memory=128M pids=40
	"$NOOK" create later --memory 32M --set landlock=off strict
	nook_run view --tree
	assert_match " $walls cpus=1.5 memory=128M swap=0B pids=40$" "$(drawn)"
	assert_match " $walls memory=32M swap=0B$" "$(drawn)"
	nook_run view --tree --json
	assert_equal "$(json boxes 0 limits cpus) $(json boxes 0 limits memory_bytes) $(json boxes 0 limits pids)" \
		"1.5 134217728 40"
}

@test "a box whose record cannot be read" {
	"$NOOK" create later base
	echo >"$(state_dir)/boxes/later/box"
	nook_run view --tree
	assert_status 0
	assert_equal "$(drawn)" "$host, 1 box
└─later busy its plan cannot be read"
	nook_run view --tree --json
	assert_equal "$(json boxes 0 name) $(json boxes 0 profile) $(json boxes 0 layers)" 'later null null'
}

@test "two hundred boxes" {
	local dir i
	"$NOOK" create box0 base
	dir=$(state_dir)/boxes
	for ((i = 1; i < 200; i++)); do cp -r "$dir/box0" "$dir/box$i"; done
	nook_run view --tree
	assert_status 0
	assert_equal "$(drawn | head -n 1)" "$host, 200 boxes"
	assert_equal "$(drawn | grep -c '─box[0-9]* created base, no network$')" 200
	assert_equal "$(wc -l <<<"$output")" 401
	nook_run view --tree --json
	assert_equal "$(grep -o '"name":"box' <<<"$output" | wc -l)" 200
	rm -r "$dir"
}

@test "on a terminal lines go on at blanks, and what is wrong has a colour" {
	"$NOOK" run -d -q --name web base -- sleep 60
	keeper=$("$NOOK" ps --no-headings -o keeper | tr -d ' ')
	kill -KILL "$keeper"
	wait_until is_gone
	at_terminal 200
	assert_match $'^└─web +\e\[33mstopped \(lost\) *\e\[0m? +base, no network$'
	at_terminal 200 NO_COLOR=1
	refute_match $'\e'
	assert_equal "$(wc -l <<<"$output")" 3
	at_terminal 60 NO_COLOR=1
	refute_match '.{61}'
	assert_equal "$(sed 1,2d <<<"$output" | xargs)" "$walls"
	assert_match "^ +${walls:0:20}"
	# it has no columns for that: the terminal breaks them
	at_terminal 20 NO_COLOR=1
	assert_equal "$(sed 1,2d <<<"$output" | xargs)" "$walls"
}

@test "what a box has joined is no word for the terminal" {
	ln -s /proc/self/ns/net $'\u202e'
	"$NOOK" create later --network "ns:$T/"$'\u202e' base
	nook_run view --tree
	assert_equal "$(drawn | sed -n 2p)" "└─later created base, the network of $T/"'\u{202e}'
}

@test "what it does not take" {
	for words in web '-- true'; do
		# shellcheck disable=SC2086
		nook_run view --tree $words
		assert_status 2
		assert_stderr_match '^nook: view --tree takes no box: it draws all of them$'
	done
	nook_run view --tre
	assert_status 2
	assert_stderr_match "^nook: unknown option '--tre', did you mean '--tree'"
}

@test "a box of another user is not in it" {
	only_for root "only root can be two users"
	start_box one 'sleep 60' --name web
	run --separate-stderr setpriv --reuid=1234 --clear-groups env XDG_STATE_HOME=/nowhere "$NOOK" view --tree
	assert_status 0
	assert_equal "$(drawn)" "$host, no box"
}
