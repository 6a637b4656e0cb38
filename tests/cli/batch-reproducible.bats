#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# batch-reproducible.bats - nook batch --reproducible: what is the same at every run, and is
# not without it
# as: root user
# alike: user
# fresh: no

load helper

setup() {
	nook_setup
	need jq taskset
	cpu=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
}

# both ID COMMAND - its output at a run with --reproducible is $same, at one without $other
both() {
	jq -nc --arg id "$1" --arg command "$2" '{$id, $command, profile: "base", retry: 0,
		limits: {enforce: "best-effort"}, set: {proc: "full"}}' >list
	rm -rf with without j
	"$NOOK" batch -q -j 1 --journal j --reproducible -o with list
	"$NOOK" batch -q -j 1 --journal k -o without list
	rm k
	same=$(<"with/$1/stdout") other=$(<"without/$1/stdout")
	[ -n "$same" ]
}

@test "addresses are the same" {
	local maps="cut -d \" \" -f 1 /proc/self/maps"
	both a "$maps"
	local first=$same plain=$other
	ulimit -Ss "$(ulimit -Hs)" # on which they depend too
	both a "$maps"
	assert_equal "$same" "$first"
	[ "$(</proc/sys/kernel/randomize_va_space)" = 0 ] || [ "$other" != "$plain" ]
}

@test "clocks since boot begin with the box" {
	local before after
	read -r before _ </proc/uptime
	both a 'read up rest </proc/uptime; echo $up'
	read -r after _ </proc/uptime
	awk "BEGIN { exit !($same <= $after - $before + 0.02 && $other >= $before) }"
}

@test "no variable of the caller is there" {
	export LANG=C LC_TIME=C TZ=NZ TERM=dumb
	both a env
	assert_equal "$(grep -E '^(LANG|LC_|TZ|TERM|SHELL)' <<<"$same" | sort | xargs)" \
		'LANG=C.UTF-8 SHELL=/bin/sh TZ=UTC'
	assert_equal "$(grep -E '^(LANG|LC_|TZ|TERM)' <<<"$other" | grep -v '^LC_ALL=' | sort | xargs)" \
		'LANG=C LC_TIME=C TERM=dumb TZ=NZ'
}

@test "a job begins on one CPU, and no other job does" {
	both a 'sed -n "s/^Cpus_allowed_list:.//p" /proc/self/status'
	assert_match '^[0-9]+$' "$same"
	run -125 --separate-stderr taskset -c "$cpu" "$NOOK" batch --journal j2 -j 2 --reproducible list
	assert_equal "${stderr%%$'\n'*}" \
		'nook: --reproducible gives each of 2 jobs a CPU of its own, and there are 1'
	taskset -c "$cpu" "$NOOK" batch -q --journal j2 -j auto --reproducible list
	jq -nc '{command: "true", profile: "strict", limits: {cpuset: "0"}}' >list
	run -125 --separate-stderr "$NOOK" batch --journal j3 --reproducible list
	assert_equal "$stderr" "nook: list:1: job '1': the job: 'limits.cpuset' and --reproducible both choose the CPU
hint: leave one of them out"
	[ ! -e j3 ]
	local said=$stderr
	run -125 --separate-stderr "$NOOK" batch --check --reproducible list
	assert_equal "$stderr" "$said"
	"$NOOK" batch --check list
}

@test "a batch goes on as it was begun" {
	jq -nc '{id: "a", command: "true", profile: "strict", limits: {enforce: "best-effort"}}' >list
	"$NOOK" batch -q --journal j --reproducible list
	run -125 --separate-stderr "$NOOK" batch --journal j --resume list
	assert_equal "$stderr" "nook: the batch of the journal 'j' was begun with --reproducible
hint: --resume goes on with it as it was begun"
	"$NOOK" batch -q --journal j --resume --reproducible list
	"$NOOK" batch -q --journal k list
	run -125 --separate-stderr "$NOOK" batch --journal k --resume --reproducible list
	assert_equal "${stderr%%$'\n'*}" "nook: the batch of the journal 'k' was begun without --reproducible"
}

@test "there is no swap, whatever a job says, or that is listed" {
	jq -nc '{command: "true", profile: "strict",
		limits: {enforce: "best-effort", memory: "64M", swap: "1G"}}' >list
	"$NOOK" batch -q --journal j --reproducible list
	jq -se '.[1] | .limits.swap_bytes == 0 or (.unenforced | index("limits.swap")) != null' j
}
