#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# net.bats - boxes on a network: addresses, names, rates, counters, and nothing left of them
# as: root
# takes: 15
# waits: yes

load helper
load boxes
load net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	need nft tc busybox
	net_define lab 'tag lab' 'subnet 10.77.0.0/24' 'gateway 10.77.0.1' \
		'subnet6 fd77::/64' 'gateway6 fd77::1' 'nat yes' 'isolated no'
	net_define far 'tag far' 'subnet 10.78.0.0/24' 'gateway 10.78.0.1' 'nat no' 'isolated yes'
}

teardown() {
	end_keepers
	"$NOOK" gc -q || true
	net_forget && nook_teardown
}

# lab_run ARG... - nook run on the network lab, whose servers of names need not be there
lab_run() { nook_run run --network lab --set network.dns=192.0.2.53 "$@"; }
lab_box() { start_box "$@" --network lab --set network.dns=192.0.2.53; }

@test "a box that fails while its links are made says why, and they say nothing" {
	need strace
	run --separate-stderr strace -f -o /dev/null -e inject=clone3:delay_exit=300000 \
		-e inject=sethostname:error=EINVAL "$NOOK" run --network lab --set network.dns=192.0.2.53 strict -- true
	assert_status 125
	assert_stderr_match '^nook: uts: .*Invalid argument$'
	refute_match 'net' "$stderr"
}

@test "a box has lo, an address, a route to everywhere, and may bind and ping" {
	lab_run -- sh -c 'ip -o addr show scope global; ip route; ip -6 route show default; ip -br link show lo
		perl -MSocket -e "socket(S, AF_INET, SOCK_DGRAM, 1) or die; print qq(may ping\n);
			send(S, pack(q(C2n3), 8, 0, 0, 1, 1), 0, sockaddr_in(0, inet_aton(q(10.77.0.1))));
			alarm 9; recv(S, \$_, 99, 0); print qq(answered\n)"
		cat /proc/sys/net/ipv4/ip_unprivileged_port_start'
	assert_status 0
	assert_match '^[0-9]+: eth0 +inet 10\.77\.0\.2 peer 10\.77\.0\.1/32 '
	assert_match '^[0-9]+: eth0 +inet6 fd77::2/128 '
	assert_match '^default via 10\.77\.0\.1 dev eth0 '
	assert_match '^default via fd77::1 dev eth0 '
	assert_match '^lo +UNKNOWN '
	assert_line 'may ping'
	assert_line answered
	assert_line 0
}

@test "NE-08: resolv.conf and hosts are nook's in every kind of tree, and the tree is not written to" {
	local from
	mkdir -p tree/etc
	ln -s ../run/resolver/resolv.conf tree/etc/resolv.conf
	echo 'the tree' >tree/etc/hosts
	cp "$(command -v busybox)" tree/busybox
	mkdir tree/proc tree/dev tree/tmp tree/run
	for from in system host; do
		lab_run --set root.from=$from --hostname me -- \
			sh -c 'cat /etc/resolv.conf; grep -E "localhost|me" /etc/hosts; getent hosts me'
		assert_status 0
		assert_line 'nameserver 192.0.2.53'
		assert_match '^127\.0\.0\.1 localhost$'
		assert_match '^10\.77\.0\.[0-9]+ +me'
	done
	lab_run --set root.from=directory --set "root.path=$T/tree" -- \
		/busybox cat /etc/resolv.conf /etc/hosts
	assert_status 0
	assert_line 'nameserver 192.0.2.53'
	assert_line '127.0.0.1 localhost'
	assert_equal "$(cat tree/etc/hosts)" 'the tree'
	refute test -e tree/run/resolver
	ln -sf "$T/outside" tree/etc/resolv.conf
	ln -sf "../../outside" tree/etc/hosts
	echo untouched >outside
	lab_run --set root.from=directory --set "root.path=$T/tree" -- /busybox ls /
	assert_status 0
	assert_equal "$(cat outside)" untouched
}

