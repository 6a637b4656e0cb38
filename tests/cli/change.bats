#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# change.bats - `nook update` of what is no limit: mounts, environment; and what a restart keeps
# as: root user subids
# fresh: no

load helper
load boxes
load net

setup() {
	nook_setup
	export XDG_STATE_HOME=$T/state
	mkdir -p "$T/src/sub" "$T/hidden"
	echo hello >"$T/src/f"
	echo secret >"$T/hidden/f"
	echo deep >"$T/src/sub/f"
	chmod -R a+rX "$T/src" "$T/hidden"
}
setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }
teardown() {
	rm_boxes || return 1
	end_keepers
	"$NOOK" kill --all && "$NOOK" gc -q
	rm -rf "$(state_dir)/boxes"
	nook_teardown
}

# inside COMMAND... - in the box web, with its output in $output
inside() { nook_run exec web -- "$@"; }
# no_mount PLACE... - the box web has none there
no_mount() {
	local place
	inside cat /proc/self/mountinfo
	for place; do
		refute_match "^[0-9]+ [0-9]+ [0-9:]+ [^ ]+ $place "
	done
}

@test "a directory comes into a box that runs, and goes" {
	start_box one 'until [ -e /data/f ]; do sleep 0.01; done; cat /data/f; touch /t/seen
		while [ -e /data/f ] || [ ! -e /t/go ]; do sleep 0.01; done; exit 5' --name web
	nook_run update web "+mounts=$T/src:/data"
	assert_status 0
	assert_output
	assert_stderr
	wait_for "$T/seen"
	assert_equal "$(cat "$T/one.out")" hello
	inside sh -c 'cat /data/sub/f; echo x >/data/f'
	assert_line deep
	assert_stderr_match 'Read-only file system'
	nook_run explain web
	assert_match "^  mounts +bind $T/src on /data \(ro, nosuid, nodev.*nook update$"
	nook_run update web -mounts=/data
	assert_status 0
	touch "$T/go"
	wait_keeper
	assert_status 5
}

@test "what comes in is nosuid and nodev, and the box writes to it only where it is asked to" {
	start_box one 'sleep 60' --name web
	nook_run update web "+mounts=$T/src:/data" "+mounts=$T/src:/tmp/rw:rw" "+mounts=$T/src/f:/tmp/file"
	assert_status 0
	inside cat /proc/self/mountinfo
	assert_match ' /data ro,nosuid,nodev,'
	assert_match ' /tmp/rw rw,nosuid,nodev,'
	assert_match ' /tmp/file ro,nosuid,nodev,'
	refute_match ' /(data|tmp/rw|tmp/file) [^-]* (shared|master):'
	inside sh -c 'echo new >/tmp/rw/g; cat /data/g /tmp/file'
	assert_output $'new\nhello'
	# and not to what a later start would not give
	nook_run update web "+mounts=$T/src:/data:rw"
	assert_stderr "nook: there is a mount on '/data' already
hint: take it away first: nook update BOX -mounts=/data"
	nook_run update web -mounts=/tmp/file -mounts=/tmp/rw
	assert_status 0
	no_mount /tmp/file /tmp/rw
}

@test "a fresh tmpfs has its size, and only who is asked for owns it" {
	start_box one 'sleep 60' --name web
	nook_run update web '+mounts={tmpfs: /cache, size: 1M, mode: "1777"}'
	assert_status 0
	inside sh -c 'head -c 900K /dev/zero >/cache/a && head -c 900K /dev/zero >/cache/b'
	assert_stderr_match 'No space left on device'
	inside cat /proc/self/mountinfo
	assert_match ' /cache rw,nosuid,nodev.* - tmpfs '
}

@test "what a box hides is hidden in what comes in" {
	start_box one 'sleep 60' --name web --set "+root.hide=$T/hidden" --set "+root.hide=$T/src/f"
	nook_run update web "+mounts=$T:/all:rw"
	assert_status 0
	inside sh -c 'cat /all/src/sub/f; ls /all/hidden; cat /all/hidden/f; wc -c </all/src/f; rmdir /all/hidden'
	assert_output $'deep\n0'
	# and cannot be bound by its own name
	nook_run update web "+mounts=$T/hidden:/h"
	assert_stderr "nook: '$T/hidden' is never shown in a box"
	nook_run update web -mounts=/all
	assert_status 0
	no_mount /all /all/hidden /all/src/f
}

