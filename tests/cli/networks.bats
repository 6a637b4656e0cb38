#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# networks.bats - nook net: networks are made, listed, looked at, checked and removed
# world: yes
# takes: 15
# waits: yes

load helper
load boxes
load net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	if is_root; then state=/var/lib/nook; else state=$T/.local/state/nook; fi
}

teardown() {
	local name
	end_boxes
	for name in $("$NOOK" net ls --names); do
		"$NOOK" net rm -f "$name"
	done
	net_forget && nook_teardown
}

@test "create takes free subnets, and says which" {
	nook_run net create lab
	assert_status 0
	assert_match "^network 'lab': 10\.[0-9]+\.0\.0/16$"
	nook_run net create -q two
	assert_status 0
	assert_output
	nook_run net create --ipv6 three
	assert_match "^network 'three': 10\.[0-9]+\.0\.0/16, fd[0-9a-f:]+::/64$"
	assert_equal "$("$NOOK" net ls --json | jq -r '.networks[].subnet' | cut -d, -f1 | sort -u | wc -l)" 3
	assert_equal "$(stat -c '%a %u' "$state/networks")" "700 $(id -u)"
}

@test "create takes what it is told, and inspect says it" {
	"$NOOK" net create -q mine 10.99.4.0/22 fd99::/64 --gateway 10.99.4.9 --gateway fd99::f \
		--mtu 1400 --no-nat --isolated
	nook_run net inspect mine
	assert_status 0
	assert_output "network     mine
subnet      10.99.4.0/22, fd99::/64
gateway     10.99.4.9, fd99::f
world       not reached
each other  not reached
mtu         1400
boxes       none"
	nook_run net inspect --json mine
	assert_equal "$(jq -c . <<<"$output")" '{"schema":1,"name":"mine","subnet":"10.99.4.0/22","gateway":"10.99.4.9","subnet6":"fd99::/64","gateway6":"fd99::f","nat":false,"isolated":true,"mtu":1400,"boxes":[]}'
	nook_run net inspect --draw mine
	assert_output "10.99.4.9, fd99::f  router of mine"
	nook_run net inspect --dot mine
	assert_line 'graph "mine" {'
	assert_line '	router [label="router\nmine\n10.99.4.9, fd99::f"];'
	nook_run net ls
	assert_line 'NAME SUBNET                  GATEWAY            NAT ISOLATED  MTU BOXES'
	assert_line 'mine 10.99.4.0/22, fd99::/64 10.99.4.9, fd99::f no  yes      1400     0'
}

# end_boxes - all of them, and their links too
end_boxes() {
	end_keepers
	"$NOOK" gc -q
	net_wait_links
	is_root || net_wait_router
}

# net_wait_router - a user's router ends by itself when no box uses it any more
net_wait_router() {
	local file=$XDG_RUNTIME_DIR/nook/router holder i
	[ -e "$file" ] || return 0
	# struct router_record: a magic number, and the pid
	holder=$(od -An -t d4 -j 8 -N 4 "$file")
	for ((i = 0; i < 1000; i++)); do
		kill -0 "$holder" 2>/dev/null || break
		pause 0.01
	done
	rm "$file"
}

# refused TEXT HINT ARG... - net create ARG... fails with this reason and hint
refused() {
	local text=$1 hint=$2
	shift 2
	nook_run net create "$@"
	[ "$status" = 1 ] || [ "$status" = 2 ] || fail "'net create $*' ended with $status"
	assert_stderr "nook: $text${hint:+
hint: $hint}"
}

@test "create refuses what cannot be, and says why" {
	"$NOOK" net create -q lab 10.99.4.0/24
	refused "there is a network 'lab' already" "" lab
	refused "'10.99.0.0/16' overlaps network 'lab' (10.99.4.0/24)" "" x 10.99.0.0/16
	refused "'10.99.5.1/24' is an address within a subnet" "the subnet is 10.99.5.0/24" x 10.99.5.1/24
	refused "'10.1/16' is no subnet such as 10.1.2.0/24" "" x 10.1/16
	refused "'10.2.0.0/16' is the second subnet such as 10.1.2.0/24 of its family" "" x 10.1.0.0/16 10.2.0.0/16
	refused "'127.1.0.0/16': 127.0.0.0/8 is for loopback" "" x 127.1.0.0/16
	refused "'fe80:1::/64': fe80::/10 is link-local" "" x fe80:1::/64
	refused "'10.1.0.0/31': expected a prefix length from 8 to 30" "" x 10.1.0.0/31
	refused "gateway '10.2.0.1' is no address of subnet '10.1.0.0/16'" "" x 10.1.0.0/16 --gateway 10.2.0.1
	refused "gateway 'fd00::1' is of a family that the network does not have" "" x --gateway fd00::1
	refused "'500': expected an MTU from 1280 to 65535" "" x --mtu 500
	assert_status 2
	refused "network 'a/b': expected a name of 1 to 64 letters, digits, '_', '.' or '-', not beginning with '.' or '-'" "" a/b
	nook_run net ls --names
	assert_output lab
}

