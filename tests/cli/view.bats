#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# view.bats - `nook view`: a box that runs, from inside and from the host
# as: root user subids
# fresh: no

load helper
load boxes

wait_box='while [ ! -e /t/stop ]; do sleep 0.05; done'

# end_box - let the command of a box with $wait_box end, and wait for its keeper
end_box() {
	touch "$T/stop"
	wait_keeper
}

# fact NAME - both columns of a line of $output, blanks squeezed
fact() { sed -n "s/^  $(printf %-15s "$1") //p" <<<"$output" | tr -s ' '; }

@test "each fact stands beside that of the host, and is what a command of exec finds" {
	start_box one "$wait_box" --name web --hostname inner --workdir /t
	nook_run view web
	assert_status 0
	assert_stderr
	assert_equal "$(head -n 1 <<<"$output" | tr -s ' ')" ' inside outside'
	assert_equal "$(fact 'host name')" "inner $(hostname)"
	assert_equal "$(fact init)" "1 $("$NOOK" ps --no-headings -o init web | tr -d ' ')"
	assert_match '^([2-9]|[1-9][0-9]+) [0-9]+$' "$(fact pid)"
	assert_equal "$(fact directory)" "/t $PWD"
	for ns in user:user mnt:mount pid:pid net:net uts:uts ipc:ipc; do
		inode=$("$NOOK" exec web -- readlink "/proc/self/ns/${ns%:*}" | tr -dc 0-9)
		assert_equal "$(fact "ns ${ns#*:}")" \
			"$inode, its own $(readlink "/proc/self/ns/${ns%:*}" | tr -dc 0-9)"
	done
	assert_equal "$(fact user | cut -d' ' -f1)" "$("$NOOK" exec web -- id -u)"
	assert_equal "$(fact mounts | cut -d' ' -f1)" "$("$NOOK" exec web -- cat /proc/self/mountinfo | wc -l)"
	assert_equal "$(fact 'open files' | cut -d' ' -f1)" "$("$NOOK" exec web -- sh -c 'echo $(ulimit -Sn):$(ulimit -Hn)')"
	assert_equal "$(fact capabilities | cut -d' ' -f1)" none
	assert_match '^a filter ' "$(fact seccomp)"
	assert_match '^on ' "$(fact no_new_privs)"
	# by the beginning of its id, and from the console
	assert_equal "$("$NOOK" view "$("$NOOK" ps --no-headings -o id | cut -c1-8)" | grep 'host name')" \
		"$(grep 'host name' <<<"$output")"
	assert_equal "$("$NOOK" -c 'view web' | grep 'host name')" "$(grep 'host name' <<<"$output")"
	assert_equal "$("$NOOK" -c 'new web from base; view web' | grep 'host name')" "$(grep 'host name' <<<"$output")"
	# who looked has gone
	assert_equal "$("$NOOK" exec web -- sh -c 'cat /proc/[0-9]*/comm | grep -c nook')" 1
	end_box
	assert_status 0
}

@test "the names of the facts, as text and as JSON" {
	start_box one "$wait_box" --name web --hostname inner
	nook_run view web
	assert_equal "$(cut -c3-17 <<<"$output" | sed 's/ *$//' | grep -v '^$' | grep -v '^cgroup$' | tr '\n' ,)" \
		"init,pid,user,group,user map,capabilities,no_new_privs,seccomp,host name,root,directory,mounts,processes,$(:
		)links,addresses,uptime,open files,file size,cpu seconds,address space,user's tasks,core files,stack,$(:
		)locked memory,ns user,ns mount,ns pid,ns net,ns uts,ns ipc,ns cgroup,ns time,"
	nook_run view --json web
	assert_status 0
	assert_equal "$(json schema) $(json name) $(json facts init inside) $(json facts host_name inside)" '1 web 1 inner'
	assert_equal "$(json facts capabilities inside) $(json facts links inside) $(json facts routes inside)" \
		'[] ["lo up"] []'
	assert_equal "$(json facts file_size inside soft) $(json facts core_files inside hard)" 'null 0'
	assert_match '^[0-9]+$' "$(json facts ns_user inside)"
	refute test "$(json facts ns_user inside)" = "$(json facts ns_user outside)"
	assert_equal "$(json facts memory_limit inside)" null
	end_box
}

