#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# lab.bats - nook lab: from a start to a solved lab, what is written down, what is refused
# as: root user subids
# takes: 20
# waits: yes
load helper
load boxes
load net
load living

setup() {
	nook_setup
	export XDG_STATE_HOME=$T/state NOOK_LAB_PATH=$T/labs
	mkdir labs
	write_lab X1 own-name
}

# write_lab ID NAME [LINE...] - a lab for a box `a`; the lines stand behind all others
write_lab() {
	local id=$1 name=$2
	shift 2
	cat >"labs/$id-$name.yaml" <<-END
		format: 1
		id: $id
		title: A title
		chapter: practice
		minutes: 1
		level: 1
		targets: [a]
		setup: |
		  echo ready >\$LAB/ready
		  printf %s "\$TOKEN" | wc -c >\$LAB/token
		statement: |
		  Do it.
		check:
		  - {fact: ns-differs a uts, says: a name of its own}
		diagnose:
		  - {id: shared, when: [ns-same a uts], says: It shares the name.}
		hints: [the idea, where to look, the shape]
		solution:
		  raw: unshare --uts sh -c 'echo \$\$ >\$LAB/pid; exec sleep 600'
		  nook: |
		    run -d --rm --name a base -- sleep 600
		wrong:
		  - {raw: 'echo \$\$ >\$LAB/pid; exec sleep 600', diagnosis: shared}
		why: Because.
	END
	printf '%s\n' "$@" >>"labs/$id-$name.yaml"
}

lab_dir() { echo "$XDG_STATE_HOME/nook-labs/$1"; }
not_solved() { ! "$NOOK" lab check >out; }

teardown() {
	"$NOOK" lab stop 2>/dev/null || :
	rm -rf "$(state_dir)/lab"
	rid_of_boxes
}

@test "the playground is made by the program that a shell starts" {
	"$NOOK" lab start X1
	assert_equal "$(cat "/proc/$("$NOOK" ps --no-headings -o keeper | tr -d ' ')/comm")" nook
}

@test "where no lab is at hand it is said how one begins, behind the list" {
	nook_run lab
	assert_status 0
	assert_line "'nook lab start' begins the first that is not done; 'nook lab start LAB' any"
	nook_run lab --names
	assert_output X1
}

@test "a lab from its start to its end" {
	nook_run lab start
	assert_status 0
	assert_line "X1  A title"
	assert_line "  Do it."
	assert_equal "$(cat "$(lab_dir X1)/ready") $(cat "$(lab_dir X1)/token")" "ready 32"
	nook_run lab check
	assert_status 1
	assert_line "  NO   a name of its own"
	"$NOOK" run -q -d --rm --name a base -- sleep 600
	nook_run lab check
	assert_status 0
	assert_line "  ok   a name of its own"
	assert_line "X1 is solved."
	assert_line "  Because."
	# What is solved stays so, and is not tried any more
	"$NOOK" kill a
	wait_until not_solved
	nook_run lab stop
	assert_status 0
	assert_output "X1 has ended"
	assert_equal "$("$NOOK" ps --names)" ""
	refute test -e "$(lab_dir X1)"
	refute test -e "$XDG_STATE_HOME/nook-labs"
	assert_equal "$("$NOOK" lab export | cut -d' ' -f2-)" "$(printf 'X1 %s\n' start failed solved)"
}

@test "the playground: root inside, \$LAB writable, the rest thrown away" {
	"$NOOK" lab start >out
	nook_run exec lab -- sh -c 'id -u; echo $NOOK_LAB $LAB; pwd; hostname; echo here >mine
		mount -t tmpfs t /mnt && echo mounted; unshare -mpinuf true && echo unshared'
	assert_output "0
X1 $(lab_dir X1)
$(lab_dir X1)
lab
mounted
unshared"
	assert_equal "$(cat "$(lab_dir X1)/mine")" here
	nook_run exec lab -- sh -c "ls $(state_dir)"
	assert_output
}

