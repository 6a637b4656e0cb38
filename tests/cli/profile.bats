#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# profile.bats - profiles are found, inherited, shown, compared and begun
load helper

setup() {
	nook_setup
	export NOOK_PROFILE_PATH=$T/p
	mkdir p
	chmod 755 . p
	umask 022
}

# profile NAME LINE... - a profile in the search list
profile() {
	local name=$1
	shift
	printf '%s\n' "$@" >"p/$name.yaml"
}

@test "every shipped profile is in order" {
	unset NOOK_PROFILE_PATH
	nook_run profile check base dev offline strict net machine chroot thin
	assert_status 0
	assert_stderr
	assert_equal "${#lines[@]}" 8
	for file in "$TOP"/bench/profiles/*.yaml; do
		nook_run profile check "$file"
		assert_status 0
	done
}

@test "ls lists names, descriptions and paths, and the first directory wins" {
	mkdir q
	profile a "description: first"
	echo "description: second" >q/a.yaml
	echo "description: other" >q/b.yaml
	touch q/.hidden.yaml q/notes.txt
	NOOK_PROFILE_PATH=$T/p:$T/q nook_run profile ls
	assert_status 0
	assert_output "a          first
           $T/p/a.yaml
b          other
           $T/q/b.yaml"
}

@test "ls --json is JSON, and shows what is wrong with one profile" {
	need python3
	profile a 'description: "a \"b\" \u202e"'
	profile b "nonsense: 1"
	nook_run profile ls --json
	assert_status 0
	printf '%s' "$output" | python3 -c '
import json, sys
listing = json.load(sys.stdin)
assert listing["schema"] == 1
a, b = listing["profiles"]
assert a["name"] == "a" and a["error"] is None and a["description"].startswith("a \"b\"")
assert b["description"] is None and "unknown key" in b["error"]'
}

@test "show prints what is inherited, with its place" {
	profile base "root: {from: empty}" "environment: {A: 1, B: 2}" "mounts: [/usr:/usr]"
	profile mine "extends: base" "environment: {B: null, C: 3}" "+mounts: [/etc:/etc]" \
		"root: {from: null}"
	nook_run profile show --origin mine
	assert_status 0
	assert_output "mounts:
  - /usr:/usr  # $T/p/base.yaml:3
  - /etc:/etc  # $T/p/mine.yaml:3
environment:
  A: 1  # $T/p/base.yaml:2
  B: null  # $T/p/mine.yaml:2
  C: 3  # $T/p/mine.yaml:2"
}

@test "what show prints is the same profile again, for every shipped one" {
	local file n=0
	unset NOOK_PROFILE_PATH
	for file in "$TOP"/profiles/*.yaml "$TOP"/bench/profiles/*.yaml; do
		"$NOOK" profile show "$file" >again.yaml
		nook_run profile diff "$file" ./again.yaml
		assert_status 0
		assert_output
		"$NOOK" profile show ./again.yaml >third.yaml
		cmp again.yaml third.yaml
		# With every default and every place written out, too
		"$NOOK" profile show --origin "$file" >again.yaml
		nook_run profile diff "$file" ./again.yaml
		assert_output
		n=$((n + 1))
	done
	assert [ "$n" -gt 8 ]
	# A difference would be seen
	echo 'labels: {a: b}' | cat third.yaml - >again.yaml
	nook_run profile diff ./third.yaml ./again.yaml
	assert [ -n "$output" ]
}

@test "later parents win, a list replaces, a plus appends" {
	profile a "hostname: a" "command: [a]" "devices: [null]"
	profile b "hostname: b" "command: [b]"
	profile c "extends: [a, b]" "+command: [c]"
	nook_run profile show c
	assert_output "hostname: b
devices:
  - $(printf '"null"')
command:
  - b
  - c"
}

@test "a parent of two parents counts once, before both" {
	profile base "hostname: base" "command: [base]"
	profile a "extends: base" "hostname: a" "+command: [a]"
	profile b "extends: base" "+command: [b]"
	profile c "extends: [a, b]"
	nook_run profile show c
	assert_output "hostname: a
command:
  - base
  - a
  - b"
}

@test "a plus appends to the built-in default too" {
	profile a "+devices: [/dev/fuse]" "+namespaces: [time]"
	nook_run profile show a
	assert_status 0
	assert_line "  - tty"
	assert_line "  - /dev/fuse"
	assert_line "  - cgroup"
	assert_line "  - time"
}

@test "diff says which side has what, and from where" {
	profile a "hostname: a" "umask: 077"
	profile b "hostname: b" "umask: 077"
	nook_run profile diff a b
	assert_status 1
	assert_output "hostname:
  - a  ($T/p/a.yaml:1)
  + b  ($T/p/b.yaml:1)"
	profile b "hostname: a"
	nook_run profile diff a b
	assert_status 1
	assert_output "umask:
  - 077  ($T/p/a.yaml:2)
  + 022  (default)"
	nook_run profile diff a a
	assert_status 0
	assert_output
}

@test "options are set on top, named in errors, and quoted text is text" {
	profile a "hostname: a" "environment: {A: 1}" "command: [a]"
	nook_run profile show --origin a --set hostname=b --set 'environment.B=x: y' \
		--set '+command=[c, "d e"]' --set rlimits.nofile=64 --set labels.x=y \
		--set 'environment.C="null"' --set environment.A=null
	assert_status 0
	assert_output "hostname: b  # --set
environment:
  B: \"x: y\"  # --set
  C: \"null\"  # --set
  A: null  # --set
command:
  - a  # $T/p/a.yaml:3
  - c  # --set
  - d e  # --set
rlimits:
  nofile: 64  # --set
labels:
  x: y  # --set"
	nook_run profile show a --set limits.memory=5X
	assert_status 2
	assert_stderr "nook: --set: 'limits.memory' cannot be '5X': expected a size from 4K on such as 512M, or max"
	nook_run profile show a --set limits.memroy=5M
	assert_stderr "nook: --set: unknown key 'limits.memroy', did you mean 'limits.memory'"
	nook_run profile show a --set root=null
	assert_stderr "nook: --set: 'root' is a group of keys, set one of them"
	nook_run profile show a --set 'environment.A=[1]'
	assert_stderr "nook: --set: 'environment.A' cannot be a list: expected text, or null to take it away"
	nook_run profile show a --set +hostname=x
	assert_stderr "nook: --set: '+hostname': only a list can be appended to"
	nook_run profile show a --set hostname=null
	refute_match hostname
}

@test "new writes a profile that is in order and overwrites nothing" {
	profile base "description: b"
	nook_run profile new mine
	assert_status 0
	assert_output "$T/p/mine.yaml"
	nook_run profile check mine
	assert_status 0
	# Every key, without its comment sign, is a key that nook knows
	sed -n '4,$s/^# *\([a-z_]*\):.*/\1/p' p/mine.yaml >keys
	while read -r key; do
		grep -q "[\".]${key}[\".]" "$TOP/sandbox/profile/fields.def" || fail "$key"
	done <keys
	cp p/mine.yaml before
	nook_run profile new mine
	assert_status 1
	assert_stderr "nook: '$T/p/mine.yaml' is there already
hint: edit it, or choose another name"
	cmp before p/mine.yaml
	ln -s nowhere link
	nook_run profile new x --path "$T/link"
	assert_status 1
	refute [ -e nowhere ]
}

