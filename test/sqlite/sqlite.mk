# SPDX-License-Identifier: Apache-2.0
# SQLite's own tests: what they give on both platforms, compared with Linux. See README.md.
#
# Every manifest but manifest.json is a group of test files, in one boot. `make test` runs the group short.

SQLITE_IMAGE := $(BUILD)/images/sqlite.img
$(eval $(call image_rule,$(SQLITE_IMAGE),test/sqlite))
$(SQLITE_IMAGE): | $(call packages,host)

ORACLE_CASES  += $(foreach g,$(filter-out manifest,$(basename $(notdir $(wildcard test/sqlite/*.json)))),sqlite/$g=$(SQLITE_IMAGE):/.cella/$g.json)
ORACLE_IMAGES += $(SQLITE_IMAGE)

SUITE_sqlite      = sqlite=test/sqlite/run.py short
SUITE_sqlite_long = sqlite=TEST_LIMIT=3600 test/sqlite/run.py $(patsubst %,'%',$(TESTS))
NEEDS_sqlite      = $(QEMU) $(TOOL) $(KERNEL_ELFS) $(RUN_CONFS) $(SQLITE_IMAGE)

.PHONY: test-sqlite
test-sqlite: $(NEEDS_sqlite) ## SQLite's own tests, compared with Linux; TESTS='locks' selects a group
	@V=$(V) test/run.sh "$(SUITE_sqlite_long)"