@test "what is hidden is hidden behind its symlinks, and stays so when a mount over it goes" {
	mkdir "$T/real" "$T/seen"
	echo secret >"$T/real/key"
	ln -s "$T/real" "$T/src/link"
	start_box one 'sleep 60' --name web --set "+root.hide=$T/src/link" --set "+root.hide=$T/hidden"
	for place in "$T/real:/all" "$T:/all"; do
		nook_run update web "+mounts=$place"
		[ "$place" = "$T:/all" ] || {
			assert_stderr "nook: '$T/real' is never shown in a box"
			continue
		}
		assert_status 0
	done
	inside sh -c 'ls /all/real /all/hidden; cat /all/src/sub/f'
	assert_output $'/all/hidden:\n\n/all/real:\ndeep'
	nook_run update web -mounts=/all
	assert_status 0
}

@test "a mount that lies over what is hidden does not go while the box runs" {
	mkdir "$T/src/key"
	echo secret >"$T/src/key/f"
	start_box one 'sleep 60' --name web --set "+root.hide=$T/src/key" -v "$T/src:/t/src"
	inside ls /t/src/key
	assert_output
	nook_run update web -mounts=/t/src
	assert_status 1
	assert_stderr "nook: what is hidden below '/t/src' would be seen without that mount
hint: it can go when the box is started anew"
	inside ls /t/src/key
	assert_output
	# CONTROL: where nothing is hidden below it one goes
	nook_run update web "+mounts=$T/src/sub:/t/src/sub"
	assert_status 0
	nook_run update web -mounts=/t/src/sub
	assert_status 0
}

@test "the environment is for what comes in later" {
	start_box one 'sleep 60' --name web -e OLD=1
	nook_run update web 'environment.NEW=a b=c' environment.OLD=null 'environment={X: "7", Y: z}'
	assert_status 0
	inside env
	assert_line 'NEW=a b=c'
	assert_line X=7
	assert_line Y=z
	refute_match '^OLD='
	nook_run update web environment.PATH=/nowhere:/bin
	inside sh -c 'echo $PATH'
	assert_output /nowhere:/bin
}

@test "all is done, or nothing" {
	start_box one 'until [ -e /t/go ]; do sleep 0.01; done; exit 5' --name web
	nook_run update web "+mounts=$T/src:/one" environment.NEW=1 wall=300ms "+mounts=$T/nosuch:/two"
	assert_stderr "nook: nook update: there is no '$T/nosuch' to bind"
	# this one fails in the box, when the first is mounted
	nook_run update web "+mounts=$T/src:/one" environment.NEW=1 wall=300ms "+mounts=$T/src:/usr/nosuch"
	assert_status 1
	assert_stderr "nook: cannot mount on '/usr/nosuch': No such file or directory
hint: it is not there, and nothing is made in what is the host's"
	no_mount /one /two
	inside env
	refute_match '^NEW='
	sleep 0.35
	touch "$T/go"
	wait_keeper
	assert_status 5
}

@test "wrong words, and what needs a restart" {
	start_box one 'sleep 60' --name web
	nook_run update web hostname=x
	assert_status 1
	assert_stderr "nook: 'hostname' cannot be changed while a box runs
hint: it needs a new start: nook run --set hostname=x ..."
	nook_run update web "mounts=$T/src:/data"
	assert_stderr_match "^nook: 'mounts' cannot be changed while a box runs$"
	assert_stderr_match "^hint: \+mounts=$T/src:/data adds to it, -mounts=... takes away$"
	nook_run update web mount=x
	assert_status 2
	assert_stderr_match "^nook: unknown key 'mount', did you mean 'mounts'$"
	nook_run update web "+mounts=overlay"
	assert_status 2
	nook_run update web "+mounts={overlay: $T/src, to: /o}"
	assert_stderr "nook: only a bind or a tmpfs can be mounted while a box runs
hint: anything else needs a restart of the box"
	nook_run update web -mounts=/nowhere
	assert_stderr_match "^nook: 'mounts' of this box has nothing on '/nowhere'$"
	nook_run update web -mounts=/tmp
	assert_stderr_match "^nook: 'mounts' of this box has nothing on '/tmp'$"
	nook_run update web "+mounts=/srv:/proc/x"
	assert_status 2
	nook_run update web "+mounts=/srv:/"
	assert_stderr_match "^nook: 'mounts.to' cannot be '/': what is at '/' is said by 'root'$"
	nook_run update web "+mounts=$T/src:/data" "+mounts=$T/hidden:/data/sub"
	assert_status 0
	nook_run update web -mounts=/data
	assert_stderr "nook: '/data/sub' is mounted below '/data': take it away first"
	nook_run update web -mounts=/data/sub -mounts=/data
	assert_status 0
	no_mount /data /data/sub
}

