# SPDX-License-Identifier: Apache-2.0
# The kernel of each platform: $(BUILD)/PLATFORM/kernel.elf.
#
# A kernel is every .c and .S directly inside the rooms it links: the common rooms below, the memory
# model that platform/PLATFORM/platform.mk names, and that platform's own folder. Nothing is chosen
# by #if; to choose, name a folder or a file in platform.mk. platform.mk sets
#
#   MODEL          the memory model's room under src/
#   QEMU_MACHINE   what the tool gives to the emulator's -M
#   QEMU_CPU       and to -cpu
#   KERNEL_LOAD    physical address where firmware enters; the linker script sees it as LOAD_PA
#   EXTRA_SRCS     further source files, if any
#
# The kernel carries its own symbol table. It is linked once with an empty one, tools/ksyms makes the
# table from the result, and it is linked again; that no function moved is checked.

KERNEL_ROOMS := lib machine riscv64 kernel drivers fs net unix
KERNEL_LDS   := src/riscv64/kernel.ld

KERNEL_CROSS := riscv64-unknown-elf-
KERNEL_CC    := $(KERNEL_CROSS)gcc
KERNEL_AR    := $(KERNEL_CROSS)ar
KERNEL_NM    := $(KERNEL_CROSS)nm

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wimplicit-fallthrough -Werror

# -fomit-frame-pointer, -fno-reorder-blocks-and-partition: src/riscv64/unwind.c says how a call chain is found
# without frame pointers, and what that relies on; no part of a function may lie apart from it.
#
# -msmall-data-limit=0 and a linker script without __global_pointer$ leave gp unused: it would have
# another value before translation is on than after.
KERNEL_ARCH        := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany \
                      -msmall-data-limit=0
KERNEL_BASE_CFLAGS := $(KERNEL_ARCH) -std=gnu11 -ffreestanding -O2 -g -fomit-frame-pointer \
                      -fno-reorder-blocks-and-partition \
                      -fno-stack-protector -fno-pic -fno-common -ffunction-sections \
                      -fdata-sections -ffile-prefix-map=$(CURDIR)/= \
                      -isystem $(INCLUDE) -isystem src/lib/libc
KERNEL_CFLAGS      := $(KERNEL_BASE_CFLAGS) $(WARNINGS) -Isrc
KERNEL_LDFLAGS     := $(KERNEL_ARCH) -nostdlib -static -no-pie -Wl,--gc-sections \
                      -Wl,--build-id=none -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 \
                      -Wl,--fatal-warnings

# A room's own flags. In lib, gcc must not turn the loop that is memset's body into a call of memset.
ROOM_CFLAGS.lib           := -Wconversion -fno-tree-loop-distribute-patterns
ROOM_CFLAGS.riscv64-cells := -Wconversion
ROOM_CFLAGS.riscv64-sv48  := -Wconversion
ROOM_CFLAGS.platform      := -I.
ROOM_CFLAGS.unix          := -Wa,-I,$(BUILD)/vdso

# What runs once, seldom, or waits for a disk or a person anyway, is compiled for size. bench/ measures what is not.
KERNEL_SMALL := $(addprefix src/,$(addsuffix .c,\
    drivers/% kernel/devtree kernel/log kernel/log_readers kernel/machine kernel/memstats kernel/panic kernel/trace \
    kernel/vmreport kernel/vmspace_remap \
    lib/fdt% lib/fmt lib/json \
    fs/dev fs/ext4_% fs/filelock fs/kmsg fs/ldisc fs/local_name fs/memfd fs/pipe_fifo fs/pipe_splice fs/pseudo% \
    fs/timerfd fs/tmpfs_dir fs/tty fs/vfs_change fs/vfs_mount fs/xattr fs/inotify \
    unix/args unix/bootargs unix/elf unix/exec% unix/futex_pi unix/ipc unix/itimer unix/manifest unix/poke unix/posix_timer unix/proc_% \
    unix/report unix/script unix/start unix/strace% unix/sys_admin unix/sys_aio unix/sys_change unix/sys_copy unix/sys_cred \
    unix/sys_exec unix/sys_hwprobe unix/sys_mq unix/sys_msg unix/sys_path unix/sys_peer unix/sys_prctl unix/sys_process unix/sys_sched \
    unix/sys_sem unix/sys_shm unix/sys_socket unix/sys_socket_option unix/sys_syslog unix/sys_xattr unix/sysfs))

# The shared object that programs find in their address space: src/unix/vdso/vdso.c. The bare-metal linker
# makes none.
VDSO        := $(BUILD)/vdso/vdso.so
VDSO_SRCS   := src/unix/vdso/vdso.c src/unix/vdso/sigreturn.S
VDSO_LDS    := src/unix/vdso/vdso.lds
VDSO_LD     := riscv64-linux-gnu-ld
VDSO_CFLAGS := $(KERNEL_ARCH) -std=gnu11 -ffreestanding -O2 -fPIC -fomit-frame-pointer \
               -fasynchronous-unwind-tables -fno-stack-protector \
               -ffile-prefix-map=$(CURDIR)/= $(WARNINGS) -Isrc

