#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# batch.bats - nook batch: slots, order, retries, journal, resume, ends before the end
# as: root user subids

load helper
load jobs

# ends - "ID CAUSE" of the final lines of the journal, in the order of ids
ends() {
	jq -r 'select(.final) | .job + " " + .cause' "$T/jobs.journal" | sort
}

# started ID - wait until the job's own word is in its output
started() {
	wait_until grep -qs up "$T/out/$1/stdout"
}

@test "jobs pass and fail, each with its cause, and the exit code says so" {
	need jq
	job_file "$(job a true)" "$(job b 'exit 3')" "$(job c 'sleep 30' '"limits":{"wall":"100ms"}')" \
		'{"id":"d","profile":"strict","command":["nosuch"]}' "$(job e 'kill -9 $$')" \
		"$(job f 'yes' '"limits":{"output":"10K"}')"
	nook_run batch "$T/jobs"
	assert_status 1
	[ "$(ends)" = "$(printf '%s\n' 'a exited' 'b exited' 'c wall' 'd exec' 'e signaled' 'f output')" ]
	[ "$(jq -r 'select(.job == "b") | .exit_code, .passed, .try, .message' "$T/jobs.journal")" = \
		$'3\nfalse\n1\nexited with 3' ]
	# what is more of a limit is another word for `nook run`
	assert_stderr_match "^nook: batch: job 'c': killed: ran longer than limits.wall 100ms$"
	job_file "$(job a true)"
	rm "$T/jobs.journal"
	nook_run batch "$T/jobs"
	assert_status 0
}

@test "a job that cannot be planned any more has its own words in the journal" {
	need jq
	touch "$T/in" "$T/go"
	job_file "$(job a 'echo up; until read x; do sleep 0.05; done' '"stdin":"go"')" \
		'{"id":"b","profile":"offline","command":["true"],"files":{"in":["in:/tmp/in"]},"after":["a"]}'
	"$NOOK" batch -j 1 -o "$T/out" "$T/jobs" 2>/dev/null 3>&- &
	started a
	rm "$T/in"
	echo >>"$T/go"
	wait "$!" || [ $? = 1 ]
	[ "$(jq -c 'select(.job == "b") | [.cause, .profile, .command]' "$T/jobs.journal")" = \
		'["setup","offline",["true"]]' ]
}

@test "a job reads its stdin, has its own variables, and leaves its output" {
	echo from-a-file >"$T/in"
	job_file "$(job a 'cat; echo $X $HOME$Y; echo err >&2' '"stdin":"in","environment":{"X":"x","HOME":null}')" \
		"$(job b 'cat; echo $X-')"
	nook_run batch -o "$T/out" "$T/jobs"
	assert_status 0
	[ "$(cat "$T/out/a/stdout")" = $'from-a-file\nx' ]
	[ "$(cat "$T/out/a/stderr")" = err ]
	[ "$(cat "$T/out/b/stdout")" = - ]
}

@test "nothing of one job reaches the next in the same slot" {
	# what a process can leave: files, processes, ipc, keys, sockets, and its own attributes
	local leave='umask 000; cd /tmp; echo x >f; mkdir d; ulimit -n 100; trap \"\" TERM; '
	leave+='ipcmk -Q >/dev/null; ipcmk -S 3 >/dev/null; (sleep 300 & ) >/dev/null; nice -n 5 true'
	local look='umask; pwd; ls /tmp | wc -l; ulimit -n; ls /proc/self/fd | wc -l; '
	look+='ipcs | grep -c 0x || true; set -- /proc/[0-9]*; echo $#; grep -E \"Sig|Cap|Seccomp:|NoNew\" '
	look+='/proc/self/status; cat /proc/self/timerslack_ns /proc/self/oom_score_adj; '
	look+='cat /proc/keys 2>/dev/null | wc -l; env | sort'
	job_file "$(job first "$look")" "$(job leave "$leave" '"environment":{"LEFT":"1"}')" "$(job second "$look")"
	nook_run batch -j 1 -o "$T/out" "$T/jobs"
	assert_status 0
	[ "$(cat "$T/out/leave/stderr")" = "" ]
	diff "$T/out/first/stdout" "$T/out/second/stdout"
	grep -q LEFT "$T/out/second/stdout" && return 1
	[ "$(wc -l <"$T/out/first/stdout")" -gt 15 ]
}

