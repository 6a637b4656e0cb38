#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# batch-full.bats - nook batch on a disk that is full: what it says, what --resume finds
# as: root
# fresh: no

load helper

setup() {
	nook_setup
	need jq
	mkdir "$T/disk"
	mount -t tmpfs -o size=64k tmpfs "$T/disk"
	for id in {1..40}; do
		echo "{\"id\":\"j$id\",\"profile\":\"strict\",\"command\":[\"sh\",\"-c\",\"head -c 9000 /dev/zero; exit $((id % 3))\"]}"
	done >"$T/list"
}

teardown() {
	! mountpoint -q "$T/disk" || umount "$T/disk"
	nook_teardown
}

# more_room - somebody has cleared something away
more_room() {
	mount -o remount,size=16m "$T/disk"
}

# each_has_one_end JOURNAL - a final record of every job, with the exit code that it has
each_has_one_end() {
	assert_equal "$(jq -r 'select(.final) | "\(.job) \(.cause) \(.exit_code)"' "$1" | sort)" \
		"$(for id in {1..40}; do echo "j$id exited $((id % 3))"; done | sort)"
}

@test "output that does not fit ends the batch; the job is not called done, nor any that did not run" {
	local before
	nook_run batch -j 2 --journal "$T/journal" -o "$T/disk/out" "$T/list"
	assert_status 125
	assert_stderr_match "^nook: cannot write the output of job 'j[0-9]+': No space left on device$"
	assert_stderr_match 'not run$'
	before=$(jq -r 'select(.final) | .job' "$T/journal")
	[ "$(wc -l <<<"$before")" -lt 40 ]
	# what is called done is there whole
	for id in $before; do
		assert_equal "$(stat -c %s "$T/disk/out/$id/stdout")" 9000
	done
	more_room
	nook_run batch -q -j 2 --resume --journal "$T/journal" -o "$T/disk/out" "$T/list"
	assert_status 1
	each_has_one_end "$T/journal"
	assert_equal "$(stat -c %s "$T"/disk/out/*/stdout | sort | uniq -c | xargs)" '40 9000'
}

@test "files that come out and do not fit are output too" {
	echo '{"id":"a","profile":"strict","command":["sh","-c","head -c 90000 /dev/zero >/tmp/f"],"files":{"out":["/tmp/f"]}}' >"$T/list"
	nook_run batch -q --journal "$T/journal" -o "$T/disk/out" "$T/list"
	assert_status 125
	assert_stderr "nook: cannot write the output of job 'a': No space left on device"
	assert_equal "$(jq -r 'select(.final)' "$T/journal")" ''
	more_room
	nook_run batch -q --resume --journal "$T/journal" -o "$T/disk/out" "$T/list"
	assert_status 0
	assert_equal "$(stat -c %s "$T/disk/out/a/f")" 90000
}

@test "a journal that does not fit ends the batch and has whole lines alone" {
	mount -o remount,size=16k "$T/disk"
	nook_run batch -j 2 --journal "$T/disk/journal" "$T/list"
	assert_status 125
	assert_stderr_match '^nook: cannot write the journal: No space left on device$'
	jq -se 'length > 1' "$T/disk/journal"
	assert_equal "$(tail -c 1 "$T/disk/journal")" ''
	nook_run batch -q -j 2 --resume --journal "$T/disk/journal" "$T/list"
	assert_status 125
	more_room
	nook_run batch -q -j 2 --resume --journal "$T/disk/journal" "$T/list"
	assert_status 1
	each_has_one_end "$T/disk/journal"
}

@test "where not even the first line fits no journal is left" {
	head -c 64K /dev/zero >"$T/disk/fill"
	nook_run batch -q --journal "$T/disk/journal" "$T/list"
	assert_status 125
	assert_stderr 'nook: cannot write the journal: No space left on device'
	assert_equal "$(ls "$T/disk")" fill
	more_room
	nook_run batch -q --resume --journal "$T/disk/journal" "$T/list"
	assert_status 1
	each_has_one_end "$T/disk/journal"
}

@test "where no directory can be made, or nothing written, no job is called failed" {
	mount -o remount,nr_inodes=3 "$T/disk"
	nook_run batch -q -j 1 --journal "$T/journal" -o "$T/disk/out" "$T/list"
	assert_status 125
	assert_stderr "nook: cannot write the output of job 'j1': No space left on device"
	mount -o remount,ro "$T/disk"
	nook_run batch -q --resume --journal "$T/journal" -o "$T/disk/out" "$T/list"
	assert_status 125
	assert_stderr "nook: cannot write to the output directory '$T/disk/out': Read-only file system"
	assert_equal "$(jq -r 'select(.final)' "$T/journal")" ''
}
