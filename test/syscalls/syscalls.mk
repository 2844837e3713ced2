# SPDX-License-Identifier: Apache-2.0
# Random system calls by a guest program: run.py; see README.md.

SYSCALLS_OUT := $(BUILD)/test/syscalls
SYSCALLS_C   := $(wildcard test/syscalls/*.c)
# Not where small numbers point to: what is taken for an address by mistake shall not be the program.
SYSCALLS_LD  := -static -Wl,-Ttext-segment=0x5a5a0000

$(SYSCALLS_OUT)/random_calls: $(SYSCALLS_C) test/syscalls/random_calls.h src/unix/syscall_list.h \
		src/unix/syscall_kinds.h test/syscalls/syscalls.mk | $(call packages,guest)
	@echo "  GUESTCC random_calls"
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Werror -Wno-unused-result -Itest/syscalls -Isrc \
	    $(SYSCALLS_LD) $(SYSCALLS_C) -o $@

$(SYSCALLS_OUT)/random_calls.img: $(SYSCALLS_OUT)/random_calls $(TOOL) | $(call packages,image)
	@echo "  IMAGE   random_calls"
	$(Q)$(TOOL) build -o $@ $<

SUITE_syscalls      = syscalls=test/syscalls/run.py $(patsubst %,'%',$(TESTS))
SUITE_syscalls_long = syscalls=test/syscalls/run.py --seeds $(or $(SEEDS),20) --first $(or $(FIRST),101) --calls $(or $(STEPS),50000)
NEEDS_syscalls      = $(QEMU) $(TOOL) $(KERNEL_ELFS) $(RUN_CONFS) $(SYSCALLS_OUT)/random_calls.img

test-syscalls: $(NEEDS_syscalls) ## random system calls in guests; TESTS='random_calls-3' selects
	@V=$(V) test/run.sh "$(SUITE_syscalls)"

.PHONY: test-syscalls
