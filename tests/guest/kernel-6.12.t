#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kernel-6.12.t - quotas on cgroup v2 without systemd, and what this kernel has of its own, on Linux 6.12
# as: self
# takes: 80
#
# Quotas as root, and for a user to whom a cgroup is delegated; of these what is not the same in every
# cgroup. A clock that is set. Of the walls those that depend on a version: the filter's newest calls, and
# Landlock. The others, and the profiles, hold on 6.1 (kernel-6.1.t) and on the kernel outside; `make
# check-guest-long` runs all of them on 6.12 too. Labs have guests of their own (labs.sh).
quotas='FS-17:.(control|with|a)|memory,|on_limit:.freeze.at.limits.memory|RS-01|RS-03:.buffers|RS-09'
quotas="$quotas|every|PS-08"
export GUEST_TESTS="${GUEST_TESTS:-^($quotas|SC-08|SC-10a|SV-11)}"
export GUEST_AS="${GUEST_AS:-root,user}"
exec "${0%/*}/boot.sh" linux-image-6.12-cloud-amd64 suite.sh
