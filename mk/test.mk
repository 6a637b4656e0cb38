# SPDX-License-Identifier: GPL-3.0-or-later
# test.mk - `make run` tries nook, `make check` tests it; both start from nothing but Debian and make
#
# The sub-makes are there because a fresh system has no compiler while this file is read. They
# use every core; a job server of `make -jN` above them stays in charge where there is one.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 1))
AGAIN = $(MAKE) --no-print-directory $(PARALLEL)

# What `make check` tests: release, and in CI the sanitizers too. Release comes last, so that
# ./nook is the one that people use
VARIANTS ?= release
ALL_VARIANTS = $(filter-out release,$(VARIANTS)) $(filter release,$(VARIANTS))
build-variants:
	+$(Q)for v in $(ALL_VARIANTS); do $(AGAIN) VARIANT=$$v all unit || exit 1; done
	+$(Q)$(AGAIN) VARIANT=$(lastword $(ALL_VARIANTS)) -q all || \
		{ echo "make: what was just built is to be built again" >&2; exit 1; }

# With a terminal a shell in a box, without one (a log, a CI) the tour: real commands and
# what they really print
run: deps
	+$(Q)$(AGAIN) nook
	$(Q)if [ -t 0 ] && [ -t 1 ]; then \
		echo "A shell in a box: all of this system, every change is thrown away but those in"; \
		echo "this directory. './nook explain dev' says more, 'exit' leaves it."; \
		./nook shell dev; true; \
	else docs/tour.sh; fi

# Everything: unit, command line, plans, lint, guests, fresh. As root every test runs as
# every user it names; as an ordinary user those for root are skipped and say so.
check: deps-test
	+$(Q)$(AGAIN) build-variants
	$(Q)tests/run-all.sh $(VARIANTS)

# The same, but as root, from an ordinary user's shell
check-root: deps-test
	+$(Q)$(AGAIN) build-variants
	$(Q)$(if $(filter 0,$(shell id -u)),,sudo -E) tests/run-all.sh $(VARIANTS)

# Other kernels than this one, by emulation: the oldest that Debian 12 boots and a newer one, which
# has cgroup v2 and nothing else, with and without systemd
check-guest: deps-test
	+$(Q)$(AGAIN) build-variants
	$(Q)prove -v tests/guest/*.t

# A bare Debian, and in it the two commands of the README
check-fresh: deps-test
	$(Q)prove -v tests/fresh/*.t

# Of these what is about labs: each of them as root and as a user, here and with cgroup v2 in guests, and
# their commands. Less than four minutes on two cores
check-labs: export ONLY = -lab
check-labs: check

# An hour or two, not minutes: everything in its long form (tests/run-all.sh), which is worth a night
# but not a push
check-long: export NOOK_LONG = 1
check-long: check

# Every profile, and every test of the command line and of containment, on the other kernels, where each
# takes ten times as long: up to five hours where the processor is emulated, so for itself
GUEST_BOOT = GUEST_ALL=1 GUEST_SECONDS=6000 tests/guest/boot.sh
check-guest-long: deps-test
	+$(Q)$(AGAIN) build-variants
	$(Q)$(GUEST_BOOT) linux-image-cloud-amd64 profiles.sh,suite.sh
	$(Q)$(GUEST_BOOT) linux-image-6.12-cloud-amd64 profiles.sh,suite.sh
	$(Q)$(GUEST_BOOT) linux-image-6.12-cloud-amd64 suite.sh systemd
	$(Q)GUEST_LONG=1 GUEST_TESTS=RS-09 $(GUEST_BOOT) linux-image-6.12-cloud-amd64 suite.sh

.PHONY: build-variants run check check-root check-guest check-guest-long check-fresh \
	check-labs check-long
