#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kernel.py - seed faults into the kernel's memory management, one at a time, and see a test go red for each.

Prints a TAP-like line for each mutant of kernel.toml, as run.py does for the emulator's. The mutants
are made in a copy of the tree below --work with a build folder of its own. For each, the host
tests that it names are built and run, and, if they stay green, all others that the file is part of and
that any mutant names. Before them, those tests run on the copy unchanged. A test kernel/NAME is a kernel that tests itself
(test/kernel), on both platforms; only a mutant that names it has it booted.
"""

import argparse
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys

import mutants
from mutants import HERE, ROOT


class Programs:
    """Which host test programs a source file is part of: test/host/rules.awk says it, or the test includes
    it. Only those that a pattern names count."""

    def __init__(self, copy, patterns):
        sources = sorted((copy / "test/host").glob("test_*.c"))
        rules = subprocess.run(["awk", "-f", copy / "test/host/rules.awk", *sources], capture_output=True, text=True,
                               check=True).stdout
        self.sources = {}
        for line in rules.splitlines():
            program, test, others = re.match(r"\$\(eval \$\(call host_test,([^,]*),([^,]*),([^,]*),", line).groups()
            if named(program, patterns):
                included = re.findall(r'^#include "(.*\.c)"', (copy / test).read_text(), re.M)
                self.sources[program] = {test, *others.split(), *("src/" + c for c in included)}

    def of(self, path):
        return sorted(p for p, sources in self.sources.items() if path in sources)


def boots(program):
    return program.startswith("kernel/")


class Kernel:
    """The copy of the tree, and the tests that are built from it."""

    def __init__(self, work, cache, jobs, chosen):
        self.jobs, self.cache, self.chosen, self.files = jobs, cache, chosen, {m["file"] for m in chosen}
        self.copy = work / "tree"
        self.build_folder = work / "build"
        shutil.rmtree(self.copy, ignore_errors=True)
        build = pathlib.Path(os.environ.get("BUILD", "build"))
        skipped = shutil.ignore_patterns(".git", "qemu", "build", build.name)
        shutil.copytree(ROOT, self.copy, symlinks=True,
                        ignore=lambda at, names: skipped(at, names) if pathlib.Path(at) == ROOT else ())
        (self.copy / "qemu").symlink_to(ROOT / "qemu")
        self.programs = Programs(self.copy, {t for m in chosen for t in m["tests"] if not boots(t)})

    def targets(self, program):
        if not boots(program):
            return [self.build_folder / "test/host" / program]
        platforms = sorted(p.parent.name for p in self.copy.glob("platform/*/platform.mk"))
        return [self.build_folder / f"test/kernel/{p}/{program.split('/')[1]}.elf" for p in platforms] + \
               [self.build_folder / p / "run.conf" for p in platforms]

    def make(self, programs):
        """None, or the compiler's words."""
        done = subprocess.run(["make", "-s", "-j%d" % self.jobs, "BUILD=%s" % self.build_folder, "CACHE=%s" % self.cache,
                               *(str(target) for p in programs for target in self.targets(p))],
                              cwd=self.copy, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return None if done.returncode == 0 else done.stdout[-1000:] + done.stderr[-3000:]

    def build(self, mutant):
        """The programs that the file is part of (all, if there is no mutant), of which the likely ones are
        built; the others are when they are wanted."""
        files = [mutant["file"]] if mutant else self.files
        named_boots = {t for m in ([mutant] if mutant else self.chosen) for t in m["tests"] if boots(t)}
        programs = sorted({p for f in files for p in self.programs.of(f)} | named_boots)
        first = [p for p in programs if mutant and named(p, mutant["tests"])]
        complaint = self.make(first or programs)
        return (programs, "") if complaint is None else (None, complaint)

    def discard(self):
        """Nothing: make sees which files have changed."""


def named(program, patterns):
    return any(fnmatch.fnmatch(program, p) for p in patterns)


class Tests:
    def __init__(self, kernel, limit):
        self.kernel, self.limit = kernel, limit

    def _red(self, program):
        environment = dict(os.environ, TEST_PROGRAM_LIMIT=str(self.limit), BUILD=str(self.kernel.build_folder))
        command = [self.kernel.copy / "test/kernel/run.sh", program.split("/")[1]] if boots(program) else \
                  [ROOT / "test/host/run.sh", self.kernel.build_folder / "test/host" / program]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              env=environment)
        red = re.findall(r"^not ok (?:\d+ )?- (.*)$", done.stdout, re.M)
        assert red or re.search(r"^ok ", done.stdout, re.M), "no test ran: %s" % (done.stdout + done.stderr)
        return sorted({name.split(":")[0] if boots(program) else "%s, %s" % (program, name) for name in red})

    def _first_red(self, programs):
        return next((red for red in map(self._red, programs) if red), [])

    def all(self, programs):
        return [name for program in programs for name in self._red(program)]

    def likely_first(self, programs, mutant):
        first = [p for p in programs if named(p, mutant["tests"])]
        assert first, "no host test of %s is called %s" % (mutant["file"], mutant["tests"])
        red = self._first_red(first)
        if red:
            return red
        complaint = self.kernel.make(programs)
        assert complaint is None, complaint
        return self._first_red(p for p in programs if p not in first)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", required=True, type=pathlib.Path, help="folder for the copy and its build")
    parser.add_argument("--cache", required=True, type=pathlib.Path, help="as the build's CACHE")
    parser.add_argument("--table", type=pathlib.Path, help="write the result as a table, too")
    parser.add_argument("--limit", type=int, default=300, help="seconds for a test program that hangs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("patterns", nargs="*", help="names of mutants (all without one)")
    args = parser.parse_args()
    chosen = mutants.chosen(HERE / "kernel.toml", args.patterns)
    kernel = Kernel(args.work.resolve(), args.cache.resolve(), args.jobs, chosen)
    return mutants.run("the kernel", "the kernel does wrong", kernel, Tests(kernel, args.limit), chosen, args.table)


sys.exit(main())
