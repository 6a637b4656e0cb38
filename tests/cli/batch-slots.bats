#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# batch-slots.bats - what a slot keeps for the next box is out of reach of the one before
# as: root user
# fresh: no

load helper

# job ID COMMAND - a line of a file of jobs; all of them have one plan
job() {
	jq -cn --arg id "$1" --arg command "$2" '{id: $id, profile: "strict", command: ["sh", "-c", $command]}'
}

# ran ID - $command has run as that job, in its turn, in a batch that reads the FIFO behind 8
ran() {
	job "$1" "$command" >&8
	wait_until grep -qs "\"job\":\"$1\"" j
}

# Everything that a box can see of what is not its own alone; root's boxes have the same tree, so its
# times too are equal. Of the counts of sockets, orphan, alloc and mem are the machine's in every network
# namespace (sockstat_seq_show() in the kernel): not what a job left, but what any process does meanwhile
look='echo "== tree"
find / -xdev \( -path /dev -o -path /proc -o -path /tmp \) -prune -o -fstype tmpfs -printf "$FORM\n" | sort
stat -f -c "%T %a %d" /
echo "== mounts"; cut -d" " -f4- /proc/self/mountinfo
echo "== processes"; set -- /proc/[0-9]*; echo $#
echo "== network"; cd /proc/self/net; grep "[@/]" unix; cat dev snmp netstat
for f in snmp6 ip6_flowlabel ipv6_route; do [ ! -e $f ] || cat $f; done
sed -E "s/ (orphan|alloc|mem) [0-9]+//g" sockstat; cd /
echo "== names"; hostname; domainname; ipcs; ls -A /dev /dev/shm /tmp /run /home/user
echo "== keys"; perl -e "print syscall(249, \"user\", \"left\", 0, 0), \"\\n\""
id; umask; ulimit -a; grep -E "^(Sig|Cap|Seccomp|NoNew)" /proc/self/status; env | sort'

# What a job could do to what is kept: says what of it could be done
attack='try() { "$@" >/dev/null 2>&1 && echo "did: $*"; }
for p in / /etc /etc/passwd /home/user /var /run /bin /usr /usr/bin/true; do
	try touch $p; try touch -a -d @1 $p; try chmod 777 $p; try chown 1000 $p; try sh -c "mv $p $p.old && mv $p.old $p"
	try mkdir $p/x; try mkfifo $p/f; try ln -s x $p/s; try ln /etc/passwd $p/h
	try setfattr -n user.left -v x $p
	try sh -c ": >>$p"
