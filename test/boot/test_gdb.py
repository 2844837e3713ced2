# SPDX-License-Identifier: Apache-2.0
"""gdb with the commands of tools/gdb, on machines that it starts stopped, or that run when it comes."""

import os
import re
import shutil
import struct
import subprocess
import tempfile

import images
from harness import BUILD, LIMIT, ROOT, claim, conf, test

COMMANDS = ("cells", "cell", "areas", "threads", "thread-bt", "trace", "program")
PAGE = 4096


def act(*args):
    return images.builder(text=images.manifest(*args))


def debug(t, args, commands, **named):
    return t.debug(t.image(act(*args), "-" + "-".join(args)), commands, **named)


def is_cells(t):
    return "seccells" in conf(t.platform)["cpu"]


# --- what the three say of the table ----------------------------------------------------------
#
# A mapping as a tuple: first and last address, physical address, rights of each compartment as "rwxad".
# Of a cell also slot, generation, validity, grants; these are None under page tables.


def gdb_mappings(text):
    found = []
    for line in text.splitlines():
        m = re.match(r" *(\d+|-)  (\w+)-(\w+)  (\w+) +(\d+) KiB +(\d+|-)( INVALID)?  (.*)", line)
        if m:
            slot, first, last, pa, size, generation, invalid, rest = m.groups()
            rights = {int(d): letters for d, letters in re.findall(r"\b(\d+):([-rwxadgv]{7})(?= |$)", rest)}
            grants = re.findall(r"\b(\d+)>(\d+):([-rwx]{3})(?= |$)", rest)
            claim(int(last, 16) + 1 - int(first, 16) == int(size) * 1024, f"a wrong size: {line}")
            found.append((slot, int(first, 16), int(last, 16), int(pa, 16), generation, not invalid, rights, grants))
    return found


def monitor_cells(text):
    found = []
    for line in text.splitlines():
        m = re.match(r" *(\d+)  (\w{16})-(\w{16})  (\w{14}) +(\d+) +(\d+)  (\w+)(.*)", line)
        if m:
            slot, first, last, pa, _, generation, state, rest = m.groups()
            rights = {int(d): letters for d, letters in re.findall(r"\b(\d+):([-rwxadgv]{7})(?= |$)", rest)}
            grants = re.findall(r"\b(\d+)>(\d+):([-rwx]{3})(?= |$)", rest)
            found.append((slot, int(first, 16), int(last, 16), int(pa, 16), generation, state == "valid", rights,
                          grants))
    return found


def monitor_pages(text):
    """info mem: ranges with one set of rights, rwx, u, g, a, d."""
    lines = re.findall(r"^(\w{16}) (\w{16}) (\w{16}) ([-rwxugad]{7})$", text, re.M)
    return [(int(va, 16), int(va, 16) + int(size, 16) - 1, int(pa, 16), bits) for va, pa, size, bits in lines]


def kernel_lines(console):
    """What the kernel printed of its table, without its prefix, and the head of it."""
    lines = [line[len("[cella]   "):] for line in console.splitlines() if line.startswith("[cella]   ")]
    starts = [n for n, line in enumerate(lines) if re.match("cell table at|page tables at", line)]
    claim(len(starts) == 1, f"the kernel printed {len(starts)} tables")
    return lines[starts[0]], lines[starts[0] + 1], lines[starts[0] + 2:]


