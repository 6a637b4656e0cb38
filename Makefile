# SPDX-License-Identifier: GPL-3.0-or-later
# nook: `make` builds ./nook, `make run` tries it, `make check` tests it. VARIANT=release|debug|san, DEV=1 (-Werror), V=1.
#
# Two programs come from one source tree (docs/architecture.md, "Two programs"):
#   nook       what a run needs and nothing else: static, on musl where it is installed
#   nook-full  the same plus what needs libmount, libsmartcols, readline: dynamic
# nook replaces itself with nook-full when a command asks for more than it has. The debug
# and san variants are one program that has everything.
VARIANT ?= release
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/nook
DATADIR ?= $(PREFIX)/share/nook
SYSCONFDIR ?= /etc
MANDIR ?= $(PREFIX)/share/man
VERSION := $(shell cat VERSION)

CC := gcc
PKG_CONFIG ?= pkg-config
B := build/$(VARIANT)
GEN := build/gen
ARCH := $(shell $(CC) -dumpmachine 2>/dev/null | sed 's/-pc//; s/-none//')

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-6s %s\n' $(1) $(2)
endif

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum \
	-Wformat=2 -Wvla -Wwrite-strings -Wconversion $(if $(DEV),-Werror)
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection=full \
	-fno-strict-overflow -fno-delete-null-pointer-checks
CPPFLAGS := -D_GNU_SOURCE -Isandbox -I. -I$(GEN) -DNOOK_VERSION='"$(VERSION)"' \
	-DNOOK_BINDIR='"$(BINDIR)"' -DNOOK_LIBEXECDIR='"$(LIBEXECDIR)"' \
	-DNOOK_DATADIR='"$(DATADIR)"' -DNOOK_SYSCONFDIR='"$(SYSCONFDIR)"'
CFLAGS_release := -O2 -g
CFLAGS_debug := -O0 -g3
# What a sanitizer reports has lines with -g1, at two thirds of the time to build. What is undefined traps,
# and AddressSanitizer tells where (handle_sigill): words for each place would be a third of a start
CFLAGS_san := -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fsanitize-undefined-trap-on-error
CFLAGS_cover := -O0 -g3 --coverage -fprofile-update=atomic
# Tests start the variant with sanitizers tens of thousands of times, and relocating its 180,000
# pointers is a fifth of a start
PIE := $(if $(filter san,$(VARIANT)),-fno-pie,-fPIE)
PIE_LINK := $(if $(filter san,$(VARIANT)),-no-pie,-pie)
ALL_CFLAGS := -std=gnu11 $(WARN) $(HARDEN) $(CFLAGS_$(VARIANT)) -ffunction-sections -fdata-sections -MMD -MP $(CFLAGS)
LDHARDEN := -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed,--gc-sections

