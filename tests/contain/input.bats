#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# input.bats - what is wrong with options, paths, commands and the surroundings ends a run with
# 125, one reason, and nothing that ran. Text of profiles: tests/cli/bad-input.bats
# as: root user subids

load contain

# refused ARG... - `nook run ARG...` fails before anything runs, in one line and perhaps a hint
refused() {
	nook_run run "$@" -- touch "$T/ran"
	[ "$status" = 125 ] || fail "not refused: $*"
	assert_output
	assert_equal "$(grep -c '^nook: ' <<<"$stderr")" 1
	[ "$(grep -cv '^hint: ' <<<"$stderr")" = 1 ] || fail "more than a line: $*"
	refute_control
	assert [ ! -e "$T/ran" ]
}

# No byte in what nook says moves a cursor, or is half a letter
refute_control() {
	! LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' <<<"$stderr" || fail "control bytes"
	iconv -f UTF-8 -t UTF-8 <<<"$stderr" >/dev/null || fail "not UTF-8"
}

@test "IN-08: sizes do not wrap" {
	local size
	for size in -1 '' ' 5M' '5 M' 5X 99999999999G 9223372036854775808G 18446744073709551616 \
		18014398509481984K 1e3 0x10 $'\xd9\xa5'; do
		refused --set "root.size=\"$size\"" base
		refused --tmpfs "/x:size=$size" base
	done
	nook_run run --set root.size=8M base -- true # CONTROL
	assert_status 0
}

@test "IN-10a: paths are checked" {
	local long path
	long=/$(printf 'a%.0s' {1..5000})
	for path in relative ../x /a/../b / /proc /proc/x /sys/x "$long" '' '/a\nb'; do
		refused --set "mounts=[{bind: /usr, to: \"$path\"}]" base
	done
	for path in relative/x "$long" "$T/nothing" $'/a\033b'; do
		refused --set "mounts=[{bind: \"$path\", to: /x}]" base
		refused --set root.from=directory --set "root.path=\"$path\"" base
	done
	: >file
	refused --set root.from=directory --set "root.path=$T/file" base
	refused --set root.from=directory base
	# The payload's directory
	refused -w relative base
	refused -w /nothing/there base
	mkdir there
	nook_run run -v "$T/there:/there" base -- test -d /there # CONTROL
	assert_status 0
}

@test "IN-13: the environment is passed by list, bytewise, or not at all" {
	local value
	refused -e '=x' base
	refused -e '' base
	refused -e $'A\nB=x' base
	refused -e "$(printf 'A%.0s' {1..600})=x" base
	refused --set 'environment={"A=B": x}' base
	refused --set 'environment_pass=[LD_PRELOAD]' base
	refused -e LD_PRELOAD base
	refused -e NOOK_PROFILE_PATH base
	LD_PRELOAD_X=1 LD_AUDIT='' LD_LIBRARY_PATH=/x NOOK_X=1 nook_run run base -- env
	assert_status 0
	refute_match '^(LD_|NOOK_)'
	# CONTROL: every byte of a value arrives, the last of two counts
	value=$'a\nb\tc\033\\"\x27=${HOME} \xc3\xbc'
	nook_run run -e "V=1" -e "V=$value" base -- sh -c 'printf %s "$V" | od -An -tx1 | tr -d " \n"'
	assert_output "$(printf %s "$value" | od -An -tx1 | tr -d ' \n')"
	# What is no text at all is refused, not mended
	refused -e $'V=\xff' base
	refused -v $'/a\xff:/x' base
	refused -w $'/a\xff' base
	# What the kernel takes no more is an error, not cut
	value=$(head -c 200000 /dev/zero | tr '\0' x)
	printf 'environment: {V: "%s"}\n' "$value" >big.yaml
	nook_run run ./big.yaml -- sh -c 'echo ${#V}'
	[ "$status" != 0 ] || assert_output 200000
	[ "$status" = 0 ] || assert_stderr_match '^nook: '
}

@test "IN-14: a command is never taken for an option, and what cannot run is 126 or 127" {
	mkdir dir
	echo 'echo no' >noshebang
	echo data >data
	chmod 755 noshebang
	set -- run -v "$T:/t" base --
	nook_run "$@" /t/nothing
	assert_status 127
	nook_run "$@" nothing-of-that-name
	assert_status 127
	nook_run "$@" -rf
	assert_status 127
	assert_stderr_match "cannot run '-rf'"
	nook_run "$@" --help
	assert_status 127
	nook_run "$@" ''
	[ "$status" = 126 ] || [ "$status" = 127 ] || fail "an empty command"
	for file in dir data; do
		nook_run "$@" "/t/$file"
		assert_status 126
	done
	nook_run "$@" /t/noshebang
	assert_status 126
	assert_output
	nook_run "$@" /bin/echo "$(head -c 131072 /dev/zero | tr '\0' x)"
	[ "$status" = 126 ] || [ "$status" = 125 ] || fail "more than the kernel takes"
	nook_run "$@" /bin/echo -n -- --help # CONTROL
	assert_output '-- --help'
}

@test "IN-15: id maps are checked" {
	local lines
	for lines in '"0:100000:0"' '"0:100000:10", "5:200000:10"' '"0:100000:10", "20:100005:10"' \
		'"4294967295:0:1"' '"0:4294967290:10"' '"0:0"' '"a:b:c"' '"-1:0:1"' '"0:0:4294967296"'; do
		refused --set "user.map=[$lines]" base
	done
	lines=$(seq -f '"%g:100000:1"' -s, 1 400)
	refused --set "user.map=[$lines]" base
	nook_run run --set "user.map=[\"0:$(id -u):1\"]" --set user.id=0 base -- id -u # CONTROL
	assert_status 0
	assert_output 0
}

