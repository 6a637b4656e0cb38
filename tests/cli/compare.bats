#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# compare.bats - `nook compare`: what each rung costs and reaches, and that nothing of it stays
# as: root user subids
# takes: 15
# fresh: no
load helper

setup() {
	nook_setup
	export TMPDIR=$T
}

# by RUNG EXPRESSION - true of that rung of the JSON in $output: `r` is the rung, `reach` what it reached
by() {
	python3 - "$1" "$2" 3<<<"$output" <<-'END' || fail "$1: $2"
	import json, os, sys
	r = next(r for r in json.load(os.fdopen(3))["rungs"] if r["rung"] == sys.argv[1])
	reach = {k: v["reached"] for k, v in r.get("reach", {}).items()}
	sys.exit(not eval(sys.argv[2]))
	END
}

# left - what a comparison has in $TMPDIR
left() { find "$T" -maxdepth 1 -name 'nook-compare.*'; }

has_tree() { test -e "$(left)/tree/usr/bin"; }
has_none() { test -z "$(left)$("$NOOK" ps --names)"; }

# within SECONDS COMMAND... - it comes true
within() {
	local until=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < until)) || fail "not within the time: $*"
		sleep 0.05
	done
}

@test "two tables, with a line for each rung, and nothing is left" {
	nook_run compare -n 1
	assert_status 0
	assert_stderr
	rungs="process chroot user mount pid net uts ipc cgroup time caps landlock seccomp limits full"
	assert_equal "$(sed '1d; /^$/,$d' <<<"$output" | awk '{print $1}' | paste -sd' ')" "$rungs"
	assert_match '^process +[0-9]+\.[0-9]{2} +[0-9.]+[KM] +-  nothing: as a shell starts it$'
	assert_match '^full +[0-9]+\.[0-9]{2} +[0-9.]+[KM] +(<=)?[0-9.]+[KM]  the profile strict$'
	assert_match '^REACHES +KERNEL +PROCS +FILE +SIGNAL +SOCKET +PORT +SHM +HOSTNAME +CLOCK +CAPS$'
	# what its words mean stands below, once, and no line is too long for a screen
	assert_equal "$(grep -c '^shared, yes: ' <<<"$output")" 1
	assert_equal "$(sed -n '/^shared, yes: /,$p' <<<"$output" | grep -c '.\{81\}')" 0
	assert_equal "$(left)" ""
}

@test "each layer takes away what it is for, and the rung before it still has it" {
	need python3
	unset TMPDIR # no mode of a directory above is to keep the file from anybody
	nook_run compare -n 1 --json
	assert_status 0
	for thing in file signal socket port shm; do by process "reach['$thing'] == 'yes'"; done
	by user "reach['file'] == 'climbs'"
	by mount "reach['file'] == 'no' and r['capabilities'] > 30"
	by mount "r['processes'] >= 2 and reach['port'] == 'yes'"
	by pid "r['processes'] == 2 and reach['signal'] == 'no' and reach['socket'] == 'yes'"
	by net "reach['socket'] == 'no' and reach['port'] == 'no' and reach['shm'] == 'yes'"
	by uts "reach['shm'] == 'yes'"
	by ipc "reach['shm'] == 'no' and reach['clock'] == 'no'"
	by time "reach['clock'] == 'own' and r['capabilities'] > 30"
	by caps "r['capabilities'] == 0"
	by full "set(reach.values()) == {'no'} and r['capabilities'] == 0"
	for rung in process user pid full; do by "$rung" "r['kernel_shared'] is True"; done
}

@test "as root a chroot is climbed out of, and what it may do to the machine is the machine's" {
	only_for root "chroot(2)"
	need python3
	before=$(hostname)
	unset TMPDIR
	nook_run compare -n 1 --json --rungs process,chroot,user,limits
	by chroot "reach == dict(reach, file='climbs', signal='yes', hostname='yes', clock='yes')"
	by user "reach == dict(reach, signal='no', hostname='no', clock='no')"
	by limits "r['ran']"
	assert_equal "$(hostname)" "$before"
}

@test "what a user cannot have says why, and the rungs behind it do without" {
	only_for user "root has all rungs"
	need python3
	nook_run compare -n 1 --rungs chroot,uts,full
	assert_status 0
	assert_match '^chroot +- +- +-  not here: a user may chroot only in a user namespace: see user$'
	assert_match '^full +[0-9]'
	nook_run compare -n 1 --json --rungs chroot,user,net,uts
	by chroot "not r['ran'] and r['hint'].startswith('unshare --map-root-user chroot')"
	# and that is what the next rung is, where the directory above is open to it
	by user "reach['file'] != 'no'"
	by net "reach['hostname'] == 'no'"
	by uts "reach['hostname'] == 'own'"
}

