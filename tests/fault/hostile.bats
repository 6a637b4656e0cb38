#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# hostile.bats - whatever state nook is started in: the right result or a clear error
# as: root user subids
# in: release

load ../cli/helper

# with PERL ARG... - nook with these words, started by a program that first does PERL to itself
with() {
	local code=$1
	shift
	run --separate-stderr timeout -k 5 60 perl -MPOSIX -MFcntl -e "$code"';
		exec {$ARGV[0]} @ARGV or die "exec: $!"' "$NOOK" "$@"
}

# right_or_clear - what was asked for ("fine"), or 125 and a reason
right_or_clear() {
	if [ "$status" = 0 ]; then
		assert_output fine
	else
		[ "$status" = 125 ] || fail "neither 0 nor 125: $*"
		assert_match '^nook: .{8}' "$stderr"
		assert_output
	fi
}

echo_fine=(base -- sh -c 'echo fine')

@test "SV-12: no environment, and one of 100 000 entries" {
	case $(uname -m) in
	x86_64) export EXECVE=59 ;;
	*) export EXECVE=221 ;;
	esac
	run --separate-stderr env -i "$NOOK" run "${echo_fine[@]}"
	assert_status 0
	assert_output fine
	# straight into the kernel: setenv(3) takes half a minute for as many
	run --separate-stderr perl -e 'my $e = pack "p*", (map { "E$_=x" } 1 .. 100000), undef;
		my $a = pack "p*", @ARGV, undef; syscall $ENV{EXECVE}, $ARGV[0], $a, $e' \
		"$NOOK" run "${echo_fine[@]}"
	right_or_clear
}

@test "SV-12: stdin, stdout, stderr closed, one or all" {
	with 'POSIX::close(0)' run "${echo_fine[@]}"
	assert_status 0
	assert_output fine
	with 'POSIX::close(1)' run "${echo_fine[@]}"
	assert_status 0
	with 'POSIX::close(2)' run "${echo_fine[@]}"
	assert_status 0
	with 'POSIX::close($_) for 0 .. 2' run base -- sh -c 'exit 9'
	assert_status 9
}

@test "SV-12: a directory on 0, 1 or 2 is refused" {
	local fd
	for fd in 0 1 2; do
		with 'open my $d, "<", "/" or die; POSIX::dup2(fileno $d, '$fd')' run base -- touch /tmp/ran
		assert_status 125
	done
}

@test "SV-12: as many open descriptors as may be, and then a lower limit" {
	with '$^F = 1 << 20; my @k; while (open my $f, "<", "/dev/null") { push @k, $f }' run base -- ls /proc/self/fd
	assert_status 0
	assert_output "$(printf '%s\n' 0 1 2 3)"
	local limit
	limit=$(ulimit -Hn)
	[ "$limit" -le 60000 ] || limit=60000
	run --separate-stderr prlimit --nofile="$limit": perl -e '$^F = 1 << 20; my @k;
		while (open my $f, "<", "/dev/null") { push @k, $f } @k > 1000 or die;
		exec @ARGV' "$NOOK" run base -- ls /proc/self/fd
	assert_status 0
	assert_output "$(printf '%s\n' 0 1 2 3)"
	for limit in 3 4 5 8 16; do
		run --separate-stderr prlimit --nofile=$limit:4096 "$NOOK" run "${echo_fine[@]}"
		right_or_clear "nofile $limit"
	done
}

@test "SV-12: SIGCHLD ignored, every signal blocked or ignored" {
	with '$SIG{CHLD} = "IGNORE"' run base -- sh -c 'exit 7'
	assert_status 7
	with 'my $s = POSIX::SigSet->new; $s->fillset; sigprocmask(SIG_BLOCK, $s)' run base -- sh -c 'kill -TERM $$'
	assert_status 143
	with 'my $s = POSIX::SigSet->new; $s->fillset; sigprocmask(SIG_BLOCK, $s)' \
		run --timeout 200ms --set limits.grace=100ms base -- sleep 20
	assert_status 124
	# By the kernel's number: the C library does not name the first real-time ones
	with 'my $no = {x86_64 => 13, aarch64 => 134}->{(uname)[4]} // die "rt_sigaction?";
		my $ignored = pack "Q4", 1;
		for my $sig (grep { $_ != 9 && $_ != 19 } 1 .. 64) {
			syscall($no, $sig + 0, $ignored, 0, 8) == 0 or die "$sig: $!" }' \
		run base -- grep SigIgn /proc/self/status
	assert_status 0
	assert_output "$(printf 'SigIgn:\t0000000000000000')"
}

@test "SV-12: the lowest priority on one CPU" {
	run --separate-stderr nice -n 19 taskset -c 0 "$NOOK" run "${echo_fine[@]}"
	assert_status 0
	assert_output fine
}

# With less than 40 KiB of stack, or hardly any data, no program comes to say anything
@test "SV-12: tiny limits of processes, files and stack" {
	local limit
	for limit in nproc=0 nproc=1 nproc=2 fsize=0 fsize=1 fsize=4096 stack=49152 stack=65536 memlock=0 \
		msgqueue=0 sigpending=0 core=0 data=1048576 data=16777216 cpu=1; do
		# messages through a pipe: a file could not take them either
		run --separate-stderr bash -c '{ timeout -k 5 60 prlimit "$@" 2>&1 >&3 | cat >&2
			code=${PIPESTATUS[0]}; } 3>&1; exit $code' bash --$limit "$NOOK" run "${echo_fine[@]}"
		right_or_clear "$limit"
	done
}

# Below some MiB the kernel cannot even start a program
@test "SV-12: RLIMIT_AS from nothing to 64 MiB" {
	local mib
	for mib in 1 2 3 4 5 6 8 12 16 24 32 64; do
		run --separate-stderr timeout -k 5 60 prlimit --as=$((mib << 20)) "$NOOK" run base -- /bin/true
		case $status in
		0 | 125 | 126) ;;
		137 | 139) [ "$mib" -lt 4 ] || fail "$mib MiB" ;;
		127) assert_stderr_match 'shared librar|cannot' ;;
		*) fail "$mib MiB" ;;
		esac
	done
}

@test "SV-12: umask 0777 is the caller's, not the box's" {
	with 'umask 0777' run base -- sh -c 'umask; mkdir /tmp/d && cd /tmp/d && echo fine'
	assert_status 0
	assert_output "$(printf '0022\nfine')"
}

@test "SV-12: a working directory that is gone" {
	local profile
	mkdir gone
	for profile in base dev strict; do
		run --separate-stderr sh -c 'mkdir -p gone; cd gone && rmdir ../gone && exec "$@"' sh \
			"$NOOK" run $profile -- sh -c 'echo fine'
		right_or_clear $profile
	done
	rm -rf gone
}

@test "SV-12: no /proc at all" {
	only_for root "others cannot take /proc away"
	run --separate-stderr timeout -k 5 60 unshare -m sh -c 'umount -l /proc && exec "$@"' sh \
		"$NOOK" run "${echo_fine[@]}"
	right_or_clear
}

@test "SV-12: children that nook did not make, dead and living" {
	with 'if (!fork) { POSIX::_exit(3) } my $p = fork; if (!$p) { open STDIN, "<", "/dev/null";
		open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null"; sleep 1; POSIX::_exit(4) }
		select undef, undef, undef, .05' run base -- sh -c 'sleep .1; exit 6'
	assert_status 6
	sleep 1
}
