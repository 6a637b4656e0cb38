#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fortify.t - in the light program a call that would leave its object traps, and one that fits does not
# as: self
cd "$(dirname "$0")/../.." || exit
try=build/release/tests/fortify
if [ ! -x $try ]; then
	echo "1..0 # SKIP $try is not built (no musl, or 'make unit' did not run)"
	exit
fi
count=0

# ends WHAT WANTED COMMAND... - one line of TAP: the command ends with that status
ends() {
	count=$((count + 1))
	what=$1
	wanted=$2
	shift 2
	# The shell itself would say that the command was killed
	{
		"$@"
		status=$?
	} 2>/dev/null
	if [ "$status" = "$wanted" ]; then
		echo "ok $count - $what"
	else
		echo "not ok $count - $what: status $status instead of $wanted"
	fi
}

for name in $($try); do
	ends "$name within its object" 0 $try "$name" 16
	# SIGILL is what __builtin_trap() gives on this machine, SIGTRAP on arm64
	wanted=132
	[ "$(uname -m)" != aarch64 ] || wanted=133
	ends "$name one byte beyond it traps" $wanted $try "$name" 17
done
echo "1..$count"
