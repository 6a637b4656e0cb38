#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# named.bats - boxes that stay: what several do to them at once, a restart, disks that take nothing
# as: root user subids
# takes: 15
# waits: yes
# in: release

load ../cli/helper
load ../cli/boxes
load ../cli/net
load ../cli/living

# allowed REGEX FILE... - what was said on stderr is nothing but this
allowed() {
	local why=$1
	shift
	assert_equal "$(cat "$@" | grep -vE -e "$why" -e '^hint: ')" ""
}

# nothing_left - no directory of a box, whole or half
nothing_left() { assert_equal "$(find "$(state_dir)/boxes" -mindepth 1 2>/dev/null)" ""; }

@test "RC-03: of two that stop a box both find it stopped, of two that remove it one says that it is gone" {
	local i
	for i in 1 2 3 4; do
		"$NOOK" run -d --name web strict -- sleep 600
		"$NOOK" stop -t 0 web 2>stop.1 &
		"$NOOK" stop web 2>stop.2 && echo 0 >>stop.2
		wait %%
		assert_equal "$(cat stop.1 stop.2)" 0
		assert_match '^web stopped \(1(37|43)\)$' "$(all name status)"
		: >removed
		for j in 1 2; do
			{ ! "$NOOK" rm web 2>"rm.$j" || echo "$j" >>removed; } &
		done
		wait
		assert_equal "$(wc -l <removed)" 1
		allowed "^nook: no box 'web'$|^nook: box 'web' has been renamed or removed meanwhile$" rm.1 rm.2
		nothing_left
	done
}

@test "RC-03: who clears up takes no box that is being made" {
	local i
	while [ ! -e over ]; do "$NOOK" gc -q 2>>gc.err || break; done &
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		"$NOOK" create "web$i" strict -- true
	done
	touch over
	wait
	refute_match . "$(cat gc.err)"
	assert_equal "$(all name | wc -l)" 12
	# What nobody holds any more it does take
	mkdir -m 700 "$(state_dir)/boxes/.new.0abcdefghijkl"
	"$NOOK" gc -q
	refute test -e "$(state_dir)/boxes/.new.0abcdefghijkl"
}

@test "RC-03: nor one whose lock is not there yet" {
	local nth
	need strace
	"$NOOK" create first strict -- true # makes what is above the boxes too
	strace -e trace=openat -o calls "$NOOK" create web strict -- true
	"$NOOK" rm web
	nth=$(grep -n '"lock", O_RDWR|O_CREAT|O_EXCL' calls | cut -d: -f1)
	[ -n "$nth" ]
	while [ ! -e over ]; do "$NOOK" gc -q 2>>gc.err || break; done &
	strace -qq -o /dev/null -e inject="openat:delay_enter=200ms:when=$nth+" "$NOOK" create web strict -- true
	# or there, and not yet its own
	strace -qq -o /dev/null -e inject="openat:delay_exit=200ms:when=$nth+" "$NOOK" create web2 strict -- true
	touch over
	wait
	refute_match . "$(cat gc.err)"
	assert_equal "$(all name | sort | xargs)" "first web web2"
}

@test "RC-04: who looks while boxes are made, started and removed sees whole ones, or none" {
	local i
	: >log
	logged() { [ "$(wc -l <log)" -ge "$1" ]; }
	{
		for i in 1 2 3 4 5; do
			"$NOOK" create web strict -- sh -c 'echo said; sleep 600' && "$NOOK" start -q web
			wait_until logged "$i"
			"$NOOK" rm -f web
		done
		touch over
	} 2>maker.err &
	: >whole
	while [ ! -e over ]; do
		"$NOOK" ps -a --json >ps.json 2>>look.err
		"$NOOK" inspect web >inspect.json 2>>look.err || echo '{}' >inspect.json
		"$NOOK" logs web >>log 2>>look.err || true
		perl -MJSON::PP -0777 -ne 'decode_json($_)' ps.json inspect.json
		# A box has what a box has, from its first moment to its last
		! grep -q '"name"' ps.json || { grep -q '"profile"' ps.json && echo 1 >>whole; }
	done
	wait
	allowed "^nook: no (running )?box 'web'|^nook: box 'web' has (ended|been renamed or removed) meanwhile$" \
		look.err
	assert_equal "$(cat maker.err)" ""
	assert test -s whole
	assert_equal "$(sort -u log)" said
}

