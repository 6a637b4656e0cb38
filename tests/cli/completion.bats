# SPDX-License-Identifier: GPL-3.0-or-later
# completion.bats - what the shells offer while a nook command line is typed
# as: user
load helper

setup() {
	nook_setup
	mkdir -p bin profiles
	ln -s "$NOOK" bin/nook
	PATH=$T/bin:$PATH
	cp "$TOP"/profiles/*.yaml profiles/
	export NOOK_PROFILE_PATH=$T/profiles
}

# offers LINE WORD... - bash offers exactly these words where LINE ends
offers() {
	local line=$1
	shift
	# A shell without the functions and options of bats
	cat >try.bash <<-'END'
		. "$1" || exit
		COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=$' \t\n=:'
		read -ra COMP_WORDS <<<"$2"
		[[ $2 != *" " ]] || COMP_WORDS+=('')
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_nook nook "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf '%s\n' "${COMPREPLY[@]}"
	END
	run env -i PATH="$PATH" HOME="$HOME" NOOK_PROFILE_PATH="$NOOK_PROFILE_PATH" \
		bash --norc try.bash "$TOP/completions/nook.bash" "$line"
	assert_status 0
	assert_equal "$(sort <<<"$output" | xargs)" "$(printf '%s\n' "$@" | sort | xargs)"
}

@test "bash: commands, and second words of commands" {
	offers 'nook comp' compare completion
	offers 'nook ru' run
	offers 'nook bat' batch
	offers 'nook profile c' check
	offers 'nook help expl' explain
	offers 'nook completion ' bash zsh fish
}

@test "bash: the options of a command, and what they take" {
	offers 'nook run --mem' --memory
	offers 'nook run --verb' --verbose
	offers 'nook doctor --j' --json
	offers 'nook doctor --mem'
	offers 'nook run --network ' container: host none ns: user veth
	offers 'nook run --network=h' host
	offers 'nook run --memory '
}

@test "bash: a command with a second word has words and options of its own, too" {
	mkdir jobs && touch jobs/one.yaml report.yaml
	offers 'nook batch jobs/' jobs/one.yaml
	offers 'nook batch rep' report report.yaml
	offers 'nook batch --jou' --journal
	offers 'nook batch jobs/one.yaml --jou' --journal
	offers 'nook batch --total-memory jo'
	offers 'nook batch report --sv' --svg
	offers 'nook lab --fr' --from
	offers 'nook lab st' start stop status
	offers 'nook net c' create check
	offers 'nook net nosuch '
	offers 'nook help lab s' start skip solution stop status
	offers 'nook help run '
}

@test "bash: a profile to explain, and then a layer of it" {
	offers 'nook explain str' strict
	offers 'nook explain se' session seccomp
	offers 'nook explain strict se' session seccomp
	offers 'nook explain strict st'
	assert_equal "$("$NOOK" explain base | sed -n 's/^\([a-z]*\) - .*/\1/p' | sort | xargs)" \
		"$(sed -n "s/.*explain) echo 'explain \(.*\)' ;;/\1/p" "$TOP/completions/nook.bash" |
			xargs -n 1 | sort | xargs)"
}

@test "bash: profiles, as they are now" {
	offers 'nook run --read-only st' strict
	echo 'description: my own' >profiles/strange.yaml
	offers 'nook shell st' strict strange
	offers 'nook run profiles/str' profiles/strict.yaml profiles/strange.yaml
}

@test "bash: labs, and the words of lab" {
	mkdir -p .config/nook/labs
	touch .config/nook/labs/{X1-own,X2,other}.yaml
	offers 'nook lab goto X' X1 X2
	offers 'nook lab goto -- X' X1 X2
	offers 'nook lab so' solution
	offers 'nook lab solution --r' --raw
}

@test "bash: keys and their values" {
	offers 'nook run --set hostn' hostname=
	offers 'nook run --set +capa' +capabilities=
	offers 'nook run --set root.from=' system host directory empty
	offers 'nook run --set=root.from=h' host
	offers 'nook run --set no_new_privileges=t' true
}

