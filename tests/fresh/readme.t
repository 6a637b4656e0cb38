#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# readme.t - a bare Debian 12, this checkout, and the first two commands of the README in it
# as: self
# takes: 140
# long: 1600
#
# The commands are read out of README.md: the first two lines of its first block of code that
# start with `make`. Given are git and make, with which one gets that far; everything else is
# what the commands install. What `make check` runs inside is a part (NOOK_FRESH=1, tests/run-all.sh):
# the rest has been run outside, on the same kernel. NOOK_FRESH=all (make check-long) runs it too.
#
# The bare Debian gets this machine's apt sources, because a machine behind a mirror can reach
# nothing else. Packages are kept in build/cache/debs for the next time.
set -u
[ -z "${NOOK_LONG:-}" ] || NOOK_FRESH=all
cd "$(dirname "$0")/../.." || exit
top=$PWD

give_up() {
	if [ "${NOOK_MUST_WORK:-0}" = 1 ]; then
		printf '1..1\nnot ok 1 - a bare Debian: %s\n' "$*"
		exit 1
	fi
	echo "1..0 # SKIP $*"
	exit 0
}

[ "$(id -u)" = 0 ] || give_up "only root can make and enter a bare Debian"
command -v mmdebstrap >/dev/null || give_up "'mmdebstrap' is not installed"
[ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" = bookworm ] ||
	give_up "this machine's apt sources are not Debian 12's"

mapfile -t commands < <(sed -n '/^```/,/^```$/s/^\(\$ \)\?\(make[a-z -]*\).*/\2/p' README.md |
	sed 's/ *$//' | head -n 2)
if [ "${#commands[@]}" != 2 ]; then
	printf '1..1\nnot ok 1 - README.md shows two make commands\n'
	exit 1
fi

work=$(mktemp -d /var/tmp/nook-fresh.XXXXXX)
clean_up() {
	cd /
	# Nothing is mounted here: the mounts were made in a namespace that is gone
	if ! grep -qF " $work/" /proc/self/mountinfo; then
		rm -rf --one-file-system "$work"
	fi
}
trap clean_up EXIT
tree=$work/tree
debs=$top/build/cache/debs
mkdir -p "$debs/partial"
# Where the packages come from: Debian's own archives among this machine's sources
sources=$(grep -rlsE '^(URIs:|deb ).*/debian/?( |$)' /etc/apt/sources.list \
	/etc/apt/sources.list.d/ | head -n 1)
[ -n "$sources" ] || give_up "no Debian archive among this machine's apt sources"

echo "1..4"
# What no program reads is not unpacked, then and later: documents, translations and manuals, of which an
# index would be made too. In a mount namespace of its own: other tests compare the host's mounts
if unshare --mount -- mmdebstrap --quiet --mode=root --variant=minbase --include=make,git,ca-certificates \
	--skip=download/empty --skip=essential/unlink --aptopt='Acquire::Languages "none"' \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--setup-hook='mkdir -p "$1/var/cache/apt/archives"' \
	--setup-hook="sync-in '$debs' /var/cache/apt/archives" \
	--customize-hook="sync-out /var/cache/apt/archives '$debs'" \
	bookworm "$tree" "$sources" >"$work/log" 2>&1; then
	echo "ok 1 - a bare Debian"
else
	sed 's/^/# /' "$work/log"
	echo "not ok 1 - a bare Debian"
	exit 1
fi
cp /etc/resolv.conf "$tree/etc/resolv.conf"
# An installer writes it
echo '127.0.0.1 localhost fresh' >"$tree/etc/hosts"
# Nothing in it has to outlive a power cut
echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/nook"
cp -r /etc/apt/apt.conf.d/*proxy* "$tree/etc/apt/apt.conf.d/" 2>/dev/null

# What git would hand to somebody who clones it now, and what is not committed yet
mkdir -p "$tree/root/nook"
git -c safe.directory='*' ls-files -zco --exclude-standard |
	tar --null --files-from=- --ignore-failed-read -cf - 2>/dev/null | tar -xf - -C "$tree/root/nook"

# enter COMMAND - run it in the tree as in a machine of its own: pivot_root, not chroot, because
# behind a chroot the kernel allows no user namespaces. Output to $work/log
enter() {
	# Tests in it have their own, shorter one (tests/as.sh). An interrupt ends it too
	timeout --foreground -s KILL "$([ -n "${NOOK_LONG:-}" ] && echo 16000 || echo 2400)" \
		unshare --mount --pid --ipc --uts --fork --kill-child --propagation private -- sh -euc '
		cd "$1"
		mount --bind . .
		cd "$1"
		mount -t proc proc proc
		mount -t sysfs sysfs sys
		# Every machine has them; what the tests make lies in cgroups of their own
		[ ! -d /sys/fs/cgroup ] || mount --rbind /sys/fs/cgroup sys/fs/cgroup
		mount -t tmpfs -o mode=755 dev dev
		for node in null:3 zero:5 full:7 random:8 urandom:9; do
			mknod -m 666 "dev/${node%:*}" c 1 "${node#*:}"
		done
		mknod -m 666 dev/tty c 5 0
		# One that no box has
		mknod -m 666 dev/fuse c 10 229
		# What pasta makes its link with
		mkdir dev/net
		mknod -m 666 dev/net/tun c 10 200
		mkdir dev/pts dev/shm
		mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 pts dev/pts
		ln -s pts/ptmx dev/ptmx
		ln -s /proc/self/fd dev/fd
		mount -t tmpfs -o mode=1777 shm dev/shm
		mount -t tmpfs -o mode=755 run run
		mount --bind "$2" var/cache/apt/archives
		hostname fresh
		pivot_root . mnt
		umount -l /mnt
		cd /root/nook
		exec env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			LC_ALL=C.UTF-8 NOOK_FRESH="$5" NOOK_MUST_WORK="$4" http_proxy="${http_proxy:-}" \
			https_proxy="${https_proxy:-}" sh -c "$3"
	' sh "$tree" "$debs" "$1" "${NOOK_MUST_WORK:-0}" "${NOOK_FRESH:-1}" >"$work/log" 2>&1 </dev/null
}

# try NUMBER COMMAND - one line of TAP for a command of the README
try() {
	local started=$SECONDS
	if enter "$2"; then
		echo "ok $1 - $2"
	else
		echo "not ok $1 - $2"
		# What failed, with what it said, and the end
		sed -n '/^not ok/,/^ok/p' "$work/log" | grep -v '^ok' | head -n 200 | sed 's/^/# /'
		tail -n 40 "$work/log" | sed 's/^/# /'
	fi
	echo "# '$2' took $((SECONDS - started)) s"
}

try 2 "${commands[0]}"
# Without a terminal it shows the tour: commands and what they really print
if grep -q '^\$ nook ' "$work/log"; then
	echo "ok 3 - the tour was shown"
else
	echo "not ok 3 - the tour was shown"
fi
try 4 "${commands[1]}"
