# SPDX-License-Identifier: Apache-2.0
"""Host time of the emulator: what both suites here share.

Time is processor time, user and system, of the whole emulator process: wall-clock time would count what
else the host does. A job is timed while the guest runs its loop and sleeps before and after (guest.c), so
neither start nor preparation is in it. What an operation costs is the difference to the same loop without
it, in the same process, over the number of passes.

Jobs alternate: a round does each once, in an emulator started for it, and a figure is the median over the
rounds, with the quartiles as its spread.
"""

import datetime
import os
import pathlib
import re
import select
import statistics
import subprocess
import sys
import time
import typing

LIMIT = 120     # seconds that end what hangs: a kill switch, not a measure
TRIAL = 5000    # passes, to learn how long one takes


class Trouble(Exception):
    """No figures, and why."""


class Job(typing.NamedTuple):
    """What guest.c is told; see there."""
    loop: str
    space: str = "cells"
    taker: str = "take_return"
    touched: int = 0
    ring: int = 1
    pages: int = 0
    distance: int = 0
    apart: int = 0
    step: int = 1
    harts: int = 1      # of the machine
    working: int = 1    # of these do it

    def line(self, passes):
        return (f"{self.space} {self.loop} {self.taker} {passes} {self.working} {self.touched} {self.ring} "
                f"{self.pages} {self.distance} {self.apart} {self.step}\n")


class Counts(typing.NamedTuple):
    """What a loop has added to the counters of A.2.2."""
    walks: int
    descs: int
    perms: int
    failed: int
    switches: int
    flushes: int


def cpu_clock(pid):
    """The clock of a process's processor time, as clock_getcpuclockid(3) makes it on Linux."""
    return ~pid << 3 | 2


class Machine:
    """The bench's guest on a bare machine. Use it in a with statement."""

    def __init__(self, emulator, cpu, guest, harts=1):
        self.child = subprocess.Popen(
            [emulator, "-M", "virt", "-cpu", cpu, "-smp", str(harts), "-m", "256m", "-bios", "none",
             "-nic", "none", "-display", "none", "-monitor", "none", "-serial", "stdio",
             "-kernel", guest],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)
        self.seen = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()

    def answer(self, word):
        """What follows the word in the next line, which must begin with it."""
        while b"\n" not in self.seen:
            if not select.select([self.child.stdout], [], [], LIMIT)[0]:
                raise Trouble(f"no answer within {LIMIT} seconds")
            more = os.read(self.child.stdout.fileno(), 4096)
            if not more:
                raise Trouble(f"the emulator ended: {self.seen.decode()}")
            self.seen += more
        line, self.seen = self.seen.decode().split("\n", 1)[0], self.seen.split(b"\n", 1)[1]
        found = line.strip().split()
        if not found or found[0] != word:
            raise Trouble(f"expected {word}, the guest said: {line}")
        return found[1:]

    def do(self, job, passes):
        """(seconds of processor time, Counts) of the job's loop."""
        clock = cpu_clock(self.child.pid)
        self.child.stdin.write(job.line(passes).encode())
        self.answer("ready")
        before = time.clock_gettime(clock)
        self.child.stdin.write(b"g")
        counts = Counts(*map(int, self.answer("done")))
        return time.clock_gettime(clock) - before, counts


class Row(typing.NamedTuple):
    """A figure: the cost of a pass through all of plus, less that of all of minus."""
    plus: tuple
    minus: tuple


class Figure:
    """A median over the rounds, with the quartiles; nanoseconds."""

    def __init__(self, values):
        self.median = statistics.median(values)
        quartiles = statistics.quantiles(values, n=4) if len(values) > 1 else [self.median] * 3
        self.low, self.high = quartiles[0], quartiles[2]

    def texts(self):
        """The median, and the quartiles."""
        digits = 0 if abs(self.median) >= 100 else 1
        return [f"{self.median:.{digits}f}", f"{self.low:.{digits}f} to {self.high:.{digits}f}"]


def passes_for(machine, job, seconds):
    """How many passes of the job's loop take about so long: a round number."""
    taken, _ = machine.do(job, TRIAL)
    passes = max(seconds / max(taken / TRIAL, 1e-9), TRIAL)
    return int(float(f"{passes:.1g}"))


class Measurement:
    """Jobs by kind of machine, and what their rounds have shown."""

    def __init__(self, start, rounds, seconds):
        """start(harts): a Machine; seconds: how long a loop should run."""
        self.start, self.rounds, self.seconds = start, rounds, seconds
        self.passes = {}    # Job: how many make a loop that long
        self.cost = {}      # Job: nanoseconds of a pass of a hart, for each round
        self.counts = {}    # Job: Counts of the last round

    def jobs(self, harts=None):
        return [j for j in self.cost if harts is None or j.harts == harts]

    def add(self, row):
        for job in row.plus + row.minus:
            self.cost.setdefault(job, [])
        return row

    def calibrate(self):
        for harts in sorted({j.harts for j in self.jobs()}):
            with self.start(harts) as machine:
                for job in self.jobs(harts):
                    self.passes[job] = passes_for(machine, job, self.seconds)

    def round(self, number):
        """All jobs once, forwards and backwards in turn."""
        for harts in sorted({j.harts for j in self.jobs()}):
            with self.start(harts) as machine:
                for job in self.jobs(harts)[::-1 if number % 2 else 1]:
                    seconds, self.counts[job] = machine.do(job, self.passes[job])
                    self.cost[job].append(seconds / (self.passes[job] * job.working) * 1e9)

    def run(self):
        say(f"{len(self.jobs())} loops, {self.rounds} rounds of about "
            f"{len(self.jobs()) * self.seconds:.0f} s of processor time")
        self.calibrate()
        for number in range(self.rounds):
            say(f"round {number + 1} of {self.rounds}")
            self.round(number)

    def figure(self, row):
        """The Row's Figure; of each round what was measured in it."""
        return Figure([sum(self.cost[j][r] for j in row.plus) - sum(self.cost[j][r] for j in row.minus)
                       for r in range(self.rounds)])

    def each(self, job, field):
        """How often a pass has counted that."""
        return getattr(self.counts[job], field) / self.passes[job]


def host():
    """A line on where and when this was measured."""
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    model = found[1] if found else "unknown"
    return f"{datetime.date.today()}, {os.cpu_count()} processors, {model}"


def say(text):
    print(text, file=sys.stderr, flush=True)


def write_table(path, rows):
    """Tab-separated, all at once; printed, too."""
    new = path.with_suffix(".new")
    new.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    new.rename(path)
    widths = [max(len(str(row[c])) for row in rows) for c in range(len(rows[0]))]
    for row in rows:
        print("  ".join(str(cell).ljust(w) for cell, w in zip(row, widths)).rstrip())
    print()
