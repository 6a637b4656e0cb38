#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tree.sh KERNEL-DIR TREE - make the guest's root: this machine's programs, one kernel's modules, nook
#
# A small Debian without dpkg: copies of this machine's programs, busybox for what is not copied,
# and nook as it lies in a build tree.
set -eu
kernel=$1
tree=$2
top=$(cd "$(dirname "$0")/../.." && pwd)

programs='bash dash perl'
packages='coreutils findutils grep sed mawk diffutils procps util-linux util-linux-extra mount
	iproute2 uidmap libc-bin strace jq bats'
modules='overlay'

mkdir -p "$tree"
cd "$tree"
mkdir -p usr/bin usr/sbin usr/lib usr/lib64 etc proc sys dev run tmp var/tmp mnt root home/user \
	opt srv usr/share/nook-guest
chmod 1777 tmp var/tmp
chmod 700 root
for dir in bin sbin lib lib64; do
	ln -s "usr/$dir" $dir
done

# copy FILE - a program or library to the same place, with every library it asks for
copy() {
	mkdir -p ".${1%/*}"
	cp -pL "$1" ".$1"
	copy_libraries "$1"
}
copy_libraries() {
	ldd "$1" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
		[ -e ".$library" ] || {
			mkdir -p ".${library%/*}"
			cp -L "$library" ".$library"
		}
	done
}
PATH=/usr/sbin:/usr/bin:/sbin:/bin
copy /usr/bin/busybox
for program in $programs; do
	copy "/usr/bin/$program"
done
# Of a package the programs, not its manual; bats is scripts in two more places
for package in $packages; do
	dpkg-query -L "$package" 2>/dev/null
done | grep -E '^(/usr)?/(s?bin|lib/bats-core|libexec/bats-core)/' | while read -r file; do
	case $file in
	/bin/* | /sbin/*) file=/usr$file ;;
	esac
	[ ! -f "$file" ] || [ -e ".$file" ] || copy "$file"
done
for applet in $(busybox --list); do
	[ -e "usr/bin/$applet" ] || [ -e "usr/sbin/$applet" ] ||
		ln -s busybox "usr/bin/$applet"
done
ln -sf mawk usr/bin/awk
ln -sf dash usr/bin/sh
ln -s ../bin/busybox usr/sbin/modprobe

# nook, with the paths it has in the build tree
mkdir -p nook/build/release
cp "$top/build/release/nook" nook/build/release/
cp "$top/build/release/nook-full" nook/build/release/
ln -s build/release/nook nook/nook
cp -r "$top/profiles" "$top/tests" "$top/bench" "$top/VERSION" nook/
mkdir -p nook/build/release/tests
cp "$top"/build/release/tests/*.t nook/build/release/tests/ 2>/dev/null || true
copy_libraries "$top/build/release/nook-full"
cp "$top"/tests/guest/init "$top"/tests/guest/*.sh usr/share/nook-guest/
chmod 755 usr/share/nook-guest/*
ln -s usr/share/nook-guest/init init

version=$(ls "$kernel/lib/modules")
from=$kernel/lib/modules/$version
to=lib/modules/$version
mkdir -p "$to"
# depmod wants to see every module before it can say what one of them needs
all=$(mktemp -d)
trap 'rm -rf "$all"' EXIT
mkdir -p "$all/lib"
cp -r "$kernel/lib/modules" "$all/lib/"
busybox depmod -b "$all" "$version" 2>/dev/null || true
for module in $modules; do
	grep -E "/$module\.ko[^:]*:" "$all/lib/modules/$version/modules.dep" | tr -d : | tr ' ' '\n'
done | sort -u | while read -r file; do
	mkdir -p "$to/${file%/*}"
	case $file in
	*.xz) xz -dc "$from/$file" >"$to/${file%.xz}" ;;
	*) cp "$from/$file" "$to/$file" ;;
	esac
done
cp "$from"/modules.builtin "$from"/modules.order "$to/"
busybox depmod -b . "$version"

cat >etc/passwd <<'EOF'
root:x:0:0:root:/root:/bin/sh
user:x:1000:1000:user:/home/user:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
EOF
printf 'root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n' >etc/group
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
