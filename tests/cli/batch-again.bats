#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# batch-again.bats - nook batch --resume-failed: jobs that did not pass run again, and the last end counts
# as: root user subids
# fresh: no

load helper
load jobs

setup() {
	nook_setup
	need jq
	echo bad >cause
	job_file "${all[@]}"
}

# b fails as long as `cause` is bad; d and e wait for it
all=("$(job a 'echo a once')" "$(job b 'read x; echo $x; [ $x = good ]' '"stdin":"cause"')" "$(job c 'exit 3')"
	"$(job d 'echo d' '"after":["b"]')" "$(job e 'echo e' '"after":["d","a"]')")

# ends - "JOB CAUSE PASSED" of the last final line of each job
ends() {
	jq -rs 'map(select(.final)) | group_by(.job) | map(last | "\(.job) \(.cause) \(.passed)") | .[]' jobs.journal
}

# numbers - what the report counts
numbers() {
	"$NOOK" batch report --json jobs.journal | jq -c '[.jobs, .passed, .failed, .skipped, .not_run, .tries]'
}

@test "what failed runs again when its cause is mended, with all that waited for it, and nothing else" {
	nook_run batch -o out jobs
	assert_status 1
	[ "$(numbers)" = '[5,1,2,2,0,3]' ]
	echo good >cause
	nook_run batch --resume -o out jobs
	assert_status 1
	assert_stderr_match '^nook: batch: 4 jobs that did not pass before were not run again: --resume-failed does that$'
	assert_stderr_match ': 1 passed, 2 failed \(exited 2\), 2 skipped, 5 of them before$'
	[ "$(numbers)" = '[5,1,2,2,0,3]' ]
	echo stale >>out/b/stdout
	head -n 6 jobs.journal >before
	nook_run batch --resume-failed -o out jobs
	assert_status 1
	[ "${stderr/not run again/}" = "$stderr" ]
	assert_stderr_match ': 4 passed, 1 failed \(exited 1\), 1 of them before$'
	# the lines that were there stay
	head -n 6 jobs.journal | cmp - before
	[ "$(wc -l <jobs.journal)" = 10 ]
	[ "$(ends)" = "$(printf '%s\n' 'a exited true' 'b exited true' 'c exited false' 'd exited true' 'e exited true')" ]
	[ "$(cat out/a/stdout out/b/stdout out/d/stdout)" = $'a once\ngood\nd' ]
	[ "$(numbers)" = '[5,4,1,0,0,7]' ]
	# the end that holds is the new one, for what goes on as well
	nook_run batch --resume -o out jobs
	assert_status 1
	assert_stderr_match '^nook: batch: 1 job that did not pass before was not run again'
	assert_stderr_match ': 4 passed, 1 failed \(exited 1\), 5 of them before$'
	[ "$(wc -l <jobs.journal)" = 10 ]
}

@test "a job that failed may be changed; one that passed may not" {
	nook_run batch jobs
	assert_status 1
	echo good >cause
	job_file "${all[@]:0:2}" "$(job c 'exit 0' '"limits":{"wall":"30s"}')" "${all[@]:3}"
	nook_run batch --resume jobs
	assert_status 125
	assert_stderr "nook: job 'c' is not what it was when this journal was begun
hint: it did not pass: --resume-failed runs it as it is now, and all others that did not"
	nook_run batch --resume-failed --fail-fast jobs
	assert_status 0
	[ "$(numbers)" = '[5,5,0,0,0,7]' ]
	# it passed with these words: with these it is done
	nook_run batch --resume-failed jobs
	assert_status 0
	assert_stderr_match ': 5 passed, 5 of them before$'
	job_file "${all[@]}"
	cp jobs.journal before
	nook_run batch --resume-failed jobs
	assert_status 125
	assert_stderr "nook: job 'c' is not what it was when this journal was begun
hint: a job that is changed needs another id, or the batch another journal"
	cmp jobs.journal before
}

