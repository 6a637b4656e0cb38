#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tour.sh - a short tour of nook: real commands, and what they really print on this machine
#
# `make run` shows it where there is no terminal for a shell.
cd "$(dirname "$0")/.." || exit 1
PATH=$PWD:$PATH

# Shows a command as it would be typed, then runs it
show() {
	printf '\n$ %s\n' "$1"
	sh -c "$1"
}

echo "This is nook $(cat VERSION). Every line behind a \$ is run now, on this machine."
show "nook profile ls"
show "nook run strict -- sh -c 'id -u; hostname; ls /proc | grep -c \"^[0-9]\"'"
show "nook run dev -- sh -c 'echo changed > /etc/hostname; cat /etc/hostname' && cat /etc/hostname"
show "nook explain strict | head -20"
printf '\nWith a terminal, "make run" opens a shell in such a box; "nook help" lists the rest.\n'
