#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# update.bats - `nook update` of what nook itself watches; pause.bats has limits of the cgroup
# as: root user subids
# takes: 25
# waits: yes
# fresh: no

load helper
load boxes

@test "a shorter limits.wall ends the box at the new time, and the result has it" {
	start_box one 'sleep 60' --name web --timeout 50s
	nook_run update web wall=300ms limits.grace=0
	assert_status 0
	assert_output
	wait_keeper
	assert_status 124
	assert_equal "$(result one cause)" wall
	assert_match '"limits":\{"wall_s":0.300,' "$(cat "$T/one.result")"
	assert_equal "$(cat "$T/one.err")" \
		"nook: killed: ran longer than limits.wall 300ms; try --timeout with more"
}

@test "a longer one, and none at all, let it live on" {
	start_box one 'sleep 4; exit 5' --name web --timeout 3500ms
	nook_run update web wall=20s
	assert_status 0
	wait_keeper
	assert_status 5
	start_box two 'sleep 4; exit 6' --name web --timeout 3500ms
	nook_run update web wall=max
	wait_keeper
	assert_status 6
	assert_match '"limits":\{"wall_s":null,' "$(cat "$T/two.result")"
}

@test "limits.output can be raised, lowered and lifted, and is still counted" {
	start_box one 'head -c 1000 /dev/zero; touch /t/first; while [ ! -e /t/go ]; do sleep 0.01; done; head -c 5000 /dev/zero; exit 3' \
		--name web --set limits.output=2K
	wait_for "$T/first"
	nook_run update web output=10K
	assert_status 0
	touch "$T/go"
	wait_keeper
	assert_status 3
	assert_equal "$(result one output_bytes)" 6000
	rm -f "$T/go" "$T/first"
	start_box two 'touch /t/first; while [ ! -e /t/go ]; do sleep 0.01; done; head -c 5000 /dev/zero; exit 4' \
		--name web --set limits.output=2K
	nook_run update web output=max
	touch "$T/go"
	wait_keeper
	assert_status 4
	rm -f "$T/go" "$T/first"
	start_box three 'touch /t/first; while [ ! -e /t/go ]; do sleep 0.01; done; head -c 5000 /dev/zero; exit 4' \
		--name web --set limits.output=10K
	nook_run update web output=1K
	touch "$T/go"
	wait_keeper
	assert_status 137
	assert_equal "$(result three cause)" output
	assert_equal "$(stat -c %s "$T/three.out")" 1024
}

@test "limits.output of a box that began without it cannot be set" {
	start_box one 'sleep 60' --name web
	nook_run update web output=1K
	assert_status 1
	assert_stderr_match '^nook: limits.output cannot be set now: this box began without it$'
	assert_stderr_match '^hint: .*--set limits.output=SIZE'
}

@test "all values are set, or none" {
	start_box one 'sleep 0.7; exit 5' --name web
	nook_run update web wall=100ms output=1K
	assert_status 1
	wait_keeper
	assert_status 5
}

@test "wrong words name what was meant" {
	start_box one 'sleep 60' --name web
	nook_run update web
	assert_status 2
	assert_stderr_match '^nook: update takes a box and what to change$'
	nook_run update web wall
	assert_status 2
	assert_stderr_match "^nook: 'wall': expected KEY=VALUE$"
	nook_run update web wal=3s
	assert_stderr_match "^nook: unknown key 'wal', did you mean 'wall'$"
	nook_run update web hostname=x
	assert_stderr_match "^nook: 'hostname' cannot be changed while a box runs$"
	nook_run update web wall=3x
	assert_status 2
	assert_stderr_match "^nook: limits.wall '3x': expected a duration above 0 such as 10s or 2m30s, or max$"
	nook_run update web wall=0
	assert_status 2
	nook_run update web memory=64
	assert_status 2
	assert_stderr_match "^nook: limits.memory '64': expected a size from 4K on such as 512M, or max$"
	nook_run update web swap=4095
	assert_status 2
	assert_stderr_match "^nook: limits.swap '4095': expected 0, a size from 4K on such as 512M, or max$"
	nook_run run --set limits.memory=64M --set limits.swap=1 base -- true
	assert_status 125
	assert_stderr_match "^nook: --set: 'limits.swap' cannot be '1': expected 0, a size from 4K on such as 512M, or max$"
	nook_run update web grace=max
	assert_stderr_match "^nook: 'limits.grace' needs a value$"
	nook_run update wbe wall=3s
	assert_status 1
	assert_stderr_match "^nook: no running box 'wbe', did you mean 'web'$"
}