@test "a subnet that a route of this machine has is neither chosen nor taken" {
	is_root || bats_skip "for root: a user cannot make a route"
	ip link add other type veth peer name rehto
	ip addr add 10.144.7.1/24 dev other
	ip link set other up
	nook_run net create lab 10.144.0.0/20
	"$NOOK" net create -q far
	ip link del other
	assert_status 1
	assert_stderr "nook: '10.144.0.0/20' overlaps the route to 10.144.7.0/24 through 'other'
hint: leave the subnet out and nook chooses a free one"
	assert_equal "$("$NOOK" net ls --json | jq -r '.networks[].subnet')" 10.145.0.0/16
}

@test "boxes on a network are shown, and it is not removed below them" {
	local id link
	# A user's router reaches the world by pasta, and here is no world to link it to
	"$NOOK" net create -q lab 10.99.0.0/24 --no-nat
	start_box web 'sleep 99' --name web --network lab --set network.dns=192.0.2.53 \
		--set network.mac=02:00:00:00:00:07 --set network.address=10.99.0.7/24
	id=$("$NOOK" ps --json | jq -r '.boxes[0].id')
	link=nk$(sed -n 's/^tag //p' "$state/networks/lab")${id:0:9}
	! is_root || assert_equal "$(net_links)" "$link"
	nook_run net ls
	assert_output "NAME SUBNET       GATEWAY   NAT ISOLATED BOXES
lab  10.99.0.0/24 10.99.0.1 no  no           1"
	nook_run net inspect --no-headings lab
	assert_line "$id web 10.99.0.7 02:00:00:00:00:07 $link"
	nook_run net inspect --json lab
	assert_equal "$(jq -c '.boxes[0] | [.box, .name, .address, .mac, .link]' <<<"$output")" \
		"[\"$id\",\"web\",\"10.99.0.7\",\"02:00:00:00:00:07\",\"$link\"]"
	nook_run net inspect --draw lab
	assert_output "10.99.0.1  router of lab
  └── $link ════ eth0  10.99.0.7  web"
	nook_run net inspect --dot lab
	assert_line "	router -- \"$id\" [label=\"$link\"];"
	for force in "" --force; do
		# shellcheck disable=SC2086
		nook_run net rm $force lab
		assert_status 1
		assert_stderr "nook: network 'lab' is in use
hint: nook kill web"
	done
	nook_run net check
	assert_output "nothing is wrong"
	end_boxes
	nook_run net rm lab
	assert_status 0
}

@test "a box on a network is started again at once" {
	"$NOOK" net create lab --no-nat
	"$NOOK" run -d --name web --network lab --userns single base -- sleep 60
	# what was written and not taken keeps the link of before
	for _ in 1 2 3; do
		nook_run restart -t 1 web
		assert_status 0
	done
	"$NOOK" rm -f web
	rmdir "$state/boxes"
}

