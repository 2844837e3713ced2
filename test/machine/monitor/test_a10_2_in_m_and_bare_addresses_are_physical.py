# SPDX-License-Identifier: Apache-2.0
"""A.10.2: in M the monitor's and gdb's addresses are physical although satp selects the table."""

from qemu import Debugger, Machine, equal

with Machine("views_guest") as machine:
    facts = machine.read_facts()  # the guest now waits in M
    equal("monitor at a frame", machine.peek(facts["frames"]), 0xabcdef00)
    equal("monitor at a virtual address", machine.peek(0x20000), machine.peek_physical(0x20000))
    debugger = Debugger(machine)
    equal("gdb at a frame", debugger.peek(facts["frames"] + 4096), 0xabcdef01)
