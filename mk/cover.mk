# SPDX-License-Identifier: GPL-3.0-or-later
# cover.mk - `make cover`: which lines the tests run; build/cover/index.html and a table
#
# A build of its own (VARIANT=cover) with gcov's counters, unit tests and the command line's.
# A process writes its counts when it exits, into build/cover. So what runs inside a box and
# ends by exec or behind its walls (inside, init, the payload's last walls) is run but not
# counted: low figures for box/inside.c, box/init.c, box/payload.c and the apply() of layers
# say nothing. tests/contain and tests/fault are what covers those.
cover: deps-dev
	+$(Q)$(AGAIN) VARIANT=cover all unit
	$(Q)find build/cover -name '*.gcda' -delete
	-$(Q)for t in build/cover/tests/*.t; do $$t; done >build/cover/unit.log 2>&1
	-$(Q)NOOK=$(CURDIR)/build/cover/nook bats --tap tests/cli/*.bats >build/cover/cli.log 2>&1
	$(Q)gcovr -r . -f sandbox/ build/cover --gcov-ignore-parse-errors \
		--html-details build/cover/index.html --txt build/cover/table.txt
	$(Q)cat build/cover/table.txt

.PHONY: cover
