#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# long.bats - batches of thousands: killed, of every kind, without end
# long: 1900 only
# (tests/cli/batch.bats has a little of each)
#
# NOOK_KILLS, NOOK_JOBS, NOOK_FLAT say how many; the numbers of a night stand here.

load ../cli/helper

kills=${NOOK_KILLS:-200}
jobs=${NOOK_JOBS:-2000}
flat=${NOOK_FLAT:-100000}

none_runs() { ! pgrep -x nook >/dev/null; }

# ends FILE - what became of each job, in the order of ids
ends() {
	jq -r 'select(.final) | "\(.job) \(.cause) \(.exit_code) \(.passed)"' "$1" | sort
}

@test "killed at random moments and resumed, it ends as if it had not been" {
	need jq
	local i n=0
	for ((i = 0; i < jobs; i++)); do
		printf '{"id":"j%d","profile":"strict","command":["sh","-c","exit %d"]%s}\n' "$i" $((i % 4)) \
			"$([ $((i % 50)) != 1 ] || echo ",\"after\":[\"j$((i - 1))\"]")"
	done >"$T/jobs"
	"$NOOK" batch -q --journal "$T/whole" "$T/jobs" || [ $? = 1 ]
	while [ "$n" -lt "$kills" ]; do
		"$NOOK" batch -q --resume --journal "$T/killed" "$T/jobs" 3>&- &
		# later than the last time, on the whole: so that it gets somewhere
		sleep "0.$(printf %03d $((RANDOM % 300)))"
		! kill -9 "$!" 2>/dev/null || n=$((n + 1))
		wait "$!" || true
	done
	wait_until none_runs
	"$NOOK" batch -q --resume --journal "$T/killed" "$T/jobs" || [ $? = 1 ]
	[ "$(jq -r 'select(.final) | .job' "$T/killed" | wc -l)" = "$jobs" ]
	diff <(ends "$T/whole") <(ends "$T/killed")
}

@test "jobs of every kind, mixed: every cause is right" {
	need jq
	is_root || only_for root "limits of memory and processes need cgroups"
	local i kind memory wall kinds=(
		'exited|true' 'exited|exit 1' 'signaled|kill -SEGV $$' 'oom|head -c 100M /dev/zero | tail'
		'wall|sleep 60' 'cpu|while :; do :; done' 'output|yes' 'pids|perl -e \"fork while 1\"'
		'exited|sleep 300 & sleep 300 & true' 'wall|trap \"\" TERM; while :; do sleep 1; done'
	)
	for ((i = 0; i < jobs; i++)); do
		kind=${kinds[i % 10]}
		# twenty of a bomb do not fit into that: they are out of memory, as the record says
		memory=16M
		[ "${kind%%|*}" != pids ] || memory=256M
		# on a busy machine half a second of a processor takes longer than three
		wall=3s
		[ "${kind%%|*}" != cpu ] || wall=60s
		printf '{"id":"%s-%d","profile":"batch","command":["sh","-c","%s"],' "${kind%%|*}" "$i" \
			"${kind#*|}"
		printf '"limits":{"memory":"%s","wall":"%s","cpu_time":"500ms",' "$memory" "$wall"
		printf '"output":"64K","pids":"20","grace":"100ms"}}\n'
	done >"$T/jobs"
	"$NOOK" batch -q --journal "$T/journal" "$T/jobs" || [ $? = 1 ]
	[ "$(jq -r 'select(.final) | .job' "$T/journal" | wc -l)" = "$jobs" ]
	# a bomb that grows slowly on a busy machine is ended by the clock
	jq -r 'select(.final) | "\(.job | sub("-.*"; "")) \(.cause)"' "$T/journal" |
		awk '$1 != $2 && !($1 == "pids" && ($2 == "wall" || $2 == "cpu"))' | sort | uniq -c >"$T/wrong"
	[ ! -s "$T/wrong" ] || fail "$(cat "$T/wrong")"
}

@test "a batch without end does not grow" {
	need jq
	local i pid now first=0
	mkfifo "$T/pipe"
	"$NOOK" batch -q --journal "$T/journal" - <"$T/pipe" 3>&- &
	pid=$!
	exec 9>"$T/pipe"
	for ((i = 0; i < flat; i++)); do
		printf '{"id":"j%d","profile":"strict","command":["true"]}\n' "$i" >&9
		[ $((i % 1000)) = 999 ] || continue
		now=$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")
		[ "$i" != 999 ] || first=$now
		# sixteen bytes and an index for every id
		[ "$now" -lt $((first + 512 + i * 100 / 1024)) ] || fail "grew from $first to $now K at $i"
		[ "$(find "/proc/$pid/fd" -type l | wc -l)" -lt 40 ]
	done
	exec 9>&-
	wait "$pid"
	[ "$(jq -r 'select(.final and .passed) | .job' "$T/journal" | wc -l)" = "$flat" ]
}
