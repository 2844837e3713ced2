# SPDX-License-Identifier: Apache-2.0
#
# mutants.mk - faults seeded into the emulator and into the kernel's memory management, each of which a
# test must notice (see README.md here). Included by the root Makefile behind machine.mk and model.mk.

MUTANTS_DIR := test/mutants

SUITE_mutants        = mutants=$(MUTANTS_DIR)/run.py --build $(MACHINE_BUILD) --elf $(MODEL_ELF) \
                       --work $(BUILD)/mutants --cache $(CACHE) --table $(BUILD)/mutants.md $(patsubst %,'%',$(MUTANTS))
SUITE_mutants_kernel = mutants_kernel=$(MUTANTS_DIR)/kernel.py --work $(BUILD)/mutants-kernel --cache $(CACHE) \
                       --table $(BUILD)/mutants-kernel.md $(patsubst %,'%',$(MUTANTS))
NEEDS_mutants_kernel = $(call packages,host)
NEEDS_mutants        = $(MACHINE_TESTS) $(MODEL_ELF) $(call packages,qemu) $(NEEDS_mutants_kernel)

.PHONY: test-mutants test-mutants-kernel test-mutants-emulator
test-mutants: $(NEEDS_mutants) ## faults seeded into emulator and kernel, tables: BUILD/mutants*.md
	@V=1 TEST_SUITE_LIMIT=86400 test/run.sh "$(SUITE_mutants)" "$(SUITE_mutants_kernel)"

test-mutants-kernel: $(NEEDS_mutants_kernel) ## the kernel's alone; MUTANTS='*grant*' selects
	@V=1 TEST_SUITE_LIMIT=86400 test/run.sh "$(SUITE_mutants_kernel)"

test-mutants-emulator: $(NEEDS_mutants) ## the emulator's alone; MUTANTS='recv*' selects
	@V=1 TEST_SUITE_LIMIT=86400 test/run.sh "$(SUITE_mutants)"
