#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# stats.bats - `nook stats` and `nook top`: what boxes use, as table, JSON and full screen
# as: root user subids
# takes: 15
# fresh: no
# shellcheck disable=SC2016 # what at_terminal evaluates

load helper
load boxes
load typing

esc=$'\x1b'

# terminal [SEEN KEYS]... - what a terminal of 12 lines and 100 columns ($size: another) shows of `nook
# $args` while these keys are typed (at_terminal()); $output with its escape sequences, the modes of
# the terminal before and after in $T/before and $T/after
terminal() {
	cat >"$T/terminal.sh" <<-END
		stty ${size:-rows 12 cols 100}
		stty -a >$T/before
		sh -c 'echo \$\$ >$T/top.pid; exec "$NOOK" $args'
		echo "code \$?"
		stty -a >$T/after
	END
	at_terminal "TERM=xterm sh $T/terminal.sh" "$@"
}

# What a box does until $T/go is there
until_go='until [ -e /t/go ]; do sleep 0.05; done'
shows_lines() { [ "$(wc -l <"$T/watched")" -ge 4 ]; }

# watch ARG... - what `stats --watch` says of a box, some times and until it has ended
watch() {
	: >"$T/watched"
	"$NOOK" stats --watch --interval 100ms "$@" >"$T/watched" &
	wait_until shows_lines
	touch "$T/go"
	wait $!
	output=$(<"$T/watched")
}

@test "nothing runs" {
	nook_run stats
	assert_status 0
	assert_output
	nook_run stats --json
	assert_output '{"schema":1,"stats":[]}'
	nook_run stats nosuch
	assert_status 1
	assert_stderr_match "^nook: no running box 'nosuch'$"
}

@test "a box without a cgroup is summed up from its processes, and it says so" {
	start_box one 'while :; do :; done & sleep 60 & : >/t/all; wait' --name web
	wait_for "$T/all"
	nook_run stats
	assert_status 0
	assert_equal "$(xargs <<<"${lines[0]}")" "ID NAME CPU% MEMORY PIDS COMMAND"
	assert_match '^[0-9a-z]{12} web +[0-9]+\.[0-9] +~[0-9.]+[KM] +~4 sh -c '
	nook_run stats --json web
	assert_equal "$(json stats 0 metered) $(json stats 0 pids)" "processes 4"
	assert_equal "$(json stats 0 memory_limit_bytes) $(json stats 0 oom_kills)" "null null"
	# In 200 ms of a busy machine it may have had no processor
	burns() {
		nook_run stats --json web
		cpu=$(json stats 0 cpu_percent)
		test "${cpu%.*}" -gt 1
	}
	wait_until burns
	cpu=$(json stats 0 cpu_s)
	refute test "$cpu" = 0.000000
}

@test "help and completion know every column" {
	nook_run stats -o nosuch
	all=${stderr##*columns: }
	assert grep -qF -- "words $all" "$TOP/completions/nook.bash"
	help=$("$NOOK" help stats | tr -s ' \n' ' ')
	for column in $all; do
		case $column in
		ID | NAME | MEMORY | LIMIT | MEM% | COMMAND) ;;
		PSI-*) assert_match 'PSI columns' "$help" ;;
		*) assert grep -qF -- "$column" <<<"$help" ;;
		esac
	done
}

@test "columns and intervals" {
	start_box one 'sleep 60' --name web
	nook_run stats --no-headings -o name,pids,status,limit
	assert_equal "$(xargs <<<"$output")" "web ~3 running -"
	nook_run stats -i 0 -o nam
	assert_status 2
	assert_stderr_match "^nook: unknown column 'nam', did you mean 'NAME'$"
	nook_run stats -i 3ms
	assert_status 2
	assert_stderr_match "^nook: --interval '3ms': expected 0, or from 50ms to 1h$"
	nook_run stats -i 0 --no-headings -o name
	assert_output web
}

@test "--watch without a terminal: again and again, until the box that it was for is gone" {
	start_box one "$until_go" --name web
	start_box two 'sleep 60' --name other
	watch -o name web
	assert_line web
	refute_match other
	assert test "$(grep -c '^NAME$' <<<"$output")" -ge 2
	rm "$T/go"
	start_box three "$until_go" --name third
	watch --json third
	while read -r output; do
		assert_equal "$(json stats 0 name)" third
	done <<<"$output"
}