@test "bash: boxes that run, and what can be changed of one" {
	# No id holds a -: only the name begins with web-
	"$NOOK" run --name web-1 base -- sleep 60 &
	keeper=$!
	has_id() { id=$("$NOOK" ps --no-headings -o id web-1 2>/dev/null); }
	wait_until has_id
	offers 'nook kill ' web-1 "$id"
	offers 'nook kill web-' web-1
	offers 'nook kill -s KILL -- web-' web-1
	offers 'nook rm -- web-' web-1
	touch web-2
	offers 'nook cp web-' web-1: web-2
	offers 'nook cp web-2 web-' web-1: web-2
	offers "nook ps ${id:0:4}" "$id"
	offers 'nook kill -s QU' QUIT
	offers 'nook update web-' web-1
	offers 'nook update web-1 wa' wall=
	offers 'nook update -q web-1 wall=3s memory_' memory_high=
	"$NOOK" kill web-1
	wait "$keeper" || true
}

@test "bash: a command of the user's behind --, and of exec behind its box" {
	touch bin/nook-test-one bin/nook-test-two
	chmod +x bin/nook-test-*
	offers 'nook exec web nook-test-' nook-test-one nook-test-two
	offers 'nook exec -e A=1 -i web -u 0 nook-test-' nook-test-one nook-test-two
	offers 'nook exec web cat -e profiles/base' profiles/base.yaml
	offers 'nook exec web --work' --workdir
	offers 'nook exec -w '
	offers 'nook run strict -- nook-test-' nook-test-one nook-test-two
	offers 'nook run -- cat profiles/base' profiles/base.yaml
}

@test "zsh: reads the script, offers commands and keys" {
	need zsh
	zsh -n "$TOP/completions/_nook"
	# zsh completes only in a terminal: one of its own
	cat >try.zsh <<-'END'
		zmodload zsh/zpty
		zpty -b z zsh -f -i
		zpty -w z "PS1=; fpath=($TOP/completions \$fpath); autoload -U compinit"
		zpty -w z "compinit -D -u; zstyle ':completion:*' menu no; echo REA''DY"
		until [[ $all == *READY* ]]; do
			zpty -r -t z some && all+=$some || sleep 0.02
		done
		typed() {
			local out= some i
			zpty -w -n z "$1"$'\t\t'
			for i in {1..100}; do
				zpty -r -t z some && out+=$some
				[[ $out != *$2* ]] || break
				sleep 0.05
			done
			zpty -w -n z $'\x15'
			[[ $out == *$2* ]] || { print -r -- "$1: ${(V)out}"; exit 1 }
		}
		typed 'nook comple' 'nook completion'
		typed 'nook profile che' 'nook profile check'
		typed 'nook run --preserve' 'run --preserve-fds'
		typed 'nook run stri' 'nook run strict'
		typed 'nook exec web /usr/bin/mkdi' 'web /usr/bin/mkdir'
		typed 'nook run --set root.swi' 'set root.switch'
		typed 'nook batch --jou' 'batch --journal'
		typed 'nook batch try.z' 'batch try.zsh'
		typed 'nook batch rep' 'batch report'
		typed 'nook batch report --sv' 'report --svg'
		typed 'nook explain strict secc' 'strict seccomp'
		typed 'nook help lab solu' 'lab solution'
		typed 'nook run --set root.switch=ch' 'root.switch=chroot'
		zpty -d z
	END
	run zsh -f try.zsh
	assert_status 0
}

@test "fish: reads the script, offers commands, options, keys, profiles" {
	need fish
	fish -n "$TOP/completions/nook.fish"
	# fish_offers LINE WORD - the first offer is WORD
	fish_offers() {
		run --separate-stderr fish --no-config \
			-c "source $TOP/completions/nook.fish; complete -C '$1'"
		assert_status 0
		assert_equal "$(head -n 1 <<<"$output" | cut -f 1)" "$2"
	}
	fish_offers 'nook comple' completion
	fish_offers 'nook profile che' check
	fish_offers 'nook run --mem' --memory
	fish_offers 'nook run --network h' host
	fish_offers 'nook run --set root.sw' root.switch=
	fish_offers 'nook run --set root.switch=ch' root.switch=chroot
	fish_offers 'nook run stri' strict
	fish_offers 'nook batch bi' bin/
	fish_offers 'nook batch --jou' --journal
	fish_offers 'nook explain strict secc' seccomp
	fish_offers 'nook help lab solu' solution
	fish_offers 'nook cp bi' bin/
	touch bin/nook-test-one
	chmod +x bin/nook-test-one
	fish_offers 'nook run -- nook-test-o' nook-test-one
	fish_offers 'nook exec -e A=1 web nook-test-o' nook-test-one
	fish_offers 'nook exec web -i nook-test-one profiles/bas' profiles/base.yaml
}