@test "a job starts after those that it waits for, and is skipped when one failed" {
	need jq
	job_file "$(job a true '"after":["b"]')" "$(job b true)" "$(job bad 'exit 1')" \
		"$(job x true '"after":["bad"]')" "$(job y true '"after":["x"]')"
	nook_run batch "$T/jobs"
	assert_status 1
	[ "$(ends)" = "$(printf '%s\n' 'a exited' 'b exited' 'bad exited' 'x skipped' 'y skipped')" ]
	[ "$(jq -r 'select(.job == "a" or .job == "b") | .job' "$T/jobs.journal" | tr -d '\n')" = ba ]
}

@test "a try that failed is followed by another, as often as its cause may have" {
	need jq
	job_file "$(job a 'exit 1' '"retry":{"exited":2}')" "$(job b true '"retry":{"exited":2}')" \
		"$(job c 'exit 1' '"retry":{"wall":2}')"
	nook_run batch "$T/jobs"
	assert_status 1
	[ "$(jq -r 'select(.job) | "\(.job) \(.try) \(.final)"' "$T/jobs.journal" | sort)" = \
		"$(printf '%s\n' 'a 1 false' 'a 2 false' 'a 3 true' 'b 1 true' 'c 1 true')" ]
}

@test "a resumed batch runs what is not done, and nothing again" {
	need jq
	job_file "$(job a 'echo once')" "$(job b 'exit 1')" "$(job c true)"
	nook_run batch --resume "$T/jobs"
	assert_status 1
	assert_stderr_match "^nook: batch: there is no journal '$T/jobs.journal' to go on with: all jobs are run$"
	nook_run batch "$T/jobs"
	assert_status 125
	assert_stderr "nook: there is a journal '$T/jobs.journal' already
hint: --resume goes on with that batch; --journal FILE names another"
	grep -v '"job":"c"' "$T/jobs.journal" >"$T/cut"
	cat "$T/cut" >"$T/jobs.journal"
	printf '{"job":"c","torn' >>"$T/jobs.journal"
	nook_run batch --resume "$T/jobs"
	assert_status 1
	assert_stderr_match ': 2 passed, 1 failed \(exited 1\), 2 of them before$'
	[ "$(ends)" = "$(printf '%s\n' 'a exited' 'b exited' 'c exited')" ]
	job_file "$(job a 'echo twice')" "$(job b 'exit 1')" "$(job c true)"
	nook_run batch --resume "$T/jobs"
	assert_status 125
	assert_stderr "nook: job 'a' is not what it was when this journal was begun
hint: a job that is changed needs another id, or the batch another journal"
}

@test "a resumed job goes on with the raised limit and the tries of each cause" {
	need jq
	job_file "$(job a 'head -c 30 /dev/zero' '"limits":{"output":"10"},"retry":{"output":2,"raise":2}')" \
		"$(job b 'exit 1' '"limits":{"output":"10"},"retry":{"exited":1,"times":3}')"
	nook_run batch "$T/jobs"
	assert_status 1
	# as if the last try of each had not been
	jq -c 'select(.final | not)' "$T/jobs.journal" >"$T/cut"
	mv "$T/cut" "$T/jobs.journal"
	nook_run batch --resume "$T/jobs"
	assert_status 1
	[ "$(jq -r 'select(.job) | "\(.job) \(.try) \(.limits.output_bytes) \(.final)"' "$T/jobs.journal" | sort)" = \
		"$(printf '%s\n' 'a 1 10 false' 'a 2 20 false' 'a 3 40 true' \
			'b 1 10 false' 'b 2 10 true')" ]
}

@test "a batch goes on with the options that it was begun with, or as it is told to" {
	need jq
	job_file "$(job a 'true')" "$(job b 'exit 1')"
	nook_run batch -q --fail-fast -j 1 --set limits.wall=5s -o "$T/out" "$T/jobs"
	sed -i '/"job":"b"/d' "$T/jobs.journal"
	nook_run batch -q --resume --set 'hostname=a b' "$T/jobs"
	assert_status 125
	assert_stderr "nook: the batch of the journal '$T/jobs.journal' was begun with other options: \
--output --set limits.wall=5s, not --set 'hostname=a b'
hint: --resume goes on with it as it was begun; --mix with these all the same"
	[ "$(ends)" = 'a exited' ]
	nook_run batch -q --resume -j 2 --timeout 1h --set limits.wall=5s -o "$T/other" "$T/jobs"
	assert_status 1
	[ "$(ends)" = $'a exited\nb exited' ]
	sed -i '/"job":"b"/d' "$T/jobs.journal"
	nook_run batch -q --resume --mix --set limits.wall=7s "$T/jobs"
	assert_status 1
	[ "$(jq -c 'select(.job) | [.job, .limits.wall_s]' "$T/jobs.journal" | sort)" = $'["a",5]\n["b",7]' ]
	nook_run batch --mix "$T/jobs"
	assert_status 125
	assert_stderr_match "^nook: --mix says something of --resume$"
}

