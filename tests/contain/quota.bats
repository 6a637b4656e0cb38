# SPDX-License-Identifier: GPL-3.0-or-later
# quota.bats - hogs, bombs and burners in boxes with limits: each ends with its own cause
# as: root user subids
# takes: 20
# waits: yes
# long: 200
# in: release
# guest: v2 systemd

load contain

setup() {
	contain_setup
	# Who has no cgroups of his own here has them in a guest. It is the same for all tests of the file
	[ -e "$BATS_FILE_TMPDIR/cgroups" ] || "$NOOK" doctor --json | grep -A3 '"id": "cgroup"' |
		grep -o '"ok"' >"$BATS_FILE_TMPDIR/cgroups" || :
	[ -s "$BATS_FILE_TMPDIR/cgroups" ] || bats_skip "this user may not make cgroups here"
	is_root && rooted=1 || rooted=
}

# limited LIMITS COMMAND... - a command in a box with these limits; $result is its record
limited() {
	local limits=$1 map=auto
	shift
	! has_fact subids || map=subids
	printf '%s\n' "extends: base" "limits: {$limits}" 'root: {size: 1G}' >"$T/box.yaml"
	run --separate-stderr timeout -k 5 60 "$NOOK" run --userns "$map" -v "$PROBE:/probe" \
		--result "$T/result" "${box_options[@]}" "$T/box.yaml" -- "$@"
	result=$(cat "$T/result")
}

# of KEY - a value of the record
of() { grep -oE "\"$1\":(\"[^\"]*\"|[^,}]*)" <<<"$result" | head -n 1 | cut -d: -f2- | tr -d '"'; }
# at_most A B - numbers, or sums and products, with a fraction
at_most() { awk "BEGIN { exit !($1 <= $2) }" || fail "$1 is more than $2" "$result"; }
at_least() { at_most "$2" "$1"; }

# ended_by SECONDS - by the box's own clock, which does not count bash; ten times that where the
# processor is emulated, and as many times as there are others who want one
ended_by() {
	local load
	read -r load _ </proc/loadavg
	at_most "$(of wall_s)" "$1${NOOK_GUEST:+ * 10} * (1 + $load)"
}

# ended CAUSE STATUS - how the box ended, and that nook said the same
ended() {
	[ "$(of cause)" = "$1" ] || fail "cause $(of cause), not $1" "$result"
	assert_status "$2"
}

@test "RS-03: a memory hog of every kind ends with its whole box, and the peak is known" {
	local kind
	for kind in anon tmpfs memfd shm tables pipes; do
		limited 'memory: 32M' sh -c "sleep 61 & /probe RS-03 $kind 200 /tmp; sleep 61"
		ended oom 137
		ended_by 1
		at_least "$(of oom_kills)" 1
		assert_stderr_match '^nook: killed: out of memory: peak (3[12]\.[0-9]M|2[0-9]\.[0-9]M) of limits.memory 32M; try --memory 64M$'
		[ "$(of memory_peak_bytes)" -gt 20000000 ] || fail "peak" "$result"
	done
	# CONTROL: with enough of it none of them is stopped
	for kind in anon tmpfs memfd shm tables pipes; do
		limited 'memory: 512M' /probe RS-03 $kind 33 /tmp
		ended exited 0
	done
}

@test "RS-03: cache and names that are not there give way instead" {
	local disk
	disk=$(mktemp -d /var/tmp/nook-quota.XXXXXX)
	# A guest may have nothing but memory
	case $(stat -f -c %T "$disk") in
	tmpfs | ramfs) ;;
	*)
		box_options=(-v "$disk:/disk:rw")
		chmod 777 "$disk"
		limited 'memory: 32M' /probe RS-03 cache 60 /disk
		rm -rf "$disk"
		ended exited 0
		assert_output 'RS-03.cache 60'
		at_most "$(of memory_peak_bytes)" 33554432
		box_options=()
		;;
	esac
	rm -rf "$disk"
	limited 'memory: 32M' /probe RS-03 names 20 /tmp
	ended exited 0
	[ "$(of oom_kills)" = 0 ] || fail "$result"
}

