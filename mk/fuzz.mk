# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz.mk - `make fuzz [SECONDS=60] [TARGET="host plan"]`: each tests/fuzz/*.c under libFuzzer
#
# What was found interesting stays in build/fuzz/NAME.d and is where the next run begins. Each
# starts from tests/fuzz/corpus/NAME and from files of the made-up hosts and shipped profiles.
# tests/fuzz/run.sh holds the limits; a finding lies in build/fuzz/NAME-crash-* and is tried
# again by `build/fuzz/NAME FILE`.
FUZZ_SECONDS := $(if $(filter command line,$(origin SECONDS)),$(SECONDS),60)
FUZZ := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_CFLAGS := -std=gnu11 -gline-tables-only -O1 -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -Wno-unknown-warning-option
FUZZ_OBJ := $(patsubst %.c,build/fuzz/obj/%.o,$(filter-out sandbox/main.c,$(COMMON) $(ONLY_FULL)))
# A target that includes a source, to reach what is static there, goes without its object
FUZZ_OWN_step := build/fuzz/obj/sandbox/box/keeper.o
FUZZ_OWN_control := build/fuzz/obj/sandbox/box/control.o
FUZZ_OWN_record := build/fuzz/obj/sandbox/box/store.o

build/fuzz/obj/%.o: %.c | $(GENERATED)
	$(call say,FUZZ,$<)
	$(Q)mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS) -DNOOK_FULL $(shell $(PKG_CONFIG) --cflags $(FULL_PKGS)) $(FUZZ_CFLAGS) \
		-MMD -MP -c -o $@ $<

$(FUZZ): build/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJ)
	$(call say,LINK,$@)
	$(Q)clang $(CPPFLAGS) -DNOOK_FULL $(shell $(PKG_CONFIG) --cflags $(FULL_PKGS)) $(FUZZ_CFLAGS) \
		-fsanitize=fuzzer -o $@ $< $(filter-out $(FUZZ_OWN_$*),$(FUZZ_OBJ)) $(FULL_LIBS)

# Seeds carry one byte in front, which chooses what reads the rest
build/fuzz/seeds: $(wildcard tests/plan/hosts/*/tree/proc/self/mountinfo profiles/*.yaml) tests/fuzz/seeds.sh
	$(Q)tests/fuzz/seeds.sh $@

fuzz-build: build/fuzz/seeds $(FUZZ)
fuzz: deps-test
	+$(Q)$(AGAIN) fuzz-build
	$(Q)tests/fuzz/run.sh $(FUZZ_SECONDS) $(TARGET)

# The words of the dictionary are those of fields.def; tests/fuzz/fuzz.t compares
fuzz-dictionary:
	$(Q)tests/fuzz/dictionary.sh >tests/fuzz/nook.dict

.PHONY: fuzz fuzz-build fuzz-dictionary
.SECONDARY: $(FUZZ_OBJ)
-include $(FUZZ_OBJ:.o=.d)
