#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# walls-6.1.t - containment on Linux 6.1, the oldest that nook supports: what the kernel decides about
# as: self
# takes: 110
exec "${0%/*}/walls.sh" linux-image-cloud-amd64
