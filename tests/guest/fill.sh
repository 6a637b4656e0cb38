#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fill.sh KERNEL-DIR TREE - put one kernel's modules, nook as it lies in a build tree, and its tests
# into a guest's tree
set -eu
kernel=$1
tree=$2
top=$(cd "$(dirname "$0")/../.." && pwd)
modules='overlay'
# What a rule of nft(8) is made of the kernel would ask for itself; init loads it, since sysctls that come
# with it during a test count as left behind
[ "${GUEST_NET:-0}" = 0 ] ||
	modules="$modules veth bridge nf_tables nft_chain_nat nft_masq nft_nat nf_conntrack_netlink \
		nft_ct nft_fib_inet nft_reject_inet"

cd "$tree"
mkdir -p nook/build/release/tests nook/build/contain nook/build/fault usr/share/nook-guest
cp "$top/build/release/nook" "$top/build/release/nook-full" nook/build/release/
ln -s build/release/nook nook/nook
cp -r "$top/profiles" "$top/labs" "$top/tests" "$top/bench" "$top/VERSION" nook/
cp "$top"/build/release/tests/*.t nook/build/release/tests/ 2>/dev/null || true
cp "$top/build/contain/probe" nook/build/contain/
cp "$top"/build/fault/* nook/build/fault/
cp "$top"/tests/guest/init "$top"/tests/guest/*.sh usr/share/nook-guest/
chmod 755 usr/share/nook-guest/*
echo "$modules" >usr/share/nook-guest/modules
# Libraries that the tree has of its own stay
ldd "$top/build/release/nook-full" | grep -o '/[^ ]*' | while read -r library; do
	[ -e ".$library" ] || cp -L --parents "$library" .
done

version=$(ls "$kernel/lib/modules")
from=$kernel/lib/modules/$version
to=lib/modules/$version
mkdir -p "$to"
for module in $modules; do
	grep -E "/$module\.ko[^:]*:" "$from/modules.dep" | tr -d : | tr ' ' '\n'
done | sort -u | while read -r file; do
	mkdir -p "$to/${file%/*}"
	case $file in
	*.xz) xz -dc "$from/$file" >"$to/${file%.xz}" ;;
	*) cp "$from/$file" "$to/$file" ;;
	esac
done
cp "$from"/modules.builtin "$from"/modules.order "$to/"
busybox depmod -b . "$version"
