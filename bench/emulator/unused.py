#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the emulator's extension costs code that does not use it: the same programs on Debian's emulator as it
is, on ours with the extension off, and on ours with it on. The first takes part twice: how far its two
figures are apart is what the others may differ for no reason. See measure.py for how; each round starts
every emulator anew, because where a process lies in memory makes a difference, too.

    unused.py UNPATCHED OURS GUEST OUT ROUNDS SECONDS

Needs $BUILD with the tool, the kernel of riscv64-virt, test/oracle/init, OUT/guest/hello and OUT/count.so.
Writes OUT/emulator-unused.tsv and OUT/emulator.host. ROUNDS: how often everything is measured; SECONDS:
how long a loop takes.
"""

import contextlib
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import typing

from measure import LIMIT, Figure, Job, Machine, Trouble, host, passes_for, say, write_table

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "test/oracle"))
import linux  # noqa: E402

OFF = "rv64,h=off"
ON = "rv64,h=off,seccells=on"
SLICES = 5      # of a loop in a round
FAR = {"pages": 1000, "distance": 8 << 30, "apart": 8 << 30, "step": 381}

LOOPS = {   # name: job, instructions in a pass
    "integer arithmetic": (Job("integer", space="sv48"), 12),
    "loads that hit the TLB": (Job("ring_none", space="sv48", touched=64, apart=4096), 64 * 3 + 9),
    "loads that miss the TLB": (Job("walk", space="sv48", **FAR), 7),
    "traps into S": (Job("ring_ecall", space="sv48", apart=4096), 13),
    "traps and sfence.vma": (Job("ring_ecall", space="sv48", apart=4096, taker="take_return_flush"), 14),
}


class Emulator(typing.NamedTuple):
    name: str
    path: str
    cpu: str


class Boots:
    """Whole runs of the emulator, from its start to its end."""

    def __init__(self, out, scratch):
        self.build = pathlib.Path(os.environ["BUILD"])
        self.out, self.initramfs, self.image = out, scratch / "initramfs", scratch / "hello.img"
        self.initramfs.write_bytes(linux.cpio([
            ("init", 0o100755, linux.built_init()),
            ("script", 0o100644, linux.script("boot", [], [], {}))]))
        linux.tool(self.build / "bin/cella", "build", "-o", self.image, out / "guest/hello")

    def linux(self, emulator, *options):
        """Debian's Linux, as far as its first process, which turns the machine off."""
        return self.run([emulator.path, "-M", "virt", "-cpu", emulator.cpu, "-m", "128m",
                         "-bios", linux.FIRMWARE, "-kernel", linux.vmlinux(), "-initrd", self.initramfs,
                         "-append", linux.COMMAND_LINE, "-no-reboot", "-nic", "none",
                         "-display", "none", "-monitor", "none", "-serial", "stdio", *options],
                        "boot done")

    def cella(self, emulator, *options):
        """Cella on Sv48, and hello."""
        return self.run([self.build / "bin/cella", "run", "-p", "riscv64-virt", "-m", "128m", "-b",
                         f"--qemu=-cpu {emulator.cpu}", *(f"--qemu={o}" for o in options), self.image],
                        "hello", QEMU=emulator.path)

    @staticmethod
    def run(command, last, **environment):
        """Nanoseconds of processor time, of all processes that the command was."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        p = subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, timeout=LIMIT,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           env=dict(os.environ, **environment))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if p.returncode or last.encode() not in p.stdout:
            raise Trouble(f"{command[0]} ended with status {p.returncode}: {p.stdout[-500:]!r}")
        return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1e9

    def counted(self, run, emulator):
        """Executed instructions of such a run; they vary a little, as time goes by in it."""
        counts = self.out / "emulator-unused.count"
        run(emulator, "-plugin", f"{self.out / 'count.so'},out={counts}")
        words = counts.read_text().splitlines()[-1].split()
        return sum(map(int, words[3::2]))


def measure_loops(emulators, guest, rounds, seconds):
    """{loop's name: [for each emulator: nanoseconds of a pass, for each round]}. In a round all emulators
    are there at once and take turns with slices of a loop, while the others sleep."""
    def start(e):
        return Machine(e.path, e.cpu, guest)

    with start(emulators[0]) as machine:
        passes = {name: passes_for(machine, job, seconds / SLICES) for name, (job, _) in LOOPS.items()}
    costs = {name: [[] for _ in emulators] for name in LOOPS}
    for number in range(rounds):
        say(f"loops, round {number + 1} of {rounds}")
        with contextlib.ExitStack() as stack:
            machines = [stack.enter_context(start(e)) for e in emulators]
            for name, (job, _) in LOOPS.items():
                spent = slices(machines, job, passes[name], number)
                for k, seconds_of in enumerate(spent):
                    costs[name][k].append(seconds_of / (SLICES * passes[name]) * 1e9)
    return costs


def slices(machines, job, passes, number):
    """Seconds that each of the machines took for all its slices of the job."""
    spent = [0.0] * len(machines)
    for turn in range(SLICES):
        for k in turned(list(range(len(machines))), number + turn):
            spent[k] += machines[k].do(job, passes)[0]
    return spent


def turned(items, number):
    """Another one first in each round."""
    number %= len(items)
    return items[number:] + items[:number]


def measure_boots(emulators, runs, rounds):
    """The same of whole runs: {name: function}."""
    costs = {name: [[] for _ in emulators] for name in runs}
    for number in range(rounds):
        say(f"boots, round {number + 1} of {rounds}")
        for name, run in runs.items():
            for k in turned(list(range(len(emulators))), number):
                costs[name][k].append(run(emulators[k]))
    return costs


def table(emulators, costs, instructions):
    yield "program", "emulator", "time", "quartiles", "million instructions/s", "ratio", "quartiles"
    for name, of in costs.items():
        for e, values in zip(emulators, of):
            unit, scale = ("ms", 1e6) if values[0] > 1e6 else ("ns", 1)
            figure = Figure([v / scale for v in values])
            median, quartiles = figure.texts()
            ratio = Figure([v / first for v, first in zip(values, of[0])])
            rate = instructions[name] / (figure.median * scale) * 1000
            yield (name, e.name, f"{median} {unit}", quartiles, f"{rate:.0f}",
                   f"{ratio.median:.3f}", f"{ratio.low:.3f} to {ratio.high:.3f}")


def main(unpatched, ours, guest, out, rounds, seconds):
    out, rounds = pathlib.Path(out), int(rounds)
    emulators = [Emulator("unpatched", unpatched, OFF), Emulator("unpatched, again", unpatched, OFF),
                 Emulator("off", ours, OFF), Emulator("on, unused", ours, ON)]
    with tempfile.TemporaryDirectory(prefix="cella-bench.") as scratch:
        boots = Boots(out, pathlib.Path(scratch))
        runs = {"Linux to its first process": boots.linux, "Cella on Sv48, hello": boots.cella}
        instructions = {name: n for name, (_, n) in LOOPS.items()}
        for name, run in runs.items():
            instructions[name] = boots.counted(run, emulators[0])
        costs = {**measure_boots(emulators, runs, rounds),
                 **measure_loops(emulators, guest, rounds, float(seconds))}
    write_table(out / "emulator-unused.tsv", list(table(emulators, costs, instructions)))
    (out / "emulator.host").write_text(host() + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
