# SPDX-License-Identifier: Apache-2.0
"""trace: the kernel's ring of trace records, and which classes are recorded."""

from . import machine

PREFIX = "TRACE_CLASS_"
SHOWN = 20


def classes():
    """{name: bit}"""
    kind = machine.kernel_type("enum trace_class", "trace_record")
    return {f.name[len(PREFIX):]: f.enumval for f in kind.fields() if f.name.startswith(PREFIX)}


def _enabled():
    return int(machine.variable("trace_enabled"))


def _enable(mask):
    symbol = machine.variable_symbol("trace_enabled")
    machine.write_kernel(int(symbol.value().address), mask.to_bytes(symbol.type.sizeof, "little"))


def records(count):
    """The newest count records as text, oldest first."""
    ring = machine.variable("ring", "trace_record")
    made = int(machine.variable("next", "trace_record"))
    size = ring.type.range()[1] + 1
    names = {bit: name for name, bit in classes().items()}
    for i in range(max(0, made - min(size, count)), made):
        record = ring[i % size]
        when = int(record["when_ns"])
        yield (f"{when // 10**9}.{when // 1000 % 10**6:06d} {names.get(int(record['cls']), '?')}: "
               f"{machine.text(record['text'])}")


def _state(mask):
    on = [name for name, bit in classes().items() if mask & 1 << bit]
    return "recorded: " + (",".join(on) or "nothing") + "; there are " + ",".join(classes())


class Trace(machine.Command):
    """Show or choose what the kernel traces.

    trace                       the newest records of the ring, and which classes are on
    trace N                     the newest N
    trace on CLASS,CLASS...     record these, too, from now on; they are printed on the console as well
    trace on all
    trace off                   record nothing more
    trace off CLASS,CLASS...

The classes are those of the boot argument trace=; the ring keeps the newest 64 records. What syscall traces is
printed on the console alone. This replaces gdb's own
`trace`, which sets tracepoints: the emulator has none."""

    NAME = "trace"

    def complete(self, text, word):
        words = text.split(" ")
        if len(words) <= 1:
            return [w for w in ("on", "off") if w.startswith(word)]
        return [c for c in [*classes(), "all"] if c.startswith(word)]

    def run(self, argument):
        verb, _, rest = argument.partition(" ")
        if verb in ("on", "off"):
            self._switch(verb == "on", rest.replace(" ", ""))
        elif verb and not verb.isdigit():
            machine.fail("trace [N], trace on CLASS,..., trace off [CLASS,...]; see `help trace`")
        else:
            self._show(int(verb) if verb else SHOWN)

    @staticmethod
    def _show(count):
        shown = list(records(count))
        for line in shown:
            print(line)
        print(("" if shown else "no records; ") + _state(_enabled()))

    @staticmethod
    def _mask(names):
        known = classes()
        unknown = [n for n in names if n not in known and n != "all"]
        if unknown:
            machine.fail(f"no class {', '.join(unknown)}; there are {','.join(known)}")
        bits = known.values() if "all" in names else [known[n] for n in names]
        return sum(1 << bit for bit in bits)

    def _switch(self, on, names):
        if on and not names:
            machine.fail("trace on CLASS,...: which? There are " + ",".join(classes()))
        mask = self._mask(names.split(",") if names else ["all"])
        _enable(_enabled() | mask if on else _enabled() & ~mask)
        print(_state(_enabled()))


def register():
    Trace()
