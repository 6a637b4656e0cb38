#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# generated.t - what is made from the program's tables is in step with them ('make docs' makes it)
# as: self
cd "$(dirname "$0")/../.." || exit
count=0

# page FILE - a manual page as mkman makes it
page() { build/release/mkman man/keys.txt <"$1.in"; }

# same FILE COMMAND... - one line of TAP: the command prints what is in the file
same() {
	count=$((count + 1))
	file=$1
	shift
	if found=$("$@" 2>&1 | diff "$file" - 2>&1); then
		echo "ok $count - $file"
	else
		echo "not ok $count - $file ('make docs' writes it anew)"
		echo "$found" | head -n 20 | sed 's/^/# /'
	fi
}

if [ ! -x build/release/nook ] || [ ! -x build/release/mkman ]; then
	echo "1..0 # SKIP build/release is not built ('make all unit')"
	exit
fi
same completions/nook.bash build/release/nook completion bash
same completions/_nook build/release/nook completion zsh
same completions/nook.fish build/release/nook completion fish
for page in man/nook.1 man/nook-profile.5 man/nook-batch.5 man/nook-quiz.5 man/nook-lab.5; do
	same $page page $page
	count=$((count + 1))
	if ! command -v mandoc >/dev/null && [ "${NOOK_MUST_WORK:-0}" != 1 ]; then
		echo "ok $count # SKIP mandoc is not installed"
	elif found=$(mandoc -T lint -W warning $page 2>&1); then
		echo "ok $count - $page has no mistakes of form"
	else
		echo "not ok $count - $page has no mistakes of form"
		echo "$found" | sed 's/^/# /'
	fi
done
echo "1..$count"
