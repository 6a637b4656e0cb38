#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# debian.sh CACHE TREE - make the other guest's root: Debian 12 with systemd, PAM logins and a user
#
# The tree is kept in CACHE as an archive, made anew when this file has changed. As in tests/fresh
# the packages come from where this machine's come from. Exit code 77: cannot.
set -eu
cache=$1
tree=$2
here=$(cd "$(dirname "$0")" && pwd)

packages='usr-is-merged,systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,uidmap,iproute2'
packages="$packages,procps,kmod,util-linux-extra,busybox-static,bats,strace,jq"

made_by=$(sha256sum "$0" | cut -c1-16)
archive=$cache/debian-$made_by.tar
if [ ! -s "$archive" ]; then
	sources=$(grep -rlsE '^(URIs:|deb ).*/debian/?( |$)' /etc/apt/sources.list \
		/etc/apt/sources.list.d/ | head -n 1)
	[ -n "$sources" ] || {
		echo "no Debian archive among this machine's apt sources"
		exit 77
	}
	mkdir -p "$cache"
	rm -f "$cache"/debian-*
	# In a mount namespace of its own: other tests compare the host's mounts
	unshare --mount -- mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
		--skip=essential/unlink,cleanup --aptopt='Acquire::Languages "none"' \
		--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/zoneinfo/*' \
		--customize-hook='chroot "$1" useradd -m -u 1000 -U -s /bin/bash user' \
		--customize-hook='chroot "$1" passwd -d user >/dev/null' \
		--customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
		bookworm "$archive.new.tar" "$sources" >"$cache/debian.log" 2>&1 || {
		echo "cannot make a Debian tree: $(grep -v '^$' "$cache/debian.log" | tail -n 1)"
		exit 77
	}
	mv "$archive.new.tar" "$archive"
fi

# What a machine does that is kept: nothing that a guest of two minutes needs, and each costs
# the emulated processor a second
needless='apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
	e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer getty@tty1.service
	getty-static.service serial-getty@ttyS0.service systemd-pstore.service
	systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-firstboot.service
	systemd-update-utmp.service systemd-update-utmp-runlevel.service
	systemd-random-seed.service systemd-machine-id-commit.service
	systemd-journal-flush.service systemd-hwdb-update.service systemd-modules-load.service
	systemd-sysusers.service systemd-remount-fs.service systemd-repart.service
	systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-initctl.socket
	systemd-ask-password-console.path systemd-ask-password-wall.path ldconfig.service
	modprobe@.service kmod-static-nodes.service dev-hugepages.mount dev-mqueue.mount
	sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount
	sys-fs-fuse-connections.mount remote-fs.target cryptsetup.target veritysetup.target
	integritysetup.target nss-user-lookup.target'

mkdir -p "$tree"
tar -xf "$archive" -C "$tree"
cd "$tree"
cp "$here/guest-test.service" etc/systemd/system/
mkdir -p etc/systemd/system/multi-user.target.wants
ln -sf ../guest-test.service etc/systemd/system/multi-user.target.wants/
for unit in $needless; do
	ln -sf /dev/null "etc/systemd/system/$unit"
done
echo guest >etc/hostname
echo '127.0.0.1 localhost guest' >etc/hosts
echo 'nameserver 192.0.2.53' >etc/resolv.conf
echo 0123456789abcdef0123456789abcdef >etc/machine-id
