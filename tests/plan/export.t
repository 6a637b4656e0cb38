#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# export.t - what explain and export print for made-up machines is as it was
# as: user
# shellcheck source=tests/plan/lib.sh
. "${0%/*}/lib.sh"

# shown HOST PROFILE COMMAND - without the filter, which hangs on the version of libseccomp
shown() {
	"$planner" "tests/plan/hosts/$1" "$2" "$3" |
		sed -e '/^base64 -d/,/^FILTER$/c\*' -e 's/of [0-9]* instructions/of * instructions/'
}

while read -r host profile commands; do
	for command in $commands; do
		shown "$host" "$profile" "$command" >"$work/shown"
		same "$command of $profile for $host" \
			"tests/plan/golden/$command.$profile.$host" <"$work/shown"
	done
done <<END
debian12-user dev summary unshare bwrap podman systemd-run
debian12-user strict summary unshare bwrap podman systemd-run
debian12-root strict summary unshare podman systemd-run
debian12-root dev summary
debian12-user base summary
network-root net summary unshare podman
debian12-user offline summary
debian12-user thin summary unshare systemd-run
subids-user dev summary
tree-user machine summary unshare bwrap podman systemd-run
tree-root chroot summary unshare
END
finish
