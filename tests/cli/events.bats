#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# events.bats - `nook events`: what becomes of boxes, as it happens
# as: root user subids
# fresh: no

load helper
load boxes
load net
load living

teardown() {
	end_events
	end_keepers
	rid_of_boxes
}

# watch [OPTION...] - a `nook events` in the background, $events, which sees what happens from now on
watch() {
	rm -f "$T/events.err" # what the watcher before said
	"$NOOK" events --verbose "$@" >"$T/events" 2>"$T/events.err" &
	events=$!
	wait_until grep -q '^nook: watching: ' "$T/events.err"
}

end_events() {
	[ -z "${events:-}" ] || { kill "$events" && wait "$events"; } 2>/dev/null || true
	events=
}

# told KEY,... COUNT - these values of every event, an event a line, once there are so many
told() {
	all_there() { [ "$(wc -l <"$T/events")" -ge "$1" ]; }
	wait_until all_there "$2"
	KEYS=$1 perl -MJSON::PP -ne '$v = decode_json($_); print join(" ", map { $v->{$_} // "null" }
		split(/,/, $ENV{KEYS})), "\n"' "$T/events"
}

@test "a run: start and died, with the cause and the code" {
	watch
	"$NOOK" run --name one base -- true
	"$NOOK" run base -- sh -c 'exit 7' || true
	"$NOOK" run base -- /nosuch 2>/dev/null || true
	"$NOOK" run --timeout 1s base -- sleep 60 2>/dev/null || true
	# under load a short run may be over before it was looked at
	assert_equal "$(told event 8)" $'start\ndied\nstart\ndied\nstart\ndied\nstart\ndied'
	assert_equal "$(told event,cause,exit_code 8 | sed -n '8p')" 'died wall 124'
	assert_match '^(exited 7|null null)$' "$(told cause,exit_code 8 | sed -n 4p)"
	assert_match '^(exec 127|null null)$' "$(told cause,exit_code 8 | sed -n 6p)"
	assert_equal "$(told id 8 | uniq -c | tr -s ' ' | cut -d' ' -f2 | uniq)" 2
	assert_match '^\{"schema":1,"time":"20[0-9-]{8}T[0-9:]{8}\.[0-9]{3}Z","event":"start","id":"[0-9a-z]{12}",' "$(cat "$T/events")"
}

@test "the life of a box that stays, in order" {
	watch
	# one after the other: what is over before it was looked at is told without its name
	"$NOOK" create web base -- sleep 60
	"$NOOK" start web
	told event 2 >/dev/null
	"$NOOK" update web wall=50s
	"$NOOK" update web environment.COLOUR=red wall=60s # the record gets another file
	told event 4 >/dev/null
	"$NOOK" kill web
	"$NOOK" rename web db
	"$NOOK" rm db
	assert_equal "$(told event,name,old_name,cause,exit_code 7)" "create web null null null
start web null null null
update web null null null
update web null null null
died web null cancelled 137
rename db web null null
remove db null null null"
	assert_equal "$(told id,profile 7 | uniq | wc -l)" 1
}

@test "pauses are told in pairs, and what the kernel killed for memory" {
	only_for root "cgroups on v1 are for root alone"
	start_box one 'sleep 60' --name web --pids-limit 50
	watch
	for _ in 1 2 3; do
		"$NOOK" pause web
		"$NOOK" unpause web
	done
	"$NOOK" pause web
	"$NOOK" kill web
	wait_keeper
	assert_equal "$(told event 9)" "pause
unpause
pause
unpause
pause
unpause
pause
unpause
died"
	end_events
	watch
	start_box two 'until [ -e /t/go ]; do sleep 0.05; done; head -c 64M /dev/zero | tail -c 60M >/dev/null; sleep 60' --memory 16M
	told event 1 >/dev/null
	touch "$T/go"
	wait_keeper
	assert_equal "$(told event,cause 3)" $'start null\noom null\ndied oom'
}

@test "on_limit: freeze is a limit, and a box that goes on has an end of it" {
	only_for root "cgroups on v1 are for root alone"
	watch -f event=limit -f event=unpause
	start_box one 'sleep 60' --name web --pids-limit 50 --timeout 300ms --set limits.on_limit=freeze
	assert_equal "$(told event,name 1)" 'limit web'
	"$NOOK" update web wall=max
	"$NOOK" unpause web
	assert_equal "$(told event,name 2 | tail -n 1)" 'unpause web'
}

