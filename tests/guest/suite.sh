#!/bin/dash
# SPDX-License-Identifier: GPL-3.0-or-later
# suite.sh - inside the guest: the tests of the command line, as every user they name; one TAP stream
cd /nook || exit
export NOOK=/nook/build/release/nook PATH=/usr/bin:/usr/sbin

for file in tests/cli/*.bats; do
	users=$(sed -n '1,25s/^# as: *\([a-z ]*\)$/\1/p' "$file" | head -n 1)
	for who in ${users:-root user}; do
		echo "# $file as $who"
		tests/as.sh "$who" bats --tap "$file"
	done
done | awk '
	/^1\.\./ { next }
	/^(not )?ok / { sub(/ok [0-9]+/, "ok " ++count) }
	{ print; fflush() }
	END { print "1.." count + 0 }'
