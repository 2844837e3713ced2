# SPDX-License-Identifier: Apache-2.0
"""The SecureCells permission table in memory (securecells.md A.1).

    base                    slot 0: the metacell (R, T, M, N), then a descriptor of 16 bytes a slot
    base + 1024*T           rows of permission bytes, one byte a slot
    base + 1024*T + 64*T*R  rows of grants, four bytes a slot

A descriptor's words: lo is end[27:0] << 36 | start, hi is valid << 63 | generation << 52 | page << 8 |
end[35:28]; all of them are page numbers, end is the last page. An empty slot has start = end + 1.
"""

from . import machine
from .table import Mapping, Table, letters

SATP_MODES = (14, 15)
PERM_BITS = (0x02, 0x04, 0x08, 0x40, 0x80, 0x20, 0x01)
NO_GRANT = 0xFFFFFFF0
VPN_BITS = 36
VPN_MASK = (1 << VPN_BITS) - 1
MAX_SLOTS, MAX_ROWS = 65536, 4096  # what is believed of a table that may be garbage


class _Raw:
    """The bytes of a table."""

    def __init__(self, base):
        meta = machine.read_physical(base, 16)
        self.base = base
        self.R, self.T, self.M, self.N = (machine.word(meta, i, 4) for i in (0, 4, 8, 12))
        self.nslots = min(self.N, 64 * self.T, MAX_SLOTS)
        self.nrows = min(self.M, self.R, MAX_ROWS)
        self.descriptors = machine.read_physical(base, 16 * self.nslots) if self.nslots else b""
        rows = base + 1024 * self.T
        grants = rows + 64 * self.T * self.R
        self.perms = [machine.read_physical(rows + 64 * self.T * d, self.nslots) for d in range(self.nrows)]
        self.grants = [machine.read_physical(grants + 256 * self.T * d, 4 * self.nslots)
                       for d in range(self.nrows)]

    def words(self, slot):
        return (machine.word(self.descriptors, 16 * slot, 8), machine.word(self.descriptors, 16 * slot + 8, 8))


def page_address(vpn):
    """Sign-extended from 48 bits, as the machine sees addresses."""
    address = vpn << 12
    return address | 0xFFFF << 48 if address >> 47 else address


def _grant(word, granter):
    return (granter, word >> 4, letters(word & 0xE, PERM_BITS)[:3])


def _mapping(raw, slot, lo, hi):
    start, end = lo & VPN_MASK, lo >> 36 | (hi & 0xFF) << 28
    rights = {d: letters(row[slot], PERM_BITS) for d, row in enumerate(raw.perms) if row[slot]}
    words = [machine.word(row, 4 * slot, 4) for row in raw.grants]
    grants = tuple(_grant(w, d) for d, w in enumerate(words) if w != NO_GRANT)
    return Mapping(page_address(start), page_address(end) | 0xFFF, (hi >> 8 & (1 << 44) - 1) << 12, rights,
                   slot, hi >> 52 & 0x7FF, bool(hi >> 63), grants)


def _is_empty(lo, hi):
    return lo & VPN_MASK == (lo >> 36 | (hi & 0xFF) << 28) + 1 & VPN_MASK


def read(base):
    raw = _Raw(base)
    slots = [(slot, *raw.words(slot)) for slot in range(1, raw.nslots)]
    live = [_mapping(raw, *s) for s in slots if not _is_empty(*s[1:])]
    return Table(live, f"{len(live)} cells, {len(slots) - len(live)} empty slots; table at {base:#x}, "
                       f"T={raw.T} R={raw.R} M={raw.M} N={raw.N}: room for {max(64 * raw.T, 1) - 1} cells and "
                       f"{raw.R} compartments, {raw.M} in use")