@test "a keeper that is killed: its box has died, once, and what it left is cleared by others" {
	watch
	start_box one 'sleep 60' --name web
	kill -KILL "$keeper"
	wait_keeper
	assert_equal "$(told event,name,cause,exit_code 2)" $'start web null null\ndied web lost null'
	"$NOOK" gc -q
	"$NOOK" run --name two base -- true
	assert_equal "$(told event 4 | tail -n 2)" $'start\ndied'
}

@test "what is there already, names, filters" {
	"$NOOK" create --label team=a rests base -- true
	start_box one 'sleep 60' --name web --label team=a
	start_box two 'sleep 60' --name other --label team=b
	watch --all
	assert_equal "$(told event,name,status 3 | sort)" $'exists other running\nexists rests created\nexists web running'
	assert_equal "$(cat "$T/events.err")" 'nook: watching: 2 running, 1 that stay'
	end_events
	watch web -f event=died -f event=start
	"$NOOK" kill web other
	assert_equal "$(told event,name 1)" 'died web'
	end_events
	watch -f label=team=a -f label=none
	"$NOOK" rm rests
	"$NOOK" run --label team base -- true 2>/dev/null || true
	"$NOOK" create --label none=1 second base -- true
	assert_equal "$(told event,name 2)" $'remove rests\ncreate second'
	end_events
	watch -f label=team -f event=create
	"$NOOK" create third base -- true
	"$NOOK" create --label team=c fourth base -- true
	assert_equal "$(told event,name 1)" 'create fourth'
}

@test "the directory of boxes need not be there, and may go and come" {
	watch
	"$NOOK" create one base -- true
	told name 1 >/dev/null
	rm -rf "$(state_dir)/boxes"
	assert_equal "$(told event,name 2)" $'create one\nremove one'
	"$NOOK" create two base -- true # found, also if it was there before its directory was watched
	assert_equal "$(told event,name 3 | tail -n 1)" 'create two'
}

@test "a hundred starts and ends, two at a time: a pair for each, in order" {
	watch
	some() { for _ in $(seq 50); do "$NOOK" run base -- true; done; }
	some & one=$!
	some
	wait $one
	told event,id 200 >"$T/pairs"
	assert_equal "$(wc -l <"$T/pairs")" 200
	assert_equal "$(sort "$T/pairs" | uniq -d)" ''
	assert_equal "$(cut -d' ' -f2 "$T/pairs" | sort | uniq -c | tr -s ' ' | cut -d' ' -f2 | uniq)" 2
	# of each the start comes first
	assert_equal "$(awk '{ if ($1 == "start") s[$2] = 1; else if (!s[$2]) print }' "$T/pairs")" ''
}

@test "lines for people on a terminal; it ends with its reader" {
	need script
	mkfifo "$T/keys" # a terminal that never ends
	script -qec "'$NOOK' events --all --verbose" /dev/null >"$T/typed" 2>&1 <>"$T/keys" &
	client=$!
	wait_until grep -q watching "$T/typed"
	"$NOOK" create web base -- true
	wait_until grep -q create "$T/typed" # by its name it is found
	"$NOOK" rename web db
	lines() { [ "$(wc -l <"$T/typed")" -ge 3 ]; }
	wait_until lines
	assert_match '^20[0-9-]{8} [0-9:]{8}\.[0-9]{3}  create    [0-9a-z]{12}  web  base' "$(cat "$T/typed")"
	assert_match '^20[0-9-]{8} [0-9:]{8}\.[0-9]{3}  rename    [0-9a-z]{12}  db  was web' "$(cat "$T/typed")"
	kill "$client"
	wait "$client" || true
	# a reader that closes its end
	run timeout 20 bash -c '"$NOOK" events --verbose 2>"$T/pipe.err" | { until grep -q watching "$T/pipe.err"; do sleep 0.01; done; }'
	assert_status 0
}

@test "what it does not take" {
	nook_run events --filter event=did
	assert_status 2
	assert_stderr_match "^nook: unknown event 'did', did you mean 'died'$"
	nook_run events --filter image=x
	assert_status 2
	assert_stderr_match "^nook: --filter 'image=x': expected event=NAME or label=NAME\[=VALUE\]$"
}