@test "that there is no process yet is said once, above the facts, and read was nothing" {
	sed -i 's/^diagnose/  - run-in a hostname => b\n&/' labs/X1-own-name.yaml
	"$NOOK" lab start >out
	nook_run lab check
	assert_status 1
	assert_output "no process yet: start box a, or write its pid into $(lab_dir X1)/pid
  NO   a name of its own
       expected another uts namespace than the playground's and the host's
  NO   run-in a hostname => b
       expected 'hostname' says 'b'

not yet; 'nook lab hint' helps"
}

@test "what stands in a process's place does not count as one" {
	"$NOOK" lab start >out
	"$NOOK" exec -d lab -- sh -c 'echo $$ >$LAB/pid; exec sleep 600'
	wait_until test -s "$(lab_dir X1)/pid"
	nook_run lab check
	assert_status 1
	assert_line "  It shares the name."
}

@test "reset leaves nothing, and begins anew" {
	"$NOOK" lab start >out
	first=$("$NOOK" ps --no-headings -o id)
	echo old >"$(lab_dir X1)/old"
	mkdir -m 0 "$(lab_dir X1)/closed"
	"$NOOK" create a base
	nook_run lab reset
	assert_status 0
	assert_line "X1 begun anew"
	assert_line "X1  A title"
	assert_equal "$("$NOOK" ps -a --no-headings -o name | tr -d ' ')" lab
	refute [ "$("$NOOK" ps --no-headings -o id)" = "$first" ]
	assert_equal "$(ls "$(lab_dir X1)")" "$(printf 'ready\ntoken')"
}

@test "nothing of somebody's is taken" {
	"$NOOK" create a base
	nook_run lab start
	assert_status 1
	assert_stderr "nook: there is a box 'a' already, and the lab has that name
hint: if nobody needs it: nook rm -f a"
	refute test -e "$(lab_dir X1)"
	assert_equal "$(all name)" a
}

@test "a setup that fails leaves nothing" {
	sed -i 's/echo ready.*/echo no such luck >\&2; exit 3/' labs/X1-own-name.yaml
	nook_run lab start
	assert_status 1
	assert_stderr "nook: setup of X1: no such luck"
	refute test -e "$XDG_STATE_HOME/nook-labs"
	assert_equal "$(all name)" ""
	nook_run lab check
	assert_stderr "nook: no lab is started
hint: nook lab start; 'nook lab list' lists them"
}

@test "a setup that does not end fails after a minute, by what it said last" {
	need strace
	sed -i 's/echo ready.*/echo no wire yet >\&2; exec sleep 600/' labs/X1-own-name.yaml
	# The minute is over as soon as something was said
	run --separate-stderr timeout 30 strace -qq -o /dev/null -e trace=poll \
		-e inject=poll:retval=0:delay_enter=3s "$NOOK" lab start
	assert_status 1
	assert_stderr "nook: setup of X1: not over after 60 s: no wire yet"
	refute test -e "$XDG_STATE_HOME/nook-labs"
	assert_equal "$(all name)" ""
}

@test "a playground that has ended is told" {
	"$NOOK" lab start >out
	"$NOOK" kill lab
	nook_run lab check
	assert_status 1
	assert_stderr "nook: the playground of X1 has ended
hint: nook lab reset makes it anew"
	"$NOOK" lab reset >out
	nook_run lab check
	assert_line "  NO   a name of its own"
}

@test "what this machine lacks is told before, with what to do instead" {
	write_lab X2 needy 'needs: [userns, program no-such-thing]' 'fallback: |' '  Read' '  on.'
	nook_run lab start X2
	assert_status 1
	assert_stderr "nook: lab X2 cannot be done here: it needs the program no-such-thing
hint: instead of it: nook lab start X1. Read on."
	nook_run lab list --no-headings -o LAB,STATE,MISSING
	assert_line "X1 -        -"
	assert_line "X2 not here the program no-such-thing"
	nook_run lab list --json
	assert_equal "$(json labs 1 missing)" "the program no-such-thing"
	NOOK_MUST_WORK=0 nook_run lab test X2
	assert_status 0
	assert_output "ok 1 - X2 # SKIP needs the program no-such-thing
1..1"
}

