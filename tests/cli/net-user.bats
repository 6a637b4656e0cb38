#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# net-user.bats - network.mode: user: one box with a link that pasta serves, and nothing left of it
# as: root user subids
# takes: 55
# waits: yes
# world: yes
# hosts: yes

load helper
load boxes

setup() {
	nook_setup
	need pasta busybox perl
	servers=()
	# Two services of this machine: on an address of its own, and on its loopback
	serve 198.51.100.1 7000 world
	serve 127.0.0.1 7001 loopback
}

teardown() {
	end_keepers
	"$NOOK" gc -q || true
	nook_teardown
}

# serve ADDRESS PORT WORD - a service that says one word and hangs up
serve() {
	# shellcheck disable=SC2016  # perl's own
	perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => $ARGV[1],
		Listen => 9, ReuseAddr => 1) or die; while ($c = $s->accept) { print $c "$ARGV[2]\n"; close $c }' \
		"$@" >/dev/null 3>&- 4>&- &
	servers+=($!)
	for _ in $(seq 500); do
		[ "$(busybox nc -w 5 "$1" "$2" </dev/null 2>/dev/null)" = "$3" ] && return 0
		pause 0.01
	done
	fail "no service on $1:$2"
}

# user_run ARG... - nook run with mode user; the host's servers of names do not matter
user_run() { nook_run run --network user --set network.dns=192.0.2.53 "$@" </dev/null; }
user_box() { start_box "$@" --network user --set network.dns=192.0.2.53; }

# pastas - pids of the pasta of every box
pastas() { pgrep -x 'pas(ta|st)(\.avx2)?' || true; }

wait_no_pasta() {
	for _ in $(seq 500); do
		[ -n "$(pastas)" ] || return 0
		pause 0.01
	done
	fail "pasta is left: $(pastas)"
}

@test "a box has addresses of its own, a route to everywhere, and may bind and ping" {
	user_run base -- sh -c 'ip -o addr show scope global; ip route show default; ip -br link show lo
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start /etc/resolv.conf
		perl -MSocket -e "socket(S, AF_INET, SOCK_DGRAM, 1) and print qq(may ping\n)"'
	assert_status 0
	assert_match '^[0-9]+: eth0 +inet 192\.0\.0\.2/29 '
	assert_match '^default via 192\.0\.0\.1 dev eth0 '
	assert_match '^lo +UNKNOWN '
	assert_line 0
	assert_line 'nameserver 192.0.2.53'
	assert_line 'may ping'
}

@test "it reaches what this machine reaches, and not what listens on its loopback" {
	assert_equal "$(busybox nc -w 5 198.51.100.1 7000 </dev/null)" world
	assert_equal "$(busybox nc -w 5 127.0.0.1 7001 </dev/null)" loopback
	# nc may miss the end of a connection through pasta
	user_run base -- sh -c 'timeout 9 busybox nc -w 5 198.51.100.1 7000 | head -n 1'
	assert_status 0
	assert_output world
	user_run base -- sh -c 'for at in 127.0.0.1 192.0.0.1 192.0.0.2 192.0.2.1; do
		timeout 9 busybox nc -w 1 $at 7001; done; true'
	assert_status 0
	assert_output
	# the same attempt where that wall is off
	nook_run run --network host base -- busybox nc -w 5 127.0.0.1 7001 </dev/null
	assert_output loopback
}

@test "no port of the box is one of this machine, and none of this machine one of the box" {
	user_box one 'busybox nc -l -p 7002 -e echo inner & busybox nc -l -p 7002 -u & touch /t/listens; sleep 60'
	wait_for "$T/listens"
	run busybox nc -w 1 127.0.0.1 7002 </dev/null
	assert_status 1
	run busybox nc -w 1 192.0.2.1 7002 </dev/null
	assert_status 1
}

@test "nothing is left of a box that ended, and nothing of one whose keeper was killed" {
	user_run base -- true
	assert_status 0
	assert_equal "$(pastas)" ''
	user_box one 'sleep 60'
	refute test -z "$(pastas)"
	kill -KILL "$keeper"
	wait "$keeper" 2>/dev/null || true
	wait_no_pasta
}

