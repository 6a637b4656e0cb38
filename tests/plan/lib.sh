# SPDX-License-Identifier: GPL-3.0-or-later
# lib.sh - golden plans: what profiles.t and keys.t share
# shellcheck shell=sh
#
# A plan is printed for a made-up machine (hosts/README.md) and compared with a file. What
# hangs on the version of libseccomp, the filter's instructions, is cut out. UPDATE=1 writes
# the files anew: look at `git diff` afterwards, that is the review.

cd "$(dirname "$0")/../.." || exit
export HOME=/home/ada LC_ALL=C NOOK_PROFILE_PATH=profiles
planner=$(dirname "${NOOK:-$PWD/build/release/nook}")/tests/planner
if [ ! -x "$planner" ]; then
	echo "1..0 # SKIP $planner is not built: make unit"
	exit
fi
count=0
failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# dump HOST PROFILE - one plan, without the numbers of lists: a new line would change them all
dump() {
	"$planner" "tests/plan/hosts/$1" "$2" |
		sed -e 's/^\([a-z_.]*\)\[[0-9]*\]/\1[]/' \
			-e 's/^\(seccomp\.\(count\|program\) = \).*/\1*/' \
			-e 's/([0-9]* instructions)/(* instructions)/'
}

# effect OLD NEW - what differs, a line each; an error stands for itself
effect() {
	if grep -q '^error:' "$2"; then
		cat "$2"
	else
		diff -U0 "$1" "$2" | sed '1,2d; /^@@/d'
	fi
}

# same WHAT FILE - one test: standard input is what FILE says
same() {
	count=$((count + 1))
	cat >"$work/got"
	[ -z "${UPDATE:-}" ] || cp "$work/got" "$2"
	if cmp -s "$work/got" "$2"; then
		echo "ok $count - $1"
		return
	fi
	failed=1
	echo "not ok $count - $1"
	diff -u "$2" "$work/got" | sed 's/^/# /'
}

# finish - the plan, and a word about what to do
finish() {
	[ $failed = 0 ] || echo "# if the change is meant: UPDATE=1 $0, then read git diff"
	echo "1..$count"
	exit $failed
}
