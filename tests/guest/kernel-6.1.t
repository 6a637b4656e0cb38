#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kernel-6.1.t - profiles and walls on Linux 6.1, the oldest that nook supports (Debian 12)
# as: self
# takes: 60
#
# Every shipped profile, then the tests of the walls that a kernel decides about, what fits into two
# minutes of an emulated processor: Landlock by its versions, the filter, mounts, /proc, namespaces and
# capabilities, as root and as a user. `make check-guest-long` runs all of the suite there, as everybody.
tests='SC-01|SC-08|SC-10a|CR-01|CR-12|NE-02|FS-05|FS-07|FS-08|FS-22|FS-25|PS-01|PS-02'
export GUEST_TESTS="${GUEST_TESTS:-^($tests)}"
export GUEST_AS="${GUEST_AS:-root,user}"
exec "${0%/*}/boot.sh" linux-image-cloud-amd64 profiles.sh,suite.sh