COMMON := $(wildcard sandbox/*.c sandbox/base/*.c sandbox/profile/*.c sandbox/host/*.c \
	sandbox/cgroup/*.c sandbox/changes/*.c sandbox/archive/*.c sandbox/layer/*.c sandbox/box/*.c sandbox/cmd/*.c sandbox/job/*.c \
	$(filter-out netns/nft.c,$(wildcard netns/*.c)))
ONLY_FULL := $(wildcard sandbox/full/*.c sandbox/console/*.c sandbox/lab/*.c \
	sandbox/quiz/*.c) netns/nft.c
ONLY_LIGHT := $(wildcard sandbox/light/*.c)
GENERATED := $(GEN)/seccomp_tables.h $(GEN)/completion_text.h

FULL_PKGS := yaml-0.1 libseccomp libcap mount smartcols libnl-3.0 libnl-route-3.0 readline
FULL_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(FULL_PKGS)) $(PIE) -DNOOK_FULL \
	$(if $(filter release,$(VARIANT)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
FULL_LIBS = $(shell $(PKG_CONFIG) --libs $(FULL_PKGS))
FULL_OBJ := $(patsubst %.c,$(B)/full/%.o,$(COMMON) $(ONLY_FULL))
LIGHT_OBJ := $(patsubst %.c,$(B)/light/%.o,$(COMMON) $(ONLY_LIGHT))

# The light program stands on musl: a start costs 0.1 ms less than on a static glibc, which
# asks the CPU for its caches with instructions that trap in every virtual machine
# (docs/speed.md). Kernel headers and the two static archives come from where they are.
MUSL_LIB ?= /usr/lib/$(ARCH:-gnu=-musl)
MUSL_INC ?= /usr/include/$(ARCH:-gnu=-musl)
HAVE_MUSL := $(wildcard $(MUSL_LIB)/rcrt1.o)
# What lies together (sandbox/light/order.ld), for those that are made of such a script too
comma := ,
LIGHT_ORDER = $(patsubst %,-Wl$(comma)-T$(comma)%,$(filter %.ld,$^))
gccfile = $(shell $(CC) -print-file-name=$(1))
NL_INC := $(patsubst -I%,%,$(shell $(PKG_CONFIG) --cflags-only-I libnl-route-3.0 2>/dev/null))
NL_LIBS := build/libnl/libnl-route-3.a build/libnl/libnl-3.a
ifneq ($(HAVE_MUSL),)
LIGHT_CFLAGS := -nostdinc -isystem $(MUSL_INC) -isystem $(call gccfile,include) -isystem build/musl-include -fPIE \
	$(if $(filter release,$(VARIANT)),-include base/fortify.h)
LIGHT_LINK = $(CC) -nostdlib -nostartfiles -static-pie $(LDHARDEN) $(LIGHT_ORDER) -o $@ $(MUSL_LIB)/rcrt1.o $(MUSL_LIB)/crti.o \
	$(call gccfile,crtbeginS.o) $(filter %.o,$^) $(call gccfile,libyaml.a) $(call gccfile,libseccomp.a) \
	$(NL_LIBS) $(MUSL_LIB)/libc.a $(call gccfile,libgcc.a) $(call gccfile,crtendS.o) $(MUSL_LIB)/crtn.o
else
LIGHT_CFLAGS := $(if $(NL_INC),-I$(NL_INC)) -fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
LIGHT_LINK = $(CC) -static-pie $(LDHARDEN) $(LIGHT_ORDER) -o $@ $(filter %.o,$^) -lyaml -lseccomp $(NL_LIBS)
endif

ifeq ($(VARIANT),release)
PROGRAMS := $(B)/nook $(B)/nook-full
else
PROGRAMS := $(B)/nook
endif

# Paths and flags are compiled in: what was built with others is built again
CONFIG := $(BINDIR) $(LIBEXECDIR) $(DATADIR) $(SYSCONFDIR) $(VERSION) $(CFLAGS_$(VARIANT)) $(CFLAGS) $(HARDEN) $(LIGHT_CFLAGS)
ifneq ($(CONFIG),$(file <$(B)/config))
$(shell mkdir -p $(B))$(file >$(B)/config,$(CONFIG))
endif

all: nook
# As old as what it points to, which is older than the program that is linked last
nook: $(B)/nook | $(PROGRAMS)
	$(Q)[ "$$(readlink nook)" = $(B)/nook ] || ln -sf $(B)/nook nook
# A link to a variant that was built later is newer than this one, and still another
ifneq ($(realpath nook),$(realpath $(B)/nook))
.PHONY: nook
endif

$(B)/nook-full: $(FULL_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(PIE_LINK) $(LDHARDEN) $(CFLAGS_$(VARIANT)) -o $@ $(FULL_OBJ) $(FULL_LIBS) $(LDFLAGS)

# libnl makes its tables in constructors. Under another name they do not run by themselves but when
# netns/netlink.c calls them: a run without a network starts 0.04 ms sooner
build/libnl/%.a: $(NL_INC)/netlink/netlink.h
	$(call say,LIB,$@)
	$(Q)mkdir -p $(@D)
	$(Q)objcopy --rename-section .init_array=netlink_init --remove-section .fini_array \
		$(call gccfile,$*.a) $@

ifeq ($(VARIANT),release)
$(B)/nook: $(LIGHT_OBJ) $(NL_LIBS) sandbox/light/order.ld
	$(call say,LINK,$@)
	$(Q)$(LIGHT_LINK) $(LDFLAGS)
else
$(B)/nook: $(B)/nook-full
	$(Q)ln -sf nook-full $@
endif

$(B)/full/%.o: %.c $(B)/config | $(GENERATED)
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(FULL_CFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(B)/light/%.o: %.c $(B)/config | $(GENERATED) build/musl-include
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LIGHT_CFLAGS) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# Kernel and library headers for the musl build: links to just these, so that no header of
# glibc can be found by accident
build/musl-include: Makefile
	$(Q)rm -rf $@
	$(Q)mkdir -p $@.tmp
	$(Q)ln -sfn /usr/include/linux $@.tmp/linux
	$(Q)ln -sfn /usr/include/asm-generic $@.tmp/asm-generic
	$(Q)ln -sfn $(firstword $(wildcard /usr/include/$(ARCH)/asm /usr/include/asm)) $@.tmp/asm
	$(Q)ln -sfn /usr/include/yaml.h $@.tmp/yaml.h
	$(Q)ln -sfn /usr/include/seccomp.h $@.tmp/seccomp.h
	$(Q)ln -sfn /usr/include/seccomp-syscalls.h $@.tmp/seccomp-syscalls.h
	$(Q)ln -sfn $(NL_INC)/netlink $@.tmp/netlink
	$(Q)mv $@.tmp $@

# The default filter and the name tables are made by a program that asks libseccomp and libcap
MKSECCOMP := sandbox/gen/mkseccomp.c sandbox/layer/seccomp_build.c
$(GEN)/mkseccomp: $(MKSECCOMP) sandbox/layer/seccomp.h sandbox/layer/bpf_run.h $(wildcard sandbox/gen/*.h sandbox/gen/*.def)
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O1 -Isandbox -o $@ $(MKSECCOMP) -lseccomp -lcap
$(GEN)/seccomp_tables.h: $(GEN)/mkseccomp
	$(Q)$< > $@.tmp && mv $@.tmp $@

# --- tests ---------------------------------------------------------------------------------
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%.t,$(wildcard tests/unit/*.c))
UNIT_OBJ := $(filter-out $(B)/full/sandbox/main.o,$(FULL_OBJ))
# An archive of names: each program is linked with the few objects that it needs
UNIT_LIB := $(B)/tests/nook.a
$(UNIT_LIB): $(UNIT_OBJ)
	$(Q)mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs --thin $@ $^
$(B)/tests/%.t: tests/unit/%.c $(UNIT_LIB) tests/tap.h
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(FULL_CFLAGS) $(filter-out -Wmissing-prototypes,$(ALL_CFLAGS)) $(PIE_LINK) -o $@ $< $(UNIT_LIB) $(FULL_LIBS) $(LDFLAGS)
# Prints plans for made-up machines: tests/plan/*.t
$(B)/tests/planner: tests/plan/planner.c $(UNIT_LIB)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(FULL_CFLAGS) $(ALL_CFLAGS) $(PIE_LINK) -o $@ $< $(UNIT_LIB) $(FULL_LIBS) $(LDFLAGS)
# What tests/lint/fortify.t calls: compiled and linked like the light program
LIGHT_TEST := $(if $(and $(HAVE_MUSL),$(filter release,$(VARIANT))),$(B)/tests/fortify)
$(B)/tests/fortify: $(B)/light/tests/lint/fortify.o $(patsubst %.c,$(B)/light/%.o,$(ONLY_LIGHT)) $(NL_LIBS)
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(LIGHT_LINK) $(LDFLAGS)
unit: $(UNIT) $(B)/tests/planner $(LIGHT_TEST)

include $(wildcard mk/*.mk)

clean:
	rm -rf build nook

.PHONY: all unit clean
.DELETE_ON_ERROR:
-include $(FULL_OBJ:.o=.d) $(LIGHT_OBJ:.o=.d) $(UNIT:.t=.d) $(B)/tests/planner.d
