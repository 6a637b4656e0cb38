#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# export.bats - `nook export`: command lines of other tools, and that bwrap's runs
# as: root user subids
#
# What each tool prints is compared word for word in tests/plan/export.t.

load helper

# bwrap_box PROFILE - what a command sees behind the exported line
bwrap_box() {
	"$NOOK" export --as bwrap "$1" --set "command=[sh, -c, \"$2\"]" >line.sh
	run --separate-stderr sh line.sh
}

@test "the bwrap line of every profile runs" {
	need bwrap
	for profile in base strict dev offline thin; do
		bwrap_box $profile 'echo in $(id -u)'
		assert_status 0
		assert_match '^in [0-9]+$'
	done
}

@test "the bwrap line builds the walls" {
	need bwrap
	bwrap_box strict "hostname; id -u; cat /proc/self/status; cat /proc/net/dev; ls /; touch /x; umask"
	assert_line strict
	assert_line 1000
	assert_match '^CapBnd:	0000000000000000$'
	assert_match '^NoNewPrivs:	1$'
	assert_match '^Seccomp:	2$'
	assert_line 0022
	refute_line boot
	assert_stderr_match 'Read-only file system'
}

@test "the unshare export is the script of explain" {
	"$NOOK" export --as unshare strict >one
	"$NOOK" explain --script strict >two
	cmp one two
}

@test "words are quoted" {
	nook_run export --as podman base --set "command=[echo, \"it's \$HOME\"]" \
		--set 'environment={A: "b c"}'
	assert_status 0
	assert_match "'A=b c'"
	assert_match " echo 'it'\\\\''s \\\$HOME'$"
	sh -n <<<"$output"
}

@test "every export is a shell script" {
	for tool in unshare bwrap podman systemd-run; do
		"$NOOK" export --as $tool dev | sh -n
	done
}

@test "wrong words" {
	nook_run export base
	assert_status 2
	assert_stderr_match '^nook: --as is missing'
	nook_run export --as bwarp base
	assert_status 2
	assert_stderr_match "^nook: --as 'bwarp', did you mean 'bwrap'$"
	nook_run export --as bwrap
	assert_status 2
}
