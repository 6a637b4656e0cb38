#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# exec.bats - `nook exec`: commands in a box that runs
# as: root user subids
# takes: 25
# waits: yes
# guest: v2
# fresh: no

load helper
load boxes

wait_box='while [ ! -e /t/stop ]; do sleep 0.05; done'

# end_box - let the command of a box with $wait_box end, and wait for its keeper
end_box() {
	touch "$T/stop"
	wait_keeper
}

# make_slow CALL TIME[:WHEN] - $T/slow becomes a nook that stands so long before each such call, its
# processes as well
make_slow() {
	need strace
	printf '#!/bin/sh\nexec strace -D -f -qq -o /dev/null -e trace=%s \\\n' "$1" >"$T/slow"
	printf '\t-e inject=%s:delay_enter=%s "%s" "$@"\n' "$1" "$2" "$NOOK" >>"$T/slow"
	chmod +x "$T/slow"
}

# sleepers N - whether as many commands `sleep 61` run in the box
sleepers() { [ "$("$NOOK" exec web -- sh -c 'grep -lsz "^61$" /proc/[0-9]*/cmdline | wc -l')" = "$1" ]; }

@test "exec sees the other processes of a box, also with Landlock and where init has other ids" {
	local profile
	cd "$T"
	for profile in base strict dev; do
		"$NOOK" run -q --name web "$profile" -- sleep 61 &
		keeper=$!
		keepers+=("$keeper")
		wait_until sleepers 1
		kill -KILL "$keeper"
		wait_keeper
	done
}

@test "exec runs a command among the processes and files of the box, with its exit code" {
	start_box one "touch /tmp/inside; $wait_box" --name web --hostname inner
	nook_run exec web -- sh -c 'until [ -e /tmp/inside ]; do sleep 0.01; done; ls /tmp/inside; hostname; tr "\0" " " </proc/1/cmdline; exit 7'
	assert_status 7
	assert_stderr
	assert_line /tmp/inside
	assert_line inner
	assert_match '^nook-init'
	# by id, and what is read and written is the caller's
	run --separate-stderr "$NOOK" exec "$("$NOOK" ps --no-headings -o id)" -- \
		sh -c 'tr a-z A-Z; echo no >&2' <<<typed
	assert_output TYPED
	assert_stderr no
	nook_run exec web -- sh -c 'kill -9 $$'
	assert_status 137
	end_box
	assert_status 0
}

@test "variables, directory and user are the box's, changed by options" {
	start_box one "$wait_box" --name web -e COLOUR=red -e KEPT=yes --workdir /t
	export MINE=passed
	nook_run exec -e COLOUR=blue -e MINE -e NOT_SET_AT_ALL web -- sh -c 'echo $COLOUR $KEPT $MINE; pwd
		env | grep -c NOT_SET'
	assert_output $'blue yes passed\n/t\n0'
	nook_run exec -w /usr web -- pwd
	assert_output /usr
	nook_run exec -w /nowhere web -- pwd
	assert_status 125
	assert_stderr_match "^nook: env: cannot change to workdir '/nowhere': No such file"
	nook_run exec -u 12345 web -- id
	assert_status 125
	assert_stderr_match '^nook: user: the box has no ids for 12345:12345$'
	run -127 --separate-stderr "$NOOK" exec -e PATH=/nowhere web -- ls
	assert_stderr "nook: cannot run 'ls': not found in /nowhere
hint: it is in '$(dirname "$(type -P ls)")', of your PATH: try -e PATH"
	nook_run exec web -- /etc
	assert_status 126
	end_box
}

@test "a program of the caller's PATH that the box does not find is said to be there" {
	mkdir "$T/bin"
	printf '#!/bin/sh\nexit 127\n' >"$T/bin/own-tool"
	chmod 755 "$T/bin/own-tool"
	start_box one "$wait_box" --name web
	PATH=$T/bin:$PATH nook_run exec web own-tool
	assert_status 127
	assert_line "hint: it is in '$T/bin', of your PATH, which the box does not show" "$stderr"
	# What a command itself ends with is no error of nook's
	nook_run exec web -- sh -c 'exit 127'
	assert_status 127
	assert_stderr
	end_box
}

