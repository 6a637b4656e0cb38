#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# systemd.t - quotas under systemd: as root, and for an ordinary user who has logged in
# as: self
# takes: 80
#
# Of the quotas what shows that a scope of a manager is as good as a cgroup of one's own, with which
# kernel-6.12.t tries more of them; `make check-guest-long` runs all
export GUEST_TESTS="${GUEST_TESTS:-^(a|two|no|with|the|FS-17:.with)}"
exec "${0%/*}/boot.sh" linux-image-6.12-cloud-amd64 suite.sh systemd
