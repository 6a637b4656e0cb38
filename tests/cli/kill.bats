#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# kill.bats - `nook kill`: the whole box at once, or a signal to its command
# as: root user subids
# fresh: no

load helper
load boxes

@test "kill ends the box, returns when it is gone, and the result says cancelled" {
	start_box one 'trap "" TERM INT HUP; sleep 60 & setsid sleep 60 & wait; sleep 60' --name web
	nook_run kill web
	assert_status 0
	assert_output
	assert_stderr
	# nothing of it is left when kill returns: no record, no socket
	nook_run ps
	assert_output
	wait_keeper
	assert_status 137
	assert_equal "$(result one cause) $(result one signal)" "cancelled 9"
	assert_equal "$(cat "$T/one.err")" "nook: killed by 'nook kill'"
}

@test "kill -s sends the command a signal, by name or number" {
	start_box one 'trap "echo usr1 >/t/got" USR1; trap "echo int >/t/got; exit 7" INT
		touch /t/ready; while :; do sleep 0.05; done'
	wait_for "$T/ready"
	id=$("$NOOK" ps --no-headings -o id)
	nook_run kill -s USR1 "$id"
	assert_status 0
	wait_for "$T/got"
	nook_run kill --signal=2 "${id:0:11}"
	wait_keeper
	assert_status 7
	assert_equal "$(cat "$T/got")" int
	assert_equal "$(result one cause)" exited
}

@test "a command that ends by the signal it was sent was cancelled" {
	start_box one 'exec sleep 60'
	nook_run kill -s TERM "$("$NOOK" ps --no-headings -o id)"
	assert_status 0
	wait_keeper
	assert_status 143
	assert_equal "$(result one cause)" cancelled
}

@test "STOP stops the command, not the box's init, and CONT lets it go on" {
	start_box one 'while :; do date +%N >/t/beat; sleep 0.01; done'
	wait_for "$T/beat"
	nook_run kill -s STOP --all
	assert_status 0
	# its last date may still write
	before=
	rests() { [ "$before" = "$(cat "$T/beat")" ] || { before=$(cat "$T/beat") && sleep 0.3 && false; }; }
	wait_until rests
	sleep 0.2
	assert_equal "$(cat "$T/beat")" "$before"
	nook_run kill -s CONT --all
	goes_on() { ! rests; }
	wait_until goes_on
	nook_run kill -a
	assert_status 0
	wait_keeper
	assert_status 137
}

@test "--all kills every box" {
	start_box one 'sleep 60'
	start_box two 'sleep 60'
	nook_run kill --all
	assert_status 0
	nook_run ps
	assert_output
	nook_run kill --all
	assert_status 0
}

@test "a fork bomb and a keeper that is stopped are killed all the same" {
	start_box one 'while :; do (sleep 0.01; :) & sleep 0.001; done'
	stop_process "$keeper"
	nook_run ps --no-headings -o status
	assert_output "keeper stopped"
	run --separate-stderr timeout 50 "$NOOK" kill --all
	assert_status 0
	nook_run ps
	assert_output
	wait_keeper
	assert_status 137
}

@test "wrong words: no box, no signal, box and --all; none is killed then" {
	start_box one 'sleep 60' --name web
	nook_run kill
	assert_status 2
	assert_stderr_match '^nook: kill takes boxes, or --all$'
	nook_run kill --all web
	assert_status 2
	nook_run kill -s NOSUCH web
	assert_status 2
	assert_stderr_match "^nook: --signal 'NOSUCH': expected a signal such as TERM, 15 or RTMIN\+1$"
	nook_run kill web nosuch
	assert_status 1
	assert_stderr_match "^nook: no running box 'nosuch'$"
	nook_run ps --no-headings -o name
	assert_output web
}

@test "NE-03: nobody listens until somebody knocks, and then for the owner alone" {
	start_box one 'sleep 60' --name web
	dir=$(runtime_dir)
	assert_equal "$(find "$dir" -name '*.sock')" ""
	nook_run update web grace=1s
	assert_status 0
	assert_equal "$(find "$dir" -name '*.sock' -printf '%m\n')" 600
	assert_equal "$(stat -c %a "$dir")" 700
	nook_run kill web
	assert_equal "$(find "$dir" -mindepth 1)" ""
}

