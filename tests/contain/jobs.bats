#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# jobs.bats - files of jobs that are wrong or hostile, and jobs that are
# as: root user subids
# in: release

load contain

# job ID COMMAND [MEMBER...] - a line of a file of jobs
job() {
	printf '{"id":"%s","profile":"%s","command":["sh","-c","%s"]' "$1" "${job_profile:-strict}" "$2"
	[ $# = 2 ] || printf ',%s' "${@:3}"
	echo '}'
}

# refused TEXT LINE... - these jobs are refused before any starts or anything is written
refused() {
	local text=$1
	shift
	printf '%s\n' "$@" >list
	nook_run batch -o out list
	assert_status 125
	assert_equal "${stderr_lines[0]}" "nook: $text"
	assert_equal "$(echo *)" list
}

@test "IN-23: a job file is checked" {
	local word other
	refused "list:1:67: 'after' goes in a circle: a -> b -> a" \
		"$(job a true '"after":["b"]')" "$(job b true '"after":["a"]')"
	refused "list:1:67: 'after' goes in a circle: a -> a" "$(job a true '"after":["a"]')"
	refused "list:2:7: two jobs have the id 'a'" "$(job a true)" "$(job a false)"
	# no name of a job or of an output leads out of the directory of outputs
	for word in ../x a/b . .. /abs; do
		refused "list:1:7: 'id' cannot be '$word': expected up to 128 letters, digits and _ . -, \
the first neither . nor -" "$(job "$word" true)"
	done
	for word in ../x /abs . d/../../x ../b/stdout; do
		refused "list:1:75: 'files.out' cannot be '/tmp/f:$word': expected a name below the output \
directory: no '..', no '.', no '/' in front" "$(job a true "\"files\":{\"out\":[\"/tmp/f:$word\"]}")"
	done
	# and none is another's
	other=$(job b true '"files":{"out":["/tmp/f:same"]}')
	refused "list:2:74: two outputs have the name 'same'" "$(job a true '"files":{"out":["/tmp/f:same"]}')" "$other"
	refused "list:2:1: two outputs have the name 'b/stdout'" \
		"$(job a true '"files":{"out":["/tmp/f:b/stdout"]}')" "$(job b true)"
	# CONTROL
	printf '%s\n' "$(job a 'echo one >/tmp/f' '"files":{"out":["/tmp/f:d/f"]}')" "$(job b true '"after":["a"]')" >list
	nook_run batch -o out list
	assert_status 0
	assert_equal "$(cat out/d/f)" one
}

@test "IN-23: nor is a fifo waited for, or a file of many jobs" {
	mkfifo fifo
	job a cat '"stdin":"fifo"' >list
	nook_run batch -o out list
	assert_status 1
	assert_line "nook: batch: job 'a': 'fifo' for stdin is no regular file" "$stderr"
	# CONTROL: who reads it waits
	status=0
	timeout 0.2 cat fifo || status=$?
	assert_equal "$status" 124
	perl -e 'print qq({"id":"j$_","profile":"strict","command":["true"]}\n) for 1 .. 100000' >many
	timeout 60 "$NOOK" batch --check many >checked
	assert_equal "$(wc -l <checked)" 100000
}

@test "FD-04: a job's output file is append-only to it" {
	local code='$|=1; print qq(one); print STDERR truncate(STDOUT, 0) || 0, seek(STDOUT, 0, 0) || 0; print qq(two)'
	printf '{"id":"a","profile":"strict","command":["perl","-e","%s"]}\n' "$code" >list
	nook_run batch -o out list
	assert_status 0
	assert_equal "$(cat out/a/stderr) $(cat out/a/stdout)" "00 onetwo"
	# CONTROL: a file itself that is handed in is not
	"$NOOK" run --set limits.output=max strict -- perl -e "$code" >file 2>said
	assert_equal "$(cat said) $(cat file)" "11 two"
}
