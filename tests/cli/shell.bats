# SPDX-License-Identifier: GPL-3.0-or-later
# shell.bats - a person at a terminal: the prompt shows the box, keys reach the shell, all is put back
# as: root user
# in: release
load helper

# typed BOX KEYS... - what a terminal shows when these are typed one after the other, as a person
# does it, at `nook BOX`; without colours and cursor movements
typed() {
	local box=$1
	shift
	need script
	run timeout 60 script -qec "stty rows 33 cols 77; '$NOOK' $box; code=\$?; stty -a; exit \$code" \
		/dev/null < <(for keys; do sleep 0.5; printf '%b' "$keys"; done; sleep 1)
	output=$(sed 's/\x1b\[[?0-9;]*[a-zA-Z]//g; s/\r$//; s/.*\r//' <<<"$output")
}

@test "the prompt shows the box" {
	typed 'shell dev' 'exit\n'
	# Debian's bashrc has a place for it, a plain sh takes ours
	assert_match '^(\(nook:dev\) .*\$|\(dev\).*@dev:.*[$#]) exit'
	typed 'run strict' 'exit\n'
	assert_match '^(\(nook:strict\) .*\$|\(strict\).*@strict:.*[$#]) exit'
}

@test "the exit code is the shell's, the size is the terminal's" {
	typed 'shell base' 'stty size\n' 'exit 7\n'
	assert_status 7
	assert_match '^33 77$'
}

@test "^C ends what runs and not the shell, ^D leaves it" {
	typed 'shell base' 'sleep 60\n' '\003' 'echo code-$?\n' '\004'
	assert_match '^code-130$'
}

@test "^Z stops what runs, fg goes on with it" {
	typed 'shell base' 'sleep 2\n' '\032' 'jobs\n' 'fg; echo back\n' '' '' '' '' 'exit\n'
	assert_match 'Stopped'
	assert_match '^back$'
}

@test "the caller's terminal is as it was, whatever the box did to its own" {
	typed 'shell base' 'exit\n'
	assert_match 'speed .* rows 33'
	before=${output##*speed }
	typed 'shell base' 'stty raw -echo; stty rows 1 cols 1; kill -9 $$\n'
	assert_status 137
	assert_equal "${output##*speed }" "$before"
}

@test "^C ends a command that is pid 1, ^Z stops one that is alone on its terminal" {
	typed 'run --init none strict -- sleep 60' '\003'
	assert_status 137
	assert_match '^.*nook: cancelled by signal 2 \(Interrupt\), which pid 1 has no handler for$'
	# As a job of a shell, which says so and goes on with it
	need script
	cat >job.sh <<-END
		set -m
		'$NOOK' run base -- sleep 1
		echo stopped-\$?
		fg >/dev/null
		echo ended-\$?
	END
	run timeout 60 script -qec 'bash job.sh' /dev/null < <(sleep 0.7; printf '\032'; sleep 2)
	assert_match 'stopped-148'
	assert_match 'ended-0'
}

@test "a command that minds these keys has them itself" {
	typed "run --init none base -- sh -c 'trap \"echo caught; exit 5\" INT; sleep 60 & wait'" '\003'
	assert_status 5
	assert_match 'caught'
}
