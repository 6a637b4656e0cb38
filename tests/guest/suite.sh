#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# suite.sh v2|systemd [root|user] - inside the guest: the tests that name it, as every user they name
# suite.sh run WHO FILE... - these, where the caller is (what the first form calls)
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
[ "$(word long)" != 1 ] || export NOOK_LONG=1
cgroups=/sys/fs/cgroup

# has WORD WORDS
has() { case " $2 " in *" $1 "*) ;; *) return 1 ;; esac; }

# run WHO FILE... - test files in this shell's surroundings; one that fails must say so in its TAP
# (tests/guest/boot.sh)
run() {
	local who=$1 file
	for file in "${@:2}"; do
		echo "# run $file as $who"
		tests/quick.bash "$file" "$tests" || echo "# failed: $file"
	done
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

# in_small WHO FILE... - as somebody whom tests/as.sh knows, all in one place of his: making it takes
# three seconds. What one file leaves in it for the next each test has been failed for
in_small() {
	case $1 in
	root) echo $$ >"$cgroups/cgroup.procs" ;;
	user) delegate user 1234 ;;
	subids) delegate subids 4321 ;;
	esac
	tests/as.sh "$1" tests/guest/suite.sh run "$@" || {
		echo "# run all of these as $1"
		echo "# failed: $*"
	}
}

only=$(word only)
tests=$(word tests)
NOOK_CALLERS=$(word as | tr , ' ')
export NOOK_CALLERS
if [ "$guest" = run ]; then
	run "${@:2}"
	exit 0
fi

# chosen - the files that name this guest (or all), that a pattern of nook.only matches and one of
# whose tests has a name that nook.tests matches: FILE WORLD WHO...
chosen() {
	GUEST=$guest ALL=$all ONLY=$only TESTS=$tests awk '
		BEGIN {
			count = split(ENVIRON["ONLY"], only, ",")
			for (i = 1; i <= count; i++) {
				gsub(/[.]/, "[.]", only[i])
				gsub(/[*]/, ".*", only[i])
			}
		}
		function tell(    i) {
			if (!any || (!named && ENVIRON["ALL"] != 1))
				return
			for (i = 1; i <= count; i++)
				if (name ~ "^(" only[i] ")$")
					break
			if (i <= count)
				print file, world, (as != "" ? as : "root user")
		}
		FNR == 1 {
			tell()
			file = name = FILENAME
			sub(/^tests\//, "", name)
			sub(/[.]bats$/, "", name)
			any = named = 0
			world = "no"
			as = ""
		}
		FNR <= 25 && /^# as: / && as == "" { as = substr($0, 7) }
		FNR <= 25 && /^# guest: / { named = index($0 " ", " " ENVIRON["GUEST"] " ") }
		/^# world: yes$/ { world = "yes" }
		/^@test "/ {
			sub(/^@test "/, "")
			sub(/" [{].*/, "")
			if ($0 ~ ENVIRON["TESTS"])
				any = 1
		}
		END { tell() }' tests/*/*.bats
}

# files_of WHO... - of those that were chosen the ones for one of these users, in $files: FILE WORLD
list=$(chosen)
files_of() {
	local file world users who
	files=()
	while read -r file world users; do
		for who; do
			! has "$who" "$users" || { files+=("$file $world") && break; }
		done
	done <<<"$list"
}

if [ -z "$part" ]; then
	for who in $NOOK_CALLERS; do
		files_of "$who"
		together=()
		for file in "${files[@]}"; do
			# What as.sh gives such a file is for it alone
			if [ "${file#* }" = yes ]; then
				in_small "$who" "${file% *}"
			else
				together+=("${file% *}")
			fi
		done
		[ "${#together[@]}" = 0 ] || in_small "$who" "${together[@]}"
	done
elif [ "$part" = root ]; then
	files_of root
	! has root "$NOOK_CALLERS" || run root "${files[@]% *}"
else
	# The user of the login has subordinate ids, so a test for `user` or `subids` is one for him
	files_of user subids
	! has user "$NOOK_CALLERS" || run 'the user of a login' "${files[@]% *}"
fi