@test "no mount goes where the box has put a symlink" {
	start_box one 'mkdir /tmp/real; ln -s /usr /tmp/link; ln -s real /tmp/short; touch /t/ready; sleep 60' \
		--name web
	wait_for "$T/ready"
	for place in /tmp/link /tmp/link/share /tmp/short /tmp/short/new; do
		nook_run update web "+mounts=$T/src:$place"
		assert_status 1
		assert_stderr_match "^nook: cannot mount on '$place': (Too many levels of symbolic links|Symbolic link loop)$"
	done
	inside sh -c 'grep -c " /usr" /proc/self/mountinfo; ls /tmp/real'
	assert_output 1
}

@test "several at once are all done" {
	local i pids=()
	start_box one 'sleep 60' --name web
	for i in 1 2 3 4; do
		"$NOOK" update web "environment.V$i=$i" "+mounts=$T/src:/tmp/m$i" 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || fail "one failed"; done
	inside sh -c 'env | grep -c ^V; ls -d /tmp/m?/f | wc -l'
	assert_output $'4\n4'
	nook_run ps --no-headings -o name
	assert_output web
}

# worker - the keeper's child that is not init, when there is one
worker() {
	local init pid
	"$NOOK" inspect web >"$T/inspect"
	init=$(grep -oE '"init":[0-9]+' "$T/inspect" | grep -oE '[0-9]+')
	for pid in $(cat "/proc/$keeper/task/$keeper/children"); do
		[ "$pid" = "$init" ] || { echo "$pid"; return; }
	done
	return 1
}
has_worker() { worker >/dev/null; }

@test "as many as may be at once come, and go" {
	local come=() go=() i
	for ((i = 0; i < 256; i++)); do
		come+=("+mounts=$T/src:/m/$i")
		go+=("-mounts=/m/$i")
	done
	start_box one 'sleep 60' --name web
	mounts() { "$NOOK" exec web -- grep -c ' /m/' /proc/self/mountinfo || true; }
	nook_run update web "${come[@]}"
	assert_status 0
	assert_equal "$(mounts)" 256
	nook_run update web "${go[@]}"
	assert_status 0
	assert_equal "$(mounts)" 0
}

@test "a worker that is killed leaves nothing, and a box goes on while its init is stopped" {
	local init
	start_box one 'sleep 60' --name web --timeout 100s
	# its keeper has heard that the command runs
	wait_until "$NOOK" update web "+mounts=$T/src:/tmp/first"
	init=$(cat "/proc/$keeper/task/$keeper/children")
	kill -STOP "$init"
	"$NOOK" update web "+mounts=$T/src:/data" wall=50s 2>"$T/err" 3>&- &
	servers=($!)
	wait_until has_worker
	kill -KILL "$(worker)"
	wait "${servers[0]}" && fail "it was done"
	kill -CONT "$init"
	assert_equal "$(cat "$T/err")" 'nook: the process that was to change the box was killed'
	no_mount /data
	# one that waits does not keep the keeper from its clock
	kill -STOP "$init"
	"$NOOK" update web "+mounts=$T/src:/data" 2>"$T/err" 3>&- &
	servers=($!)
	wait_until has_worker
	run timeout 1 "$NOOK" update web wall=1s
	assert_status 124
	kill -KILL "${servers[0]}"
	kill -CONT "$init"
	# nobody waits for it, and it is done all the same
	wait_until sh -c '"$0" exec web -- test -e /data/f' "$NOOK"
	nook_run update web wall=1s
	wait_keeper
	assert_status 124
}

@test "what a change could not take away the next one does" {
	only_for user "root may have any number of processes"
	local init most
	start_box one 'sleep 60' --name web
	wait_until "$NOOK" update web "+mounts=$T/src:/data" "+mounts=$T/src:/more"
	init=$(cat "/proc/$keeper/task/$keeper/children")
	most=$(prlimit --pid "$keeper" --nproc --noheadings --output SOFT)
	# half_gone PLACE - the worker opens what is to go, and then there is none to take it away
	half_gone() {
		kill -STOP "$init"
		"$NOOK" update web "-mounts=$1" 2>"$T/err" 3>&- &
		servers=($!)
		wait_until has_worker
		prlimit --pid "$keeper" --nproc=1:
		kill -CONT "$init"
		wait "${servers[0]}" && fail "all is gone"
		assert_equal "$(cat "$T/err")" "nook: it is done, but what was to go is not all gone: cannot start a process: Resource temporarily unavailable
hint: the next 'nook update' of the box, and its end, take it away"
	}
	half_gone /data
	prlimit --pid "$keeper" --nproc="$most:"
	inside cat /data/f
	assert_output hello
	nook_run update web wall=50s
	assert_status 0
	no_mount /data
	# One that cannot either is not held up by it
	half_gone /more
	nook_run update web wall=40s
	assert_status 0
	prlimit --pid "$keeper" --nproc="$most:"
	inside cat /more/f
	assert_output hello
	nook_run update web "+mounts=$T/src:/other"
	assert_status 0
}

