#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# fds.bats - descriptors and the terminal of the caller, the processes and the program of nook
# as: root user subids
# takes: 25
# waits: yes

load contain

@test "FD-01: a payload gets descriptors 0, 1 and 2 and no other" {
	printf 'extends: base\n' >"$T/p.yaml"
	printf 'extends: strict\n' >"$T/strict.yaml"
	local run=("$NOOK" run -v "$PROBE:/probe")
	for profile in p strict; do
		run --separate-stderr timeout 60 "$PROBE" with-fds "${run[@]}" "$T/$profile.yaml" \
			-- /probe FD-01
		assert_output 'FD-01.open 0 1 2'
		# Without close_range(2), number 436: all are found all the same, or nothing runs
		run --separate-stderr timeout 60 "$PROBE" with-fds "$PROBE" without 436 \
			"${run[@]}" --userns single "$T/$profile.yaml" -- /probe FD-01
		[ "$status" = 125 ] || assert_output 'FD-01.open 0 1 2'
		# And with no /proc to list them
		run --separate-stderr timeout 60 "$PROBE" with-fds "$PROBE" without 436 \
			"$NOOK" run -v "$PROBE:/probe" --userns single --set root.from=empty \
			"$T/$profile.yaml" -- /probe FD-01
		[ "$status" = 125 ] || assert_output 'FD-01.open 0 1 2'
	done
	# CONTROL
	run --separate-stderr "$PROBE" with-fds "$PROBE" FD-01
	assert_match '^FD-01.open 0 1 2 3 .*9 .*251 .*1023'
}

# flags - those of descriptor 7
flags() { sed -n 's/^flags:[^0-9]*//p' /proc/self/fdinfo/7; }

@test "FD-05: a payload cannot change the caller's terminal, nor flags of the caller's files" {
	local before word more
	mkfifo "$T/fifo"
	exec 7<>"$T/fifo"
	before=$(flags)
	printf 'extends: base\n' >"$T/p.yaml"
	printf 'extends: strict\n' >"$T/strict.yaml"
	for profile in p strict; do
		for word in exit die; do
			timeout 60 "$NOOK" run -v "$PROBE:/probe" "$T/$profile.yaml" -- \
				/probe FD-05 "$word" <&7 >"$T/out" 2>&1 3>&- || :
			assert_equal "$(flags)" "$before"
			timeout 60 "$NOOK" run -v "$PROBE:/probe" "$T/$profile.yaml" -- \
				/probe FD-05 "$word" <&7 >&7 2>&7 3>&- || :
			assert_equal "$(flags)" "$before"
		done
	done
	# A terminal: its own, the caller's on 0 alone, the caller's on all three
	need script
	for word in exit die; do
		for more in "" "| cat" "2>&1 >/dev/null" "| cat; true"; do
			cat >"$T/session.sh" <<-END
				stty -g >$T/before
				timeout --foreground 60 $NOOK run -v $PROBE:/probe $T/p.yaml -- /probe FD-05 $word $more
				timeout --foreground 60 $NOOK run -v $PROBE:/probe --set terminal=never $T/p.yaml -- \\
					/probe FD-05 $word $more
				stty -g >$T/after
			END
			script -qec "sh $T/session.sh" /dev/null >"$T/log" 2>&1 </dev/null 3>&- 7>&-
			assert [ -s "$T/before" ]
			assert_equal "$(cat "$T/after")" "$(cat "$T/before")"
		done
	done
	# CONTROL: without a box both stay changed
	"$PROBE" FD-05 <&7 >&7 2>&7
	refute assert_equal "$(flags)" "$before"
	exec 7>&-
	printf 'stty -g >%s\n%s FD-05\nstty -g >%s\n' "$T/before" "$PROBE" "$T/after" \
		>"$T/session.sh"
	script -qec "sh $T/session.sh" /dev/null >"$T/log" 2>&1 </dev/null 3>&-
	refute cmp -s "$T/before" "$T/after"
}

# What a command has of a terminal, and hears of what is typed there: on 2, as 1 may be a pipe
hears='for fd in 0 1 2; do [ ! -t $fd ] || echo "terminal $fd"; done >&2
while read -r word; do echo "heard $word"; done >&2
{ read -r word && echo "heard $word"; } <&2 >&2 2>/dev/null
echo over >&2'

