# SPDX-License-Identifier: GPL-3.0-or-later
# clock.bats - a clock that is set while a box runs, which no test may do to the machine it runs on
# guest: v2
# as: root

load ../cli/helper
load ../cli/boxes

# step SECONDS - set the clock of this guest that far ahead, or back
step() { date -s "@$(($(date +%s) + $1))" >/dev/null; }

@test "SV-11: limits do not follow the clock that people set" {
	local before
	start_box one 'sleep 600' --name one --set limits.wall=30m
	before=$(date +%s)
	# An hour ahead. It is the clock of the box, too; its keeper has woken since
	step 3600
	[ "$("$NOOK" exec one -- date +%s)" -ge $((before + 3600)) ]
	step -3600
	"$NOOK" kill one
	wait_keeper
	assert_equal "$(result one cause)" cancelled
	assert [ "$(result one wall_s | cut -d. -f1)" -lt 1800 ]

	# An hour back, to before it began: what it may have in all it has had
	start_box two 'sleep 600' --name two --set limits.wall=30m
	step -3600
	"$NOOK" update two wall=100ms
	wait_keeper
	step 3600
	assert_status 124
	assert_equal "$(result two cause)" wall
}
