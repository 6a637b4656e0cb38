#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# run.bats - `nook run` as a whole: exit codes, results, signals, descriptors, nesting
# as: root user subids
# takes: 25
# waits: yes

load helper

# json FILE KEY - one value of a result record; perl's own reader also checks the syntax
json() {
	perl -MJSON::PP -e 'local $/; open my $f, "<", $ARGV[0] or die;
		my $v = decode_json(<$f>)->{$ARGV[1]};
		print defined $v ? ref $v ? encode_json($v) : $v : "null"' "$1" "$2"
}

# start_box SCRIPT - run a script under a keeper of its own, $keeper; the script says that it
# runs by making the file 'up' in /t, which is $T
start_box() {
	printf 'extends: strict\nlimits: {wall: 20s, grace: 300ms}\nmounts: [{bind: "%s", to: /t, options: [rw]}]\n' "$T" >"$T/p.yaml"
	"$NOOK" run --userns single --result "$T/result" "$T/p.yaml" -- sh -c "$1" >"$T/out" 2>"$T/err" &
	keeper=$!
	wait_for "$T/up"
}

# Not `run wait`: a subshell has no children to wait for
wait_keeper() {
	status=0
	wait "$keeper" || status=$?
}

@test "the command's exit code is nook's" {
	nook_run run base -- sh -c 'exit 0'
	assert_status 0
	nook_run run base -- sh -c 'exit 42'
	assert_status 42
	assert_stderr
}

@test "a signal is 128+n, and nook's own codes are told apart" {
	nook_run run base -- sh -c 'kill -SEGV $$'
	assert_status 139
	run -127 --separate-stderr "$NOOK" run base -- no-such-program
	assert_status 127
	assert_match "nook: cannot run 'no-such-program': not found in /" "$stderr"
	run -126 --separate-stderr "$NOOK" run base -- /etc/passwd
	assert_status 126
	nook_run run no-such-profile -- true
	assert_status 125
	nook_run run --no-such-option base -- true
	assert_status 125
	assert_match "unknown option '--no-such-option'" "$stderr"
}

@test "a program of the caller's PATH that is not found is said to be there, and the way works" {
	mkdir bin
	printf '#!/bin/sh\necho mine\n' >bin/own-tool
	chmod 755 bin/own-tool
	local here="hint: it is in '$T/bin', of your PATH"
	export PATH=$T/bin:$PATH
	nook_run run -q strict -- own-tool
	assert_status 127
	assert_line "$here, which the box does not show: try -v $T/bin:$T/bin -e PATH" "$stderr"
	nook_run run -q -v "$T/bin:$T/bin" strict -- own-tool
	assert_line "$here: try -e PATH" "$stderr"
	nook_run run -q -v "$T/bin:$T/bin" -e PATH strict -- own-tool
	assert_output mine
	nook_run run -q strict -- no-such-program
	refute_match hint "$stderr"
	# One that the box finds as well lacks its interpreter
	printf '#!/no/such/interpreter\n' >bin/own-tool
	nook_run run -q -v "$T/bin:$T/bin" -e PATH strict -- own-tool
	assert_status 127
	refute_match 'of your PATH' "$stderr"
	nook_run run -q strict -- /own-tool
	refute_match 'of your PATH' "$stderr"
}

@test "dev finds the programs of a virtualenv where PATH is passed, and says how" {
	mkdir -p project/env/bin && cd project
	printf '#!/bin/sh\necho mine $VIRTUAL_ENV\n' >env/bin/own-tool
	chmod 755 env/bin/own-tool
	PATH=$PWD/env/bin:$PATH VIRTUAL_ENV=$PWD/env nook_run run -q dev -- own-tool
	assert_line "hint: it is in '$PWD/env/bin', of your PATH: try -e PATH" "$stderr"
	PATH=$PWD/env/bin:$PATH VIRTUAL_ENV=$PWD/env nook_run run -q -e PATH -e VIRTUAL_ENV dev -- own-tool
	assert_output "mine $PWD/env"
	PATH=$PWD/env/bin:$PATH nook_run run -q --set root.from=host base -- own-tool
	assert_status 127
}

@test "limits.wall ends the box with 124 and says so" {
	nook_run run --timeout 200ms --set limits.grace=100ms base -- sleep 30
	assert_status 124
	assert_stderr "nook: killed: ran longer than limits.wall 200ms; try --timeout with more"
	nook_run run -q --timeout 200ms --set limits.grace=100ms base -- sh -c 'trap "" TERM; while :; do sleep 1; done'
	assert_status 124
	assert_stderr
}

