# SPDX-License-Identifier: GPL-3.0-or-later
# boxes.bash - boxes that run while a test asks about them; for files that loaded helper

# start_box WORD SCRIPT [OPTION...] - run a script in a box under a keeper of its own, $keeper,
# which writes WORD.out, WORD.err and WORD.result; returns when the script runs. Its directory is
# /t inside. Keepers that still live at the end of the test are killed
start_box() {
	local word=$1 script=$2
	shift 2
	printf 'extends: base\nlimits: {grace: 300ms}\nmounts: [{bind: "%s", to: /t, options: [rw]}]\n' \
		"$T" >"$T/p.yaml"
	"$NOOK" run --userns single --result "$T/$word.result" "$@" "$T/p.yaml" -- \
		sh -c "touch /t/$word.up; $script" >"$T/$word.out" 2>"$T/$word.err" &
	keeper=$!
	keepers+=("$keeper")
	wait_for "$T/$word.up"
}

# end_keepers - kill the keepers, and the $servers of a test, and wait until they are gone
end_keepers() {
	local pid
	for pid in "${servers[@]}" "${keepers[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	keepers=()
}

# wait_keeper - its exit code in $status. Not `run wait`: a subshell has no children
wait_keeper() {
	status=0
	# shellcheck disable=SC2034  # assert_status reads it
	wait "$keeper" || status=$?
}

# stop_process PID - and wait until others see it: it does nothing more from the signal on, but its state
# changes when it gets a processor
stop_process() {
	kill -STOP "$1"
	wait_until grep -q '^State:.T' "/proc/$1/status"
}

# json KEY... - one value of $output, a JSON text: `json boxes 0 name`; null, true and false too
json() {
	perl -MJSON::PP -e 'my $v = decode_json(shift @ARGV);
		$v = ref $v eq "ARRAY" ? $v->[$_] : $v->{$_} for @ARGV;
		print defined $v ? ref $v && ref $v ne "JSON::PP::Boolean" ? encode_json($v) : $v : "null"' \
		"$output" "$@"
}

# result WORD KEY - one value of a result record that is no list; without a reader of JSON, which
# guests do not have
result() {
	grep -oE "\"$2\":(\"[^\"]*\"|[^,}]*)" "$T/$1.result" | head -n 1 | cut -d: -f2- | tr -d '"'
}

teardown() {
	end_keepers
	pause 0.05
	"$NOOK" gc -q || true
	nook_teardown
}

# state_dir - where boxes at rest are (host_state_dir())
state_dir() { if is_root; then echo /var/lib/nook; else echo "$XDG_STATE_HOME/nook"; fi; }

# rm_boxes - end and remove every box, those at rest too
rm_boxes() {
	local name
	for name in $("$NOOK" ps -a --no-headings -o name); do
		"$NOOK" rm -f "$name" || return 1
	done
}

# runtime_dir - where records and sockets are (decided by store_open())
runtime_dir() {
	local dir
	for dir in /run/nook "${XDG_RUNTIME_DIR:-/nowhere}/nook" "/run/user/$(id -u)/nook" \
		"/dev/shm/nook-$(id -u)"; do
		if [ -O "$dir" ]; then
			echo "$dir"
			return
		fi
	done
}
