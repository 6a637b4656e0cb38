#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# logs.bats - what a box in the background wrote, and what is known of it: logs, inspect
# as: root user subids
# fresh: no

load helper
load boxes
load net
load living

# has_ended NAME - all that it wrote is in the log then
has_ended() { [ "$(all name status | grep -c "^$1 stopped")" = 1 ]; }

@test "each byte comes back, on the stream that it was written to" {
	chmod go+x "$T"
	"$NOOK" run -d --name web -v "$T:/t" base -- sh -c 'echo one; echo two >&2; printf "thr"
		until [ -e /t/go ]; do sleep 0.05; done; printf "ee\n\n\001\377"'
	# Of two pipes either may be read first
	has_both() { [ "$("$NOOK" logs web 2>&1 | grep -cE "one|two")" = 2 ]; }
	wait_until has_both
	touch go
	wait_until has_ended web
	"$NOOK" logs web >out 2>err
	printf 'one\nthree\n\n\001\377' | cmp - out
	assert_equal "$(cat err)" two
	"$NOOK" logs --tail 2 web >out 2>err
	printf '\n\001\377' | cmp - out
	assert [ ! -s err ]
	"$NOOK" logs -t web 2>/dev/null | sed 's/[0-9]/9/g' >out
	assert_line '9999-99-99T99:99:99.999999Z three' "$(tr -d '\001\377' <out)"
	nook_run logs --since 2999-01-01 web
	assert_output
	"$NOOK" logs --since 1h web 2>/dev/null | grep -aqx one
	"$NOOK" start web
	wait_until has_ended web
	assert_equal "$("$NOOK" logs web 2>/dev/null | grep -ac 'one$')" 2
}

@test "-f goes on until the box ends, also over a log that is begun anew" {
	"$NOOK" run -d --name web --log-size 4K strict -- sh -c 'read x </proc/self/stat
		i=0; while [ $i -lt 400 ]; do echo "line $i"; i=$((i + 1)); done; sleep 600'
	timeout 60 "$NOOK" logs -f web >out &
	wait_until grep -qx 'line 399' out
	"$NOOK" stop web
	wait
	assert_equal "$(tail -n 1 out)" "line 399"
	# no more than two files of that size
	assert [ "$(du -b "$(state_dir)/boxes/web/log" | cut -f1)" -le 4096 ]
	assert [ "$(du -b "$(state_dir)/boxes/web/log.1" | cut -f1)" -le 4096 ]
}

@test "-f whose reader is slower than the box goes on with what is there, and says so" {
	chmod go+x "$T"
	mkfifo slow
	exec 7<>slow
	"$NOOK" run -d --name web -v "$T:/t" --log-size 64K base -- sh -c 'echo first
		until [ -e /t/go ]; do sleep 0.05; done
		i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i + 1)); done; echo last'
	timeout 60 "$NOOK" logs -f web >slow 2>err 7>&- &
	read -r word <&7
	assert_equal "$word" first
	touch go
	wait_until has_ended web
	timeout 60 sed '/^last$/q' <&7 >out
	wait
	exec 7>&-
	# each time that something is missing
	assert_equal "$(sort -u err)" "nook: warning: box 'web' wrote more than its log holds before it was \
read: some is missing here"
	# what is there comes in its order, each line once and to the end
	assert_equal "$(tail -n 2 out)" $'line 19999\nlast'
	grep -x 'line [0-9]*' out | cut -d' ' -f2 | sort -nuc
	assert [ "$(wc -l <out)" -lt 20000 ]
}

@test "a flood neither stops the box nor fills the disk" {
	"$NOOK" run -d --name web --log-size 64K strict -- sh -c 'head -c 3000000 /dev/zero; echo; echo end'
	wait_until has_ended web
	assert_equal "$(all exit)" 0
	assert_equal "$("$NOOK" logs --tail 1 web)" end
	assert [ "$(du -bc "$(state_dir)"/boxes/web/log* | tail -n 1 | cut -f1)" -le 131072 ]
}

@test "a box with a terminal of its own" {
	"$NOOK" run -d -t --name web dev -- sh -c 'test -t 0 && test -t 1 && stty size'
	wait_until has_ended web
	nook_run logs web
	assert_output $'24 80\r'
}

@test "on a terminal it is escaped; a character that came in two parts stays one" {
	local day=2026-11-21T15:36:08.123456Z
	need script
	"$NOOK" create web strict -- true
	{
		printf '%s stdout P a\033]0;x\007\tb\000c\303\n' $day
		printf '%s stdout P \251\360\237\n%s stdout P \230\200 d\r\n' $day $day
		printf '%s stdout F \n%s stdout F \302\233 \233 \342\200\256 e\rf\n' $day $day
		printf '%s stdout P end \342\202\n' $day
	} >"$(state_dir)/boxes/web/log"
	run script -qec "'$NOOK' logs web" /dev/null
	assert_equal "$output" $'a\\x1b]0;x\\x07\tb\\x00cé😀 d\r\n\\u{9b} \\x9b \\u{202e} e\\x0df\r\nend \\xe2\\x82'
	"$NOOK" logs web >all
	run script -qec "'$NOOK' logs web | cat" /dev/null
	script -qec "stty -onlcr; '$NOOK' logs --raw web" /dev/null </dev/null >raw
	cmp all raw
}

@test "wrong words" {
	nook_run logs
	assert_status 2
	nook_run logs nosuch
	assert_status 1
	assert_stderr_match "^nook: no box 'nosuch'$"
	"$NOOK" create web strict -- true
	nook_run logs web
	assert_status 0
	assert_output
	nook_run logs --tail x web
	assert_status 2
	nook_run logs --since yesterday web
	assert_status 2
	nook_run create other strict --log-size 0 -- true
	assert_status 2
}

@test "inspect: one object, at rest, running and of a box without a place" {
	"$NOOK" create web strict --label a=b -- sh -c 'exit 3'
	nook_run inspect web
	assert_equal "$(json status) $(json result) $(json keeper) $(json plan profile)" \
		"created null null strict"
	assert_equal "$(json words 0) $(json words 1) $(json directory)" "--label=a=b strict $T"
	"$NOOK" start web
	wait_until has_ended web
	nook_run inspect web
	assert_equal "$(json status) $(json result exit_code) $(json result cause)" "stopped 3 exited"
	start_box one 'sleep 60' --name once
	nook_run inspect once
	assert_equal "$(json name) $(json status) $(json keeper)" "once running $keeper"
	nook_run inspect nosuch
	assert_status 1
	kill -KILL "$keeper"
	wait_keeper
}
