#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py - seed faults into the emulator, one at a time, and see a test go red for each.

Prints a TAP-like line for each mutant of mutants.toml: ok if a test noticed it, with the test's
name; not ok if none did, if its text no longer stands in the source once, or if it does not
compile. README.md tells how a mutant is written.

The mutants are made in a copy of qemu/ below --work, with a cache and a source tree of their own, in
which only what a mutant changes is compiled. Before them, all tests run on the copy unchanged:
a test that is red anyway would seem to notice everything.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

import mutants
from mutants import HERE, ROOT


class Emulator:
    """The copy of qemu/, and what is built from it."""

    def __init__(self, work, cache, jobs):
        self.jobs = jobs
        self.copy = work / "copy" / "qemu"
        self.cache = work / "cache"
        shutil.rmtree(work / "copy", ignore_errors=True)
        shutil.copytree(ROOT / "qemu", self.copy)
        (work / "copy" / "tools").symlink_to(ROOT / "tools")
        for folder in self.cache, cache / "src":
            folder.mkdir(parents=True, exist_ok=True)
        if not (self.cache / "src").exists():
            (self.cache / "src").symlink_to(cache / "src")

    def _script(self, *options):
        return subprocess.run([self.copy / "build.sh", *options], env=dict(os.environ, CACHE=str(self.cache)),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def fetch(self):
        done = self._script("--fetch")
        assert done.returncode == 0, done.stderr

    def build(self, _):
        """The binary's path, or None and the compiler's words."""
        done = self._script("--reuse-tree", "--jobs", str(self.jobs))
        if done.returncode != 0:
            return None, done.stderr
        return self._script("--path").stdout.strip(), ""

    def discard(self):
        """Forget the binaries; the tree they were made in stays."""
        for folder in (self.cache / "qemu").iterdir():
            if folder.name != "dev-tree" and folder.is_dir():
                shutil.rmtree(folder)


class Tests:
    """The machine tests, and the comparison with the model."""

    def __init__(self, args):
        self.args = args

    def _red(self, command):
        """The names of the tests that fail, or a complaint if none ran."""
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
        red = re.findall(r"^not ok - (.*)$", done.stdout, re.M)
        if not red and not re.search(r"^ok - ", done.stdout, re.M):
            raise AssertionError("no test ran: %s" % (done.stdout + done.stderr))
        return red

    def machine(self, qemu, patterns=()):
        return self._red([ROOT / "test/machine/run.sh", "-q", qemu, "-b", self.args.build, "-j", str(self.args.jobs),
                          "-t", str(self.args.limit), *patterns])

    def model(self, qemu):
        red = self._red([ROOT / "test/model/run.sh", "-q", qemu, "-e", self.args.elf, "-n", str(self.args.seeds)])
        return ["test/model, " + name for name in red]

    def all(self, qemu):
        return self.machine(qemu) or self.model(qemu)

    def likely_first(self, qemu, mutant):
        return self.machine(qemu, mutant["tests"]) or self.all(qemu)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True, help="folder of the built machine tests")
    parser.add_argument("--elf", required=True, help="the built comparison with the model")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="folder for the copy, its cache and its tree")
    parser.add_argument("--cache", required=True, type=pathlib.Path, help="where the source package is, or will be")
    parser.add_argument("--table", type=pathlib.Path, help="write the result as a table, too")
    parser.add_argument("--seeds", type=int, default=800, help="of the comparison")
    parser.add_argument("--limit", type=int, default=30, help="seconds for a test that hangs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("patterns", nargs="*", help="names of mutants (all without one)")
    return parser.parse_args()


def main():
    args = arguments()
    args.work, args.cache = args.work.resolve(), args.cache.resolve()
    emulator, tests = Emulator(args.work, args.cache, args.jobs), Tests(args)
    emulator.fetch()
    return mutants.run("the emulator", "the machine does wrong", emulator, tests,
                       mutants.chosen(HERE / "mutants.toml", args.patterns), args.table)


sys.exit(main())
