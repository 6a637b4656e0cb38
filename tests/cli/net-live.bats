#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# net-live.bats - `nook update` of the network of a box that runs: its ports and its rates
# as: root user subids
# world: yes

load helper
load boxes
load net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	export XDG_STATE_HOME=$T/state
	need nft busybox perl tc
	if is_root; then
		net_define lab 'tag lab' 'subnet 10.77.0.0/24' 'gateway 10.77.0.1' \
			'subnet6 fd77::/64' 'gateway6 fd77::1' 'nat yes' 'isolated no'
	else
		"$NOOK" net create lab 10.77.0.0/24 fd77::/64 --no-nat
	fi
}

teardown() {
	rm_boxes || return 1
	end_keepers
	is_root || { no_router && "$NOOK" net rm -q lab && rm -rf "$XDG_RUNTIME_DIR/nook/net"; }
	"$NOOK" gc -q || true
	rm -rf "$(state_dir)/boxes"
	net_forget && nook_teardown
}

lab_box() { start_box "$@" --network lab --set network.dns=192.0.2.53 --name web; }

# say PORT WORD - in a box: whoever comes to the port is told the word
say() { echo "busybox nc -ll -p $1 -e echo $2 & "; }

# ask PORT - what is said at a port of the host; it may not listen yet
ask() {
	local i
	for ((i = 0; i < 50; i++)); do
		timeout 5 busybox nc -w 2 127.0.0.1 "$1" </dev/null 2>/dev/null | grep . && return
		pause 0.1
	done
	return 1
}

# closed PORT... - nobody of this machine listens there
closed() {
	local port
	for port; do
		! ss -tulnH "sport = :$port" | grep . || fail "port $port is open"
	done
}

# has_no_port - nobody listens at 8080 any more; to be waited for
has_no_port() { ! ss -tlnH 'sport = :8080' | grep -q .; }

# forwarders - how many processes serve ports of the box of $keeper
forwarders() { pgrep -c -P "$keeper" -x nook-forward || true; }

# rates TOWARDS FROM - the queues at both ends of the link have these rates, "" = none
rates() {
	local near far
	near=$(in_router tc qdisc show dev "$(in_router ip -br link | grep -o '^nklab[0-9a-z]*')" |
		grep -oE 'rate [0-9A-Za-z]+') || true
	far=$("$NOOK" exec web -- tc qdisc show dev eth0 | grep -oE 'rate [0-9A-Za-z]+') || true
	assert_equal "$near, $far" "${1:+rate $1}, ${2:+rate $2}"
}

@test "a port comes to a box that published none, another one, and both go" {
	lab_box one "$(say 80 eighty) $(say 81 other) wait"
	assert_equal "$(forwarders)" 0
	nook_run update web +publish=8080:80
	assert_status 0
	assert_output
	assert_stderr
	assert_equal "$(ask 8080)" eighty
	nook_run update web '+network.publish=[::1]:8081:81' +publish=127.0.0.1:8082:81
	assert_status 0
	assert_equal "$(ask 8082)" other
	assert_equal "$(busybox nc -w 2 ::1 8081 </dev/null)" other
	assert_equal "$(forwarders)" 1
	nook_run explain web
	assert_match '^  network.publish +127.0.0.1:8082:81 +nook update$'
	nook_run net inspect lab
	assert_match '8080->80 \[::1\]:8081->81 127.0.0.1:8082->81'
	nook_run update web -publish=8080:80 '-publish=[::1]:8081:81'
	assert_status 0
	closed 8080 8081
	assert_equal "$(ask 8082)" other
	nook_run explain web
	refute_match '8080:80'
	nook_run update web -network.publish=127.0.0.1:8082:81 +publish=8080:81
	assert_status 0
	closed 8082
	assert_equal "$(ask 8080)" other
}

@test "a port of the start goes, and a connection that is open goes on" {
	lab_box one 'exec busybox nc -l -p 80 -e sh -c "echo up; cat"' -p 8080:80
	run perl -MIO::Socket::INET -e '
		my $s;
		for (1 .. 100) {
			$s = IO::Socket::INET->new("127.0.0.1:8080") or die;
			last if defined($_ = <$s>) and /up/;
			select undef, undef, undef, 0.1;
		}
		system(@ARGV) and die;
		$s->autoflush; print $s "still here\n"; print scalar <$s>;
		print IO::Socket::INET->new("127.0.0.1:8080") ? "open" : "closed"' \
		"$NOOK" update web -publish=8080:80
	assert_output $'still here\nclosed'
}

