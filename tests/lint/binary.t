#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# binary.t - the programs that are installed are hardened: every protection of HARDEN and LDHARDEN is in them
# as: self
#
# Flags that a compiler ignores, or that somebody takes off, leave no trace in a build; so
# this looks at what came out. The same questions are asked about a program that was built
# without any of them: there each must be answered with no.
cd "$(dirname "$0")/../.." || exit
count=0
wanted=yes

# check WHAT COMMAND... - one line of TAP: the command says what is wanted
check() {
	count=$((count + 1))
	what=$1
	shift
	if "$@"; then said=yes; else said=no; fi
	if [ $said = $wanted ]; then
		echo "ok $count - $what: $said"
	else
		echo "not ok $count - $what: $said"
	fi
}
has() { readelf -W "$2" "$1" | grep -qE "$3"; }
has_not() { ! readelf -W "$2" "$1" | grep -qE "$3"; }
is_static() { has_not "$1" -l 'INTERP'; }
is_plain_mode() { [ -z "$(find "$1" -perm /7022)" ]; }
# What setcap(8) would leave: as good as a set-id bit
has_no_file_caps() { [ -z "$(/sbin/getcap "$1" 2>/dev/null)" ]; }
# at_least N PATTERN - of the disassembly on stdin
at_least() { [ "$(grep -cE "$2")" -ge "$1" ]; }
# Functions of ours with an array on the stack end by comparing the canary
checks_canaries() { grep -cE 'call.*<__stack_chk_fail' "$1.asm" | { read -r n && [ "$n" -ge 50 ]; }; }
# A frame of more than a page is touched page by page: orq $0,(%rsp) between the steps
# shellcheck disable=SC2016
probes_stack() { at_least 3 'or[lq] +\$0x0,(\(%rsp\)|0x[0-9a-f]+\(%rsp\))' <"$1.asm"; }
# What an indirect jump may land on
marks_targets() { grep -A1 '<main>:' "$1.asm" | grep -q endbr64; }
# Calls that no length can make safe, or that start a shell
unsafe='gets|strcpy|strcat|sprintf|vsprintf|system|popen|mktemp|tmpnam|strtok'
imports_none() { has_not "$1" --dyn-syms " UND ($unsafe)(@|\$)"; }
traps() { at_least 8 '\bud2\b' <"$1.asm"; }

for program in build/release/nook build/release/nook-full; do
	if [ ! -e $program ]; then
		echo "1..0 # SKIP $program is not built"
		exit
	fi
done
# Not every tree may be written by who runs this
temp=$(mktemp -d) || exit
trap 'rm -rf "$temp"' EXIT
# questions PROGRAM - all that is asked about one program
questions() {
	program=$1
	name=${program##*/}
	objdump -d --no-show-raw-insn "$program" >"$temp/$name.asm"
	check "$name is position independent" has "$program" -h 'Type: +DYN'
	check "$name says so itself" has "$program" -d 'FLAGS_1.*PIE'
	check "$name has read-only relocations" has "$program" -l GNU_RELRO
	check "$name binds at once" has "$program" -d 'FLAGS_1.*NOW'
	check "$name says that its stack is not executable" has "$program" -l 'GNU_STACK.* RW '
	check "$name has no segment both writable and executable" \
		has_not "$program" -l '(LOAD|STACK).* RWE'
	check "$name looks for libraries in no place of its own" \
		has_not "$program" -d 'RPATH|RUNPATH'
	check "$name imports no call without a length" imports_none "$program"
	check "$name has no set-id bit and others cannot write it" is_plain_mode "$program"
	check "$name protects its stack" checks_canaries "$temp/$name"
	if [ "$(uname -m)" = x86_64 ]; then
		check "$name touches every page of a large frame" probes_stack "$temp/$name"
		check "$name marks where indirect jumps may land" marks_targets "$temp/$name"
	fi
}

for program in build/release/nook build/release/nook-full; do
	questions $program
	check "$name relocates no code" has_not "$program" -d 'TEXTREL'
	check "$name has no capabilities of its file" has_no_file_caps "$program"
done
check "nook loads no library" is_static build/release/nook
check "nook-full checks the lengths of copies" has build/release/nook-full -s '_chk@'
if [ "$(uname -m)" = x86_64 ] && [ -e build/release/tests/fortify ]; then
	check "nook checks the lengths of copies" traps "$temp/nook"
fi

cat >"$temp/bare.c" <<'C'
#include <string.h>
int main(int argc, char **argv)
{
	char page[70000];
	strcpy(page, argv[argc - 1]);
	return page[argc];
}
C
gcc -w -O0 -no-pie -fno-pie -fno-stack-protector -fno-stack-clash-protection -fcf-protection=none \
	-z norelro -z lazy -z execstack -Wl,-rpath,/nowhere -o "$temp/bare" "$temp/bare.c"
chmod 4777 "$temp/bare"
wanted=no
questions "$temp/bare"
echo "1..$count"