@test "what only root can do is offered to who is not" {
	write_lab X2 root 'needs: [root]'
	nook_run lab start X2
	if [ "$(id -u)" = 0 ]; then
		assert_status 0
		return
	fi
	assert_status 1
	assert_stderr "nook: lab X2 cannot be done here: it needs to be root of this machine
hint: with root's rights: sudo nook lab start X2; instead of it: nook lab start X1"
	nook_run lab next
	assert_line "X1  A title"
}

@test "what a lab says fits 80 columns, and what one types stays whole" {
	local long="goes on for so long that it cannot stand in a line of eighty columns"
	sed -i "s|  Do it.|  \$LAB/ready $long\n  and on.\n\n    $ it stands as it is|" labs/X1-own-name.yaml
	printf 'equivalent: {docker: "%s and on"}\n' "$long" >>labs/X1-own-name.yaml
	nook_run lab start X1
	assert_line "  \$LAB/ready goes on for so long that it cannot stand in a line of eighty"
	assert_line "  columns and on."
	assert_line "    $ it stands as it is"
	"$NOOK" run -q -d --rm --name a base -- sleep 600
	nook_run lab check
	assert_status 0
	assert_line "    docker: goes on for so long that it cannot stand in a line of eighty"
	assert_line "      columns and on"
}

@test "what was begun beside a lab goes on at its end, and it is said how to remove it" {
	write_lab X2 second
	sed -i 's/targets: .*/targets: [a, b]/' labs/X2-second.yaml
	"$NOOK" run -q -d --rm --name before base -- sleep 600
	"$NOOK" lab start X1 >out
	"$NOOK" run -q -d --rm --name a base -- sleep 600
	"$NOOK" run -q -d --rm --name b base -- sleep 600
	nook_run lab goto X2
	assert_status 1
	assert_stderr "nook: there is a box 'b' already, and the lab has that name
hint: if nobody needs it: nook rm -f b"
	nook_run lab stop
	assert_output "X1 has ended
begun meanwhile, and going on; to remove: nook rm -f b"
	assert_equal "$(all name | xargs)" "before b"
	"$NOOK" rm -f b
	"$NOOK" lab start X1 >out
	nook_run lab goto X2
	assert_status 0
	refute_match 'begun meanwhile'
	"$NOOK" kill before
}

@test "behind a lab that is solved any other one is started" {
	write_lab X2 second
	write_lab X3 third
	"$NOOK" lab start >out
	nook_run lab start X3
	assert_status 1
	assert_stderr "nook: lab X1 is at hand
hint: nook lab goto X3 leaves it, nook lab reset begins it anew"
	# One that is not there is no advice
	nook_run lab start X33
	assert_status 1
	assert_stderr_match "^nook: no lab 'X33', did you mean 'X3'$"
	refute_match goto "$stderr"
	"$NOOK" run -q -d --rm --name a base -- sleep 600
	"$NOOK" lab check >out
	nook_run lab start X3
	assert_status 0
	assert_line "X1 is solved, and has ended"
	assert_line "X3  A title"
	refute test -e "$(lab_dir X1)"
	assert_equal "$(all name)" lab
}

@test "what cannot be done here is passed over, and the lab at hand stays where there is no other" {
	local nothing='needs: [program no-such-thing]'
	write_lab X2 needy "$nothing"
	write_lab X3 needy "$nothing"
	write_lab X4 busy
	sed -i 's/targets: .*/targets: [a, b]/' labs/X4-busy.yaml
	"$NOOK" lab start >out
	nook_run lab goto X2
	assert_status 1
	assert_stderr_match "^nook: lab X2 cannot be done here: it needs the program no-such-thing$"
	# The names of the one at hand are no hindrance, those of somebody else are
	"$NOOK" create a base
	"$NOOK" create b base
	for way in next skip goto; do
		if [ $way = goto ]; then nook_run lab goto X4; else nook_run lab $way; fi
		assert_status 1
		assert_stderr "nook: there is a box 'b' already, and the lab has that name
hint: if nobody needs it: nook rm -f b"
	done
	nook_run lab status --json
	assert_equal "$(json lab) $(json state) $(json playground)" "X1 tried 1"
	"$NOOK" rm -f b
	nook_run lab next
	assert_status 0
	assert_line "left out here: X2 X3 (need the program no-such-thing)"
	assert_line "X4  A title"
	assert_equal "$(all name)" lab
	nook_run lab skip
	assert_line "X4 skipped"
	assert_line "X1  A title"
	"$NOOK" lab skip >out
	nook_run lab start
	assert_status 0
	assert_output "left out here: X2 X3 (need the program no-such-thing)
every other lab is done; 'nook lab start LAB' does one again"
}

