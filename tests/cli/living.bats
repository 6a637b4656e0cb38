#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# living.bats - boxes that stay: create, start, stop, restart, rename, rm, ps -a
# as: root user subids
# takes: 30
# waits: yes
# fresh: no

load helper
load boxes
load net
load living

@test "a box is made, started, stopped and removed, and told of at each step" {
	nook_run create web strict --hostname inside -- sh -c 'hostname; echo no >&2; sleep 600'
	assert_status 0
	assert_output
	assert_equal "$(all name status keeper profile)" "web created - strict"
	nook_run start web
	assert_status 0
	assert_equal "$(all name status)" "web running"
	keeper=$("$NOOK" ps --no-headings -o keeper)
	wait_until grep -q no "$(state_dir)/boxes/web/log"
	assert_equal "$(cut -d' ' -f2- "$(state_dir)/boxes/web/log")" $'stdout F inside\nstderr F no'
	# the keeper: a session of its own, nobody's directory, nothing open of the caller's
	assert_equal "$(ps -o sid= -p "$keeper" | tr -d ' ')" "$keeper"
	assert_equal "$(readlink "/proc/$keeper/cwd")" /
	assert_equal "$(readlink "/proc/$keeper/fd/0" "/proc/$keeper/fd/2" | sort -u)" /dev/null
	nook_run stop web
	assert_status 0
	assert_output
	assert_equal "$(all name status exit)" "web stopped (143) 143"
	assert_equal "$("$NOOK" ps --no-headings)" ""
	nook_run rm web
	assert_status 0
	assert_equal "$(find "$(state_dir)/boxes" -mindepth 1)" ""
}

# held WORD... - nook with these words, while another holds the box and until nook sleeps for it
held() {
	perl -e 'use Fcntl; my $lock = shift @ARGV;
		sysopen my $fd, $lock, O_RDWR or die "$lock: $!";
		# struct flock of a whole file: F_WRLCK, F_OFD_SETLK
		my $whole = pack("s s x4 q q l x4", 1, 0, 0, 0, 0);
		fcntl $fd, 37, $whole or die "lock: $!";
		fcntl $fd, F_SETFD, FD_CLOEXEC;
		my $pid = fork // die; if (!$pid) { exec @ARGV or die }
		for (;;) {
			open my $f, "<", "/proc/$pid/stat" or last;
			my $stat = <$f>;
			last if $stat =~ /\((?:nook|nook-full)\) [SZ]/;
			select undef, undef, undef, 0.01;
		}
		close $fd; waitpid $pid, 0; exit $? >> 8' "$(state_dir)/boxes/web/lock" "$NOOK" "$@"
}

@test "one whose keeper is still ending is waited for, not said to run" {
	"$NOOK" create web strict
	"$NOOK" start web
	kill -KILL "$("$NOOK" ps --no-headings -o keeper)"
	wait_until all_are 'stopped (lost)'
	run --separate-stderr held rm web
	assert_stderr
	assert_status 0
	assert_equal "$(find "$(state_dir)/boxes" -mindepth 1)" ""
}

@test "a command that floods its log from its first moment ran, and that is how it ended" {
	local i
	for i in 1 2 3 4 5 6 7 8; do
		nook_run run -d --name "web$i" --set limits.output=4K base -- yes
		assert_stderr
		assert_status 0
	done
	wait_until all_are 'stopped (137, output)'
}