@test "options that jobs failed by are changed with --mix, and new jobs of the file run" {
	job_file "$(job a 'sleep 30')"
	nook_run batch --set limits.wall=100ms jobs
	assert_status 1
	job_file "$(job a 'sleep 1')" "$(job b true)"
	nook_run batch --resume-failed --set limits.wall=20s jobs
	assert_status 125
	assert_stderr_match '^hint: .*--mix with these all the same$'
	nook_run batch --resume-failed --mix --set limits.wall=20s jobs
	assert_status 0
	[ "$(numbers)" = '[2,2,0,0,0,3]' ]
}

@test "tries begin with the first one again, and limits that were raised with what they were" {
	job_file "$(job a 'head -c 300 /dev/zero' '"limits":{"output":"10"},"retry":{"output":1,"raise":2}')"
	nook_run batch jobs
	assert_status 1
	nook_run batch --resume-failed jobs
	assert_status 1
	[ "$(jq -r 'select(.job) | "\(.try) \(.limits.output_bytes) \(.final)"' jobs.journal)" = \
		"$(printf '%s\n' '1 10 false' '2 20 true' '1 10 false' '2 20 true')" ]
	[ "$(numbers)" = '[1,0,1,0,0,4]' ]
	# of tries that a batch was killed behind the next one knows, unless the job is another now
	head -n 4 jobs.journal >"cut"
	cp cut jobs.journal
	nook_run batch --resume-failed jobs
	assert_status 1
	[ "$(jq -r 'select(.job) | "\(.try) \(.final)"' jobs.journal | tail -n +4)" = '2 true' ]
	cp cut jobs.journal
	job_file "$(job a 'head -c 301 /dev/zero' '"limits":{"output":"10"},"retry":{"output":1,"raise":2}')"
	nook_run batch --resume-failed jobs
	[ "$(jq -r 'select(.job) | "\(.try) \(.final)"' jobs.journal | tail -n +4)" = $'1 false\n2 true' ]
}

none_runs() { ! pgrep -x nook >/dev/null; }
has_lines() { [ "$(wc -l <jobs.journal)" -ge "$1" ]; }

@test "killed while jobs run again: --resume lets them be, --resume-failed runs them once more" {
	local i many=()
	for i in {1..12}; do
		many+=("$(job "j$i" "sleep 0.3; read x && [ \$x = good ]" '"stdin":"in"')")
	done
	job_file "${many[@]}" "$(job last true "$(printf '"after":["j1"%s]' "$(printf ',"j%d"' {2..12})")")"
	echo bad >in
	nook_run batch -q -j 4 -o out jobs
	assert_status 1
	[ "$(numbers)" = '[13,0,12,1,0,12]' ]
	echo good >in
	"$NOOK" batch -q -j 2 -o out --resume-failed jobs 3>&- &
	wait_until has_lines 17
	kill -9 "$!"
	wait "$!" || true
	wait_until none_runs
	done_now=$(ends | grep -c 'true$')
	[ "$done_now" -ge 3 ]
	[ "$done_now" -lt 12 ]
	[ "$(numbers)" = "[13,$done_now,$((12 - done_now)),1,0,$((12 + done_now))]" ]
	nook_run batch -j 2 -o out --resume jobs
	assert_status 1
	assert_stderr_match "^nook: batch: $((13 - done_now)) jobs that did not pass before were not run again"
	[ "$(numbers)" = "[13,$done_now,$((12 - done_now)),1,0,$((12 + done_now))]" ]
	nook_run batch -j 2 -o out --resume-failed jobs
	assert_status 0
	assert_stderr_match ": 13 passed, $done_now of them before\$"
	[ "$(numbers)" = '[13,13,0,0,0,25]' ]
	# no job passed twice
	[ "$(jq -r 'select(.passed) | .job' jobs.journal | sort | uniq -d)" = "" ]
}

