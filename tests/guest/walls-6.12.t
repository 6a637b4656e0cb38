#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# walls-6.12.t - containment on Linux 6.12, a newer one: what the kernel decides about
# as: self
# takes: 110
exec "${0%/*}/walls.sh" linux-image-6.12-cloud-amd64
