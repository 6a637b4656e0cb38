#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# race.t - whatever others do between two system calls of a run: the box asked for, or a refusal
# as: root user subids
# takes: 25
# long: 120
# checks: FS-11 RC-03 RC-05 RC-10
# in: release
#
# NOOK_EVERY=1 is before every call (make check-long), else before every seventh.
cd "$(dirname "$0")/../.." || exit
[ -z "${NOOK_LONG:-}" ] || export NOOK_EVERY=1
exec build/fault/race "$@"
