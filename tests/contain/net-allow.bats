#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# net-allow.bats - a box with a list of destinations reaches these, and nothing else
# as: root user subids
# takes: 20
# waits: yes
# hosts: yes

load ../cli/helper
load ../cli/boxes
load ../cli/net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

one=10.77.0.11 one6=fd77::b two=10.77.0.12 two6=fd77::c

setup() {
	nook_setup
	need nft busybox
	export XDG_STATE_HOME=$T/state
	"$NOOK" net create -q lab 10.77.0.0/24 fd77::/64 --no-nat
	write_scripts
	server one "$one" "$one6"
	server two "$two" "$two6"
	names=$(cat /etc/hosts)
}

teardown() {
	end_keepers
	"$NOOK" gc -q
	is_root || router_gone
	"$NOOK" net rm -f lab
	echo "$names" >/etc/hosts
	net_forget && rm -rf state && nook_teardown
}

# router_gone - a user's links are in his router, which holds a lock as long as it is there
router_gone() {
	local run=$XDG_RUNTIME_DIR/nook
	flock -w 10 "$run/router" true && rm -rf "$run/router" "$run/net"
}

# server NAME V4 V6 - a box that says its name at ports 7001 and 7002, TCP and UDP, and echoes at 7003, TCP
server() {
	start_box "$1" 'busybox nc -ll -p 7001 -e hostname & busybox nc -ll -p 7002 -e hostname &
		busybox nc -ll -p 7003 -e cat & perl /t/udp.pl 7001 & perl /t/udp.pl 7002 & wait' --name "$1" --hostname "$1" --network lab \
		--set network.dns=192.0.2.53 --set "network.address=[$2/24, \"$3/64\"]"
	wait_for "$1.udp.7001"
	wait_for "$1.udp.7002"
}

# reach OPTION... -- WHAT... - what a box gets of each "ADDRESS PROTOCOL PORT", a line each
reach() {
	nook_run run --userns single --network lab --set network.dns=192.0.2.53 -v "$T:/t:ro" "${@:1:$#-1}" -- \
		perl /t/reach.pl "${@: -1}"
}

write_scripts() {
	cat >udp.pl <<-'END'
		use Socket;
		chomp(my $name = `hostname`);
		socket(S, AF_INET6, SOCK_DGRAM, 0) && setsockopt(S, 41, 26, pack("i", 0)) or die;
		bind(S, Socket::pack_sockaddr_in6($ARGV[0], "\0" x 16)) or die;
		open(my $up, ">", "/t/$name.udp.$ARGV[0]");
		while (my $from = recv(S, $_, 99, 0)) { send(S, $name, 0, $from) }
	END
	# TCP and UDP say who answers or the error, ICMP that there is an answer; a refusal has to come
	# at once. With a third address it is UDP with a routing header: to that one first (RFC 8754)
	cat >reach.pl <<-'END'
		use Socket; use Time::HiRes qw(time); use Errno;
		sub try {
			my ($at, $how, $port, $via) = @_;
			my $six = $at =~ /:/;
			my $ip = Socket::inet_pton($six ? AF_INET6 : AF_INET, $at);
			my $to = $six ? Socket::pack_sockaddr_in6($port, $ip) : pack_sockaddr_in($port, $ip);
			my $type = $how eq "tcp" ? SOCK_STREAM : SOCK_DGRAM;
			my $icmp = $how ne "icmp" ? 0 : $six ? 58 : 1;
			socket(my $s, $six ? AF_INET6 : AF_INET, $type, $icmp) or return "socket: $!";
			!$via || setsockopt($s, 41, 57, pack("C6nx16a16", 0, 4, 4, 1, 1, 0, 0,
				Socket::inet_pton(AF_INET6, $via))) or return "option: $!";
			connect($s, $to) or return $!;
			my $echo = pack("C2n3", $six ? 128 : 8, 0, 0, 1, 1);
			$how eq "tcp" || send($s, $icmp ? $echo : "?", 0) or return $!;
			return "sent" if $via;
			my $ready = ""; vec($ready, fileno($s), 1) = 1;
			select($ready, undef, undef, 5) or return "silence";
			sysread($s, my $got, 99) or return $!;
			chomp $got; $icmp ? "answer" : $got
		}
		for (split /,\s*/, $ARGV[0]) {
			my $start = time;
			my $got = try(split);
			print "$_: $got", time - $start > 0.9 && $got !~ /^(one|two|answer)$/ ? ", late" : "", "\n";
		}
	END
}

