# SPDX-License-Identifier: Apache-2.0
# make setup: Debian packages and the pinned inputs. Running it again does nothing.

INPUTS = build/inputs
# Debian's own, which packages.txt equips with pip, setuptools and wheel.
PYTHON = /usr/bin/python3

##@ Set-up
setup: setup-packages ## install what packages.txt names, fetch pinned inputs
	@$(MAKE) --no-print-directory $(INPUTS)/.fetched

# What the other goals need is there only when setup is through.
ifneq ($(filter setup setup-checks,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

# What of packages.txt: for a user, for the tests, or all of it.
setup-packages: last = Only for tests
check-packages: last = Only for checks
setup-checks-packages: last = no such line
setup-checks: setup-checks-packages ## install, too, what only checks need: a browser, static checkers, clang
	@$(MAKE) --no-print-directory $(INPUTS)/.fetched $(CHECKS)/.fetched

# A test says itself what it lacks: only without bats there are no tests.
setup-packages check-packages setup-checks-packages:
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; missing=; \
	here="[[ ]$$(dpkg --print-architecture)[] ]"; \
	for package in $$(sed '/^# $(last)/,$$d; s/#.*//' packages.txt | awk -v here="$$here" '!/\[/ || $$0 ~ here { print $$1 }'); do \
	  dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q 'ok installed' || \
	    missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	sudo=; \
	if [ "$$(id -u)" -ne 0 ]; then \
	  sudo="sudo -n"; \
	  if ! sudo -n true 2>/dev/null; then \
	    echo "setup: run as root: apt-get install --no-install-recommends$$missing" >&2; \
	    if [ $@ = check-packages ] && command -v bats >/dev/null; then exit 0; fi; \
	    exit 2; \
	  fi; \
	fi; \
	echo "setup: installing$$missing"; \
	{ $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  $$sudo apt-get install -y -qq --no-install-recommends $$missing; } >"$$log" 2>&1 || \
	  { status=$$?; cat "$$log" >&2; exit $$status; }

# The hashes in inputs.txt choose the file: a release that was replaced is refused.
$(INPUTS)/.fetched: inputs.txt $(filter distclean,$(cleaning))
	@rm -rf $(INPUTS)
	@mkdir -p $(INPUTS)/download
	$(call made,FETCH inputs.txt)$(PYTHON) -m pip download --quiet --no-deps --no-build-isolation --require-hashes \
	  --disable-pip-version-check --dest $(INPUTS)/download -r inputs.txt
	$(Q)mkdir -p $(INPUTS)/tree-sitter-python $(INPUTS)/sglang/python $(INPUTS)/flashinfer
	$(Q)tar -xzf $(INPUTS)/download/tree_sitter_python-*.tar.gz --strip-components=1 \
	  -C $(INPUTS)/tree-sitter-python
	$(Q)unzip -q $(INPUTS)/download/sglang-*.whl -x '*.dist-info/*' -d $(INPUTS)/sglang/python
	$(Q)unzip -q $(INPUTS)/download/flashinfer_python-*.whl -x '*.dist-info/*' -d $(INPUTS)/flashinfer
	@touch $@

CHECKS = build/checks
$(CHECKS)/.fetched: checks.txt $(filter distclean,$(cleaning))
	@rm -rf $(CHECKS)
	$(call made,FETCH checks.txt)$(PYTHON) -m pip install --quiet --no-deps --require-hashes --only-binary :all: \
	  --disable-pip-version-check --root-user-action ignore --target $(CHECKS) -r checks.txt
	@touch $@

# One release at a time: pip takes one version of a package in one call. The platform is
# named, since the files are only read, never run.
releases: build/releases/.fetched ## fetch the further sglang releases that the oracles are run on

build/releases/.fetched: releases.txt
	rm -rf build/releases
	mkdir -p build/releases/download
	sed '/^#/d' releases.txt | while read -r line; do \
	  echo "$$line" >build/releases/one.txt; \
	  release=$$(sed 's/==/-/; s/ .*//' build/releases/one.txt); \
	  $(PYTHON) -m pip download --quiet --no-deps --require-hashes --only-binary :all: \
	    --python-version 3.11 --platform manylinux_2_34_x86_64 \
	    --disable-pip-version-check --dest build/releases/download -r build/releases/one.txt; \
	  mkdir -p build/releases/$$release/sglang/python; \
	  unzip -q "build/releases/download/$$release"-*.whl -x '*.dist-info/*' \
	    -d build/releases/$$release/sglang/python; \
	done
	touch $@

.PHONY: setup setup-packages check-packages setup-checks setup-checks-packages releases
