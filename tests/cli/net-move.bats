#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# net-move.bats - `nook update BOX network=...`: a box that runs comes to a network, and leaves it
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
	need nft busybox perl tc pasta
	export XDG_STATE_HOME=$T/state
	"$NOOK" net create -q lab 10.77.0.0/24 fd77::/64 --no-nat
	"$NOOK" net create -q two 10.78.0.0/24 --no-nat
}

teardown() {
	rm_boxes || return 1
	end_keepers
	is_root || no_router
	"$NOOK" gc -q || true
	no_lease
	rm -rf "$(state_dir)/boxes"
	"$NOOK" net rm -q lab two
	is_root || rm -rf "$XDG_RUNTIME_DIR/nook/net"
	net_forget && nook_teardown
}

# no_lease - no box has an address any more, and no file of names is left
no_lease() {
	local dir
	dir=$(runtime_dir)
	nook_run net ls --no-headings -o name,boxes
	refute_match ' [1-9]'
	! compgen -G "$dir/*.hosts" || fail "names are left"
}

# on_two - whether a box on the network two has its link there; to be waited for
on_two() { in_router ip route | grep -q '^10\.78\.'; }

# links - how many pairs end there
links() { in_router ip -br link | grep -c '^nk' || true; }

dns=network.dns=192.0.2.53

# web SCRIPT [OPTION...] - box 'web', on lab; peer - box 'peer', on two, which says its name at 81
web() { start_box web "$1" --network lab --set "$dns" --name web "${@:2}"; }
peer() { start_box peer "$(say 81 peer) wait" --network two --set "$dns" --name peer; }

# say PORT WORD - in a box: whoever comes to the port is told the word
say() { echo "busybox nc -ll -p $1 -e echo $2 & "; }

# ask [-n BOX] HOST PORT - what is said there; it may not listen yet
ask() {
	local i in=()
	[ "$1" != -n ] || { in=("$NOOK" exec "$2" --) && shift 2; }
	for ((i = 0; i < 50; i++)); do
		timeout 5 "${in[@]}" busybox nc -w 2 "$1" "$2" </dev/null 2>/dev/null | grep . && return
		pause 0.1
	done
	return 1
}

# address - the box's, "" = it has no link
address() { "$NOOK" exec web -- ip -4 -br addr show dev eth0 2>/dev/null | grep -oE '10\.[0-9.]+' | head -n 1; }

# names BOX NAME... - these and no others are in its /etc/hosts, besides those of itself
names() {
	local box=$1
	shift
	run "$NOOK" exec "$box" -- cat /etc/hosts
	assert_equal "$(grep -oE '^10\.[0-9.]+ [a-z]+' <<<"$output" | cut -d' ' -f2 | xargs)" "$*"
}

# network - what is told of web's: by inspect and by explain
network() {
	nook_run inspect web
	echo "$(json plan network) $(json plan network_name)"
}

@test "from one network to another, with ports, rates and names, and back" {
	web "$(say 80 eighty) wait" -p 8080:80 --set network.rate=5mbit
	peer
	names web web
	names peer peer
	assert_equal "$(ask 127.0.0.1 8080)" eighty
	nook_run update web network=two
	assert_status 0
	assert_output
	assert_stderr
	assert_match '^10\.78\.' "$(address)"
	names web peer web
	names peer peer web
	assert_equal "$(ask -n web peer 81)" peer
	assert_equal "$(ask -n peer web 80)" eighty
	assert_equal "$(ask 127.0.0.1 8080)" eighty
	assert_equal "$(links)" 2
	run "$NOOK" exec web -- ip -6 -br addr show dev eth0
	refute_match fd77
	run "$NOOK" exec web -- tc qdisc show dev eth0
	assert_match 'rate 5Mbit'
	assert_equal "$(network)" "veth two"
	nook_run net inspect two
	assert_match '^[0-9a-z]+ web +10\.78\..* 8080->80$'
	nook_run net ls --no-headings -o name,boxes
	assert_output $'lab 0\ntwo 2'
	nook_run net matrix two
	assert_match '^web '
	nook_run update web network=lab rate=2mbit
	assert_status 0
	assert_match '^10\.77\.' "$(address)"
	assert_equal "$(ask 127.0.0.1 8080)" eighty
	names web web
	names peer peer
	run "$NOOK" exec web -- ip -br addr show dev eth0
	assert_match ' fd77::'
	run "$NOOK" exec web -- tc qdisc show dev eth0
	assert_match 'rate 2Mbit'
	nook_run update web network=lab
	assert_status 1
	assert_stderr "nook: the box is on network 'lab' already"
}

