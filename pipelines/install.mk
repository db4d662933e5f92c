# SPDX-License-Identifier: Apache-2.0
# make install, uninstall: programs, man pages and shell completions.

##@ Install
MAN = $(DESTDIR)$(PREFIX)/share/man/man1
BASH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/zsh/site-functions

# install(1) sets modes, whatever the umask is.
install: all ## install into $(DESTDIR)$(PREFIX): programs, man pages, completions
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(MAN)' '$(BASH_COMPLETIONS)' '$(ZSH_COMPLETIONS)'
	install -m 755 $(PROGRAMS) '$(DESTDIR)$(PREFIX)/bin'
	install -m 644 $(foreach filter,$(FILTERS),filters/$(filter)/$(filter).1) '$(MAN)'
	@for filter in $(FILTERS); do \
	  pipelines/completion bash $(BIN)/$$filter | \
	    install -m 644 /dev/stdin '$(BASH_COMPLETIONS)'/$$filter; \
	  pipelines/completion zsh $(BIN)/$$filter | \
	    install -m 644 /dev/stdin '$(ZSH_COMPLETIONS)'/_$$filter; \
	done

uninstall: ## remove what install put there
	@for filter in $(FILTERS); do \
	  rm -fv '$(DESTDIR)$(PREFIX)/bin'/$$filter '$(MAN)'/$$filter.1 \
	    '$(BASH_COMPLETIONS)'/$$filter '$(ZSH_COMPLETIONS)'/_$$filter; \
	done

.PHONY: install uninstall
