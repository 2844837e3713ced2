# SPDX-License-Identifier: Apache-2.0
# Benchmarks: counts of guest instructions, never time. Both platforms in one run; results go to
# $(BUILD)/bench/SUITE.tsv; bench/to-docs.sh writes docs/benchmarks.md from them.

BENCH_OUT    := $(BUILD)/bench
BENCH_PLUGIN := $(BENCH_OUT)/count.so
BENCH_GUESTS := $(patsubst bench/guest/%.c,$(BENCH_OUT)/guest/%,$(wildcard bench/guest/*.c)) \
                $(BENCH_OUT)/guest/hello-dynamic

##@ Measuring
bench: $(TOOL) $(BENCH_PLUGIN) $(BENCH_GUESTS) $(KERNEL_ELFS) $(RUN_CONFS) $(QEMU) | $(call packages,run image) ## count guest instructions on both platforms, into BUILD/bench/*.tsv
	@PLATFORMS="$(PLATFORMS)" bench/boot.sh
	@PLATFORMS="$(PLATFORMS)" bench/syscall.sh
	@PLATFORMS="$(PLATFORMS)" bench/footprint.sh

$(BENCH_PLUGIN): bench/plugin/count.c | $(call packages,host)
	@echo "  HOSTCC  $<"
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) -std=gnu11 -O2 $(WARNINGS) -shared -fPIC -fvisibility=hidden $< -o $@

$(BENCH_OUT)/guest/%: bench/guest/%.c | $(call packages,guest)
	@echo "  GUESTCC $<"
	$(Q)mkdir -p $(@D)
	$(Q)riscv64-linux-gnu-gcc -O2 $(WARNINGS) -static -pthread $< -o $@

# As gcc makes it by default: a position-independent program that ld.so loads libc.so.6 for.
$(BENCH_OUT)/guest/hello-dynamic: bench/guest/hello.c | $(call packages,guest)
	@echo "  GUESTCC $< (dynamic)"
	$(Q)mkdir -p $(@D)
	$(Q)riscv64-linux-gnu-gcc -O2 $(WARNINGS) $< -o $@

.PHONY: bench
