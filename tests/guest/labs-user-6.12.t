#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# labs-user-6.12.t - every lab on cgroup v2, as a user to whom a cgroup is delegated
# as: self
# takes: 130
exec "${0%/*}/labs.sh" user