@test "what a box calls itself is no word for the terminal" {
	mkdir "$T"/$'\e[31m\302\233\u202e'
	ln -s $'\e[31m\302\233\u202e' "$T/plain"
	start_box one "$wait_box" --name web --workdir /t/plain
	nook_run view web
	assert_status 0
	assert_match '^  directory +/t/\\x1b\[31m\\u\{9b\}\\u\{202e\} '
	end_box
}

@test "limits of the cgroup, its path from here, and no look at what is paused" {
	only_for root "cgroups on v1 are for root alone"
	start_box one "$wait_box" --name web --pids-limit 50 --memory 64M
	nook_run view web
	assert_match '^  pids limit +51 +-$'
	assert_match '^  memory limit +67108864 +-$'
	assert_match "^  cgroup +/ +/.*/nook-$("$NOOK" ps --no-headings -o id)\$"
	nook_run pause web
	nook_run view web
	assert_status 1
	assert_stderr_match '^nook: the box is paused$'
	assert_stderr_match '^hint: let it go on first: nook unpause web$'
	nook_run unpause web
	nook_run view -q web
	assert_status 0
	end_box
}

@test "what is no running box" {
	for words in '' 'one two' 'web -- true'; do
		# shellcheck disable=SC2086
		nook_run view $words
		assert_status 2
		assert_stderr_match '^nook: view takes a box$'
	done
	nook_run view nosuch
	assert_status 1
	assert_stderr_match "^nook: no running box 'nosuch'"
	start_box one "$wait_box" --name web --init none
	nook_run view web
	assert_status 1
	assert_stderr_match '^nook: this box has no init, so nothing can come into it$'
	end_box
	rm "$T/stop"
	start_box two "$wait_box" --name web
	kill -KILL "$keeper"
	wait_keeper
	nook_run view web
	assert_status 1
	assert_stderr_match "^nook: no running box 'web'"
}

# frozen_box - one whose processes do not run, behind nook's back: $leaf, with $count of them
frozen_box() {
	start_box one "$wait_box" --name web --pids-limit 50
	leaf=/sys/fs/cgroup/freezer$(sed -n 's/.*:freezer://p' /proc/self/cgroup)/nook-$("$NOOK" ps --no-headings -o id web)
	echo FROZEN >"$leaf/freezer.state"
	count=$(wc -l <"$leaf/tasks")
}

# kill_while_asked - the box ends while a client waits for its answer, which said view.err
kill_while_asked() {
	local status=0
	rm -f "$T/stop" "$T/one.up"
	frozen_box
	"$NOOK" view web >"$T/view.out" 2>"$T/view.err" &
	client=$!
	more() { [ "$(wc -l <"$leaf/tasks")" -gt "$count" ]; }
	wait_until more
	"$NOOK" kill web
	wait "$client" || status=$?
	assert_equal "$status" 1
	refute test -s "$T/view.out"
	wait_keeper
	assert_equal "$status" 137
}

@test "a box that holds its processes up holds nobody else up, and one that ends tells" {
	only_for root "who stops a cgroup behind nook's back"
	[ -d /sys/fs/cgroup/freezer ] || bats_skip "it stops one by the freezer of v1"
	frozen_box
	nook_run view web
	assert_status 1
	assert_stderr_match "^nook: nobody in box 'web' answers$"
	# the one that was sent has been called off, and ends with the frost
	nook_run kill web
	wait_keeper
	assert_status 137
	# a client waits for 5 s, within which a busy machine may not get to the kill
	for _ in 1 2 3 4 5; do
		kill_while_asked
		grep -q 'nobody in box' "$T/view.err" || break
	done
	assert_match "^nook: .*(has ended|was killed)" "$(cat "$T/view.err")"
}

@test "a box of another user is none" {
	only_for root "only root can be two users"
	start_box one "$wait_box" --name web
	run --separate-stderr setpriv --reuid=1234 --clear-groups "$NOOK" view web
	assert_status 1
	assert_output
	assert_stderr_match "^nook: no running box 'web'"
	end_box
}