@test "a try that was broken off is no end: the one before it holds" {
	nook_run batch -o out jobs
	job_file "$(job a 'echo a once')" "$(job b 'echo up; sleep 30')" "${all[@]:2}"
	nook_run batch -o out --resume-failed --timeout 500ms jobs
	assert_status 124
	[ "$(jq -c 'select(.job == "b" and .cause == "cancelled") | .final' jobs.journal)" = false ]
	[ "$(numbers)" = '[5,1,2,2,0,5]' ]
	# as it was when it failed it may come back
	job_file "${all[@]}"
	nook_run batch -o out --resume jobs
	assert_status 1
	assert_stderr_match ': 1 passed, 2 failed \(exited 2\), 2 skipped, 5 of them before$'
	echo good >cause
	nook_run batch -o out --resume-failed jobs
	assert_stderr_match ': 4 passed, 1 failed'
}

@test "jobs of a stream and runs of --repeat run again too" {
	nook_run batch -q --journal jobs.journal - < <(printf '%s\n' "${all[@]}")
	assert_status 1
	echo good >cause
	nook_run batch -q --journal jobs.journal --resume-failed - < <(printf '%s\n' "${all[@]}")
	assert_status 1
	[ "$(numbers)" = '[5,4,1,0,null,7]' ]
	rm jobs.journal
	echo bad >cause
	nook_run batch -q --repeat 2 -o out jobs
	assert_status 1
	[ "$(numbers)" = '[10,2,4,4,0,6]' ]
	echo good >cause
	nook_run batch -q --repeat 2 -o out --resume-failed jobs
	[ "$(numbers)" = '[10,8,2,0,0,14]' ]
	[ "$(cat out/b/stdout out/@2/b/stdout)" = $'good\ngood' ]
	[ "$("$NOOK" batch report --json jobs.journal | jq -c '[.runs[].count]')" = '[2,2,2,2,2]' ]
}

@test "the report has each job once: with its last end, in every form" {
	line() {
		printf '{"job":"%s","try":%d,"tries":2,"slot":0,"final":%s,"passed":%s,' "$1" $(($4 > 0)) "$2" "$3"
		printf '"digest":"ff","profile":"batch","started":"2026-11-21T10:00:0%d.000Z","finished":' "$4"
		printf '"2026-11-21T10:00:0%d.500Z","cause":"%s","exit_code":%d,"wall_s":%d}\n' "$4" "$5" "$6" "$4"
	}
	{
		echo '{"schema":1,"journal":"nook batch","slots":1,"jobs":5}'
		line long-name-that-failed true false 1 exited 1
		line b true false 2 oom 137
		line c true false 0 skipped 0
		line d true true 3 exited 0
		line b false false 4 wall 124
		line long-name-that-failed true true 5 exited 0
		line b true false 6 wall 124
		line c true false 0 skipped 0
		line b true false 7 exited 4
	} >j
	nook_run batch report j
	assert_output 'j: 4 jobs on 1 slot in 7.50s, 0.5/s

passed           2
failed           1  exited 1
skipped          1
again            4  tries that were not the last
not run          1  unless it still runs, go on with: nook batch --resume --journal j FILE

               p50       p90       p99       max
wall         5.03s     7.00s     7.00s     7.00s

FAILED  CAUSE     TRY     WALL  MEMORY  MESSAGE
b       exited      1    7.00s       -  exit code 4'
	nook_run batch report --json j
	[ "$(jq -c '[.jobs, .tries, .causes, .failures[].job]' <<<"$output")" = '[4,7,{"exited":1},"b"]' ]
	nook_run batch report --junit j
	assert_match 'tests="5" failures="1" errors="0" skipped="2" '
	[ "$(grep -o 'testcase name="[^"]*"' <<<"$output" | xargs)" = \
		'testcase name=d testcase name=long-name-that-failed testcase name=c testcase name=b testcase name=(not run)' ]
	nook_run batch report --svg j
	assert_equal "$(grep -c 'class="k[0-9]* again"' <<<"$output")" 4
}
