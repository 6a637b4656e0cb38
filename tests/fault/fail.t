#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# fail.t - whatever system call of a run fails however: a reason and 125, or the same walls
# as: root user subids
# world: yes
# checks: SV-08 SV-12
# in: release
#
# NOOK_EVERY=1 is every call with every errno, first and last (make check-long), else every eleventh
# of these, on a network every 33rd; NOOK_EACH=1 is not first and last only, but each time that a call
# is made.
cd "$(dirname "$0")/../.." || exit
exec build/fault/step fail "$@"
