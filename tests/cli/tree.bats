# SPDX-License-Identifier: GPL-3.0-or-later
# tree.bats - what a box sees as its tree, what it may change, and that the host stays as it is
# as: root user subids
# shellcheck disable=SC2016  # what stands in single quotes is for the shell in the box
load helper

setup() { nook_setup; }
teardown() { nook_teardown; }

# inside PROFILE-TEXT SCRIPT - run a script in a box of this profile
inside() { nook_run_with "$1" -- sh -c "$2"; }

SYSTEM='root: {from: system, changes: refuse}'
HOST='root: {from: host}'
CWD='root: {from: host}
mounts: [{bind: ., to: ., options: [rw], optional: true}]'

# A small root directory in $T/tree
make_tree() {
	need busybox
	"$NOOK" tree make -q "$T/tree"
}

directory() { echo "root: {from: directory, path: $T/tree, changes: $1}"; }

# What must stay as it is: names, kinds, sizes, modes, owners and change times
listing() { find "$@" -printf '%p %y %s %m %u %g %C@\n' | sort; }

# --- system and empty roots -------------------------------------------------------------

@test "a system root holds /usr, what is named of /etc, and fresh places" {
	inside "$SYSTEM" 'echo $(ls /); ls -d /usr/bin/env /etc/passwd /etc/alternatives
		ls -d /etc/shadow /etc/gshadow /etc/ssh /boot /sys /srv /opt 2>&1; ls -A /home/user /run; ls -A /root 2>/dev/null; true'
	assert_status 0
	assert_match '^bin dev etc home (lib[a-z0-9]* )+proc run sbin tmp usr var$'
	assert_line /usr/bin/env
	for path in /etc/shadow /etc/gshadow /etc/ssh /boot /sys /srv /opt; do
		assert_line "ls: cannot access '$path': No such file or directory"
	done
}

@test "with changes: refuse only /tmp and /dev/shm can be written" {
	inside "$SYSTEM" 'for d in / /usr /usr/bin /etc /etc/alternatives /home/user /root /run /var /dev /proc /proc/sys/kernel
		do touch $d/x 2>/dev/null && echo wrote $d; done
		touch /tmp/x /var/tmp/y /dev/shm/z && ls /tmp; chmod 600 /dev/null || echo kept'
	refute_match '^wrote'
	assert_line x
	assert_line y
	assert_line kept
}

@test "with changes: discard the fresh part can be written, /usr cannot" {
	inside 'root: {from: system}
user: {id: 0}' 'touch /x /etc/x /root/x && echo fresh; touch /usr/x'
	assert_line fresh
	assert_stderr_match "cannot touch '/usr/x': Read-only file system"
}

@test "what nook makes in the tree leaves the box what root.size is" {
	# A tree in many pieces, as an ordinary user has where something is mounted below /var/lib
	local many=() i
	mkdir -p "$T/low"
	for ((i = 0; i < 40; i++)); do
		many+=(--set "+mounts=[{overlay: $T/low, to: /m/$i}]")
	done
	nook_run run -q "${many[@]}" --set root.size=64K --set user.id=0 base -- \
		sh -c 'n=0; while true >/f$n; do n=$((n + 1)); done 2>/dev/null; echo $n'
	assert_status 0
	assert [ "$output" -ge 16 ]
	assert [ "$output" -le 400 ]
	nook_run run -q --set root.size=4K strict -- true
	assert_status 125
	assert_stderr_match "^nook: mount: cannot make a file on '/etc/group': No space left on device$"
	assert_stderr_match "^hint: root.size is 4K: the files that nook itself makes need more"
}

@test "every mount is nosuid, and nodev where no node must work" {
	inside "$SYSTEM" 'cat /proc/self/mountinfo'
	assert_status 0
	[ -z "$(awk '$6 !~ /nosuid/' <<<"$output")" ]
	[ -z "$(awk '$6 !~ /nodev/ && $5 !~ "^/dev" && $5 !~ "^/proc/"' <<<"$output")" ]
	[ -z "$(awk '$5 ~ "^/(proc|dev/pts|dev/shm)$" && $6 !~ /noexec/' <<<"$output")" ]
	[ -z "$(awk '$5 ~ "^/(dev|usr|etc/.*|dev/null)$" && $6 !~ /^ro/' <<<"$output")" ]
}

@test "nothing of the host's mounts or of the old root is left" {
	inside "$SYSTEM" 'awk "{print \$5}" /proc/self/mountinfo | sort | uniq -d; ls -d /old* /.old* /new* 2>/dev/null; cd ..; pwd
		umount2=$(umount -l / 2>&1) || echo stays'
	assert_output "/
stays"
}

@test "the tmpfs mounts have the sizes that are promised" {
	inside "$SYSTEM" 'df -k --output=size,target /tmp /dev/shm | tail -n 2; df --output=itotal /tmp | tail -n 1
		dd if=/dev/zero of=/tmp/big bs=1M count=100 2>/dev/null; stat -c %s /tmp/big'
	assert_match '^ *65536 /tmp$'
	assert_match '^ *65536 /dev/shm$'
	assert_match '^ *16384$'
	assert_line 67108864
}

