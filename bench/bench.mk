# SPDX-License-Identifier: Apache-2.0
# Benchmarks. `bench`: counts of guest instructions, never time, both platforms in one run. `bench-emulator`: the
# emulator's own time on its host, which informs and decides nothing. Results go to $(BUILD)/bench/*.tsv;
# bench/to-docs.sh writes docs/benchmarks.md from them.

BENCH_OUT    := $(BUILD)/bench
BENCH_PLUGIN := $(BENCH_OUT)/count.so
BENCH_GUESTS := $(patsubst bench/guest/%.c,$(BENCH_OUT)/guest/%,$(wildcard bench/guest/*.c)) \
                $(BENCH_OUT)/guest/hello-dynamic

##@ Measuring
NEEDS_bench = $(TOOL) $(BUILD)/images/sqlite3.img $(BENCH_PLUGIN) $(BENCH_GUESTS) $(KERNEL_ELFS) $(RUN_CONFS) $(QEMU) $(call packages,run image)
SUITE_bench = bench=PLATFORMS='$(PLATFORMS)' bench/test.sh

bench: $(NEEDS_bench) ## count guest instructions on both platforms, into BUILD/bench/*.tsv
	@PLATFORMS="$(PLATFORMS)" bench/boot.sh
	@PLATFORMS="$(PLATFORMS)" bench/abi.sh
	@PLATFORMS="$(PLATFORMS)" bench/events.sh
	@PLATFORMS="$(PLATFORMS)" bench/footprint.sh
	@PLATFORMS="$(PLATFORMS)" bench/memory.sh
	@PLATFORMS="$(PLATFORMS)" bench/ranges.sh
	@PLATFORMS="$(PLATFORMS)" bench/sizes.sh
	@QEMU=$(QEMU) bench/walks.py

test-bench: $(NEEDS_bench) ## the same counts, held to their targets
	@V=$(V) test/run.sh "$(SUITE_bench)"

bench-docs: | $(call packages,plot) ## write docs/benchmarks.md and draw its plots from what bench and bench-emulator counted
	@bench/to-docs.sh
	@bench/plots.sh

$(BENCH_PLUGIN): bench/plugin/count.c | $(call packages,host)
	@echo "  HOSTCC  $<"
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) -std=gnu11 -O2 $(WARNINGS) -shared -fPIC -fvisibility=hidden $< -o $@

$(BENCH_OUT)/guest/%: bench/guest/%.c bench/guest/measure.h | $(call packages,guest)
	@echo "  GUESTCC $<"
	$(Q)mkdir -p $(@D)
	$(Q)riscv64-linux-gnu-gcc -O2 $(WARNINGS) -static -pthread $< -o $@

# As gcc makes it by default: a position-independent program that ld.so loads libc.so.6 for.
$(BENCH_OUT)/guest/hello-dynamic: bench/guest/hello.c | $(call packages,guest)
	@echo "  GUESTCC $< (dynamic)"
	$(Q)mkdir -p $(@D)
	$(Q)riscv64-linux-gnu-gcc -O2 $(WARNINGS) $< -o $@

# --- the emulator; UNPATCHED is test/linux/linux.mk's ---

EMULATOR_GUEST := $(BENCH_OUT)/emulator/guest.elf
EMULATOR_CC    := $(MACHINE_CC) $(MACHINE_CFLAGS) -Ibench/emulator

$(BENCH_OUT)/emulator/%.o: bench/emulator/%.c | $(call packages,kernel)
	@echo "  GUESTCC $<"
	$(Q)mkdir -p $(@D)
	$(Q)$(EMULATOR_CC) -MMD -MP -c -o $@ $<

$(BENCH_OUT)/emulator/%.o: bench/emulator/%.S | $(call packages,kernel)
	@echo "  GUESTAS $<"
	$(Q)mkdir -p $(@D)
	$(Q)$(EMULATOR_CC) -MMD -MP -c -o $@ $<

$(EMULATOR_GUEST): $(BENCH_OUT)/emulator/guest.o $(BENCH_OUT)/emulator/loops.o $(MACHINE_LIB) $(MACHINE_DIR)/lib/link.ld
	@echo "  GUESTLD bench/emulator"
	$(Q)$(EMULATOR_CC) $(MACHINE_LDFLAGS) -o $@ $(filter %.o,$^) -lgcc

EMULATOR_NEEDS := $(QEMU) $(UNPATCHED) $(EMULATOR_GUEST) $(BENCH_PLUGIN) $(BENCH_OUT)/guest/hello $(TOOL) \
                  $(BUILD)/riscv64-virt/kernel.elf $(RUN_CONFS) $(ORACLE_OUT)/init

bench-emulator: $(EMULATOR_NEEDS) | $(call packages,oracle image run) ## take the emulator's time, with cells and where they are not used: ROUNDS=9 SECONDS=0.15
	@bench/emulator/extension.py $(QEMU) $(EMULATOR_GUEST) $(BENCH_OUT) $(or $(ROUNDS),9) $(or $(SECONDS),0.15)
	@FIRMWARE='$(FIRMWARE)' bench/emulator/unused.py $(UNPATCHED) $(QEMU) $(EMULATOR_GUEST) $(BENCH_OUT) $(or $(ROUNDS),9) $(or $(SECONDS),0.15)

-include $(BENCH_OUT)/emulator/guest.d $(BENCH_OUT)/emulator/loops.d

.PHONY: bench test-bench bench-docs bench-emulator
