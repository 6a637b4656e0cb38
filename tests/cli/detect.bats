# SPDX-License-Identifier: GPL-3.0-or-later
# detect.bats - `nook detect`: what the machine and the process are, from clues
#
# tests/detect/fixtures has a file for each machine, tests/detect/plant.pl makes them trees.
# as: root user subids
# fresh: no
load helper

setup_file() {
	local name
	perl "$TOP/tests/detect/plant.pl" "$BATS_FILE_TMPDIR" "$TOP"/tests/detect/fixtures/*
	for name in "$BATS_FILE_TMPDIR"/*; do
		"$NOOK" detect --json --root "$name" >"$name.json"
	done
}

# tree NAME - where the tree of a fixture is
tree() { echo "$BATS_FILE_TMPDIR/$1"; }
# ask NAME FILTER - what jq says of the JSON about a fixture
ask() { jq -r "$2" "$(tree "$1").json"; }
# verdicts - machine, the program around it, how strong; container and how strong; cloud
verdicts='[.machine.verdict, .machine.by // "-", .machine.strength // "-",
	.container.verdict, .container.strength // "-", .cloud.verdict] | join(" ")'

@test "the verdicts of every fixture" {
	while read -r name wanted; do
		got=$(ask "$name" "$verdicts")
		[ "$got" = "$wanted" ] || echo "$name: $got, wanted $wanted" >>bad
		echo "$name" >>known
	done <<-'END'
		kvm                     kvm qemu strong none strong none
		qemu-tcg                qemu - strong none strong none
		vmware                  vmware - strong none strong none
		virtualbox              virtualbox - medium none strong none
		xen-domu                xen - strong none strong none
		xen-dom0                xen-dom0 - strong none strong none
		hyper-v                 hyper-v - strong none strong none
		firecracker             kvm firecracker strong none strong none
		uml                     uml - strong none strong none
		arm-kvm                 kvm - strong none strong none
		metal                   none - medium none strong none
		azure                   hyper-v - strong none strong azure
		ec2-metal               none - medium none strong ec2
		ec2-nitro               kvm - strong none strong ec2
		ec2-xen                 xen - strong none strong ec2
		gce                     kvm - strong none strong gce
		wsl                     hyper-v - strong wsl medium none
		docker                  kvm qemu strong docker medium none
		podman                  kvm qemu strong podman medium none
		lxc                     kvm qemu strong lxc medium none
		nspawn                  kvm qemu strong systemd-nspawn medium none
		nook                    kvm qemu strong nook medium none
		nook-hidden             kvm qemu strong nook weak none
		trap-left-over          kvm qemu strong none strong none
		trap-only-marker        unknown - - unknown - none
		trap-marker-in-a-box    kvm qemu strong container strong none
		trap-hyperv-face        kvm qemu strong none strong none
		trap-hyperv-alone       vm - strong none strong none
		trap-bit-hidden         qemu - medium none strong none
		trap-garbage-leaf       none - medium none strong none
		trap-unknown-signature  vm - strong none strong none
		trap-oracle-server      none - medium none strong none
		trap-virtio-hardware    unknown - - none strong none
		nothing                 unknown - - unknown - none
	END
	cat bad 2>/dev/null || true
	refute [ -e bad ]
	assert_equal "$(sort known)" "$(cd "$BATS_FILE_TMPDIR" && printf '%s\n' *.json | sed 's/[.]json$//' | sort)"
}

@test "no file alone makes a verdict, whichever marker it is" {
	while read -r path text; do
		rm -rf alone
		mkdir -p "alone/$(dirname "$path")"
		printf '%s\n' "$text" >"alone/$path"
		nook_run detect --json --root alone
		assert_equal "$path $(jq -r '.machine.verdict + " " + .container.verdict' <<<"$output")" \
			"$path unknown unknown"
		assert_equal "$path $(jq '[.clues[] | select(.strength == "weak")] | length' <<<"$output")" "$path 1"
	done <<-'END'
		.dockerenv
		run/.containerenv
		run/host/container-manager lxc
		run/systemd/container podman
		run/WSL/x
		proc/sys/fs/binfmt_misc/WSLInterop enabled
		var/run/secrets/kubernetes.io/x
	END
}

@test "a left-over marker is named, and why it is not enough" {
	nook_run detect --root "$(tree trap-left-over)"
	assert_status 0
	assert_line 'container    no container (strong)'
	assert_line '             because of: namespaces'
	assert_line '             not enough: weak, marker /.dockerenv (Docker)'
}

@test "devices are those that are bound; a registered driver says nothing" {
	assert_equal "$(ask firecracker '.devices[] | select(.device) | "\(.id) \(.what): \(.driver)"')" \
		"0x0005 balloon: virtio_balloon
0x0002 disk: virtio_blk
0x0001 network: virtio_net
0x0013 sockets to the host: vmw_vsock_virtio_transport
0x0004 random numbers: null"
	assert_equal "$(ask firecracker '[.devices[] | select(.device == null) | .driver] | join(" ")')" \
		"virtio_console virtio_mem virtio_rng"
	# hv_netvsc and virtio_net are built into this one, and it is a bare machine
	assert_equal "$(ask metal '[.devices[] | .driver] | join(" ")')" "virtio_net hv_netvsc"
	nook_run detect -v --root "$(tree metal)"
	assert_line 'registered without a device, so they say nothing: virtio_net, hv_netvsc'
	nook_run detect --root "$(tree metal)"
	refute_match hv_netvsc
}

@test "devices by bus: PCI, vmbus, Xen" {
	devices='.devices[] | "\(.bus) \(.what): \(.driver)"'
	assert_equal "$(ask vmware "$devices")" "pci sockets to the host: vmw_vmci
pci display: vmwgfx
pci SCSI disks: vmw_pvscsi
pci network: vmxnet3"
	assert_equal "$(ask hyper-v "$devices")" "vmbus network: hv_netvsc
vmbus SCSI disks: hv_storvsc
vmbus balloon: hv_balloon
vmbus heartbeat: hv_utils"
	assert_equal "$(ask xen-domu "$devices")" "xen disk: vbd
xen network: vif
xen keyboard: vkbd
pci Xen's platform: xen-platform-pci"
}

@test "flags, nesting and the module, and that they can be unknown" {
	cpu='[.cpu.vmx, .cpu.svm, .cpu.lm, .cpu.hypervisor, .kvm.device, .kvm.module, .kvm.nested] | join(" ")'
	cpu=${cpu/'] |'/'] | map(tostring) |'}
	assert_equal "$(ask metal "$cpu")" "true false true false true kvm_intel false"
	assert_equal "$(ask ec2-metal "$cpu")" "true false true false true kvm_intel true"
	assert_equal "$(ask qemu-tcg "$cpu")" "false true true true false null null"
	assert_equal "$(ask arm-kvm "$cpu")" "null null null null false null null"
	nook_run detect --root "$(tree trap-bit-hidden)"
	assert_line 'nesting      no vmx or svm is shown in here'
	nook_run detect --root "$(tree metal)"
	assert_line 'nesting      guests may have none'
	assert_line '/dev/kvm     there, not tried; --probe-kvm does (kvm_intel)'
}

@test "each clue has its source, and a strength where it says something" {
	for json in "$BATS_FILE_TMPDIR"/*.json; do
		jq '.clues[] | select((.source | length) == 0 or (.reading == null) or
			((.product == null) != (.strength == null)))' "$json" >odd
		assert_equal "$json: $(cat odd)" "$json: "
	done
}

@test "nook(1) has every member of the JSON, and no other" {
	jq -r 'paths | map(strings) | last // empty' "$BATS_FILE_TMPDIR"/*.json | sort -u >are
	sed -n '/^\.SH DETECTION/,/^\.SH RUNNING/{/nook detect\|probe/d; /^\.B/p}' "$TOP/man/nook.1.in" |
		sed 's/^\.B[R]*//' | grep -oE '[a-z_]+' | sort -u >told
	diff are told
	assert [ "$(wc -l <are)" -gt 20 ]
}

