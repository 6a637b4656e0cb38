#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# batch-processes.bats - nook batch where a user may have few processes (RLIMIT_NPROC)
# as: user
# fresh: no

load helper

setup() {
	nook_setup
	need jq
	unshare --user --map-current-user true 2>/dev/null || skip "no user namespaces here"
}

# jobs_of COMMAND - forty of them; JSON
jobs_of() {
	for id in {1..40}; do
		echo "{\"id\":\"j$id\",\"profile\":\"base\",\"command\":$1,\"limits\":{\"cpus\":0.01,\"enforce\":\"best-effort\"}}"
	done >"$T/list"
}

# with_few N OPTION... - a batch that may have N processes. In a user namespace of its own, where those
# of the same user elsewhere do not count
with_few() {
	local most=$1
	shift
	unshare --user --map-current-user bash -c 'ulimit -Su "$0" && exec "$@"' "$most" "$NOOK" batch "$@" \
		--journal "$T/journal" "$T/list" 2>"$T/err"
}

all_passed() {
	assert_equal "$(jq -r 'select(.final and .passed and .try == 1) | .job' "$T/journal" | wc -l)" 40
	assert_equal "$(jq -r 'select(.job) | .job' "$T/journal" | wc -l)" 40
}

# waiting_jobs - as many that say in $T/up that they run, and end when a line of $T/go is theirs. What they
# need is built into sh(1): each has as many processes as it has at any time
waiting_jobs() {
	mkfifo "$T/go"
	printf 'extends: base\nmounts: [{bind: "%s", to: /t, options: [rw]}]\n' "$T" >"$T/base.yaml"
	jobs_of '["sh","-c","echo up >>/t/up; read -r line </t/go"]'
	sed -i "s|\"base\"|\"$T/base.yaml\"|" "$T/list"
	: >"$T/up"
	# open for both: whoever reads waits for a line
	exec 9<>"$T/go"
}
let_go() { for _ in {1..40}; do echo; done >&9; }
run_at_once() { [ "$(wc -l <"$T/up")" -ge "$1" ]; }
says_fewer() { grep -q 'fewer jobs' "$T/err"; }

@test "-j auto runs as many jobs as there may be processes for" {
	local batch
	waiting_jobs
	with_few 40 -j auto --total-cpus 40 --total-memory 1T 3>&- &
	batch=$!
	# more at a time than CPUs here, and not forty
	wait_until run_at_once 4
	let_go
	wait "$batch" || fail "$(cat "$T/err")"
	exec 9>&-
	all_passed
	refute says_fewer
	jq -se '[.[].slot | numbers] | max | . > 3 and . < 10' "$T/journal"
}

@test "a job that cannot begin for want of a process begins when another has ended" {
	local batch
	waiting_jobs
	with_few 20 -j 12 3>&- &
	batch=$!
	wait_until says_fewer
	let_go
	wait "$batch" || fail "$(cat "$T/err")"
	all_passed
	assert_equal "$(grep -c '^nook: batch: fewer jobs run at a time from here on: cannot .*: Resource temporarily unavailable$' "$T/err")" 1
	rm "$T/journal"
	: >"$T/up"
	with_few 80 -j 12 3>&- & # the control
	batch=$!
	wait_until run_at_once 12
	let_go
	wait "$batch" || fail "$(cat "$T/err")"
	exec 9>&-
	refute says_fewer
}

@test "where there are no processes for the slots themselves there are fewer" {
	jobs_of '["sleep","0.01"]'
	with_few 16 -j 200 || fail "$(cat "$T/err")"
	all_passed
	assert_equal "$(grep -c '^nook: batch: no more than [1-5] jobs run at a time: there are no processes for more slots (ulimit -u)$' "$T/err")" 1
}

@test "a slot that is killed has another process as soon as there may be one" {
	: >"$T/go"
	for id in a b; do
		echo "{\"id\":\"$id\",\"profile\":\"base\",\"command\":[\"sh\",\"-c\",\"echo up; until read x; do sleep 0.02; done\"],\"stdin\":\"go\"}"
	done >"$T/list"
	unshare --user --map-current-user "$NOOK" batch -j 1 -o "$T/out" --journal "$T/journal" "$T/list" 2>"$T/err" 3>&- &
	wait_until grep -qs up "$T/out/a/stdout"
	prlimit --pid "$!" --nproc=1:
	ps -o pid=,sid= --ppid "$!" | awk '$1 == $2 { print $1 }' | xargs kill -9
	wait_until grep -qs '"job":"a"' "$T/journal"
	[ ! -e "$T/out/b" ]
	prlimit --pid "$!" --nproc=50:
	echo >>"$T/go"
	wait "$!" || [ $? = 1 ]
	assert_equal "$(jq -r 'select(.final) | "\(.job) \(.cause)"' "$T/journal" | xargs)" 'a lost b exited'
}
