# SPDX-License-Identifier: Apache-2.0
"""A.10.2: in M the monitor's and gdb's addresses are physical although satp selects the table, also
while MPRV makes the hart's own loads those of U."""

import re

from qemu import Debugger, Machine, equal

with Machine("views_guest") as machine:
    facts = machine.read_facts()  # the guest now waits in M
    equal("monitor at a frame", machine.peek(facts["frames"]), 0xabcdef00)
    equal("monitor at a virtual address", machine.peek(0x20000), machine.peek_physical(0x20000))
    debugger = Debugger(machine)
    equal("gdb at a frame", debugger.peek(facts["frames"] + 4096), 0xabcdef01)

MPRV = 1 << 17

with Machine("views_guest") as machine:
    facts = machine.read_facts()
    machine.send("m")
    while not int(re.search(r"mstatus +([0-9a-f]+)", machine.monitor("info registers"))[1], 16) & MPRV:
        pass
    debugger = Debugger(machine)
    equal("gdb at a frame", debugger.peek(facts["frames"]), 0xabcdef00)
    equal("monitor at a frame", machine.peek(facts["frames"] + 4096), 0xabcdef01)
    equal("gdb at a virtual address", debugger.peek(0x10000), machine.peek_physical(0x10000))
    equal("detach", debugger.ask("D"), "OK")
    machine.monitor("cont")
    machine.send(".")
    machine.finish()
