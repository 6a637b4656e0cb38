#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# labs.sh - how long the playground of a lab takes, and a check in it
#
#	labs.sh NOOK [ROUNDS=10]
#
# Root. As uid 1234, in a mount namespace of its own, of which /run and /var/lib are. Of each lab that can
# be done the median of its start, and in the end the slowest; then the slowest check, before anything is
# done, so that it has to find out that nobody answers. NOOK_BENCH_RUN is put in front of what is measured
# (chrt -f 1).
set -euo pipefail
[ -n "${NOOK_BENCH_OWN:-}" ] || NOOK_BENCH_OWN=1 exec unshare --mount --net -- "$0" "$@"
rounds=${2:-10}

mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/lib
mkdir -p /run/tree/build/bench /run/tree/profiles
install -m 755 "$(dirname "$1")"/nook* /run/tree/build/bench/
install -m 644 "${BASH_SOURCE[0]%/*}"/../profiles/*.yaml /run/tree/profiles/
cp -r "${BASH_SOURCE[0]%/*}/../labs" /run/tree/
install -d -o 1234 -g 1234 /run/home
# lab WORD...
lab() {
	# shellcheck disable=SC2086 # words
	${NOOK_BENCH_RUN:-} setpriv --reuid=1234 --regid=1234 --clear-groups \
		env HOME=/run/home XDG_RUNTIME_DIR=/run/home /run/tree/build/bench/nook lab "$@"
}
trap 'lab stop >/run/out 2>&1 || :' EXIT
trap 'exit 130' INT TERM

# took CODE WORD... - its tenths of milliseconds, or the end where it ends with another code
took() {
	local start=${EPOCHREALTIME/./} code=0
	lab "${@:2}" >/run/out 2>&1 || code=$?
	echo $(((${EPOCHREALTIME/./} - start) / 100))
	[ "$code" = "$1" ] || { cat /run/out >&2 && exit 1; }
}
# median - of sorted lines
median() { sed -n "$(((rounds + 1) / 2))p"; }
# slowest WHAT MOST - of the lines "TENTHS LAB" in /run/WHAT
slowest() {
	sort -n "/run/$1" | tail -n 1 | awk -v w="$1 of a lab, the slowest:" -v m="$2" '{
		$1 /= 10
		printf "%s %-34s %9.1f ms  at most %s\n", ($1 <= m ? "pass" : "FAIL"), w " " $2, $1, m
	}'
}

for id in $(lab list --no-headings -o LAB,STATE | awk '!/not here/ { print $1 }'); do
	: >/run/rounds
	for ((i = 0; i < rounds; i++)); do
		took 0 start "$id" >>/run/rounds
		took 1 check >>"/run/checks.$id"
		lab stop >/run/out
	done
	echo "$(sort -n /run/rounds | median) $id" | tee -a /run/start |
		awk '{ printf "     %-34s %9.1f ms\n", "start of " $2, $1 / 10 }'
	echo "$(sort -n "/run/checks.$id" | median) $id" >>/run/check
done
slowest start 100
slowest check 1000
