# SPDX-License-Identifier: Apache-2.0
"""threads, thread-bt: the kernel's threads, what each does or waits for, and from where it was called."""

import contextlib
import dataclasses

import gdb

from . import machine

WAIT_FOREVER = (1 << 64) - 1
CAUSE_ECALL = 8
# A sleeping thread waits for what called these.
PLUMBING = ("cpu_switch", "hart_self", "switch_away", "waitq_sleep", "waitq_sleep_until", "waitq_sleep_unlocked", "mutex_lock", "mutex_lock_waiting",
            "thread_yield", "cpu_thread_start")


@dataclasses.dataclass(frozen=True)
class Thread:
    address: int
    value: gdb.Value
    hart: int  # that runs it; None: none

    @property
    def tid(self):
        return int(self.value["tid"])

    @property
    def name(self):
        return machine.text(self.value["name"])

    @property
    def state(self):
        name = _state_name(int(self.value["state"]))
        return "idle" if name == "running" and self.hart is None else name  # its state does not change

    def frame(self):
        """The trap frame that lies at the top of its stack; None: a kernel thread."""
        return machine.deref(self.value["tf"]) if int(self.value["tf"]) else None


def _state_name(number):
    kind = machine.kernel_type("enum thread_state", "thread_init")
    return next((f.name[len("THREAD_"):].lower() for f in kind.fields() if f.enumval == number), str(number))


# --- harts ------------------------------------------------------------------------------------


def _hart_here():
    """The kernel's struct hart of the selected CPU, or None: sscratch holds it in user mode, tp in the kernel."""
    kind = machine.kernel_type("struct hart", "cpu_trap_init")
    for name in ("sscratch", "tp"):
        with contextlib.suppress(gdb.MemoryError):
            address = machine.register(name)
            if address in _hart_addresses():
                return machine.kernel_object(address, kind)
    return None


def _hart_addresses():
    others = machine.variable("cpu_harts")
    first, last = others.type.range()
    return [int(machine.variable_symbol("boot_hart").value().address),
            *(int(others[n]) for n in range(first, last + 1) if int(others[n]))]


def running():
    """{address of a struct thread: number of the CPU that runs it}"""
    before, found = gdb.selected_thread(), {}
    for cpu in gdb.selected_inferior().threads():
        cpu.switch()
        hart = _hart_here()
        if hart is not None and int(hart["thread"]):
            found[int(hart["thread"])] = cpu.num - 1
    before.switch()
    return found


def all_threads():
    machine.translation_mode()
    harts = running()
    head = machine.variable("all_threads", "thread_init")
    found = [Thread(address, value, harts.get(address)) for address, value in machine.list_of(head, "all_link")]
    return found or machine.fail("there are no threads yet; `continue` past thread_init first")


# --- where a thread is ------------------------------------------------------------------------


def _field(insn, high, low):
    return insn >> low & (1 << high - low + 1) - 1


def _signed(value, bits):
    return value - (1 << bits) if value >> bits - 1 else value


def _frame_of_call(start, pc):
    """(size of the frame, where in it ra is) as the code from a function's start to a call in it makes them; None:
    it makes none. As src/riscv64/unwind.c, which says why this is enough."""
    code, at, size, saved, elsewhere = machine.kernel_bytes(start, pc - start), 0, 0, None, False
    while at + 2 <= len(code):
        insn = machine.word(code, at, 4 if code[at] & 3 == 3 else 2)
        taken = put = None
        if insn & 0xfffff == 0x10113:  # addi sp, sp, n
            taken = -_signed(insn >> 20, 12)
        elif insn & 0xef83 == 0x6101:  # c.addi16sp
            taken = -_signed(_field(insn, 12, 12) << 9 | _field(insn, 4, 3) << 7 | _field(insn, 5, 5) << 6 |
                             _field(insn, 2, 2) << 5 | _field(insn, 6, 6) << 4, 10)
        elif insn & 0xef83 == 0x0101:  # c.addi sp, n
            taken = -_signed(_field(insn, 12, 12) << 5 | _field(insn, 6, 2), 6)
        elif insn & 0x1fff07f == 0x113023:  # sd ra, n(sp)
            put = _field(insn, 31, 25) << 5 | _field(insn, 11, 7)
        elif insn & 0xe07f == 0xe006:  # c.sdsp ra, n(sp)
            put = _field(insn, 9, 7) << 6 | _field(insn, 12, 10) << 3
        elif insn == 0x8082 or insn & 0xf07f == 0x8002 or insn & 0xe003 == 0xa001 or insn & 0xfff in (0x67, 0x6f):
            elsewhere = True  # behind a return or a jump the frame is there, unless it is made again
        if taken is not None and taken > 0:
            if elsewhere:
                size, saved, elsewhere = 0, None, False
            size += taken
        if put is not None and saved is None:
            saved = size - put
        at += 4 if code[at] & 3 == 3 else 2
    return None if saved is None else (size, size - saved)