@test "the payload has a name, a home and the fresh /etc knows both" {
	inside "$SYSTEM" 'id -un; getent passwd user; stat -c "%U %a" "$HOME"; echo $HOME; cat /etc/hostname; getent hosts localhost | head -n 1'
	assert_line user
	assert_line 'user:x:1000:1000:user:/home/user:/bin/sh'
	assert_line 'user 755'
	assert_line /home/user
	assert_line profile
}

@test "an empty root has nothing but fresh places" {
	need busybox
	nook_run_with "root: {from: empty}
mounts: [{bind: $(command -v busybox), to: /busybox}]" -- /busybox ls /
	assert_status 0
	assert_output 'busybox
dev
etc
home
proc
run
tmp
var'
}

# --- /dev and /proc ---------------------------------------------------------------------

@test "/dev has the six nodes and the links, and they work" {
	inside "$SYSTEM" 'echo $(ls /dev); head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c
		echo x >/dev/null && echo null; (echo x >/dev/full) 2>/dev/null || echo full
		echo through | cat /dev/stdin; ls -d /dev/mem /dev/kvm /dev/sda /dev/vda /dev/net /dev/kmsg 2>/dev/null'
	assert_output 'core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero
4
4
null
full
through'
}

@test "devices lists exactly what is in /dev besides null" {
	inside "$SYSTEM
devices: [zero]" 'ls /dev | tr "\n" " "'
	assert_output 'core fd null ptmx pts shm stderr stdin stdout zero '
	inside "$SYSTEM
devices: [/dev/nosuch]" true
	assert_status 125
	assert_stderr_match "profile.yaml:2: '/dev/nosuch' is no device of this host"
	inside "$SYSTEM
devices: [/dev/pts/ptmx]" true
	assert_status 125
	assert_stderr_match "profile.yaml:2: '/dev/pts' is the box's own: no '/dev/pts/ptmx' of the host there"
}

@test "what /proc tells about the host is empty, and what changes it is read-only" {
	inside "$SYSTEM" 'for f in kcore keys kallsyms timer_list interrupts latency_stats sched_debug; do
			[ -e /proc/$f ] || continue; head -c 1 /proc/$f | wc -c; done | sort -u
		find /proc/acpi /proc/scsi /proc/asound -mindepth 1 2>/dev/null
		for f in sysrq-trigger sys/kernel/core_pattern sys/kernel/hostname sys/kernel/ns_last_pid sys/vm/overcommit_memory sys/user/max_user_namespaces irq/default_smp_affinity; do
			(: >>/proc/$f) 2>/dev/null && echo "opened $f"; done; true'
	assert_output 0
}

@test "proc: pids shows processes only" {
	inside "$SYSTEM
proc: pids" 'ls /proc | grep -v "^[0-9]" | tr "\n" " "'
	assert_output 'self thread-self '
}

# --- host root --------------------------------------------------------------------------

@test "a host root can be changed and the host stays as it is" {
	mkdir "$T/work" && cd "$T/work"
	listing / /etc /usr -maxdepth 1 -not -path /proc >"$T/before"
	cut -d' ' -f4- /proc/self/mountinfo >"$T/mounts"
	inside "$HOST" 'echo changed >/etc/nook-test && cat /etc/nook-test; mkdir /nook-test /usr/nook-test && rm -r /usr/nook-test && echo done'
	assert_output 'changed
done'
	listing / /etc /usr -maxdepth 1 -not -path /proc | diff "$T/before" -
	cut -d' ' -f4- /proc/self/mountinfo | diff "$T/mounts" -
}

@test "a host root has fresh /proc /dev /run /tmp, and /sys only for root" {
	touch "/tmp/nook-test.$$"
	inside "$HOST" 'ls -A /run /tmp; ls -d /sys 2>/dev/null; ls -d /proc/[0-9]* | wc -l; true'
	rm "/tmp/nook-test.$$"
	refute_match nook-test
	assert_match '^[1-4]$'
	if is_root; then assert_line /sys; else refute_line /sys; fi
}

@test "a host root has a fresh /var/tmp, also where a mount lies below /var" {
	touch "/var/tmp/nook-test.$$"
	inside "$HOST" 'touch /var/tmp/mine; ls -A /var/tmp'
	seen=$output
	if is_root; then
		mount -t tmpfs tmpfs /var/opt
		inside "$HOST" 'touch /var/tmp/mine; ls -A /var/tmp'
		umount /var/opt
	fi
	rm "/var/tmp/nook-test.$$"
	assert_equal "$seen" mine
	assert_output mine
}

@test "what cannot be entered shows as an empty directory" {
	only_for user 'root may enter every directory'
	inside "$HOST" 'ls -A /root; stat -c %a /root'
	assert_output 700
}

