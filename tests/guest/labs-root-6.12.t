#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# labs-root-6.12.t - every lab on cgroup v2, as root
# as: self
# takes: 130
exec "${0%/*}/labs.sh" root
