# SPDX-License-Identifier: GPL-3.0-or-later
# install.bats - `make install` puts everything where it is looked for, `make uninstall` takes it away
# as: root
# in: release
load helper
load boxes

# The namespaces of as.sh are this file's own, so /usr/local may be covered
make_quietly() { make -C "$TOP" --no-print-directory -s "$@" >"$T/log" 2>&1 || fail "$(cat "$T/log")"; }

setup() {
	nook_setup
	need make
	[ -n "${NOOK_TEST_CHILD:-}" ] || skip "covers /usr/local: only in namespaces of its own"
	make_quietly install DESTDIR="$T/image"
}

@test "installs programs, profiles and documents" {
	assert [ -x image/usr/local/bin/nook ]
	assert [ -x image/usr/local/libexec/nook/nook-full ]
	assert [ -f image/usr/local/share/nook/profiles/dev.yaml ]
	assert [ -f image/usr/local/share/doc/nook/LICENSE ]
	assert_equal "$(find image -perm /7022)" ""
}

@test "what is installed finds its profiles and its second program" {
	mount --bind image/usr/local /usr/local
	run --separate-stderr /usr/local/bin/nook profile ls
	listed=$output code=$status
	run --separate-stderr /usr/local/bin/nook run strict -- id -u
	umount /usr/local
	assert_equal "$code" 0
	assert_match '^strict' "$listed"
	assert_status 0
	assert_output 1000
}

@test "boxes of an installed lab are made by the program that a shell starts" {
	mount --bind image/usr/local /usr/local
	run --separate-stderr /usr/local/bin/nook lab start L05
	name=$(cat "/proc/$("$NOOK" ps --no-headings -o keeper | tr -d ' ')/comm")
	/usr/local/bin/nook lab stop
	umount /usr/local
	rm -rf "$(state_dir)"/{lab,boxes}
	assert_status 0
	assert_equal "$name" nook
}

@test "uninstall leaves nothing of it" {
	make_quietly uninstall DESTDIR="$T/image"
	assert_equal "$(find image ! -type d)" ""
	assert_equal "$(find image -name nook)" ""
}
