#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# lab.t - whoever kills the start or the reset of a lab: the next word clears it away
# as: root user subids
# takes: 15
# long: 100
# in: release
#
# NOOK_EVERY=1 is before and behind every call (make check-long), else at every 31st of these places.
cd "$(dirname "$0")/../.." || exit
[ -z "${NOOK_LONG:-}" ] || export NOOK_EVERY=1
exec build/fault/lab "$@"
