# SPDX-License-Identifier: GPL-3.0-or-later
# cost.bats - how many system calls limits on cgroup v2 add to a run
# guest: v2
# as: root user

load ../cli/helper

# docs/speed.md says where they go. What is chance is how often one waits, and is told of a signal
most_root=41 most_user=34

# calls OPTION... - every system call of keeper, init and payload
calls() {
	strace -f -qq -o "$T/trace" "$NOOK" run -q "$@" strict -- true
	sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$T/trace" | grep -vE '^(poll|waitid)$'
}

@test "memory, pids and cpus cost no more calls than were counted" {
	need strace
	is_root && most=$most_root || most=$most_user
	for _ in 1 2 3; do
		calls >"$T/without"
		calls --memory 64M --pids-limit 20 --cpus 0.5 >"$T/with"
		more=$(($(wc -l <"$T/with") - $(wc -l <"$T/without")))
		echo "# $(id -un 2>/dev/null || id -u): $more calls more with limits" >&3
		[ "$more" -gt "$most" ] || return 0
	done
	fail "$(diff <(sort "$T/without" | uniq -c) <(sort "$T/with" | uniq -c))"
}
