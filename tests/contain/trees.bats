#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# trees.bats - hostile root trees: symlinks for mount points, for /proc and /dev, swapped while boxes start
# as: root user subids
# long: 90

load contain

setup() {
	contain_setup
	# Root's boxes have other ids: they must be able to look, not to write
	mkdir -p "$T/root/tmp" "$T/root/proc" "$T/root/dev" "$T/victim" "$T/in"
	echo victim >"$T/victim/file"
	echo inside >"$T/in/file"
	# Where nothing is written to the tree its mount points must be there
	: >"$T/root/probe"
	chmod -R go+rX "$T"
	before=$(victim)
}

# victim - all that could be seen of a change
victim() {
	stat -c '%n %i %A %u %s %Y %Z' "$T/victim" "$T/victim"/* | sort
	cat "$T/victim/file"
	grep -F "$T" /proc/self/mountinfo || :
}
victim_is_safe() { assert_equal "$(victim)" "$before"; }

# swap A B - exchange two names from now on, until `stop`
swapper=
swap() {
	"$PROBE" swap "$1" "$2" >/dev/null 2>&1 3>&- &
	swapper=$!
}
stop() {
	[ -z "$swapper" ] || kill "$swapper"
	wait || :
	swapper=
}
teardown() {
	stop
	nook_teardown
}

# tree_box CHANGES MORE ID [ARG...] - a box with $T/root as its root; it may fail with 125
tree_box() {
	box_run "root: {from: directory, path: '$T/root', changes: $1}
user: {id: 0}
$2" /probe "${@:3}"
	[ "$status" = 0 ] || [ "$status" = 125 ] || fail "neither ran nor refused"
	victim_is_safe
}

@test "FS-09: mounts do not spread, and only into the box where that is wanted" {
	only_for root "others cannot make a shared mount"
	local words
	mkdir "$T/shared" "$T/out"
	mount -t tmpfs -o mode=755 shared "$T/shared"
	mount --make-shared "$T/shared"
	mkdir -m 777 "$T/shared/later" "$T/shared/mine"
	chmod 777 "$T/out"
	for words in rprivate rslave; do
		rm -f "$T/out/"*
		mkfifo -m 666 "$T/out/go"
		printf '%s\n' "mounts:" "  - {bind: '$T/shared', to: /b, options: [$words]}" \
			"  - {bind: '$T/out', to: /out, options: [rw]}" "nested_namespaces: true" >"$T/p.yaml"
		timeout 60 "$NOOK" run -q "$T/p.yaml" -- sh -c '
			: >/out/up
			read -r line </out/go
			cat /proc/self/mountinfo >/out/mountinfo
			unshare -Urm sh -c "mount -t tmpfs none /b/mine && : >/out/mounted"' \
			>"$T/log" 2>&1 &
		wait_for "$T/out/up"
		mount -t tmpfs late "$T/shared/later"
		timeout 60 sh -c 'echo >"$1"' sh "$T/out/go"
		wait $! || fail "$(cat "$T/log")"
		umount "$T/shared/later"
		# Inside it was mounted, and the host never saw it
		assert [ -e "$T/out/mounted" ]
		refute grep -F "$T/shared/mine" /proc/self/mountinfo
		if [ "$words" = rprivate ]; then
			refute grep -E ' /b/later ' "$T/out/mountinfo"
		else
			# CONTROL: where it is asked for the box sees the host's mount
			assert grep -E ' /b/later ' "$T/out/mountinfo"
		fi
	done
	umount "$T/shared"
}

@test "FS-10: a symlink in the root tree does not move a mount out of it" {
	local changes target up=../../../../../../../../../..
	for changes in discard refuse through; do
		for target in "$T/victim" "$up$T/victim" /proc/self/root"$T"/victim; do
			rm -rf "$T/root/mnt"
			ln -s "$target" "$T/root/mnt"
			# As a directory in between, as the last component, of a file
			tree_box "$changes" "mounts: [{bind: '$T/in', to: /mnt/a/b}]" FS-20 /mnt/a/b/file
			tree_box "$changes" "mounts: [{bind: '$T/in', to: /mnt}]" FS-20 /mnt/file
			tree_box "$changes" "mounts: [{bind: '$T/in/file', to: /mnt/file}]" FS-20 /mnt/file
			tree_box "$changes" "mounts: [{tmpfs: /mnt/new}]" FS-20 /mnt/new
			rm "$T/root/mnt"
			mkdir "$T/root/mnt"
			ln -s "$target" "$T/root/mnt/a"
			tree_box "$changes" "mounts: [{bind: '$T/in', to: /mnt/a/b}]" FS-20 /mnt/a/b/file
		done
	done
	# A tree without traps takes the mount, so that what is tested above is not just refusal
	rm -rf "$T/root/mnt"
	tree_box discard "mounts: [{bind: '$T/in', to: /mnt/a/b}]" FS-20 /mnt/a/b/file
	assert_output 'FS-20./mnt/a/b/file ok'
	# CONTROL: whoever walks by name gets out
	ln -s "$T/victim" "$T/root/mnt"
	mkdir -p "$T/root/mnt/a/b"
	refute victim_is_safe
}

@test "FS-11: a mount point that is swapped while boxes start does no harm" {
	local i name runs=100 worked=0
	# with sanitizers a box takes five times as long
	[ "${NOOK#*/build/san/}" = "$NOOK" ] || runs=20
	[ "${NOOK_LONG:-0}" = 1 ] && runs=2000
	mkdir -p "$T/root/mnt/a/b"
	chmod -R go+rX "$T/root"
	ln -s "$T/victim" "$T/root/link"
	swap "$T/root/mnt" "$T/root/link"
	printf '%s\n' "root: {from: directory, path: '$T/root', changes: refuse}" \
		'user: {id: 0}' "mounts: [{bind: '$T/in', to: /mnt/a/b}]" >"$T/deep.yaml"
	printf '%s\n' "root: {from: directory, path: '$T/root', changes: through}" \
		'user: {id: 0}' "mounts: [{bind: '$T/in', to: /mnt}]" >"$T/flat.yaml"
	for ((i = 0; i < runs; i++)); do
		for name in deep flat; do
			! timeout 60 "$NOOK" run -q -v "$PROBE:/probe" "$T/$name.yaml" -- \
				/probe FS-20 / >/dev/null 2>&1 || worked=$((worked + 1))
		done
	done
	stop
	echo "# $worked of $((2 * runs)) ran"
	victim_is_safe
	[ "$worked" -gt 0 ] || fail 'not one box ran'
	# CONTROL: a program that walks by name meets the symlink sooner or later
	swap "$T/root/mnt" "$T/root/link"
	for ((i = 0; i < 500; i++)); do
		mkdir -p "$T/root/mnt/a" 2>/dev/null || :
		[ ! -e "$T/victim/a" ] || break
	done
	stop
	assert [ -e "$T/victim/a" ]
}

