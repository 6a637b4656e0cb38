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

count=0
list | while read -r file; do
	[ -f "$file" ] && [ ! -L "$file" ] || continue
	case $file in
	completions/* | tests/plan/golden/*) continue ;;
	*.bats) dialect='-s bats' ;;
	*.bash) dialect='-s bash' ;;
	*)
		case $(head -c 32 "$file" | head -n 1 | tr -d '\0') in
		'#!/bin/sh' | '#!/bin/dash') dialect='-s dash' ;;
		'#!/bin/bash' | '#!/usr/bin/env bash') dialect='-s bash' ;;
		*) continue ;;
		esac
		;;
	esac
	echo "$dialect $file"
done >build/shell.list 2>/dev/null || mkdir -p build

while read -r dash dialect file; do
	count=$((count + 1))
	# SC1010 takes `assert_output done` for a loop; SC2013 fears blanks in words that have none;
	# SC2016 does not see that quoted text runs in a box or elsewhere; SC2030 and SC2031 take
	# bats's @test for a subshell whose changes get lost; SC2154 does not know what bats sets
	if found=$(shellcheck -x -f gcc -e SC1010,SC1091,SC2013,SC2016,SC2030,SC2031,SC2154 \
		"$dash" "$dialect" "$file"); then
		echo "ok $count - $file"
	else
		echo "not ok $count - $file"
		echo "$found" | sed 's/^/# /'
	fi
done <build/shell.list
echo "1..$(wc -l <build/shell.list)"
