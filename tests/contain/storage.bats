#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# storage.bats - what boxes and nook write outside: shared directories, changes, logs
# as: root user subids
# in: release

load ../cli/helper
load ../cli/boxes
load ../cli/net
load ../cli/living

# kept_profile - a box that keeps what it changes in /data, and shares /vol
kept_profile() {
	mkdir -p data vol
	cat >p.yaml <<-EOP
		extends: base
		user: {id: 0}
		mounts:
		  - {overlay: $T/data, to: /data}
		  - {bind: $T/vol, to: /vol, options: [rw]}
	EOP
}

# of_volume - each file's number, kind, owner, mode, links and attributes
of_volume() {
	find vol -printf '%p %i %y %U:%G %m %n\n' | sort
	getfattr -R -d -m - vol 2>/dev/null
}

@test "FS-19: nook never changes owner or mode of foreign files in shared volumes" {
	local before
	need setfattr
	kept_profile
	mkdir -m 1711 vol/dir
	echo x >vol/file
	echo x >vol/dir/su
	chmod 4751 vol/dir/su
	chmod 604 vol/file
	ln vol/file vol/again
	setfattr -n user.mark -v 1 vol/file
	! is_root || chown -h 4242:4243 vol/dir vol/dir/su vol/file
	before=$(of_volume)
	"$NOOK" run -d --keep --name web ./p.yaml -- sh -c 'echo changed >/data/f; echo >/vol/up; sleep 60'
	wait_for vol/up
	# whose files are not the box's: with them it can do nothing either
	! is_root || "$NOOK" exec web -- sh -c '! chmod 777 /vol/file && ! chown 0 /vol/dir &&
		! touch /vol/file'
	rm vol/up
	"$NOOK" exec web -- cp /bin/true /data/true
	echo y >in
	"$NOOK" cp in web:/data/in
	"$NOOK" cp web:/vol copied
	"$NOOK" stop -t 0 web
	"$NOOK" snapshot web one
	"$NOOK" rollback web one
	"$NOOK" apply web
	"$NOOK" rename web other
	"$NOOK" rm -f other
	"$NOOK" gc -q
	assert_equal "$(of_volume)" "$before"
	# CONTROL: what a box may change is seen
	touch vol/mine
	before=$(of_volume)
	"$NOOK" run ./p.yaml -- sh -c 'chmod 755 /vol && : >/vol/new'
	[ "$(of_volume)" != "$before" ]
}

@test "RS-06: a full upper layer harms no other box" {
	local dir
	kept_profile
	small_state
	# else records of boxes that run lie there too
	is_root || { mkdir -m 700 run && export XDG_RUNTIME_DIR=$T/run; }
	dir=$(state_dir)
	mkdir -p "$dir"
	touch "$dir/try"
	is_root || setfattr -n user.nook -v 1 "$dir/try" || skip "tmpfs has no such attributes here"
	rm "$dir/try"
	"$NOOK" run -d --name other --keep ./p.yaml -- sleep 60
	"$NOOK" run -d --name web --keep ./p.yaml -- sh -c 'cat /dev/zero >/data/big 2>/vol/said; echo >/vol/full; sleep 60'
	wait_for vol/full
	grep -q 'No space left on device' vol/said
	assert_equal "$(all name status | sort | cut -d' ' -f1,2)" $'other running\nweb running'
	nook_run exec other -- sh -c 'echo fine; cat /data/none 2>/dev/null'
	assert_output fine
	nook_run run strict -- echo fine
	assert_output fine
	nook_run inspect web
	assert_status 0
	"$NOOK" stop -t 0 web
	all_are_over() { ! "$NOOK" ps --no-headings -o name | grep -qx "$1"; }
	wait_until all_are_over web
	"$NOOK" rm -f web
	assert_equal "$(all name status | cut -d' ' -f1,2)" "other running"
	# CONTROL: it was that box that had taken the room
	nook_run exec other -- sh -c 'head -c 300000 /dev/zero >/data/some && echo fits'
	assert_output fits
	end_small_state
}

@test "RS-08: output is limited, and so is what nook keeps of it" {
	kept_profile
	"$NOOK" run -d --name web --log-size 64K ./p.yaml -- sh -c 'head -c 40000000 /dev/zero; yes 0123456789 | head -c 4000000
		yes both | head -c 1000000 | tee /dev/stderr; echo; echo end; echo end >&2; echo >/vol/over; sleep 60'
	keeper=$(all keeper)
	wait_for vol/over
	# of the two pipes either may be emptied last, and what it held push the other's end out
	at_end() { [ "$("$NOOK" logs web 2>&1 | tail -n 1)" = end ]; }
	wait_until at_end
	assert [ "$(du -bc "$(state_dir)"/boxes/web/log* | tail -n 1 | cut -f1)" -le 131072 ]
	assert [ "$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$keeper/status")" -lt 32768 ]
	"$NOOK" stop -t 0 web
	# a flood that never ends is no shield
	"$NOOK" start web >/dev/null
	nook_run stop -t 0 web
	assert_status 0
	# in the foreground the box ends at the limit
	nook_run run --set limits.output=1M ./p.yaml -- cat /dev/zero
	assert_status 137
	nook_run run --set limits.output=1M ./p.yaml -- sh -c 'head -c 3000000 /dev/zero | tr "\0" x'
	assert [ "${#output}" -le 1048576 ]
	# CONTROL: without one all of it comes
	nook_run run ./p.yaml -- sh -c 'head -c 3000000 /dev/zero | tr "\0" x'
	assert_equal "${#output}" 3000000
}

@test "LG-06: a log follows no link" {
	local dir kind
	echo precious >victim
	"$NOOK" create web strict -- echo said
	dir=$(state_dir)/boxes/web
	for kind in 'ln -s ../../../../victim' "ln -s $T/victim" 'ln -s nowhere' mkfifo 'mkdir'; do
		$kind "$dir/log"
		nook_run start web
		assert_status 125
		assert_stderr_match '^nook: cannot write the log of the box: '
		nook_run logs web
		assert_output
		[ ! -e "$dir/nowhere" ]
		rm -r "$dir/log"
	done
	assert_equal "$(cat victim)" precious
	# CONTROL
	"$NOOK" start web
	wait_until all_are 'stopped (0)'
	assert_equal "$("$NOOK" logs web)" said
}
