#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# tour.bats - README.md's tour, typed at a terminal: what a person then has on the screen
# as: root user subids
# in: release
#
# Each command of README.md and each word of tests/cli/golden/tour.words is typed key by key, by tmux,
# and what stands on the screen when the prompt is back is compared with tests/cli/golden/*.screen.
# UPDATE=1 writes these anew (by who may write there): read them.
load helper
load screen

golden=$TOP/tests/cli/golden

setup() {
	need tmux
	nook_setup
	mkdir -p bin config/nook
	echo history 0 >config/nook/console
	ln -s "$NOOK" bin/nook
	export PATH=$T/bin:$PATH NOOK_PROFILE_PATH=$TOP/profiles XDG_STATE_HOME=$T/state XDG_CONFIG_HOME=$T/config
	open_screen 120 70 "cd '$T' && PS1='\$ ' exec bash --norc --noprofile"
}

teardown() {
	end_screen
	nook_teardown
}

# prompts - how many there are on the screen; the last line that is not empty is one
prompts() { screen | grep -cE -e "^($1)" || true; }
waits() { ! screen | sed '/^$/d' | tail -n 1 | grep -qxE -e "($1) ?" || [ "$(prompts "$1")" != "$2" ]; }

# tells PROMPT NUMBER - wait until so many prompts are there, and nobody has typed at the last one
tells() {
	local end=$((SECONDS + 60))
	while waits "$1" "$2"; do
		[ "$SECONDS" -lt "$end" ] || fail "no prompt number $2" "$(screen)" || return
		sleep 0.02
	done
}

# what is another one elsewhere: numbers of namespaces, the name of the machine
masked() {
	sed -E "s/[0-9]{10}/##########/g; s/ $(hostname)\$/ MACHINE/" |
		sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
}

# is_as_recorded NAME - the screen is that of the file
is_as_recorded() {
	screen | masked >"$T/screen"
	[ "${UPDATE:-}" != 1 ] || cp "$T/screen" "$golden/$1.screen"
	diff "$golden/$1.screen" "$T/screen" || fail "the screen of $1 is another one; UPDATE=1 records it"
}

@test "the commands of README.md, in a shell" {
	local command n=1
	tells '\$' 1
	sed -n '/^```console/,/^```$/s/^\$ //p' "$TOP/README.md" >commands
	assert [ "$(wc -l <commands)" -ge 3 ]
	while IFS= read -r command <&3; do
		types "$command" Enter
		n=$((n + 1))
		tells '\$' "$n"
	done 3<commands
	is_as_recorded readme
}

@test "the same words at the console, where a mistake ends nothing" {
	local word n=1
	tells '\$' 1
	types nook Enter
	tells 'nook>' 1
	while IFS= read -r word <&3; do
		types "$word" Enter
		n=$((n + 1))
		# The prompt shows what the draft is
		tells '(nook|web|other)[a-z_ ]*>' "$n"
	done 3<"$golden/tour.words"
	is_as_recorded console
	types quit Enter
	tells '\$' 2
}
