# SPDX-License-Identifier: GPL-3.0-or-later
# docs.mk - `make docs`: what people read and shells complete, made from the tables of the program
#
# The results are in the tree, so that a reader needs no build; tests/lint/generated.t says when
# one is out of step. The scripts' hand-written halves are sandbox/cmd/completion/*.in.
COMPLETION_TEXT := $(wildcard sandbox/cmd/completion/*.in)

$(GEN)/completion_text.h: $(COMPLETION_TEXT) mk/docs.mk
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)for f in $(COMPLETION_TEXT); do \
		n=$${f##*/}; \
		echo "static const char completion_$${n%.in}_text[] ="; \
		sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/; $$ s/$$/;/' "$$f"; \
	done > $@.tmp && mv $@.tmp $@

# Manual pages are made by a program that is linked with the tables: not the one that is
# installed, which has no use for it
MKMAN := $(B)/mkman
$(MKMAN): man/mkman.c $(UNIT_LIB) sandbox/profile/fields.def sandbox/gen/sets.def
	$(call say,LINK,$@)
	$(Q)$(CC) $(CPPFLAGS) $(FULL_CFLAGS) $(ALL_CFLAGS) $(PIE_LINK) \
		-o $@ $< $(UNIT_LIB) $(FULL_LIBS) $(LDFLAGS)
# tests/lint/generated.t runs it
unit: $(MKMAN)

docs: nook $(MKMAN)
	$(Q)mkdir -p completions
	$(Q)./nook completion bash > completions/nook.bash
	$(Q)./nook completion zsh > completions/_nook
	$(Q)./nook completion fish > completions/nook.fish
	$(Q)$(MKMAN) man/keys.txt < man/nook.1.in > man/nook.1
	$(Q)$(MKMAN) man/keys.txt < man/nook-profile.5.in > man/nook-profile.5
	$(Q)$(MKMAN) man/keys.txt < man/nook-batch.5.in > man/nook-batch.5
	$(Q)$(MKMAN) man/keys.txt < man/nook-quiz.5.in > man/nook-quiz.5
	$(Q)$(MKMAN) man/keys.txt < man/nook-lab.5.in > man/nook-lab.5

.PHONY: docs
