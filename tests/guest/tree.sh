#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tree.sh TREE - make the small guest's root: a Debian without dpkg and without an init
#
# Copies of this machine's programs, busybox for what is not copied.
set -eu
tree=$1

programs='bash dash perl'
packages='coreutils findutils grep sed mawk diffutils procps util-linux util-linux-extra mount
	bsdutils iproute2 uidmap libc-bin strace jq bats'
[ "${GUEST_NET:-0}" = 0 ] || packages="$packages nftables"

mkdir -p "$tree"
cd "$tree"
mkdir -p usr/bin usr/sbin usr/lib usr/lib64 etc proc sys dev run tmp var/tmp mnt root home/user \
	opt srv
chmod 1777 tmp var/tmp
chmod 700 root
for dir in bin sbin lib lib64; do
	ln -s "usr/$dir" $dir
done

# Of a package the programs, not its manual; bats is scripts in two more places
PATH=/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck disable=SC2086 # lists
{
	printf '/usr/bin/%s\n' busybox $programs
	dpkg-query -L $packages 2>/dev/null |
		grep -E '^(/usr)?/(s?bin|lib/bats-core|libexec/bats-core)/' | sed -E 's@^/s?bin/@/usr&@'
} | sort -u | while read -r file; do
	[ ! -f "$file" ] || echo "$file"
done | xargs cp -L --preserve=mode --parents -t .
# And every library that they ask for; ldd(1) says "libc.so.6 => /lib/.../libc.so.6 (0x...)", and of
# the loader only where it is
find usr -type f -exec ldd {} + 2>/dev/null | sed -nE 's@^\t(.* => )?(/usr)?(/[^ ]*) .*@\3@p' | sort -u |
	xargs cp -L --parents -t .
for applet in $(busybox --list); do
	[ -e "usr/bin/$applet" ] || [ -e "usr/sbin/$applet" ] ||
		ln -s busybox "usr/bin/$applet"
done
# Modules of perl that labs use: Socket, and what it is made of
cp -L --parents -r -t . /usr/lib/*-linux-gnu/perl-base
ln -sf mawk usr/bin/awk
ln -sf dash usr/bin/sh
ln -s ../bin/busybox usr/sbin/modprobe

cat >etc/passwd <<'EOF'
root:x:0:0:root:/root:/bin/sh
user:x:1000:1000:user:/home/user:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
EOF
printf 'root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n' >etc/group
echo 'root:*:19000:0:99999:7:::' >etc/shadow
chmod 600 etc/shadow
mkdir -p boot var/lib
echo user:100000:65536 | tee etc/subuid >etc/subgid
echo guest >etc/hostname
mkdir -p usr/lib/locale
cp -r /usr/lib/locale/C.utf8 usr/lib/locale/
echo '127.0.0.1 localhost' >etc/hosts
echo 'nameserver 192.0.2.53' >etc/resolv.conf
mkdir -p etc/ld.so.conf.d
cp /etc/ld.so.conf etc/ 2>/dev/null || true
cp /etc/ld.so.conf.d/* etc/ld.so.conf.d/ 2>/dev/null || true
cp /etc/ld.so.cache etc/ 2>/dev/null || true
ln -s usr/share/nook-guest/init init