@test "new hides no other profile, unless it is told the file" {
	local place=$T/p name=there
	profile base "description: b"
	mkdir q
	echo "description: x" >q/there.yaml
	export NOOK_PROFILE_PATH=$T/p:$T/q
	# Without the variable: the places of this user, and what comes with nook
	for _ in 1 2; do
		nook_run profile new "$name"
		assert_status 1
		assert_output
		assert_stderr_match "^nook: there is a profile '$name' already: '/.*/$name.yaml'\$"
		assert_stderr_match "^hint: choose another name, or name the file .*: --path FILE\$"
		run --separate-stderr "$NOOK" -c "new web; save $name"
		assert_stderr_match "^hint: choose another name, or name the file .*: save FILE\$"
		refute [ -e "$place/$name.yaml" ]
		unset NOOK_PROFILE_PATH
		name=strict place=$T/.config/nook/profiles
		! is_root || place=/etc/nook/profiles
	done
	refute [ -e "$T/.config" ]
	NOOK_PROFILE_PATH=$T/p:$T/q nook_run profile new there --path "$T/p/there.yaml"
	assert_status 0
	NOOK_PROFILE_PATH=$T/p:$T/q nook_run profile show there --origin
	assert_line "description: my own  # $T/p/there.yaml:3"
}

@test "new makes the directory of the user, and runs with a wide umask" {
	unset NOOK_PROFILE_PATH
	umask 000
	nook_run profile new x --path "$T/x.yaml"
	assert_status 0
	assert_equal "$(stat -c %a x.yaml)" 644
	# root's go to /etc/nook/profiles, which is the machine's
	if is_root; then
		return
	fi
	nook_run profile new mine --from strict
	assert_status 0
	assert_output "$T/.config/nook/profiles/mine.yaml"
	umask 022
	nook_run profile show mine --origin
	assert_status 0
	assert_line "description: my own  # $T/.config/nook/profiles/mine.yaml:3"
}

@test "the current directory is never searched, and an empty entry is not it" {
	echo "description: x" >here.yaml
	NOOK_PROFILE_PATH=:$T/p: nook_run profile show here
	assert_status 1
	assert_stderr "nook: no profile 'here', looked in $T/p
hint: 'nook profile ls' lists them; a path needs a slash: ./here.yaml"
	nook_run profile show ./here.yaml
	assert_status 0
}

@test "an unknown name is answered with the nearest one" {
	profile strict "description: x"
	nook_run profile show strct
	assert_status 1
	assert_stderr "nook: no profile 'strct', did you mean 'strict', looked in $T/p
hint: 'nook profile ls' lists them; a path needs a slash: ./strct.yaml"
	nook_run run strct -- true
	assert_status 125
}

@test "a file beside can be extended, others cannot" {
	mkdir d
	echo "hostname: a" >d/a.yaml
	echo "extends: ./a.yaml" >d/b.yaml
	nook_run profile show ./d/b.yaml
	assert_output "hostname: a"
	for bad in ../a.yaml "$T/d/a.yaml" ./../d/a.yaml ./.. ./; do
		echo "extends: $bad" >d/b.yaml
		nook_run profile show ./d/b.yaml
		assert_status 1
		expected="expected a profile's name, or ./FILE beside this one"
		assert_stderr "nook: ./d/b.yaml:1:10: 'extends' cannot be '$bad': $expected"
	done
}

@test "variables and the home directory expand where they may" {
	profile a "mounts: ['~/x:/x', '\${FOO}/y:/y']" "workdir: \${FOO}/z" \
		"environment: {A: '\${FOO}', B: '~'}"
	FOO=/foo nook_run profile check a
	assert_status 0
	nook_run profile check a
	assert_status 1
	assert_stderr "nook: $T/p/a.yaml:1:20: 'mounts.bind' needs the variable 'FOO', which is not set
nook: $T/p/a.yaml:2:10: 'workdir' needs the variable 'FOO', which is not set"
	profile a "environment: {A: '\${FOO}', B: '~'}"
	nook_run profile check a
	assert_status 0
}