@test "a host root with changes: refuse is read-only" {
	inside 'root: {from: host, changes: refuse}' 'touch /etc/x /usr/x /nook-test-x'
	assert_status 1
	[ "$(grep -c 'Read-only file system' <<<"$stderr")" = 3 ]
}

@test "changes beyond root.size are refused" {
	inside 'root: {from: host, size: 2M}' 'dd if=/dev/zero of=/usr/big bs=1M count=8 2>&1'
	assert_match 'No space left on device'
}

@test "secrets in the home directory are hidden, also through a second bind" {
	mkdir -p "$T/home/.ssh" "$T/home/.config/gh" "$T/home/ok"
	echo secret | tee "$T/home/.ssh/id" "$T/home/.netrc" "$T/home/.config/gh/token" >"$T/home/ok/file"
	# The home directory is the one of /etc/passwd where there is one
	[ -z "$(getent passwd "$(id -u)")" ] || bats_skip 'for user: others have a home there'
	export HOME=$T/home
	inside "root: {from: host}
mounts: [{bind: $T/home, to: $T/home}, {bind: $T/home, to: /second}]" "
		for d in $T/home /second; do find \$d/.ssh \$d/.config/gh -mindepth 1; cat \$d/.netrc \$d/ok/file; done"
	assert_output 'secret
secret'
	# By another name for the same directory
	ln -s "$T/home" "$T/link"
	inside "root: {from: system}
mounts: [{bind: $T/link, to: /second}]" 'cat /second/.ssh/id /second/.netrc /second/ok/file'
	assert_output secret
	inside "root: {from: system, show: [$T/home/.ssh]}
mounts: [{bind: $T/home, to: /second}]" 'cat /second/.ssh/id /second/.netrc'
	assert_output secret
}

@test "tokens of registries, clouds and data bases and what was typed are hidden" {
	[ -z "$(getent passwd "$(id -u)")" ] || bats_skip 'for user: others have a home there'
	local secrets=".git-credentials .config/git/credentials .config/hub .config/glab-cli/config.yml .npmrc
		.yarnrc.yml .pypirc .pip/pip.conf .config/pip/pip.conf .cargo/credentials .cargo/credentials.toml
		.gem/credentials .local/share/gem/credentials .m2/settings.xml .m2/settings-security.xml
		.gradle/gradle.properties .config/containers/auth.json .azure/tokens .boto .s3cfg .config/doctl/config.yaml
		.config/rclone/rclone.conf .terraformrc .terraform.d/credentials.tfrc.json .vault-token .my.cnf
		.mylogin.cnf .pgpass .config/sops/age/keys.txt .config/op/config .Xauthority .bash_history .zsh_history
		.local/share/fish/fish_history .python_history .node_repl_history .irb_history .psql_history
		.mysql_history .sqlite_history .rediscli_history"
	local plain=".cargo/config.toml .m2/repository/jar .config/git/config .gitconfig .local/share/gem/spec"
	export HOME=$T/home
	for file in $secrets $plain; do
		mkdir -p "$HOME/$(dirname "$file")"
		echo "$file" >"$HOME/$file"
	done
	inside "root: {from: host}
mounts: [{bind: $HOME, to: $HOME}]" "find $HOME -type f -exec cat {} +"
	assert_equal "$(sort <<<"$output")" "$(tr ' ' '\n' <<<"$plain" | sort)"
	# A shell that ends writes what was typed, and must not fail there
	inside "root: {from: host, show: [~/.npmrc]}
mounts: [{bind: $HOME, to: $HOME}]" "cat ~/.npmrc ~/.pypirc; echo ls >>~/.bash_history && cat ~/.bash_history"
	assert_output .npmrc
}

@test "nook's own directories are hidden even where a bind covers them" {
	export XDG_CONFIG_HOME=$T/config XDG_STATE_HOME=$T/state
	mkdir -p "$T/config/nook/profiles" "$T/state/nook"
	touch "$T/config/nook/profiles/x.yaml" "$T/state/nook/y" "$T/config/other"
	inside "root: {from: system}
mounts: [{bind: $T/config, to: /c, options: [rw]}, {bind: $T/config/nook, to: /n, options: [rw]}, {bind: $T/state, to: /s}]" '
		find /c /n /s -mindepth 1 | sort; touch /c/nook/x /n/x'
	assert_output '/c/nook
/c/other
/s/nook'
	assert_stderr_match "'/c/nook/x': Read-only file system"
	assert_stderr_match "'/n/x': Read-only file system"
}