@test "a box whose pasta was killed goes on, and nook says that it had no network any more" {
	user_box one 'until [ -e /t/go ]; do sleep 0.05; done; exit 7'
	kill -KILL "$(pastas)"
	wait_no_pasta
	touch "$T/go"
	wait_keeper
	assert_status 7
	assert_equal "$(cat one.err)" \
		'nook: exited with 7; it had no network any more: pasta ended before it (signal 9)'
}

@test "what pasta complains of is the reason, and the box does not run" {
	# as the words of a program that is in its place
	mkdir bin
	printf '#!/bin/sh\necho "first word" >&2\necho "No external interface" >&2\nexit 1\n' >bin/pasta
	chmod 755 bin/pasta
	PATH=$T/bin:$PATH user_run base -- touch "$T/ran"
	assert_status 125
	assert_output
	assert_stderr "nook: net: '$T/bin/pasta' cannot link to the host's network: No external interface
hint: it links to where the host's default route leads, and 'ip route' shows none"
}

@test "without pasta it says what to install" {
	local dir
	# directories that are always searched
	for dir in /usr/sbin /sbin; do [ ! -e "$dir/pasta" ] || bats_skip "pasta is in $dir"; done
	mkdir bin
	run --separate-stderr env PATH="$T/bin" "$NOOK" run --network user base -- true
	assert_status 125
	assert_stderr "nook: net: 'network.mode' (--network): user needs pasta, which is not installed
hint: apt install passt"
}

@test "explain gives the command" {
	nook_run explain --set network.mode=user --set network.dns=192.0.2.53 base
	assert_status 0
	assert_match '^ +\$ .*/pasta --config-net --ns-ifname eth0 --address 192\.0\.0\.2 .* --no-map-gw '
	nook_run explain --script --set network.mode=user --set network.dns=192.0.2.53 base
	assert_status 0
	if is_root; then
		assert_match '^/usr/bin/pasta --config-net --ns-ifname eth0 --address 192\.0\.0\.2 .* --no-map-gw '
	else
		assert_match '^exec /usr/bin/pasta --config-net --ns-ifname eth0 --address 192\.0\.0\.2 .* --no-map-gw '
		refute_match 'lo alone'
	fi
	nook_run explain --script --set network.mode=user --set network.dns=192.0.2.53 \
		--set 'network.allow=[198.51.100.1]' base
	assert_status 0
	is_root || assert_line "#  - a link that pasta serves: here there is lo alone; 'nook explain' has the command"
}

@test "without root the script of a box has the same link, its settings, and the status of its command" {
	only_for user 'script-net.bats has it for root'
	local wish=(--set network.mode=user --set network.dns=192.0.2.53)
	local probe='ip -o addr show scope global | sed "s/^[0-9]*: //"; ip route; ip -br link show lo
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range
		cat /proc/sys/net/ipv4/tcp_sack; id -u
		timeout 9 busybox nc -w 5 198.51.100.1 7000 | head -n 1; exit 7'
	printf '%s\n' 'extends: base' 'sysctls: {net.ipv4.tcp_sack: 0}' >p.yaml
	"$NOOK" explain --script "${wish[@]}" ./p.yaml >script.sh
	run --separate-stderr sh script.sh sh -c "$probe" </dev/null
	assert_status 7
	echo "$output" >own
	wait_no_pasta
	run --separate-stderr "$NOOK" run "${wish[@]}" ./p.yaml -- sh -c "$probe" </dev/null
	assert_status 7
	assert_equal "$output" "$(cat own)"
	assert_line world
	assert_match 'inet 192\.0\.0\.2/29 '
}

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

@test "a published TCP port is reached by every address of the host, a UDP port answers from the one asked" {
	user_box one 'busybox nc -ll -p 80 -e echo hello & exec perl -MIO::Socket::INET -e "
		my \$s = IO::Socket::INET->new(Proto => q(udp), LocalPort => 53) or die;
		open my \$up, q(>), q(/t/listens); close \$up;
		while (1) { my \$f = \$s->recv(my \$m, 9000); \$s->send(\$m x 2, 0, \$f) }"' -p 8080:80 -p 5300:53/udp
	wait_for listens
	for at in 127.0.0.1 ::1 192.0.2.1 198.51.100.1; do
		assert_equal "$at $(ask "$at" 8080)" "$at hello"
	done
	run perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.9", PeerPort => 5300) or die;
		alarm 10; $s->send("ask"); $s->recv(my $m, 9000); print $m'
	assert_output askask
	# no other port of the box is one of this machine, and its own loopback is not published
	run busybox nc -w 1 127.0.0.1 80 </dev/null
	assert_status 1
}

