#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# quiz.bats - `nook quiz`: practice, what comes again, exams, and questions computed from this host
# fresh: no

load helper

setup() {
	nook_setup
	export XDG_STATE_HOME=$T/state XDG_CONFIG_HOME=$T/config
	review=$T/state/nook/quiz/review
	cat >three.yaml <<-'EOF'
	format: 1
	objectives:
	  K1: {title: the first, weight: 2}
	  K2: {title: the second}
	questions:
	  - {id: one, objectives: K1, chapter: chroot, question: "Which?", right: good, wrong: [bad, worse], why: So.}
	  - {id: two, objectives: [K1, K2], chapter: chroot, question: "Which two?", right: [a1, a2], wrong: b1, why: So.}
	  - {id: three, objectives: K2, question: "What?", accept: [Good Answer, other], why: Because.}
	EOF
}

# ask ANSWER... - a quiz of three.yaml that is fed these lines; further words in $options
ask() {
	printf '%s\n' "$@" >fed
	run --separate-stderr bash -c '"$NOOK" quiz --from three.yaml --seed 1 --day 2026-11-22 "$@" <fed' \
		quiz "${options[@]}"
}
options=()

# letters WORD... - the letters of these choices in what was asked
letters() {
	local word
	for word; do sed -n "s/^  \(.\)  $word\$/\1/p" <<<"$output"; done | xargs
}

@test "a wrong answer comes again, a right one does not" {
	options=(--objective K2)
	ask '?' '?'
	assert_status 0
	assert_line "not answered; right is: Good Answer"
	assert_line "  Because."
	assert_line "  It comes again on 2026-11-23."
	assert_match '^0 of 2 right, in '
	assert_line "  K2    0 of  2   the second"
	options=()
	ask q
	assert_line "1 of 1   K1"
	ask "$(letters good)"
	assert_match '^1 of 1 right, in '
	ask
	assert_line "Nothing is due today; the next question comes again on 2026-11-23. --all asks all of them."
	options=(--day 2026-11-23)
	ask q
	assert_line "1 of 2   K2" || assert_line "1 of 2   K1 K2"
	assert_equal "$(sed -n 's/^\([a-z]*\) .* 1 1$/\1/p' "$review" | sort | xargs)" "three two"
}

@test "letters, texts, and what is no answer" {
	options=(--objective K1)
	ask z '' 9 'a b c' '?'
	# four lines were no answers, so the prompt stands there once more for each
	assert_equal "$(grep -c '^a to c, ? = I do not know' <<<"$output")" 6
	# an empty line needs no answer, the other three get one
	assert_equal "$(grep -c '^a letter from a to c, please$' <<<"$output")" 3
	assert_line "not answered; right is: $(letters good), good"
	rm "$review"
	ask "$(letters bad)"
	assert_line "wrong; right is: $(letters good), good"
	rm "$review"
	options=(--objective K2)
	ask '?' '?'
	two=$(letters a1 a2)
	assert_line "Which two? (choose 2)"
	rm "$review"
	ask a 'a b c' aa
	assert_equal "$(grep -c '^2 letters from a to c, please$' <<<"$output")" 3
	ask "${two^^}" "  GOOD,  answer. "
	ask "  GOOD,  answer. " "${two^^}"
	assert_equal "$(grep -c ' - - [12] ' "$review")" 2
}

@test "an end by ^D, q, ^C or the end of its time keeps what was answered" {
	options=(--all)
	printf '?' >fed
	run --separate-stderr bash -c '"$NOOK" quiz --from three.yaml <fed'
	assert_status 0
	assert_match '^0 of 1 right, in '
	ask '?' q
	assert_status 0
	assert_match '^0 of 1 right, in '
	mkfifo answers
	"$NOOK" quiz --from three.yaml --all <answers >out 2>err &
	exec {feed}>answers
	echo '?' >&"$feed"
	wait_until grep -q '^2 of 3' out
	kill -INT $!
	code=0
	wait $! || code=$?
	exec {feed}>&-
	assert_equal "$code" 130
	assert_match '^0 of 1 right, in ' "$(cat out)"
	# two of them may have met the same question
	assert_equal "$(awk '/^[^#]/ { n += $4 } END { print n }' "$review")" 3
	mkfifo silent
	"$NOOK" quiz --from three.yaml --exam --time 1s <silent >out 2>err &
	exec {feed}>silent
	code=0
	wait $! || code=$?
	exec {feed}>&-
	assert_equal "$code" 1
	assert_line "Time is up." "$(cat out)"
}

