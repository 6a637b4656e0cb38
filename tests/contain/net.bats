#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# net.bats - what a box on a network reaches, and what it does not
# as: root

load ../cli/helper
load ../cli/boxes
load ../cli/net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	need nft busybox
	net_define lab 'tag lab' 'subnet 10.77.0.0/24' 'gateway 10.77.0.1' \
		'subnet6 fd77::/64' 'gateway6 fd77::1' 'nat yes' 'isolated no'
	net_define far 'tag far' 'subnet 10.78.0.0/24' 'gateway 10.78.0.1' 'nat yes' 'isolated no'
	servers=()
}

teardown() {
	end_keepers
	[ -z "${world:-}" ] || net_world_ends
	"$NOOK" gc -q || true
	net_forget && nook_teardown
}

# serve WORD [COMMAND...] - says WORD at port 7001 of wherever COMMAND leads
serve() {
	local word=$1
	shift
	"$@" busybox nc -ll -p 7001 -e echo "$word" &
	servers+=("$!")
}

# tries ADDRESS... - a script for a box: what port 7001 of each says, in tries.N; N by N as asked
tries() {
	cat <<-END
		for n in 1 2; do
			while [ ! -e /t/ask.\$n ]; do sleep 0.05; done
			for at in $*; do echo "\$at=\$(busybox nc -w 2 \$at 7001 2>/dev/null)"; done >/t/new
			mv /t/new /t/tries.\$n
		done
		sleep 60
	END
}

# answers N - what the box got this time
answers() {
	local i
	touch "ask.$1"
	for ((i = 0; i < 600; i++)); do
		[ ! -e "tries.$1" ] || break
		sleep 0.05
	done
	output=$(cat "tries.$1")
}

@test "NE-05: of the machine, of other networks and of the cloud nothing is reached" {
	net_world
	nsenter -t "$world" -n ip addr add 169.254.169.254/32 dev outer
	ip route add 169.254.169.254 dev world
	serve machine
	serve world nsenter -t "$world" -n
	start_box other 'busybox nc -ll -p 7001 -e echo other; sleep 60' --network far --set network.dns=192.0.2.53
	start_box sibling 'busybox nc -ll -p 7001 -e echo sibling; sleep 60' --network lab --set network.dns=192.0.2.53
	start_box one "$(tries 127.0.0.1 10.77.0.1 fd77::1 192.0.2.1 10.78.0.1 10.78.0.2 169.254.169.254 \
		10.77.0.2 192.0.2.53)" --network lab --set network.dns=192.0.2.53
	answers 1
	assert_output '127.0.0.1=
10.77.0.1=
fd77::1=
192.0.2.1=
10.78.0.1=
10.78.0.2=
169.254.169.254=
10.77.0.2=sibling
192.0.2.53=world'
	# CONTROL: without the rules all of it answers, but the box's own loopback
	nft delete table inet nook
	nsenter -t "$world" -n ip route add 10.77.0.0/24 via 192.0.2.1
	answers 2
	assert_output '127.0.0.1=
10.77.0.1=machine
fd77::1=machine
192.0.2.1=machine
10.78.0.1=machine
10.78.0.2=other
169.254.169.254=world
10.77.0.2=sibling
192.0.2.53=world'
}

@test "NE-05: a box cannot take another's address, nor change its links" {
	start_box one 'sleep 60' --network lab --set network.dns=192.0.2.53
	# with every capability that a profile can give: its links are not its user namespace's
	nook_run run --network lab --set network.dns=192.0.2.53 -u 0 --set 'capabilities=[box-root, CAP_NET_ADMIN, CAP_NET_RAW]' -- \
		sh -c 'ip addr add 10.77.0.2/32 dev eth0; ip link set eth0 down
		perl -MSocket -e "socket(S, AF_INET, SOCK_RAW, 1) or print qq(raw: \$!\\n)"'
	assert_output 'raw: Operation not permitted'
	assert_equal "$(grep -c 'Operation not permitted' <<<"$stderr")" 2
	# CONTROL: who owns the network namespace can
	run --separate-stderr unshare --net sh -c 'ip link set lo down && ip addr add 10.77.0.2/32 dev lo &&
		perl -MSocket -e "socket(S, AF_INET, SOCK_RAW, 1) and print qq(raw\n)"'
	assert_output raw
	assert_stderr
}

@test "NE-06: links of boxes have distinct names, however many start at once" {
	local i links
	start_box one 'sleep 60' --network lab --set network.dns=192.0.2.53 --name same-first-twelve-a
	start_box two 'sleep 60' --network lab --set network.dns=192.0.2.53 --name same-first-twelve-b
	links=$(net_links)
	assert_equal "$(sort -u <<<"$links" | wc -l)" 2
	mkdir many
	for ((i = 0; i < 60; i++)); do
		"$NOOK" run --network lab --set network.dns=192.0.2.53 -- \
			ip -o -4 addr show dev eth0 >"many/$i" 2>&1 &
		servers+=("$!")
	done
	for ((i = 0; i < 60; i++)); do
		wait "${servers[i]}" || fail "$(cat "many/$i")"
	done
	assert_equal "$(cat many/* | grep -oE 'inet 10\.77\.0\.[0-9]+' | sort -u | wc -l)" 60
	for ((i = 0; i < 500 && $(net_links | wc -l) > 2; i++)); do sleep 0.01; done
	# CONTROL: those of the boxes that live were not taken for the others'
	assert_equal "$(net_links)" "$links"
}
