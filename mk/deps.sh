#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# deps.sh PACKAGE... - install those of the Debian packages that are missing
#
# Says nothing when there is nothing to do. As an ordinary user it asks sudo; where neither
# is possible it prints the command for somebody who may.
set -eu

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	echo "deps: this is no Debian; nook is built and tested with: $*" >&2
	exit 0
fi

missing=
for package; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "deps: missing packages, and no sudo to install them with. As root, run:" >&2
		echo "  apt-get install --no-install-recommends$missing" >&2
		exit 1
	fi
	as_root='sudo --preserve-env=DEBIAN_FRONTEND'
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive

# Words are split on purpose: $missing is a list, $as_root a command with options
# shellcheck disable=SC2086
install() {
	$as_root apt-get install -q -y --no-install-recommends $missing </dev/null >"$log" 2>&1
}

echo "deps: installing$missing"
# The lists of a fresh system are empty, those of an old one name files that are gone: fetch
# them only when the first try fails, because that is the slow part
if ! install; then
	$as_root apt-get update -q </dev/null >"$log" 2>&1 || {
		cat "$log" >&2
		echo "deps: 'apt-get update' failed" >&2
		exit 1
	}
	install || {
		cat "$log" >&2
		echo "deps: 'apt-get install$missing' failed" >&2
		exit 1
	}
fi