@test "--value is one word or line, --result a file" {
	for name in machine container cloud; do
		nook_run detect --root "$(tree vmware)" --value "$name"
		assert_status 0
		assert_output "$(ask vmware ".$name.verdict")"
	done
	nook_run detect --root "$(tree vmware)" --value drivers --result found
	assert_status 0
	assert_output ""
	assert_equal "$(tr ' ' '\n' <found | sort)" \
		"$(ask vmware '[.devices[].driver | values] | unique[]' | sort)"
	ln -s found link
	nook_run detect --value machine --result link
	assert_status 1
	assert_stderr "nook: cannot write 'link': Too many levels of symbolic links"
	nook_run detect --value machines
	assert_status 1
	assert_stderr "nook: no value is called 'machines'
hint: machine, container, cloud, signature, flags, drivers or virtio"
	nook_run detect --value machine --json
	assert_status 2
	assert_match '^nook: --value is no JSON, so --json is too much$' "$stderr"
}

@test "with --root nothing is read from this machine" {
	need strace
	container=podman strace -f -o calls "$NOOK" detect --root "$(tree nothing)" >out
	assert_line 'machine      cannot tell' "$(cat out)"
	assert_line 'container    cannot tell' "$(cat out)"
	refute_match '"/(sys/(class|bus|devices/system/clocksource|hypervisor|firmware)|proc/(1|cpuinfo|sys/kernel/osrelease|self/ns)|dev/kvm|[.]dockerenv|run/)' "$(grep -v ENOENT calls | grep -v openat2)"
	assert_equal "$(grep -c 'openat2.*RESOLVE_IN_ROOT' calls | sed 's/^[1-9][0-9]*$/many/')" many
}

