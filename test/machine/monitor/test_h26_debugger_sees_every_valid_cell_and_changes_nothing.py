# SPDX-License-Identifier: Apache-2.0
"""A.10.1, A.10.2, H26: the monitor and gdb translate any address in a valid cell, whatever rights
the row has, V clear included, for any usid; nothing else translates; no permission byte and no
counter changes (the guest checks). In U, in S, and for an SD that does not exist."""

from qemu import Debugger, Machine, equal

SEEN = {0x10000: 0, 0x11000: 1, 0x20000: 2, 0x30000: 3, 0xffffffffc0000000: 5}
UNSEEN = [0x12000, 0x40000, 0x50000, 0x0, 0x8000000000010000, 0x0000800000000000,
          0xffff7fffffffff00]


def check(peek, who):
    for va, frame in SEEN.items():
        equal("%s at %#x" % (who, va), peek(va), 0xabcdef00 + frame)
    for va in UNSEEN:
        equal("%s at %#x" % (who, va), peek(va), None)


def wait_until_translating(machine):
    """The guest is in its loop once addresses that only the table maps translate."""
    while machine.peek(0x10000) is None:
        pass


def look(where):
    """Read only: the guest finds its bytes, and in S its counters, untouched."""
    with Machine("views_guest") as machine:
        machine.read_facts()
        machine.send(where)
        wait_until_translating(machine)
        check(machine.peek, "monitor in " + where)
        debugger = Debugger(machine)
        check(debugger.peek, "gdb in " + where)
        equal("usid by gdb", debugger.register("usid"), 1)
        equal("detach", debugger.ask("D"), "OK")
        machine.monitor("cont")
        machine.send(".")
        machine.finish()


def look_as_nobody(where):
    """A usid beyond M, and a table that cannot be read, both set by gdb."""
    with Machine("views_guest") as machine:
        machine.read_facts()
        machine.send(where)
        wait_until_translating(machine)
        debugger = Debugger(machine)
        debugger.set_register("usid", 0x100000001)
        check(debugger.peek, "gdb in %s with a usid beyond M" % where)
        check(machine.peek, "monitor in %s with a usid beyond M" % where)
        satp = debugger.register("satp")
        debugger.set_register("satp", satp >> 60 << 60 | 0xff000000)
        equal("unreadable table", debugger.peek(0x10000), None)
        debugger.set_register("satp", satp)
        equal("readable again", debugger.peek(0x10000), 0xabcdef00)


for mode in "us":
    look(mode)
    look_as_nobody(mode)
