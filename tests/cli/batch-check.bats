#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# batch-check.bats - `nook batch --init` and `nook batch --check`: what a job file means
# as: user
# fresh: no

load helper

@test "--init prints an example that is right and runs" {
	nook_run batch --init
	assert_status 0
	assert_stderr
	echo "$output" >jobs.yaml
	nook_run batch --check jobs.yaml
	assert_status 0
	assert_equal "$(jq -r .id <<<"$output" | xargs)" \
		'hello count-10-a count-10-b count-1000-a sort report'
	assert_equal "$(jq -c 'select(.id == "report") | .after' <<<"$output")" \
		'["count-10-a","count-10-b","count-1000-a","sort"]'
	nook_run batch -q jobs.yaml
	assert_status 125
	assert_stderr "nook: job 'sort' has files that come out, and no --output says where
hint: --output DIR keeps them below DIR"
	# the way that it names itself
	read -ra words <<<"$(sed -n 's/^# *nook batch \(-o .*jobs.yaml\).*/\1/p' jobs.yaml)"
	nook_run batch -q -j 2 --journal j "${words[@]/DIR/out}"
	assert_status 0
	assert_equal "$(sort /etc/passwd | sha256sum)" "$(sha256sum <out/sort/sorted)"
	assert_equal "$(jq -r 'select(.final and .passed) | .job' j | wc -l)" 6
}

@test "what --check prints is a job file that means the same" {
	echo 'extends: strict' >p.yaml
	cat >jobs.yaml <<-'EOF'
	profile: ./p.yaml
	defaults: {environment: {A: "${n}", B: "#"}}
	jobs:
	- {id: a, command: [echo, "\x01\u00e9 ${n}"], matrix: {n: [1, 2]}, limits: {memory: 64M}}
	- {command: x, after: a, retry: 3, set: {+mounts: [{tmpfs: /x}], workdir: null}}
	EOF
	nook_run batch --check jobs.yaml
	assert_status 0
	echo "$output" >once
	nook_run batch --check once
	assert_output "$(cat once)"
	assert_equal "$(jq -c '[.id, .command[-1], .environment]' once)" \
		'["a-1","\u0001é 1",{"A":"1","B":"#"}]
["a-2","\u0001é 2",{"A":"2","B":"#"}]
["2","x",{"A":"${n}","B":"#"}]'
	nook_run batch --check - <once
	assert_output "$(cat once)"
}

@test "an error has file, line and column, and nothing was run" {
	printf 'jobs:\n- command: [touch, x]\n- {command: [a], limits: {memroy: 1M}}\n' >jobs.yaml
	for way in --check -q; do
		nook_run batch $way jobs.yaml
		assert_status 125
		assert_stderr "nook: jobs.yaml:3:27: unknown key 'limits.memroy', did you mean 'limits.memory'"
	done
	assert_equal "$(echo *)" jobs.yaml
	printf 'jobs:\n- {command: a}\n- {id: b, command: a, profile: nosuch}\n' >jobs.yaml
	nook_run batch --check jobs.yaml
	assert_status 125
	assert_stderr_match "^nook: jobs.yaml:3: job 'b': no profile 'nosuch'"
	printf 'jobs:\n- {command: a, profile: base, set: {hostname: h}}\n' >jobs.yaml
	nook_run batch --check -j 2 -o out jobs.yaml
	assert_status 0
	nook_run batch --check --set 'namespaces=[user, mount]' -j 2 -o out jobs.yaml
	assert_status 125
	assert_stderr "nook: jobs.yaml:2: job '1': the job: 'hostname' needs the uts namespace"
	assert_equal "$(echo *)" jobs.yaml
	printf 'jobs:\n- {command: a, limits: {memory: 64}}\n' >jobs.yaml
	nook_run batch --check jobs.yaml
	assert_status 125
	assert_stderr "nook: jobs.yaml:2:33: 'limits.memory' cannot be '64': expected a size from 4K on such as 512M, or max"
	nook_run batch --check none.yaml
	assert_status 125
	assert_stderr "nook: cannot open 'none.yaml': No such file or directory"
	nook_run batch --check .
	assert_status 125
	assert_stderr "nook: cannot read '.': Is a directory"
}

