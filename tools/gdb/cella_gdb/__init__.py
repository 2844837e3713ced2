# SPDX-License-Identifier: Apache-2.0
"""The commands of tools/gdb/cella.py.

    machine        the stopped machine: registers, memory, the kernel's variables; what every command is
    table          translations as one list, whatever the memory model; `cells`, `sv48` decode it
    cells_command  cells, cell
    areas, names   areas: the program's address space, and the paths of files
    threads        threads, thread-bt
    trace          trace
    elf, program   program: symbols of what the program has mapped
    unwind         backtraces through the kernel's entry

Kernel objects are read by physical address and decoded with the types of the kernel's debug information, so
the commands work wherever the machine has stopped, in the firmware too.
"""
