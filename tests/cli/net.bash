# SPDX-License-Identifier: GPL-3.0-or-later
# net.bash - networks of the test's own; for files that loaded helper and boxes
#
# Root's networks are kept in /var/lib/nook, which all tests of the machine share: here it is a
# tmpfs of this mount namespace. The directory itself goes when nobody mounts on it any more.

net_setup_file() {
	is_root || return 0
	exec 8</var/lib
	flock -s 8
	mkdir -p /var/lib/nook
	mount -t tmpfs -o mode=700 tmpfs /var/lib/nook
}

net_teardown_file() {
	is_root || return 0
	umount /var/lib/nook
	flock -u 8
	! flock -n -x 8 || rmdir --ignore-fail-on-non-empty /var/lib/nook
	exec 8<&-
}

# router - the pid of the user's holder
router() { od -An -t d4 -j 8 -N 4 "$XDG_RUNTIME_DIR/nook/router" | tr -d ' '; }

# in_router COMMAND... - where the other ends of the links are
in_router() { if is_root; then "$@"; else nsenter -t "$(router)" -U -n --preserve-credentials "$@"; fi; }

# no_router - wait until the user's router has ended with its last box, and pasta with it
no_router() {
	local i file=$XDG_RUNTIME_DIR/nook/router holder='' pasta=''
	[ ! -e "$file" ] || read -r holder pasta < <(od -An -t d4 -j 8 -N 8 "$file")
	for ((i = 0; i < 1000; i++)); do
		[ -e "/proc/${holder:-none}" ] || [ -e "/proc/${pasta:-none}" ] ||
			pgrep -u "$(id -u)" -x nook-router >/dev/null || break
		pause 0.01
	done
	[ "$i" -lt 1000 ] || fail "the router is left: $(pgrep -u "$(id -u)" -lx 'nook-router|pasta.*')"
	rm -f "$file"
}

# net_links - the router's ends of pairs that are there
net_links() { ip -br link | grep -o '^nk[0-9a-z]*' || true; }

# net_wait_links - wait until the kernel has taken away the links of boxes that are gone
net_wait_links() {
	local i
	for ((i = 0; i < 1000; i++)); do
		[ -n "$(net_links)" ] || return 0
		pause 0.01
	done
	fail "links are left: $(net_links)"
}

# net_define NAME LINE... - a network as `nook net create` writes it
net_define() {
	local name=$1
	shift
	(umask 077 && mkdir -p /var/lib/nook/networks)
	printf '%s\n' 'version 1' "$@" >"/var/lib/nook/networks/$name"
}

# net_forget - no network, no rule, no address, as before the test
net_forget() {
	local path value

	is_root || return 0
	net_wait_links || return 1
	nft list table inet nook >/dev/null 2>&1 && nft delete table inet nook
	while read -r path value; do
		[ ! -e "$path" ] || echo "$value" >"$path"
	done < <(cat /run/nook/net/.settings 2>/dev/null)
	rm -rf /var/lib/nook/networks /run/nook/net
}

# net_world - a machine beyond the router: $world is a process in its network namespace, 192.0.2.53
net_world() {
	unshare --net sleep 600 &
	world=$!
	while [ "$(readlink "/proc/$world/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do
		pause 0.01
	done
	ip link add world type veth peer name outer netns "$world"
	ip addr add 192.0.2.1/24 dev world
	ip link set world up
	nsenter -t "$world" -n ip addr add 192.0.2.53/24 dev outer
	nsenter -t "$world" -n ip link set lo up
	nsenter -t "$world" -n ip link set outer up
}

# net_world_ends - and nothing of it is left
net_world_ends() {
	kill "$world"
	wait "$world" 2>/dev/null || true
	# The kernel does so too, when it comes to it. /sys tells of the machine's links, not of ours
	ip link del world 2>/dev/null || true
}
