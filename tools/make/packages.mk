# SPDX-License-Identifier: Apache-2.0
# Debian packages, and what the build takes out of them.
#
# A rule that needs a package list tools/packages/NAME.list has $(call packages,NAME) among its
# order-only prerequisites. The stamp makes repeated builds free; a changed list runs again.

.PRECIOUS: $(BUILD)/stamps/packages-%
packages = $(patsubst %,$(BUILD)/stamps/packages-%,$(1))

$(BUILD)/stamps/packages-%: tools/packages/%.list tools/packages/install.sh
	$(Q)tools/packages/install.sh $*
	$(Q)mkdir -p $(@D) && touch $@
