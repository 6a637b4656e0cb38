#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# table.t - the table of docs/threat-model.md is in step with the tests and has all their ids
# as: self
cd "$(dirname "$0")/../.." || exit
echo 1..2
mkdir -p build
sed -n '/^<!-- table:/,/^<!-- end of table/{/^<!--/d;p}' docs/threat-model.md >build/table.page
if tests/contain/table.sh 2>build/table.complaints | diff build/table.page - >build/table.diff; then
	echo 'ok 1 - docs/threat-model.md has the table that table.sh makes'
else
	echo 'not ok 1 - docs/threat-model.md is not in step: make docs'
	sed 's/^/# /' build/table.diff
fi
if [ -s build/table.complaints ]; then
	echo 'not ok 2 - a test names an id that tests/contain/promises does not have'
	sed 's/^/# /' build/table.complaints
else
	echo 'ok 2 - tests/contain/promises has every id that a test names'
fi
