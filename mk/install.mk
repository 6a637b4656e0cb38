# SPDX-License-Identifier: GPL-3.0-or-later
# install.mk - `make install` and `make uninstall`, with PREFIX and DESTDIR
#
# Every installed file stands in INSTALLED once as SOURCE:TARGET:MODE; both targets walk it.
DOCDIR ?= $(PREFIX)/share/doc/nook
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

into = $(foreach f,$(wildcard $(1)),$(f):$(2)/$(notdir $(f)):$(3))
INSTALLED = $(B)/nook:$(BINDIR)/nook:755 $(B)/nook-full:$(LIBEXECDIR)/nook-full:755 \
	$(call into,profiles/*.yaml,$(DATADIR)/profiles,644) \
	$(call into,labs/*.yaml,$(DATADIR)/labs,644) \
	$(foreach s,1 5 7 8,$(call into,man/*.$(s),$(MANDIR)/man$(s),644)) \
	$(call into,LICENSE README.md CHANGELOG.md,$(DOCDIR),644) \
	$(call into,contrib/apparmor/*,$(DATADIR)/apparmor,644) \
	$(foreach f,$(wildcard completions/nook.bash),$(f):$(BASHDIR)/nook:644) \
	$(call into,completions/_nook,$(ZSHDIR),644) \
	$(call into,completions/nook.fish,$(FISHDIR),644)

# Paths are compiled in: a tree built for another PREFIX is built again first
install:
	+$(Q)$(AGAIN) all
	$(Q)for f in $(INSTALLED); do \
		from=$${f%%:*}; f=$${f#*:}; to=$(DESTDIR)$${f%:*}; \
		install -D -m "$${f##*:}" "$$from" "$$to" || exit 1; \
	done
	$(call say,INST,$(DESTDIR)$(BINDIR)/nook)

uninstall:
	$(Q)for f in $(INSTALLED); do \
		f=$${f#*:}; rm -f "$(DESTDIR)$${f%:*}"; \
	done
	$(Q)for d in $(DATADIR)/profiles $(DATADIR)/labs $(DATADIR)/apparmor $(DATADIR) $(LIBEXECDIR) \
		$(DOCDIR); do \
		[ ! -d "$(DESTDIR)$$d" ] || rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$d"; \
	done
	$(call say,GONE,$(DESTDIR)$(BINDIR)/nook)

.PHONY: install uninstall
