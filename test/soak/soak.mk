# SPDX-License-Identifier: Apache-2.0
# Random calls on memory by guest programs, with many seeds: run.py; see README.md.

SOAK_IMAGES := $(GUEST_OUT)/mem_soak.img $(GUEST_OUT)/mem_soak_threads.img

SUITE_soak       = soak=test/soak/run.py $(patsubst %,'%',$(TESTS))
SUITE_soak_long  = soak=test/soak/run.py --seeds $(or $(SEEDS),400) --first $(or $(FIRST),1001)
NEEDS_soak       = $(QEMU) $(TOOL) $(KERNEL_ELFS) $(RUN_CONFS) $(SOAK_IMAGES)

test-soak: $(NEEDS_soak) ## random memory calls in guests, judged by a model; TESTS='mem_soak-3' selects
	@V=$(V) test/run.sh "$(SUITE_soak)"

.PHONY: test-soak
