# SPDX-License-Identifier: Apache-2.0
# riscv64-cells: memory is a SecureCells permission table (satp mode 14). Runs only on the emulator
# that qemu/ builds.

MODEL        := riscv64-cells
QEMU_MACHINE := virt
QEMU_CPU     := rv64,h=off,seccells=on
KERNEL_LOAD  := 0x80200000
EXTRA_SRCS   := $(wildcard platform/common/*.c)
