# SPDX-License-Identifier: Apache-2.0
"""gdb commands for the kernel and its program: cells, cell, areas, threads, thread-bt, trace, program.

    gdb-multiarch -x tools/gdb/cella.py build/PLATFORM/kernel.elf
    (gdb) target remote :1234

Loaded by `source` or -x, before or after the machine is connected. The commands are in the package beside
this file; `help COMMAND` describes each. docs/debugging.md shows them at work.
"""

import pathlib
import sys

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from cella_gdb import areas, cells_command, program, threads, trace, unwind  # noqa: E402

# Breakpoints on programs that are not loaded yet wait for them. Code is read from the ELF files, so that
# what was never touched, and so is not mapped, can be disassembled and given breakpoints.
gdb.execute("set breakpoint pending on")
gdb.execute("set trust-readonly-sections on")

# gdb takes every program for a process of Linux, and would step by a breakpoint on the next instruction:
# never reached from one that traps. This machine's emulator steps by itself, into the trap.
gdb.execute("set osabi none")

for part in (cells_command, areas, threads, trace, program, unwind):
    part.register()