@test "RS-03: buffers of sockets count, or are held by a limit of their own" {
	# where nothing holds them but the kernel's own limit for all of TCP (tcp_mem)
	local free=300 held=130
	[ -z "${NOOK_GUEST:-}" ] || free=100 held=64
	limited 'memory: 32M' /probe RS-03 unix 200
	ended oom 137
	# v1 limits those of TCP apart, and each connection has its least all the same
	printf 'extends: base\nlimits: {memory: 32M}\nrlimits: {nofile: 1024}\n' >"$T/tcp.yaml"
	run --separate-stderr timeout -k 5 60 "$NOOK" run -v "$PROBE:/probe" --result "$T/result" \
		"$T/tcp.yaml" -- /probe RS-03 tcp 400
	result=$(cat "$T/result")
	[ "$(of cause)" = oom ] || at_most "${output#* }" "$held"
	# CONTROL
	limited 'memory: 1G' /probe RS-03 unix 33
	ended exited 0
	run --separate-stderr "$NOOK" run -v "$PROBE:/probe" --ulimit nofile=1024 base -- /probe RS-03 tcp 400
	at_least "${output#* }" "$free"
}

@test "RS-01: a fork bomb and a thread bomb are refused, or end with their box" {
	local kind
	for kind in fork thread; do
		limited 'pids: 20' /probe RS-01 $kind 50 0
		assert_line 'RS-01.last EAGAIN'
		[[ $(of message) == *'; limits.pids 20 refused 1 forks' ]] || fail "$result"
		limited 'pids: 20, on_pids: kill' /probe RS-01 $kind 50 30
		ended pids 137
		ended_by 1
		assert_stderr_match '^nook: killed: limits.pids 20 refused [0-9]+ forks without pause; try --pids-limit with more$'
		# CONTROL
		limited 'pids: 60, on_pids: kill' /probe RS-01 $kind 30 0
		assert_line 'RS-01.made 30'
	done
}

@test "RS-02: what always leaves a younger child is killed all the same" {
	limited 'pids: 30, wall: 500ms, grace: 0s' sh -c '/probe RS-02 30 & /probe RS-02 30 & sleep 60'
	ended wall 124
	ended_by 1.5
	# CONTROL: it lives as long as it may
	limited 'pids: 30, wall: 20s' sh -c '/probe RS-02 1 & sleep 0.2; echo on'
	assert_output on
}

@test "RS-09: CPU time is limited, and counted for what is long gone" {
	local seconds=2 off=0.08 more=(1.5)
	# an emulated processor, and only one
	[ -z "${NOOK_GUEST:-}" ] || off=0.15 more=() seconds=1
	[ -z "${NOOK_LONG:-}" ] || seconds=5
	[ -z "${NOOK_LONG:-}" ] || [ -n "${NOOK_GUEST:-}" ] || off=0.05
	for cpus in 0.2 0.5 "${more[@]}"; do
		limited "cpus: $cpus, cpu_weight: 10000" sh -c "/probe RS-09 4 $seconds
			cat /sys/fs/cgroup/cpu.stat /sys/fs/cgroup/cpu/cpu.stat 2>/dev/null || :"
		ended exited 0
		at_most "$(of cpu_s)" "$(of wall_s) * $cpus * (1 + $off)"
		# by the box's own clock, what a busy machine did not give is no fault of the limit: in
		# each of the periods in which it was stopped for it, it had its whole share before
		[[ $output =~ nr_throttled\ ([0-9]+) ]] || fail "no count of periods" "$output"
		at_least "$(of cpu_s)" "${BASH_REMATCH[1]} * 0.1 * $cpus * (1 - $off)"
	done
	[ "$(of throttled_s)" != null ] || fail "$result"
	limited 'cpu_time: 500ms, grace: 0s' /probe RS-09 4 30
	ended cpu 124
	at_least "$(of cpu_s)" 0.5
	at_most "$(of cpu_s)" 1.5
	assert_stderr_match '^nook: killed: used [0-9.ms]+ of CPU, limits.cpu_time is 500ms; try --set limits.cpu_time= with more$'
	limited 'cpu_time: 500ms, grace: 0s' /probe RS-09.short 100000
	ended cpu 124
	at_most "$(of cpu_s)" 1.5
	# CONTROL
	limited 'cpu_time: 30s' /probe RS-09 4 1
	ended exited 0
	at_least "$(of cpu_s)" 0.02
}

@test "every other end keeps its own cause under limits" {
	local all='memory: 64M, pids: 50, cpu_time: 30s'
	limited "$all, wall: 300ms" sleep 60
	ended wall 124
	limited "$all, wall: 300ms, grace: 300ms" sh -c 'trap "" TERM; while :; do sleep 9; done'
	ended wall 124
	ended_by 1.6
	# in lines so long that bash has few to count
	limited "$all, output: 1M" yes "$(printf %4000d 0)"
	ended output 137
	limited "$all" sh -c '(setsid sleep 60 >/dev/null 2>&1 &); exit 3'
	ended exited 3
	limited "$all" sh -c 'kill -SEGV $$'
	ended signaled 139
	# a killer of one's own is no limit
	limited "$all" sh -c 'kill -KILL $$'
	ended signaled 137
	limited "$all" /etc/passwd
	ended exec 126
}