@test "where the other one does not begin it is said that the lab has ended" {
	write_lab X2 broken
	sed -i 's/echo ready.*/echo no such luck >\&2; exit 3/' labs/X2-broken.yaml
	"$NOOK" lab start X1 >out
	nook_run lab next
	assert_status 1
	assert_stderr "nook: X1 has ended, but the other does not begin: setup of X2: no such luck"
	assert_equal "$(all name)" ""
}

@test "lab test: each way, each wrong one, and what does not hold" {
	nook_run lab test X1
	assert_status 0
	assert_output "ok 1 - X1 is not solved after its start
ok 2 - X1 is solved by words of nook
ok 3 - X1 is not solved after a reset, and leaves nothing
ok 4 - X1 is solved by hand
ok 5 - X1 tells of shared (wrong way 1)
1..5"
	# Without a wrong way: a diagnosis that never comes is waited for as long as one that comes late
	sed -i 's/^  - {fact: ns-differs.*/  - ns-same lab uts/; s/run -d --rm .*/nosuch/; /^wrong:/,/^  -/d' \
		labs/X1-own-name.yaml
	nook_run lab test X1
	assert_status 1
	assert_line "not ok 1 - X1 is not solved after its start"
	assert_line "#   it is solved, and nothing was done"
	assert_line "not ok 2 - X1 is solved by words of nook"
	assert_match "^#   -c:1: unknown word 'nosuch'"
	assert_line "1..4"
	assert_equal "$("$NOOK" lab export)" ""
}

@test "lab test: a wrong way is no solution, not for a while either" {
	# Without a pid the newest process counts: for a moment the shell that calls unshare(1), which shares
	sed -i -e '/^wrong:/,/^  -/d' -e 's/^  echo ready .*/&\n  echo 99999999 >$LAB\/pid/' labs/X1-own-name.yaml
	cat >>labs/X1-own-name.yaml <<-'END'
		wrong:
		  - raw: |
		      unshare --uts sh -c 'echo $$ >$LAB/pid; sleep 6'
		      echo $$ >$LAB/pid
		      exec sleep 600
		    diagnosis: shared
	END
	nook_run lab test X1
	assert_status 1
	assert_line "not ok 5 - X1 tells of shared (wrong way 1)"
	assert_line "#   diagnosis: none"
}

@test "hints one by one, the solution, and no way back behind it" {
	"$NOOK" lab start >out
	nook_run lab hint
	assert_output "1. the idea"
	nook_run lab hint
	assert_output "1. the idea
2. where to look"
	nook_run lab solution --raw
	assert_output "unshare --uts sh -c 'echo \$\$ >\$LAB/pid; exec sleep 600'"
	nook_run lab status --json
	assert_equal "$(json hints) $(json solution)" "2 1"
	# What was shown cannot be taken back
	nook_run lab undo
	assert_status 1
	assert_stderr "nook: there is nothing to take back"
	nook_run lab status --json
	assert_equal "$(json hints) $(json solution)" "2 1"
	"$NOOK" run -q -d --rm --name a base -- sleep 600
	"$NOOK" lab check >out
	assert_equal "$("$NOOK" lab list --no-headings -o STATE,TRIES | tr -s " ")" "assisted 1"
	nook_run lab undo
	assert_status 1
	assert_stderr "nook: there is nothing to take back"
	# Done again without it
	"$NOOK" lab stop
	"$NOOK" lab start X1 >out
	"$NOOK" run -q -d --rm --name a base -- sleep 600
	"$NOOK" lab check >out
	assert_equal "$("$NOOK" lab list --no-headings -o STATE)" "solved"
}

