#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kernel-6.1.t - every shipped profile on Linux 6.1, the oldest that nook supports (Debian 12)
# as: self
# takes: 50
exec "$(dirname "$0")/boot.sh" linux-image-cloud-amd64 profiles.sh