@test "an exam tells nothing before its end, and wants 65%" {
	options=(--exam)
	ask '?' '?' '?'
	assert_status 1
	assert_match '^Not passed: 0 of 3 right, 0% where 65% are needed, in '
	refute_match '^(not answered|wrong); '
	assert_line "   not answered; right is: Good Answer"
	assert_line "  K1    0 of  2   the first"
	assert_match ' [34]m[0-9]+s left$'
	# the order is that of the seed, so the letters are known now
	ask_right
	assert_status 0
	assert_match '^Passed: 3 of 3 right, 100% where 65% are needed, in '
	ask
	assert_status 1
	assert_line "   not answered; right is: Good Answer"
}

# ask_right - answer what the same quiz has just asked
ask_right() {
	local answers=() line
	while read -r line; do
		case $line in
		'Which?') answers+=("$(sed -n '/^Which?/,/^a to/s/^  \(.\)  good$/\1/p' <<<"$output")") ;;
		'Which two?'*) answers+=("$(letters a1 a2)") ;;
		'What?') answers+=(other) ;;
		esac
	done < <(sed '/^Not passed/,$d' <<<"$output")
	ask "${answers[@]}"
}

@test "a placement is all of a chapter, and wants all of it right" {
	options=(--placement chroot)
	ask '?' '?'
	assert_status 1
	assert_match '^Not passed: 0 of 2 right where all are needed, in '
	options=(--placement chrot)
	ask
	assert_status 1
	assert_stderr "nook: no questions of chapter 'chrot', did you mean 'chroot'"
}

@test "the report for programs, and the list" {
	options=(--json --objective K2 --exam)
	ask '?'
	assert_status 1
	assert_match '^1 of 2' "$stderr"
	assert_equal "$(jq -c '[.mode, .end, .asked, .right, .passed, .objectives[0]]' <<<"$output")" \
		'["exam","end",2,0,false,{"id":"K1","asked":1,"right":0}]'
	assert_equal "$(jq -c '[.questions[] | .state]' <<<"$output")" '["wrong","open"]'
	nook_run quiz --from three.yaml --list --json --day 2026-11-22
	assert_equal "$(jq -c '[.questions[] | .id]' <<<"$output")" '["one","two","three"]'
	nook_run quiz --from three.yaml --list --objective K2
	assert_equal "$(awk '{ print $1 }' <<<"$output" | xargs)" "ID two three"
}

@test "a damaged line is said, and nothing is lost" {
	ask '?'
	echo "one 7 x" >>"$review"
	cp "$review" before
	ask '?'
	assert_status 1
	assert_stderr "nook: $review:4: expected 'ID STEP DUE ASKED WRONG'
hint: mend that line or remove it; nothing was changed"
	assert diff before "$review"
}

@test "answers go to no directory that others lead to or write to" {
	mkdir -p "$T/state/nook" "$T/other"
	ln -s "$T/other" "$T/state/nook/quiz"
	ask '?'
	assert_status 1
	assert_stderr_match "^nook: cannot open '$T/state/nook/quiz': "
	rm "$T/state/nook/quiz"
	mkdir -m 770 "$T/state/nook/quiz"
	ask '?'
	assert_status 1
	assert_stderr "nook: '$T/state/nook/quiz' is not yours alone to write"
	refute compgen -G "$T/other/*"
	# CONTROL
	chmod 700 "$T/state/nook/quiz"
	ask '?'
	assert_status 0
	assert test -s "$review"
}

@test "wrong words" {
	nook_run quiz what
	assert_status 2
	assert_stderr "nook: quiz takes options only
hint: usage: nook quiz [OPTION...]; 'nook help quiz' explains"
	nook_run quiz --day tomorrow
	assert_status 2
	assert_match "^nook: --day 'tomorrow': expected a day such as 2026-11-30$" "$stderr"
	nook_run quiz --time 5m
	assert_status 2
	nook_run quiz --exam --time 5x
	assert_status 2
	for count in many 0 1001; do
		nook_run quiz -n "$count"
		assert_status 2
		assert_match "^nook: --count '$count': expected a number from 1 to 1000$" "$stderr"
	done
	nook_run quiz --exam --placement chroot
	assert_status 2
	nook_run quiz --objective K9
	assert_status 1
	assert_stderr "nook: no questions about 'K9', did you mean 'K1'"
	nook_run quiz --from nothing.yaml
	assert_status 1
	assert_stderr "nook: cannot read the questions 'nothing.yaml': No such file or directory"
}