@test "matrix tries who reaches whom, and check --from one port; both say why not" {
	need busybox
	local name
	"$NOOK" net create -q lab 10.99.0.0/24 fd99::/64 --no-nat
	"$NOOK" net create -q alone 10.98.0.0/24 --isolated --no-nat
	"$NOOK" net create -q inner 10.97.0.0/24 --no-nat
	nook_run net matrix
	assert_output "no boxes are on networks"
	for name in lab:a lab:b alone:c alone:d inner:e; do
		start_box "${name#*:}" 'exec busybox nc -ll -p 80 -e true' --name "${name#*:}" \
			--network "${name%:*}" --set network.dns=192.0.2.53
	done
	nook_run net matrix lab
	assert_status 0
	assert_output "FROM a   b
a    -   yes
b    yes -"
	nook_run net matrix
	assert_status 0
	assert_match '^a +no +no +no +- +yes$'
	assert_match '^c +- +no +no +no +no$'
	assert_line "c to d: network 'alone' is isolated"
	assert_line "a to c: it is on network 'alone', and networks do not reach each other"
	assert_equal "$(grep -c ' to ' <<<"$output")" 18
	nook_run net matrix --json alone lab
	assert_equal "$(jq -c '[.pairs[] | select(.reached) | [.from, .to]]' <<<"$output")" '[["a","b"],["b","a"]]'

	start_box f 'exec sleep 99' --name f --network lab --set network.dns=192.0.2.53 \
		--set network.allow=10.99.0.3:80
	reaches f b:80 "f reaches b:80 (10.99.0.3)"
	reaches f b:81 "f does not reach b:81 (10.99.0.3): its profile does not allow it (network.allow)"
	reaches f a:80 "f does not reach a:80 (10.99.0.2): its profile does not allow it (network.allow)"
	nook_run net matrix lab
	assert_line "f to b: its profile does not allow it (network.allow)"
	reaches a b:80 "a reaches b:80 (10.99.0.3)"
	reaches a '[fd99::3]:80' 'a reaches [fd99::3]:80'
	reaches a b:81 "a does not reach b:81 (10.99.0.3): it is reached, and nothing listens at that port"
	reaches c d:80 "c does not reach d:80 (10.98.0.3): network 'alone' is isolated"
	reaches e 192.0.2.1:80 "e does not reach 192.0.2.1:80: network 'inner' has no NAT: its boxes reach only each other"
	reaches e a:80 "e does not reach a:80 (10.99.0.2): it is on network 'lab', and networks do not reach each other"
	reaches e '[2001:db8::1]:80' "e does not reach [2001:db8::1]:80: network 'inner' has no IPv6"
	reaches a 10.99.0.99:80 "a does not reach 10.99.0.99:80: No route to host: no box has that address, \
it lets nobody in, or what 'nook net check' finds"
	reaches a 10.99.0.1:22 "a does not reach 10.99.0.1:22: that is the router, where nothing is for boxes"
	for at in 169.254.169.254 100.100.100.200 168.63.129.16; do
		reaches a "$at:80" "a does not reach $at:80: clouds keep the secrets of machines there: no box reaches it"
	done
	nook_run net check --from a b
	assert_status 2
	assert_stderr "nook: 'b': expected HOST:PORT or [ADDRESS]:PORT"
	nook_run net check b:80
	assert_status 2
	assert_stderr_match '^nook: from which box\? --from BOX$'
	end_boxes
}

# reaches BOX TARGET TEXT - what check says of them; 0 where it is a connection
reaches() {
	nook_run net check --from "$1" "$2"
	assert_output "$3"
	if [[ $3 == "$1 reaches "* ]]; then assert_status 0; else assert_status 1; fi
}

@test "view --tree draws each network and the boxes on it, running or not" {
	"$NOOK" net create -q lab 10.99.0.0/24 --no-nat
	"$NOOK" net create -q alone 10.98.0.0/24 fd98::/64 --no-nat --isolated
	"$NOOK" net create -q wide 10.97.0.0/24
	start_box web 'sleep 99' --name web --network lab -p 8080:80 --set network.dns=192.0.2.53
	start_box db 'sleep 99' --name db --network lab --set network.dns=192.0.2.53
	start_box cache 'sleep 99' --name cache --network alone --set network.dns=192.0.2.53
	start_box try 'sleep 99' --name try --network host
	"$NOOK" create -q --network lab --set landlock=off later strict
	nook_run view --tree
	assert_status 0
	init() { "$NOOK" ps --no-headings -o init "$1" | tr -d ' '; }
	assert_equal "$(tr -s ' ' <<<"$output")" "$(hostname) host Linux $(uname -r), 5 boxes
├─alone network 10.98.0.0/24, fd98::/64, router 10.98.0.1, fd98::1, no NAT, isolated
│ └─cache running p, init $(init cache), 10.98.0.2, fd98::2
│ user mount pid net uts ipc cgroup root caps seccomp
├─lab network 10.99.0.0/24, router 10.99.0.1, no NAT
│ ├─web running p, init $(init web), 10.99.0.2, publishes 8080->80
│ │ user mount pid net uts ipc cgroup root caps seccomp
│ ├─db running p, init $(init db), 10.99.0.3
│ │ user mount pid net uts ipc cgroup root caps seccomp
│ └─later created strict
│ user mount pid net uts ipc cgroup root caps seccomp
├─wide network 10.97.0.0/24, router 10.97.0.1, NAT
└─try running p, init $(init try), the host's network
 user mount pid uts ipc cgroup root caps seccomp"
	assert_match '^NSpid:.*[[:blank:]]1$' "$(cat "/proc/$(init web)/status")"
	nook_run view --tree --json
	assert_equal "$(jq -c '.networks[] | [.name, .subnet, .nat, .isolated, [.boxes[].name]]' <<<"$output")" \
		'["alone","10.98.0.0/24",false,true,["cache"]]
["lab","10.99.0.0/24",false,false,["web","db","later"]]
["wide","10.97.0.0/24",true,false,[]]'
	assert_equal "$(jq -c '.networks[0].boxes[0] | [.address, .address6, .publish, .network, .network_name]' <<<"$output")" \
		'["10.98.0.2","fd98::2",null,"veth","alone"]'
	assert_equal "$(jq -c '[.networks[1].boxes[0].publish, [.boxes[].name], .boxes[0].network]' <<<"$output")" \
		'["8080->80",["try"],"host"]'
	# of a network that is gone
	"$NOOK" net rm --force wide
	end_boxes
	"$NOOK" net rm lab
	nook_run view --tree
	assert_line '└─later created strict, a network that is not there: lab' "$(tr -s ' ' <<<"$output")"
	"$NOOK" rm later
	rmdir "$state/boxes"
}

