# SPDX-License-Identifier: GPL-3.0-or-later
# help.bats - help, version, and what nook says to words that it does not know
# as: user
# fresh: no
load helper

@test "nook(1) names every profile that comes with nook" {
	local file
	for file in "$TOP"/profiles/*.yaml; do
		file=${file##*/}
		grep -qx ".B ${file%.yaml}" <(sed -n '/come with nook/,/^\.PP$/p' "$TOP/man/nook.1") || fail "$file"
	done
}

@test "with -h and with help it lists the commands" {
	nook_run help
	assert_status 0
	assert_stderr
	assert_match '^  run  '
	listed=$output
	for words in -h --help; do
		nook_run $words
		assert_status 0
		assert_output "$listed"
	done
	# A narrow terminal has 80 columns
	refute_match '.{81}'
}

@test "every command explains itself within 80 columns, and refuses unknown options" {
	nook_run help
	listed=$(sed -n 's/^  \([a-z]*\( [a-z]*\)\?\)  .*/\1/p' <<<"$output")
	assert [ "$(wc -l <<<"$listed")" -gt 10 ]
	while read -r first second; do
		[ "$first" != nook ] || continue
		nook_run help "$first" ${second:+"$second"}
		assert_status 0
		assert_match "^Usage: nook $first${second:+ $second}( |\$)"
		helped=$output
		nook_run "$first" ${second:+"$second"} --help
		assert_output "$helped"
		refute_match '.{81}'
		nook_run "$first" ${second:+"$second"} --nosuch
		# run and shell end with codes of the command: theirs is 125
		case "$first $second" in
		"run " | "shell " | "exec " | "attach " | "start " | "restart " | "batch ") assert_status 125 ;;
		*) assert_status 2 ;;
		esac
		assert_stderr_match "^nook: unknown option '--nosuch'"
	done <<<"$listed"
}

@test "the first word of several commands lists them" {
	nook_run help profile
	assert_status 0
	assert_match '^  profile check '
	listed=$output
	nook_run profile --help
	assert_output "$listed"
	nook_run profile
	assert_status 2
	assert_stderr "nook: 'profile' needs a second word: ls, show, check, diff, new
hint: 'nook help' lists the commands"
}

@test "a command with words of its own lists them in its help" {
	nook_run help lab
	assert_status 0
	assert_match '^Usage: nook lab '
	assert_match '^  lab start  '
	assert_match '^  lab test  '
	listed=$output
	nook_run lab --help
	assert_output "$listed"
	nook_run help run
	refute_match '^Commands:'
	nook_run lab xyzzy
	assert_status 2
	assert_stderr_match "^nook: unknown command 'lab xyzzy': expected list, start, check, "
}

@test "a word that is nearly a command is guessed" {
	nook_run rum
	assert_status 2
	assert_stderr "nook: unknown command 'rum', did you mean 'run'
hint: 'nook help' lists the commands"
	nook_run profile lss
	assert_stderr_match "^nook: unknown command 'profile lss', did you mean 'profile ls'$"
	# The first of two words, with and without the second
	nook_run profle
	assert_status 2
	assert_stderr "nook: unknown command 'profle', did you mean 'profile'
hint: 'nook help' lists the commands"
	nook_run profle ls
	assert_stderr_match "^nook: unknown command 'profle ls', did you mean 'profile ls'$"
	nook_run porfile sow base
	assert_stderr_match "^nook: unknown command 'porfile sow', did you mean 'profile show'$"
	nook_run porfile nothing
	assert_stderr_match "^nook: unknown command 'porfile', did you mean 'profile'$"
	nook_run profle --help
	assert_stderr_match "^nook: unknown command 'profle', did you mean 'profile'$"
	nook_run frobnicate all
	assert_stderr_match "^nook: unknown command 'frobnicate'$"
	nook_run run --timeot 5s
	assert_status 125
	assert_stderr_match "^nook: unknown option '--timeot', did you mean '--timeout'$"
	nook_run help nosuch
	assert_status 2
	assert_stderr_match "^nook: no command 'nosuch'$"
}

@test "what a person typed is escaped" {
	nook_run $'r\e[2Jun'
	assert_stderr_match "^nook: unknown command 'r.x1b\[2Jun'"
}

@test "version" {
	nook_run version
	assert_status 0
	assert_output "nook $(cat "$TOP/VERSION")"
	nook_run --version
	assert_output "nook $(cat "$TOP/VERSION")"
	nook_run version 2
	assert_status 2
}

@test "a closed or full standard output is an error" {
	run --separate-stderr sh -c "'$NOOK' help >/dev/full"
	assert_status 1
	assert_stderr "nook: cannot write to standard output: No space left on device"
}
