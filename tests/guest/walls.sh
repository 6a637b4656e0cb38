#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# walls.sh PACKAGE - the containment that a kernel decides about, in a guest that runs it; TAP
#
# What fits into a minute and a half of an emulated processor: Landlock by its versions, the
# filter, mounts, /proc, namespaces and capabilities, as root and as a user. `make check-guest-long` runs
# all of the suite there, as everybody.
export GUEST_ALL=1
export GUEST_ONLY='contain/calls,contain/cred,contain/mounts,contain/files,contain/proc,contain/outside'
export GUEST_TESTS='^(SC-01|SC-08|SC-10a|CR-01|CR-12|NE-02|FS-05|FS-07|FS-08|FS-22|FS-25|PS-01|PS-02)'
export GUEST_AS=root,user
exec "${0%/*}/boot.sh" "$1" suite.sh
