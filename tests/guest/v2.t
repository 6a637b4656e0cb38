#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# v2.t - quotas on cgroup v2 without systemd: as root, and for users to whom a cgroup is delegated
# as: self
exec "$(dirname "$0")/boot.sh" linux-image-6.12-cloud-amd64 suite.sh