@test "--check tells the mistakes of all jobs, where a batch stops at the first" {
	cat >jobs.yaml <<-'EOF'
	jobs:
	- {id: a, comand: x}
	- {id: b, command: x}
	- {id: c, command: x, limits: {memory: 64}}
	- {id: b, command: x}
	- {id: d, command: "x ${n}", matrix: {n: [1, 2]}, retry: often, after: a}
	EOF
	nook_run batch --check jobs.yaml
	assert_status 125
	assert_output ''
	assert_stderr "nook: jobs.yaml:2:11: unknown key 'comand', did you mean 'command'
nook: jobs.yaml:4:40: 'limits.memory' cannot be '64': expected a size from 4K on such as 512M, or max
nook: jobs.yaml:5:8: two jobs have the id 'b'
hint: the first stands in line 3
nook: jobs.yaml:6:58: 'retry' cannot be 'often': expected a number up to 99"
	nook_run batch jobs.yaml
	assert_status 125
	assert_stderr "nook: jobs.yaml:2:11: unknown key 'comand', did you mean 'command'"
	# defaults that come later are known by then
	printf 'jobs:\n- {id: a}\n- {id: b, limits: {memory: 64}}\n- {id: c, x: y}\ndefaults: {command: x}\n' >jobs.yaml
	nook_run batch --check jobs.yaml
	assert_stderr "nook: jobs.yaml:3:28: 'limits.memory' cannot be '64': expected a size from 4K on such as 512M, or max
nook: jobs.yaml:4:11: unknown key 'x'"
	# what stands above the jobs is the end, and what is no YAML
	printf 'jobs:\n- {x: y}\n- {id: ]}\n' >jobs.yaml
	nook_run batch --check jobs.yaml
	assert_status 125
	assert_stderr_match "^nook: jobs.yaml:2:4: unknown key 'x'"
	assert_stderr_match "^nook: jobs.yaml:3:8: did not find"
	printf 'defaults: {x: y}\njobs:\n- {y: z}\n' >jobs.yaml
	nook_run batch --check jobs.yaml
	assert_status 125
	[ "$(wc -l <<<"$stderr")" = 1 ]
}

@test "--check tells all that is wrong of jobs together and of their profiles, and lines of JSON" {
	cat >jobs.yaml <<-'EOF'
	jobs:
	- {id: a, command: x, after: nobody}
	- {id: b, command: x, stdin: none}
	- {id: c, command: x, after: [noone, a]}
	EOF
	nook_run batch --check jobs.yaml
	assert_status 125
	assert_stderr "nook: jobs.yaml:3: job 'b': cannot read 'none': No such file or directory
nook: jobs.yaml:2:30: 'after': no job has the id 'nobody'
nook: jobs.yaml:4:30: 'after': no job has the id 'noone'"
	cat >list <<-'EOF'
	{"id":"a","command":"x","profile":"nosuch1"}
	{"id":"b","command":"x"}
	{"id":"c","command":"x","matrix":{"n":[1,2]},"profile":"nosuch2"}
	{"id":"d","command":"x","profile":"nosuch2"}
	EOF
	nook_run batch --check list
	assert_status 125
	assert_output ''
	[ "$(grep -o '^nook: list:[0-9]*: job .*nosuch[0-9]' <<<"$stderr")" = "nook: list:1: job 'a': no profile 'nosuch1
nook: list:3: job 'c-1': no profile 'nosuch2
nook: list:4: job 'd': no profile 'nosuch2" ]
	printf '%s\n' '{"id":"a",}' '{"id":"b","command":"x"}' '{"id":"c"}' '{"id":"b","command":"x"}' >list
	for from in list -; do
		nook_run batch --check "$from" <list
		assert_status 125
		assert_stderr_match "^nook: $from:1:[0-9]*: "
		assert_stderr_match "^nook: $from:3:1: a job needs a 'command'"
		assert_stderr_match "^nook: $from:4:7: two jobs have the id 'b'"
	done
}

@test "a value with a reference needs quotes between braces, and a hint says so" {
	local hint='hint: between { and } or [ and ] put quotes around a value with ${ in it: "${NAME}"'
	echo 'jobs: [{command: x ${y}}]' >jobs.yaml
	nook_run batch --check jobs.yaml
	assert_status 125
	assert_stderr "nook: jobs.yaml:1:21: did not find expected ',' or '}' while parsing a flow mapping
$hint"
	printf '# é\n\n#\njobs:\n- {command: x}\n- {command: [a, ${y}]}' >jobs.yaml
	nook_run batch --check jobs.yaml
	assert_stderr_match "^nook: jobs.yaml:6:.* while parsing a flow sequence"
	assert_stderr_match "^hint: between "
	# not for what another line has, nor for another mistake
	printf 'jobs:\n- command: x ${y}\n- {command: a: b}\n' >jobs.yaml
	nook_run batch --check jobs.yaml
	assert_status 125
	[ "${stderr/hint:/}" = "$stderr" ]
	echo 'jobs: [{command: "x ${y}", matrix: {y: [1]}}]' >jobs.yaml
	nook_run batch --check jobs.yaml
	assert_status 0
}