@test "limits.wall does not end a command that ended in time while nook had no processor" {
	local how
	for how in "--init reaper" "--init none" "--set namespaces=[user,mount]"; do
		rm -f "$T/in" "$T/r"
		# In a group of its own: of one without a shell above it the kernel hangs up all where one is stopped
		set -m
		# shellcheck disable=SC2086
		"$NOOK" run -q --userns single --timeout 4s $how --result "$T/r" -v "$T:$T:rw" base -- \
			sh -c "touch $T/in; sleep 2; exit 3" &
		set +m
		wait_for "$T/in"
		kill -STOP "$!"
		sleep 4.5
		kill -CONT "$!"
		status=0
		wait "$!" || status=$?
		assert_status 3
		assert_equal "$(json "$T/r" cause)" exited
	done
}

@test "limits.output lets that much through and ends the box with 137" {
	nook_run run --set limits.output=1K base -- sh -c 'while :; do echo 0123456; done'
	assert_status 137
	assert_equal "$(printf '%s\n' "$output" | wc -c)" 1024
	assert_stderr "nook: killed: wrote more than limits.output 1K"
}

# unread NOOK-ARG... - a box that ends with more output than a pipe holds, and nobody who reads it: $run
unread() {
	mkfifo "$T/unread"
	exec 9<>"$T/unread"
	"$NOOK" run --result "$T/r" --set limits.output=1M "$@" -- head -c 100000 /dev/zero >&9 2>"$T/err" 3>&- &
	run=$!
}

@test "a reader that takes its time gets all of a counted output" {
	"$NOOK" run --set limits.output=1M base -- head -c 100000 /dev/zero 3>&- | {
		sleep 1.2
		wc -c
	} >"$T/count"
	assert_equal "$(cat "$T/count")" 100000
}

# has_ended - it has written, and its box is gone
has_ended() { read -r -t 0 -u 9 && [ -z "$(pgrep -P "$run")" ]; }

@test "output that nobody reads is waited for until somebody wants the end, and its loss is told" {
	need jq
	unread base
	wait_until has_ended
	kill "$run"
	wait "$run"
	assert_match '^nook: exited with 0; [0-9]+ bytes of its output are lost: nobody read them$' "$(cat "$T/err")"
	[ "$(jq -r .message "$T/r")" = "$(sed 's/^nook: //' "$T/err")" ]
}

@test "while output is waited for the box can be stopped and killed by its name" {
	local word
	# one without a cgroup has no record any more by then
	is_root || only_for root "limits of memory need a cgroup"
	for word in "stop web" "kill web" "kill -s TERM web"; do
		unread --name web --memory 64M base
		wait_until has_ended
		# shellcheck disable=SC2086 # words
		"$NOOK" $word
		wait "$run"
		assert_match 'bytes of its output are lost' "$(cat "$T/err")"
		rm "$T/unread"
	done
}

@test "a pipe that has left the box holds it up no longer than a second" {
	need python3
	local other
	cat >"$T/take.py" <<-'END'
		import array, os, socket, sys, time
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1] + "/sock")
		s.listen()
		fds = array.array("i")
		c, _ = s.accept()
		fds.frombytes(c.recvmsg(1, 64)[1][0][2][:4])
		while True:
		    os.write(fds[0], b"x")
		    time.sleep(0.1)
	END
	cat >"$T/give.py" <<-'END'
		import array, socket, sys, time
		s = socket.socket(socket.AF_UNIX)
		s.connect("/t/sock")
		s.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [1]))])
		time.sleep(0.3)
	END
	python3 "$T/take.py" "$T" 3>&- &
	other=$!
	wait_for "$T/sock"
	run --separate-stderr timeout 60 "$NOOK" run --userns single --set limits.output=1M -v "$T:/t:rw" \
		base -- python3 /t/give.py
	# it writes into nothing now, or will in a moment
	wait "$other" || true
	assert_status 0
	assert_match '^x+$'
}

@test "output that nobody reads does not hold up the end beyond limits.wall" {
	unread --timeout 700ms base
	wait "$run"
	assert_match '^nook: exited with 0; [0-9]+ bytes of its output are lost: nobody read them$' "$(cat "$T/err")"
}