@test "a time limit that only the profile names is told of at the start; how it ended, afterwards" {
	local lifts="limits.wall of its profile; 'nook update web limits.wall=max' lifts that"
	printf 'extends: strict\nlimits: {wall: 2s}\n' >p.yaml
	nook_run run -d --name web ./p.yaml -- sh -c 'echo here; sleep 600'
	assert_status 0
	assert_output
	assert_stderr "nook: box 'web' ends after 2s, $lifts"
	wait_until all_are 'stopped (124, wall)'
	assert_equal "$(all exit cause)" "124 wall"
	nook_run ps -a --json
	assert_equal "$(json boxes 0 status) $(json boxes 0 exit_code) $(json boxes 0 cause)" \
		"stopped 124 wall"
	nook_run inspect web
	assert_equal "$(json status) $(json exit_code) $(json cause) $(json result cause)" \
		"stopped 124 wall wall"
	nook_run logs web
	assert_output here
	assert_stderr "nook: box 'web': killed: ran longer than limits.wall 2s"
	nook_run logs -q web
	assert_stderr
	nook_run start web
	assert_stderr "nook: box 'web' ends after 2s, $lifts"
	wait_until all_are 'stopped (124, wall)'
	nook_run start -q web
	assert_stderr
	wait_until all_are 'stopped (124, wall)'
	# Lifted, the box says nothing of it any more: it runs until it is stopped
	"$NOOK" update web limits.wall=max
	nook_run start web
	assert_status 0
	assert_stderr
	"$NOOK" stop web
	assert_equal "$(all status cause)" "stopped (143) cancelled"
	nook_run logs web
	assert_stderr
	# Who sets it knows it
	nook_run run -d --rm --name other --timeout 10m strict
	assert_status 0
	assert_stderr
}

@test "start --attach: all that this run writes, to both streams, and the exit code of the box" {
	"$NOOK" create web base -- sh -c 'echo out; echo err >&2; printf "\033[1mend"; exit 7'
	for _ in 1 2; do
		nook_run start -a web
		assert_status 7
		assert_output $'out\n\033[1mend'
		assert_stderr err
	done
	assert_equal "$("$NOOK" logs web 2>/dev/null | grep -c out)" 2
	# One that a limit ends, one that is stopped, one that cannot be started
	"$NOOK" create slow base --timeout 2s -- sleep 600
	nook_run start -a slow
	assert_status 124
	assert_output
	assert_stderr "nook: box 'slow': killed: ran longer than limits.wall 2s"
	"$NOOK" update slow limits.wall=max
	"$NOOK" start -a slow &
	wait_until running slow
	"$NOOK" stop slow
	status=0
	wait $! || status=$?
	assert_status 143
	"$NOOK" create none base -- /nosuch
	nook_run start -a none
	assert_status 127
	nook_run start -a web other
	assert_status 125
	assert_stderr_match "^nook: start --attach takes one box$"
}

# running NAME - whether that box, and no other, runs
running() { [ "$("$NOOK" ps --no-headings -o name)" = "$1" ]; }

# filtered WORD... - names of what `ps` lists then
filtered() { "$NOOK" ps --no-headings -o name "$@" | tr -s ' \n' ' '; }

@test "ps --filter: by name, status, profile, network and label" {
	"$NOOK" create later strict --label tier=db
	"$NOOK" run -d --name web --label tier=web --network none base
	"$NOOK" run -q -d --name worker --network host strict
	assert_equal "$(filtered)" "web worker "
	assert_equal "$(filtered --filter 'name=w*')" "web worker "
	assert_equal "$(filtered -a -f 'name=*er')" "worker later "
	assert_equal "$(filtered -a -f name=web -f name=later)" "web later "
	assert_equal "$(filtered -a -f profile=strict -f status=running)" "worker "
	assert_equal "$(filtered -f status=created)" "later "
	assert_equal "$(filtered -f status=lost)" ""
	assert_equal "$(filtered -f network=host)" "worker "
	assert_equal "$(filtered -a -f network=none)" "web later "
	assert_equal "$(filtered -a -f label=tier)" "web later "
	assert_equal "$(filtered -a -f label=tier=db web later)" "later "
	assert_equal "$(filtered -f profile=strict web)" ""
	nook_run ps --filter id=3
	assert_status 2
	assert_stderr_match "^nook: --filter 'id=3': expected name=, status=, profile=, network= or label=$"
	nook_run ps --filter status=exited
	assert_stderr_match "^nook: --filter 'status=exited': expected one of running, paused, .* busy$"
}

