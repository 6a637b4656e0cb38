#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# net-publish.bats - ports of the host that lead into a box: who reaches them, and when they are gone
# as: root user subids
# world: yes
# fresh: no

load helper
load boxes
load net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	need nft busybox perl
	if is_root; then
		net_define lab 'tag lab' 'subnet 10.77.0.0/24' 'gateway 10.77.0.1' \
			'subnet6 fd77::/64' 'gateway6 fd77::1' 'nat yes' 'isolated no'
	else
		"$NOOK" net create lab 10.77.0.0/24 fd77::/64 --no-nat
	fi
}

teardown() {
	end_keepers
	is_root || { no_router && "$NOOK" net rm -q lab && rm -rf .local "$XDG_RUNTIME_DIR/nook/net"; }
	"$NOOK" gc -q || true
	net_forget && nook_teardown
}

lab_box() { start_box "$@" --network lab --set network.dns=192.0.2.53; }

# ask ADDRESS PORT - what a server says there; it may not listen yet
ask() {
	local i
	for ((i = 0; i < 50; i++)); do
		timeout 5 busybox nc -w 2 "$1" "$2" </dev/null 2>/dev/null | grep . && return
		pause 0.1
	done
	return 1
}

# forwarder - the process beside the box of $keeper that serves its ports
forwarder() { pgrep -P "$keeper" -x nook-forward; }

@test "a TCP port is reached by every address of the host, its loopback and IPv6 among them" {
	lab_box one 'busybox nc -ll -p 80 -e echo hello' -p 8080:80
	for at in 127.0.0.1 127.0.0.9 ::1 192.0.2.1 198.51.100.1; do
		assert_equal "$at $(ask "$at" 8080)" "$at hello"
	done
}

@test "one address of the host is that one alone, and no address of a network" {
	lab_box one 'busybox nc -ll -p 80 -e echo hello' -p 127.0.0.1:8080:80 -p '[::1]:8081:80' -p 8082:80
	assert_equal "$(ask 127.0.0.1 8080)" hello
	assert_equal "$(ask ::1 8081)" hello
	refute busybox nc -w 2 127.0.0.2 8080 </dev/null
	refute busybox nc -w 2 127.0.0.1 8081 </dev/null
	# a neighbour reaches the box itself, and nothing of the router's
	nook_run run --network lab --set network.dns=192.0.2.53 -- sh -c \
		'busybox nc -w 2 10.77.0.2 80 </dev/null; busybox nc -w 2 10.77.0.1 8082 </dev/null'
	assert_output hello
}

@test "a UDP port is answered from the address that was asked" {
	lab_box one 'exec perl -MIO::Socket::INET -e "
		my \$s = IO::Socket::INET->new(Proto => q(udp), LocalPort => 53) or die;
		open my \$up, q(>), q(/t/listens); close \$up;
		while (1) { my \$f = \$s->recv(my \$m, 9000); \$s->send(\$m x 2, 0, \$f) }"' -p 5300:53/udp
	wait_for listens
	for at in 127.0.0.1 127.0.0.9; do
		run perl -MIO::Socket::INET -e '
			my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => shift, PeerPort => 5300) or die;
			alarm 10; $s->send("ask"); $s->recv(my $m, 9000); print $m' "$at"
		assert_output askask
	done
}

@test "what a box had sent before its end arrives" {
	lab_box one 'exec busybox nc -l -p 80 -e head -c 3000000 /dev/zero' -p 8080:80
	# a client that begins to read when the box is gone
	run perl -MIO::Socket::INET -e '
		my ($s, $n) = (undef, 0);
		for (1 .. 100) {
			$s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:8080") or die "$!";
			last if defined sysread $s, my $first, 1 and ++$n;
			select undef, undef, undef, 0.1;
		}
		select undef, undef, undef, 0.5;
		while (my $got = sysread $s, my $room, 65536) { $n += $got }
		print $n'
	assert_output 3000000
	wait_keeper
	assert_status 0
}

@test "a port that is in use is an error, before anything of the box is made" {
	lab_box one 'sleep 60' -p 8080:80 --name one
	nook_run run --network lab --set network.dns=192.0.2.53 -p 8080:80 -- true
	assert_status 125
	assert_stderr_match "^nook: cannot publish port 8080/tcp on '\\*' \\(--publish\\): Address (already )?in use$"
	assert_stderr_match "^hint: box 'one' publishes it$"
	nook_run run --network lab --set network.dns=192.0.2.53 -p 127.0.0.1:8080:80 -- true
	assert_stderr_match "^hint: box 'one' publishes it$"
	nook_run run --network lab --set network.dns=192.0.2.53 -p 8081:80 -p 8081:81 -- true
	assert_status 125
	assert_stderr_match "^hint: this box publishes it twice$"
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Listen => 5, LocalPort => 8082) or die;
		system @ARGV' "$NOOK" run --network lab --set network.dns=192.0.2.53 -p 8082:80 -- true 2>said || true
	assert_match "^hint: another program has it: 'ss -tlnp' shows which$" "$(cat said)"
	! is_root || assert_equal "$(net_links | wc -l)" 1
	nook_run run --network lab --set network.dns=192.0.2.53 -p 203.0.113.1:8080:80/udp -- true
	assert_status 125
	assert_stderr_match "^nook: cannot publish port 8080/udp on '203\\.0\\.113\\.1' \\(--publish\\): .*[aA]ddress"
	assert_stderr_match "^hint: it must be an address of this host: 'ip address' shows them$"
}

@test "a port is free when its box has ended, also when the keeper was killed" {
	local pid
	lab_box one 'sleep 60' -p 8080:80
	pid=$(forwarder)
	kill -KILL "$keeper"
	wait "$keeper" 2>/dev/null || true
	is_gone() { [ ! -e "/proc/$pid" ]; }
	wait_until is_gone
	for _ in 1 2 3; do
		nook_run run --network lab --set network.dns=192.0.2.53 -p 8080:80 -- true
		assert_status 0
	done
}

@test "without a descriptor for it a client waits, at no cost, and is served when there is one" {
	local ticks
	lab_box one 'busybox nc -ll -p 80 -e echo hello' -p 8080:80
	assert_equal "$(ask 127.0.0.1 8080)" hello
	ticks() { awk '{ print $14 + $15 }' "/proc/$(forwarder)/stat"; }
	# shellcheck disable=SC2046  # none, or words
	limit() { $(! is_root || echo setpriv --reuid 65534 --regid 65534 --clear-groups) prlimit --pid "$(forwarder)" --nofile="$1:"; }
	limit 1
	ticks=$(ticks)
	busybox nc 127.0.0.1 8080 </dev/null >waited &
	pause 0.5
	assert test ! -s waited
	assert test "$(($(ticks) - ticks))" -lt 10
	limit 1024
	wait_until test -s waited
	assert_equal "$(cat waited)" hello
	wait "$!" 2>/dev/null || true
}

@test "who serves the ports has no rights, and when it is killed the result says so" {
	lab_box one 'until [ -e /t/end ]; do sleep 0.1; done' -p 8080:80
	local id=65534
	is_root || id=$(id -u)
	assert_equal "$(awk '/^(Uid|CapPrm|CapEff|NoNewPrivs):/ { print $2 }' "/proc/$(forwarder)/status")" \
		"$id"$'\n0000000000000000\n0000000000000000\n1'
	kill -KILL "$(forwarder)"
	touch end
	wait_keeper
	assert_status 0
	assert_equal "$(result one message)" 'exited with 0; its ports were not published any more: the process that serves them ended before it (signal 9)'
}
