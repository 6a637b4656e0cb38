#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# net.sh - networks beside the same made by hand: throughput, and boxes by the thousand
#
#	net.sh NOOK [ROUNDS=5] [BOXES=1000]
#
# Root, iperf3, jq, busybox, pasta. Everything happens in a network and a mount namespace of its own. Rounds
# of the two ways alternate. A throughput is the median over the tenths of a second in which anything flowed:
# pasta(1) has a stream stand still for seconds after it has lost something, whoever started it, and to how
# many rounds of five that happens is chance. How much of the time stood still is said beside it.
#
#	pairs	box - router - box with TCP, beside two namespaces wired alike with ip(8)
#	pasta	a user's box - pasta - this machine, beside pasta(1) alone, as uid 1234
#	boxes	start of the last hundred of many beside the first hundred; all live meanwhile. Each round
#		has its ratio, and the one in the middle counts
set -euo pipefail
[ -n "${NOOK_BENCH_OWN:-}" ] || NOOK_BENCH_OWN=1 exec unshare --mount --net -- "$0" "$@"
nook=$(realpath "$1")
rounds=${2:-5}
boxes=${3:-1000}
user=(setpriv --reuid=1234 --regid=1234 --clear-groups env HOME=/run/home XDG_RUNTIME_DIR=/run/home)

