# SPDX-License-Identifier: Apache-2.0
"""`info cells` shows each cell with its range, base, validity, rights and grants, counts the empty
slots (-a lists them), and tells the compartment registers; like every look from outside it changes
nothing (A.10.1, checked by the guest)."""

import re

from qemu import Machine, equal

CELL = re.compile(r" *(\d+)  ([0-9a-f]{16})-([0-9a-f]{16})  ([0-9a-f]{14}) +(\d+) +(\d+)  (\w+)(.*)$")
EMPTY = re.compile(r" *(\d+)  empty at ([0-9a-f]{16}) +(\d+)$")


def cells(text):
    """{slot: (start, end, pa, pages, generation, state, {sd: letters}, [grants])} of a listing."""
    found = {}
    for line in text.split("\n"):
        if cell := CELL.match(line):
            slot, start, end, pa, pages, generation, state, rest = cell.groups()
            rights = {int(sd): letters for sd, letters in re.findall(r"(\d+):([-rwxadgv]+)", rest) if len(letters) == 7}
            found[int(slot)] = (int(start, 16), int(end, 16), int(pa, 16), int(pages), int(generation), state,
                                rights, re.findall(r"\d+>\d+:[-rwx]{3}", rest))
    return found


with Machine("views_guest") as machine:
    facts = machine.read_facts()
    machine.send("s")
    while machine.peek(0x10000) is None:
        pass
    text = machine.monitor("info cells")
    frame = facts["frames"]
    found = cells(text)
    equal("number of cells", len(found), 7)
    listed = list(found.values())
    equal("first", listed[0], (0x10000, 0x11fff, frame, 2, 0, "valid", {0: "r-----v", 1: "r-----v"}, []))
    equal("no byte", listed[1][:3] + listed[1][6:], (0x20000, 0x20fff, frame + 0x2000, {}, []))
    equal("none and rw", listed[2][6], {0: "---ad-v", 1: "rw----v"})
    equal("a grant, a generation", listed[2][4:6] + listed[2][7:], (5, "valid", ["1>2:rw-"]))
    equal("invalid", listed[3][5], "invalid")
    equal("last", listed[6][:3], (0xffffffffc0000000, 0xffffffffc0000fff, frame + 0x5000))
    assert re.search(r"usid 1\b", text), text

    last = text.split("\n")[-1]
    equal("last line", last, "7 cells, 2 empty slots; table at %#x, T=1 R=8 M=8 N=10: room for 63 cells and 8"
          " compartments, 8 in use; hart 0 in compartment 0" % facts["table"])
    equal("empty slots by default", re.findall("empty at", text), [])
    everything = machine.monitor("info cells -a")
    equal("cells among everything", cells(everything), found)
    empty = [EMPTY.match(line) for line in everything.split("\n") if "empty at" in line]
    equal("empty slots", [(int(m[2], 16), int(m[3])) for m in empty], [(0x25000, 0), (0xffffffffc0001000, 7)])
    equal("every slot", sorted([int(m[1]) for m in empty] + list(found)), list(range(1, 10)))
    machine.send(".")
    machine.finish()

with Machine("views_guest") as machine:
    machine.read_facts()
    machine.send("u")
    while machine.peek(0x10000) is None:
        pass
    while not machine.monitor("info cells").endswith("; hart 0 in compartment 1"):
        pass
    machine.send(".")
    machine.finish()
