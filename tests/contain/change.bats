#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# change.bats - a box that is changed while it runs: what it does against that, what it sees of it
# as: root user subids
# long: 100
# in: release

load contain

setup() {
	contain_setup
	mkdir -p "$T/src" "$T/t"
	chmod 777 "$T/t"
	echo hello >"$T/src/f"
	printf 'extends: base\n' >"$T/p.yaml"
}

# living SCRIPT - a box that runs it, under the keeper $keeper, is known as web
living() {
	"$NOOK" run --name web --userns single -v "$PROBE:/probe" -v "$T/t:/t:rw" "$T/p.yaml" -- \
		sh -c "$1" </dev/null >"$T/log" 2>&1 3>&- &
	keeper=$!
	wait_for "$T/t/up"
}
inside() { run --separate-stderr "$NOOK" exec web -- "$@"; }
update() { "$NOOK" update web "$@" >"$T/said" 2>&1; }

teardown() {
	[ -z "${keeper:-}" ] || {
		kill -KILL "$keeper" 2>/dev/null || true
		wait "$keeper" || true
		"$NOOK" gc -q || true
	}
	nook_teardown
}

# places - where the box has what was mounted
places() {
	inside cat /proc/self/mountinfo
	sed -nE 's/^[0-9]+ [0-9]+ [0-9:]+ [^ ]*\/src (\/[^ ]*) .*/\1/p' <<<"$output" | sort -u
}

@test "FS-11: a place that is swapped while a box is changed takes no mount elsewhere" {
	local i done=0 refused=0 runs=40
	[ -z "${NOOK_LONG:-}" ] || runs=1000
	living 'mkdir -p /tmp/spot/in /tmp/victim/in; ln -s victim /tmp/link; : >/t/up
		while [ ! -e /t/go ]; do :; done; exec /probe swap /tmp/spot /tmp/link'
	# CONTROL: with nobody swapping it is mounted where it was to be
	update "+mounts=$T/src:/tmp/spot/in"
	assert_equal "$(places)" /tmp/spot/in
	update -mounts=/tmp/spot/in
	: >"$T/t/go"
	for ((i = 0; i < runs; i++)); do
		if update "+mounts=$T/src:/tmp/spot/in"; then
			done=$((done + 1))
			assert_match '^/tmp/(spot|link)/in$' "$(places)"
			wait_until update -mounts=/tmp/spot/in
		else
			refused=$((refused + 1))
			assert_match 'symbolic link|Symbolic link|moved in the box' "$(cat "$T/said")"
		fi
		assert_equal "$(places)" ''
	done
	echo "# $done done, $refused refused"
	assert [ "$done" -gt 0 ]
	# CONTROL: who goes by name meets the symlink sooner or later
	wait_until "$NOOK" exec web -- sh -c '
		: >/tmp/spot/in/x; [ -e /tmp/victim/in/x ]'
}

@test "FS-16: a source that the box turns into a symlink shows it nothing else" {
	local i done=0 refused=0
	mkdir "$T/secret"
	echo secret >"$T/secret/f"
	mkdir "$T/t/build"
	chmod 777 "$T/t/build"
	living "mkdir /t/build/own; ln -s $T/secret /t/link; : >/t/up
		while [ ! -e /t/go ]; do :; done; exec /probe swap /t/build /t/link"
	# CONTROL: with nobody swapping it is mounted
	update "+mounts=$T/t/build:/tmp/in"
	inside ls /tmp/in
	assert_equal "$output" own
	update -mounts=/tmp/in
	: >"$T/t/go"
	# CONTROL: who goes by name meets the symlink
	wait_until test -e "$T/t/build/f"
	for ((i = 0; i < 20; i++)); do
		if ! update "+mounts=$T/t/build:/tmp/in"; then
			refused=$((refused + 1))
			continue
		fi
		# a link that was there when the person asked was followed then
		if "$NOOK" inspect web | grep -qF "\"from\":\"$T/t/build\""; then
			done=$((done + 1))
			inside ls /tmp/in
			assert_equal "$output" own
		fi
		update -mounts=/tmp/in
	done
	echo "# $done done, $refused refused"
	assert [ "$((done + refused))" -gt 0 ]
}

# pids_seen - all that the box has seen in its /proc since it was asked last
pids_seen() {
	rm -f "$T/t/seen"
	: >"$T/t/tell"
	wait_for "$T/t/seen"
	tr ' ' '\n' <"$T/t/seen" | sort -un | tr '\n' ' '
}
# fds - of init and the command, as far as the caller may look, but for what that opens itself;
# one that is closed while it is looked at is listed without what it led to
fds() {
	local init
	init=$(pgrep -P "$keeper" | head -n 1)
	for pid in "$init" $(pgrep -P "$init"); do
		find "/proc/$pid/fd" -mindepth 1 -printf "$pid %f %l\n" 2>/dev/null || :
	done | { grep -vE ' (|/proc|/dev/null|.*/t/[a-z]*)$' || :; }
}

@test "FD-13, PS-03: who changes a box is not seen in it, and leaves nothing open there" {
	local before i
	# without a process besides itself
	living 'all=; : >/t/up
		while :; do
			for p in /proc/[0-9]*; do
				case " $all " in *" ${p#/proc/} "*) ;; *) all="$all ${p#/proc/}" ;; esac
			done
			[ ! -e /t/tell ] || { echo $all >/t/part; rm /t/tell; all=; mv /t/part /t/seen; }
		done'
	assert_equal "$(pids_seen)" '1 2 '
	before=$(fds)
	pids_seen
	for ((i = 0; i < 20; i++)); do
		update "+mounts=$T/src:/tmp/in" '+mounts={tmpfs: /tmp/new}'
		update -mounts=/tmp/in -mounts=/tmp/new
	done
	assert_equal "$(pids_seen)" '1 2 '
	assert_equal "$(fds)" "$before"
	# CONTROL: a command that is brought in is seen
	"$NOOK" exec -d web -- sleep 60
	pids_seen
	assert [ "$(pids_seen | wc -w)" -gt 2 ]
}
