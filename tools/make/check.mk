# SPDX-License-Identifier: Apache-2.0
# What a change must pass, and how it is run. Every suite is a command that prints TAP-like lines;
# test/run.sh runs them and adds up (see there).

SUITE_checks  = checks=test/checks/run.sh $(foreach p,$(PLATFORMS),$($p.model)=$($p.out)/kernel.map)
SUITE_host    = host=test/host/run.sh $(HOST_TESTS)
SUITE_long    = long=test/host/long.sh $(HOST_TESTS)
SUITE_machine = machine=test/machine/run.sh -q $(QEMU) -b $(MACHINE_BUILD)
SUITE_guest   = guest=test/guest/run.sh $(patsubst %,'%',$(TESTS))

# What must be there before a suite can run.
NEEDS_checks  = $(KERNEL_ELFS) $(call packages,check)
NEEDS_host    = $(HOST_TESTS)
NEEDS_machine = $(QEMU) $(MACHINE_TESTS)
NEEDS_guest   = $(QEMU) $(KERNEL_ELFS) $(RUN_CONFS) $(DEFAULT_IMAGE) \
                $(if $(TESTS),$(filter $(foreach t,$(TESTS),$(GUEST_OUT)/$(subst *,%,$t).img),$(GUEST_IMAGES)),$(GUEST_IMAGES))

##@ Testing
test: $(NEEDS_host) $(NEEDS_machine) $(NEEDS_guest) $(NEEDS_checks) ## everything a change must pass, on both platforms
	@V=$(V) test/run.sh "$(SUITE_checks)" "$(SUITE_host)" "$(SUITE_machine)" "$(SUITE_guest)"

check: $(NEEDS_host) $(NEEDS_checks) ## the quick part: layers, format, licences, host tests
	@V=$(V) test/run.sh "$(SUITE_checks)" "$(SUITE_host)"

test-host: $(NEEDS_host) ## tests of pure code on this machine, under sanitizers
	@V=$(V) test/run.sh "$(SUITE_host)"

test-guest: $(NEEDS_guest) ## Linux programs on both kernels; TESTS='hello exit*' selects
	@V=$(V) test/run.sh "$(SUITE_guest)"

test-long: $(NEEDS_host) ## hours: random tests with SEEDS= seeds of STEPS= steps, from FIRST=
	@TEST_SUITE_LIMIT=86400 V=$(V) test/run.sh "$(SUITE_long)"

format: $(call packages,check) ## rewrite all C as clang-format has it
	@tools/check-format --fix

.PHONY: test check test-host test-guest test-long format