done
try rm /etc/group
try mount -o remount,rw /; try mount -o remount,bind,rw /; try mount -o remount,bind,rw /usr
try mount --make-rshared /; try mount --bind /tmp /usr; try mount -t tmpfs left /home
try umount /usr; try umount -l /etc/services; try umount -l /; try chroot /usr /bin/true
for n in mnt net uts user; do try nsenter --$n=/proc/1/ns/$n true; done
for n in m n u U; do try unshare -$n true; done
try mount --bind /proc/self/ns/net /tmp
try hostname left; try ip link set lo down; try ip link add left type dummy; try ip address add 10.9.9.9/8 dev lo
try sh -c "echo 1 >/proc/sys/net/ipv4/ip_forward"; try sh -c "echo left >/proc/sys/kernel/hostname"
# these can be done, and are nobody else'"'"'s
ipcmk -Q >/dev/null; ipcmk -M 4096 >/dev/null; touch /tmp/left /dev/shm/left
perl -e "syscall(248, \"user\", \"left\", \"x\", 1, -4)"
perl -MSocket -e "socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un(\"\\0left\")) or exit 1; listen(S, 1);
	socket(U, AF_INET, SOCK_DGRAM, 0); send(U, \"left\", 0, pack_sockaddr_in(9, inet_aton(\"127.0.0.1\")));
	print \"up\\n\"; \$| = 1; close STDOUT; sleep 300" &
wait_for=$!; until grep -q @left /proc/self/net/unix; do kill -0 $wait_for || exit 1; sleep 0.01; done
echo done'

@test "nothing that a job does to what its slot keeps reaches the next" {
	need jq perl setfattr
	local form='%p %y %m %U %G %s %l'
	! is_root || form+=' %A@ %C@ %T@ %n'
	{
		job warm true
		job first "${look//\$FORM/$form}"
		job attack "$attack"
		job second "${look//\$FORM/$form}"
	} >list
	nook_run batch -j 1 -o out list
	assert_status 0
	assert_equal "$(grep -v '^up$' out/attack/stdout)" 'done'
	diff out/first/stdout out/second/stdout
	grep -q '^/etc/passwd f 644' out/first/stdout
	[ "$(grep -c '' out/first/stdout)" -gt 60 ]
	# CONTROL: with rights over its tree a job can do these things, and they are seen
	nook_run run --set root.changes=discard --set user.id=0 strict -- sh -c "${look//\$FORM/%p %m}" sh
	assert_status 0
	local before=$output
	nook_run run --set root.changes=discard --set user.id=0 strict -- sh -c "$attack
		${look//\$FORM/%p %m}" sh
	for word in 'did: mkdir //x' 'did: chmod 777 /etc/passwd' '/x 755' '/etc/passwd 777' @left; do
		assert_match "$word"
		[[ $before != *"$word"* ]]
	done
}

# What leaves something in a network without a packet, for perl(1), a name and a program a line. Numbers
# are of linux/in.h and in6.h: 0 and 41 the levels IPPROTO_IP and IPPROTO_IPV6
#	label	IPV6_FLOWLABEL_MGR of a struct in6_flowlabel_req: IPV6_FL_A_GET, IPV6_FL_S_USER,
#		IPV6_FL_F_CREATE, expires and lingers for 60 s
#	group	IP_ADD_MEMBERSHIP of a struct ip_mreqn, IPV6_ADD_MEMBERSHIP of a struct ipv6_mreq: on lo
marks='label	setsockopt(S, 41, 32, pack("a16 N C C S S S L", $local, 0x12345, 0, 3, 1, 60, 60, 0)) or die $!
unroutable	connect(S, pack_sockaddr_in6(9, inet_pton(AF_INET6, "2001:db8::1"))) and die for 1..77
route	connect(S, pack_sockaddr_in6(9, $local)) or die $!
group4	setsockopt(U, 0, 35, pack("a4 a4 i", inet_aton("225.1.2.3"), "", 1)) or die $!
group6	setsockopt(S, 41, 20, pack("a16 I", inet_pton(AF_INET6, "ff02::1234"), 1)) or die $!'

@test "a job leaves nothing in a network that it sent nothing through" {
	need jq perl
	local name mark both sight
	both='socket(U, AF_INET, SOCK_DGRAM, 0) or die $!;'
	# a report of a group is sent within 30 ms
	sight='sleep 0.3; cd /proc/self/net && cat dev snmp netstat sockstat* | sed -E "s/ (orphan|alloc|mem) [0-9]+//g"
		for f in snmp6 ip6_flowlabel ipv6_route igmp igmp6; do [ ! -e $f ] || cat $f; done'
	[ ! -e /proc/self/net/if_inet6 ] || both+=' socket(S, AF_INET6, SOCK_DGRAM, 0) or die $!; $local = inet_pton(AF_INET6, "::1");'
	{
		job before "$sight"
		while IFS=$'\t' read -r name mark; do
			[[ -e /proc/self/net/if_inet6 || $mark != *'(S, '* ]] || continue
			jq -cn --arg id "do-$name" --arg mark "$both $mark" \
				'{id: $id, profile: "strict", command: ["perl", "-MSocket=:all", "-e", $mark]}'
			job "see-$name" "$sight"
		done <<<"$marks"
	} >list
	nook_run batch -j 1 -o out list
	assert_status 0
	for name in out/see-*; do
		diff out/before/stdout "$name/stdout"
	done
	[ "$(grep -c '' out/before/stdout)" -gt 12 ]
}

@test "each box has the host's files as they are when it begins" {
	only_for root "others' slots keep no tree"
	need jq
	local id command='cat /etc/shells; stat -c %z /etc/passwd'
	cp -a /etc etc
	mount --bind etc /etc
	echo old >/etc/shells
	mkfifo list
	"$NOOK" batch -q -j 1 -o out --journal j - <list 3>&- &
	exec 8>list
	ran a; ran b; ran c
	echo renamed >/etc/shells.new
	mv /etc/shells.new /etc/shells
	ran d; ran e
	echo mounted >over
	mount --bind over /etc/shells
	ran f; ran g
	umount /etc/shells
	ran h
	exec 8>&-
	wait "$!"
	umount /etc
	assert_equal "$(for id in a b c d e f g h; do head -n 1 "out/$id/stdout"; done | xargs)" \
		'old old old renamed renamed mounted mounted renamed'
	# CONTROL: as long as nothing changed they had one tree
	diff out/b/stdout out/c/stdout
	diff out/f/stdout out/g/stdout
	[ "$(tail -n 1 out/b/stdout)" != "$(tail -n 1 out/d/stdout)" ]
	[ "$(tail -n 1 out/a/stdout)" != "$(tail -n 1 out/b/stdout)" ]
}

@test "a slot has one network until a job uses it, whatever others do on this machine" {
	need jq perl python3
	# SO_NETNS_COOKIE of socket(7), of Linux 5.14: no two networks have the same; a number of an inode
	# is given again
	local command='python3 -c "import os, socket
try:
	print(socket.socket(socket.AF_UNIX).getsockopt(socket.SOL_SOCKET, 71, 8).hex())
except OSError:
	print(os.readlink(\"/proc/self/ns/net\"))"
	grep lo: /proc/self/net/dev'
	mkfifo list
	"$NOOK" batch -q -j 1 -o out --journal j - <list 3>&- &
	local batch=$!
	exec 8>list
	ran a
	# TCP of other networks: how many sockets it has is told in all of them
	perl -MSocket -e 'for (1..50) { socket($s[$_], AF_INET, SOCK_STREAM, 0) or die }
		open(F, ">up") or die; sleep 300' 3>&- 8>&- &
	wait_until test -e up
	ran b
	kill "$!"
	wait "$!" || true
	ran c
	# CONTROL: of what is its own it tells
	command+='; perl -MSocket -e "socket(U, AF_INET, SOCK_DGRAM, 0) or exit 1;
		send(U, \"left\", 0, pack_sockaddr_in(9, inet_aton(\"127.0.0.1\"))) or exit 1"'
	ran d
	ran e
	exec 8>&-
	wait "$batch"
	diff out/a/stdout out/b/stdout
	diff out/a/stdout out/c/stdout
	assert_equal "$(cat out/d/stdout)" "$(cat out/a/stdout)"
	[ "$(grep -cE '^([0-9a-f]{16}|net:.*)$' out/d/stdout)" = 1 ]
	assert_equal "$(grep lo: out/e/stdout)" "$(grep lo: out/d/stdout)"
	[[ $(head -n 1 out/d/stdout) == net:* || $(head -n 1 out/e/stdout) != "$(head -n 1 out/d/stdout)" ]]
}

@test "a job with rights over its network has one of its own" {
	only_for user "root's boxes have none, whatever their capabilities"
	need jq ip
	local show='ip -o -4 address | wc -l' add='ip address add 10.9.9.9/8 dev lo'
	{
		job a "$show"
		job b "$add && $show" | jq -c '.set.capabilities = "NET_ADMIN"'
		job c "$show"
		job d "$add"
	} >list
	nook_run batch -q -j 1 -o out list
	assert_status 1
	assert_equal "$(cat out/{a,b,c,d}/stdout | xargs)" '1 2 1'
	assert_equal "$(cat out/d/stderr)" 'RTNETLINK answers: Operation not permitted'
}

@test "a job whose tree needs more than the kept one has its own" {
	need jq
	local line
	line=$(job x 'cat /in; stat -c %z /etc/passwd')
	echo text >in
	{
		jq -c '.id = "a" | .files = {in: ["in:/in"]}' <<<"$line"
		jq -c '.id = "b" | .files = {in: ["in:/in"]}' <<<"$line"
		jq -c '.id = "c" | .command[2] = "ls /in"' <<<"$line"
		jq -c '.id = "d" | .command[2] = "ls /in"' <<<"$line"
	} >list
	nook_run batch -q -j 1 -o out list
	assert_status 1
	assert_equal "$(head -qn 1 out/a/stdout out/b/stdout | xargs)" 'text text'
	[ "$(tail -n 1 out/a/stdout)" != "$(tail -n 1 out/b/stdout)" ]
	grep -q "cannot access '/in'" out/c/stderr
	grep -q "cannot access '/in'" out/d/stderr
}

@test "a box with limits has the kept tree too, and cgroups of its own in it" {
	only_for root "others' slots keep no tree"
	need jq
	local id seen='stat -c %z /etc/passwd; find /sys -xdev | sort; cut -d" " -f5- /proc/self/mountinfo | grep /sys
		cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory/memory.failcnt memory.max 2>/dev/null
		grep -hs "^oom_kill " memory.events; cat pids/pids.max pids.max 2>/dev/null
		for f in /sys . memory pids memory/memory.limit_in_bytes memory.max cgroup.procs; do
			touch $f/left && echo "did: $f/left"
			[ -f $f ] && echo 1 >$f && echo "did: $f"
		done 2>/dev/null; echo end'
	for id in a b c d e; do
		case $id in
		c) job $id 'x=$(head -c 90000000 /dev/zero | tr "\0" x)' ;;
		*) job $id "$seen" ;;
		esac
	done | jq -c '.set = {"limits.memory": "32M", "limits.pids": "20"}' >list
	"$NOOK" batch -q -j 1 -o out --journal j list || true
	assert_equal "$(jq -r 'select(.job == "c") | .cause' j)" oom
	grep -qx 33554432 out/b/stdout
	grep -qx 21 out/b/stdout
	grep -qx end out/b/stdout
	refute grep -h '^did' out/*/stdout
	# the third had the same tree as well, and nothing of its end is seen by who comes behind
	diff out/b/stdout out/d/stdout
	diff out/b/stdout out/e/stdout
	# CONTROL: the first had a tree of its own
	[ "$(head -n 1 out/a/stdout)" != "$(head -n 1 out/b/stdout)" ]
}