def kernel_cell(line):
    m = re.match(r" *(\d+) (\w+)-(\w+) +(\w+) +(\d+) KiB +(\d+)( INVALID)?  (.*)", line)
    claim(m, f"the kernel's line cannot be read: {line}")
    slot, first, last, pa, _, generation, invalid, rest = m.groups()
    columns, _, offers = rest.partition("[")
    shown = [columns[6 * d:6 * d + 5] for d in range((len(columns) + 5) // 6)]
    rights = {d: text.replace(" ", "-") for d, text in enumerate(shown) if text.strip() not in ("", "-")}
    grants = re.findall(r"(\d+) offers (\w+) to (\d+)", offers)
    return (slot, int(first, 16), int(last, 16), int(pa, 16), generation, not invalid, rights,
            [(granter, to, "".join(c if c in what else "-" for c in "rwx")) for granter, what, to in grants])


def kernel_pages(line):
    m = re.match(r"(\w+)-(\w+) +(\w+) +\d+ KiB  (.{6})", line)
    claim(m, f"the kernel's line cannot be read: {line}")
    first, last, pa, bits = m.groups()
    return int(first, 16), int(last, 16), int(pa, 16), bits


def joined(ranges):
    """Ranges (first, last, physical, what) with those that continue one another made one."""
    result = []
    for first, last, pa, what in ranges:
        if result and result[-1][1] + 1 == first and result[-1][3] == what and \
                result[-1][2] + first - result[-1][0] == pa:
            result[-1] = (result[-1][0], last, result[-1][2], what)
        else:
            result.append((first, last, pa, what))
    return result


def five(letters):
    """Of the letters rwxadgv those that the kernel prints; it prints none without v."""
    return letters[:5] if "v" in letters else ""


def as_kernel_prints(cell):
    *place, rights, grants = cell
    return (*place, {d: five(letters) for d, letters in rights.items() if five(letters)}, grants)


def same(what, one, other):
    for a, b in zip(one, other):
        claim(a == b, f"{what}: {a} against {b}")
    claim(len(one) == len(other), f"{what}: {len(one)} mappings against {len(other)}")


def compare_cells(gdb, monitor, console):
    mine, theirs = gdb_mappings(gdb), monitor_cells(monitor)
    same("gdb and monitor", mine, theirs)
    claim(gdb.strip().splitlines()[-1] == monitor.strip().splitlines()[-1], "gdb and monitor end differently")
    head, _, lines = kernel_lines(console)
    same("gdb and kernel", [as_kernel_prints(cell) for cell in mine], [kernel_cell(line) for line in lines])
    base, size, cells, capacity, domains, rows = re.match(
        r"cell table at (\w+), (\d+) bytes: (\d+) of (\d+) cells, (\d+) of (\d+) domains", head).groups()
    claim(f"{cells} cells, " in gdb and f"table at {base}," in gdb and f"R={rows} M={domains} " in gdb and
          f"room for {capacity} cells" in gdb, f"the kernel's head and gdb's last line differ: {head}")
    T = int(re.search(r"T=(\d+)", gdb)[1])
    claim(int(size) == 64 * T * (16 + 5 * int(rows)), "the kernel's size of the table is another one")
    claim([grants for *_, grants in mine if grants] == [[("1", "1", "r--")]], "the offer is not there")
    claim(any(rights.get(1, "")[:3] == "---" for *_, rights, _ in mine), "the page without rights is not there")
    claim(any(rights.get(1, "")[:3] == "rwx" for *_, rights, _ in mine), "the page with all rights is not there")


def attributes(rights):
    """As info mem has them. U is what compartment 1's rights are made of."""
    (who, letters), = rights.items()
    return letters[:3] + ("u" if who else "-") + letters[5] + letters[3:5]



def kernel_attributes(rights):
    """As the kernel has them: a dash for r, w, x that is not there, a blank for the others."""
    (who, letters), = rights.items()
    return letters[:3] + letters[3:5].replace("-", " ") + ("u" if who else " ")


def compare_pages(gdb, monitor, console):
    mine = gdb_mappings(gdb)
    ranges = [(first, last, pa, rights) for _, first, last, pa, _, _, rights, _ in mine]
    valid = [(first, last, pa, attributes(r)) for first, last, pa, r in ranges if "v" in next(iter(r.values()))]
    same("gdb and monitor", joined(valid), joined(monitor_pages(monitor)))
    head, _, lines = kernel_lines(console)
    same("gdb and kernel", joined([(*place, kernel_attributes(r)) for *place, r in ranges]),
         joined([kernel_pages(line) for line in lines]))
    claim(f"page tables at {re.search('at (0x[0-9a-f]+)', head)[1]}:" in gdb, "the roots differ")
    claim(len(valid) < len(ranges), "the page without rights is not there")
    claim(any(bits.startswith("rwxu") for *_, bits in valid), "the page with all rights is not there")


# No program offers rights yet, so this puts an offer into the table: of "r" on the page that may only be read.
OFFER = "python " + """
from cella_gdb import machine, table
cell = next(m for m in table.read().mappings if m.rights.get(1) == 'r--ad-v' and m.end - m.start == 0xfff)
base = machine.table_base()
R, T = (machine.word(machine.read_physical(base, 8), at, 4) for at in (0, 4))
granter, receiver, read = 1, 1, 2
place = base + 1024 * T + 64 * T * R + 256 * T * granter + 4 * cell.slot
machine.write_physical(place, (receiver << 4 | read).to_bytes(4, 'little'))
""".strip().replace("\n", "; ")


@test
def monitor_and_gdb_and_kernel_agree_on_every_mapping(t):
    cells = is_cells(t)
    answers, console = debug(
        t, ["maps"],
        ["break pmap_dump", "continue", OFFER if cells else "echo", "cells",
         "monitor info cells" if cells else "monitor info mem", "finish", "cells", "delete", "continue"],
        arguments="debug")
    first, monitor, second = answers[3], answers[4], answers[6]
    claim(first == second, "the table changed while the kernel printed it")
    (compare_cells if cells else compare_pages)(first, monitor, console)
