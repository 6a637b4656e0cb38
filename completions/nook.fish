# SPDX-License-Identifier: GPL-3.0-or-later
# nook.fish - completion for fish, made by 'nook completion fish'

# The keys of a profile, then the words that one takes
function __nook_field
	printf '%s\t%s\n' \
		description 'one line that says what the profile is for' \
		extends 'profile or profiles to inherit from, left to right, later wins' \
		root.from 'what the box sees as its tree: system, host, directory or empty' \
		root.path 'the tree, for root.from directory' \
		root.changes 'what becomes of changes to the tree: discard, keep, refuse or through' \
		root.size 'size of the tmpfs behind discard and empty' \
		root.switch 'how the box gets its root: pivot or chroot' \
		root.hide 'paths masked besides the default ones' \
		root.show 'paths taken back from the masked ones' \
		proc 'what /proc shows: full, or pids only' \
		namespaces 'namespaces the box gets of its own' \
		time.boottime 'offset of CLOCK_BOOTTIME inside' \
		time.monotonic 'offset of CLOCK_MONOTONIC inside' \
		hostname 'host name inside' \
		user.id 'user inside, a number or a name' \
		user.group 'group inside, a number or a name' \
		user.map 'id map: auto, single, subids, none, or lines of inside:outside:count' \
		user.groups 'supplementary groups: auto, none, or a list' \
		mounts 'what else is mounted' \
		devices 'device nodes in /dev' \
		workdir 'directory the command starts in' \
		environment 'environment variables; null removes one' \
		environment_pass 'variables that pass from the caller besides TERM LANG LC_* TZ' \
		command 'the command and its arguments' \
		init 'what is pid 1: nook\'s reaper, or none (the command itself)' \
		terminal 'own pseudo-terminal: auto, always or never' \
		umask 'file mode creation mask' \
		network.mode 'none (only lo), host, veth, user or join' \
		network.name 'veth: the network to join' \
		network.address 'auto, or addresses in CIDR form' \
		network.mac 'auto (random, locally administered) or an address' \
		network.publish 'ports published on the host, [IP:]HOST:BOX[/udp]' \
		network.allow 'the only destinations allowed: CIDR, CIDR:port, name:port' \
		network.refresh 'how often names of network.allow are looked up again' \
		network.dns 'name servers' \
		network.hosts 'more lines of /etc/hosts, NAME:ADDRESS' \
		network.rate 'rate in both directions, such as 10mbit' \
		network.rate_in 'rate into the box' \
		network.rate_out 'rate out of the box' \
		network.join 'join: path of a network namespace, or a box' \
		limits.cpus 'CPUs, such as 1.5 or 150%' \
		limits.cpu_weight 'share of the CPU under contention, 1 to 10000' \
		limits.cpuset 'CPUs it may run on, such as 0-3,8' \
		limits.memory 'memory of all processes together' \
		limits.memory_high 'memory above which it is slowed and reclaimed' \
		limits.swap 'swap of all processes together' \
		limits.pids 'processes and threads together' \
		limits.on_pids 'at the pids limit: refuse the fork, or kill the box' \
		limits.io 'limits for block devices' \
		limits.io_weight 'share of the disk under contention, 1 to 10000' \
		limits.wall 'time the box may live' \
		limits.cpu_time 'CPU time of all processes together' \
		limits.output 'bytes of stdout and stderr together' \
		limits.grace 'time between TERM and KILL' \
		limits.enforce 'a limit that cannot be set: strict is an error, best-effort goes on and lists it' \
		limits.on_limit 'at wall, cpu_time and memory_high: kill, or freeze and wait for a person' \
		rlimits 'resource limits of each process, value or soft:hard' \
		capabilities 'capabilities kept, by name, or box-root' \
		seccomp 'default, off, or a map of allow, deny, errno, wx' \
		landlock 'second wall around files: off, preferred or required' \
		no_new_privileges 'setuid programs and file capabilities give nothing' \
		nested_namespaces 'the box may make namespaces of its own' \
		reproducible 'the same addresses, clocks since boot and variables at every run' \
		sysctls 'namespaced kernel settings' \
		labels 'your own words about the box; shown by ps and inspect'
end

function __nook_values
	switch $argv[1]
		case root.from
			printf '%s\n' system host directory empty
		case root.changes
			printf '%s\n' discard keep refuse through
		case root.switch
			printf '%s\n' pivot chroot
		case proc
			printf '%s\n' full pids
		case namespaces
			printf '%s\n' user mount pid net uts ipc cgroup time
		case user.map
			printf '%s\n' auto single subids none
		case user.groups
			printf '%s\n' auto none
		case init
			printf '%s\n' reaper none
		case terminal
			printf '%s\n' auto always never
		case network.mode
			printf '%s\n' none host veth user join
		case limits.on_pids
			printf '%s\n' refuse kill
		case limits.enforce
			printf '%s\n' strict best-effort
		case limits.on_limit
			printf '%s\n' kill freeze
		case seccomp
			printf '%s\n' default off
		case landlock
			printf '%s\n' off preferred required
		case no_new_privileges
			printf '%s\n' true false
		case nested_namespaces
			printf '%s\n' true false
		case reproducible
			printf '%s\n' true false
	end
end

# The words behind nook and before the one that is typed
function __nook_words
	set -l words (commandline -opc)
	printf '%s\n' $words[2..]
end

function __nook_behind
	contains -- -- (__nook_words)
end

# __nook_at [WORD] - these are all words so far
function __nook_at
	test "$(__nook_words)" = "$argv"
