#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# state.sh NOOK - what is in force in box 'web', in words that are the same for every such box: by the
# kernel's account in the box and where its link ends, and by nook's
NOOK=$1

# in_router COMMAND... - where the other end of the link is
in_router() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		nsenter -t "$(od -An -t d4 -j 8 -N 4 "$XDG_RUNTIME_DIR/nook/router" | tr -d ' ')" -U -n \
			--preserve-credentials "$@"
	fi
}

# rates - of the links that `tc` shows
rates() { grep -oE 'dev (eth0|nk[a-z0-9]+)|rate [0-9A-Za-z]+'; }

{
	# shellcheck disable=SC2016  # for the shell in the box
	"$NOOK" exec web -- sh -c 'ip -o -4 addr | cut -d" " -f2-; ip route; tc qdisc show dev eth0
		grep ^10 /etc/hosts; grep -o " /tmp/data " /proc/self/mountinfo' | grep -v '^qdisc noq'
	in_router tc qdisc show | rates
	in_router ip route | grep -oE '^10\.7.* dev nk'
	ss -tlnH | awk '{ print $4 }'
	"$NOOK" explain web | awk '/^  (network|mounts)/ { print $1, $2 }' | sort
	"$NOOK" net ls --no-headings -o name,boxes
} 2>&1 | sed -E 's/(10\.7[78]\.0)\.[0-9]+/\1.N/g; s/@if[0-9]+//
	s/nk[0-9a-z]+/nk/; s/tbf [0-9a-f]+:/tbf/; s/ +/ /g'
