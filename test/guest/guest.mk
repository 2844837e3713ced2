# SPDX-License-Identifier: Apache-2.0
# Linux programs run by each kernel, one image each. run.sh boots them and judges.
#
# To add one, add test/guest/NAME.c and what it must do:
#
#   NAME.expected        its console output, exactly
#   NAME.status          its exit status; without the file, 0
#   NAME.manifest.json   the image's manifest; without it, NAME runs as /bin/NAME without arguments
#   NAME.root/           further files of the image, if any
#
# The program is linked statically. A comment /* flags: ... */ among its first lines gives further
# compiler flags, for example -nostdlib for a program that is to make no system calls of its C
# library's start-up.

GUEST_CC     := riscv64-linux-gnu-gcc
GUEST_CFLAGS := -std=gnu11 -O2 -g -static -Wall -Wextra -Wshadow -Werror -Itest/guest
GUEST_OUT    := $(BUILD)/test/guest

GUEST_TESTS  := $(patsubst test/guest/%.c,%,$(sort $(wildcard test/guest/*.c)))
GUEST_IMAGES := $(GUEST_TESTS:%=$(GUEST_OUT)/%.img)

$(GUEST_OUT)/%: test/guest/%.c test/guest/guest.mk | $(call packages,guest)
	@echo "  GUESTCC $*"
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) $$(sed -n '1,60s,^/\* *flags: *\(.*\)\*/,\1,p' $<) \
	    -MMD -MP -MF $@.d $< -o $@

# The manifest and NAME.root are prerequisites as far as they exist.
define guest_image_rule
$(GUEST_OUT)/$(1).img: $(GUEST_OUT)/$(1) test/guest/mkroot.sh tools/image/mkimage.sh \
		$(shell find test/guest/$(1).manifest.json test/guest/$(1).root -type f 2>/dev/null) \
		| $(call packages,image)
	@echo "  IMAGE   $(1)"
	$(Q)test/guest/mkroot.sh $(1) $(GUEST_OUT)/$(1) $(GUEST_OUT)/$(1).root
	$(Q)tools/image/mkimage.sh $(GUEST_OUT)/$(1).root $$@
endef
$(foreach t,$(GUEST_TESTS),$(eval $(call guest_image_rule,$t)))

ORACLE_CASES  += $(foreach t,$(GUEST_TESTS),guest/$t=$(GUEST_OUT)/$t.img)
ORACLE_IMAGES += $(GUEST_IMAGES)

-include $(GUEST_TESTS:%=$(GUEST_OUT)/%.d)