@test "a keeper that is killed in the midst of a change: what the next start has is where it says" {
	local init
	"$NOOK" run -d --name web base -- sleep 60
	keeper=$("$NOOK" ps --no-headings -o keeper | tr -d ' ')
	wait_until "$NOOK" update web wall=50s
	init=$(cat "/proc/$keeper/task/$keeper/children")
	kill -STOP "$init"
	"$NOOK" update web "+mounts=$T/src:/data" 2>"$T/err" 3>&- &
	servers=($!)
	wait_until has_worker
	kill -KILL "$keeper"
	wait "${servers[0]}" && fail "it was done"
	assert_equal "$(cat "$T/err")" "nook: box 'web' has ended meanwhile
hint: nook inspect web shows whether its next start has the change"
	nook_run inspect web
	assert_match "\"updates\":.*\"\+mounts="
}

@test "a box that stays keeps it, and at rest any key can be changed" {
	nook_run create --set hostname=old -v "$T/src:/old" web -- \
		sh -c 'hostname; ls -d /old /data/f 2>/dev/null; echo "[$NEW]"; exec sleep 60'
	assert_status 0
	nook_run start web
	assert_status 0
	nook_run update web "+mounts=$T/src:/data" -mounts=/old environment.NEW=1 wall=40s wall=50s
	assert_status 0
	nook_run update web hostname=new
	assert_status 1
	assert_stderr "nook: 'hostname' cannot be changed while a box runs
hint: it needs a restart: nook stop web && nook update web hostname=new && nook start web"
	nook_run stop -t 0 web
	nook_run update web hostname=new
	assert_status 0
	nook_run update web "+mounts=$T/nosuch:/x"
	assert_status 1
	nook_run update web 'limits.wall=x'
	assert_status 2
	nook_run start web
	assert_status 0
	wait_until sh -c '"$0" logs web | grep -q "\[1\]"' "$NOOK"
	nook_run logs web
	assert_line new
	assert_line /data/f
	refute_line /old "$(tail -n 3 <<<"$output")"
	nook_run inspect web
	assert_match '"updates":\["[^]]*","-mounts=/old","environment.NEW=1","limits.wall=50s","hostname=new"\]'
	assert_match "\"mounts\":\[\{\"to\":\"/data\",\"from\":\"$T/src\",\"read_only\":true\}\]"
	nook_run update web -mounts=/data environment.NEW=null
	assert_status 0
	nook_run restart -t 0 web
	assert_status 0
	wait_until sh -c '"$0" logs web | grep -q "\[\]"' "$NOOK"
	no_mount /data /old
	"$NOOK" rm -f web
	# One that goes with its command is not there to be started again
	"$NOOK" run -d --rm --name web strict </dev/null
	nook_run update web hostname=new
	assert_status 1
	assert_stderr "nook: 'hostname' cannot be changed while a box runs
hint: it needs a new start: nook run --set hostname=new ..."
}

@test "a box that stays is told of a source by its whole path" {
	nook_run create web -- sleep 60
	assert_status 0
	mkdir "$T/else"
	cd "$T/else"
	for word in '+mounts=../src:/data' '+mounts={bind: ../src, to: /data}' '+mounts=.:/data'; do
		nook_run update web "$word"
		assert_status 1
		assert_stderr "nook: '/data' would be another directory at the next start
hint: name what is mounted there by its whole path"
	done
	nook_run start web
	assert_status 0
	nook_run update web '+mounts=../src:/data'
	assert_status 1
	# where the box belongs it means the same
	cd "$T"
	nook_run update web '+mounts=./src:/data' 'environment={X: "1"}'
	assert_status 0
	nook_run update web 'environment={Y: "2"}'
	assert_status 0
	nook_run restart -t 0 web
	assert_status 0
	inside sh -c 'cat /data/f; echo $X$Y'
	assert_output $'hello\n12'
}

@test "a profile's list loses an entry by --set -KEY=VALUE" {
	nook_run_with "extends: base
mounts: ['$T/src:/a', '$T/src:/b']" --set -mounts=/a -- ls -d /a /b
	assert_output /b
	nook_run run --set -mounts=/a base -- true
	assert_stderr "nook: --set: '-mounts': there is no entry '/a' to take away"
	nook_run run --set -hostname=a base -- true
	assert_stderr "nook: --set: '-hostname': only a list has entries to take away"
	nook_run run --set -environment.A=1 base -- true
	assert_stderr "nook: --set: '-environment.A': write 'environment.A=null' to take it away"
}
