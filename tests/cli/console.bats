#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# console.bats - the console from scripts: each word, what it changes, what it says to wrong ones
# as: root user subids
# takes: 30
# fresh: no
load helper
load boxes
load net

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	mkdir profiles
	cp "$TOP"/profiles/*.yaml profiles/
	export NOOK_PROFILE_PATH=$T/profiles
}

# says WORDS - the console says them, in $output and $stderr
says() { nook_run -c "$1"; }

# fact NAME - both columns of a line of `view` or of what changed, blanks squeezed
fact() { cut -c3- <<<"$output" | sed -n "s/^$(printf '%-15s' "$1") //p" | tail -n 1 | tr -s ' '; }

# numbers of namespaces are other ones each time
golden() { sed -E 's/[0-9]{10}/NS/g; s/ +/ /g'; }

@test "a script from -c, a file, standard input, and from its first line" {
	says 'version; version'
	assert_status 0
	assert_output "nook $(cat "$TOP/VERSION")
nook $(cat "$TOP/VERSION")"
	printf '# a comment\n\nversion\n' >a.nook
	nook_run ./a.nook
	assert_output "nook $(cat "$TOP/VERSION")"
	run --separate-stderr "$NOOK" <a.nook
	assert_output "nook $(cat "$TOP/VERSION")"
	mkdir bin
	ln -s "$NOOK" bin/nook
	printf '#!/usr/bin/env nook\nversion\n' >b.nook
	chmod +x b.nook
	PATH=$T/bin:$PATH run ./b.nook
	assert_status 0
	assert_output "nook $(cat "$TOP/VERSION")"
}

@test "it ends at the first error, with file, line, the nearest word and its exit code" {
	printf 'new web\n\nadd usre\nversion\n' >a.nook
	nook_run ./a.nook
	assert_status 2
	assert_output
	assert_stderr "./a.nook:3: no layer 'usre', did you mean 'user'
hint: 'layers' lists them"
	says 'new web; rnu id'
	assert_stderr "-c:1: unknown word 'rnu', did you mean 'run'
hint: 'help' lists the words; 'run rnu' runs a program in the draft"
	says 'new web; run sh -c "exit 7"; version'
	assert_status 7
	assert_output
	says 'profile show nosuch; version'
	assert_status 1
	says "new 'web"
	assert_status 2
	assert_stderr '-c:1: the text ends within quotes'
	says 'version | cat'
	assert_status 2
	assert_stderr_match "^-c:1: '\|' means nothing here$"
	says 'new web; run true &'
	assert_status 2
	assert_stderr "-c:1: '&' is for who sits at the console
hint: 'start' makes a box that lives on, so does 'nook run -d'"
	nook_run ./nosuch.nook
	assert_status 1
	assert_stderr "nook: cannot open './nosuch.nook': No such file or directory"
}

@test "a word used wrongly ends with 2, one that fails with 1" {
	local -A wrong=(
		[nosuch]="unknown word 'nosuch'"
		[add]="usage: add LAYER [WORD...]"
		["jobs 1"]="usage: jobs"
		["fg x"]="'x': expected a number of 'jobs'"
		["new .x"]="no draft can be called '.x': expected a name of 1 to 64 letters, digits, '_', '.' or '-', not beginning with '.' or '-'"
	)
	for words in "${!wrong[@]}"; do
		says "$words"
		assert_status 2
		assert_equal "${stderr_lines[0]}" "-c:1: ${wrong[$words]}"
	done
	wrong=(
		["set nosuch 1"]="set nosuch 1: unknown key 'nosuch'"
		["set hostname 'a b'"]="set hostname 'a b': 'hostname' cannot be 'a b': expected 1 to 64 letters, digits, '.' or '-'"
		["limit nosuch 1"]="no limit 'nosuch'"
		["drop nosuch"]="no layer 'nosuch'"
		["add user net x"]="'x' is no kind of network: expected none, veth, user or host"
		["add rlimit nofile"]="rlimit takes a name and a value, such as nofile 64"
		["undo x"]="'x': expected a count of words"
		["show 1"]="usage: show"
		["save .x"]="no profile can be called '.x': expected a name of 1 to 64 letters, digits, '_', '.' or '-', not beginning with '.' or '-'"
	)
	for words in "${!wrong[@]}"; do
		says "new web; $words"
		assert_status 2
		assert_equal "${stderr_lines[0]}" "-c:1: ${wrong[$words]}"
	done
	for words in 'add user' 'new web; undo' 'switch nosuch' 'new web from nosuch'; do
		says "$words"
		assert_status 1
	done
}

@test "a new draft has no wall: every fact inside is the one outside" {
	says 'new web; view'
	assert_status 0
	for ns in user mount pid net uts ipc cgroup time; do
		assert_match "^  ns $ns +the same +[0-9]+$"
	done
	assert_equal "$(fact 'host name')" "$(hostname) $(hostname)"
	assert_equal "$(fact seccomp)" 'off off'
	assert_equal "$(fact user)" "$EUID $EUID"
	# The process is one of this machine's: its number is the same on both sides
	assert_match '^  pid +([0-9]+) +\1$'
}

@test "each layer changes what the kernel says, and only that" {
	says 'new web; add user'
	assert_status 0
	assert_match '^  ns user +[0-9]+, its own +[0-9]+$'
	assert_match '^  user map +0'
	refute_match '^  (ns (mount|pid|net|uts)|host name|pid|root) '
	says 'new web; add user; add pid'
	assert_match '^  pid +1 +[0-9]+$'
	says 'new web; add user; add uts box'
	assert_equal "$(fact 'host name')" "box $(hostname)"
	says 'new web; add user; add net none'
	assert_match '^  ns net +[0-9]+, its own'
	says 'new web; add user; add time 1h'
	assert_equal "$(fact uptime)" "+3600.00s since the machine's start"
	says 'new web; add rlimit nofile 64'
	assert_equal "$(fact 'open files' | cut -d' ' -f1)" 64
	says 'new web; add user mount; add root system'
	assert_match '^  mounts +[0-9]+'
	says 'new web; add user pid mount root system; add caps'
	assert_match '^  capabilities +none'
	says 'new web; add user no_new_privs; add seccomp'
	[ "$EUID" = 0 ] || says 'new web; add user; add seccomp'
	assert_equal "$(fact seccomp)" 'a filter off'
}

@test "what it says of a box is what a command in it finds" {
	says 'new web; add user pid mount root system net none uts box; run sh -c "hostname; echo \$\$; id -u"; view'
	assert_status 0
	assert_match '^  host name +box '
	assert_match '^box$'
	assert_match '^1$'
	assert_match '^0$'
	assert_match '^  user +0 '
	# The other way about: a wall that is there is seen by looking, without a command
	says 'new web; add user; view; run sh -c "readlink /proc/self/ns/uts | tr -dc 0-9"'
	assert_equal "$(tail -n 1 <<<"$output")" "$(fact 'ns uts' | sed 's/.* //')"
}

@test "an ordinary user is told which layer comes first" {
	only_for user "root may have each layer alone"
	says 'new web; add pid'
	assert_status 1
	assert_stderr '-c:1: pid: an ordinary user may have that only in a user namespace
hint: add user first'
}

@test "a word that cannot be had changes nothing" {
	says 'new web; add user; add root /nosuch'
	assert_status 1
	assert_stderr_match "nosuch"
	printf 'new web\nadd user\nset hostname x\n' >a.nook
	nook_run ./a.nook
	assert_stderr "./a.nook:3: set hostname x: 'hostname' needs the uts namespace"
	says 'new web; set nosuch 1'
	assert_stderr_match "unknown key 'nosuch'"
	says 'new web; set memory 100M'
	assert_stderr_match "unknown key 'memory'"
	assert_stderr_match "^hint: limit memory 100M$"
	says 'new web; limit memroy 1M'
	assert_stderr "-c:1: no limit 'memroy', did you mean 'memory'"
	says 'add user'
	assert_stderr '-c:1: there is no draft
hint: new NAME begins one'
}

@test "undo, redo, history, branch, switch, drop" {
	says 'new web; add user; add pid; undo; history'
	assert_status 0
	assert_equal "$(tail -n 3 <<<"$output")" '  new web
> add user
  add pid'
	says 'new web; add user; add pid; undo; redo; history'
	assert_equal "$(tail -n 3 <<<"$output")" '  new web
  add user
> add pid'
	says 'new web; add user; undo 2'
	assert_stderr '-c:1: there is no more to take back than 1'
	says 'new web; redo'
	assert_stderr '-c:1: nothing was taken back'
	says 'new web; add user; branch b; add uts; switch web; drafts'
	assert_match '^  b +user uts( no_new_privs)?$'
	assert_match '^> web +user( no_new_privs)?$'
	says 'new web; add user; drop user; drafts'
	assert_match '^  ns user +the same '
	assert_match '^> web +(-|no_new_privs)$'
	says 'new web; switch wbe'
	assert_stderr "-c:1: no draft 'wbe', did you mean 'web'
hint: 'drafts' lists them"
}

@test "compare says in which keys and facts two drafts differ" {
	says 'new web; add user; branch b; add uts box; compare web b'
	assert_status 0
	assert_equal "$(sed -n '/^namespaces:/,$p' <<<"$output" | golden)" "namespaces:
 - [user]
 + [user, uts]
hostname:
 - the profile's name
 + box

inside web, inside b:
 host name $(hostname) box
 ns uts the same NS, its own"
}

@test "save writes a profile that is the draft; load begins with one" {
	says 'new web; add user pid mount root system net none caps; save ./web.yaml; show'
	assert_status 0
	assert_line ./web.yaml
	nook_run run ./web.yaml -- id -u
	assert_status 0
	assert_output 0
	says 'load ./web.yaml other; drafts; run hostname'
	assert_match '^> other +user pid mount root net caps'
	says 'new web; save ./web.yaml'
	assert_stderr "-c:1: './web.yaml' is there already
hint: edit it, or choose another name"
	says 'new x from strict; run id -u; view'
	assert_line 1000
	assert_equal "$(fact seccomp)" 'a filter off'
}

@test "limits are those of the cgroup's own files" {
	only_for root "cgroups on v1 are for root alone"
	says 'new web; limit memory 64M'
	assert_status 0
	assert_equal "$(fact 'memory limit')" '67108864 -'
	says 'new web; limit memory 64M; limit memory none'
	assert_equal "$(fact 'memory limit')" '- -'
}

@test "commands of nook work as from a shell; run and explain are the draft's" {
	says 'profile ls --names; nook run strict -- id -u'
	assert_status 0
	assert_line strict
	assert_line 1000
	says 'new web; add user uts; explain uts; explain strict | x' || true
	assert_match '^uts - '
	says 'run strict -- id -u'
	assert_output 1000
	says 'net nosuch'
	assert_status 2
}

@test "start makes the draft a box that lives" {
	says 'new web; add user pid init mount root system; add uts box; set command [sleep, 1000]; start; exec web -- hostname; inspect web; stop web; rm web'
	assert_status 0
	assert_line box
	# without a command it waits, and what is weaker is said once
	says 'new web; add user pid init mount root system; start; exec web -- echo here; rm -f web'
	assert_status 0
	assert_line here
	assert_equal "$(grep -c '^nook: warning: shared with the host' <<<"$stderr")" 1
	says 'new web; add user pid init mount root system; set command [sleep, 1000]; ps -a'
	assert_status 0
	refute_match ' web '
	if is_root; then rmdir /var/lib/nook/boxes; else rm -rf .local; fi
}

@test "a changed draft whose box is there already: the hint has words of the console, and they work" {
	says 'new web from base; start; add uts other; start'
	assert_line "-c:1: the box 'web' is running" "$stderr"
	assert_line "hint: 'stop web' and 'rm web' remove it, and then 'start' makes one of this draft" "$stderr"
	says 'new web from base; stop web; add uts other; start'
	assert_line "-c:1: a box named 'web' exists already" "$stderr"
	assert_line "hint: 'start web' starts that box as it was; 'rm web' removes it, and then 'start' makes one of \
this draft" "$stderr"
	says 'new web from base; add uts other; rm web; start; exec web uname -n; stop web; rm web'
	assert_status 0
	assert_line other
	if is_root; then rmdir /var/lib/nook/boxes; else rm -rf .local; fi
}

@test "words of what a layer separates, and the beginning of a limit, lead to their names" {
	says 'new web; add hostname x'
	assert_line "-c:1: no layer 'hostname', did you mean 'uts'" "$stderr"
	says 'new web; add network'
	assert_line "-c:1: no layer 'network', did you mean 'net'" "$stderr"
	says 'new web; limit mem 3'
	assert_line "-c:1: no limit 'mem', did you mean 'memory'" "$stderr"
	says 'help hostname'
	assert_match '^add uts '
}

@test "nothing of the console's words or environment is seen inside" {
	SECRET=swordfish says "new web; add user pid mount; add init; run sh -c 'tr \"\\0\" \" \" </proc/1/environ; cat /proc/1/cmdline; env'"
	assert_status 0
	refute_match swordfish "$output$stderr"
}

@test "help lists every word, explains each within 80 columns" {
	says help
	assert_status 0
	refute_match '.{81}'
	words=$(sed -n '2,/^$/s/^  \([a-z]*\).*/\1/p' <<<"$output" | grep .)
	assert [ "$(wc -l <<<"$words")" -gt 20 ]
	for word in $words; do
		says "help $word"
		assert_status 0
		assert_match "^$word.* - "
		refute_match '.{81}'
	done
	says 'help pid'
	assert_match '^add pid - '
	says 'help ps'
	assert_match '^Usage: nook ps'
	says 'help nosuch'
	assert_status 2
	says 'layers'
	refute_match '.{81}'
	assert_match '^  user '
}