@test "a solution by nook is shown as it can be typed" {
	NOOK_LAB_PATH=$TOP/labs
	"$NOOK" lab start L01 >out
	nook_run lab solution --nook
	assert_line "add chroot $(lab_dir L01)/R"
	"$NOOK" -c "$output" >out
	nook_run lab check
	assert_status 0
	assert_line "    add chroot $(lab_dir L01)/R"
}

@test "a solution can be typed where the directory of labs has a blank in its name" {
	mkdir -p "$T/a b"
	export XDG_STATE_HOME="$T/a b" NOOK_LAB_PATH=$TOP/labs
	"$NOOK" lab start L11 >out
	nook_run lab solution --nook
	assert_line "exec lab -- touch '$T/a b/nook-labs/L11'/kept"
	"$NOOK" -c "$output" >out
	nook_run lab check
	"$NOOK" lab stop >out
	assert_status 0
}

@test "a fact that cannot be looked at is told, and the others are" {
	only_for user "root may have any number of processes"
	write_lab X2 pinged
	sed -i 's|^check:|&\n  - {fact: ping lab 127.0.0.1, says: it answers}|' labs/X2-pinged.yaml
	"$NOOK" lab start X2 >out
	run --separate-stderr prlimit --nproc=1: "$NOOK" lab check
	assert_status 1
	assert_stderr
	assert_line "  NO   it answers"
	assert_line "       found    cannot make a process: Resource temporarily unavailable"
	assert_line "  NO   a name of its own"
	assert_match "^       found    no process yet: start box a"
	nook_run lab check
	assert_line "  ok   it answers"
}

@test "what a check has looked at it does not look at again" {
	sed -i -e 's|^diagnose:|  - run-in lab sh -c "echo >>$LAB/asked; exit 1"\n&|' \
		-e 's|when: .ns-same a uts.|when: ["not run-in lab sh -c \\"echo >>$LAB/asked; exit 1\\""]|' labs/X1-own-name.yaml
	"$NOOK" lab start >out
	nook_run lab check
	assert_status 1
	assert_line "  It shares the name."
	assert_equal "$(wc -l <"$(lab_dir X1)/asked")" 1
}

@test "from lab to lab: next, skip, goto, and the end" {
	write_lab X2 second
	write_lab X10 third
	nook_run lab list --no-headings -o LAB
	assert_output "X1
X2
X10"
	"$NOOK" lab start >out
	nook_run lab next
	assert_line "X2  A title"
	refute test -e "$(lab_dir X1)"
	nook_run lab start
	assert_status 1
	assert_stderr_match "^hint: nook lab next leaves it for another, "
	nook_run lab skip
	assert_line "X2 skipped"
	assert_line "X10  A title"
	nook_run lab undo
	assert_output "taken back: X2 skip"
	nook_run lab goto x2
	assert_line "X2  A title"
	nook_run lab goto X3
	assert_status 1
	assert_stderr "nook: no lab 'X3', did you mean 'X1'
hint: 'nook lab list' lists them"
	nook_run lab status --json
	assert_equal "$(json lab)" X2
	nook_run lab skip practice
	assert_output "practice: 3 skipped"
	assert_equal "$("$NOOK" lab list --no-headings -o STATE | tr -d ' ' | tr '\n' ,)" \
		"skipped,skipped,skipped,"
	nook_run lab next
	assert_status 0
	assert_output "that was the last lab; 'nook lab list' shows how they went"
	assert_equal "$("$NOOK" ps --names)" ""
}

@test "an answer is compared, wherever it was written, and taken back" {
	write_lab X3 answer
	sed -i 's/^  - {fact: ns-differs.*/  - file-is $LAB\/answer\/load 4/; /^wrong:/,/^  - /d; /^diagnose/,/^  - /d' \
		labs/X3-answer.yaml
	"$NOOK" lab start X3 >out
	nook_run lab answer load 5
	assert_status 0
	assert_output "noted: load is 5"
	nook_run lab answer laod 5
	assert_status 1
	assert_stderr "nook: lab X3 does not ask for 'laod': expected load"
	refute test -e "$(lab_dir X3)/answer/laod"
	nook_run lab check
	assert_status 1
	"$NOOK" lab answer load 4
	"$NOOK" lab check >out
	nook_run lab answer ../load 4
	assert_status 1
	assert_stderr_match "^nook: '../load' names no question: "
	"$NOOK" lab answer load -- -4
	assert_equal "$(cat "$(lab_dir X3)/answer/load")" -4
	"$NOOK" lab undo
	refute test -e "$(lab_dir X3)/answer/load"
	# What leads out of $LAB is nobody's answer
	"$NOOK" exec lab -- sh -c 'rmdir $LAB/answer; ln -s / $LAB/answer'
	nook_run lab answer load 4
	assert_status 1
	assert_stderr "nook: cannot write '$(lab_dir X3)/answer/load': Not a directory"
}

