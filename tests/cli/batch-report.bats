#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# batch-report.bats - `nook batch report`: table, JSON, JUnit's XML and picture of a journal
# as: user
# fresh: no
load helper

head='{"schema":1,"journal":"nook batch","started":"2026-11-21T10:00:00.000Z","slots":2}'

# line JOB FINAL PASSED CAUSE CODE WALL SECOND [MESSAGE] - one line of a journal
line() {
	printf '{"job":"%s","try":1,"tries":2,"slot":%d,"final":%s,"passed":%s,' "$1" $(($7 % 2)) "$2" "$3"
	printf '"digest":"00000000000000ff","profile":"batch","started":"2026-11-21T10:00:0%d.000Z",' "$7"
	printf '"finished":"2026-11-21T10:00:0%d.500Z","cause":"%s","exit_code":%d,"signal":null,' "$7" "$4" "$5"
	printf '"wall_s":%s,"cpu_s":0.25,"memory_peak_bytes":1048576,"message":"%s"}\n' "$6" "${8:-}"
}

setup() {
	nook_setup
	journal=j
	{
		echo "$head"
		line a true true exited 0 0.001 1
		line b false false oom 137 0.5 2 'killed: out of memory'
		line b true true exited 0 0.5 3
		line c true false exited 3 0.002 4
		line d true false wall 124 0.5 5 'killed: <ran> \"too\" long & \u001b[31m'
		line e true false setup 125 0.0001 6 'cannot mount'
		echo '{"job":"f","try":0,"tries":1,"final":true,"passed":false,"cause":"skipped","message":"c did not pass"}'
	} >"$journal"
}

@test "the table has totals, percentiles and what failed" {
	nook_run batch report "$journal"
	assert_status 0
	assert_output "$journal: 6 jobs on 2 slots in 5.50s, 1.1/s

passed           2
failed           3  exited 1, wall 1, setup 1
skipped          1
again            1  tries that were not the last

               p50       p90       p99       max
wall        2.01ms     500ms     500ms     500ms
cpu          250ms     250ms     250ms     250ms
memory          1M        1M        1M        1M

FAILED  CAUSE     TRY     WALL  MEMORY  MESSAGE
c       exited      1   2.00ms      1M  exit code 3
d       wall        1    500ms      1M  killed: <ran> \"too\" long & \x1b[31m
e       setup       1    100us      1M  cannot mount"
}

@test "JSON has the same numbers" {
	nook_run batch report --json "$journal"
	assert_equal "$(jq -c '[.jobs, .passed, .failed, .skipped, .tries, .causes, .wall_s.max, .torn]' <<<"$output")" \
		'[6,2,3,1,6,{"exited":1,"wall":1,"setup":1},0.5,false]'
	assert_equal "$(jq -c '[.failures[] | [.job, .cause, .exit_code]]' <<<"$output")" \
		'[["c","exited",3],["d","wall",124],["e","setup",125]]'
}

@test "JUnit's XML: a test for each job, escaped, without control bytes" {
	nook_run batch report --junit "$journal"
	assert_output '<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="'"$journal"'" tests="6" failures="2" errors="1" skipped="1" time="5.500" timestamp="2026-11-21T10:00:01">
  <testcase name="a" classname="batch" time="0.001000"/>
  <testcase name="b" classname="batch" time="0.500000"/>
  <testcase name="c" classname="batch" time="0.002000">
    <failure type="exited" message="exit code 3"/>
  </testcase>
  <testcase name="d" classname="batch" time="0.500000">
    <failure type="wall" message="killed: &lt;ran&gt; &quot;too&quot; long &amp; \x1b[31m"/>
  </testcase>
  <testcase name="e" classname="batch" time="0.000100">
    <error type="setup" message="cannot mount"/>
  </testcase>
  <testcase name="f" classname="nook" time="0.000000">
    <skipped message="c did not pass"/>
  </testcase>
</testsuite>'
}

