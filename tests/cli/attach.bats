#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# attach.bats - `nook attach`: looking on at the command of a box in the background
# as: root user subids
# fresh: no

load helper
load boxes
load net
load living

# background NAME OPTION... -- COMMAND... - a box in the background; its directory inside is /t
background() {
	local name=$1
	shift
	"$NOOK" run -d --name "$name" --userns single -v "$T:/t:rw" "$@" </dev/null
}

tick='while [ ! -e /t/go ]; do echo tick; sleep 0.05; done'
# ticks FILE... - whether all these onlookers are there
ticks() {
	local file
	for file; do grep -qs tick "$file" || return 1; done
}
running() { [ "$("$NOOK" ps --no-headings -o name)" = "$1" ]; }

@test "attach shows both streams from now on, to all who look on, and ends with the box's code" {
	background web base -- sh -c "echo early; $tick; echo out; echo err >&2; exit 7"
	wait_until grep -q early "$(state_dir)/boxes/web/log"
	"$NOOK" attach web >"$T/shown" 2>"$T/shown.err" &
	first=$!
	"$NOOK" attach web >"$T/second" 2>&1 &
	second=$!
	wait_until ticks "$T/shown" "$T/second"
	touch "$T/go"
	for pid in "$first" "$second"; do
		status=0
		wait "$pid" || status=$?
		assert_status 7
	done
	assert_equal "$(sort -u "$T/shown") $(cat "$T/shown.err")" $'out\ntick err'
	assert_equal "$(sort -u "$T/second")" $'err\nout\ntick'
}

# Both lines came to the box, and the client has written what came back of the first
typed_and_shown() { [ "$(wc -l <"$T/got")" -ge 2 ] && grep -q '<word>' "$T/shown"; }

@test "what is typed goes into the terminal; keys of one's own choice leave, and the box goes on" {
	background web -t base -- sh -c 'while read -r word; do echo "<$word>" | tee -a /t/got; done'
	for keys in 'ctrl-p,ctrl-q \0020\0021' 'x,y xy' 'ctrl-],ctrl-]  \0035\0035'; do
		rm -f "$T/got" "$T/shown"
		(
			printf 'word\n'
			wait_for "$T/got"
			# the beginning of the keys alone is typed too
			printf %b "${keys#* }" | head -c 1
			printf '\n'
			until typed_and_shown; do sleep 0.05; done
			printf %b "${keys#* }"
			sleep 70 &
			echo $! >"$T/sleeper"
		) | timeout 60 "$NOOK" attach --detach-keys "${keys%% *}" web >"$T/shown" 2>&1
		assert_match '<word>' "$(cat "$T/shown")"
		assert running web
		kill "$(cat "$T/sleeper")"
	done
}

@test "who looks on and is stopped holds up neither the box nor the others" {
	background web base -- sh -c "$tick; yes | head -c 3000000; touch /t/written
		while [ ! -e /t/seen ]; do sleep 0.05; [ ! -e /t/on ] || echo last; done"
	"$NOOK" attach web >"$T/shown" 2>"$T/shown.err" &
	client=$!
	wait_until ticks "$T/shown"
	kill -STOP "$client"
	touch "$T/go"
	wait_for "$T/written"
	kill -CONT "$client"
	touch "$T/on"
	wait_until grep -q last "$T/shown"
	touch "$T/seen"
	wait "$client" || true
	assert_match 'some output is left out' "$(cat "$T/shown.err")"
	assert_match '^last' "$(tail -n 1 "$T/shown")"
	assert test "$(stat -c %s "$T/shown")" -lt 3000000
}

@test "what attach cannot do it says" {
	nook_run attach nosuch
	assert_status 125
	assert_stderr_match "^nook: no running box 'nosuch'$"
	nook_run attach --detach-keys ctrl-P web
	assert_status 125
	assert_stderr_match "^nook: --detach-keys 'ctrl-P': expected keys such as ctrl-p,ctrl-q or a,b, at most 8, or nothing$"
	nook_run attach --detach-keys a, web
	assert_stderr_match "^nook: --detach-keys 'a,'"
	"$NOOK" run --name fore base -- sleep 60 &
	keeper=$!
	wait_until running fore
	nook_run attach fore
	assert_status 125
	assert_stderr_match "^nook: box '[0-9a-z]*' runs in the foreground of pid $keeper$"
	assert_stderr_match '^hint: for another command in it: nook exec '
	kill "$keeper"
	wait "$keeper" || true
}

@test "a hangup that is to be ignored does not end who looks on" {
	background web base -- sh -c "$tick; exit 7"
	nohup "$NOOK" attach web >"$T/shown" 2>&1 </dev/null &
	looks=$!
	wait_until ticks "$T/shown"
	kill -HUP "$looks"
	sleep 0.2
	touch "$T/go"
	status=0
	wait "$looks" || status=$?
	assert_status 7
}

is_lost() { is_stopped lost; }
is_stopped() { [ "$("$NOOK" ps -a --no-headings -o status)" = "stopped ($1)" ]; }

@test "who reads too slowly hears the exit code, and that the last of the output is left out" {
	background web base -- sh -c "$tick; seq 1 2000000; exit 7"
	mkfifo "$T/pipe"
	"$NOOK" attach web >"$T/pipe" 2>"$T/shown.err" &
	client=$!
	exec 4<"$T/pipe"
	head -c 1 <&4 >"$T/first"
	touch "$T/go"
	wait_until is_stopped 7
	assert test "$(wc -c <&4)" -lt 2000000
	exec 4<&-
	status=0
	wait "$client" || status=$?
	assert_status 7
	assert_match 'some output is left out' "$(cat "$T/shown.err")"
}

@test "a keeper that is killed takes its box along: 137 for who looks on" {
	local how
	background web base -- sh -c "$tick"
	for how in attach "start -a"; do
		: >"$T/shown" # of the one before
		# shellcheck disable=SC2086
		"$NOOK" $how web >"$T/shown" 2>"$T/shown.err" &
		client=$!
		wait_until ticks "$T/shown"
		kill -KILL "$("$NOOK" ps --no-headings -o keeper | tr -d ' ')"
		status=0
		wait "$client" || status=$?
		assert_status 137
		assert_equal "$(cat "$T/shown.err")" "nook: the keeper of box 'web' has ended"
		wait_until is_lost
	done
}
