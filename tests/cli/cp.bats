#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# cp.bats - files between the host and a box, one that runs and one at rest
# as: root user subids

load helper
load boxes
load net
load stream

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	need python3 tar setfattr
	export XDG_STATE_HOME=$T/state
	mkdir data shared src src/d
	echo hello >src/f
	echo old >data/edit
	cat >p.yaml <<EOP
extends: base
user:
  id: 0
limits:
  wall: 50s
mounts:
  - overlay: $T/data
    to: /data
  - bind: $T/shared
    to: /t
    options: [rw]
EOP
}

teardown() {
	"$NOOK" rm -f work >/dev/null 2>&1 || true
	! is_root || rmdir /var/lib/nook/boxes
	nook_teardown
}

# work [SCRIPT] - the box runs
work() {
	nook_run run -d --name work --keep ./p.yaml -- /bin/sh -c "echo >/t/up; ${1:-exec sleep 50}"
	assert_status 0
	wait_for shared/up
}

# in_box SCRIPT - its output in $output
in_box() {
	nook_run exec work -- /bin/sh -c "$1"
	assert_status 0
}

# cp_ok ARG... - copy without a word
cp_ok() {
	nook_run cp "$@"
	assert_status 0
	assert_output
	assert_stderr
}

# cp_no TEXT ARG... - it fails, and the first line says so
cp_no() {
	local text=$1
	shift
	nook_run cp "$@"
	assert_status 1
	assert_equal "${stderr_lines[0]}" "nook: $text"
}

# nothing_beside DIR - no name under which something is made
nothing_beside() { [ -z "$(find "$1" -name '.nook-cp-*')" ]; }
something_beside() { [ -n "$(find "$1" -name '.nook-cp-*')" ]; }