end

# __nook_in COMMAND... - one of these is typed, and not yet a command behind --
function __nook_in
	set -l words (__nook_words)
	not __nook_behind; or return
	contains -- "$words[1]" $argv; or contains -- "$words[1..2]" $argv
end

function __nook_profile
	set -l words (commandline -opc)
	$words[1] profile ls --names 2>/dev/null
	__fish_complete_suffix .yaml
end

function __nook_box
	set -l words (commandline -opc)
	$words[1] ps --names 2>/dev/null
end

function __nook_resting
	set -l words (commandline -opc)
	$words[1] ps --all --names 2>/dev/null
end

function __nook_network
	set -l words (commandline -opc)
	$words[1] net ls --names 2>/dev/null
end

function __nook_lab
	set -l words (commandline -opc)
	$words[1] lab list --names 2>/dev/null
end

# A box, and then which of these limits to change
function __nook_limit
	if test (count (__nook_words | string match -v -- '-*')) -gt 1
		printf '%s=\n' $argv
	else
		__nook_box
	end
end

function __nook_key
	set -l pair (string match -r '^(\+?)([^=]*)=' -- (commandline -ct | string replace -r '^--[a-z-]+=' ''))
	if set -q pair[1]
		__nook_values $pair[3] | string replace -r '^' $pair[1]
	else
		__nook_field | string replace \t =\t
	end
end

# A profile or a layer, and then a layer of that profile
function __nook_explain
	printf '%s\n' $argv
	test (count (__nook_words | string match -v -- '-*')) -gt 1; or __nook_profile
end

# A file, or the box in BOX:PATH
function __nook_copy
	set -l words (commandline -opc)
	string match -q '*:*' -- (commandline -ct); and return
	$words[1] ps --all --names 2>/dev/null | string replace -r '$' ':'
	__fish_complete_path (commandline -ct)
end

# Behind the first word of a command of two words its second one
function __nook_command
	set -l words (__nook_words)
	if test (count $words) -gt 1
		complete -C "nook $words[2] " | string match -rv '^-'
	else
		nook help | string match -rg '^  ([a-z][a-z ]*[a-z])  '
	end
end

function __nook_dir
	__fish_complete_directories
end

function __nook_program
	__fish_complete_command
end

# __nook_rest BEGIN - a command with words of its own begins at this one
function __nook_rest
	set -l words (__nook_words)
	complete -C "$(string escape -- $words[$argv[1]..] | string join ' ') $(commandline -ct)"
end

# A box, and then a command in it; these are the options whose argument is the next word
function __nook_into
	set -l words (__nook_words)
	set -l boxes 0
	set -l skip no
	for i in (seq 2 (count $words))
		if test $skip = yes
			set skip no
		else if contains -- $words[$i] $argv
			set skip yes
		else if not string match -q -- '-*' $words[$i]
			set boxes (math $boxes + 1)
			if test $boxes = 2
				__nook_rest $i
				return
			end
		end
	end
	if test $boxes = 1
		__nook_program
	else
		__nook_box
	end
end