@test "what listens on the box's loopback alone is not published, with an allow-list it is as without" {
	user_box one 'busybox nc -ll -p 81 -e echo outer & exec perl -MIO::Socket::INET -e "
		my \$s = IO::Socket::INET->new(LocalAddr => q(127.0.0.1), LocalPort => 80, Listen => 5) or die;
		open my \$up, q(>), q(/t/listens); close \$up;
		while (my \$c = \$s->accept) { print \$c qq(inner\n); close \$c }"' \
		--name one -p 127.0.0.1:8080:80 -p '[::1]:8081:81' --set network.allow='[192.0.2.7]'
	wait_for listens
	assert_equal "$(ask ::1 8081)" outer
	run busybox nc -w 2 127.0.0.1 8080 </dev/null
	assert_output
	# CONTROL: in the box it answers
	nook_run exec one -- busybox nc -w 2 127.0.0.1 80 </dev/null
	assert_output inner
	run busybox nc -w 2 127.0.0.1 8081 </dev/null
	assert_status 1
}

@test "who serves the ports has no rights; killed, the box goes on and the result says so" {
	user_box one 'until [ -e /t/end ]; do sleep 0.1; done' -p 8080:80
	assert_equal "$(awk '/^(CapPrm|CapEff|NoNewPrivs):/ { print $2 }' "/proc/$(forwarder)/status")" \
		$'0000000000000000\n0000000000000000\n1'
	assert_equal "$(awk '/^Uid:/ { print ($2 != 0) }' "/proc/$(forwarder)/status")" 1
	kill -KILL "$(forwarder)"
	touch end
	wait_keeper
	assert_status 0
	assert_equal "$(result one message)" 'exited with 0; its ports were not published any more: the process that serves them ended before it (signal 9)'
}

@test "lines of network.hosts stand before those of the loopback, and nothing is left of their file" {
	local from
	for from in system host; do
		user_run base --set root.from=$from --hostname me --set network.hosts='["db:10.0.0.7", "db:fd00::7"]' -- cat /etc/hosts
		assert_status 0
		assert_output "10.0.0.7 db
fd00::7 db
127.0.0.1 localhost me
::1 localhost ip6-localhost ip6-loopback"
	done
	user_box one 'sleep 60' --set network.hosts='["db:10.0.0.7"]'
	assert test -n "$(find "$(runtime_dir)" -name '*.hosts')"
	kill -KILL "$keeper"
	wait "$keeper" 2>/dev/null || true
	wait_no_pasta
	"$NOOK" gc -q
	assert_equal "$(find "$(runtime_dir)" -name '*.hosts')" ''
}

@test "names of network.allow are where they lead, and no other address is reached" {
	local hosts
	hosts=$(cat /etc/hosts)
	serve 198.51.100.1 7004 other
	echo '198.51.100.1 world.test' >>/etc/hosts
	user_run base --set network.allow='["world.test:7000"]' -- sh -c '
		timeout 20 busybox nc -w 15 world.test 7000 | head -n 1
		timeout 3 busybox nc -w 5 198.51.100.1 7004 | head -n 1; getent hosts world.test'
	echo "$hosts" >/etc/hosts
	assert_line world
	refute_line other
	assert_match '^198\.51\.100\.1 +world\.test'
	user_run base -- sh -c 'timeout 20 busybox nc -w 15 198.51.100.1 7004 | head -n 1'
	assert_output other
}

@test "a name that no server answers for is an error within five seconds, and nothing is left" {
	only_for root "who else could put another resolv.conf in place"
	local before=$EPOCHSECONDS
	echo 'nameserver 192.0.2.99' >resolv.conf
	mount --bind resolv.conf /etc/resolv.conf
	nook_run run --network user --set network.allow='["nowhere.example:80"]' base -- touch ran
	umount /etc/resolv.conf
	assert_status 125
	assert_stderr "nook: net: 'network.allow' (--set): 'nowhere.example' cannot be looked up: no answer within 5 s
hint: 'getent ahosts nowhere.example' must find it here; or give its address"
	assert test "$((EPOCHSECONDS - before))" -lt 9
	assert_equal "$(pgrep -x nook-lookup)" ''
}
