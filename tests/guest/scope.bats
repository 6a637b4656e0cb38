# SPDX-License-Identifier: GPL-3.0-or-later
# scope.bats - limits in a scope from systemd: root's from the system's manager, a user's from his own
# guest: systemd
# as: root user

load ../cli/helper

tree=/sys/fs/cgroup

# Where this user's manager puts what it is asked for
below() {
	if is_root; then
		echo "$tree/system.slice"
	else
		echo "$tree/user.slice/user-1000.slice/user@1000.service/app.slice"
	fi
}

scopes() { find "$(below)" -name 'nook-*.scope' -type d; }
no_scope() { [ -z "$(scopes)" ]; }
one_leaf() { [ "$(find "$(below)"/nook-*.scope -mindepth 1 -name 'nook-????????????' | wc -l)" = 1 ]; }

setup() { nook_setup; }
teardown() {
	# The manager forgets a scope a moment after its last process
	wait_until no_scope
	nook_teardown
}

@test "a box with limits lies in a scope beside its keeper, and nothing stays" {
	"$NOOK" run dev -v "$T:$T:rw" --memory 64M --pids-limit 20 --cpus 0.5 -- \
		sh -c "touch $T/lives; sleep 30" &
	# The command runs: its keeper has put it there with all its limits
	wait_for "$T/lives"
	scope=$(scopes)
	leaf=$(find "$scope" -mindepth 1 -name 'nook-????????????')
	assert_equal "$(cat "$leaf/memory.max") $(cat "$leaf/cpu.max")" "67108864 50000 100000"
	assert_equal "$(cat "$leaf/memory.swap.max") $(cat "$leaf/pids.max")" "0 21"
	# no process sits where controllers are handed on
	assert_equal "$(cat "$scope/cgroup.procs")" ""
	assert_equal "$(cat "$scope/nook-outside/cgroup.procs")" "$!"
	kill -TERM $!
	wait $! || true
}

@test "a keeper that is killed leaves neither box nor scope" {
	"$NOOK" run dev -v "$T:$T:rw" --memory 64M -- sh -c "touch $T/lives; sleep 30" &
	wait_for "$T/lives"
	leaf=$(find "$(scopes)" -mindepth 1 -name 'nook-????????????')
	assert [ -n "$(cat "$leaf/cgroup.procs")" ]
	kill -KILL $!
	wait $! || true
	wait_until no_scope
	"$NOOK" gc
}

@test "a box in a scope is given other limits, paused and killed" {
	"$NOOK" run dev --name web -v "$T:$T:rw" --memory 64M --pids-limit 20 -- \
		sh -c "touch $T/lives; sleep 60" &
	wait_for "$T/lives"
	leaf=$(find "$(scopes)" -mindepth 1 -name 'nook-????????????')
	nook_run update web memory=32M pids=10
	assert_status 0
	assert_equal "$(cat "$leaf/memory.max") $(cat "$leaf/pids.max")" "33554432 11"
	nook_run pause web
	assert_status 0
	assert_equal "$(grep frozen "$leaf/cgroup.events")" "frozen 1"
	nook_run unpause web
	assert_status 0
	assert_equal "$(grep frozen "$leaf/cgroup.events")" "frozen 0"
	nook_run kill web
	assert_status 0
	wait $! && status=0 || status=$?
	assert_status 137
}

@test "without a limit no scope is made" {
	nook_run run strict -- cat /proc/self/cgroup
	assert_status 0
	"$NOOK" run dev -v "$T:$T:rw" -- sh -c "touch $T/lives; sleep 30" &
	wait_for "$T/lives"
	assert no_scope
	kill -TERM $!
	wait $! || true
}

@test "without the manager's own socket its bus will do" {
	socket=/run/systemd/private
	is_root || socket=$XDG_RUNTIME_DIR/systemd/private
	mv "$socket" "$socket.away"
	nook_run run strict --memory 64M -- true
	mv "$socket.away" "$socket"
	assert_status 0
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }

@test "two keepers of the same number in two pid namespaces get two scopes" {
	own=()
	keepers=()
	is_root || own=(--user --map-current-user)
	for i in 0 1; do
		unshare "${own[@]}" --pid --fork --kill-child --mount-proc \
			"$NOOK" run strict --memory 64M -- sleep 60 >"$T/said.$i" 2>&1 &
		wait_for "$(below)/nook-1-$i.scope"
		keepers+=("$(pgrep -P $!)")
	done
	jobs -rp | xargs kill -KILL
	wait || true
	# They die with unshare(1), and a moment later
	for keeper in "${keepers[@]}"; do
		wait_until is_gone "$keeper"
	done
	# Killed keepers leave their records to the next command
	nook_run gc -q
	assert_status 0
	assert_equal "$(cat "$T"/said.*)" ""
}

@test "no manager of this user: refused with a hint" {
	only_for user "root's manager is always there"
	XDG_RUNTIME_DIR=$T nook_run run strict --memory 64M -- true
	assert_status 125
	assert_stderr_match "^nook: cgroup: .*limits.memory.* cannot be set"
	assert_stderr_match '^hint: .*enable-linger'
	assert_stderr_match '--set limits.enforce=best-effort'
}

@test "a controller that the manager was not given is named, with the drop-in" {
	only_for user "root's manager has all controllers"
	nook_run run strict --set limits.cpuset=0 -- true
	assert_status 125
	assert_stderr_match "cpuset"
	assert_stderr_match '^hint: .*user@.service.d.*Delegate='
	nook_run run strict --set limits.cpuset=0 --set limits.enforce=best-effort \
		--result - -- true
	assert_status 0
	assert_equal "$(jq -r '.unenforced[]' <<<"$output")" limits.cpuset
}

@test "the program without libraries says which one it needs" {
	cp "$TOP/build/release/nook" "$T/nook"
	run --separate-stderr env NOOK_PROFILE_PATH="$TOP/profiles" "$T/nook" run strict \
		--memory 64M -- true
	assert_status 125
	assert_stderr_match nook-full
}

@test "a limit on processes, or on CPUs, alone" {
	nook_run run strict --pids-limit 20 -- true
	assert_status 0
	nook_run run strict --cpus 0.5 -- true
	assert_status 0
}