@test "to no network, and to one again: a link, ports and addresses are gone, and lo is not" {
	web "$(say 80 eighty) wait" -p 8080:80 --set network.rate=5mbit
	assert_equal "$(ask 127.0.0.1 8080)" eighty
	nook_run update web network=none
	assert_status 0
	assert_equal "$(address)" ""
	assert_equal "$(links)" 0
	! ss -tlnH 'sport = :8080' | grep . || fail "the port is open"
	names web
	assert_equal "$(ask -n web 127.0.0.1 80)" eighty
	assert_equal "$(network)" "none null"
	nook_run explain web
	refute_match 'network.(name|publish|rate)'
	nook_run net ls --no-headings -o name,boxes
	assert_output $'lab 0\ntwo 0'
	nook_run update web network=none
	assert_stderr "nook: the box is on no network already"
	nook_run update web +publish=8080:80
	assert_stderr_match "^nook: 'network.publish' \(nook update\) has no effect with the network that the box has"
	peer
	nook_run update web network=two +publish=8081:80
	assert_status 0
	assert_equal "$(ask -n web peer 81)" peer
	assert_equal "$(ask 127.0.0.1 8081)" eighty
	run "$NOOK" exec web -- tc qdisc show dev eth0
	refute_match rate
}

@test "a box that was begun on no network comes to one" {
	start_box web "$(say 8000 other) sleep 60" --name web
	peer
	nook_run update web network=two +publish=8080:8000
	if ! is_root; then
		# the kernel's rule, and the way that there is
		assert_status 1
		assert_stderr "nook: a box that an ordinary user has begun on no network cannot get one while it runs: the kernel lets no link be put into its network namespace from the user's router
hint: it needs a new start: nook run --network two ..."
		return
	fi
	assert_status 0
	assert_equal "$(ask -n web peer 81)" peer
	assert_equal "$(ask 127.0.0.1 8080)" other
	names web peer web
	run "$NOOK" exec web -- cat /etc/resolv.conf
	refute_match '127\.'
	# a user of the box's has the ports below 1024 from now on
	nook_run exec -d web -- busybox nc -ll -p 80 -e echo eighty
	assert_equal "$(ask -n peer web 80)" eighty
	end_keepers
	start_box bare 'sleep 60'
	id=$("$NOOK" ps --no-headings -o id)
	nook_run update "$id" network=two
	assert_stderr "nook: nobody can put a link into a box without a name, which was begun on no network
hint: --name gives it one"
}

@test "a list of destinations stays in force, and is not lost" {
	web "$(say 80 eighty) sleep 60" --set 'network.allow=10.78.0.0/24:81'
	peer
	nook_run update web network=none
	assert_status 1
	assert_stderr "nook: a box with 'network.allow' cannot lose its network while it runs: the list goes with it, and would not hold for the next one
hint: network=NAME puts it on another, with the list"
	nook_run update web network=two
	assert_status 0
	assert_equal "$(ask -n web peer 81)" peer
	assert_equal "$("$NOOK" exec peer -- sh -c 'busybox nc -ll -p 82 -e echo no >/dev/null 2>&1 & echo up')" up
	! "$NOOK" exec web -- busybox nc -w 2 peer 82 </dev/null 2>/dev/null | grep . || fail "82 was reached"
	assert_equal "$(ask -n peer peer 82)" no
	nook_run explain web
	assert_match '^  network.allow +10.78.0.0/24:81'
}

