# SPDX-License-Identifier: GPL-3.0-or-later
# walls.bats - the payload's last walls from outside: capabilities, filter, Landlock, limits,
# environment and descriptors, as `nook run` puts them up
# as: root user subids
# fresh: no
load helper

# What a payload says about itself
facts='grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status'

nothing='CapInh:	0000000000000000
CapPrm:	0000000000000000
CapEff:	0000000000000000
CapBnd:	0000000000000000
CapAmb:	0000000000000000
NoNewPrivs:	1
Seccomp:	2'

@test "CR-01: a payload has no capability, no_new_privs and a filter" {
	for profile in strict offline dev; do
		nook_run run "$profile" -- sh -c "$facts"
		assert_status 0
		assert_output "$nothing"
	done
}

@test "CR-03: what the caller made inheritable and ambient does not pass" {
	only_for root "others cannot make any inheritable"
	need setpriv
	run --separate-stderr setpriv --inh-caps +net_raw --ambient-caps +net_raw \
		"$NOOK" run strict -- sh -c "$facts"
	assert_status 0
	assert_output "$nothing"
}

@test "CR-04: neither do the caller's securebits" {
	only_for root "others cannot set them"
	need setpriv
	run --separate-stderr setpriv --securebits +no_setuid_fixup,+keep_caps_locked \
		"$NOOK" run strict -- sh -c "$facts"
	assert_status 0
	assert_output "$nothing"
}

@test "capabilities that a profile keeps are there behind execve, and no other" {
	nook_run_with 'capabilities: [CAP_NET_BIND_SERVICE, CAP_KILL]
user: {id: 0}' -- sh -c "$facts"
	assert_status 0
	assert_line 'CapEff:	0000000000000420'
	assert_line 'CapBnd:	0000000000000420'
	assert_line 'CapAmb:	0000000000000000'
	nook_run_with 'capabilities: [CAP_NET_BIND_SERVICE, CAP_KILL]
user: {id: 1000}' -- sh -c "$facts"
	assert_status 0
	assert_line 'CapEff:	0000000000000420'
	assert_line 'CapAmb:	0000000000000420'
}

@test "no_new_privileges: false is for root, and the filter is loaded all the same" {
	nook_run run --set no_new_privileges=false strict -- sh -c "$facts"
	if is_root; then
		assert_status 0
		assert_line 'NoNewPrivs:	0'
		assert_line 'Seccomp:	2'
		assert_line 'CapPrm:	0000000000000000'
	else
		assert_status 125
		assert_stderr_match "'no_new_privileges: false' is for root alone"
		assert_output
	fi
}

@test "seccomp: {deny} takes names, sets and an errno" {
	nook_run_with 'extends: strict
seccomp: {deny: [chmod, fchmodat], errno: EACCES}' -- sh -c 'cd /tmp && : >f && chmod 600 f'
	assert_status 1
	assert_stderr_match 'Permission denied'
	nook_run_with 'extends: strict' -- sh -c 'cd /tmp && : >f && chmod 600 f'
	assert_status 0
	need python3
	nook_run_with 'seccomp: {deny: ["@network-io"]}' -- \
		python3 -c 'import socket; socket.socket(socket.AF_UNIX)'
	assert_status 1
	assert_stderr_match 'Operation not permitted'
}

@test "SC-12: an unknown name in a deny list ends the run before the payload" {
	nook_run_with 'seccomp: {deny: [ptrase]}' -- sh -c 'echo ran'
	assert_status 125
	assert_stderr_match "no system call or set is called 'ptrase', nearest is 'ptrace'"
	assert_output
}

@test "seccomp: {allow: [\"@debug\"]} lets a debugger work" {
	need strace
	nook_run run strict -- strace -o /dev/null true
	assert_status 1
	nook_run_with 'seccomp: {allow: ["@debug"]}' -- strace -o /dev/null true
	assert_status 0
}

@test "seccomp: off has no filter, and says so" {
	nook_run run --set seccomp=off strict -- grep Seccomp: /proc/self/status
	assert_status 0
	assert_output 'Seccomp:	0'
	nook_run explain --set seccomp=off strict seccomp
	assert_match 'warning: no system call is refused by a filter'
}

@test "SC-09: wx: deny refuses memory that is writable and executable" {
	need python3
	code='import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)'
	nook_run_with 'seccomp: {wx: deny}' -- python3 -c "$code"
	assert_status 1
	assert_stderr_match 'PermissionError'
	nook_run_with 'seccomp: default' -- python3 -c "$code"
	assert_status 0
}

@test "nook explain seccomp lists the sets" {
	nook_run explain seccomp
	assert_status 0
	assert_line '@debug (refused: EPERM): looking into other processes'
	assert_match '^    ioctl: all but TIOCSTI and TIOCLINUX$'
}

@test "KN-06: the environment is the box's own" {
	SECRET=1 LD_LIBRARY_PATH=/x NOOK_VERBOSE=1 TERM=dumb nook_run run strict -- env
	assert_status 0
	assert_equal "$(cut -d= -f1 <<<"$output" | grep -vE '^(LC_|LANG$|TZ$)' | sort | xargs)" \
		'HOME LOGNAME PATH SHELL TERM USER'
	SECRET=1 nook_run_with 'environment: {A: "1", TERM: null}
environment_pass: [SECRET]' -- sh -c 'echo "$A $SECRET ${TERM-none}"'
	assert_output '1 1 none'
	nook_run_with 'environment_pass: [LD_PRELOAD]' -- true
	assert_status 125
	assert_stderr_match "'LD_PRELOAD' never passes"
}

