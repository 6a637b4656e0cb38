#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# v2.t - quotas on cgroup v2 without systemd: as root, and for users to whom a cgroup is delegated
# as: self
# takes: 120
#
# Of the quotas what fits into two minutes of an emulated processor; `make check-guest-long` runs all
tests='FS-17|memory,|on_limit:.freeze.at.limits.memory|RS-01|RS-03:.buffers|RS-09|every|PS-08'
export GUEST_TESTS="${GUEST_TESTS:-^($tests)}"
export GUEST_AS="${GUEST_AS:-root,user}"
exec "${0%/*}/boot.sh" linux-image-6.12-cloud-amd64 suite.sh
