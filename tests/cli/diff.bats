#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# diff.bats - boxes that keep what they change: diff, apply, discard, snapshot, rollback
# as: root user subids
# in: release

load helper
load boxes
load net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	need python3
	export XDG_STATE_HOME=$T/state
	mkdir data
	echo old >data/edit
	echo x >data/gone
	cat >p.yaml <<EOF
extends: base
user:
  id: 0
limits:
  wall: 20s
mounts:
  - overlay: $T/data
    to: /data
EOF
}

teardown() {
	"$NOOK" rm -f work >/dev/null 2>&1 || true
	! is_root || rmdir /var/lib/nook/boxes
	nook_teardown
}

# work SCRIPT - run it in the box, which stays
work() {
	nook_run run --name work --keep ./p.yaml -- /bin/sh -c "$1"
	assert_status "${2:-0}"
}

@test "a box may have as many arguments as the kernel takes" {
	# shellcheck disable=SC2016 # for the shell in the box
	nook_run run ./p.yaml -- sh -c 'echo $#' sh $(seq 1 20000)
	assert_output 20000
	# shellcheck disable=SC2016
	nook_run create work ./p.yaml -- sh -c 'echo $#' sh $(seq 1 20000)
	assert_status 0
	nook_run start --attach work
	assert_output 20000
}

@test "it is said what of a host's tree is not kept" {
	printf 'extends: base\nroot: {from: host}\n' >host.yaml
	# The tests have a mount of their own at /var/lib/nook
	nook_run run --name work --keep ./host.yaml -- sh -c 'touch /var/lib/nook-new 2>/dev/null || true'
	assert_status 0
	is_root || {
		assert_stderr
		return
	}
	assert_stderr_match "warning: what is new right in .*'/var'.* is not kept"
	nook_run run --name work --keep ./host.yaml -- ls /var/lib/nook-new
	assert_status 2
	nook_run run ./host.yaml -- true
	assert_stderr
}

