# SPDX-License-Identifier: Apache-2.0
# CPython's own test suite: what its modules give on both platforms, compared with Linux. See README.md.
#
# Every manifest but manifest.json is a group of modules, in one boot. `make test` runs the group short.

CPYTHON_IMAGE := $(BUILD)/images/cpython.img
$(eval $(call image_rule,$(CPYTHON_IMAGE),test/cpython))

ORACLE_CASES  += $(foreach g,$(filter-out manifest,$(basename $(notdir $(wildcard test/cpython/*.json)))),cpython/$g=$(CPYTHON_IMAGE):/.cella/$g.json)
ORACLE_IMAGES += $(CPYTHON_IMAGE)

SUITE_cpython      = cpython=test/cpython/run.py short
SUITE_cpython_long = cpython=TEST_LIMIT=3600 test/cpython/run.py $(patsubst %,'%',$(TESTS))
NEEDS_cpython      = $(QEMU) $(TOOL) $(KERNEL_ELFS) $(RUN_CONFS) $(CPYTHON_IMAGE)

.PHONY: test-cpython
test-cpython: $(NEEDS_cpython) ## CPython's own tests, compared with Linux: half an hour; TESTS='files' selects a group
	@V=$(V) test/run.sh "$(SUITE_cpython_long)"