# live NAME - a quiz of this one question, left open: its text in out, $quiz its process
live() {
	{
		printf 'format: 1\nobjectives: {C: {title: c}}\nquestions:\n'
		printf -- '- {id: x, objectives: C, live: %s, why: w, question: "@%s@"}\n' "$1" "$2"
	} >live.yaml
	rm -f to out
	mkfifo to
	"$NOOK" quiz --all --from live.yaml <to >out 2>err &
	quiz=$!
	exec {feed}>to
	wait_until grep -qs '^? = ' out
	read -ra vars < <(sed -n 's/^@\(.*\)@$/\1/p' out)
}

# answer TEXT - answer it, and that was right
answer() {
	echo "$1" >&"$feed"
	exec {feed}>&-
	wait "$quiz"
	assert_match '^1 of 1 right, in ' "$(cat out)"
}

@test "live: what two processes share is what their namespaces say" {
	live namespaces '${x} ${y}'
	assert_equal "${vars[0]}" "$quiz"
	shared=
	for type in cgroup ipc mnt net pid user uts; do
		[ "$(readlink "/proc/${vars[0]}/ns/$type")" != "$(readlink "/proc/${vars[1]}/ns/$type")" ] ||
			shared+=" $type"
	done
	answer "$shared"
	refute [ -e "/proc/${vars[1]}" ]
	live veth '${pid} ${one} ${other}'
	kill -KILL "$quiz"
	wait "$quiz" || true
	exec {feed}>&-
	for pid in "${vars[@]}"; do wait_until test ! -e "/proc/$pid"; done
}

@test "live: the layer that provides a file, and none where it was deleted" {
	live layers '${pid} ${file}'
	root=/proc/${vars[0]}/root/tmp
	layer=none
	for name in base app upper; do
		[ ! -f "$root/$name/${vars[1]}" ] || layer=$name
		[ ! -c "$root/$name/${vars[1]}" ] || layer=none
	done
	[ -e "$root/merged/${vars[1]}" ] || assert_equal "$layer" none
	answer "$layer"
}

@test "live: the other end of a pair of links" {
	live veth '${pid} ${one} ${other}'
	# What is sent into e0 comes out at one of the two: the number of e0 is its peer's
	number() { sed -n "s/^\([0-9]*\): $2@if\([0-9]*\):.*/\1 \2/p" < <(inside "$1" ip -o link); }
	inside() {
		local user=(-U --preserve-credentials)
		! is_root || user=()
		nsenter -t "$1" "${user[@]}" -n "${@:2}"
	}
	read -r own peer < <(number "${vars[0]}" e0)
	found=
	for pid in "${vars[@]:1}"; do
		[ "$(number "$pid" eth0)" != "$peer $own" ] || found+=" $pid"
	done
	answer "$found"
}

@test "live: what this machine has" {
	live virtio-devices '${all}'
	bound=$(find /sys/bus/virtio/devices/*/driver -maxdepth 0 | wc -l)
	answer "$bound"
	live cpu-flags -
	answer "$(grep -woE 'vmx|svm|lm|hypervisor' /proc/cpuinfo | sort -u | xargs)"
	live memory-cgroup '${where}'
	version=2
	[ "$(awk '$1 == "memory" { print $2 }' /proc/cgroups)" = 0 ] || version=1
	answer "v$version"
	live kvm-opens '${found}'
	opens=no
	! { : <>/dev/kvm; } 2>/dev/null || opens=yes
	answer "$opens"
}

@test "every question that comes with nook is answered right by what it says to be right" {
	asked() { run --separate-stderr bash -c '"$NOOK" quiz --all -n 200 --seed 7 --json <fed'; }
	: >fed
	asked
	assert_status 0
	# a letter in front of a choice, else the text; three are made anew each time
	jq -r '.questions[] | if .id | test("^live-(namespaces|layer|veth)$") then "?"
		else .expected | sub("^(?<l>[a-h]), .*"; .l) end' <<<"$output" >fed
	assert [ "$(wc -l <fed)" -ge 55 ]
	asked
	assert_equal "$(jq -r '.questions[] | select(.state != "right") | .id' <<<"$output" | sort | xargs)" \
		"live-layer live-namespaces live-veth"
}

@test "a hangup that is to be ignored does not end a quiz" {
	mkfifo fed
	nohup "$NOOK" quiz --from three.yaml --seed 1 --objective K2 <fed >said 2>&1 &
	asks=$!
	exec 9>fed
	wait_until grep -q '^1 of 2' said
	kill -HUP $asks
	sleep 0.2
	printf '?\n?\n' >&9
	exec 9>&-
	status=0
	wait $asks || status=$?
	assert_status 0
	grep -q '^0 of 2 right' said
}