@test "what is hidden is hidden also where a symlink leads to it" {
	mkdir -p "$T/real/.config/nook/profiles" "$T/real/.local/state" "$T/real/.ssh" "$T/real/ok"
	echo secret | tee "$T/real/.ssh/id" "$T/real/.config/nook/profiles/x.yaml" >"$T/real/ok/file"
	ln -s real "$T/home"
	export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config XDG_STATE_HOME=$T/home/.local/state
	# The home directory is the one of /etc/passwd where there is one
	[ -n "$(getent passwd "$(id -u)")" ] || inside "root: {from: system}
mounts: [{bind: $T, to: /t}, {bind: $T/home, to: /h}]" 'cat /t/real/.ssh/id /h/.ssh/id /t/home/.ssh/id /h/ok/file'
	[ -n "$(getent passwd "$(id -u)")" ] || assert_output secret
	inside "root: {from: system}
mounts: [{bind: $T/real, to: /r, options: [rw]}]" 'echo bad >/r/.config/nook/profiles/x.yaml; cat /r/ok/file'
	assert_output secret
	assert_equal "$(cat "$T/real/.config/nook/profiles/x.yaml")" secret
	# Nor is it handed in because the shell says its other name
	cd "$T/real/.config/nook/profiles"
	inside "$CWD" "cat '$T/real/.config/nook/profiles/x.yaml'"
	assert_stderr_match "it holds nook's own files"
}

@test "a home that is a symlink is not handed in as the current directory" {
	[ -z "$(getent passwd "$(id -u)")" ] || bats_skip 'for user: others have a home there'
	mkdir "$T/real"
	ln -s real "$T/home"
	cd "$T/home"
	HOME=$T/home inside "$CWD" 'touch file'
	assert_stderr_match "'$T/real' is not handed in: it is the home directory"
	[ ! -e "$T/real/file" ]
}

@test "root.hide hides a path of the tree" {
	inside 'root: {from: system, hide: [/usr/share/doc, /etc/services]}' 'ls -A /usr/share/doc; cat /etc/services; ls -d /usr/share/man'
	assert_output /usr/share/man
}

@test "a path to hide, or to show again, that is not there is said" {
	mkdir -p "$T/home/anna"
	inside "root: {from: system, hide: [$T/home/secrt, $T/home/anna, /usr/share/dok, /proc/kores]}
mounts: [{bind: $T/home, to: /h}]" true
	assert_status 0
	assert_stderr "nook: warning: $T/profile.yaml:1: there is no '$T/home/secrt' to hide
nook: warning: $T/profile.yaml:1: there is no '/usr/share/dok' to hide
nook: warning: $T/profile.yaml:1: there is no '/proc/kores' to hide"
	local home
	home=$(getent passwd "$(id -u)" | cut -d: -f6)
	: "${home:=$HOME}"
	nook_run run --set "root.hide=$T/home/ana" --set "root.show=$home/.awss" --set "+root.show=$home/.aws" \
		strict -- true
	assert_status 0
	assert_stderr "nook: warning: --set: there is no '$T/home/ana' to hide
nook: warning: --set: '$home/.awss' is none of the paths that are hidden by default"
	nook_run explain --set "root.hide=$T/home/ana" strict
	assert_match "warning: --set: there is no '$T/home/ana' to hide"
	nook_run run -q --set "root.hide=$T/home/ana" strict -- true
	assert_stderr
	mkdir -p "$T/tree/etc"
	inside "root: {from: directory, path: $T/tree, hide: [/etc/secret]}
mounts: [/usr:/usr, /bin:/bin, /lib:/lib, /lib64:/lib64]" true
	assert_stderr_match "there is no '$T/tree/etc/secret' to hide"
	# of what the caller must not look at nothing is said
	[ -x /root ] || {
		nook_run run --set root.hide=/root/nosuch strict -- true
		assert_status 0
		assert_stderr
	}
}

# --- the current directory --------------------------------------------------------------

@test "the current directory is writable at its own path" {
	mkdir "$T/work" && cd "$T/work"
	printf '%s\n' "$CWD" >"$T/profile.yaml"
	nook_run run "$T/profile.yaml" -- sh -c 'pwd; echo hello >file'
	assert_status 0
	assert_output "$T/work"
	assert_equal "$(cat "$T/work/file")" hello
	[ -O "$T/work/file" ]
}

@test "git's hooks and config in it cannot be changed or put aside" {
	mkdir -p "$T/work/.git/hooks" && cd "$T/work"
	touch .git/config .git/HEAD
	printf '%s\n' "$CWD" >"$T/profile.yaml"
	nook_run run "$T/profile.yaml" -- sh -c 'touch .git/hooks/pre-commit; echo x >.git/config; mv .git .other
		mv .git/hooks .git/h; rm -rf .git/hooks; echo ref >.git/HEAD && echo committed'
	assert_output committed
	assert_equal "$(find .git -mindepth 1 | sort | tr '\n' ' ')" '.git/HEAD .git/config .git/hooks '
	assert_equal "$(cat .git/config)" ''
}

@test "a .git that leads elsewhere hands nothing of there in" {
	mkdir -p "$T/work" "$T/elsewhere/hooks" && cd "$T/work"
	ln -s "$T/elsewhere" .git
	printf '%s\n' "$CWD" >"$T/profile.yaml"
	nook_run run "$T/profile.yaml" -- sh -c 'ls .git/hooks'
	assert_status 2
}

# assert_told [LINES] - what was said of a git repository; older kernels have other things to say, too
assert_told() { assert_equal "$(grep 'git repository' <<<"$stderr")" "${1:-}"; }

