# SPDX-License-Identifier: GPL-3.0-or-later
# readme.bats - the commands that README.md and docs/*.md show print what is shown there, and the tour works
# as: root user
# alike: user
load helper

setup() {
	nook_setup
	mkdir bin
	ln -s "$NOOK" bin/nook
	PATH=$T/bin:$PATH
}

# Numbers, widths and the place of this checkout differ from machine to machine, words do not
as_words() {
	sed -E "s|$TOP|/usr/local/share/nook|g; s|[^ (]*/\.config|~/.config|g; s/[0-9]+/N/g" | xargs -d '\n' | tr -s ' \n' ' '
}

# replay FILE - each `$ command` of a block ```console prints what stands below it
replay() {
	local line command='' wanted='' inside=''
	while IFS= read -r line || [ -n "$command" ]; do
		case $inside$line in
		'```console') inside=1 ;;
		'1$ '* | '1```')
			if [ -n "$command" ]; then
				run bash -c "$command"
				assert_equal "$command: $(as_words <<<"$output")" \
					"$command: $(as_words <<<"$wanted")"
			fi
			command=${line#\$ } wanted=''
			[ "$line" != '```' ] || command='' inside=''
			;;
		'1> '*) command+=$'\n'${line#> } ;;
		1*) wanted+=${wanted:+$'\n'}$line ;;
		esac
	done <"$1"
}

@test "README.md shows what nook prints" {
	replay "$TOP/README.md"
}

@test "docs/*.md show what nook prints" {
	local file
	for file in "$TOP"/docs/*.md; do
		replay "$file"
	done
}

@test "the tour's commands end as they should" {
	run "$TOP/docs/tour.sh"
	assert_status 0
	assert_match '^\$ nook run dev '
	refute_match 'not found'
	[ "$(wc -l <"$TOP/docs/tour.sh")" -le 40 ]
}

@test "README.md fits on one screen of a wide terminal, its links lead somewhere" {
	[ "$(wc -l <"$TOP/README.md")" -le 66 ]
	while read -r link; do
		assert [ -e "$TOP/$link" ]
	done < <(grep -o '](\([^)]*\))' "$TOP/README.md" | tr -d '])(' | grep -v '^http')
}
