#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# exam.bats - `nook exam`: questions, then labs; and the labs of a chapter whose questions are known
# as: root user subids
# fresh: no
load helper
load boxes
load net
load living
load screen

setup() {
	nook_setup
	export XDG_STATE_HOME=$T/state NOOK_LAB_PATH=$T/labs
	mkdir labs
	write_lab X1 K1
	write_lab X2 K2
	cat >questions.yaml <<-'EOF'
	format: 1
	objectives:
	  K1: {title: the first}
	  K2: {title: the second}
	questions:
	  - {id: one, objectives: K1, chapter: chroot, question: "What?", accept: [good], why: Because.}
	EOF
}

# write_lab ID OBJECTIVE [LINE...] - a lab for a box `a`; the lines stand behind all others
write_lab() {
	cat >"labs/$1-name.yaml" <<-END
		format: 1
		id: $1
		title: Title of $1
		chapter: chroot
		minutes: 1
		level: 1
		objectives: [$2]
		targets: [a]
		statement: Do it.
		check: [ns-differs a uts]
		hints: [the idea, where to look, the shape]
		solution: {raw: 'unshare --uts sleep 600'}
		why: Because.
	END
	printf '%s\n' "${@:3}" >>"labs/$1-name.yaml"
}

teardown() {
	[ ! -S "$T/tmux" ] || end_screen
	"$NOOK" lab stop 2>/dev/null || :
	rm -rf "$(state_dir)/lab"
	rid_of_boxes
}

# begin_exam OPTION... - an exam in the background, $exam, that is fed by `say`: its words in out
begin_exam() {
	mkfifo fed
	"$NOOK" exam --from questions.yaml --seed 1 "$@" <fed >out 2>err &
	exam=$!
	exec {feed}>fed
}
say() { printf '%s\n' "$@" >&"$feed"; }

# asks_times N - wait until it asks for a word for the Nth time
asks_times() { wait_until eval '[ "$(cat out err | grep -c "check, next, give up, q = end")" -ge '"$1"' ]'; }

solve() { "$NOOK" run -q -d --rm --name a base -- sleep 600; }

# end_exam - no more is said; its exit code in $status, its words in $output
end_exam() {
	exec {feed}>&-
	status=0
	wait "$exam" || status=$?
	output=$(cat out) stderr=$(cat err)
	# whatever ended it, nothing stays
	assert_equal "$("$NOOK" ps -a --names)" ""
	assert_equal "$("$NOOK" lab status --json | jq -c '[.lab, .dir]')" "[null,null]"
	refute test -e "$XDG_STATE_HOME/nook-labs"
}

@test "questions and labs that are solved pass" {
	begin_exam
	say good
	asks_times 1
	say check next
	asks_times 3
	say chekc ''
	asks_times 5
	solve
	say next
	asks_times 6
	solve
	say check next
	end_exam
	assert_status 0
	assert_equal "$(grep -c '^  NO   ns-differs a uts$' out)" 2
	assert_equal "$(grep -c ' is no word here' out)" 1
	assert_line "'chekc' is no word here. There are"
	assert_line "  give up  goes on without"
	assert_match '^1 question, then 2 labs, in 3m30s; 65% are needed.$'
	assert_line "  Do it."
	assert_equal "$(grep -c '^Not yet: 0 of 1 facts hold.$' out)" 2
	assert_equal "$(grep -c '^It is solved.$' out)" 3
	assert_match '^Passed: 3 of 3 right, 100% where 65% are needed, in '
	assert_line "  K1    2 of  2   the first"
	assert_line "  K2    1 of  1   the second"
	assert_line "  X1   solved     Title of X1"
	assert_line "  X2   solved     Title of X2"
	assert_equal "$(sed -n 's/^one //p' state/nook/quiz/review)" "- - 1 0"
	assert_equal "$("$NOOK" lab list --no-headings -o state | sort -u | tr -d ' ')" solved
}

@test "what was given up, and what was solved with a hint, is not right" {
	begin_exam --json
	say good
	asks_times 1
	solve
	"$NOOK" lab hint >helped
	say check next
	asks_times 3
	say 'give up'
	end_exam
	assert_status 1
	assert_match '^It is solved with help, which does not count.$' "$stderr"
	assert_equal "$(jq -c '[.mode, .end, .asked, .right, .passed]' out)" '["exam","done",3,1,false]'
	assert_equal "$(jq -c '[.labs[] | [.state, .assisted]]' out)" '[["wrong",true],["wrong",false]]'
}

