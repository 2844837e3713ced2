# SPDX-License-Identifier: Apache-2.0
"""The lines of strace, of Linux's and of Cella's, in one form: what must be the same on both.

A call that was split in two is put together again, and the lines are ordered by thread: which thread
runs when is not the same. Threads are numbered from 1 in the order in which they appear, also where a call gives or takes such a
number. Addresses are replaced by ADDR, random bytes by RANDOM. The first line is the execve of the
program.
"""

import re

PREFIX = "[cella] strace "
UNFINISHED = " <unfinished ...>"


def plain(line):
    line = re.sub(r"0x[0-9a-f]{5,16} (/\* \d+ vars? \*/)", r"[\1]", line)
    line = re.sub(r'^(\d+ getrandom\()"[^"]*"', r"\1RANDOM", line)
    return re.sub(r"\b0x[0-9a-f]{5,16}\b", "ADDR", line)


def from_execve(lines):
    """What follows the last execve that succeeded, with it."""
    last = max((n for n, line in enumerate(lines) if re.match(r"\d+ execve\(.* = 0$", line)), default=0)
    return lines[last:]


def numbered(lines):
    """Linux's numbers of threads replaced: they have five digits (test/oracle/linux.py)."""
    numbers = {}

    def number(match):
        return str(numbers.get(match.group(), match.group()))

    for line in lines:
        numbers.setdefault(line.split(" ", 1)[0], len(numbers) + 1)
    return [re.sub(r"\b3\d{4}\b", number, line) for line in lines]


def whole(lines):
    """The halves of each call in one line, where its second half was."""
    begun = {}
    for line in lines:
        thread, _, text = line.partition(" ")
        if text.endswith(UNFINISHED):
            begun[thread] = text.removesuffix(UNFINISHED)
        elif resumed := re.match(r"<\.\.\. (\w+) resumed>", text):
            half = begun.pop(thread, "")
            if not half.startswith(resumed.group(1) + "("):
                yield f"{thread} (nothing is left unfinished) {text}"
            else:
                yield f"{thread} {half}{text[resumed.end():]}"
        else:
            yield line
    for thread, text in begun.items():
        yield f"{thread} {text}{UNFINISHED}"


def joined(lines):
    by_thread = sorted(whole(lines), key=lambda line: int(line.split(" ", 1)[0]))
    return "".join(plain(line) + "\n" for line in by_thread)


def of_linux(text):
    """Of what strace -f -a1 -o wrote."""
    return joined(numbered(from_execve(text.replace("\r", "").splitlines())))


def of_cella(console):
    """Of everything that was on the console."""
    lines = console.replace("\r", "").splitlines()
    return joined(from_execve([line[line.index(PREFIX) + len(PREFIX):] for line in lines if PREFIX in line]))