# typed_at COMMAND... - a line of a shell at a terminal, where a word is typed; $output is what it shows
typed_at() {
	printf '%s\n' "$*" >"$T/session.sh"
	run timeout 60 script -qec "sh $T/session.sh" /dev/null <<<secret
	output=${output//$'\r'/}
}

@test "FD-05: where a box has no terminal of its own it has none, and hears nothing that is typed" {
	need script
	printf '%s\n' "$hears" >"$T/hears.sh"
	chmod 644 "$T/hears.sh"
	for profile in base strict; do
		for how in '| cat' '>/dev/null' '</dev/null' '</dev/null | cat'; do
			typed_at "$NOOK run -v $T/hears.sh:/h $profile -- sh /h $how"
			assert_line over
			refute_match '^(terminal|heard) '
		done
		typed_at "$NOOK run -v $T/hears.sh:/h --set terminal=never $profile -- sh /h"
		assert_line over
		refute_match '^(terminal|heard) '
	done
	# CONTROL: a terminal of its own, and no box. Both wait for more, on 2
	for how in "$NOOK run -v $T/hears.sh:/h base -- sh /h" "sh $T/hears.sh | cat"; do
		printf '%s\n' "$how" >"$T/session.sh"
		: >"$T/shown" # of the one before
		script -qfec "sh $T/session.sh" /dev/null <<<secret >"$T/shown" 2>&1 3>&- &
		wait_until grep -q 'heard secret' "$T/shown"
		kill -KILL "$!" # its terminal ends with it
		wait "$!" || :
		assert grep -q 'terminal 0' "$T/shown"
	done
}

@test "FD-06: init cannot be traced, robbed or looked into" {
	for profile in base strict offline; do
		cd /
		box "extends: $profile" FD-06
		refute_match ' ok$'
	done
	# One wall at a time: without the filter, with the ids of root inside, with the calls
	# that debuggers have
	box 'seccomp: off' FD-06
	refute_match ' ok$'
	box 'seccomp: off
user: {id: 0}' FD-06
	refute_match ' ok$'
	box 'seccomp: {allow: ["@debug"]}' FD-06
	refute_match ' ok$'
	box 'nested_namespaces: true
seccomp: off' FD-06
	refute_match ' ok$'
	# CONTROL: a neighbour of the same id
	sleep 300 3>&- &
	outside FD-06 $!
	kill $!
	wait $! || :
	for part in exe fd mem environ root ns readv ptrace; do
		[ "$part" = readv ] || assert_line "FD-06.$part ok"
	done
}

@test "FD-07: the program of nook cannot be written from a box" {
	local sum profile
	# A build of the user's own, which the box's ids could write
	cp "$(readlink -f "$NOOK")" "$T/nook"
	chmod 777 "$T/nook"
	sum=$(sha256sum <"$T/nook")
	mkdir -p "$T/root/bin" "$T/root/proc" "$T/root/dev" "$T/root/tmp"
	cp "$PROBE" "$T/root/probe"
	printf '#!/proc/self/exe\n' >"$T/root/bin/sh"
	chmod -R go+rX "$T/root" && chmod 755 "$T/root/bin/sh"
	for id in 0 1000; do
		printf '%s\n' "root: {from: directory, path: '$T/root'}" "user: {id: $id}" \
			'seccomp: off' >"$T/p.yaml"
		# The script's interpreter is whoever runs it: whatever comes of that
		run --separate-stderr timeout 60 "$T/nook" run "$T/p.yaml" -- /bin/sh
		# From inside: init is nook too
		run --separate-stderr timeout 60 "$T/nook" run "$T/p.yaml" -- /probe FD-07 1 3
		refute_match '^FD-07.write ok'
		# Nook itself as the payload, which reads its own script as a profile and keeps a
		# box within the box: that one's payload sees it
		cat >"$T/root/bin/nested" <<-'END'
			#!/proc/self/exe run
			namespaces: []
			root: {from: host, changes: through}
			user: {map: none}
			network: {mode: host}
			seccomp: off
			command: [/probe, FD-07, other, "3"]
		END
		chmod 755 "$T/root/bin/nested"
		chmod go-w "$T/root/bin"
		# With sanitizers nook needs libraries, which this tree does not have
		[[ $(readlink -f "$NOOK") != */san/* ]] || continue
		run --separate-stderr timeout 60 "$T/nook" run "$T/p.yaml" -- /bin/nested
		assert_line 'FD-07.reach ok'
		assert_match '^FD-07.write (EACCES|EROFS|EPERM|ETXTBSY)$'
		assert_equal "$(sha256sum <"$T/nook")" "$sum"
	done
	# CONTROL: a program of ours that we keep a way to is written once it has ended
	cp "$PROBE" "$T/victim"
	run --separate-stderr timeout 60 sh -c '"$1" FD-01 & exec 8<"$1"; wait; : >/proc/self/fd/8' \
		sh "$T/victim"
	assert_equal "$(stat -c %s "$T/victim")" 0
}

@test "FD-08: a working directory does not lead out" {
	local n
	: >"$T/marker"
	mkdir -p "$T/root/proc" "$T/root/dev" "$T/root/tmp"
	cp "$PROBE" "$T/root/probe"
	chmod -R go+rX "$T/root"
	for ((n = 3; n <= 64; n += 1)); do
		ln -sfn "/proc/self/fd/$n" "$T/root/link"
		for dir in "/proc/self/fd/$n" /link; do
			printf '%s\n' "root: {from: directory, path: '$T/root'}" >"$T/p.yaml"
			timeout 60 "$PROBE" with-fds "$NOOK" run -w "$dir" "$T/p.yaml" -- \
				/probe FD-08 "$T/marker" >"$T/out" 2>"$T/err" 3>&- || :
			refute grep -q ' ok$' "$T/out"
		done
	done
	# CONTROL: an ordinary directory works; without a box the marker is found
	run --separate-stderr timeout 60 "$NOOK" run -w /tmp "$T/p.yaml" -- /probe FD-08 "$T/marker"
	assert_output 'FD-08.marker ENOENT'
	outside FD-08 "$T/marker"
	assert_output 'FD-08.marker ok'
}

@test "FD-11: descriptors handed in arrive on their numbers, or nook fails" {
	local want
	printf 'extends: base\n' >"$T/p.yaml"
	echo three >"$T/3"
	echo four >"$T/4"
	echo five >"$T/5"
	want="FD-11.3 $(stat -c %i "$T/3")
FD-11.4 $(stat -c %i "$T/4")
FD-11.5 $(stat -c %i "$T/5")
FD-11.open 0 1 2 3 4 5"
	run --separate-stderr timeout 60 sh -c '
		exec 3<"$1/3" 4<"$1/4" 5<"$1/5" 6<"$1/3" 9<"$1/4"
		exec "$2" run --preserve-fds 3 -v "$3:/probe" "$1/p.yaml" -- /probe FD-11 3' \
		sh "$T" "$NOOK" "$PROBE"
	assert_output "$want"
	# One of them closed: no other thing may take its number
	run --separate-stderr timeout 60 sh -c '
		exec 3<"$1/3" 4<&- 5<"$1/5" 6<"$1/3"
		exec "$2" run --preserve-fds 3 -v "$3:/probe" "$1/p.yaml" -- /probe FD-11 3' \
		sh "$T" "$NOOK" "$PROBE"
	[ "$status" = 125 ] || assert_line 'FD-11.4 EBADF'
	# All of them: nothing of nook's own may come in their place, whatever it has open
	for profile in strict offline; do
		run --separate-stderr timeout 60 sh -c '
			exec 3<&- 4<&- 5<&-
			exec "$2" run --preserve-fds 3 -v "$3:/probe" "$4" -- /probe FD-01' \
			sh "$T" "$NOOK" "$PROBE" "$profile"
		[ "$status" = 125 ] || assert_output 'FD-01.open 0 1 2'
	done
	for n in -1 x 100000 99999999999; do
		run --separate-stderr timeout 60 "$NOOK" run --preserve-fds "$n" "$T/p.yaml" -- true
		[ "$status" = 2 ] || assert_status 125
	done
	# CONTROL: not handed in they do not arrive
	run --separate-stderr timeout 60 sh -c '
		exec 3<"$1/3" 4<"$1/4" 5<"$1/5"
		exec "$2" run -v "$3:/probe" "$1/p.yaml" -- /probe FD-01' sh "$T" "$NOOK" "$PROBE"
	assert_output 'FD-01.open 0 1 2'
}

@test "FD-13: no process of a box holds a descriptor that it needs not" {
	local pid line keeper init
	mkdir -m 777 "$T/out"
	mkfifo -m 666 "$T/out/end"
	printf '%s\n' "mounts: [{bind: '$T/out', to: /out, options: [rw]}]" \
		'limits: {wall: 20s}' >"$T/p.yaml"
	"$NOOK" run "$T/p.yaml" -- sh -c ': >/out/up; read -r line </out/end' \
		</dev/null >"$T/log" 2>&1 3>&- &
	keeper=$!
	wait_for "$T/out/up"
	# Root looks into all of them, others into what is not closed to them
	init=$(pgrep -P "$keeper" | head -n 1)
	for pid in "$keeper" "$init" $(pgrep -P "$init"); do
		find "/proc/$pid/fd" -mindepth 1 -printf "$pid %f %l\n" 2>/dev/null || :
	done >"$T/fds"
	while read -r pid line; do
		case $line in
		"0 /dev/null" | [12]" $T/log") ;;
		# The keeper: its end of the socket, its signals, its record, root's map of ids
		*" socket:["* | *" anon_inode:[signalfd]" | *" anon_inode:[pidfd]" | *nook* | \
			*" user:["*) ;;
		# What the payload opened itself
		*" /out/end" | *" $T/out/end") ;;
		*) fail "process $pid holds: $line" ;;
		esac
		# Of these init has its end of the socket, its signals and the payload's, and the
		# payload nothing
		[ "$pid" = "$keeper" ] || case $line in
		*signalfd* | *pidfd* | *socket*) [ "$pid" = "$init" ] || fail "payload: $line" ;;
		*nook* | *user:*) fail "process $pid of the box holds: $line" ;;
		esac
	done <"$T/fds"
	timeout 60 sh -c 'echo end >"$1"' sh "$T/out/end"
	wait "$keeper"
	# CONTROL: at least the keeper was looked at
	assert grep -q "^$keeper " "$T/fds" || ! is_root
}

@test "FD-12: a hostile init cannot harm its keeper" {
	only_for root "others cannot be init's voice; the keeper is the same program for all"
	local kind keeper init started code
	mkdir -m 777 "$T/out"
	printf '%s\n' "mounts: [{bind: '$T/out', to: /out, options: [rw]}]" \
		'limits: {wall: 20s}' >"$T/p.yaml"
	for kind in garbage byte huge fds shutdown few; do
		rm -f "$T/out/"* "$T/open"
		"$NOOK" run --result "$T/result" "$T/p.yaml" -- sh -c ': >/out/up; exec sleep 1' \
			</dev/null >"$T/log" 2>&1 3>&- &
		keeper=$!
		wait_for "$T/out/up"
		init=$(pgrep -P "$keeper" | head -n 1)
		# What it has to say of the payload's start it has said then
		wait_until grep -q poll "/proc/$init/wchan"
		(while sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$keeper/status" \
			2>/dev/null >"$T/now" && [ -s "$T/now" ]; do
			cp "$T/now" "$T/most"
			find "/proc/$keeper/fd" 2>/dev/null | wc -l >"$T/open.new"
			mv "$T/open.new" "$T/open"
			pause 0.01
		done) 3>&- &
		wait_for "$T/open"
		started=$(date +%s%N)
		outside FD-12 "$init" "$kind"
		code=0
		wait "$keeper" || code=$?
		assert [ "$((($(date +%s%N) - started) / 1000000))" -lt 2000 ]
		# Who looks on ends with the keeper, and has the file open until then
		wait
		assert [ "$(cat "$T/most")" -lt 32768 ]
		assert [ "$(cat "$T/open")" -lt 30 ]
		# CONTROL: what does not flood is passed over, and the box ends as it does
		if [ "$kind" = few ]; then
			assert_equal "$code" 0
		else
			# The payload had run: not 125, but ended by nook, and with a cause of its own
			assert_equal "$code" 137
			assert grep -q '"cause": *"lost"' "$T/result"
			assert grep -q '^nook: lost: ' "$T/log"
		fi
		# Nothing of the box is left
		refute kill -0 "$init"
	done
}