@test "it is planned anew at each start, from where it was made" {
	mkdir here
	printf 'extends: strict\nenvironment: {WHO: one}\n' >here/p.yaml
	(cd here && "$NOOK" create web ./p.yaml --label x=y -- sh -c 'echo $WHO')
	"$NOOK" start web
	wait_until grep -q 'F one$' "$(state_dir)/boxes/web/log"
	id=$(all id)
	sed -i s/one/two/ here/p.yaml
	wait_until "$NOOK" start web
	wait_until grep -q 'F two$' "$(state_dir)/boxes/web/log"
	# the same box, of the same id
	assert_equal "$(all id labels)" "$id x=y"
	mv here gone
	wait_until all_are "stopped (0)"
	nook_run start web
	assert_status 125
	assert_stderr "nook: box 'web' belongs to the directory '$T/here': No such file or directory"
}

@test "a start that fails says why, and leaves the box as it was" {
	"$NOOK" create web strict -- /nosuch
	before=$(all id status)
	nook_run start web
	assert_status 127
	assert_stderr_match "^nook: cannot run '/nosuch': No such file or directory$"
	assert_equal "$(all id status)" "$before"
	nook_run run -d --name other strict -- /etc/passwd
	assert_status 126
	assert_equal "$(all name)" web
	nook_run run -d --name other --init none strict -- /nosuch
	assert_status 127
	assert_equal "$(all name)" web
}

@test "without a command it waits for who comes by, and a shell for who is attached" {
	"$NOOK" create web strict
	nook_run exec web -- true
	assert_status 125
	assert_stderr $'nook: box \'web\' does not run\nhint: nook start web'
	"$NOOK" start web
	nook_run exec web -- echo here
	assert_output here
	assert_equal "$("$NOOK" ps --no-headings -o command)" 'sleep infinity'
	nook_run stop web
	assert_status 0
	for words in attach top; do
		nook_run $words web
		assert_stderr $'nook: box \'web\' does not run\nhint: nook start web'
	done
	"$NOOK" run -d --name tty --set terminal=always strict
	refute_match sleep "$("$NOOK" ps --no-headings -o command)"
}

@test "several at once; the first that fails is told of, the others are started" {
	for name in a b; do "$NOOK" create $name strict -- sleep 600; done
	nook_run start a nosuch b
	assert_status 125
	assert_stderr_match "^nook: no box 'nosuch'$"
	assert_equal "$(all name status)" $'a running\nb running'
	nook_run restart -t 0 a
	assert_status 0
	nook_run stop b a
	assert_status 0
	assert_equal "$(all name status | sort)" $'a stopped (143)\nb stopped (143)'
}

@test "stop: TERM, the time that is given, KILL; a paused box hears it" {
	"$NOOK" run -d --name deaf strict -- sh -c 'trap "" TERM; echo up; while :; do sleep 0.1; done'
	wait_until grep -q up "$(state_dir)/boxes/deaf/log"
	nook_run stop -t 100ms deaf
	assert_status 0
	assert_equal "$(all status)" "stopped (137)"
	nook_run stop deaf
	assert_status 0
	nook_run stop -t soon deaf
	assert_status 2
	"$NOOK" start deaf
	nook_run stop -t soon deaf
	assert_status 2
	assert_stderr_match "^nook: --time 'soon': expected a duration such as 10s$"
	nook_run restart -t soon deaf
	assert_status 125
	assert_stderr_match "^nook: --time 'soon': expected a duration such as 10s$"
}

@test "stop: of a run that ends meanwhile it waits until that is written down" {
	local stopper
	need strace
	"$NOOK" create web strict -- sleep 600
	# the records of the run, of its start and of its end
	strace -D -f -qq -o /dev/null -e trace=renameat -e inject=renameat:delay_enter=2s:when=3 "$NOOK" start -q web
	strace -D -qq -o /dev/null -e trace=pidfd_open -e inject=pidfd_open:delay_enter=1s:when=1 \
		"$NOOK" stop web 2>err 3>&- &
	stopper=$!
	reaches() { grep -q '^434 ' "/proc/$stopper/syscall" 2>/dev/null; }
	wait_until reaches
	pkill -KILL -P "$(pgrep -P "$(all keeper | tr -d ' ')")" -x sleep
	wait "$stopper"
	assert_equal "$(cat err) $(all name status)" " web stopped (137)"
}