# not_run - how many jobs the journal has no end of, as its report says it
not_run() {
	"$NOOK" batch report --json "$T/jobs.journal" | jq -c '[.jobs, .not_run]'
}

@test "the journal knows how many jobs a batch has, also when it was ended or the file has grown" {
	need jq
	job_file "$(job a true)" "$(job b 'exit 3')" "$(job c true)" "$(job d true)"
	nook_run batch -j 1 --fail-fast "$T/jobs"
	assert_status 1
	[ "$(not_run)" = '[2,2]' ]
	nook_run batch report "$T/jobs.journal"
	assert_line "not run          2  unless it still runs, go on with: nook batch --resume $T/jobs"
	# one that is over counts, also where the file has it no longer
	job_file "$(job b 'exit 3')" "$(job c true)" "$(job d true)" "$(job e 'sleep 30')"
	nook_run batch -j 1 --resume --timeout 1s "$T/jobs"
	assert_status 124
	[ "$(not_run)" = '[4,1]' ]
	job_file "$(job a true)" "$(job b 'exit 3')" "$(job c true)" "$(job d true)"
	nook_run batch --resume "$T/jobs"
	[ "$(not_run)" = '[4,0]' ]
	# it is written only where the number is another one
	before=$(wc -l <"$T/jobs.journal")
	nook_run batch --resume "$T/jobs"
	[ "$(wc -l <"$T/jobs.journal")" = "$before" ]
	nook_run batch --resume --journal "$T/jobs.journal" - < <(job f true)
	[ "$(not_run)" = '[5,null]' ]
}

@test "two batches do not write to one journal" {
	job_file "$(job a 'echo up; sleep 30')"
	"$NOOK" batch -o "$T/out" "$T/jobs" 2>/dev/null 3>&- &
	started a
	nook_run batch --resume "$T/jobs"
	assert_status 125
	assert_stderr "nook: another batch writes to the journal '$T/jobs.journal'"
	kill "$!"
	wait "$!" || [ $? = 143 ]
}

none_runs() { ! pgrep -x nook >/dev/null; }

@test "killed at any moment it leaves no process, and every job has one end in the end" {
	need jq
	local i all=()
	for i in {1..24}; do
		all+=("$(job "j$i" "sleep 0.0$((i % 7)); exit $((i % 3))")")
	done
	job_file "${all[@]}"
	for i in 1 4 9 16 25 36; do
		"$NOOK" batch -q --resume "$T/jobs" 3>&- &
		sleep "0.0$i"
		kill -9 "$!" || true
		wait "$!" || true
		# its slots see that it is gone
		wait_until none_runs
	done
	nook_run batch --resume "$T/jobs"
	assert_status 1
	[ "$(jq -r 'select(.final) | .job' "$T/jobs.journal" | sort | uniq -d)" = "" ]
	[ "$(jq -r 'select(.final) | "\(.job) \(.exit_code)"' "$T/jobs.journal" | sort)" = \
		"$(for i in {1..24}; do echo "j$i $((i % 3))"; done | sort)" ]
}

@test "^C lets what runs end, a second one ends it; neither is a failure of a job" {
	need jq
	job_file "$(job a 'echo up; cat /dev/zero | head -c 20000; sleep 3')" "$(job b true)"
	"$NOOK" batch -j 1 -o "$T/out" "$T/jobs" 2>"$T/err" 3>&- &
	started a
	kill -INT "$!"
	wait "$!" || [ $? = 130 ]
	[ "$(ends)" = "a exited" ]
	rm -r "$T/out" "$T/jobs.journal"
	job_file "$(job a 'echo up; sleep 30')" "$(job b true)"
	"$NOOK" batch -j 1 -o "$T/out" "$T/jobs" 2>"$T/err" 3>&- &
	started a
	kill -INT "$!"
	wait_until grep -q "no job is started any more" "$T/err"
	kill -INT "$!"
	wait "$!" || [ $? = 130 ]
	[ "$(ends)" = "" ]
	[ "$(jq -r 'select(.job) | .cause' "$T/jobs.journal")" = cancelled ]
}

