#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# console-screen.bats - a person at the console: real keys and a real screen, by tmux
# as: user
# in: release
# takes: 20
# waits: yes
load helper
load screen

setup() {
	need tmux
	nook_setup
	export NOOK_PROFILE_PATH=$TOP/profiles XDG_STATE_HOME=$T/state XDG_CONFIG_HOME=$T/config
	open_screen 100 50 "PS1='sh% ' exec sh -c '\"$NOOK\"; echo left-\$?; exec cat'"
	sees '^nook>'
}

teardown() {
	end_screen
	nook_teardown
}

@test "a draft grows word by word, the prompt shows its layers, keys complete" {
	types 'new web' Enter
	sees '^web( no_new_privs)?>$'
	types 'add us' Tab
	sees '> add user$'
	types '' Enter
	sees '^  user  +0 +1234$'
	sees '^web user( no_new_privs)?>$'
	types 'add pi' Tab
	types 'mou' Tab Enter
	sees '^web user pid mount( no_new_privs)?>$'
	types '!echo is $$' C-c
	types "run sh -c 'echo pid-\$\$'" Enter
	sees '^pid-1$'
	# What is typed before that is the box's
	asks '^web user pid mount( no_new_privs)?>$'
	types 'undo' Enter
	sees '^  pid +[0-9]+ +[0-9]+$'
	asks '^web user( no_new_privs)?>$'
	types 'run whoa' Tab
	sees '> run whoami$'
	types '' C-c
	types 'nook run strict -- whoa' Tab
	sees '> nook run strict -- whoami$'
	types '' C-c
	types '' C-d
	sees '^left-0$'
	# What was typed stays for the next time, a line once, and for its user alone
	assert_equal "$(stat -c %a "$T/state/nook/history")" 600
	assert_line 'add user ' "$(cat "$T/state/nook/history")"
}

@test "^C cancels the line or what runs, ^Z stops it, fg goes on: the console stays" {
	types 'no such word' C-c
	types "nor 'this" Enter
	sees '^>$'
	types '' C-c
	types 'new web' Enter
	types 'add user pid' Enter
	sees '^web user pid( no_new_privs)?>$'
	types '!sleep 1000' Enter
	wait_until pgrep -u "$EUID" -x sleep
	types '' C-z
	sees '^stopped: run sleep 1000 '
	types 'jobs' Enter
	sees '^ 1 +[0-9]+ +stopped +run sleep 1000$'
	types 'fg 2' Enter
	sees '^nook: there is no job of this number$'
	types 'fg' Enter
	wait_until pgrep -u "$EUID" -x -r S sleep
	types '' C-c
	sees 'nook: cancelled by signal 2 \(Interrupt\), which pid 1 has no handler for$'
	asks '^web user pid( no_new_privs)?>$'
	types 'enter sh' Enter
	sees '[#$]$'
	types 'echo in-$$; exit 3' Enter
	sees '^in-1$'
	asks '^web user pid( no_new_privs)?>$'
	types 'frobnicate' Enter
	sees "^nook: unknown word 'frobnicate'$"
	types 'quit' Enter
	sees '^left-'
}

# tells REGEX - the console looks for its jobs before each prompt, and such a line comes
tells() {
	told() {
		types '' Enter
		screen | grep -qE -e "$1"
	}
	wait_until told "$1"
}

@test "& leaves a job in the background, bg too; jobs, fg %1 and kill %1 find it, its end is told" {
	types 'new web' Enter
	types 'add user pid' Enter
	sees '^web user pid( no_new_privs)?>$'
	types "run sh -c 'cat; echo read-all; trap \"exit 4\" TERM; while :; do sleep 1005 & wait; done' &" Enter
	sees "^in the background as %1: run sh -c 'cat; echo"
	sees '^read-all$|> read-all$'
	types "!sh -c 'exit 3'& run echo o''ne" Enter
	sees '^in the background as %2: run sh -c'
	sees '^one$|> one$'
	tells "^ended: run sh -c 'exit 3'  \(exit code 3\)$"
	# It reads nothing, so it goes on there
	types 'events' Enter
	wait_until pgrep -u "$EUID" -fx 'nook events'
	types '' C-z
	sees '^stopped: events  \(fg goes on with it\)$'
	types 'bg' Enter
	sees '^in the background as %2: events$'
	types 'jobs' Enter
	sees '^ 2 +[0-9]+ +running +events$'
	sees '^ 1 +[0-9]+ +running +run sh -c'
	types 'fg %' Tab
	sees '> fg %[12]?$'
	types '' C-c
	types 'fg %2' Enter
	# In front: before that the key would be the console's
	wait_until eval 'ps -u "$EUID" -o stat=,args= | grep -q "^S[^ ]*+ *nook events$"'
	types '' C-c
	asks '^web user pid( no_new_privs)?>$'
	types 'kill %3' Enter
	sees '^nook: there is no job of this number$'
	types 'kill -9 %1' Enter
	sees '^nook: a job is ended by its number alone: kill %1$'
	types 'undo &' Enter
	sees "^nook: 'undo' cannot go on in the background$"
	types 'explain base &' Enter
	sees "^nook: 'explain' cannot go on in the background$"
	sees '^hint: the command can: nook explain ... &$'
	types 'kill %1' Enter
	tells '^ended: run sh -c .cat; echo'
	types 'fg' Enter
	sees '^nook: there is no job$'
	# What still runs ends with the console
	types 'run sleep 1006 &' Enter
	wait_until pgrep -u "$EUID" -x sleep
	types 'quit' Enter
	sees '^left-'
	refute pgrep -u "$EUID" -x sleep
}

