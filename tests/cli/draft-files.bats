#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# draft-files.bats - what the commands of a draft change lasts as long as the draft, and no longer
# as: root user subids
# fresh: no

load helper
load boxes
load net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	export XDG_STATE_HOME=$T/state
	mkdir data
	echo old >data/f
	begin="new a from base
set user.id 0
set +mounts '{overlay: $T/data, to: /data}'"
}

teardown() {
	! is_root || rm -rf /var/lib/nook/boxes
	nook_teardown
}

# boxes - where the files are
boxes() { echo "/dev/shm/nook-$EUID/boxes"; }
has_boxes() { [ -n "$(ls -A "$(boxes)" 2>/dev/null)" ]; }
has_none() { ! has_boxes; }

# words TEXT - said behind those that make the draft; what the commands print alone
words() {
	nook_run -c "$begin
$1"
	assert_status "${2:-0}"
	output=$(grep -v '^  ' <<<"$output" || true)
}

@test "a command finds the files of the one before, whatever words are between" {
	words 'run sh -c "echo 1 >/data/n; rm /data/f"
run ls /data
set labels.x y
undo
run ls /data
limit wall 60s
run sh -c "cat /data/n"
diff'
	assert_output "n
n
1
/data
1 added, 0 modified, 1 deleted, 2B in files"
	[ "$(ls data)" = f ]
	has_none
}

@test "undo takes back words, rollback files; a branch has a copy" {
	words 'run sh -c "echo 1 >/data/one"
snapshot first
run sh -c "echo 2 >/data/two"
branch b
run sh -c "rm /data/two; ls /data"
switch a
run ls /data
rollback first
run ls /data
snapshot
rollback
run ls /data'
	assert_output "f
one
f
one
two
f
one
first
f"
	has_none
}

@test "another user, map or root begins without them, and says so" {
	words "run sh -c 'echo 1 >/data/n'
set user.id 7
undo
run ls /data
set user.id 7
run ls /data"
	assert_output "f
n
f"
	assert_stderr "nook: the files of earlier commands are gone: user or root is another"
	nook_run -c "$begin
run sh -c 'echo 1 >/data/n'
set user.id 7"
	assert_line "  user or root is another: the next command begins without the files of those before, 'undo' has them back"
}

@test "there is nothing to show before a command, nor without an overlay" {
	words diff 1
	assert_stderr "-c:4: no command of this draft has changed a file"
	nook_run -c "new a
run true
rollback"
	assert_status 1
	assert_stderr "-c:3: no command of this draft has changed a file"
	has_none
}

@test "files of a console that is killed are cleared by who comes next" {
	mkfifo in
	"$NOOK" <in >out 2>err &
	console=$!
	exec 9>in
	# a script is read whole before it is done, so one command waits for the other end
	echo "$begin
run sh -c 'echo 1 >/data/n; echo ready-now; sleep 2'" >&9
	exec 9>&-
	wait_until grep -qx ready-now out
	assert has_boxes
	kill -KILL $console
	wait $console || true
	wait_until sweep
}

# sweep - as soon as the box of the killed console has ended
sweep() { "$NOOK" gc -q && has_none; }