# with_home SCRIPT - run by a user in a home of his own that is not in /tmp, with three repositories
with_home() {
	need git
	cat >"$T/script" <<-END
		cd && export HOME=\$PWD PATH=/usr/local/bin:/usr/bin:/bin NOOK=$NOOK
		git config --global user.name ada && git config --global user.email ada@example.org
		git config --global protocol.file.allow always
		git init -q repo && mkdir repo/sub && touch repo/sub/file
		git -C repo add . && git -C repo commit -qm first && git -C repo worktree add -q ../tree
		git init -q super && git -C super submodule add -q ../repo part 2>/dev/null
		$1
	END
	run --separate-stderr unshare --mount --propagation private sh -c 'mount -t tmpfs tmpfs /srv &&
		install -d -m 700 -o 1234 -g 1234 /srv/ada && cd /srv/ada &&
		HOME=/srv/ada exec setpriv --reuid=1234 --regid=1234 --clear-groups sh -s' <"$T/script"
}

@test "git works where its repository lies elsewhere, and that commits are lost is said" {
	only_for root 'a home is mounted'
	with_home 'for d in repo/sub tree super/part; do
		cd ~/$d && $NOOK run dev -- sh -c "touch new; git add -A; git commit -qm lost; git log --format=%s"
		git log --format=host:%s; git status -s
	done
	cd ~/repo && rm -f sub/new && $NOOK run dev -- sh -c "touch new; git add -A; git commit -qm kept"
	git log --format=%s'
	assert_output "$(printf 'lost\nfirst\nhost:first\n?? new\n%.0s' 1 2 3; printf 'kept\nfirst')"
	lost='outside of the current directory: commits made in the box are thrown away; commit on the host'
	assert_told "nook: the git repository lies in '/srv/ada/repo/.git', $lost, start the box in '/srv/ada/repo' or give --review
nook: the git repository lies in '/srv/ada/repo/.git', $lost or give --review
nook: the git repository lies in '/srv/ada/super/.git/modules/part', $lost or give --review"
}

@test "what it says to keep such a commit does that" {
	only_for root 'a home is mounted'
	with_home 'for d in repo/sub tree super/part; do
		cd ~/$d && $NOOK run --review --yes dev -- sh -c "touch new; git add -A; git commit -qm kept" >/dev/null
		git log --format=host:%s; git status -s
	done'
	assert_output "$(printf 'host:kept\nhost:first\n%.0s' 1 2 3)"
	refute_match repository "$stderr"
}

@test "what is written to the /tmp of strict is not executed, on a tmpfs of one's own it is" {
	local make='printf "#!/bin/sh\necho ran\n" >tool && chmod +x tool && ./tool'
	nook_run run -q -w /tmp strict -- sh -c "$make"
	assert_status 126
	assert_output
	nook_run run -q --tmpfs /build:size=1M,mode=1777 -w /build strict -- sh -c "$make"
	assert_output ran
	nook_run run -q --tmpfs /tmp:size=1M,mode=1777 -w /tmp strict -- sh -c "$make"
	assert_output ran
	printf 'extends: strict\n+mounts: [{tmpfs: /build, size: 1M, mode: 1777}]\n' >"$T/profile.yaml"
	nook_run run -q -w /build "$T/profile.yaml" -- sh -c "$make"
	assert_output ran
}

@test "a .git that is a file says the same afterwards, or git on the host would run what a box names" {
	mkdir -p "$T/repo/.git/worktrees/tree" "$T/tree/evil" && cd "$T/tree"
	echo "gitdir: $T/repo/.git/worktrees/tree" >.git
	printf 'extends: dev\n' >"$T/profile.yaml"
	nook_run run "$T/profile.yaml" -- sh -c 'echo "gitdir: ./evil" >.git; rm -f .git; mv .git .other; touch written'
	assert_equal "$(cat .git)" "gitdir: $T/repo/.git/worktrees/tree"
	assert test -e written
}

@test "only where commits are lost is it said" {
	mkdir -p "$T/repo/.git" "$T/repo/sub" "$T/tree" "$T/own/git" "$T/bad"
	echo "gitdir: ../repo/.git" >"$T/tree/.git"
	echo "gitdir: git" >"$T/own/.git"
	echo "gitdir: " >"$T/bad/.git"
	outside="the git repository lies in '$T/repo/.git', outside of the current directory: the box does not show it"
	cd "$T/repo/sub" && nook_run run dev -- true
	assert_told "nook: $outside; commit on the host or start the box in '$T/repo'"
	cd "$T/tree" && nook_run run dev -- true
	assert_told "nook: $outside; commit on the host"
	nook_run run -v "$T/repo/.git:$T/repo/.git" dev -- true
	assert_told
	nook_run run -v . strict -- true
	assert_told
	nook_run run --set root.changes=refuse dev -- true
	assert_told
	for place in own bad repo; do
		cd "$T/$place" && nook_run run dev -- true
		assert_told
	done
}

