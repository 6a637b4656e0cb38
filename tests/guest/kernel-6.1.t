#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kernel-6.1.t - profiles and walls on Linux 6.1, the oldest that nook supports (Debian 12)
# as: self
# takes: 130
exec "${0%/*}/walls.sh" linux-image-cloud-amd64