@test "a command needs no -- behind its box, and has the options behind its first word" {
	start_box one "$wait_box" --name web
	nook_run exec web echo x -e -u --help -- y
	assert_output "x -e -u --help -- y"
	nook_run exec -e A=1 web -w /usr sh -c 'echo $A; pwd'
	assert_output $'1\n/usr'
	nook_run exec web -- echo -- x
	assert_output "-- x"
	nook_run exec web --nosuch ls
	assert_status 125
	assert_stderr_match "^nook: unknown option '--nosuch'$"
	# a `-` alone is a word, the empty one too
	run -127 --separate-stderr "$NOOK" exec web -
	assert_stderr_match "^nook: cannot run '-': not found"
	nook_run exec web ''
	assert_stderr_match "^nook: cannot run '': "
	end_box
}

@test "a range of ids: exec as another user of the box" {
	[ "$(id -u)" != 1234 ] || bats_skip "this user has one id"
	start_box one "$wait_box" --name web --userns subids --user 0
	for id in 0 7; do
		nook_run exec -u "$id" web -- sh -c 'id -u; id -g; id -G; grep CapEff /proc/self/status'
		assert_output "$id"$'\n'"$id"$'\n'"$id"$'\nCapEff:\t0000000000000000'
	done
	nook_run exec -u "0:9" web -- id -g
	assert_output 9
	end_box
}

@test "several sessions at once, each ended with its client; -d stays until the box ends" {
	start_box one "$wait_box" --name web
	clients=()
	for i in 1 2 3; do
		"$NOOK" exec web -- sh -c "echo \$\$ >/t/pid.$i; exec sleep 61" >"$T/$i.err" 2>&1 &
		clients+=($!)
	done
	for i in 1 2 3; do wait_for "$T/pid.$i"; done
	wait_until sleepers 3
	kill -KILL "${clients[0]}"
	kill -TERM "${clients[1]}"
	kill -INT "${clients[2]}"
	for i in 0 1 2; do
		status=0
		wait "${clients[i]}" || status=$?
		assert_status "$((i == 0 ? 137 : i == 1 ? 143 : 130))"
	done
	wait_until sleepers 0
	nook_run exec -d web -- sh -c 'touch /t/detached; exec sleep 61'
	assert_status 0
	wait_for "$T/detached"
	wait_until sleepers 1
	end_box
	assert_status 0
}

@test "when the box ends, so do its sessions" {
	start_box one "$wait_box" --name web
	"$NOOK" exec web -- sh -c 'touch /t/in; trap "" TERM; sleep 60' 2>"$T/client.err" &
	client=$!
	wait_for "$T/in"
	end_box
	assert_status 0
	status=0
	wait "$client" || status=$?
	assert_status 137
	assert_match "^nook: box 'web' has ended, and the command with it" "$(cat "$T/client.err")"
	# and when its keeper is killed
	rm "$T/stop" "$T/in"
	start_box two "$wait_box" --name web
	"$NOOK" exec web -- sh -c 'touch /t/in; sleep 60' 2>"$T/client.err" &
	client=$!
	wait_for "$T/in"
	kill -KILL "$keeper"
	status=0
	wait "$client" || status=$?
	assert_status 137
	assert_match "^nook: the keeper of box 'web' has ended" "$(cat "$T/client.err")"
	wait_keeper
}

@test "what its keeper, killed, cannot tell of any more did run" {
	# the joiner stands before each message but its first, then the keeper before its answer
	for slow in "sendmsg 1s:when=2+" "sendto 2s"; do
		read -r call time <<<"$slow"
		rm -f "$T/in"
		make_slow "$call" "$time"
		NOOK=$T/slow start_box "$call" "$wait_box" --name "$call"
		"$NOOK" exec "$call" -- sh -c 'touch /t/in; sleep 60' 2>"$T/client.err" &
		client=$!
		wait_for "$T/in"
		kill -KILL "$keeper"
		status=0
		wait "$client" || status=$?
		assert_status 137
		assert_equal "$(cat "$T/client.err")" "nook: the keeper of box '$call' has ended"
		wait_keeper
	done
}

@test "a signal that comes while the command is on its way goes to it when it runs" {
	local sig
	make_slow setns 400ms
	NOOK=$T/slow start_box one "$wait_box" --name web
	for sig in TERM RTMAX; do
		"$NOOK" exec web -- sh -c 'sleep 10' &
		client=$!
		# from here on they are blocked there, and read
		wait_until grep -qs '^SigBlk:.*7f' "/proc/$client/status"
		kill -s "$sig" "$client"
		status=0
		wait "$client" || status=$?
		assert_status "$((128 + $(kill -l "$sig")))"
	done
	end_box
	assert_status 0
}