@test "RC-03: what is half made when gc comes is whole or gone when it ends" {
	local maker
	need strace
	"$NOOK" create first strict -- true
	strace -D -qq -o /dev/null -e trace=mkdirat -e inject=mkdirat:delay_exit=100ms:when=2 \
		"$NOOK" create web strict -- true 2>create.err 3>&- &
	maker=$!
	wait_until compgen -G "$(state_dir)/boxes/.new.*"
	"$NOOK" gc -q
	refute compgen -G "$(state_dir)/boxes/.new.*"
	wait "$maker"
	assert_equal "$(cat create.err) $(all name | sort | xargs)" " first web"
}

@test "RC-05: who is stopped while he begins a box keeps nobody from one, and his is not cleared away" {
	local maker
	need strace
	"$NOOK" create first strict -- true
	strace -D -qq -o /dev/null -e trace=mkdirat -e inject=mkdirat:signal=STOP:when=2 \
		"$NOOK" create web strict -- true 2>create.err 3>&- &
	maker=$!
	wait_until compgen -G "$(state_dir)/boxes/.new.*"
	"$NOOK" gc -q
	"$NOOK" create other strict -- true
	kill -CONT "$maker"
	wait "$maker"
	assert_equal "$(cat create.err) $(all name | sort | xargs)" " first other web"
}

@test "RC-05: who is stopped while he holds a box is named, and the box stays his" {
	local who
	need strace
	"$NOOK" create web strict -- sleep 600
	strace -f -qq -o /dev/null -e inject=rename,renameat,renameat2:signal=STOP:when=1 \
		"$NOOK" rename web new 2>rename.err 3>&- &
	tracer=$!
	# The tracer's one child, once it has stopped
	is_stopped() {
		who=$(pgrep -P "$tracer" | head -n 1)
		[ -n "$who" ] && grep -q '^State:.[tT]' "/proc/$who/status" 2>/dev/null &&
			[ "$(cat "$(state_dir)"/boxes/*/lock)" = "$who" ] &&
			[ -d "$(state_dir)/boxes/new" ]
	}
	wait_until is_stopped
	"$NOOK" rm new 2>rm.err &
	"$NOOK" start new 2>start.err &
	"$NOOK" rename new other 2>other.err &
	wait %2 %3 %4 && fail "somebody got it"
	assert_equal "$(cat rm.err start.err other.err | sort -u)" \
		"nook: box 'new' is in use by another nook (pid $who)"
	kill -CONT "$who"
	wait "$tracer"
	assert_equal "$(cat rename.err)" ""
	assert_equal "$(all name status)" "new created"
}

@test "RC-05: the same of a keeper: what it keeps nobody takes" {
	"$NOOK" run -d --name web strict -- sleep 600
	keeper=$("$NOOK" ps --no-headings -o keeper | tr -d ' ')
	stop_process "$keeper"
	for words in "start web" "rm web" "rename web new"; do
		# shellcheck disable=SC2086  # words
		nook_run $words
		assert_stderr "nook: box 'web' is running (pid $keeper)"$'\n'"hint: nook stop web"
	done
	assert_equal "$(all name status)" "web keeper stopped"
	kill -CONT "$keeper"
	nook_run stop web
	assert_status 0
}

@test "RC-07: a command that comes while its box ends runs in that box, or not at all" {
	local i own
	for i in 1 2 3 4 5 6 7 8; do
		"$NOOK" run -d --name web strict -- sh -c 'readlink /proc/self/ns/pid; sleep 0.0$0' "$i"
		"$NOOK" exec web readlink /proc/self/ns/pid >ns 2>err || true
		allowed "^nook: (box 'web' does not run$|box '.*' has ended|the box has ended|the keeper of box)" err
		wait_until all_are "stopped (0)"
		own=$("$NOOK" logs web)
		case $(cat ns) in "" | "$own") ;; *) fail "in $(cat ns), not in $own" ;; esac
		"$NOOK" rm -f web
	done
	# It is the box's where that lives on, and not the one of this machine
	"$NOOK" run -d --name web strict -- sh -c 'readlink /proc/self/ns/pid; sleep 600'
	nook_run exec web readlink /proc/self/ns/pid
	wait_until grep -qF "F $output" "$(state_dir)/boxes/web/log"
	refute [ "$output" = "$(readlink /proc/self/ns/pid)" ]
}