@test "IN-15: the ids of others cannot be mapped" {
	only_for user "root may map them all"
	refused --set 'user.map=["0:0:1"]' base
	refused --set 'user.map=["0:500000:65536"]' base
}

@test "IN-16: refused user namespaces are explained" {
	only_for user "root does without; its own failures are in doctor.bats"
	need strace
	# As AppArmor does it: the namespace is made, and is worth nothing
	# The second thing that inside writes is its uid_map
	run --separate-stderr strace -f -qq -o /dev/null -e inject=write:error=EPERM:when=2 \
		"$NOOK" run --userns single base -- touch "$T/ran"
	assert_status 125
	assert_stderr_match "uid_map.*Operation not permitted"
	assert_stderr_match '^hint: '
	for error in EPERM ENOSPC EUSERS; do
		run --separate-stderr strace -f -qq -o /dev/null -e inject=clone3:error=$error \
			-e inject=clone:error=$error "$NOOK" run --userns single base -- touch "$T/ran"
		assert_status 125
		assert_stderr_match '^nook: '
		assert_stderr_match '^hint: |namespace'
	done
	assert [ ! -e ran ]
	nook_run run base -- true # CONTROL
	assert_status 0
}

@test "IN-20: only namespaced sysctls, one value each" {
	local pair
	for pair in kernel.core_pattern=x vm.swappiness=1 kernel.modprobe=/x fs.file-max=1 \
		net/../kernel/core_pattern=x net.ipv4.../../vm.x=1 kernel.shm_rmid_forced+x=1 \
		'=1' 'net.ipv4=1' 'kernel.hostname=x' user.max_user_namespaces=9; do
		refused --set "sysctls={\"${pair%%=*}\": \"${pair#*=}\"}" base
	done
	refused --set 'sysctls={kernel.shm_rmid_forced: "1\nkernel.core_pattern=x"}' base
	nook_run run --set user.id=0 --set 'sysctls={kernel.shm_rmid_forced: 1}' base -- \
		cat /proc/sys/kernel/shm_rmid_forced # CONTROL
	assert_status 0
	assert_output 1
}

@test "IN-21: host names are checked" {
	local name
	for name in a/b $'a\nb' '' "$(printf 'a%.0s' {1..65})" 'a b' $'a\033b' ..; do
		case $name in
		..) continue ;;
		esac
		refused --hostname "$name" base
	done
	nook_run run --hostname a-b.c base -- uname -n # CONTROL
	assert_output a-b.c
}

@test "IN-24: names of capabilities and calls, numbers of errors are checked" {
	local cap
	for cap in CAP_NOTHING all 21 'CAP_SYS_ADMIN,CAP_KILL' ''; do
		refused --set "capabilities=[\"$cap\"]" base
	done
	refused --set 'seccomp={deny: [nothing_of_that_name]}' base
	refused --set 'seccomp={deny: ["@nothing"]}' base
	refused --set 'seccomp={errno: 5000}' base
	refused --set 'seccomp={errno: EFOO}' base
	refused --set 'seccomp={deny: [chmod], errno: 0}' base
	refused --set 'rlimits={nothing: 1}' base
	refused --set 'rlimits={nofile: "9:3"}' base
	nook_run run --set 'seccomp={deny: [sync], errno: EACCES}' base -- true # CONTROL
	assert_status 0
}

@test "LG-01, LG-03: what nook says of strange words is escaped, one line each" {
	local bytes
	bytes=$(printf '\\x%02x' {1..255})
	bytes=$(printf '%b' "$bytes")
	nook_run run base -- "$bytes"
	assert_status 127
	assert_equal "$(grep -c . <<<"$stderr")" "$(grep -cE '^(nook|hint): ' <<<"$stderr")"
	refute_control
	for words in "--$bytes" "--set" "--volume=$bytes" "--name=$bytes"; do
		nook_run run "$words" "$bytes" -- true
		assert_status 125
		refute_control
	done
	# C1 bytes and marks that turn the direction of writing
	nook_run run base -- $'x\xc2\x9b2J\xe2\x80\xaey'
	assert_equal "$(LC_ALL=C grep -c $'\xc2\x9b\\|\xe2\x80\xae' <<<"$stderr")" 0
	# A record is JSON whatever the words; guests have no python3
	[ -z "${NOOK_GUEST:-}" ] || return 0
	need python3
	nook_run run --result "$T/result" base -- sh -c 'exit 3' "$bytes" $'\xff\xfe'
	assert_status 3
	python3 -c 'import json, sys; r = json.loads(open(sys.argv[1], "rb").read().decode("utf-8"))
assert r["exit_code"] == 3 and r["cause"] == "exited"' "$T/result"
	assert_equal "$(wc -l <"$T/result")" 1
}

@test "LG-05: how a box ended can be told apart" {
	local all=''
	ended() { # CODE CAUSE ARG...
		local code=$1 cause=$2
		shift 2
		rm -f result
		nook_run run --result "$T/result" "$@"
		assert_status "$code"
		assert_match "\"cause\": *\"$cause\"" "$(cat result)"
		all="$all $cause"
	}
	ended 137 exited base -- sh -c 'exit 137'
	ended 137 signaled base -- sh -c 'kill -KILL $$'
	ended 124 wall --set limits.wall=200ms --set limits.grace=100ms base -- sleep 9
	ended 124 exited base -- sh -c 'exit 124'
	ended 137 output --set limits.output=4K base -- yes
	ended 127 exec base -- nothing-of-that-name
	ended 127 exited base -- sh -c 'exit 127'
	ended 125 setup -w /nothing base -- true
	ended 125 exited base -- sh -c 'exit 125'
	assert_equal "$(xargs -n1 <<<"$all" | sort -u | xargs)" 'exec exited output setup signaled wall'
}
