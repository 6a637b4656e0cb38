#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# batch-admit.bats - nook batch -j auto, --total-memory, --total-cpus: which jobs run at a time
# as: root user
# fresh: no

load helper

# job ID LIMITS COMMAND - a line of $T/jobs; limits count where they cannot be set too
job() {
	printf '{"id":"%s","profile":"strict","command":["sh","-c","%s"],"stdin":"go","limits":{%s,"enforce":"best-effort"}}\n' \
		"$1" "$3" "$2" >>"$T/jobs"
}

# waits for a line in $T/go, which all jobs have as stdin
hold='echo up; until read x; do sleep 0.02; done'

setup() {
	nook_setup
	touch "$T/go"
}

# batch OPTION... - in the background
batch() {
	"$NOOK" batch -q -o "$T/out" "$@" "$T/jobs" 2>"$T/err" 3>&- &
}

# has_started ID, has_ended ID
has_started() {
	grep -qs up "$T/out/$1/stdout"
}
has_ended() {
	grep -qs "\"job\":\"$1\"" "$T/jobs.journal"
}

first_cpu() {
	taskset -cp $$ | sed 's/.*: //; s/[-,].*//'
}

go() {
	echo >>"$T/go"
	wait "$!"
}

@test "a job starts only when its memory fits beside those that run; smaller ones pass it by" {
	job a '"memory":"60M"' "$hold"
	job b '"memory":"60M"' 'echo up'
	job c '"memory":"40M"' 'echo up'
	batch -j 3 --total-memory 100M
	wait_until has_ended c
	wait_until has_started a
	[ ! -e "$T/out/b" ]
	go
	has_started b
	rm -r "$T/out" "$T/go" "$T/jobs.journal"
	touch "$T/go"
	batch -j 3 # the control: nothing counts
	wait_until has_ended b
	go
}

@test "the same of CPUs, where a job without a limit has one" {
	job a '"cpus":0.2' "$hold"
	job b '"pids":100' 'echo up'
	job c '"cpus":0.1' 'echo up'
	batch -j 3 --total-cpus 1
	wait_until has_ended c
	[ ! -e "$T/out/b" ]
	go
	has_started b
}

@test "-j auto has as many slots as jobs fit, whatever the number of CPUs" {
	need jq taskset
	for id in a b c; do
		job $id '"cpus":0.1,"memory":"16M"' "$hold"
	done
	taskset -c "$(first_cpu)" "$NOOK" batch -q -j auto --total-cpus 0.3 --total-memory 48M \
		-o "$T/out" "$T/jobs" 3>&- &
	for id in a b c; do
		wait_until has_started $id
	done
	go
	[ "$(jq -c 'select(.final) | .slot' "$T/jobs.journal" | sort | xargs)" = '0 1 2' ]
	[ "$(jq 'select(.journal) | .slots' "$T/jobs.journal")" = null ]
	nook_run batch report --json "$T/jobs.journal"
	[ "$(jq .slots <<<"$output")" = null ]
}

@test "-j auto lets a job share the CPUs there are, whatever it may use" {
	need taskset
	job a '"cpus":2' 'echo up'
	taskset -c "$(first_cpu)" "$NOOK" batch -q -j auto -o "$T/out" "$T/jobs"
	has_started a
}

@test "-j auto goes on with the slots there are where no other can be made" {
	need jq taskset
	for id in {1..40}; do
		job "$id" '"cpus":0.1' true
	done
	(ulimit -Sn 64 && exec taskset -c "$(first_cpu)" "$NOOK" batch -j auto --total-cpus 40 \
		--total-memory 1T -o "$T/out" "$T/jobs") 2>"$T/err" 3>&- || fail "$(cat "$T/err")"
	assert_equal "$(jq 'select(.final and .passed) | .job' "$T/jobs.journal" | wc -l)" 40
	grep -q '^nook: batch: no more than [0-9]* jobs run at a time: ' "$T/err"
}

@test "a job that never fits is an error with its line, and none has started" {
	job a '"memory":"1M"' true
	job b '"memory":"1000T"' true
	nook_run batch -j auto "$T/jobs"
	assert_status 125
	assert_stderr_match "^nook: $T/jobs:2: job 'b' may use 1000T of memory \(limits.memory\), and there is [0-9.]+[MGT] for all that run$"
	assert_stderr_match "^hint: lower its limit, or give --total-memory or -j N$"
	[ ! -e "$T/jobs.journal" ]
	nook_run batch --total-memory 1000T -q --total-cpus 0.5 --set limits.cpus=1 "$T/jobs"
	assert_status 125
	assert_stderr_match "^nook: $T/jobs:1: job 'a' may use 1 CPUs \(limits.cpus\), and there are 0.5 for all that run"
	for bad in '--total-memory=0' '--total-cpus=x' '--total-memory=16G'; do
		nook_run batch --check "${bad%%=*}" "${bad#*=}" "$T/jobs"
		assert_status 125
	done
	assert_stderr "nook: $T/jobs:2: job 'b' may use 1000T of memory (limits.memory), and there is 16G for all that run
hint: lower its limit, or give --total-memory or -j N"
	nook_run batch --check --total-memory 1000T --total-cpus 1 "$T/jobs"
	assert_status 0
	for bad in '-j=0' '-j=many' '--total-memory=0' '--total-memory=x' '--total-cpus=0'; do
		nook_run batch "${bad%%=*}" "${bad#*=}" "$T/jobs"
		assert_status 125
	done
}