@test "memory is that of the command, in a box as outside" {
	need python3
	nook_run compare -n 1 --json --rungs process,full -- dd if=/dev/zero of=/dev/null bs=32M count=1
	assert_status 0
	for rung in process full; do
		by "$rung" "32 << 20 < r['memory']['peak'] < 40 << 20 and not r['memory']['peak_is_bound']"
	done
	by process "r['memory']['keeper'] is None"
	by full "0 < r['memory']['keeper'] and 0 < r['memory']['init']"
	nook_run compare -n 1 --json --rungs full
	by full "r['memory']['peak'] < 32 << 20"
}

@test "a command that ends otherwise in the tree is not measured there" {
	touch "$T/here"
	nook_run compare -n 1 --rungs process,full -- sh -c "test -e $T/here"
	assert_status 0
	assert_match '^full +- +- +-  not here: the command ends with 1 there, with 0 as a process$'
	nook_run compare -n 1 --rungs process,full -- sh -c 'exit 3'
	assert_match '^full +[0-9]'
}

@test "a picture has a row for each rung" {
	need python3
	nook_run compare -q -n 1 --rungs process,chroot,user,full --svg "$T/a.svg"
	assert_status 0
	assert_output
	python3 - "$T/a.svg" <<-'END'
	import sys
	import xml.etree.ElementTree as tree
	texts = [t.text for t in tree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}text")]
	assert [t for t in texts if t in ("process", "chroot", "user", "full")] == \
	    ["process", "chroot", "user", "full"], texts
	END
	nook_run compare -n 1 --rungs process --svg "$T/none/a.svg"
	assert_status 1
	assert_stderr "nook: cannot write '$T/none/a.svg': No such file or directory"
	assert_equal "$(left)" ""
}

@test "wrong words" {
	nook_run compare -n 0
	assert_status 2
	nook_run compare web
	assert_status 2
	nook_run compare --rungs process,ful
	assert_status 2
	assert_stderr "nook: --rungs: unknown rung 'ful', did you mean 'full'
hint: 'nook help compare' has their names"
	nook_run compare -- nosuch-program
	assert_status 1
	assert_stderr "nook: there is no program 'nosuch-program' in PATH"
	assert_equal "$(left)" ""
}

# begun COMMAND PID - COMMAND comes true, and PID, the comparison, does not end before
begun() {
	comes() { $1 || is_over "$2"; }
	within 20 comes "$@"
	$1 || fail "it ended first: $(cat said)"
}

is_over() { ! kill -0 "$1" 2>/dev/null; }

@test "stopped or killed it leaves nothing" {
	for signal in TERM KILL; do
		"$NOOK" compare -n 1000 >said 2>&1 3>&- &
		begun has_tree $!
		kill -s "$signal" $!
		wait $! && fail "it ended well" || status=$?
		[ "$status" = $((128 + $(kill -l "$signal"))) ] || fail "signal $signal"
		within 20 has_none
	done
}

@test "who has no processor while its helper begins knows it all the same" {
	need strace
	run --separate-stderr strace -D -f -qq -o /dev/null -e trace=rt_sigprocmask \
		-e inject=rt_sigprocmask:delay_enter=100ms "$NOOK" compare -n 1 --rungs process -- true
	assert_status 0
	assert_stderr
}

@test "the plain process ends with who compares, and what it has started" {
	for signal in INT TERM KILL; do
		rm -f pids
		env --default-signal=INT "$NOOK" compare -n 1 --rungs process -- \
			sh -c 'sleep 600 & echo $$ $! >new; mv new pids; wait' >said 2>&1 3>&- &
		begun "test -e pids" $!
		kill -s "$signal" $!
		wait $! && fail "it ended well" || status=$?
		[ "$status" = $((128 + $(kill -l "$signal"))) ] || fail "signal $signal: $status"
		for pid in $(cat pids); do within 20 is_over "$pid"; done
	done
}

@test "in the console a name compares drafts, and an option is the command's" {
	nook_run -c 'compare -n 1 --rungs process'
	assert_status 0
	assert_match '^process +[0-9]'
	nook_run -c 'new web; compare nosuch'
	assert_stderr "-c:1: no draft 'nosuch'
hint: 'drafts' lists them"
}

@test "a hangup that is to be ignored does not end a comparison" {
	setsid nohup "$NOOK" compare -n 1 --rungs process -- sh -c 'sleep 1' >out 2>&1 &
	compares=$!
	within 30 has_tree
	kill -HUP -$compares
	status=0
	wait $compares || status=$?
	assert_status 0
	within 20 has_none
}
