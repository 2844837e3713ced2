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

# vm, and in it the guest that it runs: see vm/vm.c.
LINUX_OUT    := $(BUILD)/test/linux
LINUX_CFLAGS := -std=gnu11 -O2 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
                -Wimplicit-fallthrough -Werror
LINUX_GUEST_CFLAGS := $(LINUX_CFLAGS) -ffreestanding -fno-pic -fno-builtin -fno-stack-protector \
                -fno-tree-loop-distribute-patterns -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany \
                -msmall-data-limit=0 -nostdlib -static -Wl,--build-id=none -Wl,--no-warn-rwx-segments

$(LINUX_OUT)/guest.bin: test/linux/vm/guest.S test/linux/vm/guest.c test/linux/vm/guest.ld test/linux/linux.mk \
		| $(call packages,guest)
	@echo "  GUESTCC linux/guest"
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(LINUX_GUEST_CFLAGS) -T $(filter %.ld,$^) $(filter %.S %.c,$^) -o $(@:.bin=.elf)
	$(Q)riscv64-linux-gnu-objcopy -O binary $(@:.bin=.elf) $@

$(LINUX_OUT)/vm: test/linux/vm/vm.c $(LINUX_OUT)/guest.bin
	@echo "  GUESTCC linux/vm"
	$(Q)$(GUEST_CC) $(LINUX_CFLAGS) -static -DGUEST='"$(abspath $(LINUX_OUT)/guest.bin)"' $< -o $@

SUITE_linux = linux=QEMU='$(QEMU)' UNPATCHED='$(UNPATCHED)' FIRMWARE='$(FIRMWARE)' \
              test/linux/run.py $(patsubst %,'%',$(TESTS))
NEEDS_linux = $(QEMU) $(UNPATCHED) $(LINUX_OUT)/vm $(call packages,oracle run)

test-linux: $(NEEDS_linux) ## Debian's Linux and its KVM on the emulator, with and without our patches; TESTS='sv48/*' selects
	@V=$(V) test/run.sh "$(SUITE_linux)"

.PHONY: test-linux