@test "SIGURG without the knock's value is the command's, as any other" {
	start_box one 'trap "touch /t/urg" URG; touch /t/ready; while :; do sleep 0.05; done'
	wait_for "$T/ready"
	kill -URG "$keeper"
	wait_for "$T/urg"
	assert_equal "$(find "$(runtime_dir)" -name '*.sock')" ""
}

@test "what a killed keeper leaves of its socket is cleared away" {
	start_box one 'sleep 60' --name web
	"$NOOK" update web grace=1s
	kill -KILL "$keeper"
	wait_keeper
	assert_equal "$(find "$(runtime_dir)" -name '*.sock' | wc -l)" 1
	nook_run gc
	assert_output 'cleared away after 1 killed boxes'
	assert_equal "$(find "$(runtime_dir)" -mindepth 1)" ""
}

# clear_half - a nook that clears away what is dead, $cleaner, and stops while it is at the first
clear_half() {
	strace -D -f -qq -o /dev/null -e trace=unlinkat -e inject=unlinkat:signal=STOP:when=1 \
		"$NOOK" gc -q 3>&- &
	cleaner=$!
	servers+=("$cleaner")
	has_stopped() { grep -q '^State:.[tT]' "/proc/$cleaner/status" && has_lock; }
	has_lock() { grep -q ^lock: "/proc/$cleaner"/fdinfo/*; }
	wait_until has_stopped 2>/dev/null
}
end_cleaner() {
	kill -CONT "$cleaner"
	wait "$cleaner"
	assert_equal "$(find "$(runtime_dir)" -mindepth 1)" ""
}

@test "what is being cleared away does not run, whoever has its keeper's number by now" {
	local stranger
	need strace
	start_box one 'sleep 60' --name web
	kill -KILL "$keeper"
	wait_keeper
	sleep 60 3>&- &
	stranger=$!
	servers+=("$stranger")
	# shellcheck disable=SC2016  # Perl's
	perl -0777 -i -pe 'BEGIN { ($from, $to) = map { pack "l", $_ } splice @ARGV, 0, 2 } s/\Q$from/$to/' \
		"$keeper" "$stranger" "$(runtime_dir)"/*.box
	clear_half
	nook_run ps --no-headings
	assert_output
	nook_run exec web true
	assert_status 125
	assert_stderr_match "^nook: no running box 'web'$"
	for word in kill stop; do
		nook_run $word web
		assert_status 1
		assert_stderr_match "^nook: no running box 'web'$"
	done
	kill -0 "$stranger"
	end_cleaner
}

@test "a box that is killed and cleared away while it is reached has ended: fine for kill and stop" {
	local words client
	need strace
	for words in "kill web" "stop web" "exec web true"; do
		start_box "${words%% *}" 'sleep 60' --name web
		# shellcheck disable=SC2086  # words
		strace -D -f -qq -o /dev/null -e trace=pidfd_open -e inject=pidfd_open:delay_enter=1s:when=1 \
			"$NOOK" $words 2>err 3>&- &
		client=$!
		# pidfd_open(2), on every processor
		reaches() { grep -q '^434 ' "/proc/$client/syscall" 2>/dev/null; }
		wait_until reaches
		kill -KILL "$keeper"
		wait_keeper
		clear_half
		status=0
		wait "$client" || status=$?
		if [ "$words" = "exec web true" ]; then
			assert_status 125
			assert_equal "$(cat err)" "nook: box 'web' has ended meanwhile"
		else
			assert_equal "$status $(cat err)" "0 "
		fi
		end_cleaner
	done
}

@test "a box that lives and cannot be reached is told with the reason" {
	need strace
	start_box one 'sleep 60' --name web
	for words in "kill web" "stop web" "update web grace=1s"; do
		# shellcheck disable=SC2086  # words
		run --separate-stderr strace -qq -o /dev/null -e inject=pidfd_open:error=EPERM "$NOOK" $words
		assert_status 1
		assert_stderr_match "^nook: cannot reach the keeper of box '[a-z0-9]{12}' \(pid $keeper\): Operation not permitted$"
	done
	nook_run ps --no-headings -o name
	assert_output web
}
