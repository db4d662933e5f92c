# SPDX-License-Identifier: Apache-2.0
# make dist, deb: the source as a tarball and the programs as a Debian package. Both are
# byte-identical for the same commit: names sorted, times that of the commit, owner root.

##@ Package
EPOCH = $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
DIST = build/warpipe-$(VERSION).tar.gz
ARCHITECTURE = $(shell dpkg --print-architecture)
DEB = build/warpipe_$(VERSION)_$(ARCHITECTURE).deb
DEB_ROOT = build/deb

dist: ## the committed source as build/warpipe-VERSION.tar.gz
	@mkdir -p build
	git archive --format=tar --prefix=warpipe-$(VERSION)/ HEAD | gzip -n >$(DIST).tmp
	mv $(DIST).tmp $(DIST)

# The libraries a program needs are asked of the programs themselves.
deb: all ## the programs as build/warpipe_VERSION_ARCH.deb
	rm -rf $(DEB_ROOT)
	$(MAKE) --no-print-directory install DESTDIR=$(DEB_ROOT) PREFIX=/usr
	strip --strip-unneeded --remove-section=.note.gnu.build-id $(DEB_ROOT)/usr/bin/*
	gzip -9n $(DEB_ROOT)/usr/share/man/man1/*.1
	install -Dm 644 LICENSE $(DEB_ROOT)/usr/share/doc/warpipe/copyright
	mkdir -p $(DEB_ROOT)/DEBIAN
	{ echo 'Package: warpipe'; \
	  echo 'Version: $(VERSION)'; \
	  echo 'Architecture: $(ARCHITECTURE)'; \
	  echo 'Maintainer: warpipe maintainers <warpipe@example.org>'; \
	  echo 'Section: devel'; \
	  echo 'Priority: optional'; \
	  echo 'Depends: $(subst $(space),$(comma) ,$(strip $(DEB_DEPENDS)))'; \
	  echo 'Recommends: jq, parallel, universal-ctags'; \
	  echo 'Description: filters that find GPU kernels in sources, traces and profiles'; \
	  echo ' Which kernels run, where in the model each is called from, and how close each'; \
	  echo ' is to the limit of the hardware: programs that stream records through pipes.'; \
	} >$(DEB_ROOT)/DEBIAN/control
	find $(DEB_ROOT) -print0 | xargs -0 touch --no-dereference --date=@$(EPOCH)
	SOURCE_DATE_EPOCH=$(EPOCH) dpkg-deb --root-owner-group --build $(DEB_ROOT) $(DEB)

empty =
space = $(empty) $(empty)
comma = ,
# Packages that own the shared libraries the programs are linked with.
DEB_DEPENDS = $(sort $(shell ldd $(PROGRAMS) 2>/dev/null | awk '$$3 ~ /^\// { print $$3 }' | \
	sort -u | xargs -r -n 1 realpath | xargs -r dpkg-query -S 2>/dev/null | cut -d: -f1))

.PHONY: dist deb
