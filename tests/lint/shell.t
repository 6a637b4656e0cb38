#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# shell.t - shellcheck over every script
# as: self
# fresh: no
cd "$(dirname "$0")/../.." || exit

if ! command -v shellcheck >/dev/null; then
	if [ "${NOOK_MUST_WORK:-0}" = 1 ]; then
		echo "not ok 1 - shellcheck is not installed"
	else
		echo "ok 1 # SKIP shellcheck is not installed"
	fi
	echo 1..1
	exit
fi

if [ -e .git ]; then
	list() { git -c safe.directory='*' ls-files -co --exclude-standard; }
else
	list() { find . -path ./build -prune -o -type f -printf '%P\n'; }
fi

mkdir -p build
list | while read -r file; do
	if [ ! -f "$file" ] || [ -L "$file" ]; then
		continue
	fi
	case $file in
	completions/* | tests/plan/golden/*) continue ;;
	*.bats) dialect=bats ;;
	*.bash) dialect=bash ;;
	*)
		case $(head -c 32 "$file" | head -n 1 | tr -d '\0') in
		'#!/bin/sh' | '#!/bin/dash') dialect=dash ;;
		'#!/bin/bash' | '#!/usr/bin/env bash') dialect=bash ;;
		*) continue ;;
		esac
		;;
	esac
	echo "$dialect $file"
done >build/shell.list

# One call for all of a kind: a start takes as long as a script
count=0
for dialect in bats bash dash; do
	count=$((count + 1))
	# SC1010 takes `assert_output done` for a loop; SC2013 fears blanks in words that have none;
	# SC2016 does not see that quoted text runs in a box or elsewhere; SC2030 and SC2031 take
	# bats's @test for a subshell whose changes get lost; SC2154 does not know what bats sets
	files=$(sed -n "s/^$dialect //p" build/shell.list)
	if found=$(echo "$files" | xargs shellcheck -x -f gcc -s "$dialect" \
		-e SC1010,SC1091,SC2013,SC2016,SC2030,SC2031,SC2154); then
		echo "ok $count - $dialect: $(echo "$files" | wc -l) scripts"
	else
		echo "not ok $count - $dialect"
		echo "$found" | sed 's/^/# /'
	fi
done
echo "1..$count"
