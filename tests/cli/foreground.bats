#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# foreground.bats - a box with a terminal of its own among the jobs of a shell, by tmux
# as: root user
# in: release
# fresh: no
load helper
load screen

setup() {
	need tmux
	nook_setup
	export NOOK_PROFILE_PATH=$TOP/profiles
	open_screen 100 50 "PS1='sh> ' exec bash --norc --noprofile"
	asks '^sh>$'
}

teardown() {
	end_screen
	nook_teardown
}

# stopped TIMES - whether the shell has said so that often; it does before a prompt
stopped() {
	types '' Enter
	[ "$(screen | grep -cE '^\[1\]\+ +Stopped ')" -ge "$1" ]
}

@test "in the background it leaves the terminal alone, and waits for fg" {
	types "$NOOK run -t base -- sh -c 'echo up; read a; echo got-\$a; read b; echo and-\$b' &" Enter
	wait_until stopped 1
	refute_match '^up' "$(screen)"
	types 'stty -a >mode' Enter
	wait_until grep -q lnext mode
	assert_match '(^| )icanon' "$(cat mode)"
	types 'fg' Enter
	sees '^up$'
	types 'one' Enter
	sees '^got-one$'
	types '' C-z
	asks '^sh>$'
	types 'bg' Enter
	wait_until stopped 3
	types 'stty -a >mode2' Enter
	wait_until grep -q lnext mode2
	assert_equal "$(cat mode2)" "$(cat mode)"
	types 'fg' Enter
	types 'two' Enter
	sees '^and-two$'
	asks '^sh>$'
	# Nobody would look after a command that ran on meanwhile
	types "$NOOK run -t base -- sleep 1002 &" Enter
	wait_until stopped 4
	wait_until pgrep -x -r T sleep
	types 'fg' Enter
	wait_until pgrep -x -r S sleep
	types '' C-c
	asks 'C?sh>$'
	# What asks it to end it hears there too
	types "$NOOK run -t base -- sleep 1003" Enter
	wait_until pgrep -x sleep
	types '' C-z
	asks '^sh>$'
	types 'kill %1' Enter
	sees 'nook: cancelled by signal 15 '
}

# is_raw - whether the terminal that the shell is at has the mode of one that is shown on another
is_raw() { stty -a -F "$(tmux_at display-message -p '#{pane_tty}')" | grep -q -e '-opost'; }

@test "a hangup that it is to ignore does not keep it from the terminal" {
	types "(trap '' HUP; exec $NOOK run -t base -- sh -c 'echo up; read a; echo got-\$a') &" Enter
	wait_until stopped 1
	types 'kill -HUP $!' Enter
	types 'bg' Enter
	wait_until stopped 2
	types 'fg' Enter
	sees '^up$'
	wait_until is_raw
	types 'one' Enter
	sees '^got-one$'
	asks '^sh>$'
	refute is_raw
}