@test "a signal that comes again is sent to a command whose execve hangs" {
	start_box one "$wait_box" --name web
	# Who opens a file with a lease waits for it, 45 s at most, execve(2) too
	cp /bin/true "$T/leased"
	perl -e 'open my $f, "<", $ARGV[0] or die; $SIG{IO} = "IGNORE"; fcntl $f, 1024, 1 or die "lease: $!"; # F_SETLEASE
		open my $has, ">", $ARGV[1]; sleep 60' "$T/leased" "$T/has" 3>&- &
	holder=$!
	servers+=("$holder")
	wait_for "$T/has"
	"$NOOK" exec web -- /t/leased &
	client=$!
	wait_until grep -qs '^SigBlk:.*7f' "/proc/$client/status"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		kill -s TERM "$client" 2>/dev/null || break
		sleep 0.5
	done
	refute kill -0 "$client"
	status=0
	wait "$client" || status=$?
	assert_status 143
	kill "$holder"
	end_box
}

# has_children PID COUNT
has_children() {
	local -a pids
	read -ra pids <"/proc/$1/task/$1/children"
	[ "${#pids[@]}" = "$2" ] && last=${pids[-1]}
}
is_gone() { ! kill -0 "$1" 2>/dev/null; }

@test "without a pid namespace, what is to run when its keeper is killed does not" {
	make_slow seccomp 2s
	"$T/slow" run -q --name web thin -- sh -c "touch '$T/up'; exec sleep 60" &
	keeper=$!
	keepers+=("$keeper")
	wait_for "$T/up"
	"$NOOK" exec web -- sh -c "touch '$T/in'; exec sleep 5" 2>"$T/client.err" &
	client=$!
	# init, the joiner and the command, which is the keeper's child from its first moment on
	wait_until has_children "$keeper" 3
	kill -KILL "$keeper"
	status=0
	wait "$client" || status=$?
	assert_status 137
	wait_keeper
	wait_until is_gone "$last"
	refute test -e "$T/in"
}

@test "a command with a terminal of its own, of the size of the caller's" {
	need script
	start_box one "$wait_box" --name web
	run script -qec "stty cols 77 rows 33; $NOOK exec web -- sh -c 'tty; stty size; test -t 2; echo \$?'" /dev/null
	assert_match '/dev/pts/0'
	assert_match '33 77'
	assert_match '0'
	# ^C goes to the command, not to nook
	(wait_for "$T/hears" && printf "\003") | timeout 60 script -qec \
		"$NOOK exec web -- sh -c 'trap \"echo caught; exit 3\" INT; touch /t/hears; sleep 9 & wait'; echo code \$?" \
		/dev/null >"$T/typed" 2>&1
	assert_match 'caught' "$(cat "$T/typed")"
	assert_match '^code 3' "$(cat "$T/typed")"
	# two at once are two terminals, also where stdin is none
	"$NOOK" exec -t web -- sh -c 'tty >/t/first; sleep 60' </dev/null >/dev/null 2>&1 &
	client=$!
	wait_for "$T/first"
	nook_run exec -t web -- sh -c 'tty; tty >/t/second' </dev/null
	refute cmp -s "$T/first" "$T/second"
	kill "$client"
	wait "$client" || true
	end_box
}

@test "FD-05: no terminal of the caller's is handed in where stdin or stdout is none, and all output arrives" {
	need script
	start_box one "$wait_box" --name web
	local look='for fd in 0 1 2; do [ ! -t $fd ] || echo "terminal $fd"; done >&2; read -r word && echo "heard $word" >&2; seq 30000 >&2'
	printf '%s\n' "'$NOOK' exec web -- sh -c '$look' | cat" >one.sh
	printf '%s\n' "'$NOOK' exec web -- sh -c '$look' </dev/null" >two.sh
	for session in one two; do
		run timeout 60 script -qec "sh $session.sh" /dev/null <<<secret
		# the shell itself takes eight seconds for so many
		output=$(tr -d '\r' <<<"$output")
		refute_match '^(terminal|heard) '
		assert_equal "$(grep -cx '[0-9]*' <<<"$output")" 30000
		assert_equal "$(tail -n 1 <<<"$output")" 30000
	done
	# CONTROL: without a box there is one, and what is typed is heard
	printf '%s\n' "sh -c '$look' | cat" >one.sh
	run timeout 60 script -qec 'sh one.sh' /dev/null <<<secret
	assert_match '^terminal 0'
	assert_match '^heard secret'
	end_box
}