def return_addresses(thread):
    """Of the call chain of a thread that does not run, newest first. By the functions' code, for gdb's own way needs the
    hart's view of memory, which in the firmware and in user mode may lack the kernel."""
    context, stack = thread.value["context"], int(thread.value["stack"])
    top = stack + machine.stack_size()
    entry = range(machine.address_of("trap_entry"), machine.address_of("cpu_user_enter"))
    pcs, sp = [int(context["ra"])], int(context["sp"])
    while len(pcs) < 64 and pcs[-1] - 1 not in entry:
        start = machine.function_start(pcs[-1] - 1)
        frame = start and _frame_of_call(start, pcs[-1])
        if not frame or frame[0] <= 0 or not stack <= sp <= top - frame[0]:
            break
        pcs.append(machine.word(machine.kernel_bytes(sp + frame[1], 8), 0, 8))
        sp += frame[0]
    return pcs


def function_at(pc):
    """The function that the call before pc is in, an inlined one if it is."""
    block = gdb.block_for_pc(pc - 1)
    while block and not block.function:
        block = block.superblock
    return block.function.name if block else machine.place_name(pc - 1).split("+")[0]


def _system_call(frame):
    """Which one the thread is in; "" if in none."""
    if int(frame["scause"]) != CAUSE_ECALL:
        return ""
    number = int(frame["a7"])
    calls = machine.variable("syscalls", "syscall_dispatch")
    known = number <= calls.type.range()[1]
    return "system call " + (machine.text_at(calls[number]["name"]) if known else str(number))


def _deadline(thread):
    ticks = int(thread.value["wake_at"])
    if ticks == WAIT_FOREVER:
        return ""
    hz = int(machine.variable("boot_info")["timebase_hz"])
    return f", until {ticks / hz:.6f} s"


def what_it_does(thread):
    if thread.hart is not None:
        pc = int(gdb.newest_frame().pc())
        return f"on hart {thread.hart}, pc {pc:#x} {machine.place_name(pc)}".rstrip()
    if thread.state == "sleeping":
        callers = [f for f in map(function_at, return_addresses(thread)) if f not in PLUMBING]
        queue = machine.place_name(int(thread.value["sleeping_on"]))
        text = f"waits in {callers[0] if callers else '?'}" + (f" on {queue}" if queue else "") + _deadline(thread)
        frame = thread.frame()
        call = _system_call(frame) if frame is not None else ""
        return f"{text}; {call} from {int(frame['sepc']):#x} {machine.place_name(int(frame['sepc']))}".rstrip() \
            if call else text
    return f"would go on at {machine.place_name(return_addresses(thread)[0])}"


# --- backtraces -------------------------------------------------------------------------------

SAVED = ("ra", "sp", "fp", *(f"s{i}" for i in range(1, 12)), "gp")


@contextlib.contextmanager
def _registers(values):
    """The hart has these register values for a while."""
    before = {name: machine.register(name) for name in values}
    try:
        for name, value in values.items():
            gdb.execute(f"set ${name} = {value:#x}", to_string=True)
        yield
    finally:
        for name, value in before.items():
            gdb.execute(f"set ${name} = {value:#x}", to_string=True)


# Under page tables the emulator shows gdb no kernel memory while the hart is in user mode; in S-mode it shows all.
ALL_VISIBLE = {"priv": machine.PRIV_S}


def _saved(thread):
    """What the thread will come back with."""
    context = thread.value["context"]
    values = [context["ra"], context["sp"], *(context["s"][i] for i in range(12)), context["gp"], context["ra"]]
    return dict(zip((*SAVED, "pc"), map(int, values)))


def backtrace(thread):
    if machine.register("priv") == machine.PRIV_M:
        machine.fail("the hart is in the firmware, and sees no kernel stack; `finish` or `stepi` out of it")
    with _registers(ALL_VISIBLE), _registers({} if thread.hart is not None else _saved(thread)):
        return gdb.execute("bt", to_string=True)


class Threads(machine.Command):
    """List the kernel's threads (for gdb's own view, the CPUs, see `info threads`).

    threads         number, name, state, and what it does: where it runs, or what it waits for
    threads -b      with backtraces

A * marks the thread that the selected hart runs. A user thread that sleeps shows its system call."""

    NAME = "threads"

    def complete(self, _text, word):
        return ["-b"] if "-b".startswith(word) else []

    def run(self, argument):
        if argument not in ("", "-b"):
            machine.fail("threads, or threads -b")
        for thread in all_threads():
            mark = "*" if thread.hart == gdb.selected_thread().num - 1 else " "
            kind = "user" if int(thread.value["vmspace"]) else "kernel"
            print(f"{mark}{thread.tid:>3}  {thread.name:<15}  {kind:<6}  {thread.state:<8}  {what_it_does(thread)}")
            if argument:
                print(backtrace(thread), end="")


class ThreadBt(machine.Command):
    """Show the backtrace of one of the kernel's threads, through the kernel and on into the program.

    thread-bt NUMBER        a number that `threads` shows

gdb is shown the thread's saved registers, and all memory, while it unwinds; then the hart's own state is put
back."""

    NAME = "thread-bt"

    def run(self, argument):
        if not argument.isdigit():
            machine.fail("thread-bt NUMBER: a number that `threads` shows")
        found = [t for t in all_threads() if t.tid == int(argument)]
        if not found:
            machine.fail(f"there is no thread {argument}; see `threads`")
        print(backtrace(found[0]), end="")


def register():
    Threads()
    ThreadBt()
