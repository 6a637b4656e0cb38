#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# explain.bats - `nook explain`: profiles, boxes, layers and any process in words
# as: root user subids

load helper

@test "explain says what is separate, shared and writable" {
	mkdir project
	cd project
	nook_run explain dev
	assert_status 0
	assert_stderr
	assert_match '^dev: '
	assert_match '^A process tree with user, mount, pid, uts, ipc and cgroup namespaces of its own;'
	assert_match '^shared +network: your links'
	assert_match "^ +$T/project$"
	assert_match "^command .* \(in $T/project\)"
	assert_match '^read-only|^writable'
}

@test "explain says at its top what of git is read-only, and what run says of what is handed in" {
	mkdir -p "$T/project/.git/hooks" "$T/project/sub"
	touch "$T/project/.git/config"
	cd "$T/project"
	nook_run explain dev
	assert_status 0
	head=$(sed '/^keeper - /,$d' <<<"$output")
	readonly=$(sed -n '/^read-only/,/^hidden/p' <<<"$head")
	assert_match "$T/project/.git/config( |$)" "$readonly"
	assert_match "$T/project/.git/hooks( |$)" "$readonly"
	assert_match "^note +hooks and config in '$T/project/.git'" "$head"
	assert_match "use git on the host, or give --review" "$(tr -s '\n ' ' ' <<<"$head")"
	nook_run run dev -- true
	refute_match hooks "$stderr"
	cd sub
	nook_run explain dev
	assert_match "^note +the git repository lies in '$T/project/.git'" "$(sed '/^keeper - /,$d' <<<"$output")"
}

@test "explain says where a value was set" {
	printf 'extends: base\nhostname: elsewhere\n' >own.yaml
	nook_run explain ./own.yaml --set umask=027
	assert_status 0
	assert_match '^  hostname +elsewhere +\./own\.yaml:2$|^  hostname +elsewhere +.*own\.yaml:2$'
	assert_match '^  umask +027 +--set$'
	assert_match '^  root.switch +pivot +\(default\)$'
}

@test "explain names what is lost where a wall is left out" {
	nook_run explain base --set 'namespaces=[user, mount]'
	assert_status 0
	assert_match '^warning +no pid namespace'
	assert_match '^    Left out: uname\(2\) shows this machine.s name\.$'
}

@test "explain shows every layer in order, each once" {
	nook_run explain base
	assert_equal "$(sed -n 's/^\([a-z]*\) - .*/\1/p' <<<"$output" | tr '\n' ' ')" \
		"keeper user cgroup pid uts ipc time net root mount rlimit session caps env landlock seccomp "
	assert_match '^    \$ unshare --pid --fork --kill-child COMMAND$'
	assert_match '^    pivot_root'
}

@test "explain shows one layer of a profile" {
	nook_run explain strict net
	assert_status 0
	assert_match '^net - '
	refute_match '^pid - '
}

@test "explain shows a layer by itself, with the keys it reads" {
	nook_run explain rlimit
	assert_status 0
	assert_match '^rlimit - '
	assert_match '^  rlimits +resource limits'
	nook_run explain seccomp
	assert_match '^@default \(allowed\)'
}

@test "explain names the nearest layer" {
	nook_run explain base secomp
	assert_status 2
	assert_stderr "nook: no layer 'secomp', did you mean 'seccomp'"
}

@test "explain --json is one valid object" {
	need python3
	nook_run explain strict --json
	assert_status 0
	python3 - "$output" <<-'END'
		import json, sys
		o = json.loads(sys.argv[1])
		assert o["schema"] == 1 and o["profile"] == "strict"
		assert o["namespaces"]["pid"] is True and o["namespaces"]["time"] is False
		assert {"path": "/usr", "fate": "readonly"} in o["places"]
		names = [l["name"] for l in o["layers"]]
		assert names[0] == "keeper" and len(names) == len(set(names))
		facts = [f for l in o["layers"] for f in l["facts"]]
		assert any(f["key"] == "limits.wall" and ":" in f["origin"] for f in facts)
	END
}

@test "what explain prints cannot move the cursor" {
	printf 'extends: base\ndescription: "a\\u202eb"\n' >own.yaml
	nook_run explain ./own.yaml
	refute_match $'\u202e'
}

@test "explain finds a box that runs" {
	mkfifo ready hold
	"$NOOK" run --name explained strict --set 'mounts=[]' -- sh -c 'echo up; read -r _' <hold >ready &
	exec 7>hold
	read -r line <ready
	[ "$line" = up ]
	nook_run explain explained pid
	by_name=$output
	id=$("$NOOK" ps | awk '$2 == "explained" { print $1 }')
	nook_run explain "${id:0:8}" pid
	exec 7>&-
	wait
	assert_status 0
	assert_match '^pid - '
	[ "$output" = "$by_name" ] || fail "by a part of its id" "$output" "$by_name"
}

@test "explain of nothing known says so" {
	nook_run explain nosuch
	assert_status 1
	assert_stderr_match "^nook: .*'nosuch'"
	nook_run explain
	assert_status 2
}

@test "explain --pid: oneself shares everything" {
	nook_run explain --pid $$
	assert_status 0
	assert_match "^process $$, "
	assert_line 'It shares every namespace with you.'
	assert_match '^  net +shared '
	assert_match '^  mount +shared '
	assert_match '^  seccomp +off$'
	assert_match "^  user +$(id -u)$"
	assert_match '^  root +/ \(the same directory as yours\)$'
}

@test "explain --pid tells a process in a box from oneself" {
	need unshare
	unshare --user --map-root-user --net --uts --mount setpriv --no-new-privs --bounding-set=-all \
		sleep 30 &
	pid=$!
	wait_until grep -qx sleep "/proc/$pid/comm"
	nook_run explain --pid $pid
	json=$("$NOOK" explain --pid $pid --json)
	kill $pid
	wait $pid || true
	assert_status 0
	assert_line 'It has its own user, mount, net and uts namespaces and shares the others with you.'
	assert_match '^  net +own +[0-9]+ +its own interfaces'
	assert_match '^  pid +shared '
	assert_match '^  no_new_privs +on: '
	assert_match '^  bounding +none '
	assert_match "^  user map +0 there is $(id -u) here; no other id exists$"
	python3 - "$json" <<-'END'
		import json, sys
		o = json.loads(sys.argv[1])
		assert o["namespaces"]["net"]["own"] is True
		assert o["namespaces"]["pid"]["own"] is False
		assert o["no_new_privs"] is True and o["capabilities"]["bounding"] == []
		assert o["landlock"] is None and o["uid_map"][0]["count"] == 1
		assert o["mounts"]
	END
}

@test "explain --pid: what the kernel does not tell is unknown, not none" {
	if is_root; then
		run --separate-stderr setpriv --reuid=1234 --regid=1234 --clear-groups \
			"$NOOK" explain --pid 1
	else
		nook_run explain --pid 1
	fi
	assert_status 0
	assert_match '^  net +unknown \(the kernel does not tell this to you\)$'
}

@test "explain --pid of a bad number" {
	nook_run explain --pid 0
	assert_status 2
	nook_run explain --pid 12x
	assert_status 2
	nook_run explain --pid 4194304
	assert_status 1
	assert_stderr "nook: no process has the number '4194304' here"
}
