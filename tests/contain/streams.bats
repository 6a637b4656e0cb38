#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# streams.bats - archives whose writer, or whose place, is hostile: `nook cp` between host and box
# as: root user subids

load ../cli/helper
load ../cli/boxes
load ../cli/net
load ../cli/living
load ../cli/stream

# What the copy may write too: only its own care keeps it out of the victim
setup() {
	nook_setup
	need python3 tar setfattr
	export XDG_STATE_HOME=$T/state
	mkdir data in victim
	echo old >data/edit
	echo secret >victim/secret
	before=$(of_victim)
	cat >p.yaml <<EOP
extends: base
user:
  id: 0
limits:
  wall: 60s
mounts:
  - overlay: $T/data
    to: /data
  - bind: $T/in
    to: /in
    options: [rw]
  - bind: $T/victim
    to: $T/victim
    options: [rw]
  - tmpfs: /small
    size: 2M
EOP
}

teardown() { is_root && rmdir /var/lib/nook/boxes 2>/dev/null; rid_of_boxes; }

# work [SCRIPT] - the box runs
work() {
	nook_run run -d --name work --keep ./p.yaml -- /bin/sh -c "echo >/in/up; ${1:-exec sleep 50}"
	assert_status 0
	wait_for in/up
	rm in/up
}

of_victim() { (cd victim && find . -printf '%p %y %m %n %s\n' | sort && cat secret); }
unharmed() { assert_equal "$(of_victim)" "$before"; }

# takes FILE, refuses FILE TEXT - the stream goes into the box's /in, or does not, with these words
takes() {
	nook_run cp - work:/in <"$1"
	assert_status 0
	unharmed
}
refuses() {
	nook_run cp - work:/in <"$1"
	assert_status 1
	assert_equal "${stderr_lines[0]}" "nook: box 'work': '/in$2"
	unharmed
}

# tar_harms FILE [OPTION...] - CONTROL: tar(1), told to believe the stream, does it
tar_harms() {
	mkdir -p control/in
	tar -C control/in -xPf "$@" 2>/dev/null || true
	[ "$(of_victim)" != "$before" ] || fail "tar did no harm by $1"
	rm -rf control victim
	mkdir victim
	echo secret >victim/secret
	unharmed
}

@test "AR-01: no member of an archive leaves its directory" {
	work
	local name
	for name in ../victim/x ./../victim/x a/../../victim/x; do
		stream up "add('$name', 'evil')"
		refuses up "$([ "${name::1}" = . ] || echo /a)': the stream has '$name', which leads elsewhere"
	done
	# CONTROL
	stream up 'add("../../victim/x", "evil")'
	tar_harms up
	stream dots 'add("d/..", type=DIR, mode=0)'
	refuses dots "/d': the stream has 'd/../', which leads elsewhere"
	# from its root on is from the directory on
	stream abs "add('$T/victim/secret', 'evil')"
	takes abs
	assert_equal "$(cat "in$T/victim/secret")" evil
	tar_harms abs
}

@test "AR-02: nor through a symlink" {
	work
	stream way "add('l', type=SYM, link='$T/victim'); add('l/x', 'evil')"
	refuses way "/l/x': there is 'l', which is no directory"
	tar_harms way
	stream chain "add('a', type=SYM, link='$T/victim'); add('b', type=SYM, link='a'); add('b/x', 'evil')"
	refuses chain "/b/x': there is 'b', which is no directory"
	tar_harms chain
	# one that takes a file's place between two members
	stream swap "add('s', 'file'); add('s', type=SYM, link='$T/victim/secret'); add('s', 'evil')"
	takes swap
	assert_equal "$(stat -c %F in/s) $(cat in/s)" "regular file evil"
}

@test "AR-03: nor through a hard link" {
	work
	stream up 'add("h", type=LINK, link="../victim/secret")'
	refuses up "/h': the stream has '../victim/secret', which leads elsewhere"
	stream abs "add('h', type=LINK, link='$T/victim/secret'); add('h', 'evil')"
	refuses abs "/h': cannot find '${T#/}/victim/secret' again: No such file or directory"
	tar_harms abs --overwrite
	stream way "add('l', type=SYM, link='$T/victim'); add('h', type=LINK, link='l/secret')"
	refuses way "/h': cannot find 'l/secret' again: Not a directory"
	tar_harms way
	stream link "add('l2', type=SYM, link='$T/victim/secret'); add('h', type=LINK, link='l2')"
	refuses link "/h': 'l2' is another file by now"
	stream none 'add("h", type=LINK, link="none")'
	refuses none "/h': cannot find 'none' again: No such file or directory"
	[ ! -e in/h ]
}

@test "AR-04: nor by being the directory itself" {
	local name mode
	work
	mode=$(stat -c %a in)
	for name in . ./ / ''; do
		stream shut "add('$name', type=DIR, mode=0); add('f', '1')"
		takes shut
		assert_equal "$(stat -c %a in)" "$mode"
		stream link "add('$name', type=SYM, link='$T/victim'); add('f', 'evil')"
		# a file has no slash behind its name: that is another one
		[ "$name" = ./ ] || refuses link "': the stream has a file without a name"
	done
	# CONTROL: tar closes it
	stream shut "add('.', type=DIR, mode=0)"
	mkdir control
	tar -C control -xpf shut
	assert_equal "$(stat -c %a control)" 0
	chmod 700 control
}