begun() { something_beside "$1" || [ -e "$1/many" ]; }
is_over() { [[ $(cat "/proc/$1/stat" 2>/dev/null) =~ ^$|\)\ Z ]]; }
one_is_over() {
	local pid
	for pid in ${1//,/ }; do ! is_over "$pid" || return 0; done
	return 1
}
# is_full FD - nothing more can be written into a pipe
is_full() {
	python3 -c 'import select, sys
sys.exit(len(select.select([], [int(sys.argv[1])], [], 0)[1]))' "$1"
}

@test "what a path means, into a box and out of it" {
	work
	cp_ok src/f work:/data          # into a directory
	cp_ok src/f work:/data/g        # as another name
	cp_ok src work:/data/new        # a directory that is not there
	cp_ok src work:/data/new        # one that is
	cp_ok src/. work:data/content/  # and only its content
	cp_ok src/f work:/data/edit     # over a file
	in_box 'cd /data; find . | sort; cat edit'
	assert_output ".
./content
./content/d
./content/f
./edit
./f
./g
./new
./new/d
./new/f
./new/src
./new/src/d
./new/src/f
hello"
	cp_ok work:/data/f .
	cp_ok work:/data/f g
	cp_ok work:/data/new out
	cp_ok work:/data/new out
	cp_ok work:/data/content/. out
	assert_equal "$(find out f g | sort)" "f
g
out
out/d
out/f
out/new
out/new/d
out/new/f
out/new/src
out/new/src/d
out/new/src/f
out/src
out/src/d
out/src/f"
	assert_equal "$(cat f out/f)" "hello
hello"
	# what was there before stays
	[ "$(cat data/edit)" = old ]
}

@test "times, modes, attributes, holes, links; no socket, no device, no setuid bit" {
	work
	ln src/f src/d/hard
	ln -s /etc/passwd src/link
	mkfifo src/fifo
	truncate -s 1M src/sparse
	echo end >>src/sparse
	truncate -s 1M src/hole
	python3 -c 'import os
f = os.open("src/pieces", os.O_WRONLY | os.O_CREAT)
for i in range(4200): os.pwrite(f, b"x", i << 17)'
	chmod 4750 src/f
	chmod 500 src/d
	setfattr -n user.word -v value src/hole
	touch -d '2001-02-03 04:05:06.789 UTC' src/f src/d src
	long=$(printf '%0200d' 0)
	mkdir "src/$long"
	echo "$long" >"src/$long/$long"
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("src/socket")'
	nook_run cp src work:/data/new
	assert_status 0
	assert_stderr "nook: left out: 'src/socket': a socket is of use to who made it alone"
	cp_ok work:/data/new out
	assert_equal "$(stat -c '%a %Y %s' out/f out/d)" "750 981173106 6
500 981173106 $(stat -c %s out/d)"
	[ "$(stat -c %y out)" = "$(stat -c %y src)" ]
	[ out/f -ef out/d/hard ]
	[ "$(readlink out/link)" = /etc/passwd ]
	[ -p out/fifo ]
	cmp src/sparse out/sparse
	cmp src/hole out/hole
	[ "$(stat -c %b out/sparse)" -lt 64 ]
	[ "$(stat -c %s out/pieces)" = "$(stat -c %s src/pieces)" ]
	[ "$(stat -c %b out/pieces)" -le $((2 * $(stat -c %b src/pieces))) ]
	[ "$(stat -c %b out/hole)" = 0 ]
	[ "$(getfattr --only-values -n user.word out/hole)" = value ]
	[ "$(cat "out/$long/$long")" = "$long" ]
	in_box 'stat -c "%a %u:%g" /data/new/f'
	assert_output "750 0:0"
	cp_no "box 'work': '/dev/null': it is neither a file nor a directory" work:/dev/null x
	cp_no "box 'work': '/proc': what it shows is the kernel's" work:/proc x
	cp_no "box 'work': '/proc/version': what it shows is the kernel's" work:/proc/version x
	cp_no "'/proc/version': what it shows is the kernel's" /proc/version work:/data
	chmod 700 src/d out/d
}

@test "--archive keeps owners as the other side has them, and setuid bits" {
	is_root || bats_skip "for root: others have one owner"
	sed -i 's/^  id: 0/&\n  map: ["0:100000:1000"]/' p.yaml
	work
	mkdir group
	chown 0:1234 group
	chmod g+s group
	cp_ok work:/data/edit group
	[ "$(stat -c %u:%g group/edit)" = 0:1234 ]
	chown 7:8 src/f
	chmod 4755 src/f
	cp_ok -a src work:/data/all
	cp_ok src work:/data/one
	in_box 'stat -c "%u:%g %a" /data/all/f /data/one/f'
	assert_output "7:8 4755
0:0 755"
	cp_ok --archive work:/data/all out
	[ "$(stat -c '%u:%g %a' out/f)" = "7:8 4755" ]
	cp_ok work:/data/all mine
	[ "$(stat -c '%u:%g %a' mine/f)" = "0:0 755" ]
	chown 5000 src/f
	nook_run cp -a src work:/data/other
	assert_status 1
	[[ $stderr == "nook: box 'work': '/data/other/f': cannot give it to user 5000"* ]]
	in_box 'ls -A /data'
	assert_output "all
edit
one"
}

@test "a device, fifo or socket is not replaced, nor a link to one" {
	work
	mkdir out
	mkfifo out/edit
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
	ln -s out/edit link
	ln -s /proc/self/fd/0 open
	cp_no "'out/edit': a device, fifo or socket is there" work:/data/. out
	cp_no "'link': a device, fifo or socket is there" work:/data/edit link
	cp_no "'socket': a device, fifo or socket is there" work:/data/edit socket
	cp_no "'open': a link to what a process has open is there" work:/data/edit open <src/f
	! is_root || mknod null c 1 3
	! is_root || cp_no "'null': a device, fifo or socket is there" work:/data/edit null
	! is_root || [ -c null ]
	[ -p out/edit ] && [ -S socket ] && [ -L link ] && [ -L open ]
	nothing_beside .
}

@test "a stream of tar, both ways" {
	work
	ln -s f src/link
	tar cf - src | "$NOOK" cp - work:/data
	tar --format=gnu -cf - --transform 's,src,gnu,' src | "$NOOK" cp - work:/data
	tar --format=pax -Scf - --transform 's,src,./pax,' src | "$NOOK" cp - work:/data
	in_box 'cd /data; cat src/f gnu/link pax/f'
	assert_output "hello
hello
hello"
	mkdir out
	"$NOOK" cp work:/data/src - | tar xf - -C out
	diff -r src out/src
	assert_equal "$("$NOOK" cp work:/data/src/. - | tar tf - | sort)" "./
./d/
./f
./link"
	cp_no "box 'work': '/data/edit': a stream goes into a directory: Not a directory" - work:/data/edit <src/f
	# what lies behind its end is taken as well: who writes it is not killed
	(set -o pipefail; { tar cf - src; head -c 1M /dev/zero; } | "$NOOK" cp - work:/data)
	head -c 4096 /bin/sh >junk
	cp_no "box 'work': '/data': this is no stream of tar(1)" - work:/data <junk
}

@test "a stream that lies leads nowhere" {
	work
	stream up 'add("ok", "1"); add("../up", "evil")'
	cp_no "box 'work': '/t': the stream has '../up', which leads elsewhere" - work:/t <up
	stream way 'add("l", type=SYM, link="/data"); add("l/evil", "evil")'
	cp_no "box 'work': '/t/l/evil': there is 'l', which is no directory" - work:/t <way
	stream hard 'add("l2", type=SYM, link="/data/edit"); add("h", type=LINK, link="l2")'
	cp_no "box 'work': '/t/h': 'l2' is another file by now" - work:/t <hard
	stream dev 'add("null", type=CHR)'
	cp_no "box 'work': '/t/null': it is a device" - work:/t <dev
	stream abs 'add("/abs", "1"); add("a/b/../../c", "2")'
	cp_no "box 'work': '/t/a/b': the stream has 'a/b/../../c', which leads elsewhere" - work:/t <abs
	stream map 'add("s", "999999\n", **{"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s", "GNU.sparse.realsize": "5"})'
	cp_no "box 'work': '/t': a sparse file in more than 262144 pieces" - work:/t <map
	python3 -c 'import tarfile
def block(name, type, size):
    i = tarfile.TarInfo(name)
    i.type, i.size = type, size
    return i.tobuf(tarfile.USTAR_FORMAT)
head = block("x", b"x", 600000) + b"600000 comment=".ljust(599999, b"x") + b"\n" + bytes(64)
open("long", "wb").write(head + head + block("y", b"0", 0) + bytes(1024))'
	cp_no "box 'work': '/t': a header of more than 1048576 bytes" - work:/t <long
	stream cut 'add("c", "x" * 2000)'
	cp_no "box 'work': '/t/c': the stream ends in the middle" - work:/t < <(head -c 1500 cut)
	cp_no "box 'work': '/t/c': the stream ends in the middle" - work:/t < <(head -c 2560 cut)
	assert_equal "$(ls -A shared)" "abs
c
l
l2
ok
up"
	[ "$(cat data/edit)" = old ]
}

@test "a box at rest: in goes to its changes, out is what it would see" {
	nook_run create --name work ./p.yaml -- /bin/true
	[ "$status" = 0 ] || nook_run create work ./p.yaml -- /bin/true
	assert_status 0
	cp_ok src work:/data/new
	cp_ok src/f work:/data/edit
	[ "$(cat data/edit)" = old ]
	[ ! -e data/new ]
	nook_run diff --stat work
	assert_output "3 added, 1 modified, 0 deleted, 12B in files"
	cp_ok work:/data/. out
	assert_equal "$(cat out/edit out/new/f)" "hello
hello"
	cp_ok src work:/t/bound
	[ -e shared/bound/f ]
	cp_no "box 'work': '/tmp': '/tmp' of a box at rest is made anew when it starts" src/f work:/tmp
	cp_no "box 'work': '/': '/' of a box at rest is made anew when it starts" src work:/
	nook_run ps -a --no-headings -o status
	assert_output created
	nook_run apply work
	assert_status 0
	[ "$(cat data/new/f)" = hello ]
}

@test "what cannot be is said, and nothing is left" {
	work
	cp_no "box 'work': '/usr/x': cannot make it: Read-only file system" src work:/usr/x
	[ "${stderr_lines[1]}" = "hint: that place is read-only; those that are not are in 'nook explain'" ]
	cp_no "box 'work': '/no/x': cannot open the directory that it is in: No such file or directory" src/f work:/no/x
	cp_no "box 'work': '/data/no/': there is no such directory" src/f work:/data/no/
	cp_no "'src/no': cannot open it: No such file or directory" src/no work:/data
	cp_no "box 'work': '/no': cannot open it: No such file or directory" work:/no .
	cp_no "box 'work': '/data/edit': there is 'edit', which is no directory" src work:/data/edit
	mkdir shared/f
	cp_no "box 'work': '/t/f': a directory is there" src/f work:/t
	if ! is_root; then
		mkdir -m 0 src/closed
		cp_no "'src/closed': cannot open it: Permission denied" src work:/data/x
		rmdir src/closed
	fi
	in_box 'ls -A /data'
	assert_output edit
	nook_run cp src work
	assert_status 2
	[ "${stderr_lines[0]}" = "nook: one of the two paths must be BOX:PATH" ]
	nook_run cp a:/x b:/y
	assert_status 2
	[ "${stderr_lines[0]}" = "nook: one of the two paths must be of the host" ]
	nook_run cp src work:
	assert_status 2
	nook_run cp src nosuch:/x
	assert_status 1
	[[ ${stderr_lines[0]} == "nook: no box 'nosuch'"* ]]
	touch a:b
	cp_ok ./a:b work:/data
	nook_run pause work
	if [ "$status" = 0 ]; then # else there is no cgroup to freeze
		cp_no "the box is paused" src work:/data/y
		nook_run unpause work
	fi
}

@test "a stream that nobody takes is not waited for" {
	mkfifo pipe
	# open for both, so that it has no end
	exec 9<>pipe
	work
	for _ in running "at rest"; do
		run --separate-stderr timeout 60 "$NOOK" cp - work:/nosuch <&9
		assert_status 1
		assert_stderr "nook: box 'work': '/nosuch': a stream goes into a directory: No such file or directory"
		"$NOOK" stop -t 0 work
	done
	exec 9>&-
}

# begin_slowly DST - a copy in the background, $copy, of which the first file is half made; what it
# reads stays open as 9
begin_slowly() {
	stream whole 'add("src", type=DIR); add("src/big", "x" * 300000); add("src/next", "y")'
	rm -f pipe
	mkfifo pipe
	"$NOOK" cp - "$1" <pipe >cp.out 2>cp.err &
	copy=$!
	exec 9>pipe
	head -c 200000 whole >&9
	wait_until something_beside shared
}

@test "a copy that is killed takes away what it has half made" {
	work
	for sig in KILL TERM; do
		begin_slowly work:/t
		kill -$sig $copy
		wait $copy || true
		wait_until nothing_beside shared
		exec 9>&-
		[ -z "$(ls -A shared/src)" ]
		rmdir shared/src
	done
	begin_slowly work:/t
	nook_run pause work
	if [ "$status" = 0 ]; then # its end there cannot clear away: the second signal leaves it
		kill -TERM $copy
		kill -INT $copy
		wait_until is_over $copy
		something_beside shared
		nook_run unpause work
	else
		kill -TERM $copy
	fi
	wait $copy || true
	wait_until nothing_beside shared
	exec 9>&-
	rmdir shared/src
	nook_run stop -t 0 work
	# the time that its command has to end is not that of a copy
	nook_run update work grace=0
	assert_status 0
	begin_slowly work:/t
	ends=$(pgrep -d, -P $copy)
	copier=$(pgrep -P "$ends")
	kill -STOP "$copier"
	kill -KILL $copy
	wait $copy || true
	wait_until one_is_over "$ends"
	kill -CONT "$copier"
	wait_until nothing_beside shared
	exec 9>&-
	rmdir shared/src
	# its keeper has cleared away
	wait_until "$NOOK" rm work
}

@test "what a copy left that could not clear away goes with the next one there" {
	local keeper init
	work
	begin_slowly work:/t
	# beside one that goes on
	cp_ok src/f work:/t/src/other
	something_beside shared/src
	read -r keeper init < <("$NOOK" ps --no-headings -o keeper,init)
	kill -KILL "$keeper"
	wait_until is_over "$init" # and all others in the box before it
	exec 9>&-
	wait $copy || true
	something_beside shared/src
	mkdir -m 700 shared/src/.nook-cp-{0123456789abcdef,mine}
	mkdir -m 755 shared/src/.nook-cp-aaaaaaaaaaaaaaaa # no copy left it so
	echo 1 >shared/src/.nook-cp-0123456789abcdef/in
	"$NOOK" start work
	cp_ok src/f work:/t/src/other
	assert_equal "$(ls -A shared/src)" $'.nook-cp-aaaaaaaaaaaaaaaa\n.nook-cp-mine\nother'
	# where others may write it may be anybody who gave the name
	mkdir -m 700 shared/src/.nook-cp-0123456789abcdef
	chmod 777 shared/src
	cp_ok src/f work:/t/src/another
	[ -d shared/src/.nook-cp-0123456789abcdef ]
	nook_run stop -t 0 work
}

@test "nobody in the box sees who copies" {
	work
	in_box 'set -- /proc/[0-9]*; echo $#'
	before=$output
	begin_slowly work:/t
	in_box 'set -- /proc/[0-9]*; echo $#'
	assert_output "$before"
	head -c 1000000 whole | tail -c +200001 >&9
	exec 9>&-
	wait $copy || fail "$(cat cp.err)"
	[ "$(stat -c %s shared/src/big)" = 300000 ]
	[ "$(cat shared/src/next)" = y ]
}

@test "a copy to a reader that does not read is ended by a signal" {
	work
	head -c 1M /dev/zero >shared/big
	mkfifo pipe
	exec 8<>pipe
	"$NOOK" cp work:/t/big - >&8 2>cp.err 8>&- &
	copy=$!
	wait_until is_full 8
	kill -TERM $copy
	wait_until is_over $copy
	status=0
	wait $copy || status=$?
	exec 8>&-
	[ "$status" = 143 ]
}

@test "a directory that comes out is whole or not there" {
	work
	mkdir shared/many
	head -c 4M /dev/zero >shared/many/a
	for i in b c d e f g h; do cp shared/many/a shared/many/$i; done
	for i in 1 2 3 4 5; do
		mkdir to$i
		"$NOOK" cp work:/t/many to$i &
		copy=$!
		wait_until begun to$i
		kill -KILL $copy 2>/dev/null || true
		wait $copy || true
		wait_until nothing_beside to$i
		[ ! -e to$i/many ] || diff -r shared/many to$i/many
	done
}

@test "FS-27: links of a box that change while it is copied lead nowhere outside" {
	mkdir victim
	echo secret >victim/secret
	ln -s "$T/victim" control
	[ "$(cat control/secret)" = secret ]
	work "mkdir /t/a; echo mine >/t/a/secret; while :; do
		mv /t/a /t/d; mv /t/d /t/a; ln -s $T/victim /t/d; rm /t/d
		ln -s ../../../../..$T/victim /t/d; rm /t/d; done"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		nook_run cp src/f work:/t/d/evil
		nook_run cp src/f work:/t/d
		nook_run cp src/. work:/t/d
		nook_run cp work:/t/d/secret got
		nook_run cp work:/t/d/. got.d
		[ ! -e got ] || [ "$(cat got)" = mine ]
		! grep -rs '^secret$' got got.d || fail "it was read"
	done
	assert_equal "$(ls -A victim)" secret
	nook_run stop -t 0 work
}

@test "a hangup that is to be ignored does not end a copy" {
	work
	for where in running "at rest"; do
		stream whole 'add("src", type=DIR); add("src/big", "x" * 300000); add("src/next", "y")'
		rm -f pipe
		mkfifo pipe
		setsid nohup "$NOOK" cp - work:/t <pipe >cp.out 2>&1 &
		copy=$!
		exec 9>pipe
		head -c 200000 whole >&9
		wait_until something_beside shared
		kill -HUP -$copy
		tail -c +200001 whole >&9
		exec 9>&-
		status=0
		wait $copy || status=$?
		assert_equal "in, $where: $status $(stat -c %s shared/src/big)" "in, $where: 0 300000"
		setsid nohup "$NOOK" cp work:/t/src/big - >pipe 2>cp.err &
		copy=$!
		exec 9<pipe
		head -c 1000 <&9 >half
		kill -HUP -$copy
		cat <&9 >>half
		exec 9<&-
		status=0
		wait $copy || status=$?
		assert_equal "out, $where: $status" "out, $where: 0"
		assert [ "$(stat -c %s half)" -gt 300000 ]
		rm -r shared/src
		"$NOOK" stop -t 0 work
	done
}
