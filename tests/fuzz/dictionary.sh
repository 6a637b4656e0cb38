#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# dictionary.sh - print the fuzzers' dictionary: the keys of fields.def, and words of the values
set -eu
cd "$(dirname "$0")/../.."
echo "# Made by tests/fuzz/dictionary.sh ('make fuzz-dictionary')"
# Whole keys for --set, their parts for YAML
sed -n 's/^FIELD([a-z_]*, "\([a-z_.]*\)".*/\1/p' sandbox/profile/fields.def |
	awk -F. '{ print } NF > 1 { print $1; print $2 }' | LC_ALL=C sort -u | sed 's/.*/"&"/'
# shellcheck disable=SC2016
# What no key is: words of lists of maps, of options, units, and what YAML gives a meaning
for word in bind: tmpfs: overlay: filesystem: to: options: size: mode: optional: source: ro rw \
	idmap noexec nosuid nodev rslave subids single reaper null none max 512M 1.5G 2m30s 0-3,8 \
	0:1000:1 10.0.0.2/24 SIGTERM type=bind src= dst= target= tmpfs-size= --set --mount \
	--volume --tmpfs --ulimit --env -v -e '\"' "'" '&a' '*a' '<<' '!!' '---' '{' '}' '[' ']' \
	' - ' shared: master: 'some avg10=' 'oom_kill ' rbytes= ' Read ' 0:: 1-2:cpu: \
	jobs: defaults: '- id: ' stdin: files: in: out: from: retry: times: raise: after: matrix: \
	format: id: check: fact: says: diagnose: when: hints: solution: nook: raw: wrong: 'not ' \
	include: exclude: set: oom: '${a}' '$${a}' '{\"id\":' '\"command\":[\"a\"]' '\\\\ud83d' \
	'\xef\xbb\xbf' '\x1b[' '\xc2\x9b' '\xe2\x80\xae' '${HOME}' '~'; do
	printf '"%s"\n' "$word"
done
