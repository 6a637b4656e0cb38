# SPDX-License-Identifier: GPL-3.0-or-later
# lint.mk - `make lint`: the rules of docs/style.md, checked by tests/lint

lint: deps-test
	+$(Q)$(AGAIN) all $(MKMAN)
	$(Q)prove tests/lint/*.t

# Not part of `make check`: what clang-format does to tables is a matter of taste
format: deps-dev
	$(Q)git diff --name-only --diff-filter=d HEAD -- '*.c' '*.h' | xargs -r clang-format -i
tidy: deps-dev
	+$(Q)$(AGAIN) $(GENERATED)
	$(Q)clang-tidy --quiet $(COMMON) $(ONLY_FULL) -- $(CPPFLAGS) $(FULL_CFLAGS) -std=gnu11

.PHONY: lint format tidy
