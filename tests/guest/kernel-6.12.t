#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kernel-6.12.t - profiles, walls, and quotas on cgroup v2 without systemd, on Linux 6.12
# as: self
# takes: 220
#
# Quotas as root, and for a user to whom a cgroup is delegated; of these what is not the same in every
# cgroup, `make check-guest-long` runs all
quotas='FS-17:.(control|with|a)|memory,|on_limit:.freeze.at.limits.memory|RS-01|RS-03:.buffers|RS-09'
quotas="$quotas|every|PS-08|a.box.that.is.paused"
exec "${0%/*}/walls.sh" linux-image-6.12-cloud-amd64 "$quotas"
