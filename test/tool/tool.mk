# SPDX-License-Identifier: Apache-2.0
# Tests of the command-line tool: run.py uses it as people do. One program of their own calls what is
# no command by itself.

TOOL_TEST_OUT := $(BUILD)/test/tool

# It finds the source tree as `cella` does, through the cella.conf above its folder.
$(TOOL_TEST_OUT)/bin/packages-root: test/tool/programs/packages_root.c $(TOOL_OBJS) $(BUILD)/cella.conf \
		test/tool/tool.mk
	@echo "  TOOLCC  $<"
	$(Q)mkdir -p $(@D) && cp $(BUILD)/cella.conf $(TOOL_TEST_OUT)/
	$(Q)gcc $(TOOL_CFLAGS) $< $(filter-out %/main.o,$(TOOL_OBJS)) $(TOOL_LIBS) -o $@

# Programs for riscv64 to make images of: static, dynamic, and one with a library of its own, which it
# finds by its RUNPATH; and those that tests of `cella run` boot.
TOOL_GUEST_OUT := $(TOOL_TEST_OUT)/guest
TOOL_GUESTS    := $(addprefix $(TOOL_GUEST_OUT)/,greet-static greet libown.so.1 greet-own tell tell-dynamic)

$(TOOL_GUESTS): test/tool/tool.mk | $(call packages,guest)

$(TOOL_GUEST_OUT)/greet-static: test/tool/programs/greet.c
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) $< -o $@

$(TOOL_GUEST_OUT)/greet: test/tool/programs/greet.c
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(filter-out -static,$(GUEST_CFLAGS)) $< -o $@

$(TOOL_GUEST_OUT)/libown.so.1: test/tool/programs/own.c
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(filter-out -static,$(GUEST_CFLAGS)) -shared -fPIC -Wl,-soname,libown.so.1 $< -o $@

$(TOOL_GUEST_OUT)/greet-own: test/tool/programs/greet.c $(TOOL_GUEST_OUT)/libown.so.1
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(filter-out -static,$(GUEST_CFLAGS)) -DOWN '-Wl,-rpath,$$ORIGIN/../own' $(filter-out %.mk,$^) -o $@

$(TOOL_GUEST_OUT)/tell: test/tool/programs/tell.c
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) $< -o $@

$(TOOL_GUEST_OUT)/tell-dynamic: test/tool/programs/tell.c
	@mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(filter-out -static,$(GUEST_CFLAGS)) $< -o $@
