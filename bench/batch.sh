#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# batch.sh - how many boxes a second: nook batch beside a floor and bubblewrap under xargs
#
#	batch.sh NOOK FLOOR [JOBS] [ROUNDS]
#
# Each row makes JOBS boxes of true(1), as many at a time as there are CPUs; all rows in turn, ROUNDS
# times, and the median of each counts. NOOK_BENCH_RUN is put in front of each (chrt -f 10).
#
#	floor		the box of same-as-bwrap.yaml by hand, in a loop (bench/floor.c)
#	xargs-bwrap	bubblewrap with the same layers
#	same		nook batch, that box with the filter of the floor
#	nocgroup	nook batch, the profile batch without what needs a cgroup
#	output		the same, with stdout and stderr of each job kept
#	limits		the profile batch: memory, pids and CPU
#	network		nocgroup on a network of its own (root)
set -eu
# Root's networks: of this bench alone
if [ "$(id -u)" = 0 ] && [ -z "${NOOK_BENCH_OWN:-}" ]; then
	NOOK_BENCH_OWN=1 exec unshare --mount --net -- "$0" "$@"
fi
if [ "$(id -u)" = 0 ]; then
	ip link set lo up
	mount -t tmpfs -o mode=755 tmpfs /run
	mount -t tmpfs -o mode=755 tmpfs /var/lib
fi
nook=$1 floor=$2 jobs=${3:-500} rounds=${4:-5}
here=$(cd "$(dirname "$0")" && pwd)
slots=$(nproc)
dir=$(mktemp -d "${TMPDIR:-/tmp}/nook-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

# job_file NAME PROFILE MEMBERS - as many lines as there are jobs
job_file() {
	seq "$jobs" | sed "s|.*|{\"id\":\"j&\",\"profile\":\"$2\",\"command\":[\"true\"]$3}|" >"$dir/$1"
}

job_file same "$here/profiles/same-as-bwrap.yaml" ',"set":{"seccomp":"default"}'
job_file nocgroup "$here/profiles/batch-nocgroup.yaml" ''
job_file output "$here/profiles/batch-nocgroup.yaml" ''
job_file limits batch ''
job_file network "$here/profiles/batch-nocgroup.yaml" ',"set":{"network.mode":"veth"}'

# What a round wrote stays until the end: ext4 without a journal passes over each inode that was deleted
# in the last seconds, so the next round would measure how many those are
batch() {
	rm -f "$dir/journal"
	row=$1
	shift
	[ "$row" != output ] || set -- -o "$dir/out.$round"
	${NOOK_BENCH_RUN:-} "$nook" batch -q --journal "$dir/journal" "$@" "$dir/$row"
}

bwrap_row() {
	seq "$jobs" | ${NOOK_BENCH_RUN:-} xargs -P "$slots" -I@ bwrap --unshare-user --unshare-pid \
		--unshare-uts --unshare-ipc --unshare-net --cap-drop ALL --ro-bind /usr /usr \
		--ro-bind /etc /etc --symlink usr/bin /bin --symlink usr/lib /lib \
		--symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp true
}

run_row() {
	case $1 in
	floor) ${NOOK_BENCH_RUN:-} "$floor" -n "$jobs" -j "$slots" true ;;
	xargs-bwrap) bwrap_row ;;
	*) batch "$1" ;;
	esac
}

rows="floor xargs-bwrap same nocgroup output limits"
[ "$(id -u)" != 0 ] || rows="$rows network"
for round in $(seq "$rounds"); do
	for row in $rows; do
		begin=$(date +%s%N)
		if run_row "$row" >"$dir/said" 2>&1; then
			end=$(date +%s%N)
			echo "$row $(((end - begin) / jobs / 1000))" >>"$dir/times"
		elif [ "$round" = 1 ]; then
			echo "batch.sh: $row does not run here: $(head -n 1 "$dir/said")" >&2
		fi
	done
done
# the median of each row, and its rate beside those that it is held to
sort -k1,1 -k2,2n "$dir/times" | awk -v rows="$rows" '
	{ v[$1, ++n[$1]] = $2 }
	END {
		count = split(rows, name, " ")
		for (i = 1; i <= count; i++)
			if (n[name[i]]) median[name[i]] = v[name[i], int((n[name[i]] + 1) / 2)]
		printf "%-12s %8s %8s %12s %12s %12s\n", "row", "us", "boxes/s", "/ floor",
			"/ xargs", "/ nocgroup"
		for (i = 1; i <= count; i++) {
			m = median[name[i]]
			if (m) printf "%-12s %8d %8d %12.2f %12.2f %12.2f\n", name[i], m, 1e6 / m, \
				median["floor"] / m, median["xargs-bwrap"] / m, median["nocgroup"] / m
		}
	}'