@test "FS-12: a root tree cannot pass something off as /proc" {
	local changes kind
	for changes in discard refuse through; do
		for kind in absolute relative fake bound; do
			rm -rf "$T/root/proc" "$T/root/other"
			mkdir "$T/root/other"
			local more=
			case $kind in
			absolute) ln -s "$T/victim" "$T/root/proc" ;;
			relative) ln -s other "$T/root/proc" ;;
			fake | bound)
				mkdir -p "$T/root/proc/self/attr" "$T/root/proc/sys/kernel"
				: >"$T/root/proc/self/attr/exec"
				: >"$T/root/proc/sys/kernel/core_pattern"
				: >"$T/root/proc/self/uid_map"
				;;
			esac
			[ "$kind" != bound ] || more="mounts: [{bind: '$T/in', to: /proc}]"
			tree_box "$changes" "$more" FS-12 /proc /proc/self
			[ "$status" = 125 ] || [ "$kind" = bound ] ||
				assert_output 'FS-12./proc proc
FS-12./proc/self proc'
			# What nook wrote to "procfs" went to none of the fakes
			assert_equal "$(find "$T/root/proc" "$T/root/other" -type f -size +0)" ""
			refute [ -e "$T/in/self" ]
		done
	done
	# CONTROL: an honest tree
	rm -rf "$T/root/proc"
	mkdir "$T/root/proc"
	tree_box discard '' FS-12 /proc /tmp
	assert_line 'FS-12./proc proc'
	refute_line 'FS-12./tmp proc'
}