@test "RC-08: boxes of one name that belong to different users are different boxes" {
	only_for root "it needs two users"
	local id place
	for id in 1234 5678; do
		place=$(mktemp -d)
		chown "$id" "$place"
		as() {
			setpriv --reuid="$id" --regid="$id" --clear-groups env -u XDG_RUNTIME_DIR \
				HOME="$place" XDG_STATE_HOME="$place" "$NOOK" "$@"
		}
		as run -d --name web strict -- sh -c "echo of-$id; sleep 600"
		assert_equal "$(as ps -a --no-headings -o name,status | tr -s ' ')" "web running"
		wait_until grep -q "of-$id" "$place/nook/boxes/web/log"
		assert_equal "$(as logs web)" "of-$id"
		places+=("$id $place")
	done
	"$NOOK" create web strict -- true
	assert_equal "$(all name status)" "web created"
	# The first one's goes, the others stay
	id=1234 place=${places[0]#* }
	as rm -f web
	assert_equal "$(as ps -a --no-headings)" ""
	id=5678 place=${places[1]#* }
	assert_equal "$(as exec web echo alive)" alive
	assert_equal "$(all name status)" "web created"
	# Nobody comes to another's by its id, root is told whose it is
	box=$(as ps --no-headings -o id | tr -d ' ')
	id=1234 place=${places[0]#* }
	run as exec "$box" true
	assert_status 125
	id=5678 place=${places[1]#* }
	as rm -f web
	for place in "${places[@]}"; do
		as gc -q
		rm -rf "${place#* }" "/dev/shm/nook-${place% *}"
	done
}

@test "SV-14: a record from before a restart ends nobody: its numbers mean nothing any more" {
	local record now was
	"$NOOK" run -d --name web strict -- sleep 600
	keeper=$("$NOOK" ps --no-headings -o keeper | tr -d ' ')
	record=$(find "$(runtime_dir)" -name '*.box')
	cp "$record" kept
	kill -KILL "$keeper"
	wait_until all_are "stopped (lost)"
	# The control: before the restart it was lost. The same record, of another boot
	now=$(cat /proc/sys/kernel/random/boot_id)
	was=00000000-1111-4222-8333-444444444444
	sed -i "s/$now/$was/g" kept "$(state_dir)/boxes/web/box"
	assert_equal "$(all name status)" "web stopped"
	# and its numbers have become those of somebody who notes every signal
	perl -e '$SIG{$_} = sub { open my $f, ">>", "hit"; print $f "$_[0]\n"; close $f }
		for grep !/^(KILL|STOP|CHLD|NUM|CLD)/, keys %SIG; open my $f, ">", "up"; sleep 1 while 1' &
	victim=$!
	wait_for up
	perl -0777 -pi -e "s/\\Q@{[pack 'l', $keeper]}/pack 'l', $victim/ge" kept
	echo "$victim" >"$(state_dir)/boxes/web/lock"
	for words in ps stats gc "exec web true" "kill web" "pause web" "update web wall=1s" "stop -t 0 web" \
		"rename web new" "start new" "stop -t 0 new" "rm new"; do
		# from `start` on it is a record of this boot
		[ "${words% new}" != "${words}" ] && [ "$words" != "start new" ] || cp kept "$record"
		# shellcheck disable=SC2086  # words
		"$NOOK" $words >/dev/null 2>&1 || true
		refute test -e hit
		kill -0 "$victim"
	done
	kill -URG "$victim"
	wait_for hit
	kill -KILL "$victim"
	wait
	assert_equal "$(all name)" ""
	nothing_left
}

# over NAME - it does not run
over() { ! "$NOOK" ps --names | grep -qx "$1"; }

@test "IN-18: a disk that is full at any write: the box is as it was, or as it is to be" {
	local free dir
	small_state
	dir=$(state_dir)
	"$NOOK" create web strict -- true
	"$NOOK" create other strict -- true
	for free in 0 1 2 3 4 5 6 8 10; do
		# all but so many pages
		head -c 16M /dev/zero >"$dir/ballast" 2>/dev/null || :
		truncate -s "-$((free * 4096))" "$dir/ballast"
		nook_run create new strict -- true
		case $status:$(all name | sort | xargs) in
		"0:new other web") "$NOOK" rm new ;;
		"1:other web") assert_stderr_match ': No space left on device$' ;;
		*) fail "$free pages: $(all name)" ;;
		esac
		nook_run start web
		# A stop that comes before its command has ended would be what ends it
		if [ "$status" = 0 ]; then
			wait_until over web
		else
			assert_stderr_match ': No space left on device$'
			"$NOOK" stop web 2>/dev/null || true
		fi
		case $(all name status | grep web) in
		"web created" | "web stopped (0)" | "web stopped (lost)") ;;
		*) fail "$free pages: $(all name status)" ;;
		esac
		"$NOOK" rename other new && "$NOOK" rename new other
		rm "$dir/ballast"
		"$NOOK" gc -q
		assert_equal "$(find "$dir/boxes" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)" \
			$'other\nweb'
	done
	# With room again all of it works
	"$NOOK" start web
	"$NOOK" rm -f web other
	end_small_state
}

