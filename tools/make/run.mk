# SPDX-License-Identifier: Apache-2.0
# The emulator, images, and booting one.

# Where Debian's opensbi package has it.
FIRMWARE ?= /usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin

# Our emulator lives in the cache under a hash of what it is made of; --path tells where at once.
# With QEMU= somebody else's is used, and nothing is built.
ifeq ($(origin QEMU),undefined)
ifneq ($(wildcard qemu/build.sh),)
QEMU := $(shell CACHE='$(CACHE)' qemu/build.sh --path)
$(QEMU): | $(if $(wildcard tools/packages/qemu.list),$(call packages,qemu))
	qemu/build.sh
endif
else
$(QEMU): ;
endif

DEFAULT_IMAGE := $(BUILD)/images/default.img

##@ Running
RUN_IMAGE   = $(or $(IMAGE),$(DEFAULT_IMAGE))
RUN_OPTIONS = -p $(PLATFORM) $(if $(MEM),-m $(MEM)) $(if $(ARGS),-a "$(ARGS)")
RUN_NEEDS   = kernel $(BUILD)/$(PLATFORM)/run.conf $(QEMU) $(call packages,run image)

run: $(RUN_NEEDS) $(RUN_IMAGE) ## boot IMAGE= on PLATFORM=; also MEM=256m ARGS=verbose QEMUFLAGS=
	@tools/run.sh $(RUN_OPTIONS) $(RUN_IMAGE) $(QEMUFLAGS); status=$$?; \
	    echo "program exited with status $$status"; exit $$status

gdb: $(RUN_NEEDS) $(RUN_IMAGE) $(call packages,gdb) ## the same, stopped, with gdb attached in this terminal
	@tools/gdb.sh $(RUN_OPTIONS) $(RUN_IMAGE) $(QEMUFLAGS)

qemu: $(QEMU) ## our emulator, in the cache

##@ Images
DEFAULT_FILES := $(wildcard tools/image/default/* tools/image/default/etc/*)

image: $(DEFAULT_IMAGE) ## the default image: Debian's BusyBox and a few files

$(DEFAULT_IMAGE): tools/image/mkimage.sh tools/image/mkroot-default.sh $(DEFAULT_FILES) \
		tools/packages/image.lock | $(call packages,image)
	@echo "  IMAGE   $(@:$(BUILD)/%=%)"
	$(Q)tools/image/mkroot-default.sh $(BUILD)/images/default.root
	$(Q)tools/image/mkimage.sh $(BUILD)/images/default.root $@

# What tools/run.sh knows of a platform.
RUN_CONFS := $(PLATFORMS:%=$(BUILD)/%/run.conf)

# Rewritten only when it says something else.
define run_conf_rule
$($(1).out)/run.conf: FORCE | $(call packages,run)
	@mkdir -p $$(@D)
	@printf "%s='%s'\n" kernel '$(abspath $($(1).out)/kernel.elf)' firmware '$(FIRMWARE)' \
	    machine '$($(1).machine)' cpu '$($(1).cpu)' emulator '$$(QEMU)' >$$@.new
	@if cmp -s $$@ $$@.new; then rm -f $$@.new; else mv $$@.new $$@; fi
endef
$(foreach p,$(PLATFORMS),$(eval $(call run_conf_rule,$p)))

.PHONY: run gdb qemu image