@test "AR-05: no device, setuid or capability comes alive on the host" {
	work
	stream dev 'add("null", type=CHR)'
	refuses dev "/null': it is a device"
	stream bits 'add("su", "1", mode=0o6755); add("d", type=DIR, mode=0o6755); add("fifo", type=FIFO, mode=0o6755)
add("cap", "1", **{"SCHILY.xattr.security.capability": "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"})'
	takes bits
	assert_equal "$(stat -c '%n %a' in/*)" $'in/cap 755\nin/d 755\nin/fifo 755\nin/su 755'
	[ -z "$(getfattr -m - in/cap)" ]
	# CONTROL: such bits are what tar makes of it
	mkdir control
	tar -C control -xpf bits
	assert_equal "$(stat -c %a control/su control/d)" $'6755\n6755'
	# and what the box has made stays in it, unless it is asked for
	chmod 4755 in/su
	nook_run cp work:/in/su out
	assert_status 0
	nook_run cp --archive work:/in/su all
	assert_status 0
	assert_equal "$(stat -c %a out all)" $'755\n4755'
}

@test "AR-07: whiteouts act in their layer only" {
	work
	stream wh 'add(".wh.edit", ""); add(".wh..wh..opq", ""); add("d", type=DIR); add("d/.wh..wh..opq", "")
add("o", type=DIR, **{"SCHILY.xattr.user.overlay.opaque": "y", "SCHILY.xattr.trusted.overlay.opaque": "y"})'
	nook_run cp - work:/data <wh
	assert_status 0
	nook_run exec work -- cat /data/edit
	assert_output old
	nook_run exec work -- ls -A /data
	assert_output $'.wh..wh..opq\n.wh.edit\nd\nedit\no'
	assert_equal "$(cd data && find . | sort)" $'.\n./edit'
	# CONTROL: the box's own hides it there, and nowhere else
	nook_run exec work -- rm /data/edit
	nook_run exec work -- cat /data/edit
	assert_status 1
	assert_equal "$(cat data/edit)" old
}

@test "AR-08: bombs end at a quota" {
	work
	mkdir big many
	head -c 6M /dev/zero >big/file
	(cd many && seq 20000 | xargs touch)
	nook_run cp big work:/small/new
	assert_status 1
	assert_stderr "nook: box 'work': '/small/new/file': cannot write it: No space left on device"
	nook_run cp many work:/small/new
	assert_status 1
	assert_stderr_match "^nook: box 'work': '/small/new/[0-9]+': cannot make it: No space left on device$"
	nook_run exec work -- ls -A /small
	assert_output
	# CONTROL: what fits is there
	nook_run cp victim work:/small/new
	assert_status 0
	nook_run exec work -- ls -A /small/new
	assert_output secret
	# sizes that do not fit the stream, or any number
	stream size 'add("f", "1", size="-5")'
	refuses size "': a header that this nook does not understand"
	stream size 'add("f", "1", size="99999999999999999999")'
	refuses size "': a header that this nook does not understand"
}

@test "AR-09: nothing swapped during extraction matters" {
	work "cd /in; mkdir d; echo >up; while :; do mv d e; ln -s $T/victim d; rm d; mv e d; done"
	# the directory is entered anew for each
	stream many "for i in range(200): add('d/f%d' % i, 'evil'); add('g', '')"
	for _ in 1 2 3 4 5 6 7 8; do
		nook_run cp - work:/in <many
		unharmed
	done
	"$NOOK" stop -t 0 work
	# CONTROL: the link leads there
	rm -rf in/d
	ln -s "$T/victim" in/d
	tar -C in --keep-directory-symlink -xPf many
	[ -e victim/f199 ]
}

@test "AR-10: exporting a tree reads no device and waits for no FIFO" {
	work "cd /in; mkdir t; cd t; mkfifo fifo; ln -s /dev/zero zero; truncate -s 1T sparse; echo >../up
		while :; do echo more >>grows; : >shrinks; head -c 100000 /dev/zero >>shrinks; done"
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("in/t/socket")'
	! is_root || mknod in/t/dev c 1 5
	wait_for in/t/shrinks
	for _ in 1 2 3 4 5; do
		timeout 20 "$NOOK" cp work:/in/t - >out.tar 2>err
		assert_equal "$(tar tf out.tar | sort | xargs)" "t/ t/fifo t/grows t/shrinks t/sparse t/zero"
		assert_equal "$(grep -c "left out: .*socket'" err)" 1
		! is_root || assert_equal "$(grep -c "left out: .*dev'" err)" 1
		[ "$(stat -c %s out.tar)" -lt 10000000 ]
	done
	# CONTROL: who reads it waits
	status=0
	timeout 0.2 cat in/t/fifo || status=$?
	[ "$status" = 124 ]
	"$NOOK" stop -t 0 work
}

@test "AR-13: repeated members follow nothing" {
	work
	stream twice "add('x', '1'); add('x', type=SYM, link='$T/victim'); add('x', type=DIR); add('x/x', 'evil')"
	refuses twice "/x': there is 'x', which is no directory"
	tar_harms twice --keep-directory-symlink
	stream last "add('y', type=SYM, link='$T/victim/secret'); add('y', '1'); add('Y', '2\\n'); add('y', '3\\n')
add('\u00e9', 'one'); add('e\u0301', 'two')"
	takes last
	assert_equal "$(cat in/y in/Y)" $'3\n2'
	assert_equal "$(cat $'in/\u00e9' $'in/e\u0301')" onetwo
}
