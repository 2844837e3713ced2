# SPDX-License-Identifier: Apache-2.0
# The machine's power is cut at random block writes of programs that write files: run.py. The journals that are left,
# replayed by Linux and Linux's by the kernel: replay.py, in `make test-long` alone, since it takes a Linux.

SUITE_crash      = crash=test/crash/run.py $(or $(CUTS),6)
SUITE_crash_long = crash=test/crash/run.py $(or $(CUTS),200) $(or $(SEED),2)
SUITE_replay     = replay=QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' test/crash/replay.py $(or $(CUTS),48) $(or $(SEED),2)
NEEDS_crash      = $(QEMU) $(KERNEL_ELFS) $(RUN_CONFS) $(GUEST_OUT)/disk_steps.img $(GUEST_OUT)/disk_cuts.img
NEEDS_replay     = $(NEEDS_crash) $(BUILD)/test/oracle/init $(call packages,oracle run)

test-crash: $(NEEDS_crash) ## cuts at block writes: files that were synced are there; CUTS=200
	@V=$(V) test/run.sh "$(SUITE_crash)"

test-replay: $(NEEDS_replay) ## Linux replays our journals after cuts, and we replay Linux's; CUTS=48
	@V=$(V) test/run.sh "$(SUITE_replay)"

.PHONY: test-crash test-replay