@test "inspect has the addresses of a box that runs, and its ports" {
	"$NOOK" net create -q lab 10.99.0.0/24 fd99::/64 --no-nat
	start_box web 'sleep 99' --name web --network lab -p 8080:80 -p '[::1]:5300:53/udp' \
		--set network.dns=192.0.2.53 --set network.address=10.99.0.7/24
	nook_run inspect web
	assert_equal "$(jq -c '[.address, .address6, .publish]' <<<"$output")" \
		'["10.99.0.7","fd99::7",[{"address":null,"host_port":8080,"box_port":80,"protocol":"tcp"},{"address":"::1","host_port":5300,"box_port":53,"protocol":"udp"}]]'
	"$NOOK" update web -publish=8080:80 -publish='[::1]:5300:53/udp' +publish=8081:81
	nook_run inspect web
	assert_equal "$(jq -c '[.address, [.publish[].host_port]]' <<<"$output")" '["10.99.0.7",[8081]]'
	# One that rests has none, and goes to no network to see
	"$NOOK" create -q --network lab -p 127.0.0.1:8082:80 later strict
	start_box try 'sleep 99' --name try
	nook_run inspect later try
	assert_equal "$(jq -c '[.name, .address, .address6, .publish]' <<<"$output")" \
		'["later",null,null,[{"address":"127.0.0.1","host_port":8082,"box_port":80,"protocol":"tcp"}]]
["try",null,null,[]]'
	end_boxes
	"$NOOK" rm later
	rmdir "$state/boxes"
}

@test "what a reloaded firewall took away is found, and put back" {
	is_root || bats_skip "for root: nobody else loads rules into a user's router"
	"$NOOK" net create -q lab 10.99.0.0/24
	start_box web 'sleep 99' --name web --network lab --set network.dns=192.0.2.53
	nft delete table inet nook
	echo 0 >/proc/sys/net/ipv4/ip_forward
	nook_run net check
	assert_status 1
	assert_output "network 'lab': its rules are not in the kernel: another firewall was loaded
  hint: nook net repair; the next box on it does so too
network 'lab': IPv4 is not forwarded (ip_forward)
  hint: nook net repair"
	nook_run net repair
	assert_status 0
	nook_run net check
	assert_status 0
	nft list table inet nook >/dev/null
	end_boxes
	assert_equal "$(cat /proc/sys/net/ipv4/ip_forward)" 1
	"$NOOK" net rm lab
	assert_equal "$(cat /proc/sys/net/ipv4/ip_forward)" 0
	refute nft list table inet nook
}

@test "IPv6 that is switched off is said by the box that cannot start, and found by check" {
	is_root || bats_skip "for root: a user's router has settings of its own"
	"$NOOK" net create -q lab 10.99.0.0/24 fd99::/64 --no-nat
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
	nook_run run --network lab --set network.dns=192.0.2.53 -- true
	assert_status 125
	assert_stderr "nook: net: cannot set an IPv6 address: Permission denied
hint: IPv6 is switched off for new links: sysctl net.ipv6.conf.default.disable_ipv6=0"
	nook_run net check
	echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6
	assert_status 1
	assert_output "network 'lab': IPv6 is switched off for new links: no box can start on it
  hint: sysctl net.ipv6.conf.default.disable_ipv6=0"
	nook_run run --network lab --set network.dns=192.0.2.53 -- true
	assert_status 0
}