@test "who holds a box is named: start, rm and rename of one that runs" {
	"$NOOK" run -d --name web strict -- sleep 600
	keeper=$("$NOOK" ps --no-headings -o keeper)
	for words in "start web" "rm web" "rename web new"; do
		# shellcheck disable=SC2086  # words
		nook_run $words
		assert_stderr "nook: box 'web' is running (pid ${keeper// /})"$'\n'"hint: nook stop web"
	done
	nook_run create web strict
	assert_status 1
	assert_stderr_match "^nook: a box named 'web' is running"
	nook_run run --name web strict -- true
	assert_status 125
	nook_run rm -f web
	assert_status 0
	assert_equal "$(all name)" ""
	nook_run rm web
	assert_status 1
	nook_run rm -f web
	assert_status 0
}

@test "one that goes with its command can be removed before" {
	for _ in 1 2 3 4 5; do
		nook_run run -d --rm --name brief strict -- sleep 600
		assert_status 0
		nook_run rm -f brief
		assert_status 0
		assert_stderr
		assert_equal "$(all name)" ""
	done
}

@test "RC-01: of many that create or start at once one succeeds" {
	for _ in 1 2 3 4 5 6 7 8; do
		"$NOOK" create web strict -- sleep 600 2>>err && echo made >>made &
	done
	wait
	assert_equal "$(wc -l <made)" 1
	assert_equal "$(sort -u err)" "nook: a box named 'web' exists already"
	for _ in 1 2 3 4; do
		"$NOOK" start -q web 2>>err2 && echo started >>started &
	done
	wait
	assert_equal "$(wc -l <started)" 1
	assert_equal "$(grep -vc '^hint' err2)" 3
	refute_match 'nook: ' "$(grep -v "^nook: box 'web' is running (pid [0-9]*)$\|^hint" err2)"
	assert_equal "$(all status)" running
}

# contest CALL FIRST SECOND - two nooks with these words give one name; the first stands before that call,
# between its look at the names and what it makes under one
contest() {
	local words=(strict -- sh -c 'echo ran; sleep 600') one two
	"$NOOK" create old strict -- true
	rm -f out.? err.?
	read -ra one <<<"$2"
	read -ra two <<<"$3"
	[ "${one[0]}" = rename ] || one+=("${words[@]}")
	strace -D -f -qq -o /dev/null -e "trace=$1" -e "inject=$1:delay_enter=1s:when=1" \
		"$NOOK" "${one[@]}" >out.1 2>err.1 3>&- &
	sleep 0.5
	"$NOOK" "${two[@]}" "${words[@]}" >out.2 2>err.2 3>&- &
	has_lost() { grep -qs '^nook: a box named' err.1 err.2; }
	wait_until has_lost
	assert_match "^nook: a box named 'twin' (is running \(pid [0-9]+\)|exists already)$" "$(cat err.?)"
	assert_equal "$(all name | grep -c twin)" 1
	"$NOOK" rm -f old twin
	"$NOOK" kill --all
	wait
	# Nothing of who lost has run
	refute_match ran "$(for i in 1 2; do ! grep -qs 'a box named' err.$i || cat out.$i; done)"
}

@test "RC-01: a name is given once, whoever gives it meanwhile and wherever it goes" {
	need strace
	contest flock "run --name twin" "run --name twin"
	contest flock "run --name twin" "run -d --name twin"
	contest flock "run --name twin" "create twin"
	contest rename,renameat,renameat2 "create twin" "run --name twin"
	contest rename,renameat,renameat2 "run -d --name twin" "run --name twin"
	contest rename,renameat,renameat2 "rename old twin" "run --name twin"
}

