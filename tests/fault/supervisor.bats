#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# supervisor.bats - who watches is killed, signalled, or loses the ground it stands on
# as: root user subids
# in: release
# long: 280
#
# NOOK_LONG=1 (make check-long) does each a thousand times, NOOK_ROUNDS=N N times; NOOK_SEED=N
# repeats a run.

load ../cli/helper

setup() {
	nook_setup
	rounds=${NOOK_ROUNDS:-12}
	[ -z "${NOOK_LONG:-}" ] || rounds=1000
	RANDOM=${NOOK_SEED:-$$}
	echo "seed ${NOOK_SEED:-$$}"
}

# start PROFILE - a box that would run for 20 s, as $keeper; its life line is the fifo 'life',
# which the payload alone holds open. A shell without job control, as tests/as.sh is, starts all with
# INT and QUIT ignored, and what comes before nook has taken them back has no effect; nor has it while
# the process is still the shell
start() {
	local name='' ignored=6
	rm -f life
	mkfifo life
	set -m
	"$NOOK" run --set limits.grace=2s "$1" -- sleep 20 >life 2>err </dev/null &
	keeper=$!
	set +m
	exec 9<life
	until [ "$name" = nook ] && [ $((0x$ignored & 6)) = 0 ]; do
		read -r name <"/proc/$keeper/comm" || break
		ignored=$(sed -n 's/^SigIgn:\t//p' "/proc/$keeper/status") || break
	done
}

# a moment between nothing and 12 ms, in which a box is built
moment() { sleep "0.0$(printf '%03d' $((RANDOM % 120)))"; }

# wait_keeper [SECONDS] - its exit code in $status, within a second or so many. On a busy machine a
# round may be late; what waits for the end of the box's command is so in each
late=0
wait_keeper() {
	local i
	local most=$((${1:-1} * 100))
	for ((i = 0; i < 10 * most; i++)); do
		kill -0 "$keeper" 2>/dev/null || break
		sleep 0.01
	done
	[ $i -lt $most ] || late=$((late + 1))
	[ $i -lt $((10 * most)) ] || fail "round $round: the keeper is still there"
	status=0
	wait "$keeper" || status=$?
	exec 9<&-
}

# init_of KEEPER - its child that is pid 1 of a box: as root there is another one for a moment, which
# only holds a user namespace open
init_of() {
	local child
	for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		! grep -qs '^NSpid:.*[^0-9]1$' "/proc/$child/status" || echo "$child"
	done
}

@test "SV-02: init is killed at random, the keeper notices within a second" {
	for ((round = 0; round < rounds; round++)); do
		start base
		moment
		init=
		while [ -z "$init" ]; do init=$(init_of "$keeper"); done
		kill -KILL "$init"
		wait_keeper
		case $status in
		125 | 137) assert_match '^nook: .{8}' "$(cat err)" ;;
		*) fail "round $round: $status: $(cat err)" ;;
		esac
	done
	assert [ "$late" -le $((rounds / 2)) ]
}

@test "SV-03: the keeper is killed at random, the payload is gone within a second" {
	for ((round = 0; round < rounds; round++)); do
		start base
		moment
		kill -KILL "$keeper"
		timeout 1 cat <&9 || late=$((late + 1))
		timeout 9 cat <&9 || fail "round $round: the box lives"
		wait "$keeper" || :
		exec 9<&-
	done
	"$NOOK" gc -q
	assert [ "$late" -le $((rounds / 2)) ]
}

@test "SV-06: signals at random end the run with 128+n" {
	local names=(TERM INT HUP QUIT) numbers=(15 2 1 3)
	for ((round = 0; round < rounds; round++)); do
		local i=$((RANDOM % 4))
		start base
		moment
		kill -TSTP "$keeper" 2>/dev/null || :
		kill -CONT "$keeper"
		kill -"${names[i]}" "$keeper"
		wait_keeper 5
		[ "$status" = $((128 + numbers[i])) ] || fail "round $round, ${names[i]}: $status: $(cat err)"
	done
}

@test "SV-06: nobody reads what the box says" {
	for ((round = 0; round < 3; round++)); do
		run bash -c '"$0" run "$1" -- sh -c "while :; do echo yes; done" 2>/dev/null | head -n 1
			exit ${PIPESTATUS[0]}' "$NOOK" "$([ $round = 1 ] && echo strict || echo base)"
		assert_equal "${lines[0]}" yes
		[ "$status" -gt 128 ] || [ "$status" -lt 3 ] || fail "$status"
	done
}