$(VDSO): $(VDSO_SRCS) $(VDSO_LDS) src/unix/vdso_data.h tools/make/kernel.mk | $(call packages,kernel)
	@echo "  VDSO    $@"
	$(Q)mkdir -p $(@D)
	$(Q)for s in $(VDSO_SRCS); do $(KERNEL_CC) $(VDSO_CFLAGS) -c $$s -o $(@D)/$$(basename $$s).o || exit 1; done
	$(Q)$(VDSO_LD) -shared -soname linux-vdso.so.1 --hash-style=both --eh-frame-hdr -Bsymbolic \
	    --build-id=none -z noexecstack -z max-page-size=4096 --fatal-warnings --no-undefined -s \
	    -T $(VDSO_LDS) $(patsubst %,$(@D)/%.o,$(notdir $(VDSO_SRCS))) -o $@

# Of src/ROOM/file.c: ROOM. Of platform/NAME/file.c: platform.
room_of = $(if $(filter src/%,$(1)),$(word 2,$(subst /, ,$(1))),platform)

# gcc keeps its support library for this instruction set under the plain name of it.
libgcc = $(shell $(KERNEL_CC) -march=rv64imac -mabi=lp64 -print-libgcc-file-name)

# $(call kernel_compile,SOURCE): the command, less -c, -o and dependency flags. Also what
# compile_commands.json records.
kernel_compile = $(KERNEL_CC) $(KERNEL_CFLAGS) $(ROOM_CFLAGS.$(call room_of,$(1))) \
                 $(if $(filter $(KERNEL_SMALL),$(1)),-Os)

# $(call kernel_rules,PLATFORM), expanded while platform.mk's variables are PLATFORM's.
define kernel_rules
$(1).out  := $(BUILD)/$(1)
$(1).srcs := $(sort $(foreach dir,$(KERNEL_ROOMS:%=src/%) src/$(MODEL) platform/$(1),\
                 $(wildcard $(dir)/*.c $(dir)/*.S))) $(EXTRA_SRCS)
$(1).objs := $$(addprefix $(BUILD)/$(1)/obj/,$$(addsuffix .o,$$(basename $$($(1).srcs))))
$(1).model := $(MODEL)
$(1).machine := $(QEMU_MACHINE)
$(1).cpu := $(QEMU_CPU)
$(1).load := $(KERNEL_LOAD)
KERNEL_OBJS += $$($(1).objs)
KERNEL_ELFS += $(BUILD)/$(1)/kernel.elf

$(BUILD)/$(1)/obj/%.o: %.c $(KERNEL_MAKEFILES) $(LIBRARY_HEADERS) | $(call packages,kernel)
	@echo "  CC      $(1)/$$<"
	$(Q)mkdir -p $$(@D)
	$(Q)$$(call kernel_compile,$$<) -MMD -MP -c $$< -o $$@

$(BUILD)/$(1)/obj/%.o: %.S $(KERNEL_MAKEFILES) $(LIBRARY_HEADERS) | $(call packages,kernel)
	@echo "  AS      $(1)/$$<"
	$(Q)mkdir -p $$(@D)
	$(Q)$$(call kernel_compile,$$<) -MMD -MP -c $$< -o $$@

$(BUILD)/$(1)/obj/src/unix/vdso_image.o: $(VDSO)

# A source that goes away changes no object: the list of them is a file that changes.
$(BUILD)/$(1)/objects: FORCE
	@mkdir -p $$(@D) && echo '$$($(1).objs)' >$$@.new
	@if cmp -s $$@ $$@.new; then rm -f $$@.new; else mv $$@.new $$@; fi

$(BUILD)/$(1)/kernel.elf: $$($(1).objs) $(LIBFDT) $(KERNEL_LDS) tools/ksyms tools/link-kernel \
		$(BUILD)/$(1)/objects platform/$(1)/platform.mk
	@echo "  LD      $(1)/kernel.elf"
	$(Q)CC="$(KERNEL_CC) $(KERNEL_ARCH)" NM=$(KERNEL_NM) tools/link-kernel $$@ \
	    $(KERNEL_LDFLAGS) -Wl,--defsym=LOAD_PA=$(KERNEL_LOAD) -Wl,-T,$(KERNEL_LDS) \
	    $$(filter %.o,$$^) $(LIBFDT) $$(libgcc)
	$(Q)$(KERNEL_CROSS)size $$@ | awk -v name=$(1) 'NR == 2 { \
	    printf "  SIZE    %s: text %.1f KiB, data %.1f KiB, bss %.1f KiB; text and data %.0f %% of 512 KiB\n", \
	        name, $$$$1 / 1024, $$$$2 / 1024, $$$$3 / 1024, ($$$$1 + $$$$2) / 5242.88 }'
endef

KERNEL_MAKEFILES := Makefile tools/make/kernel.mk
KERNEL_OBJS :=
KERNEL_ELFS :=
$(foreach p,$(PLATFORMS),\
    $(foreach v,MODEL QEMU_MACHINE QEMU_CPU KERNEL_LOAD EXTRA_SRCS,$(eval $v :=))\
    $(eval include platform/$p/platform.mk)\
    $(eval $(call kernel_rules,$p)))

-include $(KERNEL_OBJS:.o=.d)