@test "boxes of a network reach each other by name, and find those that come later" {
	lab_box one 'until busybox nc -w 5 two 7000 </dev/null >/t/got 2>/dev/null; do sleep 0.1; done; sleep 60' --name one
	lab_box two 'echo hello from $(hostname) | busybox nc -l -p 7000; sleep 60' --name two --hostname two
	wait_until test -s got
	assert_equal "$(cat got)" 'hello from two'
	lab_run -- sh -c 'getent ahostsv4 one; getent ahostsv6 two'
	assert_match '^10\.77\.0\.2 '
	assert_match '^fd77::3 '
}

@test "isolated boxes, and boxes of two networks, do not reach each other" {
	local cmd='busybox nc -l -p 7000 -e busybox echo reached; sleep 60'
	lab_box one "$cmd" --name one
	start_box two "$cmd" --network far --set network.dns=192.0.2.53 --name two
	lab_run -- busybox nc -w 5 10.77.0.2 7000
	assert_output reached
	lab_run -- busybox nc -w 5 10.78.0.2 7000
	refute_line reached
	nook_run run --network far -- busybox nc -w 5 10.78.0.2 7000
	refute_line reached
	nook_run run --network far -- busybox nc -w 5 10.77.0.2 7000
	refute_line reached
}

@test "addresses that are asked for are had, or not at all" {
	lab_run --set network.address='[10.77.0.9/24, "fd77::9/64"]' --set 'network.mac="02:00:00:00:00:09"' -- \
		sh -c 'ip -o addr show scope global; ip -br link show eth0'
	assert_status 0
	assert_match 'inet 10\.77\.0\.9 '
	assert_match 'inet6 fd77::9/128 '
	assert_match '02:00:00:00:00:09'
	# again at once, while the kernel still takes down the link of the one before
	for _ in 1 2 3 4 5; do
		lab_run --set network.address='[10.77.0.9/24, "fd77::9/64"]' -- perl -MSocket -e '
			socket(S, AF_INET, SOCK_DGRAM, 1); send(S, pack(q(C2n3), 8, 0, 0, 1, 1), 0,
				sockaddr_in(0, inet_aton(q(10.77.0.1)))); alarm 9; recv(S, $_, 99, 0); print qq(answered\n)'
		assert_output answered
	done
	lab_box one 'sleep 60' --set network.address=10.77.0.9/24
	lab_run --set network.address=10.77.0.9/24 -- true
	assert_status 125
	assert_stderr_match "^nook: net: address '10.77.0.9' is taken by box '[0-9a-z]{12}'$"
	lab_run --set network.address=10.1.0.9/24 -- true
	assert_status 125
	assert_stderr_match "^nook: net: address '10.1.0.9' is not in subnet '10.77.0.0/24'$"
	lab_run --set network.address=10.77.0.1/24 -- true
	assert_status 125
	assert_stderr_match "^nook: net: address '10.77.0.1' is the network's gateway$"
}

@test "rates are token buckets at both ends" {
	lab_box one 'tc qdisc show dev eth0 >/t/inner; sleep 60' --set network.rate_in=10mbit \
		--set network.rate_out=1mbit
	wait_until grep -qs tbf inner
	assert_match '^qdisc tbf .* rate 1Mbit ' "$(cat inner)"
	assert_match '^qdisc tbf .* rate 10Mbit ' "$(tc qdisc show dev "$(net_links)")"
}

@test "NE-09: a name is the box's that had it first; who comes second is known by its id, and its result says so" {
	lab_box one 'sleep 60' --hostname web
	lab_run --hostname web --result "$T/two.result" -- sh -c 'grep -w web /etc/hosts; ip -4 -o addr show eth0'
	assert_status 0
	assert_match '^10\.77\.0\.2 web *$'
	assert_match ' 10\.77\.0\.3 '
	assert_equal "$(grep -cw web <<<"$output")" 2
	assert_equal "$(result two message)" \
		"exited with 0; its name was another box's on network 'lab', which knew it as '$(result two id)'"
}

