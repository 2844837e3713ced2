# SPDX-License-Identifier: Apache-2.0
"""`info cells` shows each cell with its range, base, validity and rights, and the compartment
registers; like every look from outside it changes nothing (A.10.1, checked by the guest)."""

import re

from qemu import Machine, equal


def slots(text):
    """[(start, end, pa, state, {sd: letters})] of the cells in the listing."""
    found = []
    for block in re.split(r"\n(?= {0,4}\d+  )", text):
        cell = re.match(r" *\d+  ([0-9a-f]{16})-([0-9a-f]{16})  pa ([0-9a-f]+)  .*  (\w+)$", block, re.M)
        if cell:
            rights = {int(sd): letters for sd, letters in re.findall(r"(\d+):([-rwxadgv]+)", block)}
            found.append([int(cell.group(k), 16) for k in (1, 2, 3)] + [cell.group(4), rights])
    return found


with Machine("views_guest") as machine:
    facts = machine.read_facts()
    machine.send("s")
    while machine.peek(0x10000) is None:
        pass
    text = machine.monitor("info cells")
    frame = facts["frames"]
    cells = slots(text)
    equal("number of cells", len(cells), 7)
    equal("first", cells[0], [0x10000, 0x11fff, frame, "valid", {0: "r-----v", 1: "r-----v"}])
    equal("no byte", cells[1], [0x20000, 0x20fff, frame + 0x2000, "valid", {}])
    equal("none and rw", cells[2][4], {0: "---ad-v", 1: "rw----v"})
    equal("invalid", cells[3][3], "invalid")
    equal("last", cells[6][:3], [0xffffffffc0000000, 0xffffffffc0000fff, frame + 0x5000])
    assert re.search(r"usid 1\b", text), text
    assert re.search(r"table at 0*%x\b" % facts["table"], text), text
    machine.send(".")
    machine.finish()
