#!/bin/dash
# SPDX-License-Identifier: GPL-3.0-or-later
# profiles.sh - inside the guest: run every shipped profile as root and as uid 1000; TAP
#
# The trees are on the disk: before Linux 6.3 a tmpfs cannot be id-mapped, and root's boxes are.
#
# For each: a command that says who it is, one whose exit code must come through, one that tries
# to change the system, and the walls as the kernel shows them in /proc/self/status.
PATH=/nook:/usr/bin:/usr/sbin
export PATH
count=0

# check WHAT GOT WANTED - one line of TAP; WANTED is a pattern of sh
check() {
	count=$((count + 1))
	# shellcheck disable=SC2254
	case $2 in
	$3) echo "ok $count - $1" ;;
	*)
		echo "not ok $count - $1"
		echo "# wanted: $3"
		printf '%s\n' "$2" | sed 's/^/# got:    /'
		;;
	esac
}

# as WHO COMMAND... - run it as root or as uid 1000, with the environment of a login
as() {
	who=$1
	shift
	if [ "$who" = root ]; then
		env -i PATH="$PATH" HOME=/root TERM=linux "$@"
	else
		setpriv --reuid=1000 --regid=1000 --clear-groups env -i PATH="$PATH" HOME=/home/user \
			XDG_RUNTIME_DIR=/run/user/1000 TERM=linux "$@"
	fi
}

# box WHO PROFILE COMMAND... - run it in a box; its output, what went wrong, and the exit code
box() {
	box_who=$1
	box_profile=$2
	shift 2
	case $box_profile in
	machine | chroot) set -- --set "root.path=/var/tmp/tree-$box_who" "$box_profile" -- "$@" ;;
	# a user has no cgroups here; where they are his, the suite's tests demand them
	batch) set -- --set limits.enforce=best-effort batch -- "$@" ;;
	*) set -- "$box_profile" -- "$@" ;;
	esac
	as "$box_who" nook run -q "$@" 2>&1
	echo "exit $?"
}

status_keys='^(CapInh|CapEff|CapAmb|NoNewPrivs|Seccomp):'
# walls_of PROFILE - what these lines of /proc/self/status must say, without blanks
walls_of() {
	none=0000000000000000
	case $1 in
	# A distribution's own init needs the capabilities of a box's root
	machine) echo "CapInh:${none}CapEff:00000000[0-9a-f]*CapAmb:${none}NoNewPrivs:1Seccomp:2*" ;;
	*) echo "CapInh:${none}CapEff:${none}CapAmb:${none}NoNewPrivs:1Seccomp:2*" ;;
	esac
}

for who in root user; do
	made=$(as "$who" nook tree make --with sh --with id --with grep --with tr \
		"/var/tmp/tree-$who" 2>&1)
	check "$who: tree make" "$? $made" '0*'
	for file in /nook/profiles/*.yaml; do
		profile=${file##*/}
		profile=${profile%.yaml}
		# Without a user namespace chroot(2) is for root alone, and must say so
		if [ "$who $profile" = "user chroot" ]; then
			check "$who $profile: is refused" "$(box "$who" "$profile" id -u)" "nook: *
exit 125"
			continue
		fi
		# What is emulated here has neither nf_tables nor pasta, and nook must say which
		if [ "$profile" = net ]; then
			missing=nf_tables
			[ "$who" = root ] || missing=pasta
			said=$(box "$who" "$profile" id -u)
			check "$who $profile: is refused" "$said" "nook: net: *$missing*
exit 125"
			continue
		fi
		check "$who $profile: id" "$(box "$who" "$profile" id -u)" "[0-9]*
exit 0"
		check "$who $profile: exit code" "$(box "$who" "$profile" sh -c 'exit 7')" 'exit 7'
		box "$who" "$profile" sh -c 'echo broken >/etc/hostname' >/dev/null
		check "$who $profile: /etc/hostname" "$(cat /etc/hostname)" guest
		echo guest >/etc/hostname
		# A bare chroot has no /proc, and no walls either
		[ "$profile" != chroot ] || continue
		check "$who $profile: walls" "$(box "$who" "$profile" sh -c \
			"grep -E '$status_keys' /proc/self/status | tr -d '\t\n'")" \
			"$(walls_of "$profile")"
	done
	check "$who: nothing is left running" "$(pgrep -l nook)" ''
done
# Where changes need a directory on the disk (before Linux 6.6) and it cannot be made: no record of
# the box stays behind either
case $(uname -r) in
6.[0-5].*)
	said=$(as user env XDG_STATE_HOME=/etc/none nook run -q dev -- true 2>&1)
	check "no place for changes: is refused" "$said, exit $?" \
		"nook: cannot make the directory of changes*, exit 125"
	check "no place for changes: no record is left" "$(find /run/user/1000/nook -name '*.box')" ''
	;;
esac
check "nothing is left mounted" "$(grep -c nook /proc/mounts)" 0
echo "1..$count"
