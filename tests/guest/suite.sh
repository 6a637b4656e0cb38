#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# suite.sh v2|systemd [root|user] - inside the guest: the tests that name it, as every user they name
#
# A test file says with `# guest: v2 systemd` in its header which guests run it in CI; with
# nook.all=1 on the kernel's command line they run every one. In the small guest everybody whom
# tests/as.sh knows gets a cgroup that is delegated to him, as a session manager or an
# administrator would; under systemd there is who really logged in, and his manager.
guest=$1
part=${2:-}
cd /nook || exit
export NOOK=/nook/build/release/nook PATH=/usr/bin:/usr/sbin:/bin:/sbin
word() { sed -n "s/.*nook\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
all=$(word all)
NOOK_MUST_WORK=$(word must)
export NOOK_MUST_WORK NOOK_GUEST=1
cgroups=/sys/fs/cgroup
case $(uname -r) in
6.[0-2].*) export NOOK_TEST_TMP=/var/tmp ;;
esac

# wanted FILE KEY - the words behind `KEY:` in the first lines of a file
wanted() { sed -n "1,25s/^# $2: *\([a-z0-9 ]*\)\$/\1/p" "$1" | head -n 1; }

# has WORD WORDS
has() { case " $2 " in *" $1 "*) ;; *) return 1 ;; esac; }

# run NAME COMMAND... - one test file; one that fails must say so in its TAP (tests/guest/boot.sh)
run() {
	echo "# run $1"
	shift
	"$@" || echo "# failed: $*"
}

# delegate WHO ID - a cgroup that belongs to somebody, and this shell in a leaf of it
delegate() {
	local dir=$cgroups/$1 word
	if [ ! -d "$dir" ]; then
		mkdir -p "$dir/shell"
		for word in $(cat "$cgroups/cgroup.controllers"); do
			echo "+$word" >"$cgroups/cgroup.subtree_control"
			echo "+$word" >"$dir/cgroup.subtree_control"
		done
		chown "$2:$2" "$dir" "$dir"/cgroup.{procs,threads,subtree_control} "$dir/shell" \
			"$dir"/shell/cgroup.{procs,threads,subtree_control}
	fi
	echo $$ >"$dir/shell/cgroup.procs"
}

in_small() {
	local users who
	users=$(wanted "$1" as)
	for who in ${users:-root user}; do
		has "$who" "${as//,/ }" || continue
		case $who in
		root) echo $$ >"$cgroups/cgroup.procs" ;;
		user) delegate user 1234 ;;
		subids) delegate subids 4321 ;;
		*) continue ;;
		esac
		run "$1 as $who" tests/as.sh "$who" "${@:2}"
	done
}

# The user of the login has subordinate ids, so a test for `user` or `subids` is one for him
in_session() {
	local users
	users=$(wanted "$1" as)
	users=${users:-root user}
	if [ "$part" = root ]; then
		! has root "$users" || run "$1 as root" "${@:2}"
	elif has user "$users" || has subids "$users"; then
		run "$1 as the user of a login" "${@:2}"
	fi
}

only=$(word only)
tests=$(word tests)
as=$(word as)
export NOOK_CALLERS=${as//,/ }

# asked_for FILE - does one of the patterns of nook.only match it?
asked_for() {
	local pattern patterns
	IFS=, read -ra patterns <<<"$only"
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053 # a pattern
		[[ $1 != $pattern ]] || return 0
	done
	return 1
}

# any_test FILE - does nook.tests match the name of one of its tests?
any_test() { sed -n 's/^@test "\(.*\)" {.*/\1/p' "$1" | grep -qE -e "$tests"; }

for file in tests/*/*.bats; do
	name=${file#tests/}
	asked_for "${name%.bats}" || continue
	has "$guest" "$(wanted "$file" guest)" || [ "$all" = 1 ] || continue
	any_test "$file" || continue
	if [ -z "$part" ]; then
		in_small "$file" tests/quick.bash "$file" "$tests"
	else
		in_session "$file" tests/quick.bash "$file" "$tests"
	fi
done
