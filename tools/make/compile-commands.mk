# SPDX-License-Identifier: Apache-2.0
# $(BUILD)/compile_commands.json, from the same variables that the rules compile with. clangd looks
# into build/ by itself. Where two platforms compile a file, PLATFORM's command is recorded.

define newline


endef

# One line for each source: file, object, command, separated by `|`.
compile_line = $(1)|$(2)|$(3) -c $(1) -o $(2)$(newline)
kernel_compile_lines = $(foreach s,$(2),$(call compile_line,$s,$(BUILD)/$(1)/obj/$(basename $s).o,$(call kernel_compile,$s)))
compile_lines = $(call kernel_compile_lines,$(PLATFORM),$($(PLATFORM).srcs))$(foreach p,$(others),$(call \
    kernel_compile_lines,$p,$(filter-out $($(PLATFORM).srcs),$($p.srcs))))$(foreach l,$(HOST_COMPILES),$(call \
    compile_line,$(word 2,$(subst |, ,$l)),$(call host_object,$(word 1,$(subst |, ,$l)),$(word 2,$(subst |, ,$l))),$(call \
    host_compile,$(HOST_FLAGS.$(word 1,$(subst |, ,$l))))))$(foreach s,$(TOOL_SRCS),$(call \
    compile_line,$s,$(s:tools/%.c=$(BUILD)/obj/%.o),$(tool_compile)))

others = $(filter-out $(PLATFORM),$(PLATFORMS))

##@ Building
compile_commands.json: ## BUILD/compile_commands.json, for clangd and its like
	$(shell mkdir -p $(BUILD))$(file >$(BUILD)/compile_commands.list,$(compile_lines))
	@awk -v directory='$(CURDIR)' -f tools/make/compile-commands.awk \
	    $(BUILD)/compile_commands.list >$(BUILD)/compile_commands.new
	@rm -f $(BUILD)/compile_commands.list
	@if cmp -s $(BUILD)/compile_commands.new $(BUILD)/compile_commands.json; then \
	    rm -f $(BUILD)/compile_commands.new; else \
	    mv $(BUILD)/compile_commands.new $(BUILD)/compile_commands.json; fi

.PHONY: compile_commands.json