# places - every directory that could hold records, best first
places() {
	if is_root; then
		echo /run/nook /dev/shm/nook-0
	else
		echo "$XDG_RUNTIME_DIR/nook" "/dev/shm/nook-$(id -u)"
	fi
}

@test "SV-09: a runtime directory that others may write, a symlink, a file: no record goes there" {
	local place kind
	for kind in open link file; do
		for place in $(places); do
			rm -rf "$place"
			case $kind in
			open) mkdir "$place" && chmod 777 "$place" ;;
			link) mkdir -p "$T/victim" && ln -s "$T/victim" "$place" ;;
			file) : >"$place" ;;
			esac
		done
		nook_run run base -- touch /tmp/ran
		assert_status 125
		assert_match '^nook: no directory for running boxes' "$stderr"
		[ ! -d "$T/victim" ] || assert_equal "$(ls -A "$T/victim")" ""
		for place in $(places); do rm -rf "$place"; done
	done
}

@test "SV-09, IN-18: a runtime directory of another owner, full, read-only" {
	only_for root "others cannot make one"
	local options
	mkdir -p /run/nook && chown 1234 /run/nook
	rm -rf /dev/shm/nook-0 && : >/dev/shm/nook-0
	nook_run run base -- true
	assert_status 125
	rmdir /run/nook && mkdir -m 700 /run/nook
	for options in size=4k,nr_inodes=1 ro size=4k,nr_inodes=2; do
		mount -t tmpfs -o "mode=700,$options" tmpfs /run/nook
		nook_run run base -- echo fine
		umount /run/nook
		[ "$status" = 125 ] || fail "$options"
		assert_output
		assert_match '^nook: cannot (make|write) ' "$stderr"
	done
	rm /dev/shm/nook-0
}

@test "SV-09, IN-18: a user's runtime directory that is full" {
	only_for user "for root there is the one above"
	nook_run run base -- echo fine
	assert_output fine
	# tests/as.sh gives it 4 MiB
	[ "$(stat -f -c %T "$XDG_RUNTIME_DIR")" = tmpfs ]
	head -c 16M /dev/zero >"$XDG_RUNTIME_DIR/ballast" || :
	nook_run run base -- touch /tmp/ran
	local why=$stderr code=$status
	rm "$XDG_RUNTIME_DIR/ballast"
	assert_equal "$code" 125
	assert_equal "$why" "nook: cannot make a record of the box: No space left on device"
	nook_run run base -- echo fine
	assert_output fine
}

@test "SV-09: the runtime directory is removed while a box runs" {
	local place
	start base
	sleep 0.1
	for place in $(places); do rm -rf "$place"; done
	kill -TERM "$keeper"
	wait_keeper
	assert_equal "$status" 143
	nook_run run base -- echo fine
	assert_output fine
}

@test "SV-05: half a record, one of another version, garbage: cleared, never believed" {
	local place
	place=$(places | cut -d' ' -f1)
	mkdir -p "$place" && chmod 700 "$place"
	: >"$place/aaaaaaaaaaaa.box"
	head -c 100 /dev/urandom >"$place/bbbbbbbbbbbb.box"
	head -c 5000 /dev/zero >"$place/cccccccccccc.box"
	: >"$place/dddddddddddd.new"
	mkfifo "$place/eeeeeeeeeeee.box"
	nook_run gc
	assert_status 0
	rm -f "$place/eeeeeeeeeeee.box"
	assert_equal "$(ls -A "$place")" ""
}

@test "RC-10: a profile that is replaced all the time is read whole, as one or the other" {
	printf 'extends: base\nhostname: one\nenvironment: {N: one}\n%s' "$(printf '#%4000s\n' x)" >one
	printf 'extends: base\nhostname: two\nenvironment: {N: two}\n' >two
	cp one p.yaml
	(while [ -e one ]; do cp one n && mv n p.yaml && cp two n && mv n p.yaml; done) 2>/dev/null &
	local swapper=$!
	for ((round = 0; round < rounds; round++)); do
		nook_run run ./p.yaml -- sh -c 'echo "$N $(hostname)"'
		case $status:$output in
		'0:one one' | '0:two two') ;;
		*) rm one; fail "round $round" ;;
		esac
	done
	rm one
	wait $swapper || :
}
