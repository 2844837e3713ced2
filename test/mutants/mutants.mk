# SPDX-License-Identifier: Apache-2.0
#
# mutants.mk - faults seeded into the emulator, each of which a test must notice (see README.md
# here). Included by the root Makefile behind machine.mk and model.mk.

MUTANTS_DIR   := test/mutants
MUTANTS_TABLE := $(BUILD)/mutants.md

SUITE_mutants = mutants=$(MUTANTS_DIR)/run.py --build $(MACHINE_BUILD) --elf $(MODEL_ELF) \
                --work $(BUILD)/mutants --cache $(CACHE) --table $(MUTANTS_TABLE) $(patsubst %,'%',$(MUTANTS))
NEEDS_mutants = $(MACHINE_TESTS) $(MODEL_ELF) $(call packages,qemu)

.PHONY: test-mutants
test-mutants: $(NEEDS_mutants) ## faults seeded into the emulator; MUTANTS='recv*' selects, a table: BUILD/mutants.md
	@V=1 TEST_SUITE_LIMIT=86400 test/run.sh "$(SUITE_mutants)"
