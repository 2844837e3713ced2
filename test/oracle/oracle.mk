# SPDX-License-Identifier: Apache-2.0
# Recording what Linux does as what is to be expected of Cella: see README.md. Not part of `make test`.
#
# A suite adds its cases to ORACLE_CASES, as record.py has them, and their images to ORACLE_IMAGES.

ORACLE_OUT    := $(BUILD)/test/oracle
ORACLE_CFLAGS := -std=gnu11 -O2 -static -Wall -Wextra -Wshadow -Wstrict-prototypes \
                 -Wmissing-prototypes -Wvla -Wimplicit-fallthrough -Werror

$(ORACLE_OUT)/init: test/oracle/init.c test/oracle/oracle.mk | $(call packages,guest)
	@echo "  GUESTCC oracle/init"
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(ORACLE_CFLAGS) $< -o $@

oracle-init: $(ORACLE_OUT)/init

# With TESTS, guest tests that no pattern names are not built for it.
ORACLE_NEEDS = $(ORACLE_OUT)/init $(QEMU) $(call packages,oracle image run) \
               $(if $(TESTS),$(filter $(foreach t,$(TESTS),%/$(subst *,%,$(notdir $t)).img),$(ORACLE_IMAGES)) \
                   $(filter-out $(GUEST_IMAGES),$(ORACLE_IMAGES)),$(ORACLE_IMAGES))

oracle: $(ORACLE_NEEDS) ## record what Linux does, as what tests expect; TESTS='hello app/*' selects
	@QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' test/oracle/record.py $(foreach t,$(TESTS),-t '$t') $(ORACLE_CASES)

.PHONY: oracle oracle-init
