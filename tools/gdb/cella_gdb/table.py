# SPDX-License-Identifier: Apache-2.0
"""Translations as one list, whatever the memory model: a Mapping is a contiguous range of addresses with one
physical base and, for each compartment, rights.

The model is the one that satp names, so no platform has to be told.
"""

import dataclasses
import typing

from . import machine

LETTERS = "rwxadgv"  # read, write, execute, accessed, dirty, global, valid


@dataclasses.dataclass(frozen=True)
class Mapping:
    start: int  # the first byte
    end: int  # the last byte
    physical: int
    rights: typing.Dict[int, str]  # by compartment, letters of LETTERS or dashes; those with none are left out
    slot: typing.Optional[int] = None  # of a cell
    generation: typing.Optional[int] = None
    valid: bool = True
    grants: typing.Tuple[typing.Tuple[int, int, str], ...] = ()  # granter, receiver, rights

    def holds(self, address):
        return self.start <= address <= self.end


@dataclasses.dataclass(frozen=True)
class Table:
    mappings: typing.List[Mapping]
    summary: str


def letters(byte, bits):
    """bits: what stands in byte for each of LETTERS; 0: nothing does."""
    return "".join(letter if byte & bit else "-" for letter, bit in zip(LETTERS, bits))


def read():
    """The table that the selected hart walks."""
    from . import cells, sv48

    mode = machine.translation_mode()
    for model in (cells, sv48):
        if mode in model.SATP_MODES:
            return model.read(machine.table_base())
    return machine.fail(f"satp has mode {mode}, which these commands do not know")


def compartment():
    """Whose rights the selected hart's accesses have; None in the firmware, which no table restrains."""
    from . import cells

    privilege = machine.register("priv")
    if privilege == machine.PRIV_M:
        return None
    if privilege == machine.PRIV_S:
        return 0
    return machine.register("usid") if machine.translation_mode() in cells.SATP_MODES else 1
