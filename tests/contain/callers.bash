# SPDX-License-Identifier: GPL-3.0-or-later
# callers.bash - boxes of several callers in one test: root, user (one id), subids (a range)
#
# Only root can be all of them, and only root can start nook with groups, capabilities or
# securebits that must not pass. So these files run as root, and
#
#	for caller in $callers; do
#		become "$caller" --groups 4,27
#		box 'extends: strict' CR-05 /file
#		expect box
#	done
#
# starts the box as each of the callers of tests/as.sh, with those options of setpriv. A guest says
# in NOOK_CALLERS who they are there.

load contain

# shellcheck disable=SC2034 # for the tests
callers=${NOOK_CALLERS:-root user subids}

callers_setup() {
	contain_setup
	is_root || skip "only root can become somebody else"
	# Others must reach the directory of the test
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR"
	mkdir -p "$T/etc" "$T/home"
	chmod 777 "$T/home"
	install -d -o 1234 -g 1234 "$T/home/user"
	install -d -o 4321 -g 4321 "$T/home/subids"
	echo nooktest:300000:65536 | tee "$T/etc/subuid" >"$T/etc/subgid"
	{ cat /etc/passwd && echo "nooktest:x:4321:4321::$T/home/subids:/bin/sh"; } >"$T/etc/passwd"
	cat >"$T/subids" <<-END
		#!/bin/sh
		for name in subuid subgid passwd; do
			mount --bind "$T/etc/\$name" "/etc/\$name" || exit 125
		done
		exec "\$@"
	END
	touch "$T/as" "$T/nook"
	chmod 755 "$T/subids" "$T/as" "$T/nook"
	program=$NOOK
	NOOK=$T/nook
	# A container may keep this one from its root; 24 is CAP_SYS_RESOURCE
	[ $((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> 24 & 1)) = 0 ] || fact sys_resource
	become root
}
setup() { callers_setup; }

# become CALLER [SETPRIV-OPTION...] - $NOOK is nook as started by that caller
become() {
	local ids='' groups='' before='' home='' words
	caller=$1
	shift
	words=$*
	case $caller in
	root) [ -z "$words" ] || before=setpriv ;;
	user) ids='setpriv --reuid=1234 --regid=1234' ;;
	subids) ids="unshare --mount $T/subids setpriv --reuid=4321 --regid=4321" ;;
	esac
	[ -z "$ids" ] || [[ $words == *--groups* ]] || groups=--clear-groups
	no_fact root
	no_fact user
	no_fact subids
	fact "$caller"
	[ "$caller" = root ] || home="unset XDG_RUNTIME_DIR; export HOME='$T/home/$caller'"
	printf '#!/bin/sh\n%s\nexec %s "$@"\n' "$home" "$before $ids $groups $words" >"$T/as"
	printf '#!/bin/sh\n%s\nexec %s "$@"\n' "$home" "$before $ids $groups $words '$program'" >"$T/nook"
}

# as COMMAND... - on the host, as the caller
as() { "$T/as" "$@"; }

# outside_as ID [ARG...] - the probe on the host, as the caller
outside_as() {
	run --separate-stderr timeout -k 5 60 "$T/as" "$PROBE" "$@"
	[ "$status" = 0 ] || fail "the probe failed: $PROBE $*"
}
