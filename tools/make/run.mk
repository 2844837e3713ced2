# SPDX-License-Identifier: Apache-2.0
# The emulator, images, and booting one.

# Where Debian's opensbi package has it.
FIRMWARE ?= /usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin

# Our emulator lives in the cache under a hash of what it is made of; --path tells where at once.
# With QEMU= somebody else's is used, and nothing is built.
OUR_QEMU := $(if $(wildcard qemu/build.sh),$(shell CACHE='$(CACHE)' qemu/build.sh --path))
ifeq ($(origin QEMU),undefined)
ifneq ($(OUR_QEMU),)
QEMU := $(OUR_QEMU)
$(QEMU): | $(if $(wildcard tools/packages/qemu.list),$(call packages,qemu))
	qemu/build.sh
endif
else
$(QEMU): ;
endif

DEFAULT_IMAGE := $(BUILD)/images/default.img

##@ Running
RUN_IMAGE   = $(or $(IMAGE),$(APP:%=$(BUILD)/images/%.img),$(DEFAULT_IMAGE))
# The images that make builds are what tests boot, too: what a run writes to them is not kept.
RUN_OPTIONS = -p $(PLATFORM) $(if $(IMAGE),,--snapshot) $(if $(MEM),-m $(MEM)) $(if $(ARGS),-a "$(ARGS)") $(QEMUFLAGS:%=--qemu='%')
RUN_NEEDS   = $(TOOL) kernel $(BUILD)/$(PLATFORM)/run.conf $(QEMU) $(call packages,run)

run: $(RUN_NEEDS) $(RUN_IMAGE) ## boot IMAGE= or APP= on PLATFORM=; also MEM=256m ARGS=verbose QEMUFLAGS=
	@$(TOOL) run $(RUN_OPTIONS) $(RUN_IMAGE); status=$$?; \
	    echo "program exited with status $$status"; exit $$status

gdb: $(RUN_NEEDS) $(RUN_IMAGE) $(call packages,gdb) ## the same, stopped, with gdb attached in this terminal
	@$(TOOL) gdb $(RUN_OPTIONS) $(RUN_IMAGE)

qemu: $(QEMU) ## our emulator, in the cache

##@ Images
# An image is described by a manifest: the default one, and those of test/app.
APP_IMAGES := $(patsubst test/app/%/manifest.json,$(BUILD)/images/%.img,$(wildcard test/app/*/manifest.json))

image: $(DEFAULT_IMAGE) ## the default image: Debian's Lua and a script
images: $(DEFAULT_IMAGE) $(APP_IMAGES) ## the images of test/app, too

# $(1): the image's file, $(2): the folder of its manifest, and of further ones. Its program prepare, if
# there is one, makes files of other files, in a folder that is named to it.
define image_rule
$(1): $(shell find $(2) tools/image/base ! -type l) $(TOOL) tools/packages/image.lock \
		| $(if $(wildcard $(2)/prepare),$(call packages,image guest))
	@echo "  IMAGE   $(1:$(BUILD)/%=%)"
	$(Q)mkdir -p $$(@D)
ifneq ($(wildcard $(2)/prepare),)
	$(Q)rm -rf $(1:.img=.prepared) && mkdir $(1:.img=.prepared)
	$(Q)$(2)/prepare $(1:.img=.prepared)
endif
	$(Q)$(TOOL) build -o $$@ --lock tools/packages/image.lock \
	    $(if $(wildcard $(2)/prepare),--add $(1:.img=.prepared)) \
	    $(patsubst %,--also %,$(filter-out %/manifest.json,$(wildcard $(2)/*.json))) $(2)/manifest.json
endef
$(eval $(call image_rule,$(DEFAULT_IMAGE),tools/image/default))
$(foreach i,$(APP_IMAGES),$(eval $(call image_rule,$i,test/app/$(basename $(notdir $i)))))

# What the tool knows of a platform. Only our emulator can ask the firmware to be quiet.
QUIET     := $(if $(filter $(OUR_QEMU),$(QEMU)),quiet-firmware=on)
RUN_CONFS := $(PLATFORMS:%=$(BUILD)/%/run.conf)

# Rewritten only when it says something else.
define run_conf_rule
$($(1).out)/run.conf: FORCE | $(call packages,run)
	@mkdir -p $$(@D)
	@printf "%s='%s'\n" kernel '$(abspath $($(1).out)/kernel.elf)' firmware '$(FIRMWARE)' \
	    machine '$($(1).machine)' cpu '$($(1).cpu)' emulator '$$(QEMU)' \
	    quiet '$(QUIET)' >$$@.new
	@if cmp -s $$@ $$@.new; then rm -f $$@.new; else mv $$@.new $$@; fi
endef
$(foreach p,$(PLATFORMS),$(eval $(call run_conf_rule,$p)))

ifneq ($(APP),)
ifeq ($(filter $(BUILD)/images/$(APP).img,$(APP_IMAGES)),)
$(error unknown APP '$(APP)'; there are: $(basename $(notdir $(APP_IMAGES))))
endif
endif

.PHONY: run gdb qemu image images