@test "a box that is kept finds its files again" {
	work 'echo new >/data/edit; rm /data/gone; mkdir /data/d; echo 1 >/data/d/f'
	[ "$(cat data/edit data/gone)" = "old
x" ]
	work 'cat /data/edit /data/d/f; ls /data'
	[ "$output" = "new
1
d
edit" ]
	nook_run diff work
	assert_status 0
	[[ $output == *"  D  "*"  gone"* ]]
	[ "${lines[-1]}" = "2 added, 1 modified, 1 deleted, 6B in files" ]
	nook_run diff --stat work /data/d
	[ "$output" = "2 added, 0 modified, 0 deleted, 2B in files" ]
	nook_run diff --json work
	echo "$output" | python3 -c 'import json, sys
c = {x["path"]: x for x in json.load(sys.stdin)["changes"]}
assert c["/data/gone"]["kind"] == "deleted" and c["/data/edit"]["differs"] == ["content"]
assert c["/data/d"]["type"] == "directory" and c["/data/d/f"]["size_bytes"] == 2'
	nook_run diff --text work /data/edit
	[ "$output" = "--- a/data/edit
+++ b/data/edit
@@ -1 +1 @@
-old
+new" ]
}

@test "apply makes paths true, and they are changes no more" {
	work 'echo new >/data/edit; rm /data/gone; mkdir /data/d; echo 1 >/data/d/f'
	nook_run apply work /data/edit /data/gone
	assert_status 0
	[ "$output" = "2 changes applied" ]
	[ "$(cat data/edit)" = new ]
	[ ! -e data/gone ]
	[ ! -e data/d ]
	nook_run diff --stat work
	[ "$output" = "2 added, 0 modified, 0 deleted, 2B in files" ]
	nook_run apply work
	[ "$output" = "2 changes applied" ]
	[ "$(cat data/d/f)" = 1 ]
	nook_run diff work
	[ "$output" = "no changes" ]
	work 'cat /data/edit /data/d/f; echo more >>/data/edit'
	[ "$output" = "new
1" ]
	nook_run apply work
	assert_status 0
	[ "$(cat data/edit)" = "new
more" ]
}

@test "where there are no changes yet no path is missing" {
	"$NOOK" create web strict -- true
	for verb in apply discard diff; do
		nook_run "$verb" web /etc/fstab
		assert_status 0
		assert_stderr
	done
	"$NOOK" rm web
}

@test "a path that is not there is an error, and nothing is done to the others" {
	work 'echo new >/data/edit; rm /data/gone; mkdir /data/d; echo 1 >/data/d/f'
	local path verb
	for path in /no/such/change /data/nosuch /data/d/g /data/edit/f; do
		for verb in apply discard diff; do
			nook_run "$verb" work /data/edit "$path" /data/gone
			assert_status 1
			assert_output
			assert_stderr "nook: there is no '$path' in what the box keeps changes of
hint: 'nook diff' shows what it has changed"
		done
	done
	[ "$(cat data/edit data/gone)" = "old
x" ]
	echo same >data/rest
	nook_run diff work /data/rest
	assert_status 0
	assert_output "no changes"
	nook_run diff --stat work / /data/gone
	assert_output "2 added, 1 modified, 1 deleted, 6B in files"
	nook_run apply work /data/rest
	assert_output "0 changes applied"
	nook_run apply work / /data /data/d/f
	assert_status 0
	assert_output "4 changes applied"
}

@test "what was applied is the box's own: it may change and delete that again" {
	mkdir data/dir
	echo 1 >data/dir/a
	echo 1 >data/dir/b
	work 'for f in edit dir/a new; do echo one >/data/$f; done; ln /data/new /data/twin; echo 1 >/data/other'
	nook_run apply work /data/edit /data/dir /data/new /data/twin
	assert_output "4 changes applied"
	work 'for f in edit new; do echo two >/data/$f; done; rm -r /data/dir /data/twin'
	nook_run apply work /data/edit /data/new
	assert_output "2 changes applied"
	work 'echo three >/data/edit'
	nook_run snapshot work three
	nook_run apply work
	assert_output "4 changes applied"
	[ "$(cat data/edit data/new)" = "three
two" ]
	[ ! -e data/dir ] && [ ! -e data/twin ]
	# back to before that: what is on the host now is still the box's
	nook_run rollback work three
	nook_run apply work /data/edit
	assert_status 0
	# and the host's word is still the host's
	work 'echo four >/data/edit; echo 2 >/data/new'
	echo mine >data/edit
	echo mine >data/n
	mv data/n data/new
	nook_run apply work
	assert_status 1
	[[ $stderr == *"'/data/edit' changed on the host after"*"'/data/new' changed on the host after"* ]]
	[ "$(cat data/edit data/new)" = "mine
mine" ]
}

@test "discard brings the host's back" {
	work 'echo new >/data/edit; rm /data/gone; echo 1 >/data/n'
	nook_run discard work /data/gone
	[ "$output" = "1 change discarded" ]
	work 'cat /data/gone /data/n'
	[ "$output" = "x
1" ]
	nook_run discard work
	assert_status 0
	work 'ls /data; cat /data/edit'
	[ "$output" = "edit
gone
old" ]
}

@test "what is later on the host, or gives rights, is left and said" {
	work 'echo new >/data/edit; cp /bin/true /data/rights; chmod 4755 /data/rights'
	echo mine >data/edit
	nook_run diff work /data/rights
	[[ $output == *"  4755  "*"  rights  setuid"* ]]
	nook_run apply work
	assert_status 1
	[ "$stderr" = "nook: not done: /data/edit: '/data/edit' changed on the host after the box had started
hint: look at both; --force takes the box's
nook: not done: /data/rights: it gives others its rights
hint: --yes makes it all the same
nook: 2 of 2 changes stay as they are" ]
	[ "$(cat data/edit)" = mine ]
	nook_run apply --yes --force work
	assert_status 0
	[ "$(cat data/edit)" = new ]
	[ "$(stat -c '%a %u' data/rights)" = "4755 $(id -u)" ]
}

@test "snapshot and rollback" {
	work 'echo one >/data/edit; ln /data/edit /data/twin; rm /data/gone'
	nook_run snapshot work first
	assert_status 0
	nook_run snapshot work first
	assert_status 1
	[ "$stderr" = "nook: box 'work' has a snapshot 'first'" ]
	work 'echo two >/data/edit; echo 3 >/data/new; echo back >/data/gone'
	nook_run snapshot work second
	nook_run snapshot work
	[ "$output" = "first
second" ]
	nook_run rollback work first
	assert_status 0
	work 'ls /data; cat /data/edit; [ /data/edit -ef /data/twin ]'
	[ "$output" = "edit
twin
one" ]
	nook_run rollback work second
	work 'cat /data/edit /data/new /data/gone'
	[ "$output" = "two
3
back" ]
	nook_run snapshot --remove work first
	nook_run snapshot work
	[ "$output" = second ]
}

@test "a new name of a file that is otherwise unchanged becomes a link on the host" {
	mkdir data/dir
	echo in >data/dir/in
	cp /bin/true data/rights
	chmod 4755 data/rights
	local old in mode
	old=$(stat -c %i data/edit) in=$(stat -c %i data/dir/in) mode=$(stat -c '%a %u %g %y' data/edit)
	work 'cd /data; ln edit a-name; ln edit z-name; mkdir new; ln edit new/name; ln dir/in from-in; ln gone dropped'
	nook_run diff work
	[ "${lines[-1]}" = "6 added, 0 modified, 0 deleted, 17B in files" ]
	[ "$(grep -c '  A .*name  hardlink$' <<<"$output")" = 3 ]
	nook_run diff --json work
	echo "$output" | python3 -c 'import json, sys
c = {x["path"]: x for x in json.load(sys.stdin)["changes"]}
assert "/data/edit" not in c and c["/data/z-name"]["flags"] == ["hardlink"]
assert c["/data/z-name"]["kind"] == "added" and c["/data/new"]["flags"] == []'
	# only a new name is wanted, and its file comes behind it, lies elsewhere, or is before it
	nook_run apply work /data/a-name
	assert_output "1 change applied"
	nook_run apply work /data/from-in
	[ "$(stat -c %i data/a-name data/edit data/from-in data/dir/in)" = "$old
$old
$in
$in" ]
	nook_run discard work /data/dropped
	assert_output "1 change discarded"
	nook_run snapshot work tag
	# names that are refused stay links, wherever their file comes
	work 'cd /data; ln rights s-rights'
	nook_run apply work /data/rights /data/s-rights
	assert_status 1
	nook_run apply --yes work /data/s-rights
	[ data/rights -ef data/s-rights ]
	nook_run apply work
	assert_output "3 changes applied"
	[ "$(stat -c %i data/new/name data/z-name)" = "$old
$old" ]
	[ "$(stat -c '%a %u %g %y' data/edit)" = "$mode" ]
	[ "$(stat -c %h data/edit data/gone)" = "4
1" ]
	nook_run diff work
	assert_output "no changes"
	# the box sees that too, and what was linked is still its own
	work '[ /data/edit -ef /data/new/name ] && echo new >/data/edit && cat /data/z-name'
	assert_output old
	nook_run rollback work tag
	work '[ /data/edit -ef /data/z-name ] && echo new >/data/edit && cat /data/new/name'
	assert_output new
	nook_run apply work
	assert_status 0
	[ "$(cat data/edit data/z-name data/new/name data/a-name)" = "new
new
new
old" ]
	[ data/edit -ef data/z-name ] && [ data/edit -ef data/new/name ]
}

@test "a new name of a file that changed on the host meanwhile becomes a copy" {
	work 'ln /data/edit /data/one; ln /data/edit /data/two; ln /data/gone /data/three'
	echo mine >data/edit
	echo y >data/gone
	touch -r data/one data/gone 2>/dev/null || touch -d 2001-02-03 data/gone
	nook_run apply work /data/one /data/two /data/three
	assert_status 0
	[ "$(cat data/edit data/one data/gone data/three)" = "mine
old
y
x" ]
	[ data/one -ef data/two ] && [ ! data/one -ef data/edit ] && [ ! data/three -ef data/gone ]
}

@test "RC-09: a box that runs is shown, and not changed or copied" {
	mkfifo go
	cat >>p.yaml <<EOF
  - bind: $T
    to: /t
    options: [rw]
EOF
	nook_run run -d --name work --keep ./p.yaml -- /bin/sh -c 'echo 1 >/data/n; echo >/t/go; sleep 20'
	assert_status 0
	timeout 60 head -c 1 go >/dev/null
	nook_run diff --stat work
	[ "$output" = "1 added, 0 modified, 0 deleted, 2B in files" ]
	for words in "apply work" "discard work" "snapshot work tag" "rollback work tag"; do
		# shellcheck disable=SC2086
		nook_run $words
		assert_status 1
		[[ ${stderr_lines[0]} == "nook: box 'work' is running (pid "*")" ]]
	done
	nook_run stop -t 0 work
	assert_status 0
}

@test "words that are wrong" {
	nook_run diff
	assert_status 2
	nook_run diff nosuch
	assert_status 1
	[[ ${stderr_lines[0]} == "nook: no box 'nosuch'"* ]]
	work true
	nook_run diff work data
	assert_status 2
	[ "$stderr" = "nook: 'data': expected a path as the box has it, from '/' on" ]
	# As of git
	nook_run diff work -- data
	assert_status 2
	[ "$stderr" = "nook: 'data': expected a path as the box has it, from '/' on" ]
	nook_run diff -- work --stat
	assert_status 2
	[ "$stderr" = "nook: '--stat': expected a path as the box has it, from '/' on" ]
	nook_run diff --stat --json work
	assert_status 2
	nook_run rollback work ../etc
	assert_status 2
	nook_run rollback work none
	assert_status 1
	[ "$stderr" = "nook: box 'work' has no snapshot 'none'" ]
}

@test "AR-12: marks that a box sets itself hide and delete nothing" {
	mkdir data/marked data/anew
	echo 1 >data/marked/stays
	echo 1 >data/anew/goes
	# The kernel's own mark is the control: a directory that was made anew
	work 'setfattr -n user.overlay.opaque -v y /data/marked 2>/dev/null; rm -r /data/anew; mkdir /data/anew
		if mknod /data/w c 0 0 2>/dev/null; then exit 9; fi; ls /data/marked'
	[ "$output" = stays ]
	nook_run diff work
	[[ $output == *"  D  "*"  goes"* && $output != *stays* ]]
	nook_run apply work
	assert_status 0
	[ -e data/marked/stays ]
	[ ! -e data/anew/goes ]
}

@test "FS-27: what a box leaves behind leads nowhere" {
	echo secret >secret
	mkdir victim data/dir
	echo 1 >data/dir/a
	work "ln -s $T/secret /data/link; rm -r /data/dir; ln -s $T/victim /data/dir"
	nook_run diff --text work
	[[ $output == *"/data/link"* && $output != *+secret* ]]
	nook_run apply work
	[ -L data/dir ]
	[ "$(readlink data/link)" = "$T/secret" ]
	[ -z "$(ls victim)" ]
	# A directory that becomes a link on the host while the box has files in it
	mkdir data/swap
	work 'rm -f /data/dir; echo evil >/data/swap/evil'
	rmdir data/swap
	ln -s "$T/victim" data/swap
	nook_run apply --force work
	[ -z "$(ls victim)" ]
	[ -d data/swap ] && [ ! -L data/swap ]
}