@test "what was used is exact: the kernel's own files say the same" {
	limited 'memory: 400M, pids: 50, cpus: 2' /probe RS-03 anon 256
	ended exited 0
	at_least "$(of memory_peak_bytes)" 268435456
	at_most "$(of memory_peak_bytes)" 276488519
	limited 'memory: 64M, pids: 50' sh -c 'sleep 0.1 & sleep 0.1 & wait'
	# init, the shell and two
	[ "$(of pids_peak)" = 4 ] || [ "$(of pids_peak)" = null ] || fail "$result"
	# without a limit of it: v2 counts what its cgroup was given, v1 has no directory for it, and a scope
	# of a manager has been given no more than was asked for
	limited 'cpus: 2' true
	if [ -e /sys/fs/cgroup/cgroup.controllers ] && [ ! -d /run/systemd/system ]; then
		at_least "$(of memory_peak_bytes)" 4096
		at_least "$(of io_read_bytes)" 0
		[ "$(of oom_kills)" = 0 ] || fail "$result"
	else
		[ "$(of memory_peak_bytes) $(of oom_kills) $(of io_read_bytes)" = 'null null null' ] || fail "$result"
	fi
}

@test "PS-08, RS-19: the cgroup of a box can be neither left nor loosened, and none be made in it" {
	limited 'memory: 64M, pids: 50' /probe PS-08
	ended exited 0
	refute_match '(write|mkdir|remount):[^ ]* ok$'
	limited 'memory: 64M, pids: 50' cat /proc/self/cgroup
	refute_match 'nook-'
	# and its own limits can be read where programs look for them
	limited 'memory: 64M' sh -c \
		'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null'
	assert_output 67108864
	# in a tree of a directory too, also one without a /sys; nothing is made in it for that
	mkdir -p "$T/tree"/{dev,proc,tmp,usr}
	ln -s usr/bin usr/lib usr/lib64 "$T/tree"
	: >"$T/tree/probe"
	box_options=(-v /usr:/usr --set root.from=directory --set root.path="$T/tree")
	limited 'memory: 64M' sh -c \
		'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null
		touch /sys/x 2>/dev/null || echo read-only'
	assert_output $'67108864\nread-only'
	limited 'memory: 64M, pids: 50' /probe PS-08
	refute_match '(write|mkdir|remount):[^ ]* ok$'
	[ ! -e "$T/tree/sys/fs" ] || fail "something was made in the tree"
	box_options+=(--set root.changes=refuse)
	limited 'memory: 64M' sh -c 'ls -d /sys/fs/cgroup 2>/dev/null; echo on'
	assert_output on
	mkdir "$T/tree/sys"
	limited 'memory: 64M' sh -c 'ls -d /sys/fs/cgroup; echo on'
	assert_output $'/sys/fs/cgroup\non'
	[ -z "$rooted" ] || {
		# CONTROL: the same probe where the file system is the host's to write
		run --separate-stderr timeout 60 "$PROBE" PS-08
		assert_match '(write|mkdir):[^ ]* ok$'
	}
}

@test "v2: where the caller sits in the only cgroup that is his, it is emptied first" {
	local dir=/sys/fs/cgroup/nook-given
	is_root || bats_skip "gives a cgroup away"
	[ -e /sys/fs/cgroup/cgroup.subtree_control ] || bats_skip "this is cgroup v1"
	grep -q memory /sys/fs/cgroup/cgroup.subtree_control || echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	[ ! -d /run/systemd/system ] || bats_skip "systemd is asked here"
	mkdir "$dir"
	chown -R 1234:1234 "$dir"
	run --separate-stderr sh -c "echo 0 >$dir/cgroup.procs || exit 9; exec setpriv --reuid=1234 \
		--regid=1234 --clear-groups '$NOOK' run -m 64M -- sh -c 'echo on; cat /sys/fs/cgroup/memory.max'"
	[ -d "$dir/nook-outside" ] || fail "not emptied"
	rmdir "$dir/nook-outside" "$dir"
	assert_status 0
	assert_output $'on\n67108864'
}

# own_cgroups - how many there are below those of this test, in all trees
own_cgroups() {
	local own
	own=$(sed -n 's/^[0-9]*:\(memory\|\):.*\//\//p' /proc/self/cgroup | sort | tail -n 1)
	find /sys/fs/cgroup -type d -path "*${own%/}*" | wc -l
}

