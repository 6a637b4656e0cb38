#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# limits.t - where a leaf would be made, and what is said where none can be, on each layout
# as: user
#
# golden/limits.HOST holds the lines of the plan that the limits make, strict first, then with
# limits.enforce: best-effort.
# shellcheck source=tests/plan/lib.sh
. "${0%/*}/lib.sh"

{
	sed 's/^extends:.*/extends: base/' tests/plan/limits.yaml
	echo '  enforce: best-effort'
} >"$work/limits.yaml"

for host in debian12-user debian12-root cgroup-v1-root cgroup-v1-nodevices cgroup-v1-user cgroup-v2-root \
	cgroup-v2-container cgroup-v2-given cgroup-v2-threaded cgroup-v2-scope cgroup-v2-closed \
	cgroup-none container-root nested-box no-proc; do
	for file in ./tests/plan/limits.yaml "$work/limits.yaml"; do
		echo "== ${file##*/}" | sed "s@$work/@best-effort @"
		dump "$host" "$file" | sed "s@$work@.@g; s@\./tests@tests@g" |
			grep -E '^(cgroup|limits\.(cpu|pids)|error|hint)|layer=cgroup'
	done >"$work/plans"
	same "limits for $host" "tests/plan/golden/limits.$host" <"$work/plans"
done
finish
