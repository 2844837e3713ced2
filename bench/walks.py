#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Suite "walks": memory references of a walk in the cell table of a running program, from the machine's own
counters (docs/securecells.md, A.2.2), with tables of different lengths.

    BUILD=... bench/walks.py

Writes $BUILD/bench/walks.tsv; needs $BUILD/bench/areas.img, as bench/sizes.sh makes it. The program (bench/guest/areas.c) reads from areas whose translations are
not cached; the same run without these reads is taken off, so what is left are their walks: metacell,
descriptors of the search and the last one again, permission byte. A walk of Sv48 has no counter: it reads one entry for
each level down to the leaf.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "test/lib"))
import monitor  # noqa: E402

BUILD = pathlib.Path(os.environ["BUILD"])
OUT = BUILD / "bench"
LIMIT = 120             # seconds that end what hangs: a kill switch, not a measure
COUNTS = [10, 40, 100, 1000, 4000]
APART = 32              # KiB
READS = 50000           # about; many, since boot's own walks are not the same number each time
TOUCHES = 1000          # at most, between two flushes; no area twice


def conf(platform):
    words = shlex.split((BUILD / platform / "run.conf").read_text())
    values = dict(word.split("=", 1) for word in words)
    return {**values, "emulator": os.environ.get("QEMU") or values["emulator"]}


def until_walked(console, child):
    deadline = time.monotonic() + LIMIT
    while not console.exists() or "walked" not in console.read_text("utf-8", "replace"):
        if child.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"walks: the program did not come to its end; see {console}")
        time.sleep(0.02)    # between two looks at a file


def command(arguments, console, peer):
    c = conf("riscv64-cells")
    return [c["emulator"], "-M", c["machine"], "-cpu", c["cpu"], "-bios", c["firmware"], "-kernel",
            c["kernel"], "-m", "1g", "-icount", "shift=0", "-display", "none", "-no-reboot", "-nic", "none",
            "-global", "virtio-mmio.force-legacy=false", "-device", "virtio-rng-device",
            "-drive", f"file={OUT / 'areas.img'},format=raw,if=none,id=hd0,readonly=on",
            "-device", "virtio-blk-device,drive=hd0", "-append", " ".join(f"arg={a}" for a in arguments),
            "-serial", f"file:{console}", "-monitor", f"unix:{peer},server=on,wait=off"]


def monitor_says(ranges, flushes, touches):
    """The monitor's words on the counters and the table when the program has walked."""
    console = OUT / "walks.log"
    console.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:  # a socket's path has to be short
        peer = f"{folder}/monitor"
        with subprocess.Popen(command((ranges, APART, flushes, touches), console, peer)) as child:
            try:
                until_walked(console, child)
                asked = monitor.Monitor(peer, lambda: child.poll() is None)
                return asked.ask("info cells-stats") + "\n" + asked.ask("info cells")
            finally:
                child.kill()


def number(pattern, text):
    found = re.search(pattern, text, re.M)
    if not found:
        sys.exit(f"walks: the monitor does not say {pattern}")
    return int(found.group(1))


def counters(ranges, flushes, touches):
    """(walks, descriptors read, permission bytes read, cells of the table)"""
    said = monitor_says(ranges, flushes, touches)
    return [number(pattern, said) for pattern in (
        r"^  walks +(\d+)", r"^    descriptors read +(\d+)", r"^    permission bytes read +(\d+)",
        r"^(\d+) cells, \d+ empty slots")]


def row(ranges):
    touches = min(ranges, TOUCHES)
    flushes = READS // touches
    *base, _ = counters(ranges, flushes, 0)
    *all_of_it, cells = counters(ranges, flushes, touches)
    walks, descs, perms = (a - b for a, b in zip(all_of_it, base))
    if walks < READS * 0.95:
        sys.exit(f"walks: {walks} walks for {READS} reads: translations were not dropped")
    return ranges, cells, walks, f"{descs / walks:.1f}", f"{(walks + descs + perms) / walks:.1f}"


def main():
    lines = [("areas", "cells", "walks", "descriptors", "references", "sv48, 4 KiB leaf", "sv48, 2 MiB leaf")]
    lines += [(*row(ranges), 4, 3) for ranges in COUNTS]
    text = "".join("\t".join(map(str, line)) + "\n" for line in lines)
    (OUT / "walks.tsv").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
