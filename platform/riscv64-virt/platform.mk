# SPDX-License-Identifier: Apache-2.0
# riscv64-virt: memory is Sv48 page tables (satp mode 9). A stock QEMU 7.2 or later runs it as well:
# make run PLATFORM=riscv64-virt QEMU=qemu-system-riscv64

MODEL        := riscv64-sv48
QEMU_MACHINE := virt
QEMU_CPU     := rv64,h=off
KERNEL_LOAD  := 0x80200000
EXTRA_SRCS   := $(wildcard platform/common/*.c)