@test "this machine: agrees with what its files say" {
	nook_run detect --json
	assert_status 0
	assert_stderr
	echo "$output" >json
	assert_equal "$(jq '[.devices[] | select(.bus == "virtio" and .device and .driver)] | length' json)" \
		"$(find /sys/bus/virtio/devices/*/driver -maxdepth 0 2>/dev/null | wc -l)"
	if grep -qw hypervisor /proc/cpuinfo; then
		assert_equal "$(jq -r .cpu.hypervisor json)" true
		refute [ "$(jq -r .machine.verdict json)" = none ]
	fi
	for flag in vmx svm lm; do
		grep -q '^flags' /proc/cpuinfo || break
		assert_equal "$flag $(jq -r ".cpu.$flag" json)" \
			"$flag $(grep -m1 '^flags' /proc/cpuinfo | grep -qw "$flag" && echo true || echo false)"
	done
	# tests/as.sh, or whoever runs this file, may have made namespaces for it
	wanted=container
	[ "$(readlink /proc/self/ns/pid)" != 'pid:[4026531836]' ] || wanted=none
	if [ "$wanted" = container ]; then
		refute [ "$(jq -r .container.verdict json)" = none ]
	fi
}

@test "in a box of nook it is a box of nook" {
	for profile in dev offline strict base; do
		nook_run run -v "$TOP:$TOP" "$profile" -- "$NOOK" detect --json
		assert_equal "$profile $status $(jq -r .container.verdict <<<"$output")" "$profile 0 nook"
	done
}

@test "--probe-kvm tries, and never waits long" {
	nook_run detect --probe-kvm
	assert_status 0
	assert_match '^/dev/kvm +(works: a guest of one page ran to its halt|cannot |hangs: |not tried: )'
}

@test "--probe-kvm: a device that hangs is given up after three seconds, and its process killed" {
	need strace
	# The process stops where it opens the device
	start=$SECONDS
	strace -f -o calls -P /dev/kvm -e inject=openat:signal=SIGSTOP "$NOOK" detect --probe-kvm --json >json
	assert [ $((SECONDS - start)) -lt 20 ]
	assert_equal "$(jq -r '.kvm.works, .kvm.found' json)" \
		"false
hangs: no answer for 3000 ms to: open /dev/kvm"
	assert grep -q 'killed by SIGKILL' calls
}

@test "--probe-kvm: a file that is no device of KVM" {
	unshare --user --map-root-user --mount true 2>/dev/null || skip "no user namespaces here"
	run --separate-stderr unshare --user --map-root-user --mount -- sh -c \
		'mount -t tmpfs none /dev && : >/dev/null && echo >/dev/kvm && exec "$@"' sh "$NOOK" detect --probe-kvm
	assert_status 0
	assert_match '^/dev/kvm +cannot ask for its version: Inappropriate ioctl for device'
}

@test "wrong words" {
	nook_run detect now
	assert_status 2
	assert_match '^nook: detect takes no words$' "$stderr"
	nook_run detect --root . --probe-kvm
	assert_status 2
	assert_match '^nook: --probe-kvm is about this machine, --root is not$' "$stderr"
	nook_run detect --root nowhere
	assert_status 1
	assert_stderr "nook: cannot open 'nowhere': No such file or directory"
}

@test "a tree of odd files is read to its end" {
	mkdir -p odd/proc/self odd/sys/bus/virtio/devices/x odd/sys/bus/pci/devices/y odd/sys/class/dmi/id \
		odd/sys/firmware/acpi/tables
	head -c 100000 /dev/zero | tr '\0' 'a' >odd/cpuid
	cp odd/cpuid odd/proc/cpuinfo
	cp odd/cpuid odd/proc/self/mountinfo
	printf 'x\033[31m\n' >odd/sys/class/dmi/id/sys_vendor
	printf 'short' >odd/sys/firmware/acpi/tables/DSDT
	ln -s /sys/class/dmi/id odd/sys/bus/virtio/devices/x/driver
	nook_run detect -v --root odd
	assert_status 0
	assert_match '^DMI sys_vendor +x.x1b\[31m '
	refute_match $'\e'
	nook_run detect --json --root odd
	assert_equal "$(jq -r .machine.verdict <<<"$output")" unknown
}
