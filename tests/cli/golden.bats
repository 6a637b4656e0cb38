#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# golden.bats - what every word of the console and every command prints, word for word
# as: root user subids
# in: release
#
# tests/cli/golden/words and commands have a file for each: what is typed behind `$ `, and below it what
# comes on stdout and stderr, masked where it is another one each time. The tables of the program say
# which must be there: a word without a file fails. UPDATE=1 writes what is printed now: read it.
# fresh: no
load helper
load boxes
load net
load living

golden=$TOP/tests/cli/golden

setup() {
	nook_setup
	mkdir bin profiles
	ln -s "$NOOK" bin/nook
	cp "$TOP"/profiles/*.yaml profiles
	cp -r "$golden/labs" .
	export PATH=$T/bin:$PATH XDG_STATE_HOME=$T/state NOOK_PROFILE_PATH=$T/profiles
	export NOOK_LAB_PATH=$T/labs
}

# masked - names of namespaces, ids, times, pids, this machine and its directories
masked() {
	sed -E "s|$XDG_STATE_HOME/nook-labs|/labs|g; s|$T|/home/user|g; s|$TOP|/src|g; s/\\b$(hostname)\\b/MACHINE/g" |
		sed "s/^nook $(cat "$TOP/VERSION")\$/nook VERSION/" |
		perl -pe 's/\b[0-9]{10}\b/NAMESPACE/g; s/"id":"[0-9a-z]{12}"/"id":"IDENTIFIER"/g;
			s/\b(?=[a-z]*[0-9])[0-9a-z]{12}\b/IDENTIFIER/g;
			s|/proc/\d+|/proc/PID|g; s/\bprocess \d+/process PID/g;
			s/\d{4}-\d\d-\d\dT[0-9:.]*Z?/TIME/g; s/\(pid \d+\)/(pid PID)/g; s/\buser \d+/user N/g;
			s/"(keeper|init|started|uid|gid)":\d+/"$1":N/g; s/[ \t]+$//'
}

# replay FILE - its commands, each in this directory, and what they print
replay() {
	local command
	sed -n 's/^\$ //p' "$1" | while IFS= read -r command; do
		printf '$ %s\n' "$command"
		bash -c "$command" </dev/null 2>&1 || true
	done
}

# compare KIND NAME - the file of a word, played again; what it made goes
compare() {
	local file=$golden/$1/$2 box
	[ -s "$file" ] || { echo "no file $file: write '\$ COMMAND' into it, and UPDATE=1" >>bad; return; }
	grep -q "^\\$ .*\\b${2//-/ }\\b" "$file" || echo "$file does not say '${2//-/ }'" >>bad
	replay "$file" | masked >got
	"$NOOK" lab stop 2>/dev/null || :
	rm -rf "$(state_dir)/lab"
	for box in $("$NOOK" ps -a --names); do "$NOOK" rm -f "$box" 2>/dev/null || "$NOOK" kill "$box"; done
	for box in $("$NOOK" net ls --names); do "$NOOK" net rm "$box"; done
	rm -f ./*.yaml repaired profiles/mine.yaml
	if [ "${UPDATE:-}" = 1 ]; then cp got "$file"; else diff "$file" got >>bad || true; fi
}

# none_more KIND - every file there is one of a word
none_more() {
	local file
	for file in "$golden/$1"/*; do
		grep -qxF "${file##*/}" names || echo "$file is of no word" >>bad
	done
}

@test "every word of the console" {
	: >bad
	"$NOOK" -c help | sed -n '2,/^$/s/^  \([a-z]*\)\b.*/\1/p' | grep . >names
	assert [ "$(wc -l <names)" -gt 20 ]
	while read -r name <&3; do compare words "$name"; done 3<names
	none_more words
	assert_equal "$(cat bad)" ""
}

@test "every command" {
	: >bad
	"$NOOK" help | sed -nE 's/^  ([a-z]+( [a-z]+)?)  .*/\1/p' | grep -v "^nook" | tr " " - >names
	assert [ "$(wc -l <names)" -gt 40 ]
	while read -r name <&3; do compare commands "$name"; done 3<names
	none_more commands
	assert_equal "$(cat bad)" ""
}