@test "the result is one JSON object that tells the cause" {
	"$NOOK" run --result "$T/r" base -- sh -c 'exit 3' || true
	assert_equal "$(json "$T/r" schema)" 1
	assert_equal "$(json "$T/r" cause)" exited
	assert_equal "$(json "$T/r" exit_code)" 3
	assert_equal "$(json "$T/r" profile)" base
	assert_equal "$(json "$T/r" command)" '["sh","-c","exit 3"]'
	assert_equal "$(json "$T/r" memory_peak_bytes)" null
	"$NOOK" run --result "$T/r" base -- sh -c 'kill -9 $$' || true
	assert_equal "$(json "$T/r" cause) $(json "$T/r" signal)" "signaled 9"
	"$NOOK" run --result "$T/r" base -- nothing-there 2>/dev/null || true
	assert_equal "$(json "$T/r" cause) $(json "$T/r" exit_code)" "exec 127"
	"$NOOK" run --timeout 100ms --set limits.grace=100ms --result "$T/r" base -- sleep 9 2>/dev/null || true
	assert_equal "$(json "$T/r" cause) $(json "$T/r" exit_code)" "wall 124"
}

@test "LG-04: a payload that prints what looks like a result changes nothing" {
	"$NOOK" run --result "$T/r" base -- sh -c 'echo "{\"cause\":\"oom\"}"; echo "{\"cause\":\"oom\"}" >&2; exit 137' || true
	assert_equal "$(json "$T/r" cause) $(json "$T/r" exit_code)" "exited 137"
}

@test "the result goes to a file that is no link, or to stdout" {
	ln -s "$T/victim" "$T/link"
	nook_run run --result "$T/link" base -- true
	assert_status 125
	assert_equal "$(ls "$T/victim" 2>/dev/null)" ""
	nook_run run --result - base -- true
	assert_match '^\{"schema":1,'
}

@test "TERM to nook reaches the command, and the cause is cancelled" {
	start_box 'touch /t/up; exec sleep 20'
	kill -TERM "$keeper"
	wait_keeper
	assert_status 143
	assert_equal "$(json "$T/result" cause)" cancelled
}

@test "a command that ignores TERM is killed after limits.grace" {
	start_box 'trap "" TERM; touch /t/up; while :; do sleep 0.1; done'
	kill -TERM "$keeper"
	wait_keeper
	assert_status 137
	assert_equal "$(json "$T/result" cause)" cancelled
}

@test "a command that handles a signal decides itself" {
	start_box 'trap "exit 9" USR1; touch /t/up; while :; do sleep 0.1; done'
	kill -USR1 "$keeper"
	wait_keeper
	assert_status 9
}

# in_gone WORD... - nook with these words, in a directory that was removed
in_gone() {
	run --separate-stderr bash -c 'mkdir gone; cd gone && rmdir ../gone && exec "$@"' bash "$NOOK" "$@"
}

@test "in a directory that was removed no box is begun that could have had it" {
	local gone="nook: env: the current directory is gone or out of reach, and the box would begin there
hint: go to another one, or say where it begins: -w /"
	in_gone run dev -- pwd
	assert_status 125
	assert_output
	assert_stderr "$gone"
	in_gone run -v "$T:$T:rw" base -- pwd
	assert_status 125
	assert_stderr "$gone"
	in_gone run -q -w / dev -- pwd
	assert_status 0
	assert_output /
	in_gone run -v "$T:/t" base -- pwd
	assert_status 0
	assert_output /
}

@test "under nohup a hangup ends neither a run nor a command in it nor a batch" {
	local what script='touch /t/$1; read _ </t/go-$1; exit 4'
	printf 'extends: base\nuser: {map: single}\nmounts: [{bind: "%s", to: /t, options: [rw]}]\n' "$T" >p.yaml
	printf '{"command": ["sh", "-c", "%s", "sh", "batch"], "profile": "./p.yaml"}\n' "$script" >jobs.json
	for what in run exec batch; do
		mkfifo "go-$what"
		case $what in
		run) exec nohup "$NOOK" run -q --name hup ./p.yaml -- sh -c "$script" sh run ;;
		exec) exec nohup "$NOOK" exec hup sh -c "$script" sh exec ;;
		batch) exec nohup "$NOOK" batch -q ./jobs.json ;;
		esac <"$T/p.yaml" >"out-$what" 2>&1 &
		eval "$what=$!"
		wait_for "$what"
	done
	# shellcheck disable=SC2154 # set by eval
	kill -HUP "$exec" "$batch" "$run"
	for what in exec batch run; do
		timeout 20 sh -c 'echo >"$1"' sh "go-$what" || true
		status=0
		wait "${!what}" || status=$?
		printf '%s %s\n' "$what" "$status"
	done >ends
	assert_equal "$(cat ends)" 'exec 4
batch 1
run 4'
	# What runs in the box has not been told to ignore it
	nohup "$NOOK" run -q base -- sh -c 'kill -HUP $$; echo ignored' >out 2>&1 || status=$?
	assert_status 129
}

