# SPDX-License-Identifier: Apache-2.0
# Whole machines booted with what users may hand them: run.py boots and judges; see README.md.
#
# The tests need one program of their own, act, which does what its arguments say.

BOOT_OUT := $(BUILD)/test/boot

$(BOOT_OUT)/act: test/boot/programs/act.c test/boot/boot.mk | $(call packages,guest)
	@echo "  GUESTCC act"
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) $< -o $@
