#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# living.sh - the console, boxes that live by the hundred, and the review of what a box changed
#
#	living.sh NOOK TYPE [ROUNDS=50] [BOXES=500] [FILES=100000]
#
# Root, jq. As root and as uid 1234, in a mount namespace of its own, of which /run and /var/lib are.
#
#	console	from start to first prompt; a command in a box of the draft, whose profile has changed
#	boxes	BOXES live: exec in each, `ps`, and the private memory of keeper and init of each
#	diff	FILES small files that a box has written: time of `nook diff`, which has 64 MiB to work in
#
# `make bench ROWS="nook nook-exec"` has exec beside a fresh run.
set -euo pipefail
[ -n "${NOOK_BENCH_OWN:-}" ] || NOOK_BENCH_OWN=1 exec unshare --mount --net -- "$0" "$@"
rounds=${3:-50}
boxes=${4:-500}
files=${5:-100000}

mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/lib
(umask 077 && mkdir -p /run/nook /var/lib/nook)
mkdir -p /run/tree/build/bench /run/tree/profiles
install -m 755 "$(dirname "$1")"/nook* "$2" /run/tree/build/bench/
install -m 644 "${BASH_SOURCE[0]%/*}"/../profiles/*.yaml /run/tree/profiles/
nook=/run/tree/build/bench/nook
type=/run/tree/build/bench/type
install -d -o 1234 -g 1234 /run/home
uid=0
# as_user COMMAND... - as the one who is measured
as_user() {
	if [ "$uid" = 0 ]; then
		HOME=/run "$@"
	else
		setpriv --reuid="$uid" --regid="$uid" --clear-groups \
			env HOME=/run/home XDG_RUNTIME_DIR=/run/home "$@"
	fi
}
end_boxes() {
	as_user "$nook" ps -a --no-headings -o name | as_user xargs -r "$nook" rm -f >/dev/null
	as_user "$nook" gc -q
}
trap end_boxes EXIT
trap 'exit 130' INT TERM

# say WHAT VALUE UNIT MOST - passed or not; without MOST told only
say() {
	awk -v w="$1" -v v="$2" -v u="$3" -v m="${4:-}" 'BEGIN {
		printf "%s %-34s %9.2f %s", (m == "" ? "    " : v <= m ? "pass" : "FAIL"), w, v, u
		if (m != "")
			printf "  at most %s", m
		print "" }'
}
# took COMMAND... - its milliseconds, in $ms
took() {
	local start=${EPOCHREALTIME/./}
	"$@" >/run/out
	ms=$(((${EPOCHREALTIME/./} - start) / 1000)).$(((${EPOCHREALTIME/./} - start) % 1000 / 100))
}
# private PID - KiB that no other process has
private() { awk '/^Private_/ { sum += $2 } END { print sum }' "/proc/$1/smaps_rollup"; }

for uid in 0 1234; do
	echo "as uid $uid"
	as_user "$type" "$rounds" "$nook" >/run/typed <<-EOT
		new bench from base
		set limits.nofile 100
		run true
	EOT
	say "console: first prompt" "$(awk '$2 == "start" { print $1 }' /run/typed)" ms 30
	say "console: run true, draft changed" "$(awk '$2 == "run" { print $1 }' /run/typed)" ms 12

	took as_user sh -c 'i=0; while [ $((i += 1)) -le "$2" ]; do
		"$1" run -d -q --name "b$i" strict -- sleep 3600 || exit; done' sh "$nook" "$boxes"
	say "boxes: start of one of $boxes" "$(jq -n "$ms / $boxes")" ms
	took as_user sh -c 'i=0; while [ $((i += 1)) -le "$2" ]; do
		"$1" exec "b$i" -- sh -c "echo here" || exit; done' sh "$nook" "$boxes"
	say "boxes: exec in one of $boxes" "$(jq -n "$ms / $boxes")" ms
	[ "$(grep -c here /run/out)" = "$boxes" ] || say "boxes: that do not answer" \
		$((boxes - $(grep -c here /run/out))) "" 0
	for ((i = 0; i < 9; i++)); do
		took as_user "$nook" ps
		echo "$ms"
	done | sort -g | sed -n 5p >/run/ps
	say "boxes: ps of $boxes" "$(cat /run/ps)" ms 100
	as_user "$nook" ps --no-headings -o keeper,init | while read -r keeper init; do
		echo $(($(private "$keeper") + $(private "$init")))
	done | sort -g >/run/memory
	say "boxes: private memory, the median" "$(sed -n "$((boxes / 2))p" /run/memory)" KiB 1536
	say "boxes: private memory, the most" "$(tail -n 1 /run/memory)" KiB 1536
	end_boxes

	printf '%s\n' 'extends: base' 'user: {id: 0}' 'mounts: [{overlay: /run/home/data, to: /data}]' \
		>/run/tree/many.yaml
	as_user mkdir -p /run/home/data
	as_user "$nook" run -q --name many --keep /run/tree/many.yaml -- sh -c 'cd /data
		for i in $(seq 100); do mkdir "$i"; done
		seq "$1" | awk "{ f = \$1 % 100 + 1 \"/\" \$1; print \$1 >f; close(f) }"' sh "$files"
	# Flat: far less than what it tells of, whose names alone are 2 MB
	took as_user sh -c 'ulimit -v 65536; exec "$@"' sh "$nook" diff many
	grep -q "^$((files + 100)) added, 0 modified, 0 deleted" /run/out
	say "diff: of $files files, in 64 MiB" "$(jq -n "$ms / 1000")" s 2
	end_boxes
	rm -rf /run/home/data
done