@test "all is done, or nothing: what fails behind the new link brings the old one back" {
	web "$(say 80 eighty) wait" -p 8080:80 --set network.rate=5mbit
	peer
	link() { "$NOOK" exec web -- sh -c 'ip -br addr; ip route; ip -6 route' | sed 's/@if[0-9]*//'; }
	was=$(link)
	nook_run update web network=two rate=1mbit +publish=8081:80 "+mounts=$T:/usr/nosuch"
	assert_status 1
	assert_stderr_match "^nook: cannot mount on '/usr/nosuch': No such file or directory$"
	assert_equal "$(link)" "$was"
	run "$NOOK" exec web -- tc qdisc show dev eth0
	assert_match 'rate 5Mbit'
	names web web
	names peer peer
	assert_equal "$(ask 127.0.0.1 8080)" eighty
	! ss -tlnH 'sport = :8081' | grep . || fail "the port is open"
	assert_equal "$(network)" "veth lab"
	assert_equal "$(links)" 2
	nook_run net ls --no-headings -o name,boxes
	assert_output $'lab 1\ntwo 1'
	# and once more, as if nothing had been
	nook_run update web network=two
	assert_status 0
	assert_equal "$(ask -n web peer 81)" peer
}

@test "a box that moves is found by its name where it is, and no more where it was" {
	web "$(say 80 eighty) wait"
	start_box other 'sleep 60' --network lab --set "$dns" --name other
	# one with lines of its own has a copy of the network's, made by its keeper
	start_box third 'sleep 60' --network two --set "$dns" --name third --set 'network.hosts=[db:192.0.2.7]'
	assert_equal "$(ask -n other web 80)" eighty
	names third third
	nook_run update web network=two
	assert_status 0
	has_web() { "$NOOK" exec third -- grep -q '^10.* web ' /etc/hosts; }
	wait_until has_web
	assert_equal "$(ask -n third web 80)" eighty
	names third third web
	names other other
	names web third web
	run "$NOOK" exec other -- getent hosts web
	assert_output
	nook_run update web network=none
	assert_status 0
	has_no_web() { ! has_web; }
	wait_until has_no_web
	names third third
	names other other
	names web
	run "$NOOK" exec third -- grep db /etc/hosts
	assert_output '192.0.2.7 db'
}

@test "a record that cannot be replaced at the end: all is as it was, and what was to go is there still" {
	local init record
	web "$(say 80 eighty) wait" -p 8080:80 --set network.rate=5mbit
	touch here
	nook_run update web "+mounts=$T:/data"
	assert_status 0
	record=$(runtime_dir)/$("$NOOK" ps --no-headings -o id).box
	init=$("$NOOK" inspect web | grep -oE '"init":[0-9]+' | grep -oE '[0-9]+')
	# it waits for init, with the new link there by then
	kill -STOP "$init"
	"$NOOK" update web network=two -mounts=/data "+mounts=$T:/other" -publish=8080:80 +publish=8081:80 \
		rate=1mbit 2>"$T/err" 3>&- 4>&- &
	servers=($!)
	wait_until on_two
	mv "$record" "$record.aside"
	mkdir "$record"
	kill -CONT "$init"
	wait "${servers[0]}" && fail "it was done"
	rmdir "$record"
	mv "$record.aside" "$record"
	assert_equal "$(cat "$T/err")" \
		'nook: cannot write the record of the box: Is a directory, and what was done is taken back'
	assert_match '^10\.77\.' "$(address)"
	assert_equal "$(network)" "veth lab"
	assert_equal "$(links)" 1
	assert_equal "$(ask 127.0.0.1 8080)" eighty
	! ss -tlnH 'sport = :8081' | grep . || fail "the port is open"
	names web web
	run "$NOOK" exec web -- sh -c 'ls /data/here; ls /other; tc qdisc show dev eth0'
	assert_match '^/data/here$'
	refute_match '^/other'
	assert_match 'rate 5Mbit'
	nook_run net ls --no-headings -o name,boxes
	assert_output $'lab 1\ntwo 0'
	nook_run update web network=two -mounts=/data
	assert_status 0
	assert_match '^10\.78\.' "$(address)"
	! "$NOOK" exec web -- ls /data/here 2>/dev/null || fail "the mount is there"
}