@test "when the keeper is killed everything inside ends" {
	start_box 'trap "" TERM HUP INT; touch /t/up; while :; do touch /t/beat; sleep 0.05; done'
	kill -KILL "$keeper"
	wait "$keeper" || true
	rests() { rm -f "$T/beat" && sleep 0.3 && [ ! -e "$T/beat" ]; }
	wait_until rests
	"$NOOK" gc -q
}

@test "daemons end with the command, and its status counts" {
	run --separate-stderr timeout 50 "$NOOK" run base -- sh -c 'setsid sleep 60 >/dev/null 2>&1 & exit 6'
	assert_status 6
}

@test "a daemon that keeps stdout open does not keep nook" {
	run --separate-stderr timeout 50 "$NOOK" run base -- sh -c 'setsid sleep 60 & echo done'
	assert_status 0
	assert_output done
}

@test "stdin passes" {
	run --separate-stderr sh -c 'echo hello | "$NOOK" run base -- cat'
	assert_output hello
}

@test "a directory on stdin is refused, a closed one is /dev/null" {
	run --separate-stderr sh -c '"$NOOK" run base -- true </'
	assert_status 125
	assert_match "descriptor 0 is a directory" "$stderr"
	run --separate-stderr sh -c '"$NOOK" run base -- cat <&-'
	assert_status 0
}

@test "only descriptors 0 to 2 are open, or as many as were asked for" {
	run --separate-stderr bash -c 'exec 3</etc/hostname 7</ 9</etc/passwd; "$NOOK" run base -- sh -c "ls /proc/self/fd | tr \"\\n\" \" \""'
	assert_output "0 1 2 3 "
	run --separate-stderr bash -c 'exec 3<<<three 4<<<four; "$NOOK" run --preserve-fds 1 base -- sh -c "cat <&3; cat <&4"'
	assert_match '^three$'
	refute_line four
}

@test "the caller's environment stays outside, but for what is asked for" {
	export SECRET=s3cret LD_PRELOAD=/nothing.so NOOK_X=1 KEEP=kept
	nook_run run base -- env
	refute_line "SECRET=s3cret"
	! grep -qE '^(LD_|NOOK_)' <<<"$output" || fail "leaked"
	nook_run run -e KEEP -e 'ADD=a b[c]: {d}' base -- env
	assert_line "KEEP=kept"
	assert_line "ADD=a b[c]: {d}"
}

@test "init shows neither the caller's words nor its environment" {
	export SECRET=s3cret
	nook_run run -e TOKEN=t0ken base -- sh -c 'tr "\0" " " </proc/1/cmdline; cat /proc/1/environ 2>&1; true'
	! grep -qE 's3cret|t0ken' <<<"$output" || fail "init shows it"
}

@test "a command that is pid 1 is told that it is in a container, others are not" {
	nook_run run --set init=none base -- printenv container
	assert_output nook
	nook_run run --set init=none -e container=other base -- printenv container
	assert_output other
	nook_run run base -- printenv container
	assert_status 1
	assert_output
}

@test "--dry-run prints the plan and makes nothing" {
	nook_run run --dry-run strict -- true
	assert_status 0
	assert_match strict
}

@test "the command is never taken as options" {
	nook_run run base -- echo --help -q
	assert_output "--help -q"
}

@test "words without -- are refused with a hint" {
	nook_run run base true
	assert_status 125
	assert_match '^hint: write -- before the command' "$stderr"
	nook_run run ls /
	assert_status 125
	assert_stderr "nook: one profile, not 'ls /'
hint: 'ls' is a program: nook run [PROFILE] -- ls / ..."
	nook_run run --rm -it nosuchimage bash
	assert_status 125
	assert_stderr "nook: one profile, not 'nosuchimage bash'
hint: there is no profile 'nosuchimage'; nook runs profiles, not images: nook run [PROFILE] -- bash ..., \
'nook profile ls' lists them"
}

@test "one word that is no profile: an image, a program, a file beside, a name mistyped" {
	for word in nosuchimage nosuchimage:22.04; do
		nook_run run $word
		assert_status 125
		assert_stderr_match "^hint: nook runs profiles, not images: 'nook profile ls' lists them; \
with a tree of your own: nook run --set root.path=DIR machine$"
	done
	nook_run create web nosuchimage
	assert_status 1
	assert_stderr_match "^hint: .* nook create NAME --set root.path=DIR machine$"
	nook_run shell sleep
	assert_stderr_match "^hint: 'sleep' is a program: nook shell \[PROFILE\] -- sleep$"
	echo 'extends: base' >nosuchimage.yaml
	nook_run run nosuchimage
	assert_stderr_match "^hint: 'nook profile ls' lists them; a path needs a slash: ./nosuchimage.yaml$"
	nook_run run strcit
	assert_stderr_match "^nook: no profile 'strcit', did you mean 'strict', "
	assert_stderr_match "^hint: 'nook profile ls' lists them; "
	# The profile is there, and what it extends is not
	mkdir -p here
	echo 'extends: nosuchimage' >here/p.yaml
	NOOK_PROFILE_PATH=$T/here nook_run run p
	assert_stderr_match "^hint: 'nook profile ls' lists them; "
}

