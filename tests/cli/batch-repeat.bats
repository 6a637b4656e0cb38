#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# batch-repeat.bats - nook batch --repeat: runs of a job, where they are kept, how they differ
# as: root user
# alike: user
# fresh: no

load helper

setup() {
	nook_setup
	need jq
	# what a run sees of the others: how many had begun before it
	cat >jobs.yaml <<-'EOF'
	profile: strict
	jobs:
	- {id: same, command: "echo same; echo err >&2"}
	- {id: writes, command: "read x; echo $x", stdin: count}
	- {id: ends, command: "read x; exit $x", stdin: count}
	- {id: file, command: "cat >/tmp/f", stdin: count, files: {out: [/tmp/f]}}
	- {id: chain, command: "cat /tmp/f", files: {in: ["out/file/f:/tmp/f"]}, after: file}
	EOF
	echo 0 >count
}

# in_rounds - runs 1 to 3, of which the last finds another number; by stopping in between
in_rounds() {
	"$NOOK" batch -q -j 1 --repeat 3 -o out jobs.yaml || [ $? = 1 ]
	sed -i '/"job":"[a-z]*@3"/d' jobs.yaml.journal
	rm -r out/@3
	echo 1 >count
	nook_run batch -j 1 --repeat 3 --resume -o out jobs.yaml
}

@test "every job runs so often, in rounds, each run a job of the journal" {
	in_rounds
	assert_status 1
	assert_equal "$(jq -r 'select(.final) | .job' jobs.yaml.journal | sort | xargs)" \
		'chain chain@2 chain@3 ends ends@2 ends@3 file file@2 file@3 same same@2 same@3 writes writes@2 writes@3'
	# the second run of the first job comes behind the first of all others that could start
	assert_equal "$(jq -r 'select(.final) | .job' jobs.yaml.journal | head -n 5 | xargs)" \
		'same writes ends file same@2'
	assert_equal "$(jq 'select(.journal) | .repeat' jobs.yaml.journal)" 3
	# nothing of it was run again
	nook_run batch -q --repeat 3 --resume -o out jobs.yaml
	assert_equal "$(jq -r 'select(.job) | .job' jobs.yaml.journal | wc -l)" 15
}

@test "the output of each run is kept, the first where it is without" {
	in_rounds
	assert_equal "$(cat out/writes/stdout out/@2/writes/stdout out/@3/writes/stdout | xargs)" '0 0 1'
	assert_equal "$(cat out/file/f out/@2/file/f out/@3/file/f | xargs)" '0 0 1'
	# who is after another has the output of its first run
	assert_equal "$(cat out/chain/stdout out/@2/chain/stdout out/@3/chain/stdout | xargs)" '0 0 0'
	diff -r out/same out/@2/same
	sed -i 's,/tmp/f\],"/tmp/f:@2/x"],' jobs.yaml
	nook_run batch -q --repeat 2 --journal other -o out2 jobs.yaml
	assert_status 125
	assert_stderr "nook: job 'file': with --repeat no file comes out to a name that begins with '@'"
}

@test "runs that differ are named when it ends and in the report; equal ones are not" {
	in_rounds
	local differ="runs of job 'writes' differ: what they wrote
runs of job 'ends' differ: how they ended
runs of job 'file' differ: what they wrote"
	assert_equal "$(sed -n 's/^nook: batch: \(runs of\)/\1/p' <<<"$stderr")" "$differ"
	assert_stderr_match '^nook: batch: 3 of 5 jobs ran differently: nook batch report jobs.yaml.journal compares them$'
	nook_run batch report jobs.yaml.journal
	assert_equal "$(grep '^runs of' <<<"$output")" "$differ"
	assert_equal "$(awk '/^RUNS/, /^$/ { print $1, $2 }' <<<"$output" | xargs)" \
		'RUNS COUNT same 3 writes 3 ends 3 file 3 chain 3'
	nook_run batch report --json jobs.yaml.journal
	assert_equal "$(jq -c '.repeat, (.runs[] | [.job, .count, .ends_differ, .outputs_differ])' <<<"$output")" \
		'3
["same",3,false,false]
["writes",3,false,true]
["ends",3,true,false]
["file",3,false,true]
["chain",3,false,false]'
	nook_run batch report --junit jobs.yaml.journal
	assert_equal "$(grep -c '<testcase name="[a-z]*@[23]"' <<<"$output")" 10
}

