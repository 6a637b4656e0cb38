#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kernel.sh PACKAGE DIR - put a Debian kernel into DIR: the plain ELF file vmlinux, and lib/modules
#
# Nothing is installed and no root is needed: the package is downloaded and unpacked. PACKAGE is
# a meta package (linux-image-cloud-amd64), so that the kernel is the one that is supported now.
# DIR is kept between runs, until the meta package names another kernel. Exit code 77: cannot.
set -eu
meta=$1
dir=$2

package=$(apt-cache depends "$meta" 2>/dev/null |
	sed -n 's/^  Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
if [ -z "$package" ]; then
	echo "apt knows no package '$meta' ('apt-get update' may help)"
	exit 77
fi
[ "$(cat "$dir/made" 2>/dev/null)" != "$package" ] || exit 0

rm -rf "$dir"
mkdir -p "$dir/unpacked"
cd "$dir"
# As root, apt would hand the download to a user who may not be able to write here
if ! apt-get -q -o APT::Sandbox::User=root download "$package" >log 2>&1; then
	echo "cannot download '$package': $(tail -n 1 log)"
	exit 77
fi
dpkg-deb -x linux-image-*.deb unpacked
mkdir lib
mv unpacked/lib/modules lib/ 2>/dev/null || mv unpacked/usr/lib/modules lib/

# The boot image carries the kernel compressed. Unpacking it here takes a second, in an emulated
# processor half a minute. It starts where the magic of its compressor stands; the boot code may
# hold the same bytes by chance, so the result must be an ELF file.
unpack() {
	grep -abo -P "$1" unpacked/boot/vmlinuz-* | cut -d: -f1 | while read -r offset; do
		tail -c +$((offset + 1)) unpacked/boot/vmlinuz-* | $2 >vmlinux 2>/dev/null || true
		if [ "$(head -c 4 vmlinux | tail -c 3)" = ELF ]; then
			break
		fi
		rm -f vmlinux
	done
	[ -s vmlinux ]
}
export LC_ALL=C
unpack '\x28\xb5\x2f\xfd' 'zstd -dcq' || unpack '\x02\x21\x4c\x18' 'lz4 -dcq' ||
	unpack '\xfd7zXZ\x00' 'xz -dcq' || {
	echo "cannot unpack the kernel of '$package'"
	exit 77
}
# tests/guest/fill.sh asks it what a module needs
busybox depmod -b . "$(ls lib/modules)"
rm -rf unpacked log linux-image-*.deb
echo "$package" >made
