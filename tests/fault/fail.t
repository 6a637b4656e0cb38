#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fail.t - whatever system call of a run fails however: a reason and 125, or the same walls
# as: root user subids
# world: yes
# long: 2400
# checks: SV-08 SV-12
# in: release
#
# NOOK_EVERY=1 is every call with every errno, first and last (make check-long), else every eleventh
# of these, on a network every 33rd; NOOK_EACH=1 is not first and last only, but each time that a call
# is made (so does make check-long, as one user).
cd "$(dirname "$0")/../.." || exit
[ -z "${NOOK_LONG:-}" ] || export NOOK_EVERY=1
[ "${NOOK_LONG:-} $(id -u)" != "1 1234" ] || export NOOK_EACH=1
exec build/fault/step fail "$@"
