# SPDX-License-Identifier: Apache-2.0
# What a change must pass, and how it is run. Every suite is a command that prints TAP-like lines;
# test/run.sh runs them and adds up (see there).

SUITE_checks  = checks=test/checks/run.sh $(foreach p,$(PLATFORMS),$($p.model)=$($p.out)/kernel.map)
SUITE_host    = host=test/host/run.sh $(HOST_TESTS)
SUITE_fuzz    = fuzz=test/fuzz/run.sh $(FUZZ_OUT) $(FUZZ_CHOSEN)
SUITE_seeds   = seeds=test/host/long.sh $(HOST_TESTS)
SUITE_fuzzing = fuzzing=test/fuzz/run.sh -k -x $(or $(TIMES),100) -s $(or $(SEED),2) $(FUZZ_OUT) $(FUZZ_CHOSEN)
SUITE_oracle  = oracle=QEMU='$(QEMU)' FIRMWARE='$(FIRMWARE)' test/oracle/again.sh $(ORACLE_CASES)
SUITE_stress  = stress=test/machine/run.sh -q $(QEMU) -b $(MACHINE_BUILD) -j 1 -t 36000 -x $(or $(FACTOR),100) $(STRESS_NAMES)
SUITE_machine = machine=test/machine/run.sh -q $(QEMU) -b $(MACHINE_BUILD)
SUITE_kernel  = kernel=test/kernel/run.sh $(patsubst %,'%',$(TESTS))
SUITE_guest   = guest=test/guest/run.py $(patsubst %,'%',$(TESTS))
SUITE_app     = app=test/app/run.py $(patsubst %,'%',$(TESTS))
SUITE_app_harts = app_harts=test/app/run.py --cpus 4 'go/*' 'openmp/*' 'rust/*' 'openssl/*' 'fio/*' 'sysbench/*' 'python3/*'
SUITE_boot    = boot=test/boot/run.py $(patsubst %,'%',$(TESTS))
SUITE_tool    = tool=test/tool/run.py $(patsubst %,'%',$(TESTS))

# What must be there before a suite can run.
NEEDS_checks  = $(KERNEL_ELFS) $(call packages,check)
NEEDS_host    = $(HOST_TESTS) $(KERNEL_ELFS)
NEEDS_fuzz    = $(FUZZ_NEEDS)
NEEDS_machine = $(QEMU) $(MACHINE_TESTS)
NEEDS_kernel  = $(QEMU) $(KTEST_ELFS) $(RUN_CONFS)
NEEDS_guest   = $(QEMU) $(TOOL) $(KERNEL_ELFS) $(RUN_CONFS) \
                $(if $(TESTS),$(filter $(foreach t,$(TESTS),$(GUEST_OUT)/$(subst *,%,$(patsubst %.strace,%,$(t:.cpus4=))).img),$(GUEST_IMAGES)),$(GUEST_IMAGES))
NEEDS_app     = $(QEMU) $(TOOL) $(KERNEL_ELFS) $(RUN_CONFS) $(DEFAULT_IMAGE) $(APP_IMAGES)
NEEDS_boot    = $(QEMU) $(TOOL) $(KERNEL_ELFS) $(RUN_CONFS) $(DEFAULT_IMAGE) $(APP_IMAGES) $(BOOT_OUT)/act $(GUEST_OUT)/strace_threads.img $(GUEST_OUT)/mem_fragment.img $(call packages,gdb)
NEEDS_tool    = $(QEMU) $(TOOL) $(KERNEL_ELFS) $(RUN_CONFS) $(TOOL_TEST_OUT)/bin/packages-root $(TOOL_GUESTS) \
                $(call packages,archive run)