@test "a command that ends by itself when the batch ends it is not done" {
	need jq
	job_file "$(job a 'trap \"exit 0\" TERM; echo up; sleep 30 & wait')"
	"$NOOK" batch -j 1 -o "$T/out" "$T/jobs" 2>/dev/null 3>&- &
	started a
	kill -TERM "$!"
	wait "$!" || [ $? = 143 ]
	[ "$(jq -r 'select(.job) | "\(.cause) \(.exit_code) \(.final) \(.passed)"' "$T/jobs.journal")" = \
		"cancelled 0 false false" ]
	rm -r "$T/out"
	"$NOOK" batch -j 1 --resume -o "$T/out" "$T/jobs" 2>/dev/null 3>&- &
	started a
	kill -TERM "$!"
	wait "$!" || [ $? = 143 ]
	[ "$(jq -r 'select(.job) | .try' "$T/jobs.journal" | tr -d '\n')" = 11 ]
}

@test "--fail-fast and --timeout end the others, which a resumed batch runs" {
	need jq
	job_file "$(job a 'echo up; sleep 30')" "$(job b 'sleep 0.1; exit 1')" "$(job c 'sleep 30')"
	nook_run batch -j 2 --fail-fast "$T/jobs"
	assert_status 1
	[ "$(ends)" = "b exited" ]
	nook_run batch --resume --timeout 200ms "$T/jobs"
	assert_status 124
	[ "$(ends)" = "b exited" ]
}

# slots_of PID - the processes of its slots: children with a session of their own; another of them
# syncs the journal
slots_of() { ps -o pid=,sid= --ppid "$1" | awk '$1 == $2 { print $1 }'; }

@test "a keeper that is killed loses its job alone, and another takes its place" {
	need jq
	job_file "$(job a 'echo up; sleep 30')" "$(job b true)"
	"$NOOK" batch -j 1 -o "$T/out" "$T/jobs" 2>/dev/null 3>&- &
	started a
	slots_of "$!" | xargs kill -9
	wait "$!" || [ $? = 1 ]
	[ "$(ends)" = "$(printf '%s\n' 'a lost' 'b exited')" ]
}

# are_dead PID - all slots of that batch have ended, and wait for it to hear of it
are_dead() { ! ps -o pid=,sid=,stat= --ppid "$1" | awk '$1 == $2 && $3 !~ /^Z/' | grep -q .; }

@test "keepers that are killed while they have no job lose none" {
	need jq
	mkfifo "$T/pipe"
	"$NOOK" batch -j 24 -o "$T/out" - <"$T/pipe" 2>"$T/err" 3>&- &
	exec 9>"$T/pipe"
	job a 'echo up' >&9
	started a
	wait_until grep -qs '"job":"a"' "$T/out.journal"
	# it wakes with the job in its hands, and only then hears that the slots have ended
	kill -STOP "$!"
	slots_of "$!" | xargs kill -9
	wait_until are_dead "$!"
	job b 'echo up' >&9
	kill -CONT "$!"
	exec 9>&-
	wait "$!" || fail "$(cat "$T/err")"
	[ "$(jq -r 'select(.final) | .job + " " + .cause' "$T/out.journal" | sort)" = $'a exited\nb exited' ]
}

@test "what cannot be written breaks the batch, and nothing of it is called done" {
	need jq
	local big='head -c 300000 /dev/zero'
	job_file "$(job a true)" "$(job b "$big")" "$(job c true)"
	run --separate-stderr bash -c "ulimit -f 128; exec '$NOOK' batch -j 1 --set rlimits.fsize=64K -o '$T/out' '$T/jobs'"
	assert_status 125
	[[ $stderr == *"nook: cannot write the output of job 'b': File too large"* ]]
	[ "$(ends)" = "a exited" ]
	nook_run batch --resume --set rlimits.fsize=64K -o "$T/out" "$T/jobs"
	assert_status 0
	[ "$(stat -c %s "$T/out/b/stdout")" = 300000 ]
	rm "$T/jobs.journal"
	mkdir "$T/closed"
	nook_run batch --journal "$T/closed/no/journal" "$T/jobs"
	assert_status 125
	assert_stderr "nook: cannot open the journal '$T/closed/no/journal': No such file or directory"
}