@test "UDP comes and goes" {
	lab_box one 'exec perl -MIO::Socket::INET -e "
		my \$s = IO::Socket::INET->new(Proto => q(udp), LocalPort => 53) or die;
		open my \$up, q(>), q(/t/listens); close \$up;
		while (1) { my \$f = \$s->recv(my \$m, 9000); \$s->send(\$m x 2, 0, \$f) }"'
	wait_for listens
	for _ in 1 2; do
		nook_run update web +publish=5300:53/udp
		assert_status 0
		# in its own place, by the same socket
		nook_run update web -publish=5300:53/udp +publish=5300:53/udp
		assert_status 0
		run perl -MIO::Socket::INET -e '
			my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.1:5300") or die;
			alarm 10; $s->send("ask"); $s->recv(my $m, 9000); print $m'
		assert_output askask
		nook_run update web -publish=5300:53/udp
		assert_status 0
		closed 5300
	done
}

@test "rates change at both ends, one way alone, and go" {
	lab_box one 'sleep 60' --set network.rate_in=10mbit
	rates 10Mbit ""
	nook_run update web rate=2mbit
	assert_status 0
	rates 2Mbit 2Mbit
	nook_run update web network.rate_out=max rate_in=3mbit
	assert_status 0
	rates 3Mbit ""
	nook_run explain web
	assert_match '^  network.rate_in +3000000 bit/s +nook update$'
	refute_match '^  network.rate_out '
	nook_run update web rate=max
	assert_status 0
	rates "" ""
	nook_run update web rate=fast
	assert_match "^nook: 'rate' cannot be 'fast': expected a rate such as 10mbit" "$stderr"
	nook_run update web rate_in=fast
	assert_match "^nook: 'network.rate_in' cannot be 'fast': expected a rate such as 10mbit" "$stderr"
	nook_run update web rate=null
	assert_stderr_match "^nook: 'rate' cannot be changed while a box runs$"
}

@test "all is done, or nothing: ports, rates and mounts" {
	lab_box one "$(say 80 eighty) wait" -p 8080:80
	# the port of the second one is taken
	nook_run update web rate=1mbit +publish=8081:80 +publish=127.0.0.1:22222:80 "+mounts=$T:/usr/nosuch"
	assert_status 1
	assert_stderr_match "^nook: cannot mount on '/usr/nosuch': No such file or directory$"
	closed 8081 22222
	rates "" ""
	perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8090", Listen => 1) or die;
		exit system(@ARGV) >> 8' "$NOOK" update web environment.NEW=1 rate=1mbit +publish=8081:80 \
		+publish=8090:80 2>err && fail "it was done"
	assert_match "^nook: cannot publish port 8090/tcp on '\\*' \\(nook update\\): Address (already )?in use$" "$(cat err)"
	closed 8081
	rates "" ""
	nook_run exec web -- env
	refute_match '^NEW='
	assert_equal "$(ask 8080)" eighty
	nook_run update web +publish=8080:81
	assert_stderr "nook: port 8080/tcp leads to port 80 of the box already
hint: -publish=... in the same command takes it away"
}

@test "a port leads elsewhere from one moment to the next, or as before where the rest cannot be done" {
	lab_box one "$(say 80 eighty) $(say 81 other) wait" -p 8080:80
	assert_equal "$(ask 8080)" eighty
	nook_run update web -publish=8080:80 +publish=8080:81 "+mounts=$T:/usr/nosuch"
	assert_status 1
	assert_equal "$(ask 8080)" eighty
	# a server that tries to have the port all the while never gets it
	perl -MIO::Socket::INET -e 'until (-e "stop") {
		my $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0:8080", Listen => 1) and print "free\n"; }' >was &
	servers=($!)
	nook_run update web -publish=8080:80 +publish=8080:81
	: >stop
	assert_status 0
	wait "${servers[0]}"
	assert_equal "$(cat was)" ""
	for _ in 1 2 3 4 5; do assert_equal "$(ask 8080)" other; done
	nook_run explain web
	assert_match '^  network.publish +8080:81 +nook update$'
	refute_match '8080:80'
	nook_run update web -publish=8080:81 +publish=8081:80
	assert_status 0
	closed 8080
	assert_equal "$(ask 8081)" eighty
	nook_run update web +publish=8080:80 +publish=127.0.0.1:8080:81
	assert_stderr "nook: port 8080/tcp leads to port 81 of the box already
hint: -publish=... in the same command takes it away"
	nook_run update web -publish=8081:80 +publish=127.0.0.1:8081:80
	assert_stderr "nook: port 8081/tcp leads to port 80 of the box already
hint: by another address: take it away first, by a command of its own"
	assert_equal "$(ask 8081)" eighty
}

