#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# labs.sh WHO - every lab on cgroup v2 on Linux 6.12, in a guest of its own
#
# Of its own, because the labs of networks need nft(8) and modules that the other guests do not have; and
# one for root and one for a user, because a guest has one processor.
export GUEST_NET=1 GUEST_ONLY=labs/labs GUEST_TESTS="${GUEST_TESTS:-.}"
export GUEST_AS="${GUEST_AS:-$1}"
exec "${0%/*}/boot.sh" linux-image-6.12-cloud-amd64 suite.sh
