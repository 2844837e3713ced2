# SPDX-License-Identifier: Apache-2.0
# Kernels that test themselves: all of a platform's kernel, but with another first thread.
# run.sh boots them and judges; README.md says how to write one.
#
# test/kernel/NAME.c defines boot_program(), in place of platform/common/program.c. Linked with it
# are the helpers (ktest*.c, user.S) and what the test has to know of the memory model, which
# is a folder here under the model's name. A comment /* wrap: FUNCTION */ puts the test's
# __wrap_FUNCTION in the way of all calls of FUNCTION.

KTEST_DIR   := test/kernel
KTEST_TESTS := $(filter-out ktest%,$(patsubst $(KTEST_DIR)/%.c,%,$(sort $(wildcard $(KTEST_DIR)/*.c))))
KTEST_OUT   := $(BUILD)/test/kernel
KTEST_ELFS  := $(foreach p,$(PLATFORMS),$(KTEST_TESTS:%=$(KTEST_OUT)/$p/%.elf))

# $(call ktest_rules,PLATFORM): its helpers, and the rule for its kernels.
define ktest_rules
$(1).ktest := $(addprefix $(BUILD)/$(1)/obj/$(KTEST_DIR)/,ktest.o ktest_trap.o ktest_nested.o user.o $($(1).model)/model.o)
KTEST_OBJS += $$($(1).ktest) $(KTEST_TESTS:%=$(BUILD)/$(1)/obj/$(KTEST_DIR)/%.o)
$(BUILD)/$(1)/obj/$(KTEST_DIR)/%.o: private KERNEL_CFLAGS += -I$(KTEST_DIR)/$($(1).model)

$(KTEST_OUT)/$(1)/%.elf: $(BUILD)/$(1)/obj/$(KTEST_DIR)/%.o $$($(1).ktest) \
		$(filter-out %/program.o,$($(1).objs)) $(LIBFDT) $(KERNEL_LDS) tools/ksyms tools/link-kernel \
		$(KTEST_DIR)/kernel.mk platform/$(1)/platform.mk
	@echo "  LD      $(1)/test/$$*"
	$(Q)mkdir -p $$(@D)
	$(Q)CC="$(KERNEL_CC) $(KERNEL_ARCH)" NM=$(KERNEL_NM) tools/link-kernel $$@ \
	    $(KERNEL_LDFLAGS) -Wl,--defsym=LOAD_PA=$($(1).load) -Wl,-T,$(KERNEL_LDS) \
	    $$$$(sed -n '1,40s,^/\* *wrap: *\([a-z_0-9]*\) *\*/,-Wl\,--wrap=\1,p' $(KTEST_DIR)/$$*.c) \
	    $$(filter %.o,$$^) $(LIBFDT) $$(libgcc)
endef
KTEST_OBJS :=
$(foreach p,$(PLATFORMS),$(eval $(call ktest_rules,$p)))

.SECONDARY: $(KTEST_OBJS)
-include $(KTEST_OBJS:.o=.d)
