# SPDX-License-Identifier: Apache-2.0
# The machine's power is cut at random block writes of a program that writes files: run.py.

SUITE_crash      = crash=test/crash/run.py $(or $(CUTS),10)
SUITE_crash_long = crash=test/crash/run.py $(or $(CUTS),200) $(or $(SEED),2)
NEEDS_crash      = $(QEMU) $(KERNEL_ELFS) $(RUN_CONFS) $(GUEST_OUT)/disk_steps.img

test-crash: $(NEEDS_crash) ## cuts at block writes: files that were synced are there; CUTS=200
	@V=$(V) test/run.sh "$(SUITE_crash)"

.PHONY: test-crash
