#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# script-net.bats - the script of a box on a network: the same links, and nothing left of them
# as: root user
# fresh: no

load helper
load net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	is_root || return 0
	need nft tc
	net_define lab 'tag lab' 'subnet 10.77.0.0/24' 'gateway 10.77.0.1' \
		'subnet6 fd77::/64' 'gateway6 fd77::1' 'nat yes' 'isolated no'
}

teardown() { net_forget && nook_teardown; }

# What can be seen of the network inside; numbers of links are the kernel's
read -r -d '' PROBE <<'END' || true
ip -o addr | sed 's/^[0-9]*: //'
ip route; ip -6 route
ip -o link show eth0 | grep -o 'mtu [0-9]*\|qdisc [a-z]*\|state [A-Z]*\|link.ether [^ ]*'
tc qdisc show dev eth0 | grep -o 'rate [^ ]*'
cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range
[ ! -e /proc/self/fd/8 ] || echo 'a descriptor of the script'
END

# router - all of the router's that a script could leave behind
router() {
	ip -br link
	ip route
	ip -6 route
	nft list ruleset
	cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/*/forwarding \
		/proc/sys/net/ipv6/conf/*/accept_ra
}

# script_of NETWORK ARG... - the script of a box on a network
script_of() {
	"$NOOK" explain --script base --set network.mode=veth --set "network.name=$1" \
		--set network.dns=192.0.2.53 --set 'command=[sh]' "${@:2}" >script.sh
}

# pings ADDRESS... - a program for the box: who answers it
pings() {
	cat <<-END
		perl -MSocket -e 'for (@ARGV) {
			socket(S, AF_INET, SOCK_DGRAM, 1) or die;
			setsockopt(S, SOL_SOCKET, SO_RCVTIMEO, pack(q(q2), 9, 0));
			print qq(\$_ answers\n) if send(S, pack(q(C2n3), 8, 0, 0, 1, 1), 0,
				sockaddr_in(0, inet_aton(\$_))) and defined recv(S, \$r, 99, 0) }' $*
	END
}

@test "a script has the addresses, routes, rate and mac of the box, and leaves nothing" {
	only_for root 'networks of root'
	local wish=(--set 'network.address=[10.77.0.9/24]' --set network.mac=02:00:00:00:00:09
		--set network.rate=80mbit)
	router >before
	script_of lab "${wish[@]}"
	sh script.sh sh -c "$PROBE; $(pings 10.77.0.1)" >own 2>own.err </dev/null ||
		fail "the script: $(cat own.err script.sh)"
	router >after
	diff -u before after >difference || fail "left behind: $(cat difference)"
	grep -qx '10.77.0.1 answers' own || fail "the router does not answer: $(cat own)"
	grep -q '10\.77\.0\.9 peer 10\.77\.0\.1/32' own || fail "$(cat own)"
	"$NOOK" run base --network lab --set network.dns=192.0.2.53 "${wish[@]}" -- \
		sh -c "$PROBE; $(pings 10.77.0.1)" >box </dev/null
	diff -u box own >difference || fail "$(cat difference)"
}

@test "a script takes an address that no box has, and ends with the status of its command" {
	only_for root 'networks of root'
	script_of lab
	ip link add other type veth peer name beyond
	ip link set other up
	ip route add 10.77.0.2 dev other
	run sh script.sh sh -c 'ip -o -4 addr show dev eth0; exit 7' </dev/null
	ip link del other
	assert_status 7
	assert_match ' 10\.77\.0\.3 peer '
}

@test "a script routes to the world, and only to what is allowed" {
	local allow answers
	only_for root 'networks of root'
	net_world
	for allow in '[10.77.0.1, 192.0.2.53]' '[10.77.0.1]'; do
		script_of lab --set "network.allow=$allow"
		run sh script.sh sh -c "$(pings 10.77.0.1 192.0.2.53)" </dev/null
		answers+=$output$'\n'
	done
	net_world_ends
	assert_equal "$answers" $'10.77.0.1 answers\n192.0.2.53 answers\n10.77.0.1 answers\n'
}

no_pasta() { ! pgrep '^pas(ta|st)' >/dev/null; }

@test "a script has the link that pasta serves, and ends it" {
	local wish=(base --set network.mode=user --set network.dns=192.0.2.53)
	only_for root 'net-user.bats has it without root'
	need pasta
	net_world
	ip route add default via 192.0.2.53
	"$NOOK" explain --script "${wish[@]}" --set 'command=[sh]' >script.sh
	PROBE=$(grep -v link.ether <<<"$PROBE")
	sh script.sh sh -c "$PROBE" >own 2>own.err </dev/null || fail "the script: $(cat own.err)"
	wait_until no_pasta
	"$NOOK" run "${wish[@]}" -- sh -c "$PROBE" >box </dev/null
	net_world_ends
	# an address of the link's own, made of a number that is by chance
	sed -i 's/fe80::[0-9a-f:]*[0-9a-f]/fe80::/; s/ tentative//' box own
	diff -u box own >difference || fail "$(cat difference)"
	grep -q 'inet 192\.0\.0\.2/29' own || fail "$(cat own)"
}

@test "a script that is ended takes everything away" {
	local code=0
	only_for root 'networks of root'
	router >before
	script_of lab
	mkfifo begun go
	sh script.sh sh -c 'echo begun; read -r _' <go >begun 3>&- 4>&- &
	exec 7>go
	read -r _ <begun
	[ -n "$(net_links)" ] || fail 'no link while it runs'
	kill $!
	exec 7>&-
	wait $! || code=$?
	assert_equal "$code" 143
	router >after
	diff -u before after >difference || fail "left behind: $(cat difference)"
}

@test "a script stops before it does anything where it could only build another box" {
	if ! is_root; then
		script_of default
		run --separate-stderr sh script.sh true
		assert_status 125
		assert_stderr_match '^a network without root needs the router'
		return
	fi
	script_of lab --set 'network.allow=[example.org:80]'
	run --separate-stderr sh script.sh true
	assert_status 125
	assert_stderr_match "^names in 'network.allow' are looked up again and again"
	rm /var/lib/nook/networks/lab
	script_of default
	run --separate-stderr sh script.sh true
	assert_status 125
	assert_stderr_match '^the network is not there yet'
}