everywhere="$one tcp 7001, $two tcp 7001, $one6 tcp 7001, $two6 tcp 7001, $one udp 7001, $two udp 7001,
$one6 udp 7001, $two6 udp 7001, $one tcp 7002, $one udp 7002, $one icmp, $two icmp, $one6 icmp, $two6 icmp"

@test "without a list both servers are reached, by every way" {
	reach "$everywhere"
	assert_status 0
	assert_output "$one tcp 7001: one
$two tcp 7001: two
$one6 tcp 7001: one
$two6 tcp 7001: two
$one udp 7001: one
$two udp 7001: two
$one6 udp 7001: one
$two6 udp 7001: two
$one tcp 7002: one
$one udp 7002: one
$one icmp: answer
$two icmp: answer
$one6 icmp: answer
$two6 icmp: answer"
}

@test "with ports in the list: these of that server, all else is refused at once" {
	reach --set "network.allow=[\"$one/32:7001\", \"[$one6]:7001\"]" "$everywhere"
	assert_status 0
	assert_output "$one tcp 7001: one
$two tcp 7001: Connection refused
$one6 tcp 7001: one
$two6 tcp 7001: Connection refused
$one udp 7001: one
$two udp 7001: Operation not permitted
$one6 udp 7001: one
$two6 udp 7001: Operation not permitted
$one tcp 7002: Connection refused
$one udp 7002: Operation not permitted
$one icmp: Operation not permitted
$two icmp: Operation not permitted
$one6 icmp: Permission denied
$two6 icmp: Permission denied"
}

@test "with addresses in the list: every way to them, no other family by the way" {
	reach --set "network.allow=[\"10.77.0.10/31\"]" "$everywhere"
	assert_status 0
	assert_output "$one tcp 7001: one
$two tcp 7001: Connection refused
$one6 tcp 7001: Connection refused
$two6 tcp 7001: Connection refused
$one udp 7001: one
$two udp 7001: Operation not permitted
$one6 udp 7001: Operation not permitted
$two6 udp 7001: Operation not permitted
$one tcp 7002: one
$one udp 7002: one
$one icmp: answer
$two icmp: Operation not permitted
$one6 icmp: Permission denied
$two6 icmp: Permission denied"
	reach --set 'network.allow=["0.0.0.0/0"]' "$two tcp 7001, $two6 tcp 7001"
	assert_output "$two tcp 7001: two
$two6 tcp 7001: Connection refused"
}

@test "a routing header names no destination behind one of the list" {
	reach "$two6 udp 7001 $one6"
	assert_output "$two6 udp 7001 $one6: sent"
	reach --set "network.allow=[\"$one6\"]" "$two6 udp 7001 $one6, $one6 udp 7001"
	assert_output "$two6 udp 7001 $one6: Operation not permitted
$one6 udp 7001: one"
}

@test "who reaches the box is answered; that opens no way back" {
	start_box caller 'busybox nc -ll -p 7001 -e hostname &
		until busybox nc -w 5 10.77.0.13 7001 </dev/null >/t/heard 2>&1; do sleep 0.1; done
		touch /t/ask; wait' --hostname caller --network lab --set network.dns=192.0.2.53 \
		--set network.address=10.77.0.14/24
	start_box shut 'busybox nc -ll -p 7001 -e hostname & until [ -e /t/ask ]; do sleep 0.1; done
		perl /t/reach.pl "10.77.0.14 tcp 7001" >/t/new; mv /t/new /t/said; wait' --hostname shut \
		--network lab --set network.dns=192.0.2.53 --set network.address=10.77.0.13/24 \
		--set "network.allow=[\"$one\"]"
	wait_for said
	assert_equal "$(cat heard)" shut
	assert_equal "$(cat said)" '10.77.0.14 tcp 7001: Connection refused'
	reach "10.77.0.14 tcp 7001"
	assert_output '10.77.0.14 tcp 7001: caller'
}

