#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# table.sh [--write] - the table of docs/threat-model.md: each promise, what tests it, and its status
#
# The promises are tests/contain/promises: "ID<tab>promise", and where nothing can test one yet,
# "<tab>what it waits for". The tests are the @test lines, and the TAP lines of *.t, whose name
# starts with ids: "FS-01: ...", "FS-05, FS-06: ...". Without --write the table is printed; with
# it the lines between the two markers in docs/threat-model.md are replaced.
set -eu
cd "$(dirname "$0")/../.."

table() {
	echo '| id | promise | tested by | status |'
	echo '| --- | --- | --- | --- |'
	grep -HEo '^@test "[A-Z]+-[0-9a-z]+(, [A-Z]+-[0-9a-z]+)*:' tests/*/*.bats |
		sed 's/^\([^:]*\):@test "\(.*\):$/\1 \2/; s/,//g' >build/table.tests
	grep -HEo '^(#|/[*]) checks:( [A-Z]+-[0-9a-z]+)+' tests/*/*.t tests/*/*.sh tests/*/*.c 2>/dev/null |
		sed 's/^\([^:]*\):.* checks: /\1 /' >>build/table.tests || :
	awk -F '\t' '
		NR == FNR {
			n = split($0, word, " ")
			for (i = 2; i <= n; i++) {
				if (index(" " files[word[i]] " ", " " word[1] " ")) continue
				files[word[i]] = files[word[i]] (files[word[i]] ? " " : "") word[1]
			}
			next
		}
		/^#/ || /^$/ { next }
		{
			known[$1] = 1
			where = files[$1]
			status = where ? ($3 ? "in part; rest: " $3 : "tested") : ($3 ? $3 : "open")
			gsub(/tests\//, "", where)
			gsub(/ /, ", ", where)
			print "| " $1 " | " $2 " | " (where ? where : "-") " | " status " |"
		}
		END {
			for (id in files)
				if (!known[id]) print "no promise for " id " in " files[id] >"/dev/stderr"
		}' build/table.tests tests/contain/promises
}

page=docs/threat-model.md
mkdir -p build
if [ "${1:-}" != --write ]; then
	table
	exit
fi
table >build/table.md
awk '
	/^<!-- table:/ { print; while ((getline line < "build/table.md") > 0) print line; skip = 1 }
	/^<!-- end of table/ { skip = 0 }
	!skip && !/^<!-- table:/ { print }' "$page" >build/threat-model.md
cat build/threat-model.md >"$page"