@test "RC-01: of many that run under one name at once one does" {
	local i
	for i in 1 2 3 4 5 6 7 8; do
		"$NOOK" run --name twin strict -- sh -c 'echo ran; sleep 600' >>out 2>"err.$i" 3>&- &
	done
	failed() { [ "$(cat err.? | grep -vc ^hint)" = 7 ] && grep -q ran out; }
	wait_until failed
	refute_match 'nook: ' "$(cat err.? | grep -v "^nook: a box named 'twin' is running (pid [0-9]*)$")"
	assert_equal "$(all name)" twin
	"$NOOK" kill twin
	wait
	assert_equal "$(cat out)" ran
}

@test "who is stopped while he gives a box a name is told of by those who would give one" {
	local who
	need strace
	strace -D -qq -o /dev/null -e trace=flock -e inject=flock:signal=STOP:when=2 \
		"$NOOK" create web strict -- true 2>create.err 3>&- &
	who=$!
	# It is stopped as soon as it has that lock
	has_lock() {
		local fd
		for fd in "/proc/$who"/fd/*; do
			[ "$(readlink "$fd")" != "$(runtime_dir)" ] || ! grep -qs ^lock: "/proc/$who/fdinfo/${fd##*/}" ||
				return 0
		done
		return 1
	}
	wait_until has_lock
	nook_run run --name other strict -- true
	assert_status 125
	assert_stderr "nook: cannot give the name 'other' to a box: another nook (pid $who) is giving one
hint: it may be stopped: kill -CONT $who"
	# who gives none is not kept waiting
	nook_run run strict -- true
	assert_status 0
	kill -CONT "$who"
	wait "$who"
	assert_equal "$(cat create.err) $(all name status)" " web created"
	# nor does one that is killed at that keep a name, or anybody
	"$NOOK" rm web
	strace -qq -o /dev/null -e trace=flock -e inject=flock:signal=KILL:when=2 "$NOOK" create web strict -- true \
		2>create.err 3>&- || true
	nook_run run --name web strict -- true
	assert_status 0
	"$NOOK" gc -q
	assert_equal "$(find "$(state_dir)/boxes" -mindepth 1)" ""
}

@test "RC-02: rm while it is started: the box runs whole, or is gone" {
	for name in a b c d e; do
		"$NOOK" create $name strict -- sleep 600
		"$NOOK" start $name 2>/dev/null &
		"$NOOK" rm $name 2>/dev/null || true
		wait
		case $(all name status) in "$name running" | "") ;; *) fail "$(all name status)" ;; esac
		"$NOOK" rm -f $name
	done
	assert_equal "$(find "$(state_dir)/boxes" -mindepth 1)" ""
}

@test "a killed keeper: the box ends, ps -a says lost, stop clears up, start works again" {
	"$NOOK" run -d --name web strict -- sleep 600
	kill -KILL "$("$NOOK" ps --no-headings -o keeper | tr -d ' ')"
	wait_until all_are "stopped (lost)"
	nook_run stop web
	assert_status 0
	assert_equal "$(find "$(runtime_dir)" -name '*.box')" ""
	assert_equal "$(all status)" "stopped (lost)"
	nook_run start web
	assert_status 0
	assert_equal "$(all status)" running
	kill -KILL "$("$NOOK" ps --no-headings -o keeper | tr -d ' ')"
	wait_until "$NOOK" start web
	assert_equal "$(all status)" running
}

@test "a keeper that is killed before it can say that the command runs: its box stays" {
	local starter
	need strace
	strace -D -f -qq -o /dev/null -e trace=sendmsg -e inject=sendmsg:delay_enter=1s \
		"$NOOK" run -d --userns single --name web -v "$T:$T:rw" base -- sh -c "touch $T/up; sleep 600" 2>err &
	starter=$!
	wait_for "$T/up"
	kill -KILL "$("$NOOK" ps --no-headings -o keeper | tr -d ' ')"
	status=0
	wait "$starter" || status=$?
	assert_status 137
	assert_equal "$(grep ^nook: err)" "nook: the keeper of box 'web' has ended"
	wait_until all_are "stopped (lost)"
}