@test "own labs: --from, NOOK_LAB_PATH, the caller's directory, whose comes first" {
	mkdir -p more own/nook/labs
	sed 's/A title/Another/' labs/X1-own-name.yaml >more/X1.yaml
	sed 's/A title/Mine/' labs/X1-own-name.yaml >own/nook/labs/X1.yaml
	echo 'no: lab' >labs/quiz.yaml
	assert_equal "$("$NOOK" lab list --no-headings -o TITLE)" "A title"
	assert_equal "$("$NOOK" lab list --from more --no-headings -o TITLE)" "Another"
	assert_equal "$(NOOK_LAB_PATH=more:labs "$NOOK" lab list --no-headings -o TITLE)" "Another"
	assert_equal "$(env -u NOOK_LAB_PATH XDG_CONFIG_HOME="$T/own" "$NOOK" lab list --no-headings -o LAB,TITLE |
		sed -n 's/^X1 *//p')" "Mine"
	nook_run lab list --from nowhere
	assert_status 1
	assert_stderr "nook: cannot read the labs in 'nowhere': No such file or directory"
}

@test "a file that is wrong: where, what was expected, and no reason not to do others" {
	write_lab X2 wrong
	sed -i 's/^title/titel/' labs/X2-wrong.yaml
	nook_run lab list --no-headings -o LAB
	assert_status 1
	assert_output "X1"
	assert_stderr "nook: $T/labs/X2-wrong.yaml:3:1: unknown key 'titel', did you mean 'title'"
	nook_run lab start X1
	assert_status 0
	"$NOOK" lab stop
	cp labs/X1-own-name.yaml labs/X4.yaml
	nook_run lab start X4
	assert_stderr "nook: lab '$T/labs/X4.yaml': its file is named for 'X4', its id is 'X1'"
	chmod go+w labs/X1-own-name.yaml
	nook_run lab start X1
	assert_status 1
	assert_stderr "nook: lab '$T/labs/X1-own-name.yaml': others than its owner can write it
hint: chmod go-w $T/labs/X1-own-name.yaml"
}

@test "a lab whose file has gone can be ended, with its boxes" {
	"$NOOK" lab start >out
	"$NOOK" run -q -d --rm --name a base -- sleep 600
	"$NOOK" run -q -d --name b base -- sleep 600
	rm labs/X1-own-name.yaml
	nook_run lab check
	assert_status 1
	assert_stderr "nook: cannot open lab '$T/labs/X1-own-name.yaml': No such file or directory
hint: 'nook lab stop' ends lab X1"
	nook_run lab stop
	assert_status 0
	assert_equal "$(all name)" b
	refute test -e "$XDG_STATE_HOME/nook-labs"
}

@test "what was the lab's at its start is, whatever its file says by now" {
	"$NOOK" lab start >out
	"$NOOK" create a base
	sed -i 's/targets: .*/targets: [c]/' labs/X1-own-name.yaml
	"$NOOK" create c base
	nook_run lab reset
	assert_status 1
	assert_stderr "nook: there is a box 'c' already, and the lab has that name
hint: if nobody needs it: nook rm -f c"
	"$NOOK" rm c
	nook_run lab reset
	assert_status 0
	assert_equal "$(all name)" lab
}

# broken_start - a start that is killed while its setup waits for what never comes
broken_start() {
	sed -i 's,^setup: |,&\n  mkfifo $LAB/fifo; echo >$LAB/here; cat <$LAB/fifo,' labs/X1-own-name.yaml
	"$NOOK" lab start >out 2>&1 &
	wait_until test -e "$(lab_dir X1)/here"
	# Meanwhile it is nobody's to clear away
	nook_run lab status
	assert_line "none is started; 'nook lab start' begins the next one"
	assert_stderr
	kill -KILL $!
	wait $! || :
	sed -i '/fifo/d' labs/X1-own-name.yaml
}

