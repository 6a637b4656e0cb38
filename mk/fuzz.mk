# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz.mk - `make fuzz [SECONDS=60] [TARGET="host plan"]`: each tests/fuzz/*.c under libFuzzer
#
# What was found interesting stays in build/fuzz/NAME.d and is where the next run begins. Each
# starts from tests/fuzz/corpus/NAME and from files of the made-up hosts and shipped profiles.
# tests/fuzz/run.sh holds the limits; a finding lies in build/fuzz/NAME-crash-* and is tried
# again by `build/fuzz/NAME FILE`.
FUZZ_SECONDS := $(if $(filter command line,$(origin SECONDS)),$(SECONDS),60)
FUZZ := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_CC = clang $(CPPFLAGS) -DNOOK_FULL $(shell $(PKG_CONFIG) --cflags $(FULL_PKGS)) -std=gnu11 \
	-O1 -gline-tables-only -fsanitize=address,undefined -fno-sanitize-recover=all -fno-pie \
	-Wno-unknown-warning-option
FUZZ_OBJ := $(patsubst %.c,build/fuzz/obj/%.o,$(filter-out sandbox/main.c,$(COMMON) $(ONLY_FULL)))
# What inputs go through is counted, so that the fuzzer sees where they lead. The rest is there because tables
# of commands and layers name it: it is sanitized as well, but to build it takes a third less of the time
FUZZ_TRIED := -fsanitize=fuzzer-no-link
FUZZ_NEAR := $(addprefix sandbox/,archive/% base/% changes/% console/% host/% layer/% plan% profile/% \
	$(addprefix box/,attach.c judge.c keeper.c look.c orders.c pause.c rest% result.c session.c \
	signals.c sync.c) $(addprefix cgroup/,cgroup.c limits.c place.c stat.c) \
	$(addprefix cmd/,args.c cmds.c export% summary.c wishes.c) \
	$(addprefix job/,entry.c job.c matrix.c pack.c pool.c source.c) \
	$(addprefix lab/,diary.c fact% file.c needs.c target.c verbs.c)) \
	$(addprefix netns/,choose.c def.c hosts.c lease.c rules.c)

build/fuzz/obj/%.o: %.c | $(GENERATED)
	$(call say,FUZZ,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(if $(filter $(FUZZ_NEAR),$<),$(FUZZ_TRIED)) -MMD -MP -c -o $@ $<

# An archive of names: each target is linked with the objects that it needs, and without that of a source
# that it includes, to reach what is static there
FUZZ_LIB := build/fuzz/nook.a
$(FUZZ_LIB): $(FUZZ_OBJ)
	$(Q)rm -f $@ && ar rcs --thin $@ $^

$(FUZZ): build/fuzz/%: tests/fuzz/%.c $(FUZZ_LIB)
	$(call say,LINK,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_TRIED) -fsanitize=fuzzer -no-pie -o $@ $< $(FUZZ_LIB) $(FULL_LIBS)

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