complete -c nook -f
complete -c nook -n '__nook_at' -s h -l help -d 'list the commands'
complete -c nook -n '__nook_at' -s V -l version -d 'show the version'
complete -c nook -n '__nook_behind' -a '(__nook_rest (math (contains -i -- -- (__nook_words)) + 1))'
complete -c nook -n "__nook_at" -a run -d 'run a command in a fresh box; nothing stays without --keep'
complete -c nook -n "__nook_at" -a shell -d 'open a shell in a fresh box; nothing stays without --keep'
complete -c nook -n "__nook_at" -a create -d 'make a box that stays, for \'nook start\''
complete -c nook -n "__nook_at" -a start -d 'run boxes at rest in the background'
complete -c nook -n "__nook_at" -a stop -d 'end running boxes, with time to end by themselves'
complete -c nook -n "__nook_at" -a restart -d 'stop boxes and start them again'
complete -c nook -n "__nook_at" -a rename -d 'give a box at rest another name'
complete -c nook -n "__nook_at" -a rm -d 'remove boxes at rest, with all that they keep'
complete -c nook -n "__nook_at" -a logs -d 'print what a box in the background wrote'
complete -c nook -n "__nook_at" -a inspect -d 'print what is known of a box as JSON, running or at rest'
complete -c nook -n "__nook_at" -a diff -d 'show what a box has changed'
complete -c nook -n "__nook_at" -a apply -d 'make changes of a box true on the host'
complete -c nook -n "__nook_at" -a discard -d 'forget changes of a box'
complete -c nook -n "__nook_at" -a snapshot -d 'copy the changes of a box under a tag, or list such copies'
complete -c nook -n "__nook_at" -a rollback -d 'give a box the changes of a snapshot instead of its own'
complete -c nook -n "__nook_at" -a cp -d 'copy files between the host and a box'
complete -c nook -n "__nook_at" -a exec -d 'run a command in a box that runs'
complete -c nook -n "__nook_at" -a attach -d 'look on at the command of a box in the background'
complete -c nook -n "__nook_at" -a console -d 'put a box together layer by layer, and look at it'
complete -c nook -n "__nook_at" -a batch -d 'run many commands, each in a fresh box, and keep a journal'
complete -c nook -n "__nook_at batch" -a report -d 'say what the journal of a batch has in all'
complete -c nook -n "__nook_at" -a lab -d 'learn by doing, checked on the kernel: how it stands'
complete -c nook -n "__nook_at lab" -a list -d 'list the labs, and what became of them'
complete -c nook -n "__nook_at lab" -a start -d 'begin a lab: its playground, and what is to be done'
complete -c nook -n "__nook_at lab" -a check -d 'look whether it is solved, and say where that was read'
complete -c nook -n "__nook_at lab" -a hint -d 'one more hint, of three'
complete -c nook -n "__nook_at lab" -a solution -d 'show a solution; the lab is assisted from then on'
complete -c nook -n "__nook_at lab" -a answer -d 'answer a question of the lab'
complete -c nook -n "__nook_at lab" -a next -d 'end the lab, and begin the next one that is not done'
complete -c nook -n "__nook_at lab" -a skip -d 'leave a lab out, or a chapter, or the one at hand'
complete -c nook -n "__nook_at lab" -a goto -d 'end the lab, and begin that one'
complete -c nook -n "__nook_at lab" -a reset -d 'begin the lab at hand anew, with nothing left of before'
complete -c nook -n "__nook_at lab" -a stop -d 'end the lab, with its boxes, networks and $LAB'
complete -c nook -n "__nook_at lab" -a undo -d 'take back the last answer, skip or done'
complete -c nook -n "__nook_at lab" -a status -d 'which lab is at hand, what is to be done, how far one is'
complete -c nook -n "__nook_at lab" -a export -d 'print the progress: a line for each thing that was done'
complete -c nook -n "__nook_at lab" -a test -d 'prove labs: for who writes them'
complete -c nook -n "__nook_at" -a quiz -d 'ask questions about containers, machines and clouds'
complete -c nook -n "__nook_at" -a exam -d 'questions and two labs, within a time and with a score'
complete -c nook -n "__nook_at" -a ps -d 'list the boxes that run now, or all that there are'
complete -c nook -n "__nook_at" -a stats -d 'show what running boxes use: CPU, memory, processes, I/O'
complete -c nook -n "__nook_at" -a top -d 'show running boxes on the whole screen, or one\'s processes'
complete -c nook -n "__nook_at" -a view -d 'show a running box, inside and outside, or draw all boxes'
complete -c nook -n "__nook_at" -a events -d 'tell what becomes of boxes, as it happens'
complete -c nook -n "__nook_at" -a update -d 'change a box while it runs, or from its next start on'
complete -c nook -n "__nook_at" -a pause -d 'stop every process of running boxes until \'nook unpause\''
complete -c nook -n "__nook_at" -a unpause -d 'let paused boxes go on'
complete -c nook -n "__nook_at" -a kill -d 'end running boxes, or send their commands a signal'
complete -c nook -n "__nook_at" -a explain -d 'say what separates a box from this machine, layer by layer'
complete -c nook -n "__nook_at" -a export -d 'print the same box as a command line of another tool'
complete -c nook -n "__nook_at" -a net -d 'create, ls, inspect, rm, check, repair, matrix'
complete -c nook -n "__nook_at net" -a create -d 'make a network that boxes can share'
complete -c nook -n "__nook_at net" -a ls -d 'list the networks'
complete -c nook -n "__nook_at net" -a inspect -d 'show a network and the boxes on it'
complete -c nook -n "__nook_at net" -a rm -d 'remove networks that no box is on'
complete -c nook -n "__nook_at net" -a check -d 'say what keeps networks from working here'
complete -c nook -n "__nook_at net" -a repair -d 'put right what \'nook net check\' finds and nook can mend'
complete -c nook -n "__nook_at net" -a matrix -d 'try which boxes reach which, and say why not'
complete -c nook -n "__nook_at" -a profile -d 'ls, show, check, diff, new'
complete -c nook -n "__nook_at profile" -a ls -d 'list the profiles that can be named'
complete -c nook -n "__nook_at profile" -a show -d 'print a profile with all that it inherits'
complete -c nook -n "__nook_at profile" -a check -d 'say what is wrong with profiles'
complete -c nook -n "__nook_at profile" -a diff -d 'compare two profiles key by key'
complete -c nook -n "__nook_at profile" -a new -d 'write a starting profile with every key explained'
complete -c nook -n "__nook_at" -a doctor -d 'say what this machine allows, and how to get what it refuses'
complete -c nook -n "__nook_at" -a detect -d 'say what this machine runs on and what this process runs in'
complete -c nook -n "__nook_at" -a compare -d 'a program behind ever more layers: its cost, what it reaches'
complete -c nook -n "__nook_at" -a tree -d 'make'
complete -c nook -n "__nook_at tree" -a make -d 'make a small root: busybox, or programs of this system'
complete -c nook -n "__nook_at" -a gc -d 'clear away what killed boxes left; every run does so a little'
complete -c nook -n "__nook_at" -a completion -d 'print the completion script for bash, zsh or fish'
complete -c nook -n "__nook_at" -a version -d 'show the version'
complete -c nook -n "__nook_at" -a help -d 'list the commands, or explain one'
complete -c nook -n "__nook_in run" -a '(__nook_profile)'
complete -c nook -n "__nook_in shell" -a '(__nook_profile)'
complete -c nook -n "__nook_in create" -a '(__nook_profile)'
complete -c nook -n "__nook_in start" -a '(__nook_resting)'
complete -c nook -n "__nook_in stop" -a '(__nook_box)'
complete -c nook -n "__nook_in restart" -a '(__nook_resting)'
complete -c nook -n "__nook_in rename" -a '(__nook_resting)'
complete -c nook -n "__nook_in rm" -a '(__nook_resting)'
complete -c nook -n "__nook_in logs" -a '(__nook_resting)'
complete -c nook -n "__nook_in inspect" -a '(__nook_resting)'
complete -c nook -n "__nook_in diff" -a '(__nook_resting)'
complete -c nook -n "__nook_in apply" -a '(__nook_resting)'
complete -c nook -n "__nook_in discard" -a '(__nook_resting)'
complete -c nook -n "__nook_in snapshot" -a '(__nook_resting)'
complete -c nook -n "__nook_in rollback" -a '(__nook_resting)'
complete -c nook -n "__nook_in cp" -a '(__nook_copy)'
complete -c nook -n "__nook_in exec" -a '(__nook_into -e --env -w --workdir -u --user)'
complete -c nook -n "__nook_in attach" -a '(__nook_box)'
complete -c nook -n "__nook_in console" -F
complete -c nook -n "__nook_in batch" -F
complete -c nook -n "__nook_in 'batch report'" -F
complete -c nook -n "__nook_in 'lab start'" -a '(__nook_lab)'
complete -c nook -n "__nook_in 'lab skip'" -a '(__nook_lab)'
complete -c nook -n "__nook_in 'lab goto'" -a '(__nook_lab)'
complete -c nook -n "__nook_in 'lab test'" -a '(__nook_lab)'
complete -c nook -n "__nook_in ps" -a '(__nook_box)'
complete -c nook -n "__nook_in stats" -a '(__nook_box)'
complete -c nook -n "__nook_in top" -a '(__nook_box)'
complete -c nook -n "__nook_in view" -a '(__nook_box)'
complete -c nook -n "__nook_in events" -a '(__nook_box)'
complete -c nook -n "__nook_in update" -a '(__nook_limit wall cpu_time output grace on_limit memory memory_high swap pids cpus cpu_weight cpuset io_weight +mounts -mounts +publish -publish network rate rate_in rate_out)'
complete -c nook -n "__nook_in pause" -a '(__nook_box)'
complete -c nook -n "__nook_in unpause" -a '(__nook_box)'
complete -c nook -n "__nook_in kill" -a '(__nook_box)'
complete -c nook -n "__nook_in explain" -a '(__nook_explain keeper user cgroup pid uts ipc time net root mount rlimit session caps env landlock seccomp)'
complete -c nook -n "__nook_in export" -a '(__nook_profile)'
complete -c nook -n "__nook_in 'net inspect'" -a '(__nook_network)'
complete -c nook -n "__nook_in 'net rm'" -a '(__nook_network)'
complete -c nook -n "__nook_in 'net check'" -a '(__nook_network)'
complete -c nook -n "__nook_in 'net repair'" -a '(__nook_network)'
complete -c nook -n "__nook_in 'net matrix'" -a '(__nook_network)'
complete -c nook -n "__nook_in 'profile show'" -a '(__nook_profile)'
complete -c nook -n "__nook_in 'profile check'" -a '(__nook_profile)'
complete -c nook -n "__nook_in 'profile diff'" -a '(__nook_profile)'
complete -c nook -n "__nook_in 'tree make'" -a '(__nook_dir)'
complete -c nook -n "__nook_in completion" -a 'bash zsh fish'
complete -c nook -n "__nook_in help" -a '(__nook_command)'
complete -c nook -n "__nook_in run shell" -l set -x -a '(__nook_key)' -d 'set any profile key; +KEY=VALUE appends, -KEY=VALUE takes away'
complete -c nook -n "__nook_in run shell" -s m -l memory -x -d 'limit the memory of all processes together'
complete -c nook -n "__nook_in run shell" -l cpus -x -d 'limit the CPUs: 1.5, 150%'
complete -c nook -n "__nook_in run shell" -l pids-limit -x -d 'limit processes and threads'
complete -c nook -n "__nook_in run shell" -s v -l volume -r -F -d 'bind a host path, read-only unless OPT is rw; \'.\' is the current directory'
complete -c nook -n "__nook_in run shell" -l mount -x -d 'a bind or tmpfs: type=bind,src=SRC,dst=DST[,ro] or type=tmpfs,dst=DST[,tmpfs-size=SIZE]'
complete -c nook -n "__nook_in run shell" -l tmpfs -x -d 'a fresh tmpfs; OPT size=, mode='
complete -c nook -n "__nook_in run shell" -s e -l env -x -d 'set a variable, or pass the caller\'s'
complete -c nook -n "__nook_in run shell" -s w -l workdir -x -d 'directory the command starts in'
complete -c nook -n "__nook_in run shell" -s u -l user -x -d 'user and group inside'
complete -c nook -n "__nook_in run shell" -l userns -x -a 'auto single subids' -d 'id map: auto, single, subids'
complete -c nook -n "__nook_in run shell" -l hostname -x -d 'host name inside'
complete -c nook -n "__nook_in run shell" -l network -x -a 'none host veth user ns: container:' -d 'none (only lo), host, veth, user, a network\'s name, ns:PATH, container:BOX'
complete -c nook -n "__nook_in run shell" -l cap-add -x -d 'keep a capability'
complete -c nook -n "__nook_in run shell" -l read-only -d 'refuse changes to the box\'s tree'
complete -c nook -n "__nook_in run shell" -l timeout -x -d 'end the box after this time: 10s, 2m30s'
complete -c nook -n "__nook_in run shell" -l init -x -a 'reaper none' -d 'what is pid 1: reaper, or none (the command)'
complete -c nook -n "__nook_in run shell" -l ulimit -x -d 'set a resource limit, such as nofile=64'
complete -c nook -n "__nook_in run shell" -l label -x -d 'your own words'
complete -c nook -n "__nook_in run shell" -s p -l publish -x -d 'publish a port of a box with a link of its own'
complete -c nook -n "__nook_in run shell" -s t -l tty -d 'a terminal of its own even where stdin is none'
complete -c nook -n "__nook_in run shell" -l name -x -d 'name of the box'
complete -c nook -n "__nook_in run shell" -s d -l detach -d 'go on in the background: \'nook logs\', \'nook stop\' (needs --name)'
complete -c nook -n "__nook_in run shell" -l keep -d 'the box stays afterwards, and the next run of that name is of it'
complete -c nook -n "__nook_in run shell" -l log-size -x -d 'size of each of the two files of the log (default 10M)'
complete -c nook -n "__nook_in run shell" -s i -l interactive -d 'stdin stays open (it always does)'
complete -c nook -n "__nook_in run shell" -l rm -d 'nothing stays, of a box in the background either'
complete -c nook -n "__nook_in run shell" -l preserve-fds -x -d 'the command also gets descriptors 3 to 2+N'
complete -c nook -n "__nook_in run shell" -l result -r -F -d 'write how it ended as JSON; - is stdout'
complete -c nook -n "__nook_in run shell" -l dry-run -d 'print the plan and do nothing'
complete -c nook -n "__nook_in run shell" -l review -d 'show afterwards what was changed, and ask whether to apply it'
complete -c nook -n "__nook_in run shell" -l yes -d '--review: apply it all where the command succeeded'
complete -c nook -n "__nook_in run shell" -l no -d '--review: show it and apply nothing'
complete -c nook -n "__nook_in create" -l set -x -a '(__nook_key)' -d 'set any profile key; +KEY=VALUE appends, -KEY=VALUE takes away'
complete -c nook -n "__nook_in create" -s m -l memory -x -d 'limit the memory of all processes together'
complete -c nook -n "__nook_in create" -l cpus -x -d 'limit the CPUs: 1.5, 150%'
complete -c nook -n "__nook_in create" -l pids-limit -x -d 'limit processes and threads'
complete -c nook -n "__nook_in create" -s v -l volume -r -F -d 'bind a host path, read-only unless OPT is rw; \'.\' is the current directory'
complete -c nook -n "__nook_in create" -l mount -x -d 'a bind or tmpfs: type=bind,src=SRC,dst=DST[,ro] or type=tmpfs,dst=DST[,tmpfs-size=SIZE]'
complete -c nook -n "__nook_in create" -l tmpfs -x -d 'a fresh tmpfs; OPT size=, mode='
complete -c nook -n "__nook_in create" -s e -l env -x -d 'set a variable, or pass the caller\'s'
complete -c nook -n "__nook_in create" -s w -l workdir -x -d 'directory the command starts in'
complete -c nook -n "__nook_in create" -s u -l user -x -d 'user and group inside'
complete -c nook -n "__nook_in create" -l userns -x -a 'auto single subids' -d 'id map: auto, single, subids'
complete -c nook -n "__nook_in create" -l hostname -x -d 'host name inside'
complete -c nook -n "__nook_in create" -l network -x -a 'none host veth user ns: container:' -d 'none (only lo), host, veth, user, a network\'s name, ns:PATH, container:BOX'
complete -c nook -n "__nook_in create" -l cap-add -x -d 'keep a capability'
complete -c nook -n "__nook_in create" -l read-only -d 'refuse changes to the box\'s tree'
complete -c nook -n "__nook_in create" -l timeout -x -d 'end the box after this time: 10s, 2m30s'
complete -c nook -n "__nook_in create" -l init -x -a 'reaper none' -d 'what is pid 1: reaper, or none (the command)'
complete -c nook -n "__nook_in create" -l ulimit -x -d 'set a resource limit, such as nofile=64'
complete -c nook -n "__nook_in create" -l label -x -d 'your own words'
complete -c nook -n "__nook_in create" -s p -l publish -x -d 'publish a port of a box with a link of its own'
complete -c nook -n "__nook_in create" -s t -l tty -d 'a terminal of its own even where stdin is none'
complete -c nook -n "__nook_in create" -l log-size -x -d 'size of each of the two files of the log (default 10M)'
complete -c nook -n "__nook_in start" -s a -l attach -d 'show what it writes, until it ends, and end with its exit code'
complete -c nook -n "__nook_in stop" -s t -l time -x -d 'time between TERM and KILL; 0 kills at once (default: the profile\'s limits.grace)'
complete -c nook -n "__nook_in restart" -s t -l time -x -d 'time between TERM and KILL; 0 kills at once (default: the profile\'s limits.grace)'
complete -c nook -n "__nook_in rm" -s f -l force -d 'kill it first where it runs; a box that is not there is no error'
complete -c nook -n "__nook_in logs" -s f -l follow -d 'go on with what is written until the box ends'
complete -c nook -n "__nook_in logs" -s n -l tail -x -d 'only the last N lines'
complete -c nook -n "__nook_in logs" -l since -x -d 'only from then on: 2026-11-21T15:36:08Z, or 10m for ten minutes ago'
complete -c nook -n "__nook_in logs" -s t -l timestamps -d 'when each line was written, in front of it'
complete -c nook -n "__nook_in logs" -l raw -d 'every byte as it is, to a terminal too'
complete -c nook -n "__nook_in diff" -l stat -d 'only how many there are'
complete -c nook -n "__nook_in diff" -l text -d 'differences of text files, by diff(1)'
complete -c nook -n "__nook_in diff" -l json -d 'as JSON'
complete -c nook -n "__nook_in apply" -s y -l yes -d 'also what gives rights to who uses it: setuid, devices, capabilities'
complete -c nook -n "__nook_in apply" -s f -l force -d 'also over what changed on the host since the box began'
complete -c nook -n "__nook_in snapshot" -l remove -d 'remove the snapshot instead of making it'
complete -c nook -n "__nook_in cp" -s a -l archive -d 'owners, setuid bits and file capabilities too'
complete -c nook -n "__nook_in exec" -s e -l env -x -d 'set a variable, or pass the caller\'s'
complete -c nook -n "__nook_in exec" -s w -l workdir -x -d 'directory inside that the command starts in'
complete -c nook -n "__nook_in exec" -s u -l user -x -d 'user and group inside, of those that the box has'
complete -c nook -n "__nook_in exec" -s d -l detach -d 'do not wait for its end; its 0 to 2 are /dev/null'
complete -c nook -n "__nook_in exec" -s t -l tty -d 'a terminal of its own even where stdin is none'
complete -c nook -n "__nook_in exec" -s i -l interactive -d 'stdin stays open (it always does)'
complete -c nook -n "__nook_in attach" -l detach-keys -x -d 'what to type to leave, ctrl-p,ctrl-q unless given'
complete -c nook -n "__nook_in console" -s c -l command -x -d 'do these words, with \';\' between, and end'
complete -c nook -n "__nook_in batch" -l init -d 'print a job file to begin with, and run nothing'
complete -c nook -n "__nook_in batch" -l check -d 'check FILE and print every job that comes of it, and run nothing'
complete -c nook -n "__nook_in batch" -s j -l jobs -x -d 'boxes at a time, or auto: as many as limits.memory and limits.cpus let fit; default: the CPUs that this process may use'
complete -c nook -n "__nook_in batch" -l total-memory -x -d 'what jobs that run at a time may have of limits.memory together; default with -j auto: what this machine or cgroup has'
complete -c nook -n "__nook_in batch" -l total-cpus -x -d 'the same of limits.cpus, where a job without has one'
complete -c nook -n "__nook_in batch" -l journal -r -F -d 'where it is written down how each job ended; default: FILE.journal'
complete -c nook -n "__nook_in batch" -l resume -d 'go on with the batch of that journal: what is done stays done'
complete -c nook -n "__nook_in batch" -l resume-failed -d 'the same, but jobs that did not pass run again, as the file has them now'
complete -c nook -n "__nook_in batch" -l mix -d 'with --resume: other options than the journal was begun with are meant'
complete -c nook -n "__nook_in batch" -s o -l output -x -a '(__nook_dir)' -d 'keep stdout and stderr of each job in DIR/ID'
complete -c nook -n "__nook_in batch" -l set -x -a '(__nook_key)' -d 'set a profile key for all jobs; +KEY=VALUE appends to a list'
complete -c nook -n "__nook_in batch" -l repeat -x -d 'run every job N times and compare: times, ends, what they wrote'
complete -c nook -n "__nook_in batch" -l fail-fast -d 'end the batch with the first job that fails'
complete -c nook -n "__nook_in batch" -l timeout -x -d 'end the batch after this time: 90s, 2h30m'
complete -c nook -n "__nook_in batch" -l pin -d 'start the jobs of each slot on a CPU of its own, by its affinity'
complete -c nook -n "__nook_in batch" -l reproducible -d 'let nothing differ from run to run that nook can fix: no swap, a CPU for each job, \'reproducible\' of nook-profile(5)'
complete -c nook -n "__nook_in 'batch report'" -l all -d 'list every job that failed, not only the first 20'
complete -c nook -n "__nook_in 'batch report'" -l json -d 'print JSON'
complete -c nook -n "__nook_in 'batch report'" -l junit -d 'print XML as JUnit has it, which CI systems read'
complete -c nook -n "__nook_in 'batch report'" -l svg -d 'print a picture of slots, causes and memory over time'
complete -c nook -n "__nook_in lab 'lab list'" -l from -x -a '(__nook_dir)' -d 'labs of this directory too, in front of the others'
complete -c nook -n "__nook_in lab 'lab list'" -l names -d 'print only their ids, one on each line'
complete -c nook -n "__nook_in lab 'lab list'" -l json -d 'print JSON'
complete -c nook -n "__nook_in lab 'lab list'" -s o -l output -x -a 'LAB CHAPTER TITLE MIN LEVEL STATE TRIES TIME OBJECTIVES NEEDS MISSING FILE NOW' -d 'the columns to print; +COLUMN,... adds to the usual ones'
complete -c nook -n "__nook_in lab 'lab list'" -l no-headings -d 'print no headings'
complete -c nook -n "__nook_in 'lab start' 'lab next' 'lab goto' 'lab test'" -l from -x -a '(__nook_dir)' -d 'labs of this directory too, in front of the others'
complete -c nook -n "__nook_in 'lab check' 'lab status'" -l json -d 'print JSON'
complete -c nook -n "__nook_in 'lab solution'" -l nook -d 'only that by nook, as it is typed'
complete -c nook -n "__nook_in 'lab solution'" -l raw -d 'only that by hand, as it is typed'
complete -c nook -n "__nook_in 'lab skip'" -l from -x -a '(__nook_dir)' -d 'labs of this directory too, in front of the others'
complete -c nook -n "__nook_in 'lab skip'" -l done -d 'say that it was done, though nothing was checked'
complete -c nook -n "__nook_in quiz" -s n -l count -x -d 'ask at most so many; default: 10, of an exam 20'
complete -c nook -n "__nook_in quiz" -l objective -x -a 'K1 K2 K3 K4 K5 K6 L+ C' -d 'only questions about these, with \',\' between'
complete -c nook -n "__nook_in quiz" -l chapter -x -a 'chroot namespaces cgroups networks images' -d 'only questions that belong to this chapter of the labs'
complete -c nook -n "__nook_in quiz" -l all -d 'ask also what is known, or is not due yet'
complete -c nook -n "__nook_in quiz" -l exam -d 'answers and score only at the end, within a time; questions are drawn by the weight of their objectives'
complete -c nook -n "__nook_in quiz" -l time -x -d 'time of an exam; default: 90s for each question'
complete -c nook -n "__nook_in quiz" -l placement -x -a 'chroot namespaces cgroups networks images' -d 'all questions of a chapter, as an exam that wants all of them right'
complete -c nook -n "__nook_in quiz" -l list -d 'list the questions and when they are due; ask none'
complete -c nook -n "__nook_in quiz" -l json -d 'print the result as JSON; what is asked goes to stderr'
complete -c nook -n "__nook_in quiz" -l from -r -F -d 'questions of one\'s own (nook-quiz(5))'
complete -c nook -n "__nook_in quiz" -l day -x -d 'as if today were this day, such as 2026-11-30'
complete -c nook -n "__nook_in quiz" -l seed -x -d 'the same questions in the same order for the same number'
complete -c nook -n "__nook_in exam" -s n -l count -x -d 'ask so many questions; default: 10'
complete -c nook -n "__nook_in exam" -l time -x -d 'time of all; default: 90s for each question, and for each lab the minutes that it says'
complete -c nook -n "__nook_in exam" -l json -d 'print the result as JSON; what is asked goes to stderr'
complete -c nook -n "__nook_in exam" -l from -r -F -d 'questions of one\'s own (nook-quiz(5))'
complete -c nook -n "__nook_in exam" -l seed -x -d 'the same questions and labs for the same number'
complete -c nook -n "__nook_in ps" -l json -d 'print JSON'
complete -c nook -n "__nook_in ps" -s o -l output -x -a 'ID NAME PROFILE STATUS STARTED UPTIME KEEPER INIT EXIT CAUSE LABELS COMMAND' -d 'the columns to print; +COLUMN,... adds to the usual ones'
complete -c nook -n "__nook_in ps" -l no-headings -d 'print no headings'
complete -c nook -n "__nook_in ps" -s a -l all -d 'those at rest, too'
complete -c nook -n "__nook_in ps" -s f -l filter -x -d 'only these: name=, status=, profile=, network=, label=NAME[=VALUE]; of one key any, of several keys all'
complete -c nook -n "__nook_in ps" -l names -d 'print names and ids only, one a line'
complete -c nook -n "__nook_in stats" -s w -l watch -d 'again and again: on a terminal the whole screen, q leaves it'
complete -c nook -n "__nook_in stats" -s i -l interval -x -d 'what rates are over, and how often --watch looks: 1s; 0 = since the start'
complete -c nook -n "__nook_in stats" -l json -d 'print JSON'
complete -c nook -n "__nook_in stats" -s o -l output -x -a 'ID NAME STATUS CPU% TIME USER SYSTEM THROTTLED MEMORY PEAK LIMIT MEM% SWAP OOM PIDS PIDSPEAK PIDSMAX REFUSED READ WRITE RX TX READ/S WRITE/S PSI-CPU PSI-MEM PSI-IO METERED PROFILE COMMAND' -d 'the columns to print; +COLUMN,... adds to the usual ones'
complete -c nook -n "__nook_in stats" -l no-headings -d 'print no headings'
complete -c nook -n "__nook_in top" -s w -l watch -d 'the processes of a box on the whole screen; q leaves it'
complete -c nook -n "__nook_in top" -s i -l interval -x -d 'how often to look: 1s, 500ms'
complete -c nook -n "__nook_in top" -l json -d 'print JSON'
complete -c nook -n "__nook_in top" -s o -l output -x -a 'ID NAME STATUS CPU% TIME USER SYSTEM THROTTLED MEMORY PEAK LIMIT MEM% SWAP OOM PIDS PIDSPEAK PIDSMAX REFUSED READ WRITE RX TX READ/S WRITE/S PSI-CPU PSI-MEM PSI-IO METERED PROFILE COMMAND' -d 'the columns to print; +COLUMN,... adds to the usual ones'
complete -c nook -n "__nook_in top" -l no-headings -d 'print no headings'
complete -c nook -n "__nook_in view" -l tree -d 'draw this machine, its networks and all boxes'
complete -c nook -n "__nook_in view" -l json -d 'print JSON'
complete -c nook -n "__nook_in events" -l json -d 'print JSON, one object a line, on a terminal too'
complete -c nook -n "__nook_in events" -s a -l all -d 'first a line for each box that there is: \'exists\''
complete -c nook -n "__nook_in events" -s f -l filter -x -d 'only these: event=NAME, label=NAME[=VALUE]; of one key any, of several keys all'
complete -c nook -n "__nook_in pause unpause" -s a -l all -d 'every box that runs'
complete -c nook -n "__nook_in kill" -s s -l signal -x -a 'KILL TERM INT HUP QUIT USR1 USR2 STOP CONT' -d 'send this signal to the command: TERM, 15, RTMIN+1'
complete -c nook -n "__nook_in kill" -s a -l all -d 'every box that runs'
complete -c nook -n "__nook_in explain" -l pid -x -d 'describe process N as seen from here'
complete -c nook -n "__nook_in explain" -l script -d 'print a shell script that builds the same box'
complete -c nook -n "__nook_in explain" -l json -d 'as one JSON object'
complete -c nook -n "__nook_in explain" -l set -x -a '(__nook_key)' -d 'set any profile key; +KEY=VALUE appends, -KEY=VALUE takes away'
complete -c nook -n "__nook_in export" -l as -x -a 'unshare bwrap podman systemd-run' -d 'the tool: unshare (a script), bwrap, podman or systemd-run'
complete -c nook -n "__nook_in export" -l set -x -a '(__nook_key)' -d 'set any profile key; +KEY=VALUE appends, -KEY=VALUE takes away'
complete -c nook -n "__nook_in 'net create'" -l no-nat -d 'its boxes reach each other and not the world'
complete -c nook -n "__nook_in 'net create'" -l isolated -d 'its boxes reach the world and not each other'
complete -c nook -n "__nook_in 'net create'" -l gateway -x -d 'the router\'s address, else the first of the subnet'
complete -c nook -n "__nook_in 'net create'" -l mtu -x -d 'of its links, 1280 to 65535'
complete -c nook -n "__nook_in 'net create'" -l ipv6 -d 'an IPv6 subnet too, where none is given'
complete -c nook -n "__nook_in 'net ls'" -l names -d 'print only the names, one on each line'
complete -c nook -n "__nook_in 'net ls'" -l json -d 'print JSON'
complete -c nook -n "__nook_in 'net ls'" -s o -l output -x -a 'NAME SUBNET GATEWAY NAT ISOLATED MTU BOXES' -d 'the columns to print; +COLUMN,... adds to the usual ones'
complete -c nook -n "__nook_in 'net ls'" -l no-headings -d 'print no headings'
complete -c nook -n "__nook_in 'net inspect'" -l draw -d 'draw the router, the links and the boxes'
complete -c nook -n "__nook_in 'net inspect'" -l dot -d 'the same for graphviz: nook net inspect --dot NAME | dot -Tsvg'
complete -c nook -n "__nook_in 'net inspect'" -l json -d 'print JSON'
complete -c nook -n "__nook_in 'net inspect'" -s o -l output -x -a 'BOX NAME ADDRESS ADDRESS6 MAC LINK PUBLISH' -d 'the columns to print; +COLUMN,... adds to the usual ones'
complete -c nook -n "__nook_in 'net inspect'" -l no-headings -d 'print no headings'
complete -c nook -n "__nook_in 'net rm'" -s f -l force -d 'also one whose files are damaged; never one that a box is on'
complete -c nook -n "__nook_in 'net check'" -l from -x -a '(__nook_box)' -d 'try whether this box reaches HOST:PORT, by TCP'
complete -c nook -n "__nook_in 'net matrix'" -l json -d 'print JSON'
complete -c nook -n "__nook_in 'profile ls'" -l json -d 'print one JSON object'
complete -c nook -n "__nook_in 'profile ls'" -l names -d 'print only the names, one on each line'
complete -c nook -n "__nook_in 'profile show'" -l origin -d 'say behind each value which file and line set it'
complete -c nook -n "__nook_in 'profile show'" -l all -d 'list what is not set too, as comments with its default'
complete -c nook -n "__nook_in 'profile show'" -l set -x -a '(__nook_key)' -d 'set any profile key; +KEY=VALUE appends, -KEY=VALUE takes away'
complete -c nook -n "__nook_in 'profile new'" -l from -x -a '(__nook_profile)' -d 'extend this one instead of base'
complete -c nook -n "__nook_in 'profile new'" -l path -r -F -d 'write this file, not one in your own profiles'
complete -c nook -n "__nook_in doctor" -l json -d 'print one JSON object'
complete -c nook -n "__nook_in detect" -l json -d 'print one JSON object'
complete -c nook -n "__nook_in detect" -l value -x -d 'print one value and nothing else: machine, container, cloud, signature, flags, drivers or virtio'
complete -c nook -n "__nook_in detect" -l result -r -F -d 'write it there; - is stdout'
complete -c nook -n "__nook_in detect" -s v -l all -d 'also what was looked for and says nothing'
complete -c nook -n "__nook_in detect" -l root -x -a '(__nook_dir)' -d 'look at the files below this directory, not at this machine'
complete -c nook -n "__nook_in detect" -l probe-kvm -d 'try /dev/kvm with a guest of three instructions'
complete -c nook -n "__nook_in compare" -s n -l count -x -d 'how often each rung is timed (default 20)'
complete -c nook -n "__nook_in compare" -l rungs -x -a 'process chroot user mount pid net uts ipc cgroup time caps landlock seccomp limits full' -d 'only these; each still has all layers before it'
complete -c nook -n "__nook_in compare" -l json -d 'print one JSON object'
complete -c nook -n "__nook_in compare" -l svg -r -F -d 'draw it, too'
complete -c nook -n "__nook_in 'tree make'" -l with -x -a '(__nook_program)' -d 'copy this program and all it needs (may be repeated)'
complete -c nook -n "__nook_in 'tree make'" -l force -d 'into a directory that is not empty'
complete -c nook -n "not __nook_behind" -s h -l help -d 'show this help'
complete -c nook -n "not __nook_behind" -s q -l quiet -d 'say nothing but errors'
complete -c nook -n "not __nook_behind" -l verbose -d 'say more: notes about the box'
