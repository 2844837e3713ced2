#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Debian's Linux on the patched emulator, compared with Linux on the unpatched one: see README.md.

    BUILD=... QEMU=... UNPATCHED=... test/linux/run.py [PATTERN...]

QEMU and UNPATCHED are the emulators. PATTERN is a shell pattern of tests' names, such as 'sv48/*'.
"""

import concurrent.futures
import dataclasses
import difflib
import fnmatch
import os
import sys
import threading
import traceback

import talk
from machine import LIMIT, Config, Machine  # noqa: F401  (puts test/lib into the path)
import claims  # noqa: E402
import session  # noqa: E402

CONFIGS = [
    Config("sv57", "sv57"),
    Config("sv48", "sv48", words="no5lvl"),
    Config("sv39", "sv39", words="no4lvl"),
    Config("sv57_four_harts", "sv57", harts=4),
    Config("sv48_without_h", "sv48", words="no5lvl", cpu="h=off", virtual=False),
    Config("sv39_without_h_four_harts", "sv39", words="no4lvl", cpu="h=off", harts=4, virtual=False),
]

# What the CPU is given, by the emulator's name in the tests' names.
KINDS = {"unpatched": "", "off": "seccells=off", "on": "seccells=on"}

UNTOUCHED = ["usid", "urid", "uxid", "scmed", "scc_walks", "scc_descs", "scc_perms", "scc_failed", "scc_switches"]
ADDED = [*UNTOUCHED, "scc_flushes"]


@dataclasses.dataclass(frozen=True)
class Visit:
    """What came of a boot: (command, complaint or None, output) of each step, the harts' registers at the
    end, QEMU's exit status."""
    steps: list
    registers: list
    status: int

    def transcript(self):
        return "".join(f"# {command}\n{output}" for command, _, output in self.steps)


def visit(kind, config):
    """Boot, type everything, look at the registers, power off."""
    emulator = os.environ["UNPATCHED" if kind == "unpatched" else "QEMU"]
    with Machine(emulator, KINDS[kind], config) as machine:
        try:
            machine.prompt()
            steps = []
            for command, expected in talk.steps(config):
                output = machine.run(command)
                steps.append((command, talk.complaint(command, expected, output), output))
            registers = machine.registers()
            return Visit(steps, registers, machine.power_off())
        except session.Stuck as stuck:
            raise claims.Failure(f"{stuck}; the console's last lines:\n{machine.tail()}") from None


class Visits:
    """Each visit is made once, when a test first wants it, by whichever thread runs that test."""

    def __init__(self):
        self.lock, self.made = threading.Lock(), {}

    def get(self, kind, config):
        with self.lock:
            future = self.made.get((kind, config))
            if not future:
                mine = self.made[kind, config] = future = concurrent.futures.Future()
            else:
                mine = None
        if mine:
            try:
                mine.set_result(visit(kind, config))
            except BaseException as trouble:
                mine.set_exception(trouble)
        return future.result()


VISITS = Visits()


# --- the claims ---

def gives_right_answers(kind, config):
    made = VISITS.get(kind, config)
    wrong = [complaint for _, complaint, _ in made.steps if complaint]
    claims.claim(not wrong, f"{len(wrong)} of {len(made.steps)} answers are wrong\n" + "\n".join(wrong))
    claims.claim(made.status == 0, f"the emulator ended with status {made.status}")


def does_what_the_unpatched_does(kind, config):
    theirs, ours = VISITS.get("unpatched", config).transcript(), VISITS.get(kind, config).transcript()
    difference = difflib.unified_diff(theirs.split("\n"), ours.split("\n"), "unpatched", kind, lineterm="")
    claims.claim(ours == theirs, "the session differs\n" + "\n".join(difference))


def has_no_further_registers(kind, config):
    for number, hart in enumerate(VISITS.get(kind, config).registers):
        claims.claim("satp" in hart, f"the monitor shows no registers of hart {number}")
        there = [name for name in ADDED if name in hart]
        claims.claim(not there, f"hart {number} has {there}")


def walks_no_table(kind, config):
    """No compartment, no walk, no switch; the flushes of Linux's own fences show that the counters are alive."""
    harts = VISITS.get(kind, config).registers
    claims.claim(len(harts) == config.harts, f"the monitor shows {len(harts)} harts")
    for number, hart in enumerate(harts):
        wrong = {name: hart.get(name) for name in UNTOUCHED if hart.get(name) != 0}
        claims.claim(not wrong, f"hart {number} has {wrong}")
        claims.claim(hart.get("scc_flushes", 0) > 0, f"hart {number} has counted no flush")


CLAIMS = {
    "unpatched": [gives_right_answers, has_no_further_registers],
    "off": [gives_right_answers, does_what_the_unpatched_does, has_no_further_registers],
    "on": [gives_right_answers, does_what_the_unpatched_does, walks_no_table],
}


def runs_of(config, patterns):
    """As claims.run_group wants them. The claims about one visit follow one another: while one of them
    makes it, another thread goes on with the next."""
    for kind, functions in CLAIMS.items():
        for function in functions:
            name = f"{config.name}/{kind}_{function.__name__}"
            if not patterns or any(fnmatch.fnmatchcase(name, p) for p in patterns):
                yield name, None, lambda f=function, k=kind: f(k, config), lambda: ""


def main():
    patterns, good, any_test = sys.argv[1:], True, False
    for config in CONFIGS:
        runs = list(runs_of(config, patterns))
        any_test = any_test or bool(runs)
        if runs:
            good = claims.run_group(config.name, runs) and good
    return 0 if good and any_test else 1


if __name__ == "__main__":
    sys.exit(main())