@test "--rm: where the keeper was killed the next command removes the box" {
	lose() { # COMMAND... - begin box web with it, and lose it
		"$@"
		kill -KILL "$("$NOOK" ps --no-headings -o keeper | tr -d ' ')"
		wait_until all_are "stopped (lost)"
	}
	for words in "create other strict" gc "run -d --rm --name web strict -- sleep 600"; do
		lose "$NOOK" run -d --rm --name web strict -- sleep 600
		# shellcheck disable=SC2086 # words
		"$NOOK" $words
		assert_match '^(|web running|other created)$' "$(all name status)"
		"$NOOK" rm -f web other
		assert_equal "$(find "$(state_dir)/boxes" -mindepth 1)" ""
	done
	# Started again it is one of a run; with --keep it stays
	lose "$NOOK" run -d --rm --name web strict -- sleep 600
	lose "$NOOK" start web
	"$NOOK" start web
	"$NOOK" stop -t 0s web
	assert_equal "$(all name)" ""
	lose "$NOOK" run -d --rm --name web strict -- sleep 600
	"$NOOK" run --keep --name web -- true
	lose "$NOOK" start web
	"$NOOK" gc
	assert_equal "$(all name status)" "web stopped (lost)"
}

@test "the name of a box whose keeper was killed is free at once" {
	# One that only runs, for another; one that stays, for itself
	for word in "run --name web" "run --keep --name web" create; do
		for _ in 1 2 3 4; do
			# shellcheck disable=SC2086
			"$NOOK" ${word/create/run --name web} strict -- sleep 600 2>/dev/null &
			keeper=$!
			wait_until running web
			kill -KILL $keeper
			# shellcheck disable=SC2086
			nook_run ${word/create/create web} strict -- true
			assert_status 0
			wait $keeper || true
			"$NOOK" rm -f web
		done
	done
	for _ in 1 2 3 4; do
		"$NOOK" run -q -d --name web strict -- sleep 600
		kill -KILL "$("$NOOK" ps --no-headings -o keeper)"
		nook_run start -q web
		assert_status 0
		assert_stderr
		"$NOOK" rm -f web
	done
	# The control: one that lives is in the way
	"$NOOK" run -q -d --name web strict -- sleep 600
	nook_run create web strict
	assert_status 1
	assert_stderr "nook: a box named 'web' is running (pid $("$NOOK" ps --no-headings -o keeper | tr -d ' '))"
}

@test "a start waits for who looks at what the last run left" {
	local start polls=0
	"$NOOK" run -d --name web strict -- sleep 600
	kill -KILL "$("$NOOK" ps --no-headings -o keeper | tr -d ' ')"
	wait_until all_are "stopped (lost)"
	exec 8<"$(find "$(runtime_dir)" -name '*.box')"
	flock -s 8
	"$NOOK" start web 2>err 8<&- &
	start=$!
	while kill -0 $start 2>/dev/null && [ $((++polls)) -lt 50 ]; do sleep 0.01; done
	exec 8<&-
	wait $start || fail "$(cat err)"
	assert_equal "$(all status)" running
}

@test "a new name: for one that rests, and only one that is free" {
	"$NOOK" create web strict -- true
	"$NOOK" create other strict -- true
	nook_run rename web other
	assert_status 1
	assert_stderr "nook: a box named 'other' exists already"
	nook_run rename web ../x
	assert_status 2
	nook_run rename web new
	assert_status 0
	assert_equal "$(all name)" $'new\nother'
	nook_run start web
	assert_status 125
	nook_run start new
	assert_status 0
}

@test "words that cannot be: no name, a bad one, an unknown profile, a plan that cannot be" {
	nook_run create
	assert_status 2
	nook_run create .web
	assert_status 2
	assert_stderr_match "^nook: '.web' can be no name of a box: expected up to 64 of"
	nook_run create web nosuch
	assert_status 1
	nook_run create web strict --memory many
	assert_status 2
	nook_run run -d --name web nosuchimage
	assert_status 125
	assert_stderr_match "^hint: nook runs profiles, not images: .* nook run --set root.path=DIR machine$"
	nook_run run -d strict -- true
	assert_status 125
	assert_stderr_match "^nook: --detach needs a --name$"
	nook_run run -d --name web --result - strict -- true
	assert_status 125
	assert_stderr_match "^nook: --result is for a run in the foreground$"
	assert_equal "$(all name)" ""
}

