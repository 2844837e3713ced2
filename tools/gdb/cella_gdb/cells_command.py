# SPDX-License-Identifier: Apache-2.0
"""cells, cell: what the hart's table maps, and what it does with one address."""

import gdb

from . import areas, machine, table


# --- whose a mapping is -----------------------------------------------------------------------


def _kernel_parts():
    """[(first physical byte, one past the last, name)]: the first one that fits counts."""
    info = machine.variable("boot_info")
    parts = [(info[name], "kernel " + name) for name in ("text", "rodata", "data")]
    parts += [(info["mmio"][i], "device registers") for i in range(int(info["nmmio"]))]
    parts += [(info["window"][i], "RAM") for i in range(int(info["nwindow"]))]
    return [(int(r["start"]), int(r["start"]) + int(r["len"]), name) for r, name in parts]


def _parts_in(parts, mapping):
    """Names of the kernel's parts that the mapping shows, in order."""
    first, last = mapping.physical, mapping.physical + mapping.end - mapping.start
    names = [name for start, end, name in parts if start <= last and first < end]
    return list(dict.fromkeys(names))


class Owners:
    """Names the areas or the part of the kernel that a mapping belongs to."""

    def __init__(self):
        self.window = machine.address_of("WINDOW_BASE")
        self.parts = _kernel_parts()
        self.areas = areas.read()

    def of(self, mapping):
        if mapping.start >= self.window:
            names = _parts_in(self.parts, mapping)
        else:
            found = [a for a in self.areas if a.start <= mapping.end and mapping.start < a.end]
            names = [f"{a.rights} {a.name or 'anonymous'}" for a in found]
        more = f" and {len(names) - 2} more" if len(names) > 2 else ""
        return ", ".join(names[:2]) + more or "?"


# --- cells ------------------------------------------------------------------------------------


def _rights_text(mapping):
    texts = [f"{d}:{letters}" for d, letters in mapping.rights.items()]
    texts += [f"{granter}>{receiver}:{letters}" for granter, receiver, letters in mapping.grants]
    return " ".join(texts) or "nobody"


def _number(value):
    return "-" if value is None else str(value)


def line_of(mapping, owner):
    size = (mapping.end - mapping.start + 1) // 1024
    return (f"{_number(mapping.slot):>5}  {mapping.start:010x}-{mapping.end:010x}  {mapping.physical:010x}"
            f"{size:>9} KiB  {_number(mapping.generation):>4}{'' if mapping.valid else ' INVALID'}"
            f"  {_rights_text(mapping):<20}  {owner}")


HEAD = (f"{'slot':>5}  {'virtual':<21}  {'physical':<10}{'size':>13}  {'gen':>4}"
        f"  {'compartment:rights':<20}  belongs to")


class Cells(machine.Command):
    """List what the selected hart's table maps.

    cells           everything
    cells kernel    the kernel's own
    cells user      the program's

A line for each cell: slot, first and last address, physical address, size, generation, the rights of each
compartment that has any (0 is the kernel, 1 the program's first: rwx, accessed, dirty, global, valid),
grants as GRANTER>RECEIVER:RIGHTS, and the areas or the part of the kernel that it belongs to. Under page
tables, ranges of pages with the same bits have a line each, and neither slot nor generation."""

    NAME = "cells"

    def complete(self, _text, word):
        return [w for w in ("kernel", "user") if w.startswith(word)]

    def run(self, argument):
        if argument not in ("", "kernel", "user"):
            machine.fail("cells, cells kernel, or cells user")
        found, owners = table.read(), Owners()
        print(HEAD)
        for mapping in found.mappings:
            kind = "kernel" if mapping.start >= owners.window else "user"
            if argument in ("", kind):
                print(line_of(mapping, owners.of(mapping)))
        who = table.compartment()
        hart = gdb.selected_thread().num - 1
        print(f"{found.summary}; hart {hart} in " + ("machine mode" if who is None else f"compartment {who}"))


# --- cell -------------------------------------------------------------------------------------


def _allowed(letters):
    """The accesses that letters let through: nothing does without v, nor where w stands without r."""
    if "v" not in letters or ("w" in letters and "r" not in letters):
        return []
    names = (("r", "read"), ("w", "write"), ("x", "execute"))
    return [name for letter, name in names if letter in letters]


def _verdicts(mapping):
    """A line for each compartment that is, or may run."""
    here = table.compartment()
    for who in sorted({0, 1} | set(mapping.rights) | ({here} if here is not None else set())):
        letters = mapping.rights.get(who, "")
        can = _allowed(letters)
        cannot = [name for name in ("read", "write", "execute") if name not in can]
        words = []
        if can:
            words.append("may " + ", ".join(can))
        if cannot:
            why = "" if can else " (no view of it)" if "v" not in letters else " (no usable right)"
            words.append("faults on " + ", ".join(cannot) + why)
        name = "the kernel" if who == 0 else f"compartment {who}"
        yield f"  {name}: {'; '.join(words)}" + ("  <- this hart" if who == here else "")


def _neighbours(mappings, address):
    below = [m for m in mappings if m.end < address]
    above = [m for m in mappings if m.start > address]
    return below[-1:] + above[:1]


def _area_text(address):
    area = areas.at(address)
    if area:
        return f"  in area {area.line()}: not touched yet, or pushed out; a touch fills it if the area allows it"
    return "  in no area: an access is a SIGSEGV"


class Cell(machine.Command):
    """Say what the table does with one address.

    cell ADDRESS        any expression: cell $pc, cell &counter, cell 0x10000

Names the cell that maps it, the physical address, what each compartment may do there and what faults, or else
the neighbours and the area that the address is in."""

    NAME = "cell"

    def __init__(self):
        gdb.Command.__init__(self, self.NAME, gdb.COMMAND_USER, gdb.COMPLETE_EXPRESSION)

    def run(self, argument):
        if not argument:
            machine.fail("cell ADDRESS: which address?")
        machine.translation_mode()
        address = machine.address(argument)
        mappings = table.read().mappings
        owners = Owners()
        found = next((m for m in mappings if m.holds(address)), None)
        if found is None:
            self._report_hole(address, mappings, owners)
            return
        print(line_of(found, owners.of(found)).strip())
        if not found.valid:
            print("  the cell is invalid: every access faults")
            return
        print(f"  {address:#x} is physical {found.physical + address - found.start:#x}")
        for line in _verdicts(found):
            print(line)

    def _report_hole(self, address, mappings, owners):
        print(f"nothing maps {address:#x}: every access faults")
        if address >> 47 not in (0, (1 << 17) - 1):
            print("  it is no canonical address")
        elif address < owners.window:
            print(_area_text(address))
        for mapping in _neighbours(mappings, address):
            print(f"  {'below' if mapping.end < address else 'above'}: "
                  f"{line_of(mapping, owners.of(mapping)).strip()}")


def register():
    Cells()
    Cell()