##@ Testing
test: $(NEEDS_host) $(NEEDS_proof) $(NEEDS_fuzz) $(NEEDS_machine) $(NEEDS_model) $(NEEDS_kernel) $(NEEDS_guest) $(NEEDS_soak) $(NEEDS_crash) $(NEEDS_damage) $(NEEDS_harts) $(NEEDS_syscalls) $(NEEDS_app) $(NEEDS_cpython) $(NEEDS_sqlite) $(NEEDS_boot) $(NEEDS_tool) $(NEEDS_bench) $(NEEDS_checks) ## everything a change must pass, on both platforms
	@V=$(V) test/run.sh "$(SUITE_checks)" "$(SUITE_host)" "$(SUITE_proof)" "$(SUITE_fuzz)" \
	    "$(SUITE_machine)" "$(SUITE_model)" "$(SUITE_kernel)" \
	    "$(SUITE_guest)" "$(SUITE_soak)" "$(SUITE_crash)" "$(SUITE_damage)" "$(SUITE_harts)" "$(SUITE_syscalls)" "$(SUITE_app)" "$(SUITE_cpython)" "$(SUITE_sqlite)" "$(SUITE_boot)" "$(SUITE_tool)" "$(SUITE_bench)"

check: $(NEEDS_host) $(NEEDS_checks) ## the quick part: layers, format, licences, host tests
	@V=$(V) test/run.sh "$(SUITE_checks)" "$(SUITE_host)"

test-host: $(NEEDS_host) ## tests of pure code on this machine, under sanitizers
	@V=$(V) test/run.sh "$(SUITE_host)"

test-kernel: $(NEEDS_kernel) ## kernels that test themselves, on both platforms; TESTS='nested*' selects
	@V=$(V) test/run.sh "$(SUITE_kernel)"

test-guest: $(NEEDS_guest) ## Linux programs on both kernels; TESTS='hello exit*' selects
	@V=$(V) test/run.sh "$(SUITE_guest)"

test-app: $(NEEDS_app) ## Debian's programs, compared with Linux; TESTS='lua/*' selects
	@V=$(V) test/run.sh "$(SUITE_app)"

test-boot: $(NEEDS_boot) ## good and bad images, machines, the terminal; TESTS='an_image*' selects
	@V=$(V) QEMU='$(QEMU)' test/run.sh "$(SUITE_boot)"

test-tool: $(NEEDS_tool) ## the command-line tool; TESTS='get_*' selects
	@V=$(V) test/run.sh "$(SUITE_tool)"

test-fuzz: $(NEEDS_fuzz) ## short runs of the fuzz targets; TARGET=elf selects
	@V=$(V) test/run.sh "$(SUITE_fuzz)"

test-long: $(NEEDS_host) $(NEEDS_proof) $(NEEDS_fuzz) $(NEEDS_machine) $(NEEDS_model) $(NEEDS_coverage) $(NEEDS_mutants) $(NEEDS_soak) $(NEEDS_crash) $(NEEDS_replay) $(NEEDS_damage) $(NEEDS_harts) $(NEEDS_app) $(NEEDS_syscalls) $(NEEDS_cpython) $(NEEDS_sqlite) $(ORACLE_NEEDS) $(NEEDS_linux) ## hours: more seeds (SEEDS=, STEPS=, FIRST=), TIMES= the fuzzing, FACTOR= the stress, proofs with all bounds, coverage of the emulator, faults in it and in the kernel, Linux again
	@TEST_SUITE_LIMIT=86400 V=$(V) test/run.sh "$(SUITE_seeds)" "$(SUITE_proof_long)" "$(SUITE_fuzzing)" "$(SUITE_model_long)" "$(SUITE_stress)" \
	    "$(SUITE_coverage)" "$(SUITE_mutants)" "$(SUITE_mutants_kernel)" "$(SUITE_soak_long)" "$(SUITE_crash_long)" "$(SUITE_damage_long)" "$(SUITE_harts_long)" "$(SUITE_app_harts)" "$(SUITE_syscalls_long)" "$(SUITE_cpython_long)" "$(SUITE_sqlite_long)" "$(SUITE_oracle)" "$(SUITE_linux)" "$(SUITE_replay)"

fuzz: $(NEEDS_fuzz) ## fuzz TARGET= (or all) for RUNS= inputs from SEED=, keeping what reaches new code
	@test/fuzz/run.sh -k $(if $(RUNS),-n $(RUNS)) -s $(or $(SEED),2) $(FUZZ_OUT) $(FUZZ_CHOSEN)

format: $(call packages,check) ## rewrite all C as clang-format has it
	@tools/check-format --fix

.PHONY: test check test-host test-kernel test-guest test-app test-boot test-tool test-fuzz test-long fuzz format