@test "names follow where the tree has a place for them, and else it is said" {
	mkdir -p root/{bin,proc,dev,tmp,etc}
	cp "$(readlink -f "$(command -v busybox)")" root/bin/busybox
	ln -s busybox root/bin/sh
	ln -s busybox root/bin/touch
	web '/bin/busybox sleep 60' --set root.from=directory --set "root.path=$T/root" --set root.changes=discard
	nook_run update web network=two
	assert_status 0
	run "$NOOK" exec web -- /bin/busybox cat /etc/hosts
	assert_match '^10\.78\.[0-9.]+ web '
	refute_match '10\.77\.'
	end_keepers
	mkdir root/t
	start_box bare '/bin/busybox sleep 60' --network lab --set "$dns" --name bare --set root.from=directory \
		--set "root.path=$T/root" --set root.changes=refuse
	nook_run update bare network=two
	assert_status 0
	nook_run explain bare
	assert_match "not in force: +'/etc/hosts' of the box stays as it was"
	assert_equal "$(ls root/etc)" ""
}

@test "what cannot be is said" {
	web 'sleep 60'
	nook_run update web network=nosuch
	assert_status 1
	assert_stderr_match "^nook: 'network.name' \(nook update\): there is no network 'nosuch'$"
	nook_run update web network=host
	assert_status 1
	assert_stderr "nook: 'network=host' cannot be had while a box runs
hint: it needs a new start: nook run --network host ..."
	nook_run update web network=join
	assert_status 2
	assert_stderr_match "^nook: 'network=join': expected ns:PATH or container:BOX$"
	nook_run update web +network=two
	assert_status 2
	assert_stderr_match "^nook: '\+network=two': a box is on one network at most, expected network=NAME or network=none$"
	nook_run update web network=none rate=1mbit
	assert_status 2
	assert_stderr_match "^nook: 'rate=1mbit' has no effect with 'network=none'$"
	nook_run update web network.name=two
	assert_stderr "nook: 'network.name' cannot be changed while a box runs
hint: network=NAME puts the box on another network, network=none on none"
	nook_run net connect two web
	assert_status 2
	assert_stderr_match "^nook: unknown command 'net connect', it is 'nook update BOX network=NAME'$"
	end_keepers
	start_box second 'sleep 60' --network host --name second
	nook_run update second network=two
	assert_stderr "nook: the network of this box cannot be changed while it runs: it has the host's
hint: it needs a new start: nook run --network two ..."
}

# restart WORD MODE - the box cannot have it while it runs, and the hint says how it can
restart() {
	nook_run update web "network=$1"
	assert_status 1
	assert_stderr_match "^hint: it needs a restart: nook stop web && nook update web network=$1 && nook start web$"
	nook_run stop -t 0 web
	nook_run update web "network=$1"
	assert_status 0
	nook_run start web
	assert_status 0
	assert_equal "$(network)" "$2"
}

@test "what needs a restart is had by the hint, from each kind of network to another" {
	peer
	nook_run create --network lab --set "$dns" -p 8080:80 --set network.rate=5mbit web -- sleep 60
	assert_status 0
	nook_run start web
	assert_status 0
	restart container:peer 'join null'
	restart two 'veth two'
	restart host 'host null'
	restart two 'veth two'
	restart user 'user null'
	restart lab 'veth lab'
	restart container:peer 'join null'
	nook_run update web rate=1mbit
	assert_stderr "nook: 'network.rate_in' (nook update) has no effect with the network that the box has
hint: it needs a restart: nook stop web && nook update web network=default && nook start web"
	restart none 'none null'
}

