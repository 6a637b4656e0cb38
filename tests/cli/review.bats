#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# review.bats - nook run --review: what a command changed is shown, and made true or not
# as: root user subids
# in: release
# fresh: no

load helper
load boxes
load net
load typing

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

# review WORDS... -- SHELL-SCRIPT: with $T/data below an overlay at /data
setup() {
	nook_setup
	mkdir data
	echo old >data/edit
	echo x >data/gone
	echo keep >data/rest
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
	nook_teardown
}

review() {
	local script=${*: -1}
	set -- "${@:1:$#-2}"
	nook_run run --review "$@" ./p.yaml -- /bin/sh -c "$script"
}

@test "shows what was changed, and applies nothing with --no" {
	review --no -- 'echo new >/data/edit; rm /data/gone; mkdir /data/d; echo 1 >/data/d/f; exit 3'
	[ "$status" = 3 ]
	[ "$output" = "" ]
	[ "$(cat data/edit data/gone)" = "old
x" ]
	local me
	me=$(printf '%-9s' "$(id -u):$(id -g)")
	[ "$stderr" = "/data
  A  directory  0755  $me  d/
/data/d
  A         2B  0644  $me  f
/data
  M         4B  0644  $me  edit
  D         2B  0644  $me  gone
2 added, 1 modified, 1 deleted, 6B in files" ]
}

@test "applies all of it with --yes" {
	review --yes -- 'echo new >/data/edit; rm /data/gone; mkdir -m 750 /data/d; echo 1 >/data/d/f; ln /data/d/f /data/d/g; touch -d 2001-02-03 /data/edit'
	[ "$status" = 0 ]
	[ "${stderr_lines[-1]}" = "nook: 5 changes applied" ]
	[ "$(cat data/edit data/d/f data/rest)" = "new
1
keep" ]
	[ ! -e data/gone ]
	[ data/d/f -ef data/d/g ]
	[ "$(stat -c '%u:%g %a' data/d)" = "$(id -u):$(id -g) 750" ]
	[ "$(stat -c '%u:%g %y' data/edit)" = "$(id -u):$(id -g) 2001-02-03 00:00:00.000000000 +0000" ]
}

@test "applies nothing of a command that failed" {
	review --yes -- 'echo new >/data/edit; false'
	[ "$status" = 1 ]
	[ "$(cat data/edit)" = old ]
	[ "${stderr_lines[-1]}" = "nook: the command failed: nothing is applied" ]
}

@test "leaves alone what was changed on the host meanwhile" {
	mkfifo go done
	cat >>p.yaml <<EOF
  - bind: $T
    to: /t
    options: [rw]
EOF
	(timeout 60 head -c 1 go >/dev/null; echo mine >data/edit; timeout 60 sh -c "echo >done") &
	review --yes -- 'echo new >/data/edit; echo n >/data/n; echo >/t/go; read _ </t/done'
	wait $!
	[ "$status" = 125 ]
	[ "$(cat data/edit data/n)" = "mine
n" ]
	[[ $stderr == *"nook: not done: /data/edit: '/data/edit' changed on the host after the box had started"* ]]
	[[ $stderr == *"nook: 1 change applied"* ]]
	[[ $stderr == *"warning: not a part of the review, but changed for real: /t"* ]]
}

@test "the directory of changes is hidden, in the first run too" {
	only_for user "root's is in no tree of this test"
	export XDG_STATE_HOME=$T/data/state
	review --no -- 'ls -A /data/state/nook; echo x >/data/state/nook/x'
	[ "$status" = 2 ]
	[ "$output" = "" ]
	[[ $stderr == *"/data/state/nook/x: Read-only file system"* ]]
}

@test "nothing to review says so" {
	review --no -- 'cat /data/rest'
	[ "$status" = 0 ]
	[ "$output" = keep ]
	[ "$stderr" = "no changes" ]
}

@test "needs a terminal or an answer, before anything runs" {
	run --separate-stderr setsid -w "$NOOK" run --review ./p.yaml -- /bin/sh -c 'echo ran >/data/edit'
	[ "$status" = 125 ]
	[ "$stderr" = "nook: --review asks on a terminal, and there is none
hint: --yes applies the changes, --no only shows them" ]
	nook_run run --yes ./p.yaml -- true
	[ "$status" = 125 ]
	[ "${stderr_lines[0]}" = "nook: --yes and --no answer --review" ]
	nook_run run --set root.changes=keep ./p.yaml -- true
	[ "$status" = 125 ]
	[ "$stderr" = "nook: 'root.changes: keep' needs a box that stays
hint: --keep makes such a box; --review shows the changes at the end and asks" ]
}

@test "the current directory of dev is reviewed too" {
	mkdir project && cd project
	nook_run run --review --yes dev -- sh -c 'echo built >result; cat result'
	[ "$status" = 0 ]
	[ "$output" = built ]
	[ "$(cat result)" = built ]
	[ "${stderr_lines[-1]}" = "nook: 1 change applied" ]
	nook_run run --review --no dev -- sh -c 'rm result'
	[ "$status" = 0 ]
	[ -e result ]
	[[ $stderr == *"1 deleted"* ]]
}

# asked ANSWERS WORDS... - the same on a terminal, where somebody types
asked() {
	local answers=$1
	shift
	run timeout 30 script -E never -qec "$NOOK run --review --set terminal=never ./p.yaml -- $*" /dev/null < \
		<(printf '%b' "$answers")
	output=${output//$'\r'/}
}

@test "asks on a terminal" {
	need script
	asked 'd\nn\n' "sh -c 'echo new >/data/edit'"
	[ "$status" = 0 ]
	[[ $output == *"apply? [y/N/select/diff] --- a/data/edit
+++ b/data/edit
@@ -1 +1 @@
-old
+new
"* ]]
	[ "$(cat data/edit)" = old ]
	asked 's\ny\nn\n' "sh -c 'echo new >/data/edit; echo 1 >/data/n'"
	[ "$status" = 0 ]
	[ "$(cat data/edit)" = new ]
	[ ! -e data/n ]
	[[ $output == *"nook: 1 change applied"* ]]
	asked 'y\nn\n' "sh -c 'cp /bin/true /data/rights; chmod 4755 /data/rights; echo 2 >/data/n'"
	[[ $output == *"  setuid"* ]]
	[[ $output == *"nook: not done: /data/rights: it gives others its rights"* ]]
	[ "$(cat data/n)" = 2 ]
	[ ! -e data/rights ]
}

@test "an answer that it does not know is asked for again, and no reason to lose the changes" {
	need script
	asked 'qselect\nwhatever this may mean to whoever types it\n?\nyes\n' "sh -c 'echo new >/data/edit'"
	[ "$status" = 0 ]
	[ "$(cat data/edit)" = new ]
	[ "$(grep -c '^y: apply all; n: nothing, all changes are lost; select: ' \
		<<<"${output//'apply? [y/N/select/diff] '/}")" = 3 ]
	asked 'SEL\nwhat\nno\ny\n' "sh -c 'echo 1 >/data/a; echo 1 >/data/b'"
	[ "$status" = 0 ]
	[[ $output == *"  y: apply it; n: do not; all: this and the rest; quit: no more of them"* ]]
	[ "$(ls data)" = "b
edit
gone
rest" ]
	# an empty line is a no
	asked '\n' "sh -c 'echo newer >/data/edit'"
	[ "$(cat data/edit)" = new ]
}

# typed SCRIPT [SEEN KEYS]... - the review of SCRIPT, which is answered as it asks
typed() {
	printf '%s\n' "$1" >box.sh
	shift
	at_terminal "echo \$\$ >$T/pid; exec $NOOK run --review --set terminal=never ./p.yaml -- \
		/bin/sh -c '$(cat box.sh)'" "$@"
	[ "$(cat data/edit)" = old ]
	[ "$(ls data)" = "edit
gone
rest" ]
	[ "$(grep -c 'nook: nothing is applied' <<<"$output")" = 1 ]
	[[ $output != *"not done"* ]]
	[ "$status" = 3 ]
}

@test "a signal, or the end of the terminal, at any question applies nothing" {
	need script
	local end script='echo new >/data/edit; cp /bin/true /data/s; chmod 4755 /data/s; exit 3'
	for end in '\003' '!kill -TERM $(cat $T/pid)' '\004'; do
		typed "$script" 'apply\? \[y/N/select/diff\]' "$end"
		typed "$script" 'apply\? \[y/N/select/diff\]' 'y\n' 'gives rights to who uses it\?' "$end"
		typed "$script" 'apply\? \[y/N/select/diff\]' 's\n' 'gives rights to who uses it\?' 'y\n' \
			'data/edit.*apply it\?' 'y\n' 'data/s.*apply it\?' "$end"
	done
}

@test "what gives rights is not asked for where no such thing is wanted" {
	need script
	asked 's\nn\ny\n' "sh -c 'echo new >/data/edit; cp /bin/true /data/d; chmod 4755 /data/d'"
	[ "$status" = 0 ]
	[ "$(cat data/edit)" = new ]
	[ ! -e data/d ]
	[ "$(grep -c 'apply it?' <<<"$output")" = 1 ]
	[[ $output == *"/data/d  setuid
  not applied: it gives rights to who uses it
"* ]]
	[[ $output == *"nook: 1 change applied"* ]]
}

@test "what was said to one file is not done to another" {
	need script
	local files='cd /data && mkdir d && echo 1 >d/x && echo 1 >a && echo 1 >b && echo new >edit && rm gone'
	asked 's\nn\ny\ny\nn\nall\n' "sh -c '$files'"
	[ "$status" = 0 ]
	[ "$(cd data && echo *)" = "b d edit rest" ]
	[ "$(cat data/d/x data/edit)" = "1
old" ]
	[[ $output == *"nook: 4 changes applied"* ]]
	echo x >data/gone
	asked 's\nyes\nquit\n' "sh -c 'echo 2 >/data/b; rm /data/d/x /data/gone'"
	[ "$(cat data/b data/d/x data/gone)" = "2
1
x" ]
	[[ $output == *"nook: 1 change applied"* ]]
}

@test "what make install installs is there afterwards" {
	need make install
	mkdir data/src
	printf 'install:\n\tinstall -d /data/prefix/bin\n\tinstall -m 755 prog /data/prefix/bin/prog\n\tln -s prog /data/prefix/bin/alias\n' >data/src/Makefile
	echo '#!/bin/sh' >data/src/prog
	review --yes -- 'make -s -C /data/src install'
	[ "$status" = 0 ]
	[ "$(stat -c '%u %a' data/prefix/bin/prog)" = "$(id -u) 755" ]
	[ "$(readlink data/prefix/bin/alias)" = prog ]
}

@test "dpkg -i installs a package into a reviewed tree" {
	need dpkg dpkg-deb
	only_for root "dpkg gives files to root"
	mkdir -p pkg/DEBIAN pkg/usr/bin data/var/lib/dpkg/updates data/var/lib/dpkg/info
	touch data/var/lib/dpkg/status data/var/lib/dpkg/available
	printf 'Package: tiny\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: tiny\n' >pkg/DEBIAN/control
	echo '#!/bin/sh' >pkg/usr/bin/tiny
	chmod 755 pkg/usr/bin/tiny
	dpkg-deb --root-owner-group -b pkg data/tiny.deb >/dev/null
	review --yes -- 'PATH=$PATH:/usr/sbin:/sbin dpkg --root=/data --log=/dev/null -i /data/tiny.deb'
	[ "$status" = 0 ]
	[ "$(stat -c '%u:%g %a' data/usr/bin/tiny)" = "0:0 755" ]
	grep -q 'Status: install ok installed' data/var/lib/dpkg/status
}

@test "a killed review leaves nothing that the next command does not remove" {
	mkfifo go
	cat >>p.yaml <<EOF
  - bind: $T
    to: /t
    options: [rw]
EOF
	export XDG_STATE_HOME=$T/state
	"$NOOK" run --review --yes ./p.yaml -- /bin/sh -c 'echo 1 >/data/n; echo >/t/go; sleep 20' &
	timeout 60 head -c 1 go >/dev/null
	kill -KILL $!
	wait $! || true
	local state=$T/state/nook/uppers
	! is_root || state=/var/lib/nook/uppers
	[ -n "$(ls "$state")" ]
	# its keeper ends by that, in a moment
	cleared() { "$NOOK" gc && [ -z "$(ls "$state")" ]; }
	wait_until cleared
	[ ! -e data/n ]
}
