# SPDX-License-Identifier: GPL-3.0-or-later
# cost.bats - how many system calls limits on cgroup v2 add to a run
# guest: v2
# as: root user

load ../cli/helper

# Seven limits and files of v2 are written (open, write, close for each), five counters read at the
# end, the leaf made, opened and removed; the rest is finding its place, the box's read-only view of
# its cgroup and, for root, the program of the device rules
most=70

# calls OPTION... - every system call of keeper, init and payload; how often one polls is chance
calls() {
	strace -f -qq -o "$T/trace" "$NOOK" run -q "$@" strict -- true
	sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$T/trace" | grep -v '^poll$'
}

@test "memory, pids and cpus cost no more calls than were counted" {
	need strace
	calls >"$T/without"
	calls --memory 64M --pids-limit 20 --cpus 0.5 >"$T/with"
	more=$(($(wc -l <"$T/with") - $(wc -l <"$T/without")))
	echo "# $(id -un 2>/dev/null || id -u): $more calls more with limits" >&3
	[ "$more" -le "$most" ] ||
		fail "$(diff <(sort "$T/without" | uniq -c) <(sort "$T/with" | uniq -c))"
}