@test "the console tells a draft's box by which word it follows" {
	run "$NOOK" -c "new web; add user pid init mount root system; add net veth lab; set $dns
		set command [sleep, 100]; start; add net veth two; update web network=two
		set network.name=lab; stop -t 0 web"
	assert_match '^  the box web runs on as it was started: update web network=two$'
	assert_match '^  the box web runs on as it was started: update web network=lab$'
}

@test "NE-13: a keeper or a worker that is killed in the midst leaves no link and no address" {
	local init
	web 'sleep 60' --timeout 100s -p 8080:80
	# the first change may have to make its place
	nook_run update web network=two
	nook_run update web network=lab
	assert_status 0
	init=$("$NOOK" inspect web | grep -oE '"init":[0-9]+' | grep -oE '[0-9]+')
	worker() { pgrep -P "$keeper" -x 'nook(-full)?' | grep -vx "$init"; }
	# it waits for init to show the namespaces, with the other link there by then
	kill -STOP "$init"
	"$NOOK" update web network=two "+mounts=$T:/data" 2>"$T/err" 3>&- 4>&- &
	servers=($!)
	wait_until on_two
	kill -KILL "$(worker)"
	wait "${servers[0]}" && fail "it was done"
	kill -CONT "$init"
	assert_equal "$(cat "$T/err")" \
		'nook: the process that was to change the box was killed, and what was done is taken back'
	assert_match '^10\.77\.' "$(address)"
	assert_equal "$(links)" 1
	nook_run net ls --no-headings -o name,boxes
	assert_output $'lab 1\ntwo 0'
	kill -STOP "$init"
	"$NOOK" update web network=two "+mounts=$T:/data" 2>"$T/err" 3>&- 4>&- &
	servers=($!)
	wait_until on_two
	end_keepers
	nook_run gc
	assert_status 0
	no_lease
}

@test "a client that is killed takes nothing back, and counters tell of every link" {
	local init
	peer
	web 'until [ -e /t/end ]; do sleep 0.1; done'
	nook_run update web network=two
	assert_status 0
	assert_equal "$(ask -n web peer 81)" peer
	init=$("$NOOK" inspect web | grep -oE '"init":[0-9]+' | grep -oE '[0-9]+')
	kill -STOP "$init"
	"$NOOK" update web network=lab "+mounts=$T:/tmp/data" 3>&- 4>&- &
	servers=($!)
	on_lab() { in_router ip route | grep -q '^10\.77\.'; }
	wait_until on_lab
	kill -KILL "${servers[0]}"
	wait "${servers[0]}" 2>/dev/null || true
	kill -CONT "$init"
	is_done() { [ "$(network)" = "veth lab" ]; }
	wait_until is_done
	nook_run update web network=none
	assert_status 0
	touch "$T/end"
	wait_keeper
	assert_status 0
	[ "$(result web net_tx_bytes)" -gt 0 ] || fail "nothing was counted"
}

@test "a box that stays keeps its network over a restart, and at rest it is set for the next start" {
	nook_run create --network lab --set "$dns" -p 8080:80 --set network.rate=5mbit web -- \
		sh -c "$(say 80 eighty) wait"
	assert_status 0
	nook_run start web
	assert_status 0
	nook_run update web network=two
	assert_status 0
	nook_run restart -t 0 web
	assert_status 0
	assert_match '^10\.78\.' "$(address)"
	assert_equal "$(ask 127.0.0.1 8080)" eighty
	nook_run update web network=none
	assert_status 0
	nook_run restart -t 0 web
	assert_status 0
	assert_equal "$(address)" ""
	assert_equal "$(network)" "none null"
	nook_run stop -t 0 web
	nook_run update web network=lab +publish=8082:80
	assert_status 0
	nook_run start web
	assert_status 0
	assert_match '^10\.77\.' "$(address)"
	assert_equal "$(ask 127.0.0.1 8082)" eighty
	! ss -tlnH 'sport = :8080' | grep . || fail "the port is open"
}
