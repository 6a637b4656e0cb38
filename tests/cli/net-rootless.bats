#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# net-rootless.bats - networks of an ordinary user: his router, what ends it, and what is killed
# as: user subids
# world: yes

load helper
load boxes
load net

setup() {
	nook_setup
	need pasta busybox
	export XDG_STATE_HOME=$T/state
	file=$XDG_RUNTIME_DIR/nook/router
	"$NOOK" net create lab 10.77.0.0/24 --no-nat
	"$NOOK" net create out 10.78.0.0/24
}

teardown() {
	end_keepers
	[ -z "${server:-}" ] || kill "$server" || true
	no_router && "$NOOK" gc -q && rm -rf state "$XDG_RUNTIME_DIR/nook/net" && nook_teardown
}

# router - the pids of the user's holder, its supervisor and pasta: $holder, $supervisor, $pasta
router() {
	# shellcheck disable=SC2034
	read -r holder pasta < <(od -An -t d4 -j 8 -N 8 "$file")
	supervisor=$(awk '/^PPid:/ { print $2 }' "/proc/$holder/status")
}

# gone PID... - wait until these have ended
gone() {
	local i pid
	for pid; do
		for ((i = 0; i < 1000; i++)); do
			[ -e "/proc/$pid" ] || continue 2
			pause 0.01
		done
		fail "still there: $pid $(cat "/proc/$pid/comm")"
	done
}

# serve - a server of tokens at the host's far address, for two callers; $server
serve() {
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "198.51.100.1", LocalPort => 7777,
			ReuseAddr => 1) or die;
		open my $up, ">", "serving";
		while (my $c = $s->accept) { print $c "token for " . $c->peerhost . "\n"; close $c }' &
	server=$!
	wait_for serving
}

# in_router COMMAND... - run it in the router with the right to its links and rules: what nsenter(1)
# joins it with ends at the exec of who is not root in there, but for an ambient capability
in_router() {
	perl -e 'use POSIX;
		my %numbers = (x86_64 => [308, 125, 126, 157], aarch64 => [268, 90, 91, 167]);
		my ($setns, $capget, $capset, $prctl) = @{$numbers{(POSIX::uname)[4]}} or die;
		my ($holder, @command) = @ARGV;
		for (qw(user net)) {
			open my $ns, "<", "/proc/$holder/ns/$_" or die;
			syscall($setns, fileno $ns, 0) == 0 or die "setns $_: $!";
		}
		my ($head, $caps) = (pack("Li", 0x20080522, 0), "\0" x 24);
		syscall($capget, $head, $caps) == 0 or die;
		substr($caps, 8, 4) = pack("L", 1 << 12);
		syscall($capset, $head, $caps) == 0 && syscall($prctl, 47, 2, 12, 0, 0) == 0 or die;
		exec @command' "$holder" "$@"
}

# One line and no more: pasta 2023 sometimes loses the end of a connection that both sides end at once
fetch='timeout 9 bash -c "read -r line <>/dev/tcp/198.51.100.1/7777; echo \$line"'

@test "a box has lo, an address and a route, and may bind and ping, but not change its link" {
	nook_run run --network lab --cap-add NET_ADMIN -- sh -c '
		ip -o addr show scope global; ip route; ip -br link show lo
		perl -MSocket -e "socket(S, AF_INET, SOCK_DGRAM, 1) or die; print qq(may ping\n);
			send(S, pack(q(C2n3), 8, 0, 0, 1, 1), 0, sockaddr_in(0, inet_aton(q(10.77.0.1))));
			alarm 9; recv(S, \$_, 99, 0); print qq(answered\n)"
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start
		ip link set eth0 down 2>&1; ip addr add 10.77.0.99/24 dev eth0 2>&1'
	assert_match '^[0-9]+: eth0 +inet 10\.77\.0\.2 peer 10\.77\.0\.1/32 '
	assert_match '^default via 10\.77\.0\.1 dev eth0 '
	assert_match '^lo +UNKNOWN '
	assert_line 'may ping'
	assert_line answered
	assert_line 0
	assert_equal "$(grep -c '^RTNETLINK answers: Operation not permitted$' <<<"$output")" 2
	# the same right is one where the network namespace is the payload's
	nook_run run --network none --cap-add NET_ADMIN -- ip link set lo down
	assert_status 0
}

@test "boxes of a network reach each other by address and by name, from one router" {
	start_box one 'echo hello from one | busybox nc -l -p 7000; sleep 60' --network lab --hostname one
	router
	local first=$holder
	# It listens some time after it has said that it runs
	nook_run run --network lab --hostname two -- sh -c 'for i in $(seq 100); do
			busybox nc -w 5 one 7000 </dev/null && break
			sleep 0.1
		done
		grep -E " (one|two) " /etc/hosts'
	assert_status 0
	assert_line 'hello from one'
	assert_match '^10\.77\.0\.2 one +$'
	assert_match '^10\.77\.0\.3 two +$'
	router
	assert_equal "$holder" "$first"
}