@test "runs with limits leave nothing: cgroups, processes, records" {
	local i before after
	is_root || bats_skip "counted as root"
	before=$(own_cgroups)
	for ((i = 0; i < ${NOOK_LONG:+10}000 + 300; i++)); do
		"$NOOK" run --userns single -q -m 64M --pids-limit 20 --cpus 1 -- true || fail "run $i"
	done
	after=$(own_cgroups)
	[ "$after" -le "$before" ] || fail "cgroups: $before, then $after" "$(find /sys/fs/cgroup -name "nook-*")"
	# several at once, some of them killed
	for i in 1 2 3 4 5 6 7 8; do
		"$NOOK" run -q -m 64M --pids-limit 20 --timeout 200ms -- sleep 9 &
		[ $((i % 2)) = 0 ] || { sleep 0.05; kill -KILL $!; }
	done 2>/dev/null
	wait || :
	"$NOOK" gc -q
	after=$(own_cgroups)
	[ "$after" -le "$before" ] || fail "cgroups: $before, then $after" "$(find /sys/fs/cgroup -name "nook-*")"
}

@test "RS-20: what is written past the cache is held to its rate" {
	local dev
	is_root || bats_skip "a device of its own is root's to name"
	dev=$(findmnt -no SOURCE -T /var/tmp)
	[ -b "$dev" ] || bats_skip "no disk below /var/tmp"
	disk=$(mktemp -d /var/tmp/nook-quota.XXXXXX)
	chmod 777 "$disk"
	box_options=(-v "$disk:/disk:rw")
	limited "io: [{device: $dev, write_bps: 4M}]" /probe RS-20 /disk/x 8
	[ "$status" != 125 ] || { rm -rf "$disk"; bats_skip "no limits of this disk: $stderr"; }
	rm -rf "$disk"
	ended exited 0
	at_least "${output#* }" 1.6
	at_most "${output#* }" 8
}

@test "IN-25: limits without sense are refused" {
	local bad
	for bad in 'cpus: 0' 'cpus: -1' 'cpus: 1e-9' 'cpus: 1000000' 'memory: 0' 'memory: -1' 'memory: 4095' \
		'pids: 0' 'pids: 5000000' 'cpu_weight: 0' 'cpu_weight: 10001' 'cpuset: 3-1' \
		'cpuset: a' 'cpu_time: -1s' 'wall: 1000000000000s' 'io_weight: 0'; do
		limited "$bad" true || :
		assert_status 125
		assert_stderr_match "^nook: .*box.yaml:2:"
	done
	# refused while it is planned where this controller is not the user's, and without a record then
	limited 'cpuset: 4000' true || :
	assert_status 125
	assert_stderr_match 'cpuset'
}

@test "RS-21: a limit that cannot be had is an error that names the controller, or is listed" {
	local hidden='mount -t tmpfs tmpfs /sys/fs/cgroup; exec "$@"'
	is_root || bats_skip "only root can take the cgroups away"
	printf '%s\n' 'extends: base' 'limits: {memory: 64M}' >"$T/box.yaml"
	# none mounted, then read-only
	run --separate-stderr unshare -m sh -c "umount -R /sys/fs/cgroup; exec \"\$@\"" sh \
		"$NOOK" run "$T/box.yaml" -- true
	assert_status 125
	assert_stderr_match "^nook: cgroup: 'limits.memory' \(.*box.yaml:2\) cannot be set: no cgroup controller 'memory' for this user: "
	assert_stderr_match '^hint: .*--set limits.enforce=best-effort$'
	hidden='for m in $(awk "\$3 ~ /^cgroup/ { print \$2 }" /proc/mounts); do
		mount -o remount,bind,ro "$m"; done; exec "$@"'
	run --separate-stderr unshare -m sh -c "$hidden" sh "$NOOK" run "$T/box.yaml" -- true
	assert_status 125
	assert_stderr_match "no cgroup controller 'memory' for this user: the cgroup file systems? (is|are) mounted read-only"
	run --separate-stderr unshare -m sh -c "$hidden" sh "$NOOK" run \
		--set limits.enforce=best-effort --result "$T/result" "$T/box.yaml" -- echo on
	assert_status 0
	assert_output on
	assert_stderr_match '^nook: not enforced: limits.memory: no cgroup controller'
	grep -q '"unenforced":\["limits.memory"' "$T/result" || fail "$(cat "$T/result")"
	# the rules for devices are no limit that was asked for: without a hierarchy for them it is said
	[ ! -d /sys/fs/cgroup/devices ] || {
		run --separate-stderr unshare -m sh -c 'umount -l /sys/fs/cgroup/devices; exec "$@"' sh \
			"$NOOK" run "$T/box.yaml" -- echo on
		assert_status 0
		assert_output on
		assert_stderr_match "^nook: not enforced: no hierarchy of cgroup v1 here has the controller 'devices'"
	}
	# CONTROL
	run --separate-stderr "$NOOK" run "$T/box.yaml" -- true
	assert_status 0
	assert_stderr ''
}