@test "output that the disk does not take is an error" {
	need strace
	job_file "$(job a 'echo x')"
	run --separate-stderr strace -f -qq -o /dev/null -e trace=syncfs -e inject=syncfs:error=EIO \
		"$NOOK" batch -j 1 -q -o "$T/out" "$T/jobs"
	assert_status 125
	assert_stderr_match '^nook: cannot write the journal and the output to the disk: '
	# CONTROL: without output nobody syncs a file system
	run --separate-stderr strace -f -qq -o /dev/null -e trace=syncfs -e inject=syncfs:error=EIO \
		"$NOOK" batch -j 1 -q --journal "$T/other" "$T/jobs"
	assert_status 0
}

@test "a batch ends by itself when the disk does not take the output" {
	need strace
	job_file "$(job a 'echo x')" "$(job b 'sleep 300')"
	run --separate-stderr strace -f -qq -o /dev/null -e trace=syncfs -e inject=syncfs:error=EIO \
		"$NOOK" batch -j 1 -q -o "$T/out" "$T/jobs"
	assert_status 125
	assert_stderr_match '^nook: cannot write the journal and the output to the disk: '
	[ "$(ends)" = "" ]
	"$NOOK" batch -q --resume -o "$T/out" "$T/jobs" 3>&- &
	wait_until grep -qs '"job":"a"' "$T/jobs.journal"
	kill "$!"
	wait "$!" || [ $? = 143 ]
	[ "$(ends)" = "a exited" ]
}

