# SPDX-License-Identifier: Apache-2.0
"""Sessions: what a person at the terminal waits for and types, as a file.

    # a remark
    wait "> "           until this is printed, behind what was waited for before
    type "1 + 1\\r"      the keys; \\r is Enter, \\u0004 Ctrl-D

Each line is a word and a JSON string. Keys should be typed only after what the program prints when it
waits for them: then the terminal's echo and the program's output come in the same order each time.
"""

import json
import os
import select
import time

VERBS = ("wait", "type")


def read(path):
    """[(verb, bytes)]"""
    steps = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        verb, _, text = line.partition(" ")
        if verb not in VERBS:
            raise ValueError(f"{path}, line {number}: {verb} is none of {VERBS}")
        steps.append((verb, json.loads(text).encode()))
    return steps


def play(terminal, steps):
    """terminal has the methods wait(bytes) and type(bytes)."""
    for verb, data in steps:
        getattr(terminal, verb)(data)


class Stuck(Exception):
    """What was waited for did not come."""


class Terminal:
    """The console of a machine that is a child process, as its standard input and output."""

    def __init__(self, child, limit):
        self.child, self.deadline = child, time.monotonic() + limit
        self.seen, self.at = b"", 0

    def _read(self):
        left = max(self.deadline - time.monotonic(), 0)
        if not select.select([self.child.stdout], [], [], left)[0]:
            raise Stuck("nothing more was printed in time")
        more = os.read(self.child.stdout.fileno(), 65536)
        self.seen += more
        return bool(more)

    def wait(self, text):
        while (found := self.seen.find(text, self.at)) < 0:
            if not self._read():
                raise Stuck(f"the machine ended and did not print {text!r}")
        self.at = found + len(text)

    def type(self, keys):
        """Ctrl-A is the emulator's own key unless it is doubled."""
        os.write(self.child.stdin.fileno(), keys.replace(b"\1", b"\1\1"))

    def end(self):
        """Read to the end. The child's exit status."""
        while self._read():
            pass
        return self.child.wait(max(self.deadline - time.monotonic(), 1))
