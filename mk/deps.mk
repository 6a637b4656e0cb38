# SPDX-License-Identifier: GPL-3.0-or-later
# deps.mk - the Debian packages that nook is built and tested with; `make deps` installs the missing ones
#
# This is the only place that lists them. A package stands in the first list that needs it.
DEPS_BUILD := build-essential pkg-config musl-dev libyaml-dev libseccomp-dev libcap-dev \
	libmount-dev libreadline-dev libsmartcols-dev libnl-3-dev libnl-route-3-dev
DEPS_TEST := attr bats bubblewrap busybox-static fish iproute2 jq less libnftables1 mandoc nftables passt \
	perl procps strace tmux uidmap zsh
# What the short form of the bare Debian (NOOK_FRESH=1, tests/run-all.sh) leaves to the outside
DEPS_WATCH := shellcheck valgrind
# tests/fresh makes a bare Debian, tests/guest boots other kernels, tests/fuzz wants clang.
# None runs inside the bare Debian itself, so there (NOOK_FRESH) these are not wanted
DEPS_OUTER := clang libclang-rt-dev mmdebstrap qemu-system-x86 e2fsprogs xz-utils lz4 zstd
# People who change nook want these too; no target needs them but `make format` and `make tidy`
DEPS_DEV := clang-format clang-tidy gcovr gdb hyperfine

deps:
	$(Q)mk/deps.sh $(DEPS_BUILD)
deps-test:
	$(Q)mk/deps.sh $(DEPS_BUILD) $(DEPS_TEST) $(if $(filter 1,$(NOOK_FRESH)),,$(DEPS_WATCH)) \
		$(if $(NOOK_FRESH),,$(DEPS_OUTER))
deps-dev: deps-test
	$(Q)mk/deps.sh $(DEPS_DEV)

.PHONY: deps deps-test deps-dev
