#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kill.t - whoever is killed at whatever system call of a run: nothing hangs, nothing stays
# as: root user subids
# world: yes
# takes: 60
# long: 1600
# checks: SV-01
# in: release
#
# NOOK_EVERY=1 is every call (make check-long), else every seventh, on a network every 21st.
cd "$(dirname "$0")/../.." || exit
[ -z "${NOOK_LONG:-}" ] || export NOOK_EVERY=1
exec build/fault/step kill "$@"
