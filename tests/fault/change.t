#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# change.t - whoever is killed, and whatever fails, while a living box is changed: all of it or nothing
# as: root user
# world: yes
# takes: 20
# long: 300
# checks: NE-13
# in: release
#
# NOOK_EVERY=1 is every call (make check-long), else every seventh for the client, every 21st for the
# others.
cd "$(dirname "$0")/../.." || exit
[ -z "${NOOK_LONG:-}" ] || export NOOK_EVERY=1
exec build/fault/change "$@"
