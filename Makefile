# SPDX-License-Identifier: Apache-2.0
#
# Cella's one Makefile; `make help` lists what it can do. The rules for the parts are in the .mk
# files it includes, and everything that depends on a platform is in platform/NAME/platform.mk.
#
# On Debian 12 nothing but make is needed beforehand: rules install the packages that they need.

PLATFORM ?= riscv64-cells
BUILD    ?= build
CACHE    ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/cella
V        ?=
override CACHE := $(abspath $(CACHE))
Q        := $(if $(V),,@)

PLATFORMS := $(sort $(patsubst platform/%/platform.mk,%,$(wildcard platform/*/platform.mk)))
ifeq ($(filter $(PLATFORM),$(PLATFORMS)),)
$(error unknown PLATFORM '$(PLATFORM)'; there are: $(PLATFORMS))
endif

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
export BUILD CACHE

include tools/make/packages.mk
include tools/make/libraries.mk
include tools/make/kernel.mk
include tools/make/tool.mk
include tools/make/run.mk
include test/host/host.mk
include test/proof/proof.mk
-include test/machine/machine.mk
include test/model/model.mk
include test/machine/coverage/coverage.mk
include test/mutants/mutants.mk
include test/kernel/kernel.mk
include test/guest/guest.mk
include test/soak/soak.mk
include test/harts/harts.mk
include test/crash/crash.mk
include test/damage/damage.mk
include test/syscalls/syscalls.mk
include test/app/app.mk
include test/cpython/cpython.mk
include test/sqlite/sqlite.mk
include test/boot/boot.mk
include test/fuzz/fuzz.mk
include test/tool/tool.mk
include test/oracle/oracle.mk
include test/linux/linux.mk
include tools/make/compile-commands.mk
include bench/bench.mk
include tools/make/check.mk

kernel: $(BUILD)/$(PLATFORM)/kernel.elf $(BUILD)/$(PLATFORM)/run.conf compile_commands.json ## the kernel of PLATFORM
kernels: $(KERNEL_ELFS) $(RUN_CONFS) compile_commands.json ## the kernels of all platforms

clean: ## remove BUILD; the cache of fetched packages and the emulator stays
	rm -rf $(BUILD)

##@ Help
help: ## this list
	@awk -f tools/make/help.awk tools/make/run.mk tools/make/check.mk test/oracle/oracle.mk test/linux/linux.mk \
	    $(wildcard test/proof/proof.mk test/machine/machine.mk test/model/model.mk test/soak/soak.mk test/crash/crash.mk test/damage/damage.mk test/harts/harts.mk test/syscalls/syscalls.mk test/cpython/cpython.mk test/sqlite/sqlite.mk \
	        test/machine/coverage/coverage.mk test/mutants/mutants.mk bench/bench.mk) \
	    tools/make/compile-commands.mk tools/make/tool.mk Makefile
	@echo
	@echo "Variables: PLATFORM=$(PLATFORM) (of: $(PLATFORMS))"
	@echo "           BUILD=$(BUILD) CACHE=$(CACHE) V=1 shows commands"

FORCE:

.PHONY: kernel kernels clean help FORCE