@test "a network with NAT reaches the world, one without does not, and neither the host's own ports" {
	serve
	nook_run run --network out --result r -- sh -c "$fetch"
	assert_status 0
	assert_line 'token for 198.51.100.1'
	# what the result counts, as seen from the box: a token and its acknowledgements
	assert_equal "$(grep -cE '"net_rx_bytes":[1-9][0-9]{2,},"net_tx_bytes":[1-9][0-9]{2,},' r)" 1
	nook_run run --network lab -- sh -c "$fetch"
	refute_line 'token for 198.51.100.1'
	# pasta gives the router the host's address: there nobody listens for boxes
	nook_run run --network out -- busybox nc -w 5 192.0.2.1 7777 </dev/null
	refute_line 'token for 192.0.2.1'
}

@test "a network with NAT says what keeps pasta from the world, and one without does without it" {
	mkdir bin
	printf '#!/bin/sh\necho "No external interface" >&2\nexit 1\n' >bin/pasta
	chmod 755 bin/pasta
	PATH=$T/bin:$PATH nook_run run --network out --set network.dns=192.0.2.53 base -- true
	assert_status 125
	assert_stderr "nook: network 'out' has no way out: '$T/bin/pasta' cannot link to the host's network: No external interface
hint: it links to where the host's default route leads, and 'ip route' shows none"
	PATH=$T/bin:$PATH nook_run run --network lab --set network.dns=192.0.2.53 base -- true
	assert_status 0
}

@test "the router ends with the last box, and pasta with it" {
	start_box one 'sleep 60' --network out
	router
	kill -TERM "$keeper"
	gone "$holder" "$supervisor" "$pasta"
}

@test "a killed keeper: the router ends, the next command gives its address back" {
	start_box one 'sleep 60' --network lab --hostname one
	grep -q ' one ' "$XDG_RUNTIME_DIR/nook/net/lab/hosts"
	router
	kill -KILL "$keeper"
	gone "$holder" "$supervisor" "$pasta"
	nook_run gc
	assert_status 0
	refute grep -q ' one ' "$XDG_RUNTIME_DIR/nook/net/lab/hosts"
}

@test "NE-11: a killed router: the next box makes a new one, beside boxes that lost theirs" {
	local who
	for who in holder supervisor; do
		start_box "$who" 'until [ -e /t/go ]; do sleep 0.05; done' --network lab
		router
		kill -KILL "${!who}"
		gone "$holder" "$supervisor" "$pasta"
		nook_run run --network lab -- ip -br addr show eth0
		assert_status 0
		assert_match '^eth0@.* UP +10\.77\.0\.'
		assert_stderr
		touch go
		wait_keeper
		rm go
		assert_status 0
		assert_equal "$(cat "$who.err")" \
			'nook: exited with 0; its network was cut off: the router ended before it'
	done
}

@test "a killed pasta is started again" {
	local i first
	serve
	start_box one 'sleep 60' --network out
	router
	first=$pasta
	kill -KILL "$pasta"
	for ((i = 0; i < 1000; i++)); do
		router
		[ "$pasta" = "$first" ] || [ "$pasta" = 0 ] || break
		pause 0.01
	done
	nook_run run --network out -- sh -c "$fetch"
	assert_status 0
	assert_line 'token for 198.51.100.1'
}

