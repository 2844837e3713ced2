# SPDX-License-Identifier: Apache-2.0
# Debian's Linux on the patched emulator and on the unpatched one: see README.md. Part of `make
# test-long`, not of `make test`, since it fetches a kernel package of 100 MB and wants a second emulator.

# The emulator of the same sources and options without our patches, in the cache like ours. With
# UNPATCHED= it is somebody else's, and nothing is built.
ifeq ($(origin UNPATCHED),undefined)
UNPATCHED := $(shell CACHE='$(CACHE)' qemu/build.sh --variant unpatched --path)
$(UNPATCHED): | $(call packages,qemu)
	qemu/build.sh --variant unpatched
else
$(UNPATCHED): ;
endif

SUITE_linux = linux=QEMU='$(QEMU)' UNPATCHED='$(UNPATCHED)' FIRMWARE='$(FIRMWARE)' \
              test/linux/run.py $(patsubst %,'%',$(TESTS))
NEEDS_linux = $(QEMU) $(UNPATCHED) $(call packages,oracle run)

test-linux: $(NEEDS_linux) ## Debian's Linux and its KVM on the emulator, with and without our patches; TESTS='sv48/*' selects
	@V=$(V) test/run.sh "$(SUITE_linux)"

.PHONY: test-linux