@test "the picture has every try, both colour schemes and no script" {
	nook_run batch report --svg "$journal"
	assert_status 0
	assert_equal "$(grep -c '<rect class="k[0-9]*\( again\)\?" x=.*<title>' <<<"$output")" 6
	assert_match 'prefers-color-scheme:dark'
	assert_match '<title>d: wall, 0.500 s, 1M</title>'
	assert_match '^<svg xmlns="http://www.w3.org/2000/svg"'
	refute_match '<script|href='
	assert_equal "$(tail -n 1 <<<"$output")" '</svg>'
	# as many rectangles as there are columns and slots, however many jobs
	{
		echo "$head"
		tail -n +2 "$journal" >body
		for ((i = 0; i < 400; i++)); do cat body; done
	} >many
	"$NOOK" batch report --svg many >many.svg
	assert test "$(grep -c '<rect' many.svg)" -lt 60
}

@test "a torn last line is said and left out; a head alone is a journal" {
	printf '{"job":"g","try":1,"fin' >>"$journal"
	nook_run batch report "$journal"
	assert_line 'The last line is not whole: it is being written, or its writer was killed.'
	assert_match ': 6 jobs on 2 slots'
	echo "$head" >"$journal"
	nook_run batch report "$journal"
	assert_output "$journal: 0 jobs on 2 slots

passed           0
failed           0"
	nook_run batch report --json "$journal"
	assert_equal "$(jq -c '[.jobs, .wall_s.p50, .failures]' <<<"$output")" '[0,null,[]]'
	nook_run batch report --svg "$journal"
	assert_status 0
	nook_run batch report --junit "$journal"
	assert_status 0
}

@test "a batch that was ended or killed has not run all of its jobs, and the report says so" {
	{
		echo "${head%\}},\"options\":\"--output\",\"jobs\":500}"
		tail -n +2 j
	} >list.journal
	nook_run batch report list.journal
	assert_line 'not run        494  unless it still runs, go on with: nook batch --resume --journal list.journal FILE (begun with --output)'
	touch list
	nook_run batch report list.journal
	assert_line 'not run        494  unless it still runs, go on with: nook batch --resume list (begun with --output)'
	nook_run batch report --json list.journal
	assert_equal "$(jq -c '[.jobs, .not_run]' <<<"$output")" '[6,494]'
	nook_run batch report --junit list.journal
	assert_match '^<testsuite name="list.journal" tests="7" failures="2" errors="1" skipped="2" '
	assert_equal "$(tail -n 4 <<<"$output")" '  <testcase name="(not run)" classname="nook" time="0.000000">
    <skipped message="the batch has not run 494 of its jobs"/>
  </testcase>
</testsuite>'
	# how many jobs there are the last line says that has it; a stream cannot
	echo '{"resumed":"2026-11-21T11:00:00.000Z","jobs":7}' >>list.journal
	nook_run batch report --json list.journal
	assert_equal "$(jq -c '[.jobs, .not_run]' <<<"$output")" '[6,1]'
	echo '{"resumed":"2026-11-21T11:00:00.000Z","jobs":6}' >>list.journal
	nook_run batch report list.journal
	refute_match 'not run'
	nook_run batch report --junit list.journal
	refute_match 'not run'
	echo '{"resumed":"2026-11-21T11:00:00.000Z","jobs":null}' >>list.journal
	nook_run batch report --json list.journal
	assert_equal "$(jq -c '[.jobs, .not_run]' <<<"$output")" '[6,null]'
	nook_run batch report --json j
	assert_equal "$(jq -c .not_run <<<"$output")" null
	echo '{"resumed":"2026-11-21T11:00:00.000Z","jobs":6}x' >>list.journal
	nook_run batch report list.journal
	assert_status 1
	assert_stderr "nook: 'list.journal': the journal is damaged in line 12"
}

@test "what is no journal is refused" {
	nook_run batch report "none"
	assert_status 1
	assert_stderr "nook: cannot open 'none': No such file or directory"
	echo hello >"$journal"
	nook_run batch report "$journal"
	assert_status 1
	assert_stderr_match "^nook: '$journal': "
	nook_run batch report
	assert_status 2
	nook_run batch report --json --svg "$journal"
	assert_status 2
	assert_stderr_match "^nook: --json and --svg are two reports"
}

@test "times and slots out of all bounds do no harm" {
	{
		echo "$head"
		line a true true exited 0 99999999999 1
		line b true true exited 0 1e300 2
		line c true false lost 137 -1 3 | sed 's/"slot":1/"slot":2147483647/; s/2026/9999/'
	} >"$journal"
	for kind in all json junit svg; do
		nook_run batch report --$kind "$journal"
		assert test "$status" -le 1
		refute_match 'nan|inf[" ]'
	done
}
