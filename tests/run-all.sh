#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# run-all.sh [VARIANT...] - every test, in every variant and as every user it names, under one prove
#
# A test file says in its header what it wants; the defaults are in brackets:
#
#	# as: root user subids    under whom it runs (tests/as.sh) [root user]; `self` = as the
#	                          caller, in the namespaces of the caller
#	# alike: user             nobody's way through nook is another: variants that are not release
#	                          run it as this one
#	# in: release san         in which variants [all that are asked for]
#	# with: plain valgrind    unit tests: how [both in release, plain in others]
#	# takes: 60               seconds on an idle machine [10]: the longest start first, so that
#	                          they are not what all the rest waits for
#	# waits: yes              most of that time it waits [no]: such start behind the few longest, so
#	                          that the processors have work meanwhile
#	# long: 900               has a long form, of so many seconds; `long: 900 only`: and no other
#	# fresh: no               not in the bare Debian [yes]
#
# Sanitizers watch nook's own code. So what the kernel alone decides is `in: release`, where everything
# runs as everybody; other variants run as root and as one ordinary user: subids where the file names
# it, whose way through nook is the longest. Of containment root alone, because the command line has
# shown them that way; and of what is about other things than boxes (`alike:`) one, because other files
# of the same command run as both.
#
# NOOK_LONG=1 (make check-long) runs every variant as everybody, and in release what has a long form in
# that, which finds NOOK_LONG=1 in its environment.
#
# For every way to run every file a script of two lines is written to build/check, named after
# all of that: it is what prove shows, and what one calls to see one failure again.
#
# Environment: NOOK_MUST_WORK=1 makes every skip a failure, JOBS=N runs N at once (cores + 5; of long
# forms, which wait less, cores + 1).
# ONLY=REGEX keeps the scripts whose path matches, such as build/check/release-user/cli-lab.t.
# NOOK_FRESH is for the bare Debian of tests/fresh, whose kernel is the one outside: 1 runs what
# depends on files and programs that are installed (the command line, plans, lint, unit tests), each
# as the one user whose way needs most of them (subids, else user), and leaves to the outside what the
# kernel or nook alone decides (containment, faults, valgrind, other users) and files that are `fresh: no`,
# because they read the sources, or call nothing but nook and what every Debian or a file that is not left out
# has; `all` leaves out but what cannot run inside: guests, fuzzing and the bare Debian itself.
set -eu
cd "$(dirname "$0")/.."
top=$PWD
[ $# -gt 0 ] || set -- release

# Under umask 077 nobody else could run what root has checked out and built
if [ "$(id -u)" = 0 ] && [ -n "$(find . -path ./.git -prune -o ! -type l ! -perm -4 -print -quit)" ]; then
	chmod -R go+rX .
fi

rm -rf build/check
mkdir -p build/check

# wanted FILE KEY DEFAULT - the words behind `KEY:` in the first lines of a file, in a comment
# of sh or C
wanted() {
	found=$(sed -nE "1,25s@^[#/* 	]*$2: *([a-z0-9 ]*[a-z0-9])( [*]/)?\$@\1@p" "$1" | head -n 1)
	echo "${found:-$3}"
}

# callers VARIANT FILE DEFAULT - as whom it runs in that variant
callers() {
	all=$(wanted "$2" as "$3")
	case "${NOOK_FRESH:-} $1 $all" in
	"1 "*subids*) all=subids ;;
	"1 "*user*) all=user ;;
	*" release "*) ;;
	*)
		case "${NOOK_LONG:-} $2 $all" in
		"1 "*) ;;
		*tests/contain/*root*) all=root ;;
		*subids*) all=$(echo "$all" | sed 's/user//') ;;
		*) all=$(wanted "$2" alike "$all") ;;
		esac
		;;
	esac
	echo "$all"
}

list=build/check/list
: >"$list"
: >"$list.waits"

# add SECONDS VARIANT WHO NAME COMMAND [LONG] - write the script that runs one test one way; add it to the
# list $to
add() {
	script=build/check/$2-$3/$4.t
	mkdir -p "${script%/*}"
	printf '#!/bin/sh\ncd %s || exit\nexport NOOK=%s\n%s\n' "'$top'" "'$top/build/$2/nook'" \
		"exec ${6:+env NOOK_LONG=1 }$5" >"$script"
	chmod +x "$script"
	echo "$1 $script" >>"$to"
}

# add_file VARIANT FILE COMMAND - one file, as everybody it names
add_file() {
	case " $(wanted "$2" in "$*") " in
	*" $1 "*) ;;
	*) return 0 ;;
	esac
	name=${2#tests/}
	name=$(echo "${name%.*}" | tr / -)
	takes=$(wanted "$2" takes 10)
	to=$list
	[ "$(wanted "$2" waits no)" = no ] || to=$list.waits
	long=$(wanted "$2" long '')
	is_long=
	if [ "$1${NOOK_LONG:-}" = release1 ] && [ -n "$long" ]; then
		takes=${long% only}
		is_long=1
	fi
	case $long$is_long in
	*' only') return 0 ;;
	esac
	for who in $(callers "$1" "$2" "root user"); do
		if [ "$who" = self ]; then
			# Guests, the bare Debian, lint: nothing that a variant or a user changes
			[ "$1" = release ] || continue
			add "$takes" "$1" "$who" "$name" "$3" "$is_long"
		else
			add "$takes" "$1" "$who" "$name" "tests/as.sh $who $3" "$is_long"
		fi
	done
}

for variant; do
	for file in tests/*/*.bats tests/*/*.t; do
		[ -e "$file" ] || continue
		# Those of the guests run in there
		case $file in
		tests/guest/*.bats) continue ;;
		esac
		case ${NOOK_FRESH:-none}:$file in
		1:tests/contain/* | 1:tests/fault/*) continue ;;
		1:tests/guest/* | 1:tests/fresh/* | 1:tests/fuzz/*) continue ;;
		1:*) [ "$(wanted "$file" fresh yes)" = yes ] || continue ;;
		all:tests/guest/* | all:tests/fresh/* | all:tests/fuzz/*) continue ;;
		esac
		case $file in
		*.bats) add_file "$variant" "$file" "tests/quick.bash $file" ;;
		*) add_file "$variant" "$file" "$file" ;;
		esac
	done
	to=$list
	for source in tests/unit/*.c; do
		[ -e "$source" ] || continue
		name=$(basename "$source" .c)
		program=build/$variant/tests/$name.t
		how=plain
		[ "$variant" != release ] || how='plain valgrind'
		for way in $(wanted "$source" with "$how"); do
			case $way in
			valgrind)
				[ "$variant" = release ] || continue
				[ "${NOOK_FRESH:-}" != 1 ] || continue
				check='env UNDER_VALGRIND=1 valgrind -q --error-exitcode=9 --leak-check=full'
				check="$check --show-leak-kinds=definite,indirect $program"
				add 5 "$variant" valgrind "unit-$name" "tests/as.sh user $check"
				;;
			*)
				for who in $(callers "$variant" "$source" user); do
					add 1 "$variant" "$who" "unit-$name" \
						"tests/as.sh $who $program"
				done
				;;
			esac
		done
	done
done

# Five more than cores, because a script waits for a good part of its time
more=5
[ -z "${NOOK_LONG:-}" ] || more=1
jobs=${JOBS:-$(($(nproc) + more))}
# in_order FILE - the longest first
in_order() { sort -s -k1,1nr "$1" | cut -d' ' -f2; }
first=$(($(nproc) + 1))
only=${ONLY:-.}
# A test that calls make calls it as a person would, not as a part of this one
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES NOOK_LONG ONLY
{
	in_order "$list" | head -n "$first"
	in_order "$list.waits"
	in_order "$list" | tail -n "+$((first + 1))"
} | grep -E -e "$only" |
	xargs prove --timer --failures --comments -j "$jobs" -e ''