@test "CPUs that are not there are refused by the kernel, and it is said where they are" {
	only_for root "the controller cpuset of cgroup v1 is root's"
	start_box one 'sleep 60' --name web --set limits.cpuset=0
	nook_run update web cpuset=4000
	assert_status 1
	assert_stderr_match "^nook: cannot write '4000' to 'cpuset.cpus': "
	assert_stderr_match '^hint: .*/sys/devices/system/cpu/possible'
}

@test "a box without a cgroup of its own cannot be paused, and is told how it would have one" {
	start_box one 'sleep 60' --name web
	nook_run pause web
	assert_status 1
	assert_stderr_match '^nook: this box has no cgroup of its own'
	assert_stderr_match '^hint: .*--pids-limit'
}

@test "an answer that is lost is not said to be of another version" {
	start_box one 'sleep 60' --name web
	"$NOOK" update web wall=9s
	sock=$(find "$(runtime_dir)" -name '*.sock')
	mv "$sock" "$sock.own"
	# In the keeper's place one that hears the question and closes
	(cd "${sock%/*}" && exec perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0) or die;
		bind($s, sockaddr_un($ARGV[0])) or die; listen($s, 1) or die;
		accept(my $c, $s) or die; recv($c, my $buf, 65536, 0)' "${sock##*/}") 3>&- &
	wait_until test -S "$sock"
	nook_run update web wall=8s
	assert_status 1
	assert_equal "$stderr" "nook: the answer of box 'web' is lost: its keeper (pid $keeper) may have done what was asked, or is of another version
hint: nook inspect web shows how it is now"
	mv "$sock.own" "$sock"
}

@test "a keeper that is stopped does not answer, and update says so" {
	start_box one 'sleep 60' --name web
	kill -STOP "$keeper"
	run --separate-stderr timeout 20 "$NOOK" update web wall=9s
	assert_status 1
	assert_stderr_match "^nook: the keeper of box 'web' \(pid $keeper\) does not answer$"
	assert_stderr_match "^hint: .*kill -CONT $keeper"
	kill -CONT "$keeper"
	nook_run update web wall=9s
	assert_status 0
}

@test "what was asked of a keeper that is stopped is not done when it goes on" {
	start_box one 'trap "touch /t/signalled" USR1; while :; do sleep 0.05; done' --name web
	nook_run update web wall=90s # it has its socket
	kill -STOP "$keeper"
	"$NOOK" exec -d web -- touch /t/in 2>"$T/exec.said" &
	"$NOOK" update web environment.LATE=yes 2>"$T/update.said" &
	"$NOOK" kill -s USR1 web 2>"$T/kill.said" &
	for how in exec:125 update:1 kill:1; do
		status=0
		wait -n || status=$?
		echo "$status" >>"$T/codes"
	done
	assert_equal "$(sort "$T/codes" | tr '\n' ' ')" "1 1 125 "
	for how in exec update kill; do
		assert_match "^nook: the keeper of box 'web' \(pid $keeper\) does not answer, and may still do what was asked$" \
			"$(cat "$T/$how.said")"
	done
	kill -CONT "$keeper"
	# it is asked behind them
	nook_run exec web -- sh -c 'sleep 0.2; echo "LATE $LATE"'
	assert_output "LATE "
	refute test -e "$T/in"
	refute test -e "$T/signalled"
	nook_run update web environment.LATE=yes
	nook_run exec web -- sh -c 'echo "LATE $LATE"'
	assert_output "LATE yes"
}
