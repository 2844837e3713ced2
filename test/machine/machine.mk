# SPDX-License-Identifier: Apache-2.0
#
# machine.mk - bare-metal conformance tests of the SecureCells machine (see README.md here).
# Included by the root Makefile. Uses BUILD, QEMU (path of our emulator), Q, V, packages.

MACHINE_DIR   := test/machine
MACHINE_BUILD := $(BUILD)/machine

MACHINE_CC     ?= riscv64-unknown-elf-gcc
MACHINE_CFLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-common -fno-strict-aliasing \
                  -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mno-relax -I$(MACHINE_DIR) -Iuser/include \
                  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
                  -Wimplicit-fallthrough -Werror
MACHINE_LDFLAGS := -nostdlib -static -Wl,--build-id=none -Wl,--no-warn-rwx-segments \
                   -T $(MACHINE_DIR)/lib/link.ld

# Every C file in tests/ and stress/ is one test; every C file in monitor/ is the guest of scripts there.
MACHINE_TESTS := $(patsubst $(MACHINE_DIR)/%.c,$(MACHINE_BUILD)/%.elf, \
                   $(sort $(wildcard $(MACHINE_DIR)/tests/*.c $(MACHINE_DIR)/stress/*.c \
                     $(MACHINE_DIR)/monitor/*.c)))
STRESS_NAMES  := $(basename $(notdir $(sort $(wildcard $(MACHINE_DIR)/stress/*.c))))
MACHINE_LIB   := $(addprefix $(MACHINE_BUILD)/lib/,start.o probe.o machine.o table.o radix.o radix_check.o sc.o situation.o words.o worker.o stress.o)

$(MACHINE_BUILD)/%.o: $(MACHINE_DIR)/%.c | $(call packages,kernel)
	@mkdir -p $(@D)
	$(Q)$(MACHINE_CC) $(MACHINE_CFLAGS) -MMD -MP -c -o $@ $<

$(MACHINE_BUILD)/%.o: $(MACHINE_DIR)/%.S | $(call packages,kernel)
	@mkdir -p $(@D)
	$(Q)$(MACHINE_CC) $(MACHINE_CFLAGS) -MMD -MP -c -o $@ $<

# A test whose name ends in _without_c runs on a CPU without compressed instructions.
MACHINE_NOC_CFLAGS := $(patsubst -march=%,-march=rv64ima_zicsr_zifencei,$(MACHINE_CFLAGS))
MACHINE_NOC_LIB    := $(patsubst $(MACHINE_BUILD)/%,$(MACHINE_BUILD)/noc/%,$(MACHINE_LIB))

$(MACHINE_BUILD)/noc/%.o: $(MACHINE_DIR)/%.c | $(call packages,kernel)
	@mkdir -p $(@D)
	$(Q)$(MACHINE_CC) $(MACHINE_NOC_CFLAGS) -MMD -MP -c -o $@ $<

$(MACHINE_BUILD)/noc/%.o: $(MACHINE_DIR)/%.S | $(call packages,kernel)
	@mkdir -p $(@D)
	$(Q)$(MACHINE_CC) $(MACHINE_NOC_CFLAGS) -MMD -MP -c -o $@ $<

$(MACHINE_BUILD)/%_without_c.elf: $(MACHINE_BUILD)/noc/%_without_c.o $(MACHINE_NOC_LIB) $(MACHINE_DIR)/lib/link.ld
	@mkdir -p $(@D)
	$(Q)$(MACHINE_CC) $(MACHINE_NOC_CFLAGS) $(MACHINE_LDFLAGS) -o $@ $< $(MACHINE_NOC_LIB)

$(MACHINE_BUILD)/%.elf: $(MACHINE_BUILD)/%.o $(MACHINE_LIB) $(MACHINE_DIR)/lib/link.ld
	$(Q)$(MACHINE_CC) $(MACHINE_CFLAGS) $(MACHINE_LDFLAGS) -o $@ $< $(MACHINE_LIB) -lgcc

.PRECIOUS: $(MACHINE_BUILD)/%.o $(MACHINE_BUILD)/noc/%.o

.PHONY: machine-tests test-machine
machine-tests: $(MACHINE_TESTS)

test-machine: $(MACHINE_TESTS) $(QEMU) ## the emulator against its specification; TESTS='h0*' selects
	@V=$(V) test/run.sh "machine=$(MACHINE_DIR)/run.sh -q $(QEMU) -b $(MACHINE_BUILD) \
	    $(patsubst %,'%',$(TESTS))" $(if $(TESTS),,"$(SUITE_model)")

.PHONY: test-stress
test-stress: $(MACHINE_TESTS) $(QEMU) ## four harts on one table, FACTOR= (100) times as long as in the tests
	@TEST_SUITE_LIMIT=86400 V=1 test/run.sh "$(SUITE_stress)"

-include $(MACHINE_TESTS:.elf=.d) $(MACHINE_LIB:.o=.d) $(MACHINE_NOC_LIB:.o=.d)
