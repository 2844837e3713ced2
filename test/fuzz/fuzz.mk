# SPDX-License-Identifier: Apache-2.0
# Fuzz targets: code that reads what others wrote, under libFuzzer and the sanitizers. See README.md.
#
# To add one, add test/fuzz/fuzz_NAME.c; its opening comments say what it links, in the form that
# test/host/rules.awk reads, and how it is run (run.sh). Seeds are gathered by seeds.py.

FUZZ_CC      := clang
FUZZ_CFLAGS  := -std=gnu11 -O1 -g -fno-omit-frame-pointer \
                -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
                -isystem $(INCLUDE) -Isrc -Itest/host -Itest/fuzz -DCELLA_HOST_TEST
FUZZ_LDLIBS  := -lcmocka
FUZZ_OUT     := $(BUILD)/test/fuzz

FUZZ_TARGETS :=
FUZZ_OBJS    :=

# As in host.mk: $(call fuzz_object,SET,SOURCE)
fuzz_object  = $(FUZZ_OUT)/$(1)/$(patsubst $(BUILD)/%,%,$(2:.c=.o))

# $(call fuzz_target,PROGRAM,SOURCE,OTHER SOURCES,FLAGS)
define fuzz_target
FUZZ_TARGETS += $(FUZZ_OUT)/$(1)
$(foreach s,$(2) $(call host_sources,$(3)),$(eval $(call fuzz_object_rule,$(call object_set,$(4)),$s,$(4))))
$(FUZZ_OUT)/$(1): $(foreach s,$(2) $(call host_sources,$(3)),$(call fuzz_object,$(call object_set,$(4)),$s))
	@echo "  FUZZLD  $(1)"
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) $$^ $(FUZZ_LDLIBS) -o $$@
endef

# What the kernel and the host tests compile has been warned about there.
# $(call fuzz_object_rule,SET,SOURCE,FLAGS)
define fuzz_object_rule
ifeq ($$(filter $(call fuzz_object,$(1),$(2)),$$(FUZZ_OBJS)),)
FUZZ_OBJS += $(call fuzz_object,$(1),$(2))
$(call fuzz_object,$(1),$(2)): $(2) $(FUZZ_MAKEFILES) $(LIBRARY_HEADERS) | $(call packages,fuzz)
	@echo "  FUZZCC  $(2:$(BUILD)/%=%)"
	$(Q)mkdir -p $$(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) $(3) $(if $(filter test/fuzz/%,$(2)),$(WARNINGS),-w) -MMD -MP -c $(2) -o $$@
endif
endef

FUZZ_MAKEFILES := Makefile test/fuzz/fuzz.mk test/host/rules.awk
FUZZ_SRCS      := $(sort $(wildcard test/fuzz/fuzz_*.c))
$(shell mkdir -p $(FUZZ_OUT) && \
    awk -v rule=fuzz_target -f test/host/rules.awk $(FUZZ_SRCS) >$(FUZZ_OUT)/rules.mk)
include $(FUZZ_OUT)/rules.mk

-include $(FUZZ_OBJS:.o=.d)

# Real inputs to start from, one folder a target.
FUZZ_SEEDS    := $(FUZZ_OUT)/seeds/stamp
FUZZ_PROGRAMS := $(GUEST_OUT)/hello $(GUEST_OUT)/dynamic $(GUEST_OUT)/static_pie

$(FUZZ_SEEDS): test/fuzz/seeds.py test/fuzz/fuzz.mk $(FUZZ_PROGRAMS) \
		$(wildcard test/app/*/manifest.json test/guest/*.manifest.json) | $(QEMU) $(call packages,fuzz)
	@echo "  SEEDS   fuzz"
	$(Q)test/fuzz/seeds.py --qemu '$(QEMU)' --out $(@D) $(FUZZ_PROGRAMS)
	$(Q)touch $@

FUZZ_NEEDS = $(FUZZ_TARGETS) $(FUZZ_SEEDS)
# TARGET=elf or, of one with variants, TARGET=pmap.cells
FUZZ_CHOSEN = $(if $(TARGET),$(FUZZ_OUT)/fuzz_$(TARGET),$(FUZZ_TARGETS))