mount -t tmpfs -o mode=755 tmpfs /run
# The directory above: who removes /var/lib/nook elsewhere takes away what is mounted on it here
mount -t tmpfs -o mode=755 tmpfs /var/lib
(umask 077 && mkdir -p /run/nook /var/lib/nook)
# Where every user can read it, and finds its profiles
mkdir -p /run/tree/build/bench /run/tree/profiles /run/netns
install -m 755 "$(dirname "$nook")"/nook* /run/tree/build/bench/
install -m 644 "${BASH_SOURCE[0]%/*}"/../profiles/*.yaml /run/tree/profiles/
nook=/run/tree/build/bench/nook
install -d -o 1234 -g 1234 /run/home
mknod -m 666 /run/tun c 10 200
mount --bind /run/tun /dev/net/tun
# The world: a way out that ends here, and an address beyond it that is this machine's
ip link set lo up
ip address add 198.51.100.1/32 dev lo
ip link add world type veth peer name outer
ip address add 192.0.2.1/24 dev world
ip link set world up
ip link set outer up
ip route add default via 192.0.2.2
pids=()
finish() {
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
	wait
	"$nook" gc -q || true
}
trap finish EXIT
trap 'exit 130' INT TERM

median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# gbits - of a client's JSON, one a line
gbits() { jq '.intervals[].sum.bits_per_second / 1e9'; }
client=(iperf3 --json --time 2 --interval 0.1 --client)
# flow FILE - the median of those that are not still: at least a tenth of the most
flow() { awk -v m="$(sort -g "$1" | tail -n 1)" '$1 >= m / 10' "$1" | median; }
# still FILE - how many of a hundred are
still() {
	awk -v m="$(sort -g "$1" | tail -n 1)" '$1 < m / 10 { n++ } END { printf "%d", 100 * n / NR }' "$1"
}
wait_port() { until ss -Htln "sport = :5201" | grep -q .; do sleep 0.05; done; }

# say NAME OURS THEIRS BAR - what flowed, and the ratio
say() {
	awk -v n="$1" -v a="$(flow "$2")" -v b="$(flow "$3")" -v bar="$4" \
		-v sa="$(still "$2")" -v sb="$(still "$3")" 'BEGIN {
		printf "%s %-6s nook %7.3f  by hand %7.3f Gbit/s  ratio %.3f  at least %s",
			(a / b >= bar ? "pass" : "FAIL"), n, a, b, a / b, bar
		printf "; still %d %% and %d %% of the time\n", sa, sb }'
}

### pairs
for i in 1 2; do
	ip netns add "hand$i"
	ip link add "hand$i" type veth peer name eth0 netns "hand$i"
	ip address add 10.98.0.254/32 dev "hand$i"
	ip link set "hand$i" up
	ip route add "10.98.0.$i/32" dev "hand$i"
	ip -n "hand$i" link set lo up
	ip -n "hand$i" address add "10.98.0.$i" peer 10.98.0.254/32 dev eth0
	ip -n "hand$i" link set eth0 up
	ip -n "hand$i" route add default via 10.98.0.254
done
echo 1 >/proc/sys/net/ipv4/ip_forward
ip netns exec hand1 iperf3 --server >/dev/null 2>&1 &
pids+=($!)
lab=(--network lab --set network.dns=192.0.2.53)
"$nook" net create -q lab 10.97.0.0/16
"$nook" run "${lab[@]}" --set network.address=10.97.0.2/16 --set limits.wall=max \
	strict -- iperf3 --server >/dev/null 2>&1 &
pids+=($!)
sleep 1
for ((i = 0; i < rounds; i++)); do
	ip netns exec hand2 "${client[@]}" 10.98.0.1 | gbits >>/run/pairs.hand
	"$nook" run "${lab[@]}" strict -- \
		"${client[@]}" 10.97.0.2 | gbits >>/run/pairs.nook
done
say pairs /run/pairs.nook /run/pairs.hand 0.95
kill "${pids[@]}"
wait "${pids[@]}" || true
pids=()

### pasta
iperf3 --server --bind 198.51.100.1 >/dev/null 2>&1 &
pids+=($!)
wait_port
for ((i = 0; i < rounds; i++)); do
	"${user[@]}" pasta --quiet --config-net --ipv4-only --mtu 65520 -t none -u none -T none -U none -- \
		"${client[@]}" 198.51.100.1 | gbits >>/run/pasta.hand
	"${user[@]}" "$nook" run --network user --set network.dns=192.0.2.53 strict -- \
		"${client[@]}" 198.51.100.1 | gbits >>/run/pasta.nook
done
say pasta /run/pasta.nook /run/pasta.hand 0.95
kill "${pids[@]}"
wait "${pids[@]}" || true
pids=()

### boxes
mkfifo /run/up
exec 9<>/run/up
# start_boxes - one after the other, which all live; how long each takes, in us
start_boxes() {
	local i start
	for ((i = 0; i < boxes; i++)); do
		start=${EPOCHREALTIME/./}
		"$nook" run "${lab[@]}" --set limits.wall=max --preserve-fds 1 strict -- \
			sh -c 'echo >&3; exec busybox nc -ll -p 7 -e echo here' 3>&9 9>&- 2>/dev/null &
		pids+=($!)
		read -r -t 60 -u 9 _ || { echo "FAIL boxes  box $i does not start" >&2; exit 1; }
		echo $((${EPOCHREALTIME/./} - start))
	done >/run/starts
}
# end_boxes - $left is how many links are there five seconds later
end_boxes() {
	local i
	kill "${pids[@]}"
	wait "${pids[@]}" 2>/dev/null || true
	pids=()
	for ((i = 0; i < 500; i++)); do
		left=$(ip -br link | grep -c '^nk' || true)
		[ "$left" != 0 ] || break
		sleep 0.01
	done
}
for ((i = 0; i < rounds; i++)); do
	[ "$i" = 0 ] || end_boxes
	start_boxes
	first=$(head -n 100 /run/starts | median)
	last=$(tail -n 100 /run/starts | median)
	echo "$first $last" | awk '{ printf "%.3f %.2f %.2f\n", $2 / $1, $1 / 1000, $2 / 1000 }' >>/run/ratios
done
# The machine itself is faster and slower from second to second: the round in the middle counts
sort -g /run/ratios | awk -v n="$boxes" '
	{ ratio[NR] = $1; first[NR] = $2; last[NR] = $3 }
	END {
		m = int((NR + 1) / 2)
		printf "%s boxes  first hundred %.2f, last hundred of %d %.2f ms  ratio %.3f  at most 1.3",
			(ratio[m] <= 1.3 ? "pass" : "FAIL"), first[m], n, last[m], ratio[m]
		printf "; of %d rounds, which had %.2f to %.2f\n", NR, ratio[1], ratio[NR]
	}'
asked=0
for ((i = 0; i < 20; i++)); do
	to=$("$nook" net inspect --json lab | jq -r ".boxes[$((RANDOM % boxes))].address")
	"$nook" run "${lab[@]}" strict -- busybox nc -w 2 "$to" 7 </dev/null |
		grep -qx here && asked=$((asked + 1))
done
echo "$([ "$asked" = 20 ] && echo pass || echo FAIL) reach  $asked of 20 boxes chosen by lot answer"
end_boxes
echo "$([ "$left" = 0 ] && echo pass || echo FAIL) left   $left links of $boxes"
