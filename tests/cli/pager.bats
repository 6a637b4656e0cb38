#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# pager.bats - what does not fit on a terminal is shown by a pager, all else is printed
# as: user
# in: release
load helper
load screen

setup() {
	need tmux less
	nook_setup
	mkdir -p bin config/nook
	ln -s "$NOOK" bin/nook
	echo history 0 >config/nook/console
	export PATH=$T/bin:$PATH NOOK_PROFILE_PATH=$TOP/profiles XDG_CONFIG_HOME=$T/config
	unset NOOK_PAGER PAGER LESS
	open_screen 130 20 "cd '$T' && PS1='sh% ' exec bash --norc --noprofile"
	sees '^sh%'
}

teardown() {
	end_screen
	nook_teardown
}

# says TEXT [REGEX] - type it with an echo of its code behind, and wait for that
typed=0
says() {
	typed=$((typed + 1))
	types "$1; echo code-$typed-\$?" Enter
	sees "^code-$typed-0$"
	[ -z "${2:-}" ] || { assert_match "$2" "$(said)" || { screen; return 1; }; }
}

# said - what came of it
said() { screen | sed "0,/echo code-$typed-/d"; }

@test "by less, PAGER or NOOK_PAGER, only where it does not fit, and only on a terminal" {
	types 'nook help; echo code-$?' Enter
	sees '^:$'
	refute_match '^code-' "$(screen)"
	types q
	sees '^code-0$'
	says "PAGER='sed s/^/paged-/' nook help" '^paged-  run '
	says "PAGER='sed s/^/paged-/' NOOK_PAGER='sed s/^/own-/' nook profile show strict" '^own-root:'
	says "PAGER='sed s/^/paged-/' nook help version" '^Usage: nook version'
	refute_match '^paged-' "$(said)"
	says "PAGER='sed s/^/paged-/' nook help | cat" '^  run '
	refute_match '^paged-' "$(said)"
}

@test "none where it is empty, cat or not there; one that reads nothing is no error" {
	for none in "NOOK_PAGER=" "PAGER=cat" "NOOK_PAGER=/nosuch" "TERM=dumb PAGER='sed s/^/paged-/'"; do
		says "$none nook help" '^  run '
		refute_match '^paged-' "$(said)"
	done
	says "NOOK_PAGER=true nook help"
	refute_match '^  run ' "$(said)"
	# ^C is the pager's
	types "NOOK_PAGER='trap \"echo caught; kill \\\$!\" INT; sleep 600 & touch up; wait' nook help; echo end-\$?" Enter
	wait_for up
	types '' C-c
	sees '^(\^C)?caught$'
	sees '^end-0$'
}

@test "in the console, whose words and commands do the same" {
	types "PAGER='sed s/^/paged-/' nook" Enter
	sees '^nook>'
	types 'help' Enter
	sees '^paged-  quit '
	types 'help run' Enter
	sees '^run COMMAND'
	types 'profile show strict' Enter
	sees '^paged-root:'
	types quit Enter
	sees '^sh% $|^sh%$'
}
