# SPDX-License-Identifier: Apache-2.0
"""What is needed of an ELF file: whether it is one for this machine, its entry, where its segments go."""

import dataclasses
import struct
import typing

PAGE = 4096
EM_RISCV, PT_LOAD, ET_DYN = 243, 1, 3


@dataclasses.dataclass(frozen=True)
class Elf:
    position_independent: bool
    entry: int
    loads: typing.Tuple[typing.Tuple[int, int], ...]  # (offset, address) of each segment, rounded down to pages

    def base(self, starts):
        """What was added to its addresses, from where its pages are: {offset in the file: address}. None: its
        segments are not there."""
        for offset, address in self.loads:
            if offset in starts:
                return starts[offset] - address
        return None


def read(data):
    """The first bytes of a file, program headers included; None if it is no ELF file of a riscv64 machine."""
    if len(data) < 64 or data[:6] != b"\x7fELF\2\1":
        return None
    kind, arch, _, entry, headers, _, _, _, size, count = struct.unpack_from("<HHIQQQIHHH", data, 16)
    if arch != EM_RISCV:
        return None
    loads = []
    for i in range(count):
        segment, _, offset, address = struct.unpack_from("<IIQQ", data, headers + i * size)
        if segment == PT_LOAD:
            loads.append((offset & -PAGE, address & -PAGE))
    return Elf(kind == ET_DYN, entry, tuple(loads))
