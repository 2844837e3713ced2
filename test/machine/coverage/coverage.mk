# SPDX-License-Identifier: Apache-2.0
#
# coverage.mk - which branches of the emulator's own files the tests take (see run.sh and report.py
# here). Included by the root Makefile behind machine.mk and model.mk.

COVERAGE_DIR   := $(MACHINE_DIR)/coverage
COVERAGE_TABLE := $(BUILD)/coverage.md

# The emulator is found when it is needed: its name costs a hash of all its files.
COVERAGE_QEMU   = $$(qemu/build.sh --variant coverage --path)
SUITE_coverage  = coverage=$(COVERAGE_DIR)/run.sh -q $(COVERAGE_QEMU) -b $(MACHINE_BUILD) -e $(MODEL_ELF) -o $(COVERAGE_TABLE)
NEEDS_coverage  = $(MACHINE_TESTS) $(MODEL_ELF) coverage-qemu

.PHONY: coverage coverage-qemu
coverage-qemu: $(call packages,qemu)
	$(Q)qemu/build.sh --variant coverage

coverage: $(NEEDS_coverage) ## which branches of the emulator's files the tests take; a table: BUILD/coverage.md
	@V=1 test/run.sh '$(SUITE_coverage)'