@test "rm removes all it can, and names the nearest one it does not know" {
	"$NOOK" net create -q lab
	"$NOOK" net create -q two
	nook_run net rm lba
	assert_status 1
	assert_stderr "nook: no network 'lba'
hint: did you mean 'lab'?"
	nook_run net rm lba no-such lab two
	assert_status 1
	assert_stderr "nook: no network 'lba'
hint: did you mean 'lab'?
nook: no network 'no-such'
hint: 'nook net ls' lists them"
	nook_run net ls --names
	assert_output
	assert_equal "$(ls -A "$state/networks")" ""
}

@test "a damaged definition is named, hinders nobody's removal, and goes by force" {
	"$NOOK" net create -q lab
	sed -i 's/^nat .*/nat perhaps/' "$state/networks/lab"
	for words in "ls" "inspect lab" "rm lab"; do
		# shellcheck disable=SC2086
		nook_run net $words
		assert_status 1
		assert_stderr "nook: network 'lab': its definition is damaged: line 5: 'nat' has no value that can be used
hint: nook net rm --force lab, and create it again"
	done
	nook_run net check
	assert_status 1
	assert_match "^network 'lab': its definition is damaged: line 5"
	# the others are shown, and what is wrong
	(umask 077 && printf '%s\n' 'version 1' 'tag mor' 'subnet 10.99.0.0/24' 'gateway 10.99.0.1' 'nat no' \
		'isolated no' >"$state/networks/more")
	nook_run net ls --names
	assert_status 1
	assert_output more
	assert_stderr_match "^nook: network 'lab': its definition is damaged: line 5"
	for words in "" --json; do
		# shellcheck disable=SC2086
		nook_run view --tree $words
		assert_status 1
		assert_match 10.99.0.0/24
		assert_stderr_match "^nook: network 'lab': its definition is damaged: line 5"
	done
	nook_run net rm more
	assert_status 0
	nook_run net rm --force lab
	assert_status 0
	nook_run net ls --names
	assert_output
}

@test "check finds nothing where nothing is wrong" {
	"$NOOK" net create -q lab
	nook_run net check
	assert_status 0
	is_root || none='no router runs: no box is on your networks'
	assert_output "${none:+$none
}nothing is wrong"
	nook_run net check -q lab
	assert_status 0
	assert_output
	nook_run net repair
	assert_status 0
	assert_output "${none-}"
}

@test "check finds that pasta is missing, where a user's network wants it" {
	is_root && bats_skip "for user: root's networks do without"
	need pasta
	"$NOOK" net create -q lab --no-nat
	mkdir bin
	run --separate-stderr env PATH="$T/bin" "$NOOK" net check
	assert_line "nothing is wrong"
	"$NOOK" net create -q wide
	run --separate-stderr env PATH="$T/bin" "$NOOK" net check
	assert_status 1
	assert_output "pasta is not installed: networks with NAT cannot reach the world
  hint: as root: apt-get install passt
no router runs: no box is on your networks"
	nook_run net check
	assert_line "nothing is wrong"
}

@test "check finds that a user's networks cannot reach the world, as doctor does" {
	is_root && bats_skip "for user: root's networks do without"
	need pasta
	# a box has no such device
	run --separate-stderr "$NOOK" run offline --set seccomp=off -- "$NOOK" net check
	assert_status 1
	assert_output "/dev/net/tun: No such file or directory: networks with NAT cannot reach the world
  hint: as root: modprobe tun; chmod 666 /dev/net/tun
no router runs: no box is on your networks"
}

@test "check finds routes that came later, and firewalls of others that drop" {
	is_root || bats_skip "for root: a user has neither here"
	need nft
	"$NOOK" net create -q lab 10.99.0.0/16
	ip link add other type veth peer name rehto
	ip addr add 10.99.7.1/24 dev other
	ip link set other up
	nook_run net check lab
	ip link del other
	assert_status 1
	assert_line "network 'lab': 10.99.0.0/16 overlaps the route to 10.99.7.0/24 through 'other', which came later"
	nft 'table ip docker { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'
	nft 'table ip other { chain input { type filter hook input priority 0; policy drop; }; }'
	nook_run net check
	nft delete table ip docker
	nft delete table ip other
	assert_status 1
	assert_output "table 'ip docker', chain 'FORWARD' drops what is forwarded and none of its rules takes: boxes may reach nothing
  hint: nft insert rule ip docker FORWARD iifname 'nk*' accept; nft insert rule ip docker FORWARD oifname 'nk*' accept"
}
