#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# kernel-6.12.t - every shipped profile on Linux 6.12, in an emulated machine
# as: self
# takes: 50
exec "$(dirname "$0")/boot.sh" linux-image-6.12-cloud-amd64 profiles.sh