@test "FD-01: descriptors that the caller left open do not pass" {
	"$NOOK" run strict -- ls /proc/self/fd 3</ 9</etc/passwd 12<. >fds
	assert_equal "$(xargs <fds)" '0 1 2 3' # 3 is the directory that ls reads
}

@test "FD-08: workdir through a descriptor of the kernel's is refused" {
	for fd in 3 4 5 6 7 8 9 10; do
		nook_run run --set proc=full -w "/proc/self/fd/$fd" strict -- pwd
		assert_status 125
		assert_output
	done 9</
	nook_run run -w /usr strict -- pwd
	assert_output /usr
	nook_run run -w /nowhere strict -- pwd
	assert_status 125
	assert_stderr_match "cannot change to workdir '/nowhere': No such file or directory"
}

@test "CPUs that are not there are an error before anything is made" {
	only_for root "the controller cpuset of cgroup v1 is root's"
	local all
	all=$(cat /sys/devices/system/cpu/possible)
	nook_run run --set limits.cpuset=0,4000 strict -- echo ran
	assert_status 125
	assert_output
	assert_stderr "nook: cgroup: 'limits.cpuset' (--set) cannot be set: this machine has CPUs $all
hint: choose of these: --set limits.cpuset=$all; or run without it: --set limits.enforce=best-effort"
	nook_run run --set limits.cpuset=0 strict -- grep Cpus_allowed_list /proc/self/status
	assert_output $'Cpus_allowed_list:\t0'
}

@test "rlimits are those of the profile; one out of reach is an error" {
	nook_run_with 'rlimits: {nofile: "100:200", core: 0}
umask: "027"' -- sh -c 'ulimit -Sn; ulimit -Hn; ulimit -c; umask'
	assert_output $'100\n200\n0\n0027'
	ulimit -n 64
	nook_run_with 'rlimits: {nofile: 4096}' -- sh -c 'echo ran'
	if [ "$status" = 125 ]; then
		assert_stderr_match "hard limit 4096 is above the caller's, 64"
		assert_stderr_match '^hint: only root .*; or have less: --set rlimits.nofile=64$'
		assert_output
		# and is known before anything is made
		if ! is_root; then
			nook_run explain "$T/profile.yaml"
			assert_status 1
			assert_stderr_match "hard limit 4096 is above the caller's, 64"
		fi
		nook_run run --set rlimits.nofile=64 "$T/profile.yaml" -- sh -c 'ulimit -Hn'
		assert_output 64
	else
		is_root # who has CAP_SYS_RESOURCE may
	fi
	nook_run_with 'umask: "022"' -- sh -c 'ulimit -n'
	assert_status 0
}

@test "a stack that nook would overflow is refused; the command alone may have a small one" {
	nook_run run --ulimit stack=65536 base -- sh -c 'ulimit -s'
	assert_status 0
	assert_output 64
	ulimit -S -s 64
	nook_run run base -- true
	assert_status 125
	assert_stderr "nook: the limit of the stack is 64K, nook needs 256K
hint: ulimit -s 8192; '--ulimit stack=' is for the command alone"
	ulimit -S -s 1024
	nook_run run base -- true
	assert_status 0
}

@test "landlock: required is a second wall" {
	nook_run explain --set landlock=required strict landlock
	[ "$status" = 0 ] || skip "this kernel has no Landlock"
	assert_line '    read, execute         /'
	nook_run_with 'landlock: required
root: {changes: discard}' -- sh -c 'echo x >/tmp/x && cat /tmp/x; ls / >/dev/null'
	assert_status 0
	assert_output x
}

@test "thin: what it shares is one line, and one for each with --verbose" {
	nook_run explain thin landlock
	[ "$status" = 0 ] || skip "this kernel has no Landlock"
	nook_run run thin -- true
	assert_stderr "nook: warning: shared with the host, without a namespace: cgroup, pid, uts, ipc, mount; 'nook explain thin' says what that means"
	nook_run run --verbose thin -- true
	assert_match '^nook: warning: no pid namespace: ' "$stderr"
	assert_match '^nook: warning: no mount namespace: ' "$stderr"
	nook_run run -q thin -- true
	assert_stderr
}

@test "thin: Landlock and the filter alone, where namespaces are refused" {
	nook_run explain thin landlock
	[ "$status" = 0 ] || skip "this kernel has no Landlock"
	# Readable for all, and outside of what thin lets through wherever this checkout lies
	nook_run run thin -- sh -c 'echo x >here && cat here; cat /sys/kernel/uevent_seqnum'
	assert_status 1
	assert_output x
	assert_stderr_match 'uevent_seqnum: Permission denied'
	if is_root; then # the only one who can write outside of /tmp here
		mkdir -p /run/nooktest/work && cd /run/nooktest/work
		nook_run run thin -- sh -c 'echo x >here && cat here; echo y >../there'
		assert [ ! -e ../there ]
		cd "$T" && rm -r /run/nooktest
		assert_output x
	fi
	nook_run run thin -- unshare --user true
	assert_status 1
	nook_run run thin -- sh -c 'grep -E "^(CapEff|NoNewPrivs|Seccomp:)" /proc/self/status'
	assert_output $'CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2'
	nook_run run thin -- sh -c "kill -0 $$"
	assert_status 1
}
