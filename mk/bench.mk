# SPDX-License-Identifier: GPL-3.0-or-later
# bench.mk - `make bench`: nook against a floor, bubblewrap and others, as a table of ratios
#
#	make bench [RUNS=200] [ROWS="nook bwrap floor"] [BENCH_FLAGS=--json] [BENCH_JUDGE=1]
#
#	make bench-net                  throughput of networks, a thousand boxes on one
#	make bench-living               the console, hundreds of boxes that live, a large diff
#	make bench-labs                 the playground of each lab, and a check in it
#	make bench-batch                boxes a second: nook batch, a floor, xargs with bubblewrap
#	make order                      sandbox/light/order.ld, after what a start calls has changed
#
# The bars are printed and judged only on request: a noisy machine is no defect of nook.
RUNS ?= 200
BENCH := build/bench
BENCH_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O2 -g $(WARN) $(HARDEN) -ffunction-sections -MMD -MP
BENCH_TOOLS := $(addprefix $(BENCH)/,run floor floor-glibc empty)
# nook-full is looked for beside nook
BENCH_FILES = $(wildcard $(B)/nook $(B)/nook-full) $(filter-out %/run,$(BENCH_TOOLS))

bench-tools: $(BENCH_TOOLS)
bench: bench-tools nook
	$(Q)bench/bench.sh $(BENCH_FILES) -- --runs $(RUNS) --rows '$(ROWS)' $(BENCH_FLAGS)

# Networks: as root, with iperf3, jq, busybox and pasta
bench-net: nook
	$(Q)bench/net.sh $(B)/nook
bench-living: nook $(BENCH)/type
	$(Q)bench/living.sh $(B)/nook $(BENCH)/type
bench-labs: nook
	$(Q)bench/labs.sh $(B)/nook
bench-batch: nook $(BENCH)/floor
	$(Q)bench/batch.sh $(B)/nook $(BENCH)/floor

$(BENCH)/run: bench/run.c bench/rows.c bench/probe.c bench/bench.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BENCH_CFLAGS) -o $@ $(filter %.c,$^)
$(BENCH)/type: bench/type.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BENCH_CFLAGS) -o $@ $<
$(BENCH)/%.o: bench/%.c $(GENERATED) | build/musl-include
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LIGHT_CFLAGS) $(BENCH_CFLAGS) -Isandbox -I$(GEN) -c -o $@ $<

# Linked as nook is: LIGHT_LINK reads LIGHT_OBJ
$(BENCH)/floor: LIGHT_OBJ = $(BENCH)/floor.o
$(BENCH)/floor: $(BENCH)/floor.o
	$(call say,LINK,$@)
	$(Q)$(LIGHT_LINK)
$(BENCH)/empty: LIGHT_OBJ = $(BENCH)/empty.o
$(BENCH)/empty: $(BENCH)/empty.o
	$(call say,LINK,$@)
	$(Q)$(LIGHT_LINK)
# What lies together in the light program (docs/speed.md): written anew from what runs pass through. The
# program is the one that people run, linked once more for the sake of the map
build/order/nook: $(LIGHT_OBJ) $(NL_LIBS) sandbox/light/order.ld
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(LIGHT_LINK) $(LDFLAGS) -Wl,-Map=$@.map
build/order/step: bench/order.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BENCH_CFLAGS) -o $@ $<
order: build/order/step build/order/nook
	$(Q)perl bench/order.pl $^ build/order/nook.map >build/order/order.ld
	$(Q)cp build/order/order.ld sandbox/light/order.ld
	$(Q)rm -r build/order

# What a static glibc costs instead
$(BENCH)/floor-glibc: bench/floor.c $(GENERATED)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(BENCH_CFLAGS) -fPIE -I$(GEN) -static-pie $(LDHARDEN) -o $@ $<

.PHONY: bench bench-tools bench-net bench-living bench-labs bench-batch order
-include $(wildcard $(BENCH)/*.d)