@test "options of other programs are answered with the words for it here" {
	nook_run run --bind /a /b -- true
	assert_status 125
	assert_stderr $'nook: unknown option \'--bind\'\nhint: --volume SRC:DST:rw'
	nook_run create web --security-opt=seccomp=unconfined -- true
	assert_status 2
	assert_match '^hint: keys of a profile, ' "$stderr"
	# commands that have no such options do not speak of them
	nook_run ps --bind
	assert_stderr_match "^hint: usage: nook ps"
}

@test "a root that is not there, or is written where its kind belongs, is hinted at" {
	nook_run run --set root.path=/nosuch machine -- true
	assert_status 125
	assert_stderr "nook: root: --set: there is no directory '/nosuch'
hint: a tree that is there: --set root.path=DIR"
	nook_run run --set root.from=/tmp/tree base -- true
	assert_status 125
	assert_match '^hint: root.from: directory, and root.path: /tmp/tree$' "$stderr"
}

@test "-v binds, read-only unless it says rw" {
	mkdir "$T/d"
	echo inside >"$T/d/f"
	chmod 777 "$T/d"
	nook_run run -v "$T/d:/data" base -- sh -c 'cat /data/f; touch /data/new'
	assert_match '^inside$'
	refute test -e "$T/d/new"
	nook_run run --userns single -v "$T/d:/data:rw" base -- touch /data/new
	assert_status 0
	assert test -e "$T/d/new"
}

@test "a terminal of its own: size, job control, exit code" {
	need script
	run --separate-stderr script -qec "stty cols 77 rows 13; '$NOOK' run base -- sh -c 'tty; stty size; exit 5'" /dev/null </dev/null
	assert_status 5
	assert_match '/dev/pts/0'
	# script(1) passes the end of its input on, which the terminal may show as it does a key
	assert_match '^(\^@)?13 77'
}

@test "without a terminal of its own: what it writes to one terminal by two descriptors stays in order" {
	need script
	local both='seq 500 | while read -r i; do echo "o$i"; echo "e$i" >&2; done' how
	seq 500 | sed 's/.*/o&\ne&/' >ordered
	for how in '' '--set limits.output=1M' '--set terminal=never'; do
		printf '%s\n' "'$NOOK' run $how base -- sh -c '$both' </dev/null" >one.sh
		run timeout 60 script -qec 'sh one.sh' /dev/null </dev/null
		assert_status 0
		assert_equal "${output//$'\r'/}" "$(cat ordered)"
	done
	# One of them is another's
	printf '%s\n' "'$NOOK' run base -- sh -c '$both' </dev/null 2>err" >one.sh
	run timeout 60 script -qec 'sh one.sh' /dev/null </dev/null
	assert_equal "${output//$'\r'/}" "$(grep o ordered)"
	assert_equal "$(cat err)" "$(grep e ordered)"
	# limits.output counts both
	printf '%s\n' "'$NOOK' run -q --set limits.output=512 base -- sh -c '$both' </dev/null" >one.sh
	run timeout 60 script -qec 'sh one.sh' /dev/null </dev/null
	assert_status 137
	assert_equal "${output//$'\r'/}" "$(head -c 512 ordered)"
}

@test "a box inside a box, where the outer one allows it" {
	# The volume: this checkout may lie in /tmp or /var/tmp, which are fresh in a box
	nook_run run --set nested_namespaces=true --set root.from=host -u 1000 --userns auto -v "$TOP:$TOP" base -- \
		"$NOOK" run --set proc=full base -- sh -c 'echo inner; id -u'
	assert_status 0
	assert_match '^inner$'
	nook_run run --set root.from=host -v "$TOP:$TOP" base -- "$NOOK" run base -- true
	assert_status 125
	assert_match 'a box of nook that allows no boxes' "$stderr"
}

@test "no user namespaces: refused with the reason and a way out" {
	run --separate-stderr unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all "$NOOK" run base -- true'
	assert_status 125
	assert_match '^hint: .*(max_user_namespaces|allows no user namespaces)' "$stderr"
}
