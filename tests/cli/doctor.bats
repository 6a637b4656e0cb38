# SPDX-License-Identifier: GPL-3.0-or-later
# doctor.bats - `nook doctor` and the hints of runs that this machine refuses
# as: root user subids
load helper

# in_userns COMMAND... - in a user namespace where no other can be made; the machine's own limit
# stays as it is
in_userns() {
	unshare --user --map-current-user true 2>/dev/null || skip "no user namespaces here"
	run --separate-stderr unshare --user --map-root-user -- sh -c \
		'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"' sh "$@"
}

@test "says what this machine allows" {
	nook_run doctor
	assert_stderr
	assert_match '^VERDICT  FACT +FOUND$'
	assert_match '^(ok|weaker|missing) +user namespace +.'
	assert_match '^(ok|weaker) +cgroups +.'
	refute_match $'\e'
	if [ "$status" = 0 ]; then
		assert_line "nook's profiles can run here"
	else
		assert_status 1
		assert_line "something that nook's profiles need is missing"
	fi
}

@test "each row that is not ok says what is lost" {
	nook_run doctor
	wanted=$(grep -cE '^(weaker|missing) ' <<<"$output" || true)
	assert_equal "$(grep -c '^  without it: .' <<<"$output" || true)" "$wanted"
}

@test "--json is one object with the same verdicts" {
	need python3
	nook_run doctor --json
	python3 - "$status" <<-'END' 3<<<"$output"
	import json, os, sys
	d = json.load(os.fdopen(3))
	assert d["schema"] == 1
	assert d["ready"] == (sys.argv[1] == "0")
	ids = [f["id"] for f in d["facts"]]
	assert len(set(ids)) == len(ids) and "userns" in ids and "landlock" in ids
	assert d["ready"] == all(f["verdict"] != "missing" for f in d["facts"])
	for f in d["facts"]:
	    assert f["verdict"] in ("ok", "weaker", "missing", "aside"), f
	    assert f["tried"] and f["without"] and f["title"], f
	END
}

@test "id ranges: root maps any, subids has some, a user without lines has none" {
	nook_run doctor
	if is_root; then
		assert_match '^ok +id ranges +root maps any range$'
		assert_match '^ok +idmapped mounts +works for /$'
	elif grep -q "^$(id -un 2>/dev/null):" /etc/subuid; then
		need newuidmap
		assert_match '^ok +id ranges +65536 from [0-9]+$'
	else
		assert_match '^weaker +id ranges +none for this user in /etc/subuid and /etc/subgid'
		refute_match 'idmapped'
	fi
}

@test "leaves nothing behind" {
	places=$(printf '%s\n' / /var/lib /var/tmp "$HOME" "${HOME%/*}" | sort -u)
	# shellcheck disable=SC2086
	before=$(find $places -xdev -maxdepth 1 -name '.nook*' 2>/dev/null | sort)
	nook_run doctor
	# shellcheck disable=SC2086
	assert_equal "$(find $places -xdev -maxdepth 1 -name '.nook*' 2>/dev/null | sort)" "$before"
}

@test "colour only on a terminal, and not with NO_COLOR" {
	need script
	unset NO_COLOR
	run script -qec "TERM=xterm $NOOK doctor" /dev/null
	assert_match $'\e\\[32mok'
	run script -qec "NO_COLOR=1 TERM=xterm $NOOK doctor" /dev/null
	refute_match $'\e'
	run script -qec "TERM=dumb $NOOK doctor" /dev/null
	refute_match $'\e'
}

@test "takes no words" {
	nook_run doctor now
	assert_status 2
	assert_match '^nook: doctor takes no words$' "$stderr"
}

@test "no user namespaces: says why, and that nothing else was tried in them" {
	in_userns "$NOOK" doctor
	assert_status 1
	assert_match '^missing +user namespace +user namespace: No space left on device: this box or container allows no user namespaces inside it$'
	assert_match "fix: .*'nested_namespaces: true'"
	assert_line "something that nook's profiles need is missing"
	refute_match '^[a-z]+ +mount API'
}

@test "no user namespaces: a run fails with 125 and the reason" {
	in_userns "$NOOK" run strict -- true
	assert_status 125
	assert_output
	assert_stderr_match '^nook: .*: No space left on device$'
	assert_stderr_match "^hint: this box or container allows no user namespaces inside it; .*nook shell thin"
}

@test "no user namespaces: thin still runs" {
	in_userns "$NOOK" run thin -- echo here
	assert_status 0
	assert_output here
}

@test "without /proc: still an answer" {
	unshare --user --map-root-user --mount true 2>/dev/null || skip "no user namespaces here"
	run --separate-stderr unshare --user --map-root-user --mount -- sh -c \
		'mount -t tmpfs none /proc && exec "$@"' sh "$NOOK" doctor
	assert_status 1
	assert_match '^missing +user namespace +uid_map: No such file or directory: /proc is not mounted'
	assert_match 'fix: mount it'
}

@test "behind a filter that refuses namespaces: says that it is a filter" {
	nook_run run --set landlock=off thin -- "$NOOK" doctor
	assert_status 1
	assert_match '^missing +user namespace +user namespace: Operation not permitted: a seccomp filter refuses it'
	assert_match '^ok +clone3 +works, by clone: clone3 is refused$'
	refute_match '^[a-z]+ +mount API'
}

@test "what cannot be bound to its parent tries nothing" {
	need strace
	run strace -f -qq -o /dev/null -e trace=prctl -e inject=prctl:error=EPERM "$NOOK" doctor
	assert_match '^missing +openat2 +the trial itself: Operation not permitted$'
	refute_match '^[a-z]+ +(user namespace|mount API|openat2|clone3) +works'
}
