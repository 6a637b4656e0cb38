#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# exec.bats - what comes into a box that runs: as confined as its command, and safe from it
# as: root
# in: release
# shellcheck disable=SC2034 # box() reads box_options and box_map

load callers

# living PROFILE-TEXT COMMAND... - a box that runs it, under the keeper $keeper, is known as web;
# its directory inside is /t, and what it prints is in $T/living
living() {
	local map=${box_map:-single}
	printf '%s\n' "$1" >"$T/box.yaml"
	install -d -m 777 "$T/t"
	rm -f "$T"/t/* "$T/living"
	"$NOOK" run --name web --userns "$map" -v "$PROBE:/probe" -v "$T/facts:/facts" -v "$T/t:/t:rw" \
		"$T/box.yaml" -- "${@:2}" </dev/null >"$T/living" 2>"$T/living.err" &
	keeper=$!
}
end_living() {
	"$NOOK" kill web
	wait "$keeper" || true
	keeper=
}
ready() { grep -qs "$1" "$T/living"; }

teardown() {
	[ -z "${keeper:-}" ] || {
		kill -KILL "$keeper" 2>/dev/null || true
		wait "$keeper" || true
		"$NOOK" gc -q || true
	}
	nook_teardown
}

# Everything that is a process's own: what of it is not the same for two commands of one box is
# left out
cat_facts() {
	cat <<'END'
grep -vE '^(Pid|Tgid|Ngid|PPid|NSpid|NStgid|NSpgid|NSsid|Vm|Rss|Hugetlb|(non)?voluntary|SigQ|Name|State|Threads)' /proc/self/status
for file in limits cgroup mountinfo timerslack_ns oom_score_adj attr/current personality uid_map gid_map setgroups; do
	echo "$file:"
	cat /proc/self/$file 2>&1
done
for kind in /proc/self/ns/*; do echo "$kind $(readlink "$kind")"; done
umask
pwd
nice
env | grep -v '^_=' | sort
ls /proc/self/fd
cut -d' ' -f 18,19,40,41 /proc/self/stat
END
}

@test "CR-11: what exec starts is as confined as what run started" {
	local profile
	cat_facts >"$T/facts"
	chmod 644 "$T/facts"
	for caller in $callers; do
		become "$caller"
		[ "$caller" != subids ] || box_map=subids
		for profile in 'extends: strict' 'extends: dev' 'extends: base
capabilities: [CAP_NET_BIND_SERVICE]
landlock: preferred
limits: {memory: 64M, pids: 50, enforce: best-effort}
rlimits: {nofile: 77, cpu: 60}
umask: "027"
nested_namespaces: true'; do
			living "$profile" sh -c '. /facts; echo END; sleep 60'
			wait_until ready END
			run --separate-stderr timeout -k 5 60 "$NOOK" exec web -- sh -c '. /facts; echo END' </dev/null
			assert_status 0
			assert_equal "$output" "$(<"$T/living")"
			# the same walls by trying
			run --separate-stderr "$NOOK" exec web -- /probe CR-04
			[ "$profile" != 'extends: strict' ] || expect box
			end_living
		done
		# CONTROL: the lines tell of a wall that is missing
		living 'extends: strict' sh -c '. /facts; echo END; sleep 60'
		wait_until ready END
		cp "$T/living" "$T/strict"
		end_living
		living 'extends: strict
seccomp: off' sh -c '. /facts; echo END; sleep 60'
		wait_until ready END
		refute cmp -s "$T/living" "$T/strict"
		end_living
	done
}

@test "CR-11, FD-06: while it comes in, nothing of outside can be had from it" {
	local slow
	touch "$T/facts"
	# Looking for the command in many places keeps it nook for a while, behind its last wall
	slow=$(printf '/nowhere/at/all:%.0s' {1..7000})/usr/bin
	for caller in $callers; do
		# one id each: a range hides who comes in until it has the payload's id
		become "$caller"
		living 'extends: base
capabilities: [CAP_SYS_PTRACE]
seccomp: off' /probe CR-11 4
		wait_until ready CR-11.ready
		# until the probe has seen enough: those it can it kills
		while [ "$(jobs -rp)" ]; do
			"$NOOK" exec -e PATH="$slow" web -- sleep 0.2 2>/dev/null || :
		done
		wait "$keeper"
		keeper=
		output=$(<"$T/living")
		expect box
	done
}

@test "FD-07: nor can nook's program be written through what exec brings in" {
	local sum
	# A build of the user's own, which the box's ids could write, and which a script there runs
	cp "$(readlink -f "$program")" "$T/own"
	chmod 777 "$T/own"
	sum=$(sha256sum <"$T/own")
	touch "$T/facts"
	become root
	printf '#!/bin/sh\nexec "%s" "$@"\n' "$T/own" >"$T/nook"
	install -D -m 644 "$TOP/profiles/base.yaml" "$HOME/.config/nook/profiles/base.yaml"
	living 'extends: base
user: {id: 0}
seccomp: off' sh -c 'echo END; exec sleep 60'
	wait_until ready END
	cat >"$T/t/nested" <<-'END'
		#!/proc/self/exe run
		namespaces: []
		root: {from: host, changes: through}
		user: {map: none}
		network: {mode: host}
		seccomp: off
		command: [/probe, FD-07, other, "3"]
	END
	chmod 755 "$T/t/nested" "$T/t"
	run --separate-stderr timeout -k 5 60 "$NOOK" exec web -- /t/nested
	assert_line 'FD-07.reach ok'
	assert_match '^FD-07.write (EACCES|EROFS|EPERM|ETXTBSY)$'
	assert_equal "$(sha256sum <"$T/own")" "$sum"
	end_living
	# CONTROL: fds.bats has one, of the same probe
}
