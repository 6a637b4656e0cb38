#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# profiles.t - the plan of every shipped profile for made-up machines is as it was
# as: user
#
# golden/PROFILE.HOST is the whole plan for the first host of a profile, and for the others what
# is different there.
# shellcheck source=tests/plan/lib.sh
. "${0%/*}/lib.sh"

hosts='debian12-user debian12-root debian13-user subids-user ubuntu2404-user hardened-debian
rhel-like-nouserns container-root nested-box cgroup-v1-root no-landlock no-proc'

for path in profiles/*.yaml; do
	profile=$(basename "$path" .yaml)
	case $profile in
	machine | chroot) here='tree-user tree-root debian12-user' ;;
	net) here="network-root $hosts" ;;
	dev) here="$hosts home-link-user" ;;
	*) here=$hosts ;;
	esac
	first=
	for host in $here; do
		dump "$host" "$profile" >"$work/$host"
		if [ -z "$first" ]; then
			first=$host
			same "$profile for $host" "tests/plan/golden/$profile.$host" <"$work/$host"
		else
			effect "$work/$first" "$work/$host" >"$work/effect"
			same "$profile for $host" "tests/plan/golden/$profile.$host" <"$work/effect"
		fi
	done
done
finish