@test "the home directory is not handed in, -v . does it" {
	cd "$T"
	export HOME=$T
	[ -z "$(getent passwd "$(id -u)")" ] || bats_skip 'for user: others have a home there'
	printf '%s\n' "$CWD" >"$T/profile.yaml"
	nook_run run "$T/profile.yaml" -- touch "$T/there"
	assert_status 1
	[ ! -e "$T/there" ]
	nook_run run -v . "$T/profile.yaml" -- sh -c 'pwd'
	assert_status 0
}

# --- directory roots --------------------------------------------------------------------

@test "tree make makes a tree that runs" {
	make_tree
	inside "$(directory discard)" 'id -u; echo $(ls /); ls /bin/sh'
	assert_status 0
	assert_line 0
	assert_line '/bin/sh'
	nook_run tree make "$T/tree"
	assert_status 1
	assert_stderr "nook: '$T/tree' is not empty
hint: --force adds to it and replaces files of the same name"
	nook_run tree make "$T/other" --with nosuch
	assert_status 1
	assert_stderr_match "there is no program 'nosuch' in PATH"
	[ ! -e "$T/other" ]
}

@test "what nook starts is waited for where the caller ignores SIGCHLD" {
	run -0 env --ignore-signal=CHLD "$NOOK" tree make -q "$T/tree" --with sh
	assert_output ""
}

@test "tree make --with brings the libraries of programs" {
	nook_run tree make "$T/tree" --with sh --with ls --with ldd
	assert_status 0
	inside "$(directory discard)" 'ls -d /usr && echo runs'
	assert_line runs
}

@test "changes in a directory are discarded, refused or real, as the profile says" {
	make_tree
	listing "$T/tree" >"$T/before"
	inside "$(directory discard)" 'echo x >/etc/new; rm -r /home /bin/ls; mkdir /a; cat /etc/new'
	assert_output x
	listing "$T/tree" | diff "$T/before" -
	inside "$(directory refuse)" 'touch /etc/new /new; rm /bin/ls'
	refute_match .
	listing "$T/tree" | diff "$T/before" -
	inside "$(directory through)" 'echo x >/etc/new'
	assert_status 0
	assert_equal "$(cat "$T/tree/etc/new")" x
	[ -O "$T/tree/etc/new" ]
}

@test "a path with commas, colons, blanks and backslashes is a path" {
	need busybox
	odd="$T/a,b:c\\d e=f\"g"
	"$NOOK" tree make -q "$odd"
	touch "$odd/marker"
	nook_run run --set root.from=directory --set "root.path='$odd'" base -- sh -c 'ls /marker; touch /new'
	assert_status 0
	assert_output /marker
	[ ! -e "$odd/new" ]
}

@test "root.path must be a directory" {
	touch "$T/file"
	inside "root: {from: directory, path: $T/none}" true
	assert_status 125
	assert_stderr_match "profile.yaml:1: there is no directory '$T/none'"
	inside "root: {from: directory, path: $T/file}" true
	assert_stderr_match "profile.yaml:1: '$T/file' is not a directory"
	inside 'root: {from: directory, path: /}' true
	assert_stderr_match "use 'root.from: host'"
}

@test "NE-08: the resolver of the host shows in a tree, nothing is written through its links" {
	make_tree
	[ -e /etc/resolv.conf ] || skip 'this host has no resolver'
	inside "$(directory refuse)
network: {mode: host}" 'cat /etc/resolv.conf'
	assert_output "$(cat /etc/resolv.conf)"
	touch "$T/victim"
	for link in "$T/victim" "../../../../../../../..$T/victim" /etc/resolv.conf; do
		ln -sfn "$link" "$T/tree/etc/resolv.conf"
		for changes in discard refuse; do
			inside "$(directory $changes)
network: {mode: host}" 'echo broken >/etc/resolv.conf'
			[ ! -s "$T/victim" ]
		done
	done
}

# --- hostile trees (FS-10 to FS-14) -------------------------------------------------------

# hostile CHANGES LINK-TEXT - bind $T/src on /mnt/a/b where /mnt is this link
hostile() {
	rm -rf "$T/tree/mnt" && ln -s "$2" "$T/tree/mnt"
	mkdir -p "$T/src" && touch "$T/src/bound"
	listing "$T/victim" >"$T/before"
	inside "$(directory "$1")
mounts: [{bind: $T/src, to: /mnt/a/b}, {bind: $T/src/bound, to: /mnt/f}]" "find $T/victim /tmp /mnt/ 2>/dev/null"
	listing "$T/victim" | diff "$T/before" -
}

@test "FS-10: a symlink as mount point does not lead out of the tree" {
	make_tree
	mkdir -p "$T/victim/a/b"
	for changes in discard refuse; do
		for link in "$T/victim" "../../../../../../../..$T/victim" /proc/1/root"$T/victim" tmp/../../../.."$T/victim"; do
			hostile "$changes" "$link"
			[ "$status" = 0 ] || [ "$status" = 125 ]
		done
	done
	# Positive control: a link that stays inside is followed there
	mkdir -p "$T/tree/srv/a/b" && touch "$T/tree/srv/f"
	hostile refuse srv
	assert_line /mnt/a/b/bound
}

