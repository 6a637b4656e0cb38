# SPDX-License-Identifier: GPL-3.0-or-later
# typing.bash - somebody at a terminal, who waits for what he sees; for files that loaded helper
#
# shellcheck disable=SC2034 # status and output are what the asserts read
#
# What is typed ahead, or after so many seconds, meets another program on a machine that is busy.

# at_terminal COMMAND [SEEN KEYS]... - run it by sh in a terminal of its own. When SEEN, an extended
# expression, matches what was shown since the keys before, KEYS are typed (printf %b), or what follows
# a `!` is run. $output is all that was shown, $status the code of COMMAND
at_terminal() {
	local terminal keys from=0
	need script
	shown=$T/shown
	rm -f "$T/keys"
	mkfifo "$T/keys"
	timeout 120 script -qec "$1" /dev/null <"$T/keys" >"$shown" 2>&1 &
	terminal=$!
	exec {keys}>"$T/keys"
	shift
	while [ $# -gt 0 ]; do
		wait_until shows "$1" || {
			kill "$terminal"
			wait "$terminal"
			fail "not on the screen: $1" "$(plain "$shown" | tail -n 40)"
			return 1
		}
		case $2 in
		!*) eval "${2#!}" ;;
		*) printf %b "$2" >&"$keys" ;;
		esac
		shift 2
	done
	status=0
	wait "$terminal" || status=$?
	exec {keys}>&-
	output=$(tr -d '\0' <"$shown")
}

# plain [FILE] - without colours and movements of the cursor
plain() { sed 's/\x1b\[[?0-9;]*[a-zA-Z]//g; s/\r$//; s/.*\r//' "$@"; }

# shows SEEN - what is new matches: a line as a terminal gets it or as people see it, or all in one
shows() {
	local to new=$T/shown.new
	to=$(stat -c %s "$shown")
	head -c "$to" "$shown" | tail -c "+$((from + 1))" >"$new"
	if grep -qaE -e "$1" "$new" || plain "$new" | grep -qaE -e "$1" ||
		plain "$new" | tr '\n' ' ' | grep -qaE -e "$1"; then
		from=$to
	else
		pause 0.03
		return 1
	fi
}
