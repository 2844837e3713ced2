# SPDX-License-Identifier: Apache-2.0
#
# model.mk - the golden model and its comparison with the emulator (see README.md here). Included by
# the root Makefile behind machine.mk, whose compiler, flags and library it uses.

MODEL_DIR := test/model
MODEL_ELF := $(MACHINE_BUILD)/model/compare.elf
MODEL_OBJS := $(patsubst $(MODEL_DIR)/%,$(MACHINE_BUILD)/model/%.o,$(basename \
                $(sort $(wildcard $(MODEL_DIR)/*.c $(MODEL_DIR)/*.S))))

$(MACHINE_BUILD)/model/%.o: $(MODEL_DIR)/%.c | $(call packages,kernel)
	@mkdir -p $(@D)
	$(Q)$(MACHINE_CC) $(MACHINE_CFLAGS) -MMD -MP -c -o $@ $<

$(MACHINE_BUILD)/model/%.o: $(MODEL_DIR)/%.S | $(call packages,kernel)
	@mkdir -p $(@D)
	$(Q)$(MACHINE_CC) $(MACHINE_CFLAGS) -MMD -MP -c -o $@ $<

$(MODEL_ELF): $(MODEL_OBJS) $(MACHINE_LIB) $(MACHINE_DIR)/lib/link.ld
	$(Q)$(MACHINE_CC) $(MACHINE_CFLAGS) $(MACHINE_LDFLAGS) -o $@ $(MODEL_OBJS) $(MACHINE_LIB) -lgcc

# The same for a CPU without compressed instructions.
MODEL_NOC_ELF  := $(MACHINE_BUILD)/noc/model/compare.elf
MODEL_NOC_OBJS := $(patsubst $(MACHINE_BUILD)/%,$(MACHINE_BUILD)/noc/%,$(MODEL_OBJS))

$(MACHINE_BUILD)/noc/model/%.o: $(MODEL_DIR)/%.c | $(call packages,kernel)
	@mkdir -p $(@D)
	$(Q)$(MACHINE_CC) $(MACHINE_NOC_CFLAGS) -MMD -MP -c -o $@ $<

$(MACHINE_BUILD)/noc/model/%.o: $(MODEL_DIR)/%.S | $(call packages,kernel)
	@mkdir -p $(@D)
	$(Q)$(MACHINE_CC) $(MACHINE_NOC_CFLAGS) -MMD -MP -c -o $@ $<

$(MODEL_NOC_ELF): $(MODEL_NOC_OBJS) $(MACHINE_NOC_LIB) $(MACHINE_DIR)/lib/link.ld
	$(Q)$(MACHINE_CC) $(MACHINE_NOC_CFLAGS) $(MACHINE_LDFLAGS) -o $@ $(MODEL_NOC_OBJS) $(MACHINE_NOC_LIB)

# The seeds of every test run, and those of make test-long (SEEDS=, FIRST=).
SUITE_model      = model=$(MODEL_DIR)/run.sh -q $(QEMU) -e $(MODEL_ELF) -c $(MODEL_NOC_ELF) -n 800
SUITE_model_long = model=$(MODEL_DIR)/run.sh -q $(QEMU) -e $(MODEL_ELF) -c $(MODEL_NOC_ELF) -f $(or $(FIRST),1001) -n $(or $(SEEDS),40000)
NEEDS_model      = $(QEMU) $(MODEL_ELF) $(MODEL_NOC_ELF)

# make test-machine is both, unless it selects.
test-machine: $(if $(TESTS),,$(MODEL_ELF) $(MODEL_NOC_ELF))

.PHONY: test-model
test-model: $(NEEDS_model) ## the emulator against the golden model; FIRST= and SEEDS= select
	@V=$(V) test/run.sh "$(if $(FIRST)$(SEEDS),$(SUITE_model_long),$(SUITE_model))"

-include $(MODEL_OBJS:.o=.d) $(MODEL_NOC_OBJS:.o=.d)
