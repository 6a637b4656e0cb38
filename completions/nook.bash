# SPDX-License-Identifier: GPL-3.0-or-later
# nook.bash - completion for bash, made by 'nook completion bash'

# The words that may follow; a command of two words has its second one there
_nook_commands() {
	case $1 in
	'') echo 'run shell create start stop restart rename rm logs inspect diff apply discard snapshot rollback cp exec attach console batch lab quiz exam ps stats top view events update pause unpause kill explain export net profile doctor detect compare tree gc completion version help' ;;
	batch) echo 'report' ;;
	lab) echo 'list start check hint solution answer next skip goto reset stop undo status export test' ;;
	net) echo 'create ls inspect rm check repair matrix' ;;
	profile) echo 'ls show check diff new' ;;
	tree) echo 'make' ;;
	esac
}
# The options of a command
_nook_options() {
	case $1 in
	run | shell) echo '--set -m --memory --cpus --pids-limit -v --volume --mount --tmpfs -e --env -w --workdir -u --user --userns --hostname --network --cap-add --read-only --timeout --init --ulimit --label -p --publish -t --tty --name -d --detach --keep --log-size -i --interactive --rm --preserve-fds --result --dry-run --review --yes --no' ;;
	create) echo '--set -m --memory --cpus --pids-limit -v --volume --mount --tmpfs -e --env -w --workdir -u --user --userns --hostname --network --cap-add --read-only --timeout --init --ulimit --label -p --publish -t --tty --log-size' ;;
	start) echo '-a --attach' ;;
	stop) echo '-t --time' ;;
	restart) echo '-t --time' ;;
	rm) echo '-f --force' ;;
	logs) echo '-f --follow -n --tail --since -t --timestamps --raw' ;;
	diff) echo '--stat --text --json' ;;
	apply) echo '-y --yes -f --force' ;;
	snapshot) echo --remove ;;
	cp) echo '-a --archive' ;;
	exec) echo '-e --env -w --workdir -u --user -d --detach -t --tty -i --interactive' ;;
	attach) echo --detach-keys ;;
	console) echo '-c --command' ;;
	batch) echo '--init --check -j --jobs --total-memory --total-cpus --journal --resume --resume-failed --mix -o --output --set --repeat --fail-fast --timeout --pin --reproducible' ;;
	'batch report') echo '--all --json --junit --svg' ;;
	lab | 'lab list') echo '--from --names --json -o --output --no-headings' ;;
	'lab start' | 'lab next' | 'lab goto' | 'lab test') echo --from ;;
	'lab check' | 'lab status') echo --json ;;
	'lab solution') echo '--nook --raw' ;;
	'lab skip') echo '--from --done' ;;
	quiz) echo '-n --count --objective --chapter --all --exam --time --placement --list --json --from --day --seed' ;;
	exam) echo '-n --count --time --json --from --seed' ;;
	ps) echo '--json -o --output --no-headings -a --all -f --filter --names' ;;
	stats) echo '-w --watch -i --interval --json -o --output --no-headings' ;;
	top) echo '-w --watch -i --interval --json -o --output --no-headings' ;;
	view) echo '--tree --json' ;;
	events) echo '--json -a --all -f --filter' ;;
	pause | unpause) echo '-a --all' ;;
	kill) echo '-s --signal -a --all' ;;
	explain) echo '--pid --script --json --set' ;;
	export) echo '--as --set' ;;
	'net create') echo '--no-nat --isolated --gateway --mtu --ipv6' ;;
	'net ls') echo '--names --json -o --output --no-headings' ;;
	'net inspect') echo '--draw --dot --json -o --output --no-headings' ;;
	'net rm') echo '-f --force' ;;
	'net check') echo --from ;;
	'net matrix') echo --json ;;
	'profile ls') echo '--json --names' ;;
	'profile show') echo '--origin --all --set' ;;
	'profile new') echo '--from --path' ;;
	doctor) echo --json ;;
	detect) echo '--json --value --result -v --all --root --probe-kvm' ;;
	compare) echo '-n --count --rungs --json --svg' ;;
	'tree make') echo '--with --force' ;;
	esac
	echo '-h --help -q --quiet --verbose'
}
# What the argument of an option is; nothing where it takes none
_nook_argument() {
	case $1 in
	run | shell)
		case $2 in
		--set) echo key ;;
		--memory | -m) echo nothing ;;
		--cpus) echo nothing ;;
		--pids-limit) echo nothing ;;
		--volume | -v) echo file ;;
		--mount) echo nothing ;;
		--tmpfs) echo nothing ;;
		--env | -e) echo nothing ;;
		--workdir | -w) echo nothing ;;
		--user | -u) echo nothing ;;
		--userns) echo 'words auto single subids' ;;
		--hostname) echo nothing ;;
		--network) echo 'words none host veth user ns: container:' ;;
		--cap-add) echo nothing ;;
		--timeout) echo nothing ;;
		--init) echo 'words reaper none' ;;
		--ulimit) echo nothing ;;
		--label) echo nothing ;;
		--publish | -p) echo nothing ;;
		--name) echo nothing ;;
		--log-size) echo nothing ;;
		--preserve-fds) echo nothing ;;
		--result) echo file ;;
		esac
		;;
	create)
		case $2 in
		--set) echo key ;;
		--memory | -m) echo nothing ;;
		--cpus) echo nothing ;;
		--pids-limit) echo nothing ;;
		--volume | -v) echo file ;;
		--mount) echo nothing ;;
		--tmpfs) echo nothing ;;
		--env | -e) echo nothing ;;
		--workdir | -w) echo nothing ;;
		--user | -u) echo nothing ;;
		--userns) echo 'words auto single subids' ;;
		--hostname) echo nothing ;;
		--network) echo 'words none host veth user ns: container:' ;;
		--cap-add) echo nothing ;;
		--timeout) echo nothing ;;
		--init) echo 'words reaper none' ;;
		--ulimit) echo nothing ;;
		--label) echo nothing ;;
		--publish | -p) echo nothing ;;
		--log-size) echo nothing ;;
		esac
		;;
	stop)
		case $2 in
		--time | -t) echo nothing ;;
		esac
		;;
	restart)
		case $2 in
		--time | -t) echo nothing ;;
		esac
		;;
	logs)
		case $2 in
		--tail | -n) echo nothing ;;
		--since) echo nothing ;;
		esac
		;;
	exec)
		case $2 in
		--env | -e) echo nothing ;;
		--workdir | -w) echo nothing ;;
		--user | -u) echo nothing ;;
		esac
		;;
	attach)
		case $2 in
		--detach-keys) echo nothing ;;
		esac
		;;
	console)
		case $2 in
		--command | -c) echo nothing ;;
		esac
		;;
	batch)
		case $2 in
		--jobs | -j) echo nothing ;;
		--total-memory) echo nothing ;;
		--total-cpus) echo nothing ;;
		--journal) echo file ;;
		--output | -o) echo dir ;;
		--set) echo key ;;
		--repeat) echo nothing ;;
		--timeout) echo nothing ;;
		esac
		;;
	lab | 'lab list')
		case $2 in
		--from) echo dir ;;
		--output | -o) echo 'words LAB CHAPTER TITLE MIN LEVEL STATE TRIES TIME OBJECTIVES NEEDS MISSING FILE NOW' ;;
		esac
		;;
	'lab start' | 'lab next' | 'lab goto' | 'lab test')
		case $2 in
		--from) echo dir ;;
		esac
		;;
	'lab skip')
		case $2 in
		--from) echo dir ;;
		esac
		;;
	quiz)
		case $2 in
		--count | -n) echo nothing ;;
		--objective) echo 'words K1 K2 K3 K4 K5 K6 L+ C' ;;
		--chapter) echo 'words chroot namespaces cgroups networks images' ;;
		--time) echo nothing ;;
		--placement) echo 'words chroot namespaces cgroups networks images' ;;
		--from) echo file ;;
		--day) echo nothing ;;
		--seed) echo nothing ;;
		esac
		;;
	exam)
		case $2 in
		--count | -n) echo nothing ;;
		--time) echo nothing ;;
		--from) echo file ;;
		--seed) echo nothing ;;
		esac
		;;
	ps)
		case $2 in
		--output | -o) echo 'words ID NAME PROFILE STATUS STARTED UPTIME KEEPER INIT EXIT CAUSE LABELS COMMAND' ;;
		--filter | -f) echo nothing ;;
		esac
		;;
	stats)
		case $2 in
		--interval | -i) echo nothing ;;
		--output | -o) echo 'words ID NAME STATUS CPU% TIME USER SYSTEM THROTTLED MEMORY PEAK LIMIT MEM% SWAP OOM PIDS PIDSPEAK PIDSMAX REFUSED READ WRITE RX TX READ/S WRITE/S PSI-CPU PSI-MEM PSI-IO METERED PROFILE COMMAND' ;;
		esac
		;;
	top)
		case $2 in
		--interval | -i) echo nothing ;;
		--output | -o) echo 'words ID NAME STATUS CPU% TIME USER SYSTEM THROTTLED MEMORY PEAK LIMIT MEM% SWAP OOM PIDS PIDSPEAK PIDSMAX REFUSED READ WRITE RX TX READ/S WRITE/S PSI-CPU PSI-MEM PSI-IO METERED PROFILE COMMAND' ;;
		esac
		;;
	events)
		case $2 in
		--filter | -f) echo nothing ;;
		esac
		;;
	kill)
		case $2 in
		--signal | -s) echo 'words KILL TERM INT HUP QUIT USR1 USR2 STOP CONT' ;;
		esac
		;;
	explain)
		case $2 in
		--pid) echo nothing ;;
		--set) echo key ;;
		esac
		;;
	export)
		case $2 in
		--as) echo 'words unshare bwrap podman systemd-run' ;;
		--set) echo key ;;
		esac
		;;
	'net create')
		case $2 in
		--gateway) echo nothing ;;
		--mtu) echo nothing ;;
		esac
		;;
	'net ls')
		case $2 in
		--output | -o) echo 'words NAME SUBNET GATEWAY NAT ISOLATED MTU BOXES' ;;
		esac
		;;
	'net inspect')
		case $2 in
		--output | -o) echo 'words BOX NAME ADDRESS ADDRESS6 MAC LINK PUBLISH' ;;
		esac
		;;
	'net check')
		case $2 in
		--from) echo box ;;
		esac
		;;
	'profile show')
		case $2 in
		--set) echo key ;;
		esac
		;;
	'profile new')
		case $2 in
		--from) echo profile ;;
		--path) echo file ;;
		esac
		;;
	detect)
		case $2 in
		--value) echo nothing ;;
		--result) echo file ;;
		--root) echo dir ;;
		esac
		;;
	compare)
		case $2 in
		--count | -n) echo nothing ;;
		--rungs) echo 'words process chroot user mount pid net uts ipc cgroup time caps landlock seccomp limits full' ;;
		--svg) echo file ;;
		esac
		;;
	'tree make')
		case $2 in
		--with) echo program ;;
		esac
		;;
	esac
}
# What the words of a command are
_nook_kind() {
	case $1 in
	run) echo profile ;;
	shell) echo profile ;;
	create) echo profile ;;
	start) echo resting ;;
	stop) echo box ;;
	restart) echo resting ;;
	rename) echo resting ;;
	rm) echo resting ;;
	logs) echo resting ;;
	inspect) echo resting ;;
	diff) echo resting ;;
	apply) echo resting ;;
	discard) echo resting ;;
	snapshot) echo resting ;;
	rollback) echo resting ;;
	cp) echo copy ;;
	exec) echo 'into -e --env -w --workdir -u --user' ;;
	attach) echo box ;;
	console) echo file ;;
	batch) echo file ;;
	'batch report') echo file ;;
	'lab start') echo lab ;;
	'lab skip') echo lab ;;
	'lab goto') echo lab ;;
	'lab test') echo lab ;;
	ps) echo box ;;
	stats) echo box ;;
	top) echo box ;;
	view) echo box ;;
	events) echo box ;;
	update) echo 'limit wall cpu_time output grace on_limit memory memory_high swap pids cpus cpu_weight cpuset io_weight +mounts -mounts +publish -publish network rate rate_in rate_out' ;;
	pause) echo box ;;
	unpause) echo box ;;
	kill) echo box ;;
	explain) echo 'explain keeper user cgroup pid uts ipc time net root mount rlimit session caps env landlock seccomp' ;;
	export) echo profile ;;
	'net inspect') echo network ;;
	'net rm') echo network ;;
	'net check') echo network ;;
	'net repair') echo network ;;
	'net matrix') echo network ;;
	'profile show') echo profile ;;
	'profile check') echo profile ;;
	'profile diff') echo profile ;;
	'tree make') echo dir ;;
	completion) echo 'words bash zsh fish' ;;
	help) echo command ;;
	esac
}
# The keys of a profile, and the words that one takes
_nook_keys() {
	echo 'description extends root.from root.path root.changes root.size root.switch root.hide root.show proc namespaces time.boottime time.monotonic hostname user.id user.group user.map user.groups mounts devices workdir environment environment_pass command init terminal umask network.mode network.name network.address network.mac network.publish network.allow network.refresh network.dns network.hosts network.rate network.rate_in network.rate_out network.join limits.cpus limits.cpu_weight limits.cpuset limits.memory limits.memory_high limits.swap limits.pids limits.on_pids limits.io limits.io_weight limits.wall limits.cpu_time limits.output limits.grace limits.enforce limits.on_limit rlimits capabilities seccomp landlock no_new_privileges nested_namespaces reproducible sysctls labels'
}
_nook_values() {
	case $1 in
	root.from) echo 'system host directory empty' ;;
	root.changes) echo 'discard keep refuse through' ;;
	root.switch) echo 'pivot chroot' ;;
	proc) echo 'full pids' ;;
	namespaces) echo 'user mount pid net uts ipc cgroup time' ;;
	user.map) echo 'auto single subids none' ;;
	user.groups) echo 'auto none' ;;
	init) echo 'reaper none' ;;
	terminal) echo 'auto always never' ;;
	network.mode) echo 'none host veth user join' ;;
	limits.on_pids) echo 'refuse kill' ;;
	limits.enforce) echo 'strict best-effort' ;;
	limits.on_limit) echo 'kill freeze' ;;
	seccomp) echo 'default off' ;;
	landlock) echo 'off preferred required' ;;
	no_new_privileges) echo 'true false' ;;
	nested_namespaces) echo 'true false' ;;
	reproducible) echo 'true false' ;;
	esac
}

