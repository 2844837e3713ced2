# SPDX-License-Identifier: Apache-2.0
# Libraries that Debian keeps and the kernel links, taken from their packages at build time.
#
#   BSD queue.h and tree.h   libbsd-dev's headers, copied so that they can be used freestanding; the
#                            one header they include is ours (src/lib/libc/bsd-cdefs.h)
#   libfdt                   upstream's tarball from the device-tree-compiler source package. The
#                            kernel links fdt_check_full() and what that calls, made one file, so that the
#                            compiler can specialise it; host tests make trees with all of it
#
# Everything a source file may include from them is under $(INCLUDE); it is complete when
# $(LIBRARY_HEADERS) exists.

INCLUDE         := $(BUILD)/include
LIBRARY_HEADERS := $(BUILD)/stamps/library-headers
LIBFDT_DIR      := $(BUILD)/libraries/libfdt
LIBFDT          := $(BUILD)/libraries/libfdt.a
LIBFDT_HEADERS  := fdt.h libfdt.h libfdt_env.h
LIBFDT_SRCS     := fdt.c fdt_check.c fdt_ro.c fdt_rw.c fdt_sw.c fdt_wip.c fdt_addresses.c fdt_strerror.c

$(BUILD)/stamps/libfdt: tools/packages/sources.lock tools/packages/fetch.sh \
		tools/packages/apt-private.sh | $(call packages,kernel)
	@echo "  SOURCE  libfdt"
	$(Q)rm -rf $(LIBFDT_DIR) && mkdir -p $(LIBFDT_DIR) $(@D)
	$(Q)tarball=$$(tools/packages/fetch.sh tools/packages/sources.lock device-tree-compiler) && \
	    tar -xf "$$tarball" -C $(LIBFDT_DIR) --strip-components=2 --wildcards '*/libfdt/*.[ch]'
	$(Q)touch $@

$(LIBFDT_SRCS:%=$(LIBFDT_DIR)/%): | $(BUILD)/stamps/libfdt ;

$(LIBRARY_HEADERS): src/lib/libc/bsd-cdefs.h $(BUILD)/stamps/libfdt | $(call packages,kernel)
	$(Q)mkdir -p $(INCLUDE)/sys $(INCLUDE)/bsd/sys
	$(Q)cp /usr/include/bsd/sys/queue.h /usr/include/bsd/sys/tree.h $(INCLUDE)/sys/
	$(Q)cp src/lib/libc/bsd-cdefs.h $(INCLUDE)/bsd/sys/cdefs.h
	$(Q)cp $(LIBFDT_HEADERS:%=$(LIBFDT_DIR)/%) $(INCLUDE)/
	$(Q)touch $@

LIBFDT_CHECK_SRCS := fdt.c fdt_ro.c fdt_check.c

$(LIBFDT_DIR)/check.o: $(LIBRARY_HEADERS) tools/make/libraries.mk
	@echo "  CC      $(@:$(BUILD)/%=%)"
	$(Q)printf '#include "%s"\n' $(LIBFDT_CHECK_SRCS) >$(LIBFDT_DIR)/check.c
	$(Q)$(KERNEL_CC) $(KERNEL_BASE_CFLAGS) -O3 -w -c $(LIBFDT_DIR)/check.c -o $@
	$(Q)$(KERNEL_CROSS)objcopy --keep-global-symbol=fdt_check_full $@

$(LIBFDT): $(LIBFDT_DIR)/check.o
	$(Q)rm -f $@ && $(KERNEL_AR) rcs $@ $^
