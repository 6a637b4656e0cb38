# SPDX-License-Identifier: GPL-3.0-or-later
# screen.bash - a person at a terminal: real keys and a real screen, by tmux; for files that loaded
# helper and need tmux
#
# The server is the test's own: its socket lies in $T, no file of settings is read.

tmux_at() { tmux -S "$T/tmux" "$@"; }

# open_screen WIDTH HEIGHT COMMAND
open_screen() { tmux_at -f /dev/null new-session -d -x "$1" -y "$2" "$3"; }

is_gone() { ! kill -0 "$1" 2>/dev/null; }

# end_screen - the server and what ran on its screen
end_screen() {
	local pid pids
	pids=$(tmux_at display-message -p '#{pid} #{pane_pid}')
	tmux_at kill-server
	for pid in $pids; do wait_until is_gone "$pid"; done
}

# screen - all that is and was to be seen
screen() { tmux_at capture-pane -p -S -; }

# sees REGEX - wait until a line of the screen matches
sees() {
	local end=$((SECONDS + 60))
	until screen | grep -qE -e "$1"; do
		[ "$SECONDS" -lt "$end" ] || fail "never on the screen: $1" "$(screen)" || return
		pause 0.02
	done
}

# asks PROMPT - wait until the last line of the screen matches. Before keys such as ^D, which a terminal
# itself takes while nobody reads key by key
asks() {
	local end=$((SECONDS + 60))
	until screen | grep . | tail -n 1 | grep -qE -e "$1"; do
		[ "$SECONDS" -lt "$end" ] || fail "nobody asks: $1" "$(screen)" || return
		pause 0.02
	done
}

# types TEXT [KEY...] - as typed, then keys by name
types() {
	tmux_at send-keys -l "$1"
	shift
	[ $# = 0 ] || tmux_at send-keys "$@"
}