# _nook_before - the first word behind the command that is no option and is not being typed
_nook_before() {
	local before
	for before in "${words[@]:2:${#words[@]}-3}"; do
		[[ $before == -* ]] || {
			echo "$before"
			return
		}
	done
}

# _nook_add KIND [WORDS...] - what $word can become, beside what it can become so far
_nook_add() {
	local -a so_far=("${COMPREPLY[@]}")
	_nook_complete "$word" "${prefix-}" "$@"
	COMPREPLY=("${so_far[@]}" "${COMPREPLY[@]}")
}

# _nook_complete WORD PREFIX KIND [WORDS...] - what WORD can become, with PREFIX in front
_nook_complete() {
	local word=$1 prefix=$2 kind=$3 key
	shift 3
	case $kind in
	words) mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$*" -- "$word") ;;
	command) # behind the first word of a command of two words its second one
		key=${words[*]:2:1}
		((${#words[@]} > 3)) || key=
		_nook_complete "$word" "$prefix" words "$(_nook_commands "$key")"
		;;
	field) _nook_complete "$word" "$prefix" words "$(_nook_keys)" ;;
	profile)
		if [[ $word == */* ]]; then
			_nook_complete "$word" "$prefix" file
		else
			_nook_complete "$word" "$prefix" words \
				"$("${COMP_WORDS[0]/#\~/$HOME}" profile ls --names 2>/dev/null)"
		fi
		;;
	box | into) _nook_complete "$word" "$prefix" words \
		"$("${COMP_WORDS[0]/#\~/$HOME}" ps --names 2>/dev/null)" ;;
	resting) _nook_complete "$word" "$prefix" words \
		"$("${COMP_WORDS[0]/#\~/$HOME}" ps --all --names 2>/dev/null)" ;;
	lab) _nook_complete "$word" "$prefix" words \
		"$("${COMP_WORDS[0]/#\~/$HOME}" lab list --names 2>/dev/null)" ;;
	network) _nook_complete "$word" "$prefix" words \
		"$("${COMP_WORDS[0]/#\~/$HOME}" net ls --names 2>/dev/null)" ;;
	explain) # a profile or a layer, and then a layer of that profile
		_nook_complete "$word" "$prefix" words "$*"
		[[ -n $(_nook_before) ]] || _nook_add profile
		;;
	copy) # a file, or the box in BOX:PATH
		[[ $word != *:* ]] || return
		mapfile -t COMPREPLY < <(compgen -S : -W \
			"$("${COMP_WORDS[0]/#\~/$HOME}" ps --all --names 2>/dev/null)" -- "$word")
		((!${#COMPREPLY[@]})) || compopt -o nospace 2>/dev/null
		_nook_add file
		;;
	limit) # a box, and then what to change of it
		if [[ -n $(_nook_before) ]]; then
			mapfile -t COMPREPLY < <(compgen -P "$prefix" -S = -W "$*" -- "$word")
			compopt -o nospace 2>/dev/null
		else
			_nook_complete "$word" "$prefix" box
		fi
		;;
	key)
		key=${word%%=*}
		if [[ $word == *=* ]]; then
			_nook_complete "${word#*=}" "$prefix$key=" words "$(_nook_values "${key#+}")"
			return
		fi
		[[ $word != +* ]] || prefix+=+ word=${word#+}
		mapfile -t COMPREPLY < <(compgen -P "$prefix" -S = -W "$(_nook_keys)" -- "$word")
		compopt -o nospace 2>/dev/null
		;;
	file | dir)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -P "$prefix" "-${kind:0:1}" -- "$word")
		;;
	program) mapfile -t COMPREPLY < <(compgen -c -- "$word") ;;
	esac
}

# _nook_begin - where in $words a command of the user's begins, if the one that is typed belongs to
# it: behind `--`, or behind the box of a command that needs none
_nook_begin() {
	local i last=$((${#words[@]} - 1)) boxes=0
	local -a kind
	read -ra kind <<<"$(_nook_kind "${words[1]}")"
	((${#kind[@]})) || read -ra kind <<<"$(_nook_kind "${words[1]} ${words[2]-}")"
	for ((i = 2; i <= last; i++)); do
		if ((i < last)) && [[ ${words[i]} == -- ]]; then
			# Else only options end there
			[[ " box resting copy limit lab network file dir " == *" ${kind[0]-none} "* ]] || echo $((i + 1))
			return
		fi
		[[ ${kind[0]-} == into ]] || continue
		if [[ " ${kind[*]:1} " == *" ${words[i]} "* ]]; then
			((i++))
		elif [[ ${words[i]} != -* ]] && ((boxes++)); then
			echo "$i"
			return
		fi
	done
}

# _nook_rest WORD BEGIN - a command with words of its own. COMP_WORDS has more words than $words
_nook_rest() {
	local i had='' before
	printf -v before %s "${words[@]:0:$2}"
	for ((i = 0; ${#had} < ${#before}; i++)); do
		had+=${COMP_WORDS[i]}
	done
	if declare -F _command_offset >/dev/null; then
		_command_offset "$i"
	elif ((i == COMP_CWORD)); then
		_nook_complete "$1" '' program
	else
		_nook_complete "$1" '' file
	fi
}

_nook() {
	local IFS=$' \t\n' line=${COMP_LINE:0:COMP_POINT} command second first=2 word last i breaks
	local -a words kind
	COMPREPLY=()
	# COMP_WORDS is split at = and : too
	read -ra words <<<"$line"
	[[ $line != *[[:blank:]] ]] || words+=('')
	word=${words[-1]} last=${words[-2]}
	i=$(_nook_begin)
	if [[ $i ]]; then
		_nook_rest "$word" "$i"
		return
	fi
	if ((${#words[@]} == 2)); then
		_nook_complete "$word" '' words "$(_nook_commands '')" -h --help -V --version
		return
	fi
	command=${words[1]} second=$(_nook_commands "${words[1]}")
	# A command may have a second word, and words of its own, too
	if ((${#words[@]} > 3)) && [[ " $second " == *" ${words[2]} "* ]]; then
		command+=" ${words[2]}" first=3 second=
	elif ((${#words[@]} > 3)); then
		second=
	fi
	read -ra kind <<<"$(_nook_argument "$command" "$last")"
	if ((${#kind[@]} && ${#words[@]} > first + 1)); then
		_nook_complete "$word" '' "${kind[@]}"
	elif [[ $word == --*=* ]]; then
		read -ra kind <<<"$(_nook_argument "$command" "${word%%=*}")"
		_nook_complete "${word#*=}" "${word%%=*}=" "${kind[@]:-nothing}"
	elif [[ $word == -* ]]; then
		_nook_complete "$word" '' words "$(_nook_options "$command")"
	else
		read -ra kind <<<"$(_nook_kind "$command")"
		_nook_complete "$word" '' "${kind[@]:-nothing}"
		[[ -z $second ]] || _nook_add words "$second"
	fi
	# readline puts what it is given behind the last = or :, where it breaks words there
	breaks=${COMP_WORDBREAKS//[!=:]/}
	if [[ -n $breaks && $word == *[$breaks]* ]]; then
		word=${word%"${word##*["$breaks"]}"}
		COMPREPLY=("${COMPREPLY[@]#"$word"}")
	fi
}

complete -F _nook nook
