#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# bad-input.bats - what is wrong with a profile is said with its place, and nothing runs
# alike: user
# fresh: no
load helper

setup() {
	nook_setup
	umask 022
	chmod 755 .
}

# refused TEXT MESSAGE... - a profile of these bytes (printf's %b) is refused with these words
refused() {
	printf '%b' "$1" >p.yaml
	shift
	nook_run profile check ./p.yaml
	assert_status 1
	assert_output
	assert_equal "${stderr_lines[0]}" "nook: ./p.yaml:$*"
}

accepted() {
	printf '%b' "$1" >p.yaml
	nook_run profile check ./p.yaml
	assert_status 0
	assert_stderr
}

# AddressSanitizer maps far more than that for itself
in_64_mb() (
	[[ $(readlink -f "$NOOK") == */san/* ]] || ulimit -d 65536
	"$@"
)

# quickly_refused MESSAGE - refused within a second, with no more memory than 64 MB
quickly_refused() {
	local started=${EPOCHREALTIME/./}
	run --separate-stderr in_64_mb "$NOOK" profile check ./p.yaml
	assert_status 1
	assert_equal "${stderr_lines[0]}" "nook: $1"
	[[ $(readlink -f "$NOOK") == */san/* ]] ||
		assert [ $((${EPOCHREALTIME/./} - started)) -lt 1000000 ]
}

@test "IN-01: malformed YAML has a place" {
	refused 'description: "abc' "1:18: found unexpected end of stream while scanning a quoted scalar"
	refused 'root:\n\tfrom: host\n' \
		"2:1: found character that cannot start any token while scanning for the next token"
	assert_match '^hint: indent with blanks, and put quotes around a value' "${stderr_lines[1]}"
	refused 'description: a\n- b\n' \
		"2:1: did not find expected key while parsing a block mapping that begins in line 1"
	refused 'description: a\n---\ndescription: b\n' "2:1: expected one document, here is a second"
	refused '\0377\0376d\0000e\0000' "1:1: is UTF-16, expected UTF-8"
	refused 'description: a: b' "1:15: mapping values are not allowed in this context"
	refused 'command: [a, b' \
		"2:1: did not find expected ',' or ']' while parsing a flow sequence that begins in" \
		"line 1"
}

@test "IN-01: an empty profile, only comments, a byte order mark and CRLF are fine" {
	accepted ''
	accepted '# nothing\n\n# here\n'
	accepted '---\n'
	accepted '\0357\0273\0277description: x\n'
	accepted 'description: x\r\nroot:\r\n  from: host\r\n'
	accepted '%YAML 1.2\n---\ndescription: x\n...\n'
}

@test "IN-01: lines are counted behind a long comment" {
	refused '# a\n\n# b\nhostnam: x\n' "4:1: unknown key 'hostnam', did you mean 'hostname'"
	refused '\0357\0273\0277# a\nhostnam: x\n' "2:1: unknown key 'hostnam', did you mean 'hostname'"
}

@test "IN-02: what is too large, too deep or too much is refused at once" {
	head -c 10000000 /dev/zero | tr '\0' a >p.yaml
	quickly_refused "profile './p.yaml': larger than 1M"
	truncate -s 100M p.yaml
	quickly_refused "profile './p.yaml': larger than 1M"
	seq -f 'k%.0f: 1' 1000000 >p.yaml
	quickly_refused "profile './p.yaml': larger than 1M"
	{ printf 'labels:\n' && seq -f ' k%.0f: 1' 80000; } >p.yaml
	quickly_refused "./p.yaml:4098:2: more than 4096 entries"
	{ printf 'command: ' && head -c 10000 /dev/zero | tr '\0' '['; } >p.yaml
	quickly_refused "./p.yaml:1:25: nested deeper than 16"
	{ printf 'command:\n' && seq -f '- %.0f' 100000; } >p.yaml
	quickly_refused "./p.yaml:4098:3: more than 4096 entries"
	{ printf 'description: ' && head -c 1000000 /dev/zero | tr '\0' '\001'; } >p.yaml
	quickly_refused "./p.yaml:1:14: control byte 0x01"
	head -c 1000000 /dev/zero | tr '\0' '{' >p.yaml
	quickly_refused "./p.yaml:1:2: a key must be a word"
}

@test "IN-03: aliases, anchors, merge keys and tags are refused" {
	refused 'labels: &a {x: y}\n' "1:9: anchors are not taken, use extends"
	refused 'labels: *a\n' "1:9: aliases are not taken, use extends"
	refused 'labels: {<<: {a: b}}\n' "1:10: merge keys are not taken, use extends"
	refused 'hostname: !!str a\n' "1:11: tags are not taken"
	refused 'hostname: !a b\n' "1:11: tags are not taken"
	refused '%TAG ! tag:x,2000:\n---\nhostname: a\n' "1:1: tags are not taken"
	refused '&a labels: {}\n' "1:1: anchors and tags are not taken"
}

@test "IN-04: NUL and control bytes are refused, written out or escaped" {
	refused 'hostname: a\0000b\n' "1:12: control byte 0x00"
	refused 'command: ["a\\0b"]\n' "1:11: NUL byte in a value"
	refused 'environment: {"A\\0": x}\n' "1:15: control byte in a key"
	refused 'labels: {"a\\nb": x}\n' "1:10: control byte in a key"
	refused 'description: a\0033[2J\n' "1:15: control byte 0x1b"
	refused 'description: "\\e[2J"\n' \
		"1:14: 'description' cannot be '\\x1b[2J': expected one line without control bytes"
	refused 'description: a\0302\0205\n' "1:15: control byte 0xc2"
	refused 'workdir: "/a\\0"\n' "1:10: NUL byte in a value"
}

@test "IN-05: invalid UTF-8 is refused, invisible characters in keys and names too" {
	refused 'description: \0377\n' "1:14: byte 0xff is not valid UTF-8"
	refused 'description: \0300\0257\n' "1:14: byte 0xc0 is not valid UTF-8"
	refused 'description: \0355\0240\0200\n' "1:14: byte 0xed is not valid UTF-8"
	refused 'description: \0364\0220\0200\0200\n' "1:14: byte 0xf4 is not valid UTF-8"
	refused 'description: \0342\0202' "1:14: byte 0xe2 is not valid UTF-8"
	refused 'host\0342\0200\0213name: a\n' "1:1: unknown key 'host\\u{200b}name'"
	refused 'hostname: a\0342\0200\0256b\n' \
		"1:11: 'hostname' cannot be 'a\\u{202e}b': expected 1 to 64 letters, digits, '.' or '-'"
	refused 'environment: {\0342\0200\0256: b}\n' \
		"1:15: 'environment' cannot have '\\u{202e}': expected a name such as PATH"
	accepted 'description: "gr\0303\0274\0303\0237e \0360\0237\0246\0212"\n'
}

@test "IN-06: keys that stand twice are refused" {
	refused 'capabilities: []\ncapabilities: [NET_RAW]\n' \
		"2:1: key 'capabilities' stands twice, first in line 1"
	refused 'root: {from: host, from: system}\n' "1:20: key 'from' stands twice, first in line 1"
	refused 'seccomp: {allow: [], allow: []}\n' "1:22: key 'allow' stands twice, first in line 1"
}

@test "IN-09: names" {
	for name in . .. -rf --help 'a b' $'a\tb' $'a\nb' $'a\033b' .hidden \
		aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; do
		nook_run profile check -- "$name"
		[ "$status" != 0 ] || fail "'$name' was taken"
		nook_run profile new --path "$T/x.yaml" -- "$name"
		refute [ -e x.yaml ]
	done
	nook_run profile new --path "$T/x.yaml" ''
	assert_status 2
	assert_stderr_match "^nook: no profile can be called '': expected a name of 1 to 64 letters"
}

@test "IN-11: inheritance in a circle, too deep, or from nowhere names the chain" {
	export NOOK_PROFILE_PATH=$T/p
	mkdir p
	echo "extends: a" >p/a.yaml
	nook_run profile check a
	assert_status 1
	assert_stderr "nook: $T/p/a.yaml:1:10: extends goes in a circle: a -> a"
	echo "extends: b" >p/a.yaml
	echo "extends: [c]" >p/b.yaml
	echo "extends: ./a.yaml" >p/c.yaml
	nook_run profile check a
	assert_stderr "nook: $T/p/c.yaml:1:10: extends goes in a circle: a -> b -> c -> $T/p/a.yaml"
	for i in {0..1000}; do
		echo "extends: x$((i + 1))" >"p/x$i.yaml"
	done
	nook_run profile check x0
	assert_status 1
	chain=$(printf ' -> x%d' {1..17})
	assert_stderr "nook: $T/p/x16.yaml:1:10: extends is deeper than 16: x0$chain"
	echo "extends: nobody" >p/b.yaml
	nook_run profile check a
	assert_equal "${stderr_lines[0]}" "nook: $T/p/b.yaml:1:10: no profile 'nobody', looked in $T/p"
}

@test "IN-12: a profile that others can change is refused" {
	echo 'hostname: a' >p.yaml
	chmod 666 p.yaml
	nook_run profile check ./p.yaml
	assert_status 1
	assert_stderr "nook: profile './p.yaml': others than its owner can write it
hint: chmod go-w ./p.yaml"
	chmod 664 p.yaml
	nook_run profile check ./p.yaml
	assert_status 1
	chmod 644 p.yaml
	mkdir open sticky
	chmod 777 open
	chmod 1777 sticky
	cp p.yaml open/
	cp p.yaml sticky/
	nook_run profile check ./open/p.yaml
	assert_status 1
	assert_stderr "nook: profile './open/p.yaml': everybody can write its directory
hint: take the right away (chmod o-w) or keep profiles in ~/.config/nook/profiles"
	nook_run profile check ./sticky/p.yaml
	assert_status 0
	ln -s ../p.yaml sticky/link.yaml
	nook_run profile check ./sticky/link.yaml
	assert_status 1
	assert_stderr "nook: profile './sticky/link.yaml': a symlink in a directory of others"
	ln -s p.yaml link.yaml
	nook_run profile check ./link.yaml
	assert_status 0
}

@test "IN-12: a profile of somebody else is refused" {
	only_for root "makes a file of somebody else"
	echo 'hostname: a' >p.yaml
	chown 4711 p.yaml
	nook_run profile check ./p.yaml
	assert_status 1
	assert_stderr "nook: profile './p.yaml': belongs to user 4711, expected you or root
hint: read it, then copy it to a file of your own"
}

@test "IN-12: what is no file is refused without waiting" {
	mkfifo p.yaml
	nook_run profile check ./p.yaml
	assert_status 1
	assert_stderr "nook: profile './p.yaml': not a regular file"
	nook_run profile check /dev/zero
	assert_status 1
	assert_stderr "nook: profile '/dev/zero': not a regular file"
	mkdir d.yaml
	nook_run profile check ./d.yaml
	assert_stderr "nook: profile './d.yaml': not a regular file"
	nook_run profile check ./d.yaml/
	assert_stderr "nook: profile './d.yaml/': is a directory"
	nook_run profile check ./nothing.yaml
	assert_stderr "nook: profile './nothing.yaml': no such file"
	nook_run profile check ./no/where.yaml
	assert_stderr "nook: profile './no/where.yaml': cannot open its directory: No such file or directory"
}

@test "IN-12: under sudo the user's own profiles are not read" {
	only_for root "sudo makes root"
	mkdir -p .config/nook/profiles
	echo 'hostname: a' >.config/nook/profiles/mine.yaml
	nook_run profile check mine
	assert_status 0
	SUDO_UID=1000 nook_run profile check mine
	assert_status 1
	assert_stderr_match "^nook: no profile 'mine', looked in /root/.config/nook/profiles, /etc/nook"
}

@test "LG-01: what is shown of a profile is escaped" {
	printf 'description: "\\u202e\\u009b2J"\nhostname: "\\e]0;x\\a"\n' >p.yaml
	nook_run profile check ./p.yaml
	assert_equal "${stderr_lines[0]%: *}" "nook: ./p.yaml:2:11: 'hostname' cannot be '\\x1b]0;x\\x07'"
	mkdir $'a\033b'
	nook_run profile check $'./a\033b/p.yaml'
	assert_equal "${stderr_lines[0]}" "nook: profile './a\\x1bb/p.yaml': no such file"
}

@test "check tells every key and every entry that is wrong, where run stops at the first" {
	cat >p.yaml <<-'END'
		hostnam: a
		root: {from: sistem, pth: /x, changes: discard}
		mounts:
		  - {bind: /a, to: b}
		  - tmpfs: /fine
		  - {tmpfs: /x, sise: 3M}
		environment: {FINE: a, "b=c": d}
		capabilities: [NET_RAW, CHWON, NET_RAWW]
		namespaces: [user, mount, mount]
		+devices: [full, /etc/passwd]
		seccomp: {allow: [read], errno: EPRM, x: y}
		limits: {pidz: 5, memory: lots}
	END
	nook_run profile check ./p.yaml
	assert_status 1
	assert_output
	assert_stderr "nook: ./p.yaml:1:1: unknown key 'hostnam', did you mean 'hostname'
nook: ./p.yaml:2:14: 'root.from' cannot be 'sistem': expected system, host, directory or empty
hint: did you mean 'system'
nook: ./p.yaml:2:22: unknown key 'root.pth', did you mean 'root.path'
nook: ./p.yaml:4:20: 'mounts.to' cannot be 'b': expected an absolute path without '..'
nook: ./p.yaml:6:17: unknown key 'mounts.sise', did you mean 'size'
nook: ./p.yaml:7:24: 'environment' cannot have 'b=c': expected a name of printable characters without '='
nook: ./p.yaml:8:25: 'capabilities' cannot be 'CHWON': expected names such as NET_BIND_SERVICE, or box-root
hint: did you mean 'CHOWN'
nook: ./p.yaml:8:32: 'capabilities' cannot be 'NET_RAWW': expected names such as NET_BIND_SERVICE, or box-root
hint: did you mean 'NET_RAW'
nook: ./p.yaml:9:27: 'namespaces' names 'mount' twice
nook: ./p.yaml:10:18: 'devices' cannot be '/etc/passwd': expected a path below '/dev'
nook: ./p.yaml:11:33: 'seccomp.errno' cannot be 'EPRM': expected the name of an error such as EPERM
nook: ./p.yaml:11:39: unknown key 'seccomp.x', expected allow, deny, errno or wx
nook: ./p.yaml:12:10: unknown key 'limits.pidz', did you mean 'limits.pids'
nook: ./p.yaml:12:27: 'limits.memory' cannot be 'lots': expected a size from 4K on such as 512M, or max"
	nook_run run ./p.yaml -- true
	assert_status 125
	assert_stderr "nook: ./p.yaml:1:1: unknown key 'hostnam', did you mean 'hostname'"
}

@test "check tells what is wrong with a parent once, and goes on with the others" {
	export NOOK_PROFILE_PATH=$T/p
	mkdir p
	printf 'extends: [nobody, left, right]\nhostnam: a\n' >p/a.yaml
	printf 'extends: root\nworkdir: x\n' >p/left.yaml
	printf 'extends: root\ncommand: [a\n' >p/right.yaml
	printf 'init: no\n+command: [b]\n' >p/root.yaml
	printf 'hostname: a\n' >p/fine.yaml
	nook_run profile check a fine right
	assert_status 1
	assert_output "$T/p/fine.yaml: ok"
	broken="nook: $T/p/right.yaml:3:1: did not find expected ',' or ']' while parsing a flow sequence \
that begins in line 2"
	assert_stderr "nook: $T/p/a.yaml:1:11: no profile 'nobody', looked in $T/p
hint: 'nook profile ls' lists them; a path needs a slash: ./nobody.yaml
nook: $T/p/root.yaml:1:7: 'init' cannot be 'no': expected reaper or none
nook: $T/p/left.yaml:2:10: 'workdir' cannot be 'x': expected an absolute path, one below ~ or one that \
begins with \${NAME}
$broken
nook: $T/p/a.yaml:2:1: unknown key 'hostnam', did you mean 'hostname'
$broken"
}

@test "check tells each system call that nobody knows: to deny it is an error, to allow it a warning" {
	printf '%s\n' 'seccomp:' '  allow: [moutn, "@debug"]' '  deny: [ptrase, chmod, "@mounts", qwxyz]' >p.yaml
	nook_run profile check ./p.yaml
	assert_status 1
	assert_output
	assert_stderr "nook: warning: ./p.yaml:2:11: 'seccomp.allow': no system call or set is called 'moutn', \
nearest is 'mount'
nook: ./p.yaml:3:10: 'seccomp.deny': no system call or set is called 'ptrase', nearest is 'ptrace'
nook: ./p.yaml:3:25: 'seccomp.deny': no system call or set is called '@mounts', nearest is '@mount'
nook: ./p.yaml:3:36: 'seccomp.deny': no system call or set is called 'qwxyz'"
	nook_run run ./p.yaml -- true
	assert_status 125
	assert_stderr_match "./p.yaml:3:10: 'seccomp.deny': no system call or set is called 'ptrase', nearest is 'ptrace'"
	# Calls of other architectures, and newer ones than libseccomp names
	printf 'seccomp: {allow: [moutn], deny: [arm_fadvise64_64, s390_pci_mmio_read, listmount]}\n' >p.yaml
	nook_run profile check ./p.yaml
	assert_status 0
	assert_output './p.yaml: ok'
	assert_stderr "nook: warning: ./p.yaml:1:19: 'seccomp.allow': no system call or set is called 'moutn', \
nearest is 'mount'"
}

@test "check tells what several keys have wrong together when each is right by itself" {
	cat >p.yaml <<-'END'
		namespaces: [user, mount]
		network: {mode: join}
		time: {boottime: 1h, monotonic: 1h}
		sysctls: {net.ipv4.ip_forward: 1, kernel.shmmax: 1}
		limits: {memory: 1M, memory_high: 2M}
	END
	nook_run profile check ./p.yaml
	assert_status 1
	assert_stderr "nook: ./p.yaml:3:18: 'time.boottime' needs the time namespace
nook: ./p.yaml:3:33: 'time.monotonic' needs the time namespace
nook: ./p.yaml:4:32: 'sysctls.net.ipv4.ip_forward' needs a network of the box's own
nook: ./p.yaml:4:50: 'sysctls.kernel.shmmax' needs the ipc namespace
nook: ./p.yaml:2:17: 'network.mode: join' needs 'network.join'
nook: ./p.yaml:5:35: 'limits.memory_high' is above 'limits.memory'"
	echo 'hostnam: a' >>p.yaml
	nook_run profile check ./p.yaml
	assert_stderr "nook: ./p.yaml:6:1: unknown key 'hostnam', did you mean 'hostname'"
}

@test "a wrong value of an option is wrong usage, one of a file is not" {
	echo 'hostnam: a' >p.yaml
	echo 'description: x' >q.yaml
	for words in 'create b' 'explain' 'profile show' 'export --as bwrap'; do
		# shellcheck disable=SC2086 # words
		nook_run $words ./q.yaml --set nosuch=1
		assert_status 2
		assert_stderr "nook: --set: unknown key 'nosuch'"
		# shellcheck disable=SC2086 # words
		nook_run $words ./q.yaml --set limits.memory=5X
		assert_status 2
		assert_equal "${stderr_lines[0]}" "nook: --set: 'limits.memory' cannot be '5X': expected a size from 4K on such as 512M, or max"
		# shellcheck disable=SC2086 # words
		nook_run $words ./p.yaml --set nosuch=1
		assert_status 1
		assert_equal "${stderr_lines[0]}" "nook: ./p.yaml:1:1: unknown key 'hostnam', did you mean 'hostname'"
	done
	nook_run run ./q.yaml --set nosuch=1 -- true
	assert_status 125
}

@test "options are looked at before the box, file or profile that is not there" {
	local -A wrong=(
		["logs --tail x nosuch"]="2 --tail 'x': expected a count of lines"
		["logs --since x nosuch"]="2 --since 'x': expected a time such as 2026-11-21T15:36:08Z, or a duration such as 10m"
		["stop --time x nosuch"]="2 --time 'x': expected a duration such as 10s"
		["exec --workdir x nosuch true"]="125 --workdir 'x': expected an absolute path"
		["exec --env =x nosuch true"]="125 --env '=x': expected NAME=VALUE or NAME"
		["create --log-size x web nosuch"]="2 --log-size 'x': expected a size such as 10M"
		["run -d --name web --log-size x nosuch"]="125 --log-size 'x': expected a size such as 10M"
		["run --log-size 1M nosuch"]="125 --log-size is for a box in the background"
		["shell --log-size 1M nosuch"]="125 --log-size is for a box in the background"
		["run --keep --name web --log-size 1M nosuch"]="125 --log-size is for a box in the background"
		["batch --jobs x nosuch"]="125 --jobs 'x': expected 1 to 1024, or auto"
		["batch --repeat x nosuch"]="125 --repeat 'x': expected 1 to 10000"
		["batch --total-memory 0 nosuch"]="125 --total-memory '0': no job would fit"
		["diff nosuch data"]="2 'data': expected a path as the box has it, from '/' on"
		["net check --from nosuch x"]="2 'x': expected HOST:PORT or [ADDRESS]:PORT"
	)
	for words in "${!wrong[@]}"; do
		# shellcheck disable=SC2086 # words
		nook_run $words
		assert_status "${wrong[$words]%% *}"
		assert_equal "${stderr_lines[0]}" "nook: ${wrong[$words]#* }"
	done
}

@test "run refuses what check refuses, with 125, and runs nothing" {
	echo 'hostnam: a' >p.yaml
	nook_run run ./p.yaml -- touch "$T/ran"
	assert_status 125
	assert_equal "${stderr_lines[0]}" "nook: ./p.yaml:1:1: unknown key 'hostnam', did you mean 'hostname'"
	refute [ -e ran ]
}