@test "that all runs were alike is said too, and nothing where nothing was run twice" {
	echo '{"id":"a","profile":"strict","command":["true"]}' >list
	nook_run batch --repeat 2 --journal 'a journal' list
	assert_status 0
	assert_stderr_match "^nook: batch: all runs alike; nook batch report 'a journal' has times$"
	nook_run batch --journal once list
	assert_equal "$(grep -c 'runs' <<<"$stderr")" 0
}

@test "of many jobs whose runs differ the first are named, and all where that is asked for" {
	{
		echo '{"schema":1,"journal":"nook batch","started":"2026-11-21T10:00:00.000Z","slots":2,"repeat":2}'
		for job in {1..22}; do
			for run in "$job:0" "$job@2:1"; do
				printf '{"job":"%s","try":1,"tries":1,"slot":0,"final":true,"passed":true,' "${run%:*}"
				printf '"output_digest":"%s","cause":"exited","exit_code":0,"wall_s":1}\n' "${run#*:}"
			done
		done
	} >j
	nook_run batch report j
	assert_equal "$(grep -c "^runs of job '[0-9]*' differ: what they wrote$" <<<"$output")" 20
	assert_line "runs of more jobs differ: 'nook batch report --all' names them"
	assert_line 'and 2 more: --all lists them'
	nook_run batch report --all j
	assert_equal "$(grep -c "^runs of job '[0-9]*' differ: what they wrote$" <<<"$output")" 22
	refute_match 'more'
}

@test "a file that differs by a NUL byte differs" {
	echo '{"id":"a","profile":"strict","command":["sh","-c","cat"],"stdin":"in"}' >list
	: >in
	"$NOOK" batch -q --repeat 2 --journal j list
	sed -i '/"a@2"/d' j
	head -c 1 /dev/zero >in
	nook_run batch --repeat 2 --resume --journal j list
	assert_stderr_match "^nook: batch: runs of job 'a' differ: what they wrote$"
}

@test "bytes that move from one file to the next are a difference" {
	echo '{"id":"a","profile":"strict","stdin":"in","files":{"out":["/tmp/f","/tmp/g"]},
		"command":["sh","-c","read f g; printf %s $f >/tmp/f; printf %s $g >/tmp/g"]}' | jq -c . >list
	echo a bc >in
	"$NOOK" batch -q --repeat 2 -o out --journal j list
	sed -i '/"a@2"/d' j
	rm -r out/@2
	echo ab c >in
	nook_run batch --repeat 2 --resume -o out --journal j list
	assert_stderr_match "^nook: batch: runs of job 'a' differ: what they wrote$"
}

@test "jobs of a stream run one after the other, with retries of their own" {
	printf '%s\n' '{"id":"a","profile":"strict","command":["false"],"retry":1}' \
		'{"id":"b","profile":"strict","command":["true"]}' >lines
	"$NOOK" batch -q -j 1 --repeat 2 --journal j - <lines || [ $? = 1 ]
	assert_equal "$(jq -r 'select(.job) | "\(.job):\(.try)"' j | sort | xargs)" 'a:1 a:2 a@2:1 a@2:2 b:1 b@2:1'
	nook_run batch --resume --journal j - <lines
	assert_status 125
	assert_stderr "nook: the batch of the journal 'j' was begun with --repeat
hint: --resume goes on with it as it was begun"
	for bad in 0 x 10001; do
		nook_run batch --repeat $bad jobs.yaml
		assert_status 125
		assert_stderr_match "^nook: --repeat '$bad': expected 1 to 10000$"
	done
}

@test "the report has the spread of times" {
	{
		echo '{"schema":1,"journal":"nook batch","started":"2026-11-21T10:00:00.000Z","slots":2,"repeat":4}'
		for run in a:0.010 a@2:0.030 a@3:0.020 a@4:0.040 b:2.0; do
			printf '{"job":"%s","try":1,"tries":1,"slot":0,"final":true,"passed":true,' "${run%:*}"
			printf '"cause":"exited","exit_code":0,"wall_s":%s}\n' "${run#*:}"
		done
	} >j
	nook_run batch report j
	assert_equal "$(awk '/^RUNS/, /^$/' <<<"$output")" \
		'RUNS  COUNT       MIN    MEDIAN       MAX DEVIATION
a         4    10.0ms    25.0ms    40.0ms     51.6%
b         1     2.00s     2.00s     2.00s      0.0%'
	nook_run batch report --json j
	jq -e '.runs[0] | [.wall_min_s, .wall_median_s, .wall_max_s, .wall_mean_s, .wall_deviation_s] ==
		[0.01, 0.025, 0.04, 0.025, 0.01291]' <<<"$output"
}
