# SPDX-License-Identifier: GPL-3.0-or-later
# fault.mk - tests/fault: what kills and fails a run, tells its walls, finds what it left
FAULT := build/fault/step build/fault/change build/fault/race build/fault/lab build/fault/walls \
	build/fault/snapshot
# It starts twice for each of some thousand tests, and sooner on musl (Makefile)
ifneq ($(HAVE_MUSL),)
SNAPSHOT_ON = -nostdinc -isystem $(MUSL_INC) -isystem $(call gccfile,include) -isystem build/musl-include \
	-fno-pie -no-pie -nostdlib -nostartfiles $(MUSL_LIB)/crt1.o $(MUSL_LIB)/crti.o
SNAPSHOT_WITH = $(MUSL_LIB)/libc.a $(call gccfile,libgcc.a) $(MUSL_LIB)/crtn.o
endif
FAULT_CC = $(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O1 -g -Itests

build/fault/step build/fault/change build/fault/race build/fault/lab: build/fault/%: tests/fault/%.c \
		tests/fault/trace.c tests/fault/bench.c tests/fault/trace.h tests/fault/bench.h tests/tap.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FAULT_CC) -o $@ $(filter %.c,$^) -lseccomp
build/fault/snapshot: tests/fault/snapshot.c tests/fault/snapnet.c tests/fault/snapshot.h \
		tests/fault/mountinfo.h | build/musl-include
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FAULT_CC) $(SNAPSHOT_ON) -static -o $@ $(filter %.c,$^) $(SNAPSHOT_WITH)
build/fault/walls: tests/fault/walls.c tests/fault/mountinfo.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FAULT_CC) -static -o $@ $<
unit: $(FAULT)
