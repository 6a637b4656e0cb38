#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# systemd.t - quotas under systemd: as root, and for an ordinary user who has logged in
# as: self
exec "$(dirname "$0")/boot.sh" linux-image-6.12-cloud-amd64 suite.sh systemd