@test "a start that was killed is cleared away by whichever word comes next" {
	local word
	for word in start stop reset status list next "goto X1" check; do
		broken_start
		assert_equal "$(all name)" lab
		# shellcheck disable=SC2086
		nook_run lab $word
		assert_stderr_match "^nook: the start of lab X1 was broken off; what it left is removed$"
		case $word in
		start | next | goto*)
			assert_status 0
			assert_line "X1  A title"
			assert_equal "$(all name)" lab
			"$NOOK" lab stop
			;;
		stop | status | list) assert_status 0 ;;
		*) assert_stderr_match "^nook: no lab is started$" ;;
		esac
		assert_equal "$(all name)" ""
		refute test -e "$XDG_STATE_HOME/nook-labs"
	done
	nook_run lab stop
	assert_status 1
	assert_stderr "nook: no lab is started
hint: nook lab start; 'nook lab list' lists them"
}

@test "what has a name of a lab since its start was killed is nobody's to clear away" {
	broken_start
	"$NOOK" create a base
	nook_run lab list
	assert_status 0
	assert_stderr_match "^nook: the start of lab X1 was broken off; what it left is removed$"
	assert_equal "$(all name)" a
	"$NOOK" rm a
}

@test "progress that is damaged is told with its line, and nothing is lost" {
	"$NOOK" lab start >out
	"$NOOK" lab stop
	file=$(state_dir)/lab/progress
	assert_equal "$(stat -c %a "$file")" 600
	echo 'yesterday X1 solved' >>"$file"
	cp "$file" before
	nook_run lab list
	assert_status 1
	assert_stderr "nook: $file:2: expected a time such as 2026-11-22T01:30:05Z
hint: mend the line or take it away; nothing else is lost"
	nook_run lab start
	assert_status 1
	assert_equal "$(cat "$file")" "$(cat before)"
}

@test "of several that start at once one does" {
	for i in 1 2 3 4; do
		"$NOOK" lab start X1 >"out.$i" 2>"err.$i" &
	done
	wait
	assert_equal "$(cat out.* | grep -c '^X1  A title')" 1
	assert_equal "$(cat err.* | grep -c '^nook: lab X1 is at hand')" 3
	assert_equal "$("$NOOK" ps --no-headings -o name | tr -d ' ')" lab
}

@test "JSON for programs" {
	"$NOOK" lab start >out
	"$NOOK" exec -d lab -- sh -c 'echo $$ >$LAB/pid; exec sleep 600'
	wait_until test -s "$(lab_dir X1)/pid"
	nook_run lab check --json
	assert_status 1
	assert_equal "$(json lab) $(json solved) $(json diagnosis)" \
		"X1 0 shared"
	assert_equal "$(json facts 0 holds)" 0
	assert_match '"source": "/proc/[0-9]+/ns/uts"'
	nook_run lab list --json
	assert_equal "$(json labs 0 at_hand)" 1
	nook_run lab status --json
	assert_equal "$(json playground) $(json tries)" "1 1"
}

@test "the example of nook-lab(5) is a lab, and proven" {
	mkdir man
	sed -n '/^format: 1/,/^\.fi/p' "$TOP/man/nook-lab.5" |
		sed "/^\.fi/d; s/\\\\-/-/g; s/\\\\(aq/'/g; s/\\\\e/\\\\/g" >man/X1.yaml
	nook_run lab test --from man X1
	assert_status 0
	assert_line "ok 5 - X1 tells of renamed (wrong way 1)"
}

@test "lab test leaves a box alone that has the name of a lab's" {
	nook_run run -q -d --name a base -- sleep 600
	assert_status 0
	nook_run lab test X1
	assert_status 1
	assert_match '^not ok 1 - X1 '
	assert_line "#   there is a box 'a' already, and the lab has that name"
	refute_match '^ok '
	nook_run ps --names
	assert_line a
}
