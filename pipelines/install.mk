# SPDX-License-Identifier: Apache-2.0
# make install, uninstall: programs, man pages and shell completions.

##@ Install
MAN = $(DESTDIR)$(PREFIX)/share/man/man1
BASH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
# The commands of warpipe: scripts, and what they read.
LIBEXEC = $(DESTDIR)$(PREFIX)/libexec/warpipe
COMMANDS = definitions hot-kernels kernel-bench kernel-catalogue kernel-where plan trace-check \
	trace-compare trace-model trace-ranks trace-report
COMMAND_FILES = $(notdir $(wildcard pipelines/*.bash pipelines/*.jq pipelines/plan*.awk)) \
	close-names.awk plan-env.txt torch-functions.txt torch-sources.txt

# install(1) sets modes, whatever the umask is.
install: all ## install into $(DESTDIR)$(PREFIX): programs, man pages, completions
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(LIBEXEC)' '$(MAN)' '$(BASH_COMPLETIONS)' '$(ZSH_COMPLETIONS)' '$(FISH_COMPLETIONS)'
	install -m 755 $(PROGRAMS) $(BIN)/warpipe '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 $(COMMANDS:%=pipelines/%) '$(LIBEXEC)'
	install -m 644 $(COMMAND_FILES:%=pipelines/%) filters/kgrep-imports/sources.txt '$(LIBEXEC)'
	install -d '$(LIBEXEC)/deployments'
	install -m 644 $(wildcard pipelines/deployments/*.json) '$(LIBEXEC)/deployments'
	install -m 644 $(foreach filter,$(FILTERS),filters/$(filter)/$(filter).1) pipelines/warpipe.1 '$(MAN)'
	@for filter in $(FILTERS) warpipe; do \
	  pipelines/completion bash $(BIN)/$$filter | \
	    install -m 644 /dev/stdin '$(BASH_COMPLETIONS)'/$$filter; \
	  pipelines/completion zsh $(BIN)/$$filter | \
	    install -m 644 /dev/stdin '$(ZSH_COMPLETIONS)'/_$$filter; \
	  pipelines/completion fish $(BIN)/$$filter | \
	    install -m 644 /dev/stdin '$(FISH_COMPLETIONS)'/$$filter.fish; \
	done

uninstall: ## remove what install put there
	@rm -rfv '$(LIBEXEC)'
	@for filter in $(FILTERS) warpipe; do \
	  rm -fv '$(DESTDIR)$(PREFIX)/bin'/$$filter '$(MAN)'/$$filter.1 \
	    '$(BASH_COMPLETIONS)'/$$filter '$(ZSH_COMPLETIONS)'/_$$filter '$(FISH_COMPLETIONS)'/$$filter.fish; \
	done

print-commands:
	@printf '%s\n' $(COMMANDS) $(COMMAND_FILES) sources.txt $(patsubst pipelines/%,%,$(wildcard pipelines/deployments/*.json))

# The one command, beside the programs.
$(BIN)/warpipe: pipelines/warpipe
	$(call made,CP $@)mkdir -p $(@D) && install -m 755 $< $@

.PHONY: install uninstall print-commands
