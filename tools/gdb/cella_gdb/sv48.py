# SPDX-License-Identifier: Apache-2.0
"""Sv48 page tables as a list of ranges: leaves that follow one another in both address spaces, with the same
bits, are one mapping, whatever their sizes.

Rights are those of compartment 0, the kernel, or of compartment 1, the program, as the leaf's U bit says. The
kernel keeps pages that nobody may touch as leaves without V and with a bit of its own (pte.h).

Source: RISC-V privileged architecture 1.12, 4.4 and 4.5.
"""

from . import machine
from .table import Mapping, Table, letters

SATP_MODES = (9,)
V, RWX, U, MAPPED = 0x001, 0x00E, 0x010, 0x100
PERM_BITS = (0x02, 0x04, 0x08, 0x40, 0x80, 0x20, 0x01)
LEVELS, ENTRIES = 4, 512


def _leaves(table, level, start, tables):
    """(address, size, entry) of every leaf below, in order. tables counts."""
    data = machine.read_physical(table, 8 * ENTRIES)
    tables.append(table)
    size = 4096 << 9 * level
    for i in range(ENTRIES):
        entry, address = machine.word(data, 8 * i, 8), start + i * size
        if not entry & (V | MAPPED):
            continue
        if entry & V and not entry & RWX and level:
            yield from _leaves(_page(entry), level - 1, address, tables)
        else:
            yield address, size, entry


def _page(entry):
    return (entry >> 10 & (1 << 44) - 1) << 12


def _bits(entry):
    return entry & 0x1FF


def _mapping(start, size, entry):
    if start >> 47:
        start |= 0xFFFF << 48
    rights = {1 if entry & (U | MAPPED) else 0: letters(entry, PERM_BITS)}
    return Mapping(start, start + size - 1, _page(entry), rights)


def read(base):
    tables, runs = [], []
    for address, size, entry in _leaves(base, LEVELS - 1, 0, tables):
        if runs:
            start, length, first = runs[-1]
            if (start + length == address and _bits(first) == _bits(entry) and
                    _page(first) + length == _page(entry)):
                runs[-1] = (start, length + size, first)
                continue
        runs.append((address, size, entry))
    return Table([_mapping(*run) for run in runs],
                 f"{len(runs)} ranges; page tables at {base:#x}: {len(tables)} of 4 KiB")