@test "FS-12: a tree whose /proc is a symlink, a file or a fake is refused or covered" {
	make_tree
	rmdir "$T/tree/proc" && mkdir -p "$T/tree/fake/self/attr" "$T/tree/fake/sys/kernel"
	touch "$T/tree/fake/self/attr/exec"
	listing "$T/tree/fake" >"$T/before"
	for link in fake /fake ../../proc; do
		ln -sfn "$link" "$T/tree/proc"
		for changes in discard refuse through; do
			inside "$(directory $changes)" true
			assert_status 125
			assert_stderr_match "'/proc': it is a symlink in this tree"
		done
	done
	rm "$T/tree/proc" && touch "$T/tree/proc"
	inside "$(directory refuse)" true
	assert_status 125
	rm "$T/tree/proc" && mv "$T/tree/fake" "$T/tree/proc"
	inside "$(directory refuse)" 'grep -c . /proc/self/status >/dev/null && echo real'
	assert_output real
	inside "$(directory refuse)
mounts: [{bind: $T, to: /proc}]" true
	assert_status 125
	assert_stderr_match "'/proc'"
}

@test "FS-13: a tree whose /dev is a symlink is refused, links in it are covered" {
	make_tree
	mkdir "$T/victim"
	mv "$T/tree/dev" "$T/tree/dev.orig"
	ln -s "$T/victim" "$T/tree/dev"
	inside "$(directory discard)" true
	assert_status 125
	assert_stderr_match "'/dev': it is a symlink in this tree"
	[ -z "$(ls -A "$T/victim")" ]
	rm "$T/tree/dev" && mv "$T/tree/dev.orig" "$T/tree/dev"
	ln -s "$T/victim" "$T/tree/dev/shm"
	ln -s "$T/victim" "$T/tree/dev/pts"
	ln -s "$T/victim/null" "$T/tree/dev/null"
	inside "$(directory refuse)" 'echo x >/dev/null; touch /dev/shm/x; ls -ld /dev/shm | cut -c1; ls -l /dev/null | cut -c1'
	assert_output 'd
c'
	[ -z "$(ls -A "$T/victim")" ]
}

@test "FS-14: what hides a file is nook's own null, whatever the tree has there" {
	make_tree
	ln -s /proc/sys/kernel/core_pattern "$T/tree/dev/null"
	echo secret >"$T/tree/etc/secret"
	inside "root: {from: directory, path: $T/tree, hide: [/etc/secret]}" 'cat /etc/secret; (echo x >/proc/sys/kernel/core_pattern) 2>/dev/null || echo kept'
	assert_output kept
}

@test "FS-11: a mount point that is swapped all the time leads nowhere else" {
	make_tree
	mkdir -p "$T/victim/b" "$T/tree/mnt/a/b" "$T/src"
	ln -s "$T/victim" "$T/tree/mnt/c"
	touch "$T/src/bound"
	listing "$T/victim" >"$T/before"
	printf '%s\n' "$(directory refuse)" "mounts: [{bind: $T/src, to: /mnt/a/b}]" >"$T/profile.yaml"
	(cd "$T/tree/mnt" && while [ ! -e "$T/stop" ]; do mv -T a d; mv -T c a; mv -T a c; mv -T d a; done) &
	for _ in $(seq 40); do
		"$NOOK" run "$T/profile.yaml" -- ls /mnt/a/b >>"$T/log" 2>&1 || true
	done
	touch "$T/stop"
	wait
	listing "$T/victim" | diff "$T/before" -
	# Positive control: where it is the directory again, the bind is there
	nook_run run "$T/profile.yaml" -- ls /mnt/a/b
	assert_output bound
}

# --- the user's mounts ------------------------------------------------------------------

@test "binds are read-only unless rw is said, and must exist unless optional" {
	mkdir "$T/src" && touch "$T/src/file"
	inside "$SYSTEM
user: {id: 0}
mounts:
  - {bind: $T/src, to: /ro/deep}
  - {bind: $T/src, to: /rw, options: [rw]}
  - {bind: $T/src/file, to: /single}
  - {bind: $T/none, to: /none, optional: true}" 'touch /ro/deep/x; touch /rw/new && ls /ro/deep; ls -d /single /none'
	assert_stderr_match "cannot touch '/ro/deep/x': Read-only file system"
	assert_stderr_match "cannot access '/none'"
	assert_output 'file
new
/single'
	[ -O "$T/src/new" ]
	inside "$SYSTEM
mounts:
  - {bind: $T/none, to: /none}" true
	assert_status 125
	assert_stderr_match "profile.yaml:3: there is no '$T/none' to bind"
}

