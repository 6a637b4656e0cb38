#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# two-hosts.bats - a token goes from a box on one machine to a box on another, both machines being
# boxes with NAT of their own: box 1 - machine a - machine b, which publishes 8080 - box 2
# as: root user subids
# world: yes
# takes: 15

load helper
load boxes
load net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	need nft busybox pasta
	"$NOOK" net create -q wire 10.50.0.0/24 --no-nat
}

teardown() {
	local pid
	for pid in "${keepers[@]:-}"; do
		[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null || true
		[ -z "$pid" ] || wait "$pid" 2>/dev/null || true
	done
	"$NOOK" gc -q || true
	"$NOOK" net rm -qf wire
	net_forget && nook_teardown
}

# machine NAME SCRIPT - a machine of the lab with a network of its own; its nook is $nook, its
# output NAME.out
machine() {
	local name=$1 script=$2
	"$NOOK" run --name "$name" --hostname "$name" -v "$TOP:/opt/nook" -v "$T:/t:rw" \
		"$TOP/labs/two-hosts/host.yaml" -- \
		sh -c "nook='/opt/nook${NOOK#"$TOP"}'; box='--network lan --set network.dns=192.0.2.53'
			\$nook net create -q lan 10.60.0.0/24; $script" >"$T/$name.out" 2>"$T/$name.err" &
	keeper=$!
	keepers+=("$keeper")
}

@test "a token goes from box to box, through the NAT of one machine and a port of the other" {
	token=token-$RANDOM-$RANDOM
	machine b "\$nook run \$box -p 8080:80 -v /t:/t:rw strict -- \
		sh -c 'touch /t/up; busybox nc -ll -p 80 -e echo $token'"
	wait_for "$T/up"
	# The end of what is sent must not come before the answer: the pasta of Debian 12 loses count
	machine a "\$nook run \$box strict -- bash -c '
		ip -brief -4 address show eth0
		until exec 3<>/dev/tcp/\$1/8080; do sleep 0.1; done 2>/dev/null
		cat <&3' box \$(getent hosts b | cut -d' ' -f1)"
	wait_keeper
	assert_status 0
	grep -qx "$token" "$T/a.out"
	grep -q '^eth0.* 10\.60\.0\.' "$T/a.out"
	# and without the port of machine b nobody is reached
	machine a "\$nook run \$box strict -- busybox nc -w 1 \$(getent hosts b | cut -d' ' -f1) 80 </dev/null"
	wait_keeper
	assert_status 1
}