@test "IN-17: doctor and explain say which layout was found, and what is used of it" {
	is_root || bats_skip "for root"
	nook_run doctor
	assert_match '^ok +cgroups +(v1|v2|v1 controllers beside a v2 tree); for this user: .*cpu.* memory'
	nook_run explain base --set limits.memory=64M
	assert_match 'mkdir: cgroup v[12], a new directory'
	run --separate-stderr unshare -m sh -c "umount -R /sys/fs/cgroup; exec \"\$@\"" sh "$NOOK" doctor
	assert_match '^weaker +cgroups +none mounted'
}

@test "SV-13: a keeper that is killed leaves no cgroup, and a frozen box dies with it" {
	local pid id
	is_root || bats_skip "freezes by hand"
	"$NOOK" run --set limits.memory=64M --set limits.wall=300ms \
		--set limits.on_limit=freeze -- sleep 60 2>"$T/err" &
	pid=$!
	wait_until grep -q frozen "$T/err"
	grep -qE '^nook: box [a-z0-9]{12} has reached limits.wall and is frozen$' "$T/err" || fail "$(cat "$T/err")"
	id=$(sed -n 's/^nook: box \([a-z0-9]*\) .*/\1/p' "$T/err")
	[ -n "$(find /sys/fs/cgroup -type d -name "nook-$id")" ] || fail "no cgroup of box $id"
	kill -KILL $pid
	wait $pid || :
	"$NOOK" gc -q
	[ -z "$(find /sys/fs/cgroup -type d -name "nook-$id")" ] || fail "the cgroup of $id is left"
	# a signal ends a frozen box too
	"$NOOK" run --set limits.memory=64M --set limits.wall=300ms \
		--set limits.on_limit=freeze --set limits.grace=300ms -- sleep 60 2>"$T/err" &
	pid=$!
	wait_until grep -q frozen "$T/err"
	kill -TERM $pid
	wait $pid && status=0 || status=$?
	[ $status = 143 ] || [ $status = 137 ] || fail "status $status" "$(cat "$T/err")"
}

# frozen_below PROFILE - a box, and its process in a cgroup below its own that root has frozen: $keeper,
# $leaf
frozen_below() {
	local pid
	rm -f "$T/up"
	"$NOOK" run --pids-limit 50 --set limits.grace=300ms --result "$T/result" "$T/$1.yaml" -- \
		sh -c 'cd "$1"; sleep 600 & : >up; read -r line <go' sh "$T" &
	keeper=$!
	wait_for "$T/up"
	leaf=/sys/fs/cgroup/freezer$(sed -n 's/.*:freezer://p' /proc/self/cgroup)
	leaf=$leaf/nook-$("$NOOK" ps --no-headings -o id)
	mkdir "$leaf/below" "$leaf/below/it"
	for pid in $(cat "$leaf/tasks"); do
		[ "$(cat "/proc/$pid/comm")" != sleep ] || echo "$pid" >"$leaf/below/it/tasks"
	done
	echo FROZEN >"$leaf/below/freezer.state"
	wait_until grep -qx FROZEN "$leaf/below/it/freezer.state"
}

# keeper_ended CAUSE STATUS - of that box
keeper_ended() {
	status=0
	wait "$keeper" || status=$?
	result=$(cat "$T/result")
	ended "$@"
	refute [ -d "$leaf" ]
}

@test "SV-13: what is frozen below the cgroup of a box holds up no end of it" {
	local how
	is_root || bats_skip "freezes by hand"
	[ -d /sys/fs/cgroup/freezer ] || bats_skip "on v2 what is frozen dies"
	mkfifo "$T/go"
	printf 'extends: base\nuser: {id: 0}\nmounts: [{bind: "%s", to: "%s", options: [rw]}]\n' "$T" "$T" >"$T/all.yaml"
	# without a pid namespace, whose end is everybody's
	printf 'extends: ./all.yaml\nnamespaces: [mount]\nuser: {map: none, id: 0}\n' >"$T/some.yaml"
	frozen_below all
	echo >"$T/go"
	keeper_ended exited 0
	for how in all some; do
		frozen_below $how
		"$NOOK" kill --all
		keeper_ended cancelled 137
		frozen_below $how
		kill -KILL "$keeper"
		wait "$keeper" || :
		"$NOOK" gc -q
		refute [ -d "$leaf" ]
	done
}