@test "FS-13: a root tree's /dev leads nowhere" {
	local changes name
	for changes in discard refuse through; do
		for name in dev dev/shm dev/pts dev/null dev/console dev/ptmx; do
			rm -rf "$T/root/dev"
			mkdir -p "$T/root/${name%/*}"
			[ "$name" != dev ] || rmdir "$T/root/dev"
			ln -s "$T/victim" "$T/root/$name"
			tree_box "$changes" '' FS-12 /dev /dev/shm
			[ "$status" = 125 ] || assert_output 'FS-12./dev tmpfs
FS-12./dev/shm tmpfs'
		done
	done
	# CONTROL: whoever makes a file there makes it in the victim
	rm -rf "$T/root/dev"
	ln -s "$T/victim" "$T/root/dev"
	: >"$T/root/dev/null"
	refute victim_is_safe
}

@test "FS-14: a mask is never a mount of something else" {
	local pattern
	pattern=$(cat /proc/sys/kernel/core_pattern)
	mkdir -p "$T/root/etc" "$T/root/usr/bin"
	echo secret >"$T/root/etc/secret"
	mkdir "$T/root/etc/secrets"
	echo secret >"$T/root/etc/secrets/key"
	rm -rf "$T/root/dev"
	mkdir "$T/root/dev"
	ln -s /proc/sys/kernel/core_pattern "$T/root/dev/null"
	chmod -R a+rX "$T/root"
	for changes in discard refuse; do
		box_run "root: {from: directory, path: '$T/root', changes: $changes, hide: [/etc/secret, /etc/secrets]}
user: {id: 0}" /probe FS-16 /etc/secret /etc/secrets/key
		assert_output 'FS-16./etc/secret empty
FS-16./etc/secrets/key ENOENT'
		box_run "root: {from: directory, path: '$T/root', changes: $changes, hide: [/etc/secret, /etc/secrets]}
user: {id: 0}" /probe FS-14 /etc/secret /etc/secrets/new /proc/sys/kernel/core_pattern
		refute_match ' ok$'
	done
	assert_equal "$(cat /proc/sys/kernel/core_pattern)" "$pattern"
	# CONTROL: what is not hidden is read
	box_run "root: {from: directory, path: '$T/root'}
user: {id: 0}" /probe FS-16 /etc/secret
	assert_output 'FS-16./etc/secret ok'
}

@test "FS-15: the terminal of a box is its own, whatever lies in the tree's /dev" {
	local turn runs=10 # not i: that is bats's own in `run`
	[ "${NOOK_LONG:-0}" = 1 ] && runs=500
	rm -rf "$T/root/dev"
	mkdir -p "$T/root/dev/pts"
	ln -s "$T/victim/file" "$T/root/dev/pts/0"
	ln -s "$T/victim/file" "$T/root/dev/console"
	ln -s "$T/victim/file" "$T/root/dev/ptmx"
	ln -s "$T/victim" "$T/root/other"
	swap "$T/root/dev/pts" "$T/root/other"
	# shellcheck disable=SC2034 # box_run uses it
	box_options=(-t)
	for ((turn = 0; turn < runs; turn++)); do
		box_run "root: {from: directory, path: '$T/root', changes: through}
user: {id: 0}" /probe FS-15
		assert_match '^FS-15.stdin pts.?$'
		assert_match '^FS-15.tty pts.?$'
	done
	stop
	victim_is_safe
	# CONTROL: the same without a terminal of its own
	# shellcheck disable=SC2034
	box_options=()
	box_run "root: {from: directory, path: '$T/root'}
terminal: never
user: {id: 0}" /probe FS-15
	refute_match '^FS-15.stdin pts'
}
