#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# labs-6.12.t - every lab on cgroup v2, as root and as a user to whom a cgroup is delegated, on Linux 6.12
# as: self
# takes: 240
#
# A guest of its own: the labs of networks need nft(8) and modules that the other guests do not have.
export GUEST_NET=1 GUEST_ONLY=labs/labs GUEST_TESTS="${GUEST_TESTS:-.}"
export GUEST_AS="${GUEST_AS:-root,user}"
exec "${0%/*}/boot.sh" linux-image-6.12-cloud-amd64 suite.sh