@test "the line of a job is written behind its output on the disk" {
	need strace
	job_file "$(job a 'echo x')"
	strace -f -y -qq -s 80 -o "$T/calls" -e trace=syncfs,write,fdatasync "$NOOK" batch -j 1 -q -o "$T/out" "$T/jobs"
	# as they ended: the output is copied, synced, and only then told of
	assert_equal "$(sed -n 's/.*stdout>, "x.*/output/p; s/.*syncfs(.*= 0$/synced/p
		s/.*syncfs resumed.*= 0$/synced/p; s/.*write(.*{\\"job\\".*/line/p' "$T/calls" | head -n 3 | xargs)" \
		'output synced line'
}

@test "jobs of a descriptor are read before it is closed" {
	need jq
	echo text >"$T/in"
	cd "$T"
	run --separate-stderr "$NOOK" batch -q --journal j <(job a 'cat /tmp/in' '"files":{"in":["in:/tmp/in"]}')
	assert_status 0
	assert_equal "$(jq -r 'select(.job) | .job' j)" a
	exec 7< <(job b true)
	run --separate-stderr "$NOOK" batch -q -o out /proc/self/fd/7
	assert_status 0
	assert_equal "$(jq -r 'select(.job) | .job' out.journal)" b
	# there is no place beside it for a journal
	exec 7< <(job c true)
	run --separate-stderr "$NOOK" batch -q /dev/fd/7
	assert_status 125
	assert_stderr_match '^nook: jobs of /dev/fd/7 need --journal FILE'
	exec 7<&-
	run --separate-stderr "$NOOK" batch -q --journal k /dev/fd/7
	assert_status 125
	assert_stderr_match "^nook: cannot open '/dev/fd/7': No such file or directory"
	[ ! -e k ]
}

@test "files that go in lie where the job file does" {
	mkdir -p "$T/sub"
	echo text >"$T/sub/in"
	job a 'cat /tmp/in' '"files":{"in":["in:/tmp/in"]}' >"$T/sub/jobs"
	cd "$T/sub"
	nook_run batch -o "$T/o1" jobs
	assert_status 0
	cd "$T"
	nook_run batch -o "$T/o2" --journal "$T/second" sub/jobs
	assert_status 0
	assert_equal "$(cat "$T/o1/a/stdout" "$T/o2/a/stdout")" $'text\ntext'
	# in memory, too: not all of /dev was given by a shell
	mkdir "/dev/shm/nook-$$"
	cp "$T/sub/"{in,jobs} "/dev/shm/nook-$$"
	nook_run batch -o "$T/o3" "/dev/shm/nook-$$/jobs"
	mv "/dev/shm/nook-$$" "$T/shm"
	assert_status 0
	assert_equal "$(cat "$T/o3/a/stdout")" text
	[ -f "$T/shm/jobs.journal" ]
}

@test "FS-27: named files come out of the box: regular ones, by no link" {
	need jq
	local make='mkdir -p /tmp/d; echo one >/tmp/d/f; mkfifo /tmp/fifo; ln -s /etc/passwd /tmp/link; '
	make+='ln -s d /tmp/e; truncate -s 2G /tmp/big 2>/dev/null || true'
	job_file "$(job a "$make" '"files":{"out":["/tmp/d/f"]}')" \
		"$(job b "$make" '"files":{"out":["/tmp/fifo","/tmp/link","/tmp/e/f","/tmp/no","/tmp/d"]}')" \
		"$(job c 'echo two >/tmp/f' '"files":{"out":["/tmp/f:deep/er/f"]}')"
	nook_run batch -o "$T/out" "$T/jobs"
	assert_status 1
	[ "$(cd "$T/out" && find . -type f -size +0 | sort)" = $'./a/f\n./deep/er/f' ]
	[ "$(cat "$T/out/a/f" "$T/out/deep/er/f")" = $'one\ntwo' ]
	[ "$(jq -r 'select(.job) | "\(.job) \(.passed) \(.cause) \(.exit_code)"' "$T/jobs.journal" | sort)" = \
		$'a true exited 0\nb false exited 0\nc true exited 0' ]
	local message
	message=$(jq -r 'select(.job == "b") | .message' "$T/jobs.journal")
	[ "$message" = "exited with 0; '/tmp/fifo' did not come out: it is no regular file\
; '/tmp/link' did not come out: a link leads there; '/tmp/e/f' did not come out: a link leads there\
; '/tmp/no' did not come out: No such file or directory\
; '/tmp/d' did not come out: it is no regular file" ] || fail "$message"
	rm "$T/jobs.journal"
	nook_run batch "$T/jobs"
	assert_status 125
	assert_stderr "nook: job 'a' has files that come out, and no --output says where
hint: --output DIR keeps them below DIR"
}

@test "a file that comes out keeps its holes" {
	local make='truncate -s 40M /tmp/f; printf middle | dd of=/tmp/f bs=1M seek=20 conv=notrunc 2>/dev/null'
	job_file "$(job a "$make" '"files":{"out":["/tmp/f"]}')"
	nook_run batch -o "$T/out" "$T/jobs"
	assert_status 0
	assert_equal "$(stat -c %s "$T/out/a/f")" 41943040
	[ "$(stat -c %b "$T/out/a/f")" -lt 256 ]
	assert_equal "$(tail -c +20971521 "$T/out/a/f" | head -c 6)" middle
}

@test "outputs are new files, whatever lies in their place" {
	mkdir -p "$T/out/a"
	echo precious >"$T/precious"
	mkfifo "$T/out/a/stdout"
	ln -s "$T/precious" "$T/out/a/stderr"
	job_file "$(job a 'echo out; echo err >&2')"
	nook_run batch -o "$T/out" "$T/jobs"
	assert_status 0
	[ "$(cat "$T/out/a/stdout" "$T/out/a/stderr" "$T/precious")" = $'out\nerr\nprecious' ]
	rm -r "$T/out/a" "$T/jobs.journal"
	ln -s "$T" "$T/out/a"
	nook_run batch -o "$T/out" "$T/jobs"
	assert_status 125
	[ ! -e "$T/stdout" ]
}

@test "jobs of a stream start while others still come" {
	need jq
	mkfifo "$T/pipe"
	"$NOOK" batch -o "$T/out" - <"$T/pipe" 2>/dev/null 3>&- &
	exec 9>"$T/pipe"
	job a 'echo up' >&9
	started a
	job b 'echo up' '"after":["a"]' >&9
	started b
	exec 9>&-
	wait "$!"
	[ "$(jq -r 'select(.final) | .job' "$T/out.journal" | tr -d '\n')" = ab ]
}

# ticks PID - time on the processor so far
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

@test "a stream may be a file, and one that has ended costs nothing" {
	need jq
	local before
	job_file "$(job a 'exit 1')" "$(job b true)" "$(job c true)"
	nook_run batch -o "$T/out" - <"$T/jobs"
	assert_status 1
	[ "$(jq -r 'select(.final) | .job' "$T/out.journal" | sort | tr -d '\n')" = abc ]
	rm -r "$T/out" "$T/out.journal"
	"$NOOK" batch -o "$T/out" - < <(job a 'echo up; sleep 30') 2>/dev/null 3>&- &
	started a
	before=$(ticks "$!")
	sleep 0.3
	[ "$(($(ticks "$!") - before))" -lt 10 ]
	kill "$!"
	wait "$!" || [ $? = 143 ]
}

@test "a late job that is after a failed one is skipped at once" {
	need jq
	mkfifo "$T/pipe"
	"$NOOK" batch -o "$T/out" - <"$T/pipe" 2>/dev/null 3>&- &
	exec 9>"$T/pipe"
	job a 'exit 1' >&9
	wait_until grep -qs '"job":"a"' "$T/out.journal"
	job b true '"after":["a"]' >&9
	wait_until grep -qs '"job":"b"' "$T/out.journal"
	[ "$(jq -r 'select(.job == "b") | .cause' "$T/out.journal")" = skipped ]
	exec 9>&-
	wait "$!" || [ $? = 1 ]
}

@test "a stream whose first line is bad says so, and counts no jobs" {
	echo '{bad' >"$T/lines"
	nook_run batch -o "$T/out" - <"$T/lines"
	assert_status 125
	assert_stderr "nook: -:1:2: expected a key in \"...\""
	{ job a true; echo '{bad'; } >"$T/lines"
	nook_run batch -o "$T/out2" - <"$T/lines"
	assert_status 125
	assert_stderr_match '^nook: batch: 1 job in .*: .*1 (passed|not run)'
	assert_stderr_match '^nook: -:2:2: expected a key in'
}

@test "a stream is read only as far as its jobs are needed" {
	need jq
	local i
	{
		job s 'echo up; sleep 30'
		for ((i = 0; i < 10000; i++)); do
			echo "{\"id\":\"j$i\",\"profile\":\"strict\",\"command\":[\"true\"]}"
		done
	} >"$T/many"
	"$NOOK" batch -j 1 -o "$T/out" - <"$T/many" 2>/dev/null 3>&- &
	started s
	[ "$(awk '/^pos/ { print $2 }' "/proc/$!/fdinfo/0")" -lt 200000 ]
	kill "$!"
	wait "$!" || [ $? = 143 ]
}

@test "a file that does not come is no reason to stay" {
	local signal
	mkfifo "$T/jobs"
	for signal in INT TERM; do
		perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$NOOK" batch -o "$T/out" "$T/jobs" 3>&- &
		exec 9>"$T/jobs" # it is open now, and has nothing
		kill "-$signal" "$!"
		is_over() { [[ $(cat "/proc/$!/stat" 2>/dev/null) =~ ^$|\)\ Z ]]; }
		wait_until is_over
		exec 9>&-
	done
	[ ! -e "$T/out" ]
}

@test "jobs of a pipe that need the full program are refused: it cannot be read twice" {
	[ -x "$(dirname "$(readlink -f "$NOOK")")/nook-full" ] || skip 'nook-full is not built'
	echo '{"id":"a","profile":"strict","command":["true"],
		"set":{"mounts":[{"filesystem":"tmpfs","source":"none","to":"/fs"}]}}' | tr -d '\n' >"$T/list"
	mkfifo "$T/jobs"
	cat "$T/list" >"$T/jobs" 3>&- &
	run --separate-stderr timeout 20 "$NOOK" batch "$T/jobs"
	# With sanitizers nook is one program that has everything
	if [[ $(readlink -f "$NOOK") = */nook-full ]]; then
		assert_status 0
		return
	fi
	assert_status 125
	assert_stderr "nook: job 'a' needs the full program, which cannot take over a stream
hint: give the jobs as a file"
	nook_run batch -q "$T/list"
	assert_status 0
}

@test "wrong words and wrong jobs are told before anything starts" {
	nook_run batch
	assert_status 125
	nook_run batch -j 0 "$T/jobs"
	assert_status 125
	job_file "$(job a true '"after":["b"]')" "$(job b true '"after":["a"]')"
	nook_run batch "$T/jobs"
	[ "$status" -ne 0 ]
	[ ! -e "$T/jobs.journal" ]
	job_file '{"id":"a","profile":"nosuch","command":["true"]}'
	nook_run batch "$T/jobs"
	assert_status 125
	assert_stderr_match "^nook: $T/jobs:1: job 'a': no profile 'nosuch', looked in "
	[ ! -e "$T/jobs.journal" ]
	job_file "$(job a true)"
	nook_run batch - <"$T/jobs"
	assert_status 125
}
