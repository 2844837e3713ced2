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
