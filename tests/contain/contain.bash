# SPDX-License-Identifier: GPL-3.0-or-later
# contain.bash - what every file of tests/contain loads: boxes with a probe, golden lines, controls
#
#	load contain
#	@test "FS-01: a payload cannot climb out of its root" {
#		box 'extends: strict' FS-01          # the attack, in a box
#		expect box                           # golden/FS-01, section "== box"
#		box 'seccomp: off' FS-01             # POSITIVE CONTROL: that one wall off
#		expect control
#	}
#
# The name of a test starts with the ids that it checks: docs/threat-model.md's table is made
# from that (table.sh). Every test has a control: the same probe where the wall is off must
# succeed, or the test proves nothing. Probes print lines `ID.part RESULT` (probe/probe.h).
#
# A golden file is named by id and has sections; a line is
#
#	FS-01.chroot EPERM                   exactly this result
#	FS-01.chroot EPERM|ENOSYS            an extended expression for the whole result
#	FS-22.ioctl EACCES ? landlock5       only where the fact holds; several facts: all of them
#	FS-22.ioctl ok ? !landlock5          only where it does not
#
# Every line that the probe prints must be expected, and every expected line must be printed.
# Facts: root, user, subids (as whom the test runs), landlock1 to landlock7, linux6.1 up to this
# kernel's minor, cgroup1 (the memory controller is v1's), delegated (the caller's own cgroup is his
# to change), and what a test adds by `fact`.

load ../cli/helper

PROBE=$TOP/build/contain/probe

contain_facts() {
	local abi version minor
	case $EUID in
	0) echo root ;;
	4321) echo subids ;;
	*) echo user ;;
	esac
	abi=$("$PROBE" landlock)
	while [ "${abi#* }" != 0 ] && [ "${abi#* }" -gt 0 ] 2>/dev/null; do
		echo "landlock${abi#* }"
		abi="x $((${abi#* } - 1))"
	done
	! awk '$1 == "memory" && $2 > 0 { found = 1 } END { exit !found }' /proc/cgroups ||
		echo cgroup1
	is_root || [ ! -w "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/cgroup.procs" ] ||
		echo delegated
	version=$(uname -r)
	minor=${version#*.}
	minor=${minor%%[!0-9]*}
	while [ "${version%%.*}" = 6 ] && [ "$minor" -ge 1 ]; do
		echo "linux6.$minor"
		minor=$((minor - 1))
	done
}

# not_in_guest WHY - leave a test out of the guests, whose kernels change nothing of it or whose
# small tree lacks something large. No skip: the machine that boots them runs it
not_in_guest() { [ -z "${NOOK_GUEST:-}" ] || bats_skip "not in guests: $1"; }

# fact WORD - one more fact, or one less, for the rest of this test
fact() { facts+=$1$'\n'; }
no_fact() { facts=${facts//$'\n'$1$'\n'/$'\n'}; }
has_fact() { [[ $facts == *$'\n'$1$'\n'* ]]; }

contain_setup() {
	nook_setup
	[ -x "$PROBE" ] || fail "no $PROBE: make unit"
	# They are the same for all tests of a file
	[ -e "$BATS_FILE_TMPDIR/facts" ] || contain_facts >"$BATS_FILE_TMPDIR/facts"
	facts=$'\n'$(<"$BATS_FILE_TMPDIR/facts")$'\n'
	# Boxes of other ids look into it through binds
	chmod 755 "$T"
}
setup() { contain_setup; }

# box PROFILE-TEXT ID [ARG...] - a probe in a box; what it prints is $output. `box_options` is
# an array of further options for run. Who has a range of ids uses it, unless the test says
# `box_map=single`
box_options=()
box_map=
box() {
	box_run "$1" /probe "${@:2}"
	[ "$status" = 0 ] || fail "the box or its probe failed: /probe ${*:2}"
}

# box_run PROFILE-TEXT COMMAND... - any command in such a box; it may fail
box_run() {
	local map=${box_map:-auto}
	[ -n "$box_map" ] || ! has_fact subids || map=subids
	printf '%s\n' "$1" >"$T/box.yaml"
	run --separate-stderr timeout -k 5 60 "$NOOK" run --userns "$map" -v "$PROBE:/probe" \
		"${box_options[@]}" "$T/box.yaml" -- "${@:2}"
}

# outside ID [ARG...] - the control where there is no box at all: in the namespaces of the test
outside() {
	run --separate-stderr timeout -k 5 60 "$PROBE" "$@"
	[ "$status" = 0 ] || fail "the probe failed: $PROBE $*"
}

# expect SECTION [FILE] - $output is what the section of a golden file wants; without FILE the
# one that is named like the id in the first line of $output
expect() {
	local id=${output%%[. ]*} found
	found=$(awk -v section="$1" -v facts="$facts" '
		BEGIN {
			n = split(facts, f, "\n")
			for (i = 1; i <= n; i++) have[f[i]] = 1
		}
		# Does a condition hold?
		function holds(text,    w, n, i) {
			n = split(text, w, " ")
			for (i = 1; i <= n; i++)
				if (w[i] ~ /^!/ ? have[substr(w[i], 2)] : !have[w[i]]) return 0
			return 1
		}
		FNR == NR {
			if (/^#/ || /^$/) next
			if (/^== /) { here = (substr($0, 4) == section); known += here; next }
			if (!here) next
			at = index($0, " ? ")
			if (at && !holds(substr($0, at + 3))) next
			line = at ? substr($0, 1, at - 1) : $0
			part = line; sub(/ .*/, "", part)
			result = line; sub(/^[^ ]* /, "", result)
			sub(/ +$/, "", result)
			if (part in want) print "golden file says twice: " part
			want[part] = result
			next
		}
		{
			part = $0; sub(/ .*/, "", part)
			result = $0; sub(/^[^ ]* /, "", result)
			seen[part]++
			if (!(part in want)) print "not expected: " $0
			else if (result !~ "^(" want[part] ")$")
				print "wanted: " part " " want[part] ", got: " result
		}
		END {
			if (!known) print "no section \"== " section "\""
			for (part in want) if (!seen[part]) print "did not come: " part
		}' "$TOP/tests/contain/golden/${2:-$id}" <(printf '%s\n' "$output"))
	[ -z "$found" ] || fail "golden/${2:-$id}, section '$1':" "$found"
}

# result PART - what the probe said about it
result() { sed -n "s|^$1 ||p" <<<"$output"; }
