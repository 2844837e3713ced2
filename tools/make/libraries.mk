# SPDX-License-Identifier: Apache-2.0
# Libraries that Debian keeps and the kernel links, taken from their packages at build time.
#
#   BSD queue.h and tree.h   libbsd-dev's headers, copied so that they can be used freestanding; the
#                            one header they include is ours (src/lib/libc/bsd-cdefs.h)
#   libfdt                   upstream's tarball from the device-tree-compiler source package. The
#                            part that reads is built twice, each time as one file, so that the compiler
#                            sees all of it: with its checks, of which the kernel sees fdt_check_full() only;
#                            and without those that a tree which passed that needs no more
#                            (FDT_ASSUME_MASK, libfdt_internal.h), for walking. Host tests make trees with
#                            the rest
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

LIBFDT_READ_SRCS := fdt.c fdt_ro.c

$(LIBFDT_DIR)/check.o: LIBFDT_PART := $(LIBFDT_READ_SRCS) fdt_check.c
$(LIBFDT_DIR)/check.o: LIBFDT_PART_SYMBOLS := fdt_check_full
$(LIBFDT_DIR)/read.o: LIBFDT_PART := $(LIBFDT_READ_SRCS)
$(LIBFDT_DIR)/read.o: LIBFDT_PART_CFLAGS := -DFDT_ASSUME_MASK=0xff
$(LIBFDT_DIR)/read.o: LIBFDT_PART_SYMBOLS := fdt_next_tag fdt_get_name fdt_getprop_by_offset \
	fdt_stringlist_contains fdt_num_mem_rsv fdt_get_mem_rsv

$(LIBFDT_DIR)/check.o $(LIBFDT_DIR)/read.o: $(LIBRARY_HEADERS) tools/make/libraries.mk tools/make/kernel.mk
	@echo "  CC      $(@:$(BUILD)/%=%)"
	$(Q)printf '#include "%s"\n' $(LIBFDT_PART) >$(@:.o=.c)
	$(Q)$(KERNEL_CC) $(KERNEL_BASE_CFLAGS) -O3 $(LIBFDT_PART_CFLAGS) -w -c $(@:.o=.c) -o $@
	$(Q)$(KERNEL_CROSS)objcopy $(LIBFDT_PART_SYMBOLS:%=--keep-global-symbol=%) $@

$(LIBFDT): $(LIBFDT_DIR)/check.o $(LIBFDT_DIR)/read.o
	$(Q)rm -f $@ && $(KERNEL_AR) rcs $@ $^