@test "tmpfs, overlay and mqueue mounts do what they say" {
	mkdir "$T/src" && touch "$T/src/file"
	inside "$SYSTEM
user: {id: 0}
mounts:
  - {tmpfs: /scratch, size: 1M, mode: 0700}
  - {overlay: $T/src, to: /layered}
  - {mqueue: /dev/mqueue}
  - {tmpfs: /dev/shm, size: 2M}" 'stat -c %a /scratch; df -k --output=size /scratch /dev/shm | tail -n 2 | tr -d " "
		touch /layered/new && rm /layered/file && ls /layered; stat -fc %T /dev/mqueue'
	assert_status 0
	assert_output '700
1024
2048
new
mqueue'
	assert_equal "$(ls "$T/src")" file
}

@test "a later mount lies on an earlier one, in its own tree only" {
	mkdir -p "$T/a/sub" "$T/b"
	touch "$T/b/inner"
	ln -s "$T/b" "$T/a/link"
	inside "$SYSTEM
mounts: [{bind: $T/a, to: /a}, {bind: $T/b, to: /a/sub}]" 'ls /a/sub'
	assert_output inner
	inside "$SYSTEM
mounts: [{bind: $T/a, to: /a}, {bind: $T/b, to: /a/absent}]" true
	assert_status 125
	[ ! -e "$T/a/absent" ]
	inside "$SYSTEM
mounts: [{bind: $T/a, to: /a}, {bind: $T/b, to: /a/link/x}]" true
	assert_status 125
	[ ! -e "$T/b/x" ]
}

@test "nook's own places are no targets" {
	for to in / /proc /proc/self /proc/sys /sys/x /dev /dev/a/b; do
		inside "$SYSTEM
mounts: [{bind: /usr, to: $to}]" true
		assert_status 125
		assert_stderr_match 'profile.yaml:2'
	done
}

@test "mounts of the host made later do not show, and the box's do not show outside" {
	only_for root 'mounts on the host'
	mkdir -p "$T/shared/sub"
	mount -t tmpfs tmpfs "$T/shared" && mount --make-shared "$T/shared"
	mkdir "$T/shared/sub"
	printf '%s\n' "$SYSTEM" "mounts: [{bind: $T/shared, to: /s}]" >"$T/profile.yaml"
	mkfifo "$T/go" "$T/ready"
	"$NOOK" run "$T/profile.yaml" -- sh -c 'cat /s/../proc/self/mountinfo >/dev/null; echo up; read -r _; ls -A /s/sub' <"$T/go" >"$T/ready" &
	exec 7>"$T/go" 8<"$T/ready"
	read -r _ <&8
	mount -t tmpfs tmpfs "$T/shared/sub" && touch "$T/shared/sub/late"
	echo go >&7
	seen=$(cat <&8)
	exec 7>&- 8<&-
	wait
	umount "$T/shared/sub" "$T/shared"
	assert_equal "$seen" ''
}

@test "a file system of any type is mounted by the full program" {
	[ -x "$(dirname "$(readlink -f "$NOOK")")/nook-full" ] || skip 'nook-full is not built'
	inside 'root: {from: system}
mounts: [{filesystem: tmpfs, source: none, to: /fs, options: [size=1M, mode=0711, noexec]}]' '
		stat -c %a /fs; df -k --output=size /fs | tail -n 1 | tr -d " "; awk "\$5 == \"/fs\" { print \$6 }" /proc/self/mountinfo'
	assert_status 0
	assert_output '711
1024
rw,nosuid,nodev,noexec,relatime'
	inside 'root: {from: system}
mounts: [{filesystem: nosuchfs, source: none, to: /fs}]' true
	assert_status 125
	assert_stderr_match "profile.yaml:2: cannot mount nosuchfs 'none' on '/fs': unknown filesystem type 'nosuchfs'"
}

@test "chroot alone works, for root or in a user namespace" {
	make_tree
	local namespaces='[]' map=none
	is_root || namespaces='[user]' map=single
	nook_run run -q --set "namespaces=$namespaces" --set "user.map=$map" --set "root.path=$T/tree" chroot -- sh -c 'ls /bin/sh; ls /usr/bin/env'
	assert_status 0
	assert_output '/bin/sh
/usr/bin/env'
}

@test "chroot alone is refused to others than root" {
	only_for user "root may"
	make_tree
	nook_run run -q --set "root.path=$T/tree" chroot -- true
	assert_status 125
	assert_stderr_match 'only root may chroot'
}

# LeakSanitizer cannot look around in there
@test "a box in a box works where nesting is allowed" {
	local copy=$T/nook
	mkdir "$copy" && cp "$(readlink -f "$NOOK")" "$copy/nook"
	cp -r "$TOP/profiles" "$copy/profiles"
	nook_run run -q --set nested_namespaces=true -v "$copy:/srv" -e NOOK_PROFILE_PATH=/srv/profiles -e ASAN_OPTIONS=detect_leaks=0 base -- /srv/nook run -q strict -- sh -c 'ls -d /proc/[0-9]* | wc -l; touch /tmp/x && echo written'
	assert_status 0
	assert_match '^[1-4]$'
	assert_line written
}
