# SPDX-License-Identifier: GPL-3.0-or-later
# jobs.bash - files of jobs, a line of JSON each; for files that loaded helper

# job_file LINE... - a file of jobs with the walls of strict, whose limits need no cgroup
job_file() {
	printf '%s\n' "$@" >"$T/jobs"
}

# job ID COMMAND [MEMBER...] - a line of it
job() {
	local id=$1 command=$2
	shift 2
	printf '{"id":"%s","profile":"strict","command":["sh","-c","%s"]' "$id" "$command"
	[ $# = 0 ] || printf ',%s' "$@"
	echo '}'
}
