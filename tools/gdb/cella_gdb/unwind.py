# SPDX-License-Identifier: Apache-2.0
"""Stepping into the kernel and out of it.

Backtraces through trap_entry need nothing from here: it has unwind information (src/riscv64/trapentry.inc) wherever the
interrupted registers are in memory. But at its first instruction nothing is saved yet, and at its sret all is
restored: the registers are the interrupted context's own, but for the pc, which is in sepc. gdb stops
at the first instruction when it steps over a system call, and recognises the caller, to which it then runs,
only by what this unwinder says.
"""

import gdb
from gdb.unwinder import Unwinder, register_unwinder

from . import machine

CAUSE_ECALL = 8
CSRS = ("sepc", "scause")
NAMES = ("zero ra sp gp tp t0 t1 t2 fp s1 a0 a1 a2 a3 a4 a5 a6 a7 "
         "s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6").split()


class _FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = gdb.Value(sp), gdb.Value(pc)


class EntryUnwinder(Unwinder):
    def __init__(self):
        super().__init__("cella-trap-entry")
        self.start = self.end = 0
        self.returns = ()

    def _find(self, pending):
        """Where trap_entry is: cpu_user_enter follows it."""
        self.start, self.end = machine.address_of("trap_entry"), machine.address_of("cpu_user_enter")
        code = pending.architecture().disassemble(self.start, self.end - 1)
        self.returns = tuple(insn["addr"] for insn in code if insn["asm"].startswith("sret"))

    def __call__(self, pending):
        try:
            if not self.start:
                self._find(pending)
            pc = int(pending.read_register("pc"))
            if pc == self.start or pc in self.returns:
                return self._unwind(pending, pc)
        except (gdb.error, gdb.GdbError):  # no machine, no kernel: somebody else's frame
            pass
        return None

    def _unwind(self, pending, pc):
        values = {name: pending.read_register(name) for name in (*NAMES, *CSRS)}
        number = {name: int(value) & (1 << 64) - 1 for name, value in values.items()}
        resume = number["sepc"]
        if pc == self.start and number["scause"] == CAUSE_ECALL:
            resume += 4  # the kernel returns behind the ecall
        # The interrupted stack stands for this frame: gdb takes a caller on a lower one for a damaged chain, and
        # the program's are below the kernel's.
        info = pending.create_unwind_info(_FrameId(number["sp"], self.start))
        for name in NAMES:
            info.add_saved_register(name, values[name])
        info.add_saved_register("pc", gdb.Value(resume.to_bytes(8, "little"), pending.read_register("pc").type))
        return info


def register():
    register_unwinder(None, EntryUnwinder(), replace=True)