@test "IN-19: where nothing can be written boxes are listed and shown, and none is made" {
	local dir
	small_state
	dir=$(state_dir)
	"$NOOK" create web strict -- echo said
	"$NOOK" start web
	wait_until all_are "stopped (0)"
	if is_root; then
		mount -o remount,ro /var/lib/nook
	else
		chmod 500 "$dir/boxes" "$dir/boxes/web"
		chmod 400 "$dir"/boxes/web/*
	fi
	assert_equal "$(all name status)" "web stopped (0)"
	nook_run inspect web
	assert_status 0
	assert_match '"name": ?"web"'
	nook_run logs web
	assert_output said
	nook_run create new strict -- true
	assert_status 1
	assert_stderr_match ': (Read-only file system|Permission denied)$'
	for words in "start web" "rm web" "rename web new"; do
		# shellcheck disable=SC2086  # words
		nook_run $words
		refute [ "$status" = 0 ]
		assert_stderr_match ': (Read-only file system|Permission denied)$'
	done
	assert_equal "$(all name status)" "web stopped (0)"
	if is_root; then
		mount -o remount,rw /var/lib/nook
	else
		chmod 700 "$dir/boxes" "$dir/boxes/web"
		chmod 600 "$dir"/boxes/web/*
	fi
	"$NOOK" rm web
	end_small_state
}

@test "AR-11: rm removes what is the box's, and nothing that it points at" {
	local changes
	mkdir victim
	echo mine >victim/file
	"$NOOK" create web strict -- true
	changes=$(state_dir)/boxes/web/changes
	mkdir -p "$changes/a/b" "$changes/shut"
	ln -s "$T/victim" "$changes/a/dir"
	ln -s "$T/victim/file" "$changes/a/b/file"
	ln -s ../../../../.. "$changes/up"
	ln "$T/victim/file" "$changes/a/hard" 2>/dev/null || true # another file system: none
	touch "$changes/a/"$'new\nline' "$changes/-rf" "$changes/shut/in"
	chmod 000 "$changes/shut"
	# The control: there is something to lose
	assert_equal "$(cat "$changes/a/dir/file")" mine
	nook_run rm web
	assert_status 0
	nothing_left
	assert_equal "$(cat victim/file)" mine
	assert test -d "$T"
}

# on_screen ARG... - what nook writes to a terminal, without its own colours
on_screen() {
	script -qec "$(printf '%q ' "$NOOK" "$@")" /dev/null </dev/null |
		sed 's/\x1b\[[0-9;]*m//g; s/\r$//'
}

# moving TEXT - how many lines of it a terminal would obey
moving() { LC_ALL=C grep -c $'[\001-\010\013-\037\177]\\|\302[\200-\237]' <<<"$1"; }

@test "LG-02: nothing that a box wrote, made or is called moves the terminal of who looks at it" {
	local evil=$'e\033]0;x\007\302\233\2332J' what shown
	need script
	mkdir data
	printf 'extends: base\nuser: {id: 0}\nmounts: [{overlay: "%s", to: /data}]\n' "$T/data" >p.yaml
	# shellcheck disable=SC2016 # the box's own
	"$NOOK" run -d --keep --name web ./p.yaml -- sh -c 'echo "$1"; echo "$1" >&2; cd /data &&
		mkdir "dir$1" && cp /bin/sleep "$1" && echo "$1" >"file$1" && exec "./$1" 600' sh "$evil"
	runs() { "$NOOK" top --no-headings -o name web | grep -q '^e'; }
	wait_until runs
	for what in logs view top inspect stats diff 'diff --text' 'diff --json' 'top --json'; do
		# shellcheck disable=SC2086 # a command with its option
		shown=$(on_screen $what web)
		assert [ -n "$shown" ]
		assert_equal "$what: $(moving "$shown")" "$what: 0"
	done
	assert_equal "$(on_screen logs web | sort -u)" 'e\x1b]0;x\x07\u{9b}\x9b2J'
	# The bytes are there: who asks for them gets them, and so does a pipe
	shown=$(on_screen logs --raw web)
	assert_equal "$(moving "$shown")" 2
	assert_equal "$("$NOOK" logs web 2>&1)" "$shown"
}