@test "a rate is refused where the box could lift it" {
	local none=(--set 'namespaces=[mount, pid, net, uts, ipc, cgroup]' --set user.map=none)
	lab_run "${none[@]}" --set network.rate=1mbit --cap-add net_admin -- true
	assert_status 125
	assert_stderr "nook: net: 'network.rate' (--set) holds nobody who keeps 'CAP_NET_ADMIN' (--cap-add) without a user namespace
hint: leave the capability out, or '--set network.rate_out=max'"
	lab_run "${none[@]}" --set network.rate=1mbit --set network.rate_out=max --cap-add net_admin -- true
	assert_status 0
	# CONTROL: without a user namespace it can; with one of its own the link is not the box's
	lab_run "${none[@]}" --set network.rate_in=1mbit -u 0 --cap-add net_admin -- \
		ip link set eth0 mtu 1400
	assert_status 0
	lab_run --set network.rate=1mbit -u 0 --cap-add net_admin -- ip link set eth0 mtu 1400
	assert_status 2
}

@test "the result counts what went through the link, as seen from the box" {
	lab_box one 'busybox nc -l -p 7000 -e head -c 100000; sleep 60' --name one
	lab_run --result "$T/two.result" -- \
		sh -c 'until head -c 100000 /dev/zero | busybox nc one 7000 >/dev/null; do sleep 0.1; done'
	assert test "$(result two net_tx_bytes)" -gt 100000
	assert test "$(result two net_rx_bytes)" -gt 100000
	nook_run stats --json one
	assert test "$(json stats 0 net_rx_bytes)" -gt 100000
	assert test "$(json stats 0 net_tx_bytes)" -gt 100000
	nook_run stats --no-headings -o NAME,RX one
	assert_match '^one +[0-9.]+K$'
	nook_run run --result "$T/three.result" -- true
	assert_equal "$(result three net_tx_bytes)" null
}

@test "a killed keeper's address and name are given back by the next command" {
	lab_box one 'sleep 60' --name one
	kill -KILL "$keeper"
	wait "$keeper" 2>/dev/null || true
	net_wait_links
	assert grep -q ' one ' /run/nook/net/lab/hosts
	"$NOOK" gc -q
	refute grep -q ' one ' /run/nook/net/lab/hosts
	lab_run --set network.address=10.77.0.2/24 -- true
	assert_status 0
}

@test "a link that the kernel keeps for a dead box's last words goes with gc, others stay" {
	net_world
	nsenter -t "$world" -n perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Listen => 5, LocalPort => 7000) or die; $s->accept; sleep 600' &
	server=$!
	lab_box two 'sleep 60' --name two
	# shellcheck disable=SC2016
	lab_box one 'exec perl -MIO::Socket::INET -e "
		until (\$s = IO::Socket::INET->new(PeerAddr => q(192.0.2.53:7000))) { select undef, undef, undef, 0.1 }
		open my \$up, q(>), q(/t/connected); select undef, undef, undef, 0.1 until -e q(/t/deaf);
		syswrite \$s, q(last words); exit"' --name one
	wait_for connected
	nsenter -t "$world" -n ip link set outer down
	touch deaf
	wait_keeper
	assert_equal "$(net_links | wc -l)" 2
	nook_run gc
	assert_status 0
	assert_line 'took away 1 links of boxes that had ended'
	assert_equal "$(net_links | wc -l)" 1
	kill "$server"
	wait "$server" 2>/dev/null || true
	net_world_ends
}

@test "rules that others wiped are there again for the next box" {
	lab_run -- true
	assert_status 0
	assert nft list table inet nook
	nft flush ruleset
	lab_run -- true
	assert_status 0
	assert nft list table inet nook
}

@test "NAT: the world sees the router, and answers come back" {
	net_world
	nsenter -t "$world" -n busybox nc -ll -p 7000 -e sh -c 'echo "hello from $(id -un)"' &
	server=$!
	lab_run -- sh -c 'for i in 1 2 3 4 5; do busybox nc -w 2 192.0.2.53 7000 && break; sleep 0.2; done'
	assert_output 'hello from root'
	nook_run run --network far -- busybox nc -w 2 192.0.2.53 7000
	refute_match hello
	kill "$server"
	wait "$server" 2>/dev/null || true
	net_world_ends
}

