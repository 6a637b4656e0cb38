# SPDX-License-Identifier: GPL-3.0-or-later
# shell.bats - a person at a terminal: the prompt shows the box, keys reach the shell, all is put back
# as: root user
# in: release
load helper
load typing

# A prompt that waits for a command
prompt='[$#] $'

# typed BOX [SEEN KEYS]... - what a terminal shows of `nook BOX` while these are typed (at_terminal());
# without colours and cursor movements
typed() {
	at_terminal "stty rows 33 cols 77; '$NOOK' $1; code=\$?; stty -a; exit \$code" "${@:2}"
	output=$(plain <<<"$output")
}

# In a shell: says when the job has the terminal
job="sh -c 'echo u\"\"p; exec sleep"

@test "the prompt shows the box" {
	typed 'shell dev' "$prompt" 'exit\n'
	# Debian's bashrc has a place for it, a plain sh takes ours
	assert_match '^(\(nook:dev\) .*\$|\(dev\).*@dev:.*[$#]) exit'
	typed 'run strict' "$prompt" 'exit\n'
	assert_match '^(\(nook:strict\) .*\$|\(strict\).*@strict:.*[$#]) exit'
}

@test "the exit code is the shell's, the size is the terminal's" {
	typed 'shell base' "$prompt" 'stty size\n' "$prompt" 'exit 7\n'
	assert_status 7
	assert_match '^33 77$'
}

@test "^C ends what runs and not the shell, ^D leaves it" {
	typed 'shell base' "$prompt" "$job 60'\\n" '^up' '\003' "$prompt" 'echo code-$?\n' "$prompt" '\004'
	assert_match '^code-130$'
}

@test "^Z stops what runs, fg goes on with it" {
	typed 'shell base' "$prompt" "$job 3'\\n" '^up' '\032' "$prompt" 'jobs\n' "$prompt" \
		'fg; echo ba""ck\n' '^back' 'exit\n'
	assert_match 'Stopped'
	assert_match '^back$'
}

@test "the caller's terminal is as it was, whatever the box did to its own" {
	typed 'shell base' "$prompt" 'exit\n'
	assert_match 'speed .* rows 33'
	before=${output##*speed }
	typed 'shell base' "$prompt" 'stty raw -echo; stty rows 1 cols 1; kill -9 $$\n'
	assert_status 137
	assert_equal "${output##*speed }" "$before"
}

@test "^C ends a command that is pid 1, ^Z stops one that is alone on its terminal" {
	typed "run --init none strict -- sh -c 'echo up; exec sleep 60'" '^up' '\003'
	assert_status 137
	assert_match '^.*nook: cancelled by signal 2 \(Interrupt\), which pid 1 has no handler for$'
	# As a job of a shell, which says so and goes on with it
	cat >job.sh <<-END
		set -m
		'$NOOK' run base -- sh -c 'echo up; exec sleep 3'
		echo stopped-\$?
		fg >/dev/null
		echo ended-\$?
	END
	at_terminal 'bash job.sh' '^up' '\032'
	assert_match 'stopped-148'
	assert_match 'ended-0'
}

@test "a command that minds these keys has them itself" {
	typed "run --init none base -- sh -c 'trap \"echo caught; exit 5\" INT; echo up; sleep 60 & wait'" '^up' '\003'
	assert_status 5
	assert_match 'caught'
}
