# SPDX-License-Identifier: Apache-2.0
# Tests that run on the build machine: pure C of src/ under cmocka and the sanitizers.
#
# To add a test, add test/host/test_NAME.c; its opening comments say what it links (the form is in
# rules.awk). Tests that have the same flags share the objects of the sources that they have in common.
# Files in test/host that are not called test_* are there to be included or named.

HOST_CC      := gcc
HOST_CFLAGS  := -std=gnu11 -O1 -g -fno-omit-frame-pointer $(WARNINGS) \
                -fsanitize=address,undefined -fno-sanitize-recover=all \
                -isystem $(INCLUDE) -Isrc -Itest/host -DCELLA_HOST_TEST
HOST_LDFLAGS := -fsanitize=address,undefined
HOST_LDLIBS  := -lcmocka
HOST_OUT     := $(BUILD)/test/host

HOST_TESTS   :=
HOST_OBJS    :=
HOST_COMPILES :=

host_sources = $(patsubst libfdt,$(LIBFDT_SRCS:%=$(LIBFDT_DIR)/%),$(1))
# What names the objects compiled with some flags. $(call object_set,FLAGS)
nothing      :=
object_set   = obj$(subst /,_,$(subst $(nothing) $(nothing),,$(strip $(1))))
# $(call host_object,SET,SOURCE)
host_object  = $(HOST_OUT)/$(1)/$(patsubst $(BUILD)/%,%,$(2:.c=.o))
# $(call host_compile,FLAGS): the command, less -c and -o.
host_compile = $(HOST_CC) $(HOST_CFLAGS) $(1)

# $(call host_test,PROGRAM,TEST SOURCE,OTHER SOURCES,FLAGS,LIBRARIES)
define host_test
HOST_TESTS += $(HOST_OUT)/$(1)
HOST_FLAGS.$(call object_set,$(4)) := $(4)
$(foreach s,$(2) $(call host_sources,$(3)),$(eval $(call host_object_rule,$(call object_set,$(4)),$s,$(4))))
$(HOST_OUT)/$(1): $(foreach s,$(2) $(call host_sources,$(3)),$(call host_object,$(call object_set,$(4)),$s))
	@echo "  HOSTLD  $(1)"
	$(Q)$(HOST_CC) $(HOST_LDFLAGS) $$^ $(5) $(HOST_LDLIBS) -o $$@
endef

# The library's own sources are compiled as they are, without our warnings. Once for each set.
# $(call host_object_rule,SET,SOURCE,FLAGS)
define host_object_rule
ifeq ($$(filter $(1)|$(2),$$(HOST_COMPILES)),)
HOST_COMPILES += $(1)|$(2)
HOST_OBJS += $(call host_object,$(1),$(2))
$(call host_object,$(1),$(2)): $(2) $(HOST_MAKEFILES) $(LIBRARY_HEADERS) | $(call packages,host)
	@echo "  HOSTCC  $(2:$(BUILD)/%=%)"
	$(Q)mkdir -p $$(@D)
	$(Q)$(call host_compile,$(3)) $(if $(filter $(BUILD)/%,$(2)),-w) -MMD -MP -c $(2) -o $$@
endif
endef

HOST_MAKEFILES := Makefile test/host/host.mk test/host/rules.awk
HOST_TEST_SRCS := $(sort $(wildcard test/host/test_*.c))
ifneq ($(HOST_TEST_SRCS),)
$(shell mkdir -p $(HOST_OUT) && awk -f test/host/rules.awk $(HOST_TEST_SRCS) >$(HOST_OUT)/rules.mk)
include $(HOST_OUT)/rules.mk
endif

-include $(HOST_OBJS:.o=.d)

host-tests: $(HOST_TESTS) compile_commands.json

.PHONY: host-tests
