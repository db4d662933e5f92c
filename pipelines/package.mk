# SPDX-License-Identifier: Apache-2.0
# make dist, deb: the source as a tarball and the programs as a Debian package. Both are
# byte-identical for the same commit: names sorted, times that of the commit, owner root.

##@ Package
# When the source was made: what SOURCE_DATE_EPOCH says, else the commit, else, in a tarball,
# the time that all its files have from the commit.
EPOCH = $(or $(SOURCE_DATE_EPOCH),$(shell \
	[ -e .git ] && git log -1 --format=%ct 2>/dev/null || stat -c %Y Makefile))
DIST = build/warpipe-$(VERSION).tar.gz
DEB = build/warpipe_$(VERSION)_$(shell dpkg --print-architecture).deb
DEB_ROOT = build/deb

dist: ## the committed source as build/warpipe-VERSION.tar.gz
	@[ -e .git ] || { echo 'dist: the tarball is made of a commit: no git here' >&2; exit 2; }
	@mkdir -p build
	git -c tar.umask=0022 archive --format=tar --prefix=warpipe-$(VERSION)/ HEAD | \
	  gzip -9n >$(DIST).tmp
	mv $(DIST).tmp $(DIST)

deb: all ## the programs as build/warpipe_VERSION_ARCH.deb
	rm -rf $(DEB_ROOT)
	$(MAKE) --no-print-directory install DESTDIR=$(DEB_ROOT) PREFIX=/usr
	pipelines/deb $(DEB_ROOT) $(VERSION) $(EPOCH) $(DEB)

# A Debian system in a folder, made by debootstrap if there is none; a copy of it is used.
DEB_SYSTEM = build/debian
check-deb: deb ## install, run and remove the package in a fresh Debian system (as root)
	tests/check-deb $(DEB) $(DEB_SYSTEM)

check-image: ## build the image of the Dockerfile on that system, ask it for a report (as root, with buildah)
	tests/check-image $(DEB_SYSTEM)

.PHONY: dist deb check-deb check-image