@test "top BOX lists its processes as they are inside and outside" {
	start_box one 'sleep 60 & exec sleep 70' --name web
	# Where there are few processors one of them may still be at work, or wait for the disk
	asleep() { [ "$("$NOOK" top --no-headings -o s web | tr -d ' \n')" = SSS ]; }
	wait_until asleep
	nook_run top web
	assert_status 0
	assert_equal "$(xargs <<<"${lines[0]}")" "PID HOSTPID UID S CPU% TIME RSS THREADS COMMAND"
	assert_match '^ *1 +[0-9]+ +[0-9]+ S .* nook-init$'
	assert_match '^ *2 +[0-9]+ +[0-9]+ [SR] .* sleep 70$'
	assert_equal "${#lines[@]}" 4
	nook_run top --json web
	assert_equal "$(json processes 1 pid) $(json processes 1 command)" "2 sleep 70"
	assert_equal "$(tr '\0' ' ' <"/proc/$(json processes 1 host_pid)/cmdline")" "sleep 70 "
	nook_run top --no-headings -o uid web
	inside=$("$NOOK" run base -- id -u)
	assert_line "$inside" "$(tr -d ' ' <<<"$output")"
}

@test "a process may call itself what it likes: no field moves, no byte reaches the screen" {
	start_box one 'printf "a) R 1\n\033[31m" >/proc/self/comm; exec 3</proc/self/stat; read -r x <&3
		printf "b) Z 7\033" >/proc/$$/comm; touch /t/named; while :; do sleep 1; done' --name web
	wait_for "$T/named"
	nook_run top --no-headings -o pid,name web
	assert_match '^ *2 b\) Z 7\\x1b$'
	nook_run top --json web
	assert_equal "$(json processes 1 state)" S
	assert_equal "$(json processes 1 pid)" 2
}

@test "top without a terminal prints the table once; wrong words" {
	start_box one 'sleep 60' --name web
	nook_run top
	assert_status 0
	assert_match '^[0-9a-z]{12} web '
	nook_run top web two
	assert_status 2
	assert_stderr_match '^nook: top takes one box, or none$'
	nook_run top we
	assert_stderr_match "^nook: no running box 'we', did you mean 'web'$"
}

@test "the full screen: comes, is sorted by keys, goes, and the terminal is as before" {
	start_box one 'sleep 60' --name beta
	start_box two 'sleep 60' --name alpha
	args='top --interval 200ms'
	terminal '(alpha|beta)' n 'by name .* alpha .* beta' r 'by name .* beta .* alpha' q
	assert_equal "$(cat "$T/after")" "$(cat "$T/before")"
	assert_match 'code 0'
	assert_match "^$esc\[\?1049h"
	# out of the alternate screen, cursor shown, and nothing is drawn after that
	assert_match "$esc\[\?25h$esc\[\?1049lcode 0"
	assert_match 'nook: 2 boxes   sorted by name'
	screens=$(grep -oE 'sorted by [a-z]*|alpha|beta' <<<"$output" | xargs)
	assert_match 'sorted by name alpha beta' "$screens"
	assert_match 'sorted by name beta alpha' "$screens"
}

@test "the full screen of one box, and what fills a bar" {
	start_box one 'while :; do :; done' --name web
	args='stats --watch --interval 200ms web'
	terminal 'nook: 1 box   sorted by CPU' '\033[C' 'nook: 1 box   sorted by memory' '\033[D' \
		'[█▏▎▍▌▋▊▉] +[0-9]+\.[0-9]' q
	args='top --watch --interval 200ms web'
	terminal '2 processes' m 'sorted by memory' q
	assert_match 'nook: box [0-9a-z]{12} web, 2 processes   sorted by memory'
	assert_match 'sh -c touch /t/one.up'
}

@test "a signal, and the end of the box, put the terminal back too" {
	start_box one 'sleep 60' --name web
	args='stats --watch --interval 200ms web'
	terminal 'web' '!kill -TERM "$(cat "$T/top.pid")"'
	# the word of the shell stands between the two
	assert_match "$esc\[\?1049lTerminated"
	assert_match "^code 143"
	assert_equal "$(cat "$T/after")" "$(cat "$T/before")"
	terminal 'web' '!"$NOOK" kill web'
	assert_match "$esc\[\?1049lcode 0"
	assert_equal "$(cat "$T/after")" "$(cat "$T/before")"
}

@test "a terminal that can do nothing gets tables" {
	start_box one "$until_go" --name web
	at_terminal "TERM=dumb '$NOOK' stats --watch --interval 200ms web" web '!touch "$T/go"'
	refute_match "$esc"
	assert_match 'web'
}

@test "a screen of one column, stopped and continued, is taken again" {
	start_box one 'sleep 60'
	args=top size='rows 2 cols 1'
	is_stopped() { grep -q ') T ' "/proc/$(cat "$T/top.pid")/stat"; }
	terminal '1049h' '\032' '1049l' '!wait_until is_stopped; kill -CONT "$(cat "$T/top.pid")"' '1049h' q
	assert_match "$esc\[\?1049lcode 0"
	# once when it began, once more after SIGCONT
	assert_equal "$(grep -o '?1049h' <<<"$output" | wc -l) $(grep -o '?1049l' <<<"$output" | wc -l)" '2 2'
	assert diff "$T/before" "$T/after"
}
