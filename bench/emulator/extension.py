#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the emulator's extension costs its host: switches, traps, TLB misses, instructions on the table,
each beside what it is to be compared with, in the same rounds. See measure.py for how.

    extension.py EMULATOR GUEST OUT ROUNDS SECONDS

Writes OUT/emulator-{cells,switch,walk,table}.tsv and OUT/emulator.host. ROUNDS: how often everything is
measured; SECONDS: how long a loop takes.
"""

import pathlib
import sys

from measure import Job, Machine, Measurement, Row, host, write_table

CPU = "rv64,h=off,seccells=on"
CELLS = [10, 100, 1000, 10000]              # far ones, beside the seven of every table
STEP = {10: 3, 100: 37, 1000: 381, 10000: 3819}     # coprime, about 0.38 of the number: a scattered order
APART = {"cells": 8 << 30, "sv48": 8 << 30, "sv39": 16 << 20}
PTES = {"sv48": 4, "sv39": 3}               # read by a walk
TOUCHED = [0, 1, 16, 64]
RINGS = [2, 8, 16]
TAGS = 8                                    # of the emulator
PAGE = 4096


def ring(loop, **more):
    return Job(loop, **{"apart": PAGE, **more})


def far(n):
    """The far cells that only make the table larger."""
    return {"pages": n, "distance": APART["cells"]}


def less_none(job):
    """The job, less the ring that stays where it is."""
    return Row((job,), (job._replace(loop="ring_none", taker="take_return", ring=1, apart=PAGE),))


def flushed_switch(**more):
    """A switch with a full flush before it: U traps into S, which fences. A trap that does nothing is taken
    off."""
    trap = ring("ring_ecall", **more)
    return Row((trap._replace(loop="ring_ecall_jalrs", taker="take_return_flush", ring=2),), (trap,))


def rows_by_cells():
    for n in CELLS:
        yield ("switch (jalrs)", n, less_none(ring("ring_jalrs", ring=2, **far(n))),
               flushed_switch(**far(n)))
    for n in CELLS:
        yield ("trap and return", n, less_none(ring("ring_ecall", **far(n))),
               less_none(ring("ring_ecall", taker="take_return_flush", **far(n))))
    for n in CELLS:
        stay = ring("ring_ecall", taker="take_stay", ring=2, **far(n))
        yield ("the tag alone", n, Row((stay._replace(taker="take_switch"),), (stay,)),
               Row((stay._replace(taker="take_switch_flush"),), (stay,)))


def rows_of_switches():
    yield "jump to the other page, no switch", "-", 0, less_none(ring("ring_jump", ring=2))
    yield "jals", 2, 0, less_none(ring("ring_jals", ring=2))
    for touched in TOUCHED:
        for sds in RINGS:
            yield "jalrs", sds, touched, less_none(ring("ring_jalrs", ring=sds, touched=touched))
    yield "jalrs, both in the same code", 2, 0, less_none(ring("ring_jalrs", ring=2, apart=0))
    for touched in TOUCHED:
        yield "jalrs and full flush", 2, touched, flushed_switch(touched=touched)
    for touched in TOUCHED:
        for taker, name in ("take_switch", "through S"), ("take_switch_flush", "through S, full flush"):
            yield (name, 2, touched, less_none(ring("ring_ecall", taker=taker, ring=2, touched=touched)))


def rows_of_walks():
    for space in "cells", "sv48", "sv39":
        for n in CELLS:
            miss = Job("walk", space=space, pages=n, distance=APART[space], apart=APART[space],
                       step=STEP[n])
            yield space, n, Row((miss,), (miss._replace(apart=0),))


def rows_of_instructions():
    for harts, working in (1, 1), (4, 1), (4, 4):
        def job(loop):
            return Job("table_" + loop, harts=harts, working=working)
        none, prot, grant, excl = map(job, ("none", "prot", "grant", "excl"))
        grant_recv, tfer_recv, all_three = map(job, ("grant_recv", "tfer_recv", "grant_prot_recv"))
        who = "1" if harts == 1 else f"{harts}, {'all at it' if working == harts else 'others asleep'}"
        yield "grant", who, Row((grant,), (none,))
        yield "recv", who, Row((grant_recv,), (grant,))
        yield "excl", who, Row((excl,), (none,))
        yield "prot, nothing lost", who, Row((prot,), (none,))
        yield "prot, a right lost", who, Row((all_three,), (grant_recv,))
        yield "tfer", who, Row((tfer_recv, grant), (grant_recv, none))


def times_less(a, b):
    """How many times less a is than b; a bound where a cannot be told from nothing."""
    if a.low > 0:
        return f"{b.median / a.median:.0f}"
    return f"over {b.median / a.high:.0f}" if a.high > 0 else "-"


def check_flushes(m):
    """What is called a full flush must be one, and what is called tagged none."""
    for job in m.jobs():
        if not job.loop.startswith("ring"):
            continue
        wanted = 1 if job.taker.endswith("_flush") or job.ring > TAGS else 0
        if job.space == "cells" and round(m.each(job, "flushes"), 2) != wanted:
            raise SystemExit(f"{job}: {m.each(job, 'flushes')} flushes in a pass, not {wanted}")


def table_by_cells(m, rows):
    yield "operation", "cells", "ns", "quartiles", "full flush, ns", "quartiles", "times"
    for name, n, tagged, flushed in rows:
        a, b = m.figure(tagged), m.figure(flushed)
        yield name, n, *a.texts(), *b.texts(), times_less(a, b)


def table_of_switches(m, rows):
    yield "way", "compartments", "pages touched", "ns", "quartiles", "walks", "flushes"
    for name, sds, touched, row in rows:
        yield (name, sds, touched, *m.figure(row).texts(), f"{m.each(row.plus[0], 'walks'):.1f}",
               f"{m.each(row.plus[0], 'flushes'):.1f}")


def references(m, job):
    """What one walk reads of the table: the metacell, descriptors, a byte; or page table entries."""
    if job.space != "cells":
        return PTES[job.space]
    if round(m.each(job, "walks"), 2) != 1:
        raise SystemExit(f"{job}: {m.each(job, 'walks')} walks in a pass, not one")
    return f"{1 + m.each(job, 'descs') + m.each(job, 'perms'):.1f}"


def table_of_walks(m, rows):
    yield "translation", "cells or pages", "ns", "quartiles", "references"
    for space, n, row in rows:
        yield space, n, *m.figure(row).texts(), references(m, row.plus[0])


def table_of_instructions(m, rows):
    yield "instruction", "harts", "ns", "quartiles"
    for name, who, row in rows:
        yield name, who, *m.figure(row).texts()


TABLES = {
    "cells": (rows_by_cells, table_by_cells),
    "switch": (rows_of_switches, table_of_switches),
    "walk": (rows_of_walks, table_of_walks),
    "table": (rows_of_instructions, table_of_instructions),
}


def main(emulator, guest, out, rounds, seconds):
    m = Measurement(lambda harts: Machine(emulator, CPU, guest, harts), int(rounds), float(seconds))
    rows = {name: list(make()) for name, (make, _) in TABLES.items()}
    for some in rows.values():
        for row in some:
            for part in row:
                if isinstance(part, Row):
                    m.add(part)
    m.run()
    check_flushes(m)
    for name, (_, table) in TABLES.items():
        write_table(pathlib.Path(out) / f"emulator-{name}.tsv", list(table(m, rows[name])))
    (pathlib.Path(out) / "emulator.host").write_text(host() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
