# SPDX-License-Identifier: GPL-3.0-or-later
# contain.mk - the probe of tests/contain: the attacker, one static program for every variant
PROBE := build/contain/probe
PROBE_SRC := $(wildcard tests/contain/probe/*.c)
PROBE_OBJ := $(patsubst tests/contain/probe/%.c,build/contain/%.o,$(PROBE_SRC))

build/contain/%.o: tests/contain/probe/%.c tests/contain/probe/probe.h
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O1 -g -MMD -MP -c -o $@ $<
$(PROBE): $(PROBE_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) -static -o $@ $(PROBE_OBJ)
unit: $(PROBE)

# The table of docs/threat-model.md, made from the tests; tests/contain/table.t compares
docs: threat-table
threat-table:
	$(Q)tests/contain/table.sh --write

.PHONY: threat-table
-include $(PROBE_OBJ:.o=.d)
