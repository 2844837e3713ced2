# SPDX-License-Identifier: Apache-2.0
"""`info cells` on tables that no kernel makes: what cannot be read is named with the reason, what the
machine does not use (A.1.4) and what is too much to show is counted, a cell that ends before it begins
is called malformed; and without a CPU it says so. A debugger's walk gives up where the machine's
would (A.10.2)."""

import subprocess
import sys

from qemu import Debugger, Machine, equal

NO_RAM = 0x40_0000_0000
SATP_TABLE = 14 << 60


class Table:
    """The guest's table, to be spoiled while the guest is stopped."""

    def __init__(self, machine, base):
        self.machine = machine
        self.base = base
        self.debugger = Debugger(machine)
        self.meta = [machine.peek_physical(base), machine.peek_physical(base + 8)]
        self.cell = [machine.peek_physical(base + 16), machine.peek_physical(base + 24)]

    def use(self, base):
        self.debugger.set_register("satp", SATP_TABLE | base >> 12)

    def set_meta(self, base, R, T, M, N):
        self.debugger.poke(base, T << 32 | R)
        self.debugger.poke(base + 8, N << 32 | M)

    def set_cell(self, lo, hi):
        self.debugger.poke(self.base + 16, lo)
        self.debugger.poke(self.base + 24, hi)

    def restore(self):
        self.debugger.poke(self.base, self.meta[0])
        self.debugger.poke(self.base + 8, self.meta[1])
        self.set_cell(*self.cell)
        self.use(self.base)
        self.debugger.set_register("pmpcfg0", 0x1f << 56)

    def deny(self, at, length):
        """PMP entry 0: no right on length bytes."""
        self.debugger.set_register("pmpaddr0", at >> 2 | length // 8 - 1)
        self.debugger.set_register("pmpcfg0", 0x1f << 56 | 0x18)

    def lines(self):
        return self.machine.monitor("info cells").split("\n")


def says(lines, text):
    assert any(text in line for line in lines), "expected %r in %r" % (text, lines)


def in_machine_mode(table):
    says(table.lines()[-1:], "; hart 0 in machine mode")


def unreadable(table):
    table.use(NO_RAM)
    says(table.lines(), "The table at %014x cannot be read: bus error" % NO_RAM)
    table.restore()
    table.deny(table.base, 16)
    says(table.lines(), "The table at %014x cannot be read: PMP denies it" % table.base)
    table.restore()
    table.deny(table.base + 32, 16)
    lines = table.lines()
    says(lines, "slot 2 cannot be read: PMP denies it")
    says(lines[-1:], "1 cells, 0 empty slots")
    table.restore()


def rows_unreadable(table):
    table.deny(table.base + 1024, 8)
    says(table.lines(), "slot 1 cannot be read: PMP denies it")
    table.restore()
    table.set_meta(table.base, R=1 << 31, T=1, M=1, N=10)
    says(table.lines(), "slot 1 cannot be read: bus error")
    table.restore()


def bounds(table):
    table.set_meta(table.base, R=2, T=1, M=3, N=65)
    says(table.lines(), "the machine uses 64 slots and 2 compartments")
    table.set_meta(table.base, R=2, T=1, M=3, N=2)
    says(table.lines(), "the machine uses 2 slots and 2 compartments")
    table.set_meta(table.base, R=3, T=1, M=3, N=2)
    assert not any("the machine uses" in line for line in table.lines())
    table.set_meta(table.base, R=5000, T=1, M=5000, N=2)
    says(table.lines(), "not shown: slots from 2 and compartments from 4096 on")
    last_page = 0x87fff000  # of 128 MiB: the list runs over the end
    table.set_meta(last_page, R=1, T=1025, M=1, N=65600)
    table.use(last_page)
    lines = table.lines()
    says(lines, "cannot be read: bus error")
    says(lines, "not shown: slots from 65536 and compartments from 1 on")
    table.restore()


def malformed(table):
    start, end = 0x20, 0x10
    table.set_cell(end << 36 | start, 1 << 63)
    says(table.lines(), "malformed")
    table.restore()


with Machine("views_guest") as machine:
    table = Table(machine, machine.read_facts()["table"])
    before = table.lines()
    for check in in_machine_mode, unreadable, rows_unreadable, bounds, malformed:
        check(table)
    equal("in the end", table.lines(), before)

with Machine("views_guest") as machine:
    base = machine.read_facts()["table"]
    machine.send("s")
    while machine.peek(0x10000) is None:
        pass
    table = Table(machine, base)
    table.deny(table.base + 128, 128)  # slots 8 to 15
    equal("a cell found before them", table.debugger.peek(0x10000), 0xabcdef00)
    equal("a cell among them", table.debugger.peek(0xffffffffc0000000), None)
    table.debugger.set_register("pmpcfg0", 0x1f << 56)
    equal("allowed again", table.debugger.peek(0xffffffffc0000000), 0xabcdef05)

ended = subprocess.run([sys.argv[2], "-M", "none", "-nographic", "-monitor", "stdio", "-serial", "none"],
                       input="info cells\nquit\n", capture_output=True, text=True, timeout=20)
assert ended.returncode == 0 and "No CPU available" in ended.stdout, ended
