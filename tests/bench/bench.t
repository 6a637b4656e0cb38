#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# bench.t - a short `make bench`: it runs, the ratios are sane, the calls of a run are as counted
# as: self
# fresh: no
#
# Times on a shared machine prove little: the ratio is looked at only by root, who may measure at
# real-time priority, has slack and three attempts; `make bench` with its 200 runs judges. The
# number of system calls is the same on every run and has none:
# who adds calls to the path of every run changes tests/bench/calls and says why.
set -u
cd "$(dirname "$0")/../.." || exit 1
slack=0.9
tests=0
failed=0

ok() { # STATUS NAME
	tests=$((tests + 1))
	[ "$1" = 0 ] && echo "ok $tests - $2" && return
	echo "not ok $tests - $2"
	failed=1
}

skip_all() {
	[ "${NOOK_MUST_WORK:-0}" != 1 ] || { echo "not ok 1 - $1"; exit 1; }
	echo "1..0 # SKIP $1"
	exit 0
}

command -v jq >/dev/null || skip_all "jq is not installed"
command -v bwrap >/dev/null || skip_all "bubblewrap is not installed"
out=$(mktemp)
trap 'rm -f "$out"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
make -s bench-tools nook >/dev/null 2>&1 # what it compiles is said on stdout
bench() {
	# Where a caller ignores this signal nook makes four calls more
	env --default-signal=PIPE make -s bench RUNS=20 ROWS="empty floor bwrap nook" \
		BENCH_FLAGS="--json --fifo" >"$out" 2>/dev/null
}
wide() { # UID - whether nook is below the bar with slack
	jq -e --argjson u "$1" --argjson most "$slack" '.users[] | select(.uid == $u) | .rows |
		map({(.name): .median_us}) | add | .nook and .bwrap and .nook / .bwrap < $most' \
		"$out" >/dev/null
}
is_root() { [ "$(id -u)" = 0 ]; }
all_wide() { for uid in $uids; do wide "$uid" || return 1; done; }

# What uid 1234 has on this machine: with the time, because it may be there
used() { stat -c %y /dev/shm/nook-1234 2>/dev/null; }
used=$(used)
bench
ok $? "make bench runs"
if is_root; then
	[ "$(used)" = "$used" ]
	ok $? "and leaves nothing of an ordinary user"
fi
jq -e . "$out" >/dev/null
ok $? "and prints JSON"
uids=$(jq '.users[].uid' "$out")
for try in 2 3; do
	if ! is_root || all_wide; then break; fi
	echo "# attempt $try"
	bench
done
for uid in $uids; do
	for row in floor bwrap nook; do
		jq -e --argjson u "$uid" --arg r "$row" '.users[] | select(.uid == $u) | .rows[] |
			select(.name == $r) | .median_us > 0' "$out" >/dev/null
		ok $? "uid $uid: $row works"
	done
	if is_root; then
		wide "$uid"
		ok $? "uid $uid: nook takes less than $slack of bwrap"
	fi
	jq -r --argjson u "$uid" '.users[] | select(.uid == $u) | .rows[] |
		"# \(.name) \(.median_us) us"' "$out"
	who=user
	[ "$uid" != 0 ] || who=root
	most=$(sed -n "s/^$who //p" tests/bench/calls)
	calls=$(jq --argjson u "$uid" '.users[] | select(.uid == $u) | .calls.nook // 0' "$out")
	if [ "$calls" = 0 ]; then
		echo "# strace is not installed, or may not trace here: calls not counted"
	else
		[ "$calls" -le "$most" ]
		ok $? "uid $uid: $calls system calls, at most $most"
	fi
done
# What it measures is judged where it has 500 boxes and the machine for itself; here, that it works
if is_root; then
	make -s build/bench/type >/dev/null 2>&1
	bench/living.sh build/release/nook build/bench/type 3 3 300 >"$out" 2>&1
	ok $? "what make bench-living runs"
	sed 's/^/# /' "$out"
	[ "$(grep -cE '^(pass|FAIL)' "$out")" = 12 ]
	ok $? "and each of its bars was measured for both users"
	bench/labs.sh build/release/nook 1 >"$out" 2>&1
	ok $? "what make bench-labs runs"
	sed 's/^/# /' "$out"
	[ "$(grep -cE '^(pass|FAIL)' "$out")" = 2 ]
	ok $? "and both of its bars were measured"
fi
echo "1..$tests"
exit $failed