# limited WORD... - nook with these words, where no file of its can grow. Its words through pipes
limited() {
	# shellcheck disable=SC2016 # for the inner shell
	run --separate-stderr bash -c '{ (ulimit -f 0; exec "$@") 2>&1 >&3 | cat >&2
		exit "${PIPESTATUS[0]}"; } 3>&1 | cat; exit "${PIPESTATUS[0]}"' bash "$NOOK" "$@"
}

@test "a limit on the size of files is an error, never the signal that comes with it" {
	limited create web base
	assert_status 1
	assert_stderr "nook: cannot write the record of box 'web': File too large"
	limited run -d --name web base
	assert_status 125
	assert_stderr "nook: cannot write the record of box 'web': File too large"
	limited profile new other --path "$T/other.yaml"
	assert_status 1
	assert_stderr_match "^nook: cannot write '.*/other.yaml': File too large"
	assert_equal "$(find "$(state_dir)/boxes" -mindepth 1)" ""
	"$NOOK" create web base -- sh -c 'sed -nE "/Sig(Blk|Ign|Cgt)/p" /proc/self/status; sleep 600'
	limited start web
	assert_status 125
	assert_stderr 'nook: cannot make a record of the box: File too large'
	assert_equal "$(all name status)" "web created"
	# How a run ended, where there is no room for it; and what was said before it
	head -c 1M /dev/zero >full
	run --separate-stderr bash -c 'ulimit -f 1024; "$@" --result - base -- true >>full' bash "$NOOK" run
	assert_status 125
	assert_stderr_match 'File too large'
	for words in 'nosuch -- true' '--set seccomp=off -- sh -c "exit 125"' '--dry-run --set seccomp=off'; do
		run bash -c "ulimit -f 1024; exec '$NOOK' run $words >>full 2>>full"
		assert_equal "$words: $status" "$words: 125"
	done
	rm full
	# The command has what signals do by default, with no mask, whoever starts it
	local free
	free=$'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nSigCgt:\t0000000000000000'
	"$NOOK" start web
	wait_until grep -q SigCgt "$(state_dir)/boxes/web/log"
	assert_equal "$(cut -d' ' -f4- "$(state_dir)/boxes/web/log")" "$free"
	assert_equal "$("$NOOK" exec web sed -nE '/Sig(Blk|Ign|Cgt)/p' /proc/self/status)" "$free"
	nook_run exec web sh -c 'ulimit -f 0; echo >/tmp/f'
	assert_status $((128 + 25))
	nook_run run --set rlimits.fsize=4K base -- sh -c 'head -c 100K /dev/zero >/tmp/f'
	assert_status $((128 + 25))
}

@test "SV-09: a directory of boxes that is open to others is not used" {
	"$NOOK" create web strict -- true
	chmod 755 "$(state_dir)/boxes"
	nook_run create other strict -- true
	assert_status 1
	assert_stderr_match "^nook: cannot use the directory of boxes '.*/boxes': Operation not permitted$"
	chmod 700 "$(state_dir)/boxes"
	assert_equal "$(all name)" web
}

@test "--keep: the same line comes back to the same box, another does not" {
	nook_run run --keep --name work strict -- sh -c 'exit 3'
	assert_status 3
	id=$(all id)
	assert_equal "$(all name status)" "work stopped (3)"
	nook_run run --keep --name work
	assert_status 3
	nook_run run --keep --name work strict -- sh -c 'exit 4'
	assert_status 4
	assert_equal "$(all id status)" "$id stopped (4)"
	nook_run run --keep --name work --memory 64M strict
	assert_status 125
	assert_stderr_match "^nook: box 'work' was made with another profile or other options$"
	nook_run run --name work strict -- true
	assert_status 125
	assert_stderr_match "^nook: a box named 'work' exists already$"
	nook_run run -d --rm --name once strict -- true
	assert_status 0
	wait_until named work
}