@test "nothing inside may change it: neither root of the box, nor one with more rights" {
	nook_run run --userns single --network lab --set network.dns=192.0.2.53 --user 0 --cap-add box-root \
		--set seccomp=off --set "network.allow=[\"$one\"]" -v "$T:/t:ro" -- \
		sh -c "/usr/sbin/nft delete table inet nook_allow 2>&1
			perl /t/reach.pl '$one tcp 7001, $two tcp 7001'"
	assert_match 'Operation not permitted'
	assert_line "$one tcp 7001: one"
	assert_line "$two tcp 7001: Connection refused"
	for cap in NET_ADMIN NET_RAW; do
		nook_run run --network lab --set network.dns=192.0.2.53 --cap-add $cap \
			--set "network.allow=[\"$one\"]" -- true
		assert_status 125
		assert_stderr "nook: net: 'network.allow' (--set) holds nobody who keeps 'CAP_$cap' (--cap-add)
hint: leave the capability out, or '--set network.allow=null'"
	done
}

@test "explain shows the rules that are in force" {
	printf 'extends: base\nnetwork: {mode: veth, name: lab, dns: [192.0.2.53], allow: ["%s/31"]}\n' "$one" >a.yaml
	nook_run explain ./a.yaml net
	assert_status 0
	assert_line "    \$ ip netns exec BOX nft -f - <<'END'"
	assert_line '    		ip daddr 10.77.0.10/31 accept'
	assert_equal "$(grep -c 'nook_allow {' <<<"$output")" 1
	nook_run explain ./a.yaml
	assert_match 'only the destinations of'
}

# asked_box WORD OPTION... - a box that answers ask; what it finds at destinations is in $output
asked_box() {
	local word=$1
	shift
	asked=0
	# shellcheck disable=SC2016  # the box's own
	start_box "$word" 'n=0; while n=$((n + 1)); do
		until [ -e /t/ask.$n ]; do sleep 0.05; done
		perl /t/reach.pl "$(cat /t/ask.$n)" >/t/new; mv /t/new /t/said.$n; done' \
		--network lab --set network.dns=192.0.2.53 "$@"
}

# ask WHAT... - as reach has it, of the box that asked_box started
ask() {
	asked=$((asked + 1))
	echo "$*" >ask.new
	mv ask.new "ask.$asked"
	wait_for "said.$asked"
	output=$(cat "said.$asked")
}

# until_said WHAT ANSWER - ask the same until the answer is this one
until_said() {
	local i
	for ((i = 0; i < 120; i++)); do
		ask "$1"
		[ "$output" != "$1: $2" ] || return 0
		sleep 0.1
	done
	fail "never: $1: $2, but $output"
}

@test "a name is what it leads to, at that port: in the rules and in /etc/hosts, and no server of names" {
	printf '%s\n' "$one srv.test" "$one6 srv.test" '127.0.0.1 srv.test' >>/etc/hosts
	reach --set 'network.allow=["srv.test:7001"]' "$everywhere"
	assert_status 0
	assert_output "$one tcp 7001: one
$two tcp 7001: Connection refused
$one6 tcp 7001: one
$two6 tcp 7001: Connection refused
$one udp 7001: one
$two udp 7001: Operation not permitted
$one6 udp 7001: one
$two6 udp 7001: Operation not permitted
$one tcp 7002: Connection refused
$one udp 7002: Operation not permitted
$one icmp: Operation not permitted
$two icmp: Operation not permitted
$one6 icmp: Permission denied
$two6 icmp: Permission denied"
	nook_run run --network lab --set network.dns="$two" --set 'network.allow=["srv.test:7001"]' -- sh -c '
		grep -E "srv|localhost" /etc/hosts | tr -s " " | sed "s/ \$//" | sort; getent ahosts srv.test | cut -d" " -f1 | sort -u
		busybox nc srv.test 7001; busybox nslookup other.test 2>&1 | grep -c "permitted\|refused"'
	assert_output "$one srv.test
127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
$one6 srv.test
$one
$one6
one
1"
}

