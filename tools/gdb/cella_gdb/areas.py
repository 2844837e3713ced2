# SPDX-License-Identifier: Apache-2.0
"""areas: the program's address space as it asked for it, whether or not it is mapped yet."""

import dataclasses

from . import machine
from .names import Names

AREAS_MAX = 100000  # a damaged tree ends somewhere


@dataclasses.dataclass(frozen=True)
class Area:
    start: int
    end: int  # one past the last byte
    rights: str  # rwx, then s or p
    offset: int
    name: str
    file: int  # the page cache's address; 0: no file

    def line(self):
        """As /proc/PID/maps has it; device and inode are not known."""
        head = f"{self.start:x}-{self.end:x} {self.rights} {self.offset:08x} 00:00 0"
        return f"{head:<72} {self.name}" if self.name else head


def _in_order(pointer, depth=0):
    """The areas below a node of the tree, by address."""
    if not int(pointer) or depth > 64:
        return
    area = machine.deref(pointer)
    yield from _in_order(area["link"]["rbe_left"], depth + 1)
    yield area
    yield from _in_order(area["link"]["rbe_right"], depth + 1)


def _rights(area, shared):
    prot = int(area["prot"])
    return "".join(c if prot & 1 << i else "-" for i, c in enumerate("rwx")) + \
        ("s" if int(area["flags"]) & shared else "p")


def _shared_flag():
    """AREA_SHARED, from the kernel's own enumeration."""
    kind = machine.kernel_type("enum area_flags", "area_new")
    return next(f.enumval for f in kind.fields() if f.name == "AREA_SHARED")


def loaded():
    """Whether there is a program's address space."""
    return int(machine.variable("the_process")["vmspace"]) != 0


def read():
    """Every area, by address; none before a program was loaded."""
    vmspace = machine.variable("the_process")["vmspace"]
    if not int(vmspace):
        return []
    names, shared = Names(), _shared_flag()
    found, called = [], {}
    for area in _in_order(machine.deref(vmspace)["areas"]["nodes"]["rbh_root"]):
        pages = int(area["file"])
        if pages and pages not in called:
            called[pages] = names.of_pages(pages)
        name = called[pages] if pages else machine.text_at(area["name"])
        found.append(Area(int(area["start"]), int(area["end"]), _rights(area, shared),
                          int(area["offset"]) if pages else 0, name, pages))
        if len(found) == AREAS_MAX:
            break
    return found


def at(address):
    return next((a for a in read() if a.start <= address < a.end), None)


class Areas(machine.Command):
    """List the program's areas as /proc/PID/maps shows them.

    areas           all
    areas ADDRESS   the one that holds the address (an expression), or what is next to it

Range, rights (s: shared, p: private), offset in the file, the file or what else it is. An area is what the
program asked for; `cells` shows what of it is mapped now."""

    NAME = "areas"

    def run(self, argument):
        found = read()
        if not found:
            machine.fail("no program has been loaded yet; `program` goes to its start")
        if argument:
            found = self._around(found, machine.address(argument))
        for area in found:
            print(area.line())

    @staticmethod
    def _around(found, address):
        inside = [a for a in found if a.start <= address < a.end]
        if inside:
            return inside
        print(f"{address:#x} is in no area; next to it:")
        return [a for a in found if a.end <= address][-1:] + [a for a in found if a.start > address][:1]


def register():
    Areas()