@test "what is wrong is said, and what has no link of its own" {
	lab_box one 'sleep 60'
	nook_run update web -publish=1:2
	assert_status 1
	assert_stderr "nook: 'network.publish' of this box has no '1:2'
hint: 'nook explain BOX' lists what it has"
	nook_run update web +publish=80
	assert_status 2
	assert_stderr_match "expected \[IP:\]HOST:BOX\[/udp\]"
	nook_run update web publish=8080:80
	assert_stderr "nook: 'publish' cannot be changed while a box runs
hint: +publish=8080:80 adds to it, -publish=... takes away"
	nook_run update web +pubish=8080:80
	assert_stderr_match "^nook: unknown key 'pubish', did you mean 'publish'$"
	end_keepers
	start_box two 'sleep 60' --name web
	nook_run update web +publish=8080:80
	assert_status 1
	assert_stderr "nook: 'network.publish' (nook update) has no effect with the network that the box has
hint: it needs a new start: nook run --network default ..."
	nook_run update web rate=1mbit
	assert_stderr_match "^nook: 'network.rate_in' \(nook update\) has no effect with the network that the box has$"
}

@test "a box with a link that pasta serves gets a port" {
	need pasta
	start_box one "$(say 80 eighty) wait" --network user --set network.dns=192.0.2.53 --name web
	nook_run update web +publish=8080:80
	assert_status 0
	assert_equal "$(ask 8080)" eighty
	nook_run update web -publish=8080:80
	closed 8080
	nook_run update web rate=1mbit
	assert_stderr_match "^hint: it needs a new start: nook run --network default ...$"
}

@test "when the keeper is killed its ports are free, and the next command leaves nothing" {
	local pid
	lab_box one 'sleep 60'
	nook_run update web +publish=8080:80 rate=1mbit
	assert_status 0
	pid=$(pgrep -P "$keeper" -x nook-forward)
	end_keepers
	is_gone() { [ ! -e "/proc/$pid" ]; }
	wait_until is_gone
	closed 8080
	nook_run ps --no-headings -o name
	assert_output
}

@test "a port goes from the plan where the process that served it was killed, and the rest is done" {
	: >"$T/here"
	lab_box one 'sleep 60' -p 8080:80
	kill -KILL "$(pgrep -P "$keeper" -x nook-forward)"
	wait_until has_no_port
	nook_run update web -publish=8080:80 "+mounts=$T:/data"
	assert_status 0
	assert_stderr
	"$NOOK" exec web -- [ -e /data/here ]
	nook_run explain web
	refute_match '8080:80'
}

@test "NE-12: a keeper or a worker that is killed in the midst leaves no port" {
	local init
	lab_box one 'sleep 60' --timeout 100s
	wait_until "$NOOK" update web "+mounts=$T:/tmp/first"
	init=$("$NOOK" inspect web | grep -oE '"init":[0-9]+' | grep -oE '[0-9]+')
	worker() { pgrep -P "$keeper" -x 'nook(-full)?' | grep -vx "$init"; }
	has_port() { ss -tlnH 'sport = :8080' | grep -q .; }
	# it waits for init to show the namespaces, with the port open by then
	kill -STOP "$init"
	"$NOOK" update web +publish=8080:80 rate=1mbit "+mounts=$T:/data" 2>"$T/err" 3>&- 4>&- &
	servers=($!)
	wait_until has_port
	kill -KILL "$(worker)"
	wait "${servers[0]}" && fail "it was done"
	kill -CONT "$init"
	assert_equal "$(cat "$T/err")" \
		'nook: the process that was to change the box was killed, and what was done is taken back'
	closed 8080
	assert_equal "$(forwarders)" 0
	rates "" ""
	kill -STOP "$init"
	"$NOOK" update web +publish=8080:80 2>"$T/err" "+mounts=$T:/data" 3>&- 4>&- &
	servers=($!)
	wait_until has_port
	end_keepers
	wait_until has_no_port
	nook_run gc
	assert_status 0
}

@test "a box that stays keeps its ports and rates over a restart" {
	nook_run create --network lab --set network.dns=192.0.2.53 -p 8080:80 web -- \
		sh -c "$(say 80 eighty) $(say 81 other) wait"
	assert_status 0
	nook_run start web
	assert_status 0
	nook_run update web +publish=8081:81 -publish=8080:80 rate=4mbit
	assert_status 0
	assert_equal "$(ask 8081)" other
	nook_run restart -t 0 web
	assert_status 0
	closed 8080
	assert_equal "$(ask 8081)" other
	rates 4Mbit 4Mbit
	nook_run stop -t 0 web
	nook_run update web -publish=8081:81 +publish=8082:80 rate=max
	assert_status 0
	nook_run start web
	assert_equal "$(ask 8082)" eighty
	closed 8081
	rates "" ""
}
