#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# lab-screen.bats - a lab in the console: real keys and a real screen, by tmux
# as: root user
# in: release
# takes: 15
load helper
load boxes
load screen

setup() {
	need tmux
	nook_setup
	cp -r "$TOP/tests/cli/golden/labs" .
	export NOOK_PROFILE_PATH=$TOP/profiles NOOK_LAB_PATH=$T/labs
	export XDG_STATE_HOME=$T/state XDG_CONFIG_HOME=$T/config
}

teardown() {
	[ ! -S tmux ] || end_screen
	"$NOOK" lab stop 2>/dev/null || :
	if is_root; then
		rm -rf /var/lib/nook/lab
		rmdir /var/lib/nook/boxes 2>/dev/null || :
	fi
	nook_teardown
}

# in_console - a screen with the console on it
in_console() {
	open_screen 100 100 "PS1='sh% ' exec sh -c '\"$NOOK\"; echo left-\$?; exec cat'"
	sees '^nook>'
}

# in_shell - one with a shell in which nook is this one, and the labs that come with it
in_shell() {
	export NOOK_LAB_PATH=$TOP/labs
	open_screen 80 60 "PS1='sh% ' exec sh"
	types 'nook() { "$NOOK" "$@"; }' Enter
	turn=0
}

@test "the prompt has lab and progress; a solution is typed and not done; a way by hand" {
	only_for user "the same keys"
	in_console
	types 'lab start' Enter
	sees '^L05  Own hostname'
	asks '^nook \(L05 0/1\)>$'
	types 'lab check' Enter
	sees '^  NO   it has a UTS namespace of its own'
	asks '^nook \(L05 0/1\)>$'
	types 'lab solution' Enter
	asks '^nook \(L05 0/1\)> new a; add user uts; set hostname box1; start$'
	# It was not done: nobody has typed Enter
	assert_equal "$("$NOOK" ps --no-headings -o name | tr -d ' ')" lab
	types '' C-c
	asks '^nook \(L05 0/1\)>$'
	types 'exec -t lab' Enter
	sees '^\(nook:lab\) .*/L05 [$#]'
	types "unshare --uts sh -c 'hostname box1; exec sleep 600' &" Enter
	wait_until "$NOOK" lab check --json
	types 'exit' Enter
	asks '^nook \(L05 1/1\)>$'
	types 'lab status' Enter
	sees '^1 lab: 1 assisted'
	types 'lab undo' Enter
	sees 'nothing to take back'
	types 'lab stop' Enter
	asks '^nook>$'
	types '' C-d
	sees '^left-0$'
}

@test "words of nook in the console solve it" {
	only_for user "the same keys"
	in_console
	types 'lab start' Enter
	asks '^nook \(L05 0/1\)>$'
	types 'new a' Enter
	asks '^a .*\(L05 0/1\)>$'
	types 'add user uts' Enter
	asks '^a user uts .*\(L05 0/1\)>$'
	types 'set hostname box1' Enter
	sees 'box1'
	types 'start' Enter
	wait_until "$NOOK" lab check --json
	types 'lab check' Enter
	sees '^L05 is solved.'
	sees '^  by hand'
	types 'lab next' Enter
	sees '^that was the last lab'
	types 'lab start L05' Enter
	asks '^a .*\(L05 1/1\)>$'
	types '' C-d
	sees '^L05 goes on: nook lab; nook lab stop ends it'
	sees '^left-0$'
}

# shows WORDS - in a shell on a clear screen, what is seen: paths below $T and numbers of processes are
# masked, lines that the terminal has broken are one again
shows() {
	printf '\n===== %s\n' "${1//"$T"/TOP}"
	turn=$((turn + 1))
	types "clear; $1; echo end-$turn" Enter
	sees "^end-$turn\$"
	tmux_at capture-pane -p -J | sed "/^end-$turn/,\$d; s,$T,TOP,g; s,/proc/[1-9][0-9]*,/proc/PID,g
		s/\(of process\|NSpid:\) [0-9]*/\1 PID/g; s/[0-9]*:[0-9]* inode [0-9]*/INODE/g
		s/:\[[0-9]*\]/:[INODE]/g; s/ *\$//
		/^ *read /s,/sys/fs/cgroup/.*/,CGROUP/,; s/[0-9.]*m*s more\$/TIME more/
		/the playground is not held back/{n; s/found .*/found    CPUS/}"
}

# shows_at_last WORDS REGEX - the same, again until a line of it matches
shows_at_last() {
	local turns
	for ((turns = 0; turns < 30; turns++)); do
		shows "$1" >one
		! grep -qE -e "$2" one || break
	done
	cat one
}

# same_as GOLDEN - what is seen is what is kept
same_as() {
	[ -z "${UPDATE:-}" ] || cp seen "$TOP/tests/cli/golden/$1"
	diff "$TOP/tests/cli/golden/$1" seen
}

@test "the ten minutes that the README names, as a new user sees them" {
	only_for user "the last of the four wants cgroups"
	in_shell
	{
		shows 'nook lab start L01'
		shows 'nook lab check'
		shows 'nook lab hint'
		shows 'nook exec -d lab -- sh -c '"'"'echo $$ >pid; exec chroot R sleep 60'"'"
		wait_until "$NOOK" lab check --json >checked
		shows 'nook lab check'
		shows 'nook lab start L05'
		shows 'nook lab check'
		shows 'nook -c "new a; add user uts; set hostname box1; start" >/dev/null 2>&1'
		shows 'nook lab check'
		shows 'nook lab start L07'
		shows 'nook lab hint'
		shows 'nook -c "new a; add user pid; start" >/dev/null 2>&1'
		shows 'nook lab check'
		shows 'nook rm -f a'
		shows 'nook -c "new a; add user pid mount; start" >/dev/null 2>&1'
		shows 'nook lab check'
		shows 'nook lab stop'
	} >seen
	same_as ten-minutes
}

@test "the last of the ten minutes, with sudo" {
	only_for root "an ordinary user has no cgroups here"
	[ ! -e /sys/fs/cgroup/cgroup.controllers ] || bats_skip "the screens are those of cgroup v1"
	in_shell
	{
		shows 'nook lab start L14'
		shows 'nook lab check'
		shows 'nook lab hint'
		shows "nook -c 'new a; limit cpus 40%; set command [$T/state/nook-labs/L14/burn]; start'"
		# What uses the CPU must get it first
		shows_at_last 'nook lab check' '^  ok   it takes what it gets'
		shows 'nook update a cpus=20%'
		shows_at_last 'nook lab check' '^L14 is solved'
		shows 'nook lab stop'
	} >seen
	same_as ten-minutes-root
}
