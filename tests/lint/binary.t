#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# binary.t - the programs that are installed are hardened: PIE, RELRO, no executable stack, no RPATH
# as: self
cd "$(dirname "$0")/../.." || exit
count=0

# check WHAT COMMAND... - one line of TAP
check() {
	count=$((count + 1))
	what=$1
	shift
	if "$@"; then echo "ok $count - $what"; else echo "not ok $count - $what"; fi
}
has() { readelf -W "$2" "$1" | grep -qE "$3"; }
has_not() { ! readelf -W "$2" "$1" | grep -qE "$3"; }
is_static() { has_not "$1" -l 'INTERP'; }
is_plain_mode() { [ -z "$(find "$1" -perm /7000)" ]; }

for program in build/release/nook build/release/nook-full; do
	if [ ! -e $program ]; then
		echo "1..0 # SKIP $program is not built"
		exit
	fi
	check "$program is position independent" has $program -h 'Type: +DYN'
	check "$program has read-only relocations" has $program -l GNU_RELRO
	check "$program binds at once" has $program -d 'NOW'
	check "$program has no executable stack" has_not $program -l 'GNU_STACK.* RWE'
	check "$program has no segment both writable and executable" has_not $program -l 'LOAD.* RWE'
	check "$program looks for libraries in no place of its own" has_not $program -d 'RPATH|RUNPATH'
	check "$program protects its stack" has $program -s '__stack_chk_fail'
	check "$program has no set-id bit" is_plain_mode $program
done
check "build/release/nook loads no library" is_static build/release/nook
check "build/release/nook-full checks the lengths of copies" has build/release/nook-full -s '_chk@'
echo "1..$count"
