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
	# Where clouds have secrets of a machine: most of them, and Alibaba's
	for at in 169.254.169.254 100.100.100.200; do
		nsenter -t "$world" -n ip addr add "$at/32" dev outer
		ip route add "$at" dev world
	done
	serve machine
	serve world nsenter -t "$world" -n
	start_box other 'busybox nc -ll -p 7001 -e echo other; sleep 60' --network far --set network.dns=192.0.2.53
	start_box sibling 'busybox nc -ll -p 7001 -e echo sibling; sleep 60' --network lab --set network.dns=192.0.2.53
	start_box one "$(tries 127.0.0.1 10.77.0.1 fd77::1 192.0.2.1 10.78.0.1 10.78.0.2 169.254.169.254 \
		100.100.100.200 10.77.0.2 192.0.2.53)" --network lab --set network.dns=192.0.2.53
	answers 1
	assert_output '127.0.0.1=
10.77.0.1=
fd77::1=
192.0.2.1=
10.78.0.1=
10.78.0.2=
169.254.169.254=
100.100.100.200=
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
100.100.100.200=world
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

@test "RC-06: what others have made under a name of nook's is left alone" {
	local group file=/run/nook/net/lab/hosts before
	# a link and a cgroup, as one of its own would be called that a killed keeper left
	ip link add nklab000000000 type bridge
	ip link add nklab111111111 type veth peer name other
	before=$(ip -o link show nklab000000000)
	group=$(sed -n 's,^[0-9]*:pids:,/sys/fs/cgroup/pids,p; s,^0::,/sys/fs/cgroup,p' /proc/self/cgroup | head -n 1)
	mkdir "$group/nook-000000000000"
	# a file of somebody else's in the place of one of nook's
	(umask 077 && mkdir -p /run/nook/net/lab)
	echo precious >victim
	ln -s "$T/victim" "$file"
	nook_run run --network lab base -- true
	assert_status 125
	assert_stderr "nook: net: network 'lab': cannot write its leases: Too many levels of symbolic links"
	rm "$file"
	nook_run run --network lab --set network.dns=192.0.2.53 --pids-limit 9 base -- ip -br link show eth0
	assert_status 0
	"$NOOK" gc -q
	assert_equal "$(ip -o link show nklab000000000)" "$before"
	assert_equal "$(cat victim)" precious
	rmdir "$group/nook-000000000000"
	# CONTROL: a pair of that name is what it makes itself, and has gone
	assert_equal "$(net_links)" nklab000000000
	ip link del nklab000000000
}

# evil WORD SCRIPT - a box whose links are its own, as only root's can be that have no user namespace
evil() {
	start_box "$1" "ip addr add fe80::66/64 dev eth0 nodad; if=\$(ip -o link show eth0 | cut -d: -f1); $2" \
		--network lab --set network.dns=192.0.2.53 --set 'namespaces=[mount, pid, net, uts, ipc, cgroup]' \
		--set user.map=none --set seccomp=off -u 0 --set 'capabilities=[CAP_NET_ADMIN, CAP_NET_RAW]'
}

# rounds SCRIPT - do it when the test says so, twice; $n is which time
rounds() { echo "for n in 1 2; do until [ -e /t/go.\$n ]; do sleep 0.05; done; $1; touch /t/done.\$n; done; sleep 60"; }

@test "NE-05: over IPv6 a box cannot send as another, nor to a link that is not its own" {
	local n
	# each datagram with who sent it
	cat >ears.pl <<-'END'
		use Socket qw(:all);
		socket(S, AF_INET6, SOCK_DGRAM, 0) && bind(S, pack_sockaddr_in6(7002, "\0" x 16)) or die;
		open(my $up, ">", "/t/ears");
		while (my $from = recv(S, $_, 99, 0)) {
			open(my $out, ">>", "/t/heard");
			print $out inet_ntop(AF_INET6, (unpack_sockaddr_in6($from))[1]), " $_\n";
		}
	END
	cat >say.pl <<-'END'
		use Socket qw(:all);
		my ($if, $from, $to, $text) = @ARGV;
		socket(S, AF_INET6, SOCK_DGRAM, 0) or die;
		bind(S, pack_sockaddr_in6(0, inet_pton(AF_INET6, $from), $if)) or die "bind $from: $!";
		send(S, $text, 0, pack_sockaddr_in6(7002, inet_pton(AF_INET6, $to), $if)) or die "send $to: $!";
	END
	start_box ears 'exec perl /t/ears.pl' --network lab --set network.dns=192.0.2.53
	start_box other 'sleep 60' --network lab --set network.dns=192.0.2.53
	wait_for ears
	# shellcheck disable=SC2016  # the box's own
	evil evil 'ip addr add fd77::3/128 dev eth0 nodad; '"$(rounds 'perl /t/say.pl $if fd77::3 fd77::2 forged.$n
		perl /t/say.pl $if fe80::66 fd77::2 link.$n; perl /t/say.pl $if fe80::66 ff02::1 all.$n
		perl /t/say.pl $if fd77::4 fd77::2 own.$n')"
	for n in 1 2; do
		# CONTROL: without the rules the forged one arrives; one of a link is routed by no kernel
		[ $n = 1 ] || nft delete table inet nook
		touch "go.$n"
		wait_until grep -qs "own.$n" heard
	done
	refute grep -v warning evil.err
	assert_equal "$(cat heard)" "fd77::4 own.1
fd77::3 forged.2
fd77::4 own.2"
}

@test "NE-05: a router advertisement of a box is believed by nobody" {
	local link
	cat >advertise.pl <<-'END'
		use Socket qw(:all);
		my $if = shift;
		socket(S, AF_INET6, SOCK_RAW, 58) && setsockopt(S, 41, 18, pack("i", 255)) or die;
		bind(S, pack_sockaddr_in6(0, inet_pton(AF_INET6, "fe80::66"), $if)) or die "bind: $!";
		# RFC 4861, 4.2 and 4.6.2: a router for half an hour, with a prefix
		send(S, pack("CCnCCnNN", 134, 0, 0, 64, 0, 1800, 0, 0) .
			pack("CCCCNNNa16", 3, 4, 64, 192, 3600, 3600, 0, inet_pton(AF_INET6, "2001:db8:bad::")), 0,
			pack_sockaddr_in6(0, inet_pton(AF_INET6, "ff02::1"), $if)) or die "send: $!";
	END
	start_box other 'sleep 60' --network lab --set network.dns=192.0.2.53 --name other
	# shellcheck disable=SC2016
	evil evil "$(rounds 'perl /t/advertise.pl $if')"
	# a machine that believes them, although it forwards
	for link in $(net_links); do
		echo 2 >"/proc/sys/net/ipv6/conf/$link/accept_ra"
	done
	touch go.1
	wait_for done.1
	sleep 0.2
	refute grep -v warning evil.err
	refute_match 'proto ra|bad' "$(ip -6 route)"
	nook_run exec other -- ip -6 route
	refute_match 'proto ra|bad'
	# CONTROL: without the rules it is a route of this machine; of the other box, whose link is another, not
	nft delete table inet nook
	touch go.2
	wait_for done.2
	wait_until sh -c 'ip -6 route | grep -q 2001:db8:bad'
	nook_run exec other -- ip -6 route
	assert_status 0
	refute_match 'proto ra|bad'
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