@test "check finds what a user's router has lost, and repair puts it back" {
	need nft ip sysctl
	local at link lost=(
		'nft delete table inet nook' 'its rules are not in the kernel: another firewall was loaded
  hint: nook net repair; the next box on it does so too'
		'sysctl -q -w net.ipv4.ip_forward=0' 'IPv4 is not forwarded (ip_forward)
  hint: nook net repair'
		'ip link set LINK down' "the link of box 'one' is down: it is cut off
  hint: nook net repair"
		'ip addr flush dev LINK' "the link of box 'one' has lost the router's address: it is cut off
  hint: nook net repair"
		'ip route flush dev LINK' "the link of box 'one' has lost its route: it is cut off
  hint: nook net repair")
	nook_run net check
	assert_status 0
	assert_output "no router runs: no box is on your networks
nothing is wrong"
	serve
	start_box one "while [ ! -e /t/end ]; do
		if [ -e /t/ask ]; then rm /t/ask; $fetch >/t/said; mv /t/said /t/answer; fi; sleep 0.02; done" \
		--network out --name one
	router
	link=$(in_router ip -o link | grep -oE 'nk[0-9a-z]{12}')
	nook_run net check
	assert_output "nothing is wrong"
	for ((at = 0; at < ${#lost[@]}; at += 2)); do
		# shellcheck disable=SC2086
		in_router ${lost[at]//LINK/$link}
		nook_run net check
		assert_status 1
		assert_output "network 'out': ${lost[at + 1]}"
		nook_run net repair
		assert_status 0
		assert_output
		nook_run net check out
		assert_output "nothing is wrong"
		touch ask
		wait_for answer
		assert_equal "$(cat answer)" 'token for 198.51.100.1'
		rm answer
	done
	# nobody can mend a link that is gone, nor a router
	in_router ip link del "$link"
	nook_run net check
	assert_status 1
	assert_output "network 'out': the link of box 'one' is gone: it is cut off
  hint: start the box again"
	kill -KILL "$holder"
	gone "$holder" "$supervisor" "$pasta"
	nook_run net repair
	assert_status 1
	assert_output "the router of your networks was killed: boxes on them reach nothing beyond each other
  hint: start them again: the first one makes a new router"
}

@test "a range of ids is the same on a network" {
	[ "$(id -u)" = 4321 ] || bats_skip "for subids: who has none cannot"
	nook_run run --network lab --userns subids --user 0 -- cat /proc/self/uid_map
	assert_status 0
	local map=$output
	nook_run run --network none --userns subids --user 0 -- cat /proc/self/uid_map
	assert_equal "$(tr -s ' ' <<<"$map" | cut -d' ' -f1,2,4)" "$(tr -s ' ' <<<"$output" | cut -d' ' -f1,2,4)"
	nook_run run --network lab --userns subids --user 0 --cap-add CHOWN -- sh -c 'touch f; chown 7:8 f; stat -c %u:%g f'
	assert_line 7:8
}

@test "a box joins one on a network, with ids of its own, and no right to its links" {
	start_box one 'exec perl -MIO::Socket::INET -e "
		my \$s = IO::Socket::INET->new(LocalAddr => q(127.0.0.1), LocalPort => 7000, Listen => 5) or die;
		open my \$up, q(>), q(/t/listens); close \$up;
		while (my \$c = \$s->accept) { print \$c qq(hello from one\n); close \$c }"' --network lab --name one
	wait_for listens
	# its network is the router's, and still exec comes in
	nook_run exec one -- sh -c 'ip -o -4 addr show dev eth0; ip link set lo down'
	assert_match ' 10\.77\.0\.2 '
	assert_stderr 'RTNETLINK answers: Operation not permitted'
	nook_run run --network container:one --user 1000 -- sh -c '
		busybox nc -w 5 127.0.0.1 7000 </dev/null; ip -o -4 addr show dev eth0; id -u; ip link set lo down'
	assert_line 'hello from one'
	assert_match ' 10\.77\.0\.2 '
	assert_line 1000
	assert_stderr 'RTNETLINK answers: Operation not permitted'
	# CONTROL: without it nobody gets there
	nook_run run --network lab -- busybox nc -w 2 127.0.0.1 7000
	refute_line 'hello from one'
	# a joined network keeps its rules
	start_box shut 'sleep 60' --network lab --name shut --set network.allow='[10.77.0.9]'
	nook_run run --network container:shut -- busybox nc -w 2 10.77.0.1 7000
	assert_match 'refused' "$stderr"
}

@test "a user joins what a user namespace of his owns, and is told why another cannot be" {
	local owner
	unshare -Urn sh -c 'ip link set lo up; touch up; exec sleep 60' &
	owner=$!
	wait_for up
	nook_run run --network "ns:/proc/$owner/ns/net" --user 7 -- sh -c 'id -u; ip -br link'
	assert_status 0
	assert_line 7
	assert_match '^lo +UNKNOWN '
	kill "$owner"
	wait "$owner" 2>/dev/null || true
	nook_run run --network ns:/proc/self/ns/net -- true
	assert_status 125
	assert_stderr "nook: net: cannot join '/proc/self/ns/net': Operation not permitted
hint: without root a box joins what a user namespace of yours owns: that of a box on one of your networks, or of 'unshare -Urn'"
	# the limit that a box has for user namespaces is not lifted, not even for this
	start_box one 'sleep 60' --name one
	nook_run run --network container:one -- true
	assert_status 125
	assert_stderr_match "^nook: net: cannot make a user namespace below that of 'one': No space left on device$"
	assert_stderr_match '^hint: it lets none be made; boxes on the same network reach each other, and can be joined: --network NAME for both$'
	start_box two 'sleep 60' --name two --set nested_namespaces=true
	nook_run run --network container:two --user 7 -- id -u
	assert_line 7
}
