# SPDX-License-Identifier: Apache-2.0
# The command-line tool: $(BUILD)/bin/cella, for the machine that builds.

TOOL        := $(BUILD)/bin/cella
TOOL_SRCS   := $(sort $(wildcard tools/cella/*.c))
TOOL_OBJS   := $(TOOL_SRCS:tools/%.c=$(BUILD)/obj/%.o)
TOOL_CFLAGS := -std=gnu11 -O2 -g $(WARNINGS) -Itools/cella
TOOL_LIBS   := -ljansson -lelf -lext2fs -le2p -lcom_err

tool_compile = gcc $(TOOL_CFLAGS)

$(BUILD)/obj/cella/%.o: tools/cella/%.c tools/make/tool.mk | $(call packages,tool)
	@echo "  TOOLCC  $<"
	$(Q)mkdir -p $(@D)
	$(Q)$(tool_compile) -MMD -MP -c $< -o $@

$(TOOL): $(TOOL_OBJS) $(BUILD)/cella.conf
	@echo "  TOOLLD  $(@:$(BUILD)/%=%)"
	$(Q)mkdir -p $(@D)
	$(Q)gcc $(TOOL_OBJS) $(TOOL_LIBS) -o $@

# Where the tool finds the source tree. Rewritten only when it says something else.
$(BUILD)/cella.conf: FORCE
	@mkdir -p $(@D)
	@printf "source='%s'\n" '$(CURDIR)' >$@.new
	@if cmp -s $@ $@.new; then rm -f $@.new; else mv $@.new $@; fi

-include $(TOOL_OBJS:.o=.d)

tool: $(TOOL) ## the command-line tool, BUILD/bin/cella

.PHONY: tool