@test "where no draft is, & is behind the command of that name" {
	types 'explain base ns &' Enter
	sees '^in the background as %1: explain base ns$'
	tells '^ended: explain base ns  \(exit code [0-9]+\)$'
}

@test "jobs in the background end with the terminal too" {
	types 'new web' Enter
	types 'add user pid' Enter
	types 'run sleep 1007 &' Enter
	wait_until pgrep -u "$EUID" -fx 'sleep 1007'
	end_screen
	wait_until eval '! pgrep -u "$EUID" -fx "sleep 1007"'
}

@test "jobs end with a console whose caller ignores SIGHUP" {
	types 'quit' Enter
	sees '^left-0$'
	end_screen
	open_screen 100 50 "trap '' HUP; '$NOOK'; echo left-\$?; exec cat"
	sees '^nook>'
	types 'new web' Enter
	types 'add user pid' Enter
	types 'run sleep 1008 &' Enter
	wait_until pgrep -u "$EUID" -fx 'sleep 1008'
	types 'quit' Enter
	sees '^left-'
	refute pgrep -u "$EUID" -fx 'sleep 1008'
}

@test "the files of a draft are those of a job from the moment that it is left" {
	need strace
	types 'quit' Enter
	sees '^left-0$'
	end_screen
	# The job takes its time before it begins its box
	open_screen 100 50 "exec strace -D -f -qq -o /dev/null -e trace=dup3 \
		-e inject=dup3:delay_enter=100ms '$NOOK'"
	sees '^nook>'
	types "new a from base; set user.id 0; set +mounts '{overlay: $T, to: /data}'" Enter
	asks '^a .*>$'
	types "run sh -c 'sleep 1; touch /data/new' & rollback; run true; branch b" Enter
	sees '^nook: a command of this draft is not at its end, and has its files$'
	tells '^ended: run sh -c'
	assert_equal "$(screen | grep -c '^nook: a command of this draft')" 3
	types 'diff' Enter
	sees '^  A .* new$'
	types 'rollback; diff' Enter
	sees '^nook: no command of this draft has changed a file$'
}

@test "what is stopped ends with the console" {
	types 'new web' Enter
	types 'add user pid' Enter
	sees '^web user pid( no_new_privs)?>$'
	types 'run sleep 1004' Enter
	wait_until pgrep -u "$EUID" -x sleep
	types '' C-z
	asks '^web user pid( no_new_privs)?>$'
	types 'quit' Enter
	sees '^left-'
	refute pgrep -u "$EUID" -x sleep
}

@test "a command of several lines comes back as one, the next time too" {
	types 'new web' Enter
	types "run printf '%s+' 'grün" Enter
	sees '^>$'
	types '' Enter
	types "  zwei'" Enter
	sees '^  zwei\+'
	types 'quit' Enter
	sees '^left-0$'
	end_screen
	# A quote of another hand that never ends takes no other lines along
	printf "run echo 'odd\nlayers\n" >>state/nook/history
	open_screen 100 50 "exec '$NOOK'"
	sees '^nook>'
	types 'new web' Enter
	asks '^web( no_new_privs)?>$'
	types '' Up Up
	sees '> layers$'
	types '' Up Up Up
	sees "^web.*> run printf '%s\+' 'grün$"
	types '' Enter
	sees '^  zwei\+'
}

@test "settings: a short prompt; a wrong one is said and forgiven" {
	types 'quit' Enter
	sees '^left-0$'
	end_screen
	rm -r state
	mkdir -p config/nook
	printf 'prompt short\nhistory 0\n' >config/nook/console
	open_screen 100 50 "exec '$NOOK'"
	sees '^nook>'
	types 'new web' Enter
	sees '^web>$'
	types 'add user' Enter
	sees '^  ns user '
	refute_match '^web user' "$(screen)"
	refute test -e state/nook/history
}
