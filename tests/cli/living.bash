# SPDX-License-Identifier: GPL-3.0-or-later
# living.bash - boxes that stay; for files that loaded helper, boxes and net. A test's own are
# removed behind it

setup_file() { net_setup_file; }
teardown_file() { net_teardown_file; }

setup() {
	nook_setup
	export XDG_STATE_HOME=$T/state
}

# all COLUMN... - these columns of `ps -a`, one box a line, one blank between
all() {
	local IFS=,
	"$NOOK" ps -a --no-headings -o "$*" | tr -s ' '
}

# all_are STATUS, named NAME - that of every box; who they all are
all_are() { [ "$(all status | sort -u)" = "$1" ]; }
named() { [ "$(all name)" = "$1" ]; }

# rid_of_boxes - what every teardown of such tests does
rid_of_boxes() {
	rm_boxes || return 1
	"$NOOK" kill --all && "$NOOK" gc -q
	rm -rf "$(state_dir)/boxes"
	nook_teardown
}
teardown() { rid_of_boxes; }

# small_state - the state directory becomes a file system of one MiB (a user has one from tests/as.sh)
small_state() {
	if is_root; then
		mount -t tmpfs -o mode=700,size=1m tmpfs /var/lib/nook
	else
		export XDG_STATE_HOME=$XDG_RUNTIME_DIR/state
	fi
}
end_small_state() {
	"$NOOK" rm -f web new other 2>/dev/null || true
	if is_root; then umount /var/lib/nook; else rm -rf "$XDG_RUNTIME_DIR/state"; fi
	export XDG_STATE_HOME=$T/state
}
