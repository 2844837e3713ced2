# SPDX-License-Identifier: Apache-2.0
#
# proof.mk - what shows that the cell table may be edited while it is walked (see README.md here).
# Included by the root Makefile behind test/host/host.mk, whose compiler flags the tests of code use.

PROOF_DIR := test/proof
PROOF_OUT := $(BUILD)/test/proof

PROOF_CFLAGS := -std=gnu11 $(WARNINGS) -isystem $(INCLUDE) -Isrc -Itest/host -I$(PROOF_DIR)
# The explorer visits tens of millions of states.
PROOF_FAST    := $(PROOF_CFLAGS) -O2
PROOF_CHECKED := $(PROOF_CFLAGS) -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
                 -fno-sanitize-recover=all -DCELLA_HOST_TEST

PROOF_PROTOCOL_SRCS := $(sort $(wildcard $(PROOF_DIR)/protocol/*.c)) $(PROOF_DIR)/rvwmo/rvwmo.c
PROOF_CONFORM_SRCS  := $(PROOF_DIR)/conform.c $(PROOF_DIR)/conform_edits.c $(PROOF_DIR)/rvwmo/rvwmo.c \
                       $(addprefix $(PROOF_DIR)/protocol/,plan.c orders.c editor.c invariants.c)
PROOF_LITMUS_SRCS   := $(sort $(wildcard $(PROOF_DIR)/rvwmo/*.c))
PROOF_PROGRAMS      := $(addprefix $(PROOF_OUT)/,protocol litmus conform)

# Whole programs in one command each: there are few sources, and they are small.
$(PROOF_OUT)/protocol: $(PROOF_PROTOCOL_SRCS) $(wildcard $(PROOF_DIR)/*/*.h) $(PROOF_DIR)/proof.mk \
                       | $(call packages,host)
	@echo "  HOSTCC  proof: protocol"
	$(Q)mkdir -p $(@D) && $(HOST_CC) $(PROOF_FAST) $(filter %.c,$^) -o $@

$(PROOF_OUT)/litmus: $(PROOF_LITMUS_SRCS) $(wildcard $(PROOF_DIR)/*/*.h) $(PROOF_DIR)/proof.mk \
                     | $(call packages,host)
	@echo "  HOSTCC  proof: litmus"
	$(Q)mkdir -p $(@D) && $(HOST_CC) $(PROOF_CHECKED) $(filter %.c,$^) -o $@

$(PROOF_OUT)/conform: $(PROOF_CONFORM_SRCS) $(wildcard $(PROOF_DIR)/*.h $(PROOF_DIR)/*/*.h) $(PROOF_DIR)/proof.mk \
                      $(LIBRARY_HEADERS) $(wildcard src/riscv64-cells/*.[ch] src/lib/*.h src/machine/*.h) \
                      | $(call packages,host)
	@echo "  HOSTCC  proof: conform"
	$(Q)mkdir -p $(@D) && $(HOST_CC) $(PROOF_CHECKED) $(filter $(PROOF_CONFORM_SRCS),$^) $(HOST_LDLIBS) -o $@

SUITE_proof      = proof=$(PROOF_DIR)/run.sh $(PROOF_OUT)
SUITE_proof_long = proof=$(PROOF_DIR)/run.sh --long $(PROOF_OUT)
NEEDS_proof      = $(PROOF_PROGRAMS)

.PHONY: test-proof
test-proof: $(NEEDS_proof) ## the orders of edits of a cell table, against every interleaving
	@V=$(V) test/run.sh "$(SUITE_proof)"
