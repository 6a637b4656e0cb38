#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# session.sh root|user|end - what guest-test.service runs: one part of the test, or the end of the guest
test=$(sed -n 's/.*nook\.test=\([^ ]*\).*/\1/p' /proc/cmdline)

case $1 in
root)
	stty -opost -F /dev/ttyS1
	busybox modprobe overlay || echo "# no overlay"
	echo "# guest: Linux $(uname -r), systemd, $(cut -d' ' -f1 /proc/uptime) s after power-on"
	# In a service of its own, as a person's own sudo is not in the unit that runs nook
	systemd-run --quiet --wait --pipe --collect -E HOME=/root \
		/usr/share/nook-guest/"$test" systemd root
	echo "# guest: root's part done, $(cut -d' ' -f1 /proc/uptime) s after power-on"
	;;
user)
	/usr/share/nook-guest/"$test" systemd user
	;;
end)
	echo "# guest: done, $(cut -d' ' -f1 /proc/uptime) s after power-on"
	sync
	exec >/dev/null 2>&1
	systemctl poweroff --force --force
	;;
esac
exit 0