@test "^D and the end of its time end it with what was done" {
	begin_exam
	say '?'
	asks_times 1
	end_exam
	assert_status 1
	assert_match '^Not passed: 0 of 3 right'
	assert_equal "$(grep -cE '^  X[12]   (not solved|not begun ) Title' out)" 2
	assert_line "1. What?"
	assert_match "^one 1 " "$(cat state/nook/quiz/review)"
	rm fed
	begin_exam --time 2s
	say good
	wait_until grep -q '^Time is up' out
	end_exam
	assert_status 1
}

@test "^C ends it, and the lab at hand counts as it stands" {
	begin_exam
	say good
	asks_times 1
	solve
	kill -INT "$exam"
	end_exam
	assert_status 130
	assert_match '^Passed: 2 of 3 right'
	assert_equal "$(grep -cE '^  X[12]   (solved    |not begun ) Title' out)" 2
}

@test "a pipe that nobody reads any more ends it, and nothing stays" {
	mkfifo fed told
	touch out
	"$NOOK" exam --from questions.yaml <fed >told 2>err &
	exam=$!
	exec {feed}>fed {ear}<told
	say good check
	while read -r line <&"$ear" && [[ $line != "Not yet"* ]]; do :; done
	exec {ear}<&-
	say check
	end_exam
	assert_status 1
	assert_match ': Broken pipe$' "$stderr"
}

@test "a lab that somebody ends elsewhere is not solved" {
	begin_exam
	say good
	asks_times 1
	"$NOOK" lab stop
	say next
	asks_times 2
	say q
	end_exam
	assert_status 1
	assert_line "It was ended from elsewhere, and is not solved."
}

@test "labs that cannot be done here are not drawn, and one that cannot begin does not count" {
	write_lab X1 K1 'needs: [program no-such-program]'
	write_lab X2 K2 'setup: exit 3'
	begin_exam
	say good
	end_exam
	assert_status 0
	assert_line "Only one lab can be done here: 'nook lab list' has what there is."
	assert_line "X2 cannot begin, and is left out."
	assert_match '^Passed: 1 of 1 right'
	rm fed labs/X1*
	"$NOOK" create a base
	begin_exam
	say good
	exec {feed}>&-
	wait "$exam"
	assert_match "^No lab can be done here: " "$(cat out)"
	"$NOOK" rm a
}

@test "an exam leaves the lab at hand alone; wrong words" {
	"$NOOK" lab start X1 >out
	nook_run exec lab -- true
	assert_status 0
	nook_run exam
	assert_status 1
	assert_stderr "nook: lab X1 is at hand, and an exam needs its playground
hint: nook lab stop"
	assert_line lab "$("$NOOK" ps --names)"
	nook_run exam now
	assert_status 2
	assert_match '^nook: exam takes options only$' "$stderr"
	nook_run exam --time 5x
	assert_status 2
}

@test "a shell in the playground, and the end of the exam while it is used" {
	need tmux
	open_screen 100 100 "PS1='sh% ' exec sh -c '\"$NOOK\" exam --from questions.yaml; echo left-\$?; exec cat'"
	asks 'q = end:$'
	types good Enter
	asks 'check, next, shell, give up, q = end:$'
	types shell Enter
	sees '^\((nook:)?lab\).*/X[12] ?[$#]'
	types "unshare --uts sh -c 'echo \$\$ >\$LAB/pid; exec sleep 600' &" Enter
	wait_until "$NOOK" lab check --json
	types exit Enter
	asks 'check, next, shell, give up, q = end:$'
	types next Enter
	sees '^lab 2 of 2'
	asks 'check, next, shell, give up, q = end:$'
	types shell Enter
	asks '^\((nook:)?lab\).*/X[12] ?[$#]'
	kill -TERM "$(pgrep -P "$(tmux_at list-panes -F '#{pane_pid}')")"
	sees '^left-143$'
	sees '^Passed: 2 of 3 right'
	assert_equal "$("$NOOK" ps -a --names)" ""
}

@test "a placement that is passed skips the labs of its chapter that are not solved" {
	"$NOOK" lab start X1 >out
	solve
	"$NOOK" lab check >out
	"$NOOK" lab stop
	write_lab X3 K1
	sed -i 's/^chapter: .*/chapter: images/' labs/X3*
	run bash -c 'echo good | "$NOOK" quiz --from questions.yaml --placement chroot'
	assert_status 0
	assert_match '^Passed: 1 of 1 right where all are needed'
	assert_line "1 lab of 'chroot' is skipped for it: nook lab list"
	assert_equal "$("$NOOK" lab export | cut -d' ' -f2- | tail -n 1)" "X2 skip placement"
	assert_equal "$("$NOOK" lab list --json | jq -c '[.labs[] | .state]')" '["solved","skipped","new"]'
	nook_run lab undo
	assert_output "taken back: X2 skip placement"
}
