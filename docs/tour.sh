#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tour.sh - a short tour of nook: real commands, and what they really print on this machine
#
# `make run` shows it where there is no terminal for a shell. Ends with 1 when a command does
# not end as it should.
cd "$(dirname "$0")/.." || exit
PATH=$PWD:$PATH

# show CODE COMMAND - a command as it would be typed, then run; it must end with this code
show() {
	local code=0
	printf '\n$ %s\n' "$2"
	bash -c "$2" </dev/null 2>&1 || code=$?
	if [ "$code" != "$1" ]; then
		echo "tour.sh: this ended with $code, not with $1"
		exit 1
	fi
}

echo "This is nook $(cat VERSION). Every line behind a \$ is run now, on this machine."
show 0 "nook profile ls --names | xargs"
# Nothing can be lost here: the files of strict are read-only and not the caller's
show 0 "nook run strict -- sh -c 'id; hostname; ls -d /home/*; echo /proc/[1-9]*; touch /usr/x || true'"
# The tree of dev is the whole machine's, and this directory is the only one to write to
show 0 "nook run dev -- sh -c 'pwd; mkdir /tmp/mine; ls -d /tmp/mine'; ls -d /tmp/mine || true"
show 124 "nook run --timeout 0.2s strict -- sleep 60"
show 0 "nook explain strict | head -n 22"
show 0 "nook explain strict pid"
show 0 "time -p for i in {1..10}; do nook run strict -- true; done"
printf '\nThose were ten boxes. With a terminal, "make run" opens a shell in one.\n'
echo '"nook help" lists the commands, "nook doctor" says what this machine allows.'
