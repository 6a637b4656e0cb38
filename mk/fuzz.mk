# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz.mk - `make fuzz`: each tests/fuzz/*.c against libFuzzer, FUZZ_SECONDS (60) each
#
# What was found interesting stays in build/fuzz/NAME.d and is where the next run begins. It
# starts from files of the made-up hosts and from the shipped profiles.
FUZZ_SECONDS ?= 60
FUZZ := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_CFLAGS := -std=gnu11 -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-Wno-unknown-warning-option
FUZZ_OBJ = $(patsubst %.c,build/fuzz/obj/%.o,$(filter-out sandbox/main.c,$(COMMON) $(ONLY_FULL)))

build/fuzz/obj/%.o: %.c | $(GENERATED)
	$(call say,FUZZ,$<)
	$(Q)mkdir -p $(@D)
	$(Q)clang $(CPPFLAGS) -DNOOK_FULL $(shell $(PKG_CONFIG) --cflags $(FULL_PKGS)) $(FUZZ_CFLAGS) \
		-MMD -MP -c -o $@ $<

build/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJ)
	$(call say,LINK,$@)
	$(Q)clang $(CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $< $(FUZZ_OBJ) $(FULL_LIBS)

# Seeds carry one byte in front, which chooses what reads the rest
build/fuzz/seeds: $(wildcard tests/plan/hosts/*/tree/proc/self/mountinfo profiles/*.yaml) tests/fuzz/seeds.sh
	$(Q)tests/fuzz/seeds.sh $@

fuzz: build/fuzz/seeds $(FUZZ)
	$(Q)for f in $(FUZZ); do \
		mkdir -p $$f.d; echo "$$f: $(FUZZ_SECONDS) s"; \
		$$f -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=build/fuzz/crash- $$f.d build/fuzz/seeds || exit 1; \
	done

.PHONY: fuzz
.SECONDARY: $(FUZZ_OBJ)
-include $(FUZZ_OBJ:.o=.d)
