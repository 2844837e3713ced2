# SPDX-License-Identifier: Apache-2.0
"""Taking out of a program's output what differs from run to run: times, rates, the order of threads.

An image of test/app, and a suite whose groups are all of one image (test/sqlite), may have a program
`normalise`, a filter that gets what a case printed on its standard input and the case's name as its argument. The oracle applies it to what Linux let the
program print, before it is recorded, and the test to what Cella did, before it is compared. A
normaliser puts a mark where a number was, joins lines that are then the same, or sorts lines of threads;
words stay.
"""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def of(name):
    """The normaliser of a case, by the name under which it is recorded, or None."""
    suite, _, rest = name.partition("/")
    folder = ROOT / "test" / suite
    program = (folder / rest.partition("/")[0] if suite == "app" else folder) / "normalise"
    return program if program.exists() else None


def apply(normaliser, name, output):
    """What is compared of the output of the case, whose last part is its own name."""
    if normaliser is None:
        return output
    name = re.sub(r"\.cpus\d+", "", name.rpartition("/")[2])  # it is the same case
    return subprocess.run([normaliser, name], input=output,
                          stdout=subprocess.PIPE, check=True).stdout