@test "what cannot be is said" {
	nook_run run --network lba -- true
	assert_status 125
	assert_stderr "nook: net: 'network.name' (--network): there is no network 'lba'
hint: did you mean 'lab'? 'nook net create lba' makes another"
	nook_run run --network none --set network.rate=1mbit -- true
	assert_status 125
	assert_stderr "nook: net: 'network.rate' (--set) has no effect with 'network.mode: none'
hint: it needs 'network.mode: veth'; '--set network.rate=null' takes it back"
	echo rubbish >/var/lib/nook/networks/bad
	nook_run run --network bad --set network.dns=192.0.2.53 -- true
	assert_status 125
	assert_stderr_match "^nook: net: network 'bad': its definition is damaged: "
}

@test "a box joins a network namespace by its path, and that of a box by the box's name" {
	net_world
	nook_run run --network "ns:/proc/$world/ns/net" -- ip -o -4 addr show dev outer
	assert_status 0
	assert_match ' 192\.0\.2\.53/24 '
	net_world_ends
	lab_box one 'sleep 60' --name one
	start_box two 'sleep 60' --name two
	nook_run run --network container:one -- ip -o -4 addr show dev eth0
	assert_status 0
	assert_match ' 10\.77\.0\.2 '
	nook_run run --network container:two -- ip -br link
	assert_status 0
	assert_equal "$(wc -l <<<"$output")" 1
	assert_match '^lo +UNKNOWN '
	assert_equal "$(net_links | wc -l)" 1
}

@test "NE-07: what is no network namespace is not joined, and not opened" {
	local path
	mkfifo fifo
	echo text >file
	ln -s nowhere dangling
	for path in "$T/fifo" "$T/file" /dev/null "$T" /proc/self/ns/mnt /proc/self/status; do
		nook_run run --network "ns:$path" -- true
		assert_status 125
		assert_stderr "nook: net: '$path' is no network namespace
hint: 'ip netns add NAME' makes '/run/netns/NAME'; a process has '/proc/PID/ns/net'"
	done
	nook_run run --network "ns:$T/dangling" -- true
	assert_status 125
	assert_stderr "nook: net: cannot open '$T/dangling': No such file or directory"
	nook_run run --network container:nobody -- true
	assert_status 125
	assert_stderr_match "^nook: net: no running box 'nobody'"
	start_box one 'sleep 60' --network host --name one
	nook_run run --network container:one -- true
	assert_status 125
	assert_stderr "nook: net: box 'one' has no network that can be joined
hint: it has the host's: --network host"
	nook_run run --network "ns:/proc/self/ns/net" --set network.rate=1mbit -- true
	assert_status 125
	assert_stderr_match "^nook: net: 'network.rate' \(--set\) has no effect with 'network.mode: join'$"
}

@test "network.hosts: own lines come first, those of the network stay current, and the file goes" {
	lab_box one 'sleep 60' --name one --set 'network.hosts=[db:198.51.100.7, "six:fd00::6"]'
	assert test -f /run/nook/*.hosts
	lab_run --set 'network.hosts=db:198.51.100.8' -- getent hosts db one
	assert_match '^198\.51\.100\.8 +db'
	assert_match '^fd77::2 +one|^10\.77\.0\.2 +one'
	start_box two 'while [ ! -e /t/stop ]; do grep three /etc/hosts >/t/new; mv /t/new /t/seen; sleep 0.1; done
		head -n 1 /etc/hosts >/t/first' \
		--network lab --set network.dns=192.0.2.53 --set 'network.hosts=db:198.51.100.7'
	refute test -s seen
	lab_box three 'sleep 60' --name three
	wait_until grep -q '^10\.77\.0\.[0-9]* three' seen
	kill -KILL "$keeper"
	wait "$keeper" 2>/dev/null || true
	"$NOOK" gc -q
	wait_until test ! -s seen
	touch stop
	wait "${keepers[1]}"
	assert_equal "$(cat first)" '198.51.100.7 db'
	kill -KILL "${keepers[0]}"
	wait "${keepers[0]}" 2>/dev/null || true
	"$NOOK" gc -q
	refute compgen -G '/run/nook/*.hosts'
}
