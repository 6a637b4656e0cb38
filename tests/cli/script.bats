#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# script.bats - the script of `nook explain --script` builds the box that nook builds
# as: root user subids
# in: release

load helper

# What can be seen inside: ids, name, mounts with their flags, devices, links, rights,
# environment, limits. Sorted, without what differs from run to run
read -r -d '' PROBE <<'END' || true
id -u; id -g; id -G
echo "host $(hostname)"
echo "cwd $(pwd) umask $(umask)"
while read -r _ _ _ _ target flags rest; do
	type=${rest#*- }
	# mount(8) of Debian 12 cannot map owners: the script says so
	echo "mount $target ${flags%,idmapped} ${type%% *}"
done </proc/self/mountinfo | sort
ls -1 / /dev 2>/dev/null | sed 's/^/file /'
sed -n 's/^ *\([^ :]*\):.*/link \1/p' /proc/net/dev
grep -E '^(Cap|NoNewPrivs|Groups)' /proc/self/status
env | grep -vE '^(PWD|OLDPWD|SHLVL|_)=' | sort
ulimit -aH; ulimit -aS
unshare --user true 2>/dev/null && echo 'user namespaces can be nested'
cut -d: -f3 /proc/self/cgroup | sort -u | sed 's/^/cgroup /'
for s in stat cmdline; do [ -r /proc/1/$s ] && echo "can read /proc/1/$s"; done
true
END

# compare PROFILE [OPTION...] - the box of nook and that of its script look the same
compare() {
	# A command takes the prompt out of the environment, in both
	"$NOOK" explain --script "$@" --set 'command=[sh]' >script.sh
	"$NOOK" run "$@" -- sh -c "$PROBE" >box 2>box.err </dev/null ||
		fail "nook run $*: $(cat box.err)"
	sh script.sh sh -c "$PROBE" >own 2>own.err </dev/null ||
		fail "the script failed: $(cat own.err)"
	diff -u box own >difference || fail "$(cat difference own.err)"
}

@test "the script of base builds the same box" { compare base; }
@test "the script of strict builds the same box" { compare strict; }
@test "the script of dev builds the same box" { compare dev; }
@test "the script of offline builds the same box" { compare offline; }

# No command can set up Landlock, which hides files, and the filter, which refuses namespaces
@test "the script of thin builds the same box but for its filters" {
	PROBE=$(grep -vE '^(ls|unshare)' <<<"$PROBE") compare thin
}

@test "a script maps a range of ids" {
	if [ "$(id -u)" = 1234 ]; then # has none: there is nothing to write a script about
		nook_run explain --script base --set user.map=subids
		assert_status 1
		assert_stderr_match "^nook: user: 'user.map: subids' needs lines for '1234'"
		return
	fi
	compare base --set user.map=subids
}

# As root the counter of namespaces cannot be written any more: the script says so
@test "a script with one id" {
	PROBE=$(grep -v '^unshare' <<<"$PROBE") compare base --set user.map=single
}

@test "a script makes root inside" {
	compare base --set user.id=0
}

@test "a script keeps capabilities" {
	compare base --set 'capabilities=[CHOWN, NET_BIND_SERVICE]'
	compare base --set 'capabilities=[CHOWN]' --set user.id=0
}

@test "a script makes the mounts of a profile" {
	mkdir 'one dir' two
	touch 'one dir/file' "two/it's, a:file"
	cat >own.yaml <<-END
		extends: base
		mounts:
		  - {bind: $T/one dir, to: /one dir, options: [rw]}
		  - {bind: "$T/two/it's, a:file", to: /file}
		  - {tmpfs: /scratch, size: 1M, inodes: 10, mode: 0777, options: [noexec]}
		  - {overlay: $T/one dir, to: /over}
		  - {bind: $T/nothing, to: /nothing, optional: true}
		  - {mqueue: /dev/mqueue}
		hostname: other
		umask: 077
		workdir: /scratch
		environment: {GREETING: "it's a \"good\" day", LANG: null}
		rlimits: {nofile: 64, nproc: 100}
		namespaces: [user, mount, pid, net, uts, ipc, cgroup, time]
		time: {boottime: 1h}
	END
	compare ./own.yaml
}

@test "a script leaves namespaces out" {
	compare base --set 'namespaces=[user, mount]'
	compare base --set 'namespaces=[user, mount, pid, uts]'
}

@test "a script of an empty root says what it needs" {
	"$NOOK" explain --script base --set root.from=empty >script.sh
	run --separate-stderr sh script.sh
	assert_status 125
	assert_stderr "the box's tree has no 'sh', which this script needs"
}

# The programs that the script and the probe need, in a directory of their own
make_tree() {
	local program words=()
	for program in sh env prlimit setpriv setsid unshare nsenter id hostname umount cat ls grep sed \
		cut sort uniq tr; do
		words+=(--with "$program")
	done
	"$NOOK" tree make tree "${words[@]}" -q
}

@test "the script of machine builds the same box" {
	make_tree
	compare machine --set root.path="$T/tree"
	compare machine --set root.path="$T/tree" --set root.changes=refuse
}

@test "the script of chroot builds the same box" {
	make_tree
	if is_root; then
		compare chroot --set root.path="$T/tree"
	else # only root may change its root, here as there
		nook_run run chroot --set root.path="$T/tree" -- true
		assert_status 125
	fi
}