@test "where a name leads to changes: new addresses are reached, old ones no more, connections go on" {
	echo "$one srv.test" >>/etc/hosts
	local allow=(--set network.refresh=1s --set 'network.allow=["srv.test:7001", "srv.test:7003"]')
	start_box held 'exec perl -MIO::Socket::INET -e "
		my \$s = IO::Socket::INET->new(PeerAddr => q('"$one"':7003)) or die;
		open my \$up, q(>), q(/t/holds); close \$up;
		until (-e q(/t/go)) { select undef, undef, undef, 0.05 }
		print \$s qq(still\n); print scalar(<\$s>)"' --network lab --set network.dns=192.0.2.53 "${allow[@]}"
	wait_for holds
	asked_box named "${allow[@]}"
	ask "$one tcp 7001, $two tcp 7001"
	assert_output "$one tcp 7001: one
$two tcp 7001: Connection refused"
	printf '%s\n' "$names" "$two srv.test" >/etc/hosts
	until_said "$two tcp 7001" two
	ask "$one tcp 7001"
	assert_output "$one tcp 7001: one"
	until_said "$one tcp 7001" 'Connection refused'
	ask "$two tcp 7001"
	assert_output "$two tcp 7001: two"
	touch go
	for ((i = 0; i < 100; i++)); do [ ! -s held.out ] || break; sleep 0.1; done
	assert_equal "$(cat held.out)" still
	# and one that leads nowhere any more
	echo "$names" >/etc/hosts
	until_said "$two tcp 7001" 'Connection refused'
	kill -TERM "$keeper"
	wait_keeper
	assert_equal "$(grep -c "^nook: box [0-9a-z]*: 'srv.test' (network.allow) cannot be looked up any more: " named.err)" 2
}

@test "names that lead nowhere, or to the machine's own, are errors; those of network.hosts are known" {
	printf '%s\n' '127.0.0.1 near.test' '169.254.169.254 near.test' 'fe80::1 near.test' \
		'100.100.100.200 near.test' '168.63.129.16 near.test' 'fd20:ce::254 near.test' >>/etc/hosts
	reach --set 'network.allow=["near.test:80"]' ''
	assert_status 125
	assert_stderr "nook: net: 'network.allow' (--set): 'near.test' cannot be looked up: it leads to no address that a box may go to
hint: 'getent ahosts near.test' must find it here; or give its address"
	printf 'extends: base\nnetwork:\n  mode: veth\n  allow: ["nowhere.test:80"]\n' >a.yaml
	reach ./a.yaml ''
	assert_status 125
	assert_stderr_match "^nook: net: 'network.allow' \\(.*a.yaml:4\\): 'nowhere.test' cannot be looked up: "
	reach --set 'network.allow=["srv.test:7001"]' --set "network.hosts=[\"srv.test:$one\"]" "$one tcp 7001, $two tcp 7001"
	assert_output "$one tcp 7001: one
$two tcp 7001: Connection refused"
	for name in '*.test:80' 10.1:80 x.0x7f:80; do
		reach --set "network.allow=[\"$name\"]" ''
		assert_status 125
		assert_stderr_match "^nook: --set: 'network\\.allow' cannot be '${name//[*.]/.}': "
	done
}

@test "who looks names up has no rights; killed, the box goes on, says so, and loses its addresses" {
	echo "$one srv.test" >>/etc/hosts
	asked_box named --set network.refresh=1s --set 'network.allow=["srv.test:7001"]'
	local pid id=65534
	is_root || id=$(id -u)
	pid=$(pgrep -P "$keeper" -x nook-lookup)
	assert_equal "$(awk '/^(Uid|CapPrm|CapEff|NoNewPrivs):/ { print $2 }' "/proc/$pid/status")" \
		"$id"$'\n0000000000000000\n0000000000000000\n1'
	until_said "$one tcp 7001" one
	kill -KILL "$pid"
	until_said "$one tcp 7001" 'Connection refused'
	kill -TERM "$keeper"
	wait_keeper
	assert_match '; names of network.allow were not looked up any more: the process that does ended before it \(signal 9\)' "$(result named message)"
}
