# SPDX-License-Identifier: GPL-3.0-or-later
# batch.mk - batches of thousands, for a night; the same with few jobs is tests/cli/batch.bats
check-long: check-long-batch
check-long-batch: deps-test
	+$(Q)$(AGAIN) build-variants
	$(Q)tests/as.sh root bats tests/batch/long.bats
	$(Q)tests/as.sh user bats tests/batch/long.bats

.PHONY: check-long-batch