@test "what a command writes to one terminal by two descriptors stays in order" {
	need script
	start_box one "$wait_box" --name web
	seq 500 | sed 's/.*/o&\ne&/' >ordered
	local both='seq 500 | while read -r i; do echo "o$i"; echo "e$i" >&2; done'
	printf '%s\n' "'$NOOK' exec web -- sh -c '$both' </dev/null" >one.sh
	run timeout 60 script -qec 'sh one.sh' /dev/null </dev/null
	assert_status 0
	assert_equal "${output//$'\r'/}" "$(cat ordered)"
	# One of them is another's
	printf '%s\n' "'$NOOK' exec web -- sh -c '$both' </dev/null 2>err" >one.sh
	run timeout 60 script -qec 'sh one.sh' /dev/null </dev/null
	assert_equal "${output//$'\r'/}" "$(grep o ordered)"
	assert_equal "$(cat err)" "$(grep e ordered)"
	end_box
}

# to_unread NAME - a command that writes 10000 bytes to its terminal, and a pipe of a page behind that
to_unread() {
	mkfifo "$T/$1"
	exec 9<>"$T/$1"
	perl -e 'open my $pipe, ">&=9" or die; fcntl $pipe, 1031, 4096 or die' # F_SETPIPE_SZ
	"$NOOK" exec -t web -- sh -c "head -c 10000 /dev/zero | tr '\0' x; touch /t/$1.end" </dev/null >&9 3>&- &
	client=$!
	wait_for "$T/$1.end"
}

@test "a reader that takes its time gets all that a command wrote to its terminal" {
	start_box one "$wait_box" --name web
	to_unread late
	sleep 0.3
	run timeout 20 head -c 10000 <&9
	assert_equal "${#output}" 10000
	wait "$client"
	# nobody reads: who asks for the end is heard
	to_unread never
	kill "$client"
	wait "$client" || true
	exec 9>&-
	end_box
}

@test "a shell where no command is named" {
	need script
	start_box one "$wait_box" --name web
	run timeout 60 script -qec "$NOOK exec web" /dev/null <<<'echo "$PS1:$((6 * 7))"; exit 5'
	assert_status 5
	assert_match ':42'
	end_box
}

@test "what exec cannot do it says" {
	nook_run exec nosuch -- true
	assert_status 125
	assert_stderr_match "^nook: no running box 'nosuch'$"
	nook_run exec
	assert_status 125
	assert_stderr_match '^nook: exec needs a box$'
	nook_run exec -d -t one -- ls
	assert_stderr_match '^nook: --detach: there is nobody to show a terminal to$'
	start_box one "$wait_box" --name bare --init none
	nook_run exec bare -- true
	assert_status 125
	assert_stderr "nook: this box has no init, so nothing can come into it
hint: run it without '--init none'"
	end_box
}

@test "a box that is paused takes nobody in; a limit counts who came" {
	"$NOOK" run --pids-limit 9 base -- true 2>/dev/null || {
		is_root || bats_skip "no cgroup for this user here: tests/guest has one"
		fail "no cgroup for root"
	}
	start_box one "$wait_box" --name web --pids-limit 12
	nook_run pause web
	nook_run exec web -- true
	assert_status 125
	assert_stderr_match '^nook: the box is paused$'
	nook_run unpause web
	# it is in the box's cgroups, all of them
	nook_run exec web -- cat /proc/self/cgroup
	assert_match ':/$'
	inner=$(pgrep -P "$keeper" | head -n 1)
	"$NOOK" exec web -- sh -c 'touch /t/in; sleep 60' &
	client=$!
	wait_for "$T/in"
	met=0
	for pid in $(pgrep -P "$keeper"); do
		theirs=$(cat "/proc/$pid/cgroup") || continue # who brought it in has ended meanwhile
		assert_equal "$theirs" "$(cat "/proc/$inner/cgroup")"
		met=$((met + 1))
	done
	assert [ "$met" -ge 2 ]
	nook_run exec web -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; wait'
	assert_stderr_match 'fork|Resource temporarily unavailable'
	kill "$client"
	wait "$client" || true
	end_box
}
