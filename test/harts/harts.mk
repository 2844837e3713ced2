# SPDX-License-Identifier: Apache-2.0
# Machines of several processors, booted on a busy host: run.py.

SUITE_harts      = harts=test/harts/run.py
SUITE_harts_long = harts=test/harts/run.py --boots $(or $(BOOTS),200)
NEEDS_harts      = $(QEMU) $(TOOL) $(KERNEL_ELFS) $(RUN_CONFS) $(GUEST_OUT)/harts_hello.img

test-harts: $(NEEDS_harts) ## boot with four processors on a busy host; BOOTS=200 of them
	@V=$(V) test/run.sh "$(SUITE_harts)$(if $(BOOTS), --boots $(BOOTS))"

.PHONY: test-harts
