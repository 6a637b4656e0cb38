#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# ps.bats - the list of running boxes: what it shows, in which form, and how boxes are named
# as: root user subids
# fresh: no

load helper
load boxes

@test "nothing runs: no line, and an empty list for a program" {
	nook_run ps
	assert_status 0
	assert_output
	nook_run ps --json
	assert_output '{"schema":1,"boxes":[]}'
}

@test "a box is a line: id, name, profile, status, times, keeper, command" {
	start_box one 'sleep 60' --name web --label owner=me
	nook_run ps
	assert_status 0
	assert_equal "${lines[0]%%  *}" ID
	assert_match "^[0-9a-z]{12} web  *p  *running +[0-9:]{8} +[0-9]+s +$keeper sh -c "
	nook_run ps --no-headings -o name,keeper
	assert_equal "$(xargs <<<"$output")" "web $keeper"
	nook_run ps --no-headings -o NAME,LABELS
	assert_output "web owner=me"
}

@test "JSON holds every column, and is JSON for every byte string" {
	start_box one $': \x01\xff; sleep 60' --label 'a=b"c\d=e'
	nook_run ps --json
	assert_status 0
	assert_equal "$(json boxes 0 profile)" p
	assert_equal "$(json boxes 0 status)" running
	assert_equal "$(json boxes 0 keeper)" "$keeper"
	assert_equal "$(json boxes 0 name)" null
	assert_equal "$(json boxes 0 command 0)" sh
	assert_equal "$(json boxes 0 labels a)" 'b"c\d=e'
	assert_match ': \\u0001\\ufffd; sleep'
	assert_match '"started":"20[0-9T:.-]*Z","uptime_s":[0-9]+\.[0-9]{6},'
}

@test "control bytes of a command do not reach the screen" {
	start_box one $': \x1b[31m\x07; sleep 60'
	nook_run ps
	assert_match '[^x]\\x1b\[31m\\x07'
	refute_match $'\x1b'
}

@test "the init of a box that nobody has asked for anything, too" {
	only_for root "cgroups on v1 are for root alone"
	start_box one 'sleep 60' --name web --pids-limit 50
	nook_run ps --json -o init
	assert_match '^NSpid:.*[[:blank:]]1$' "$(cat "/proc/$(json boxes 0 init)/status")"
	assert_equal "$("$NOOK" inspect web | grep -o '"init":[0-9]*')" "\"init\":$(json boxes 0 init)"
}

@test "columns: chosen, added, unknown" {
	start_box one 'sleep 60'
	nook_run ps -o id,nosuch
	assert_status 2
	assert_stderr_match "^nook: unknown column 'nosuch'$"
	assert_stderr_match '^hint: columns: ID NAME PROFILE'
	nook_run ps -o PROFIL
	assert_stderr_match "did you mean 'PROFILE'"
	nook_run ps -o +INIT
	assert_match '^ID .* COMMAND .*INIT$'
}

@test "a box is named by its name, its id, or what only one id begins with" {
	start_box one 'sleep 60' --name web
	start_box two 'sleep 60' --name db
	id=$("$NOOK" ps --no-headings -o id web)
	nook_run ps --no-headings -o name "$id"
	assert_output web
	nook_run ps --no-headings -o name "${id:0:11}"
	assert_output web
	nook_run ps wbe
	assert_status 1
	assert_stderr_match "^nook: no running box 'wbe', did you mean 'web'$"
	nook_run ps nosuchthing
	assert_stderr_match "^nook: no running box 'nosuchthing'$"
	assert_stderr_match "^hint: 'nook ps' lists those of user $(id -u); "
	# an empty word is the beginning of all of them, and means none
	nook_run ps ''
	assert_status 1
}

@test "the beginning of several ids names none of them" {
	local i first command
	# 37 ids begin with 36 characters: two with the same one
	for ((i = 0; i < 37; i++)); do
		start_box "$i" 'sleep 60'
		first=$("$NOOK" ps --no-headings -o id | cut -c1 | sort | uniq -d)
		[ -z "$first" ] || break
	done
	# explain looks for a profile first
	for command in ps explain; do
		nook_run "$command" "$first"
		assert_status 1
		assert_stderr_match "^nook: '$first' is the beginning of 2 ids$"
		assert_stderr_match "^hint: it could be ${first}[0-9a-z]{11}, ${first}[0-9a-z]{11}$"
	done
}

@test "a box of another user is not seen, and root is told whose it is" {
	only_for root "only root can be two users"
	chmod 755 "$T"
	mkdir -m 700 /run/user/1234
	chown 1234:1234 /run/user/1234
	as1234() { setpriv --reuid=1234 --regid=1234 --clear-groups env XDG_RUNTIME_DIR=/run/user/1234 "$@"; }
	as1234 "$NOOK" run base -- sleep 60 </dev/null >/dev/null 2>&1 &
	keeper=$!
	has_id() { id=$(as1234 "$NOOK" ps --no-headings -o id) && [ -n "$id" ]; }
	wait_until has_id
	nook_run ps
	assert_output
	nook_run kill "$id"
	assert_status 1
	assert_stderr_match "^nook: box '$id' is of user 1234$"
	assert_stderr_match '^hint: .*--reuid=1234'
	as1234 "$NOOK" kill "$id"
	wait "$keeper" || true
}
