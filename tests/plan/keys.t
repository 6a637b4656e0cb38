#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# keys.t - what each key of fields.def changes in a plan
# as: user
#
# keys/KEY.yaml, or KEY+CASE.yaml, extends base and sets the key; KEY.expected is what differs
# from the plan of base, or the error. Comment lines `# host: NAME` choose the made-up machine,
# `# ground: CASE` another case to compare with.
# shellcheck source=tests/plan/lib.sh
. "${0%/*}/lib.sh"

for path in tests/plan/keys/*.yaml; do
	host=$(sed -n 's/^# host: //p' "$path")
	[ -n "$host" ] || host=debian12-user
	ground=$(sed -n 's/^# ground: //p' "$path")
	name=$(basename "$path" .yaml)
	# The profile's own name and path are in the plan: the ground gets the same name
	mkdir -p "$work/ground"
	if [ -n "$ground" ]; then
		cat "tests/plan/keys/$ground.yaml" >"$work/ground/$name.yaml"
	else
		echo 'extends: base' >"$work/ground/$name.yaml"
	fi
	dump "$host" "$work/ground/$name.yaml" | sed "s@$work/ground@tests/plan/keys@g" >"$work/old"
	dump "$host" "./$path" | sed 's@\./tests@tests@g' >"$work/new"
	effect "$work/old" "$work/new" >"$work/effect"
	same "$name" "tests/plan/keys/$name.expected" <"$work/effect"
	count=$((count + 1))
	if [ -s "$work/effect" ]; then
		echo "ok $count - $name is not ignored"
	else
		echo "not ok $count - $name is not ignored"
		failed=1
	fi
done

# No key without a case: fields.def is the list
sed -n 's/^FIELD([a-z_]*, "\([^"]*\)".*/\1/p' sandbox/profile/fields.def >"$work/keys"
while read -r key; do
	count=$((count + 1))
	if [ -e "tests/plan/keys/$key.yaml" ]; then
		echo "ok $count - '$key' has a golden case"
	else
		echo "not ok $count - '$key' has no golden case: write tests/plan/keys/$key.yaml"
		failed=1
	fi
done <"$work/keys"
finish
