#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""report.py - which lines and branches of the emulator's own files were taken.

Reads what gcov makes of the notes that the coverage build has left (--notes) and of the counts that
the runs have left (--counts), adds up the copies of inline functions, and prints for each file of
ours a TAP-like line, and under a failed one what was not taken. A branch is one of the ways out of a
condition, as the compiler made it without optimization; calls that may not return are none.

What cannot be taken stands in --untaken with the reason, by its text, so that edits elsewhere
do not matter: entries that fit no line, or that tell of more than is missing, are failures.
"""

import argparse
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

OURS = "target/riscv/"


def gcov(notes, counts):
    """What gcov says of one object, with its counts if it ever ran: a list of files."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(notes, folder)
        if counts:
            shutil.copy(counts, folder)
        done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", notes.name],
                              cwd=folder, check=True, capture_output=True, text=True)
    return [file for line in done.stdout.splitlines() for file in json.loads(line)["files"]]


def collect(notes_dir, counts_dir):
    """{file: {line: (times, [times of each branch])}} of our files."""
    counts = {path.stem: path for path in counts_dir.rglob("*.gcda")}
    lines = collections.defaultdict(lambda: collections.defaultdict(lambda: (0, [])))
    for notes in sorted(notes_dir.glob("*.gcno")):
        for file in gcov(notes, counts.get(notes.stem)):
            name = file["file"]
            if OURS not in name or "seccells" not in name:
                continue
            found = lines[name[name.index(OURS):]]
            for line in file["lines"]:
                times, branches = found[line["line_number"]]
                new = [branch["count"] for branch in line["branches"]]
                found[line["line_number"]] = (times + line["count"], add(branches, new))
    return lines


def add(one, other):
    """The branches of a line that was compiled more than once, for several objects."""
    longer = max(len(one), len(other))
    pad = lambda counts: counts + [0] * (longer - len(counts))
    return [a + b for a, b in zip(pad(one), pad(other))]


class Excuses:
    """untaken.list: what the report says of a line, without its number, as "FILE: WHAT: TEXT"; its reason
    follows, indented. A TEXT that stands more than once in FILE has one entry for each."""

    def __init__(self, path):
        entries = [line for line in path.read_text().splitlines() if line[:1] not in ("", "#", " ")]
        self.left = collections.Counter(entries)

    def excuse(self, entry):
        known = self.left[entry] > 0
        self.left[entry] -= known
        return known

    def unused(self):
        return list(self.left.elements())


def lacks(times, branches):
    """What was not taken of a line, in words, and how many branches that is (a line: 1)."""
    if times == 0:
        return "never runs", max(1, len(branches))
    ways = [str(n) for n, count in enumerate(branches) if count == 0]
    return ways and "way %s of %d never taken" % (", ".join(ways), len(branches)), len(ways)


def judge(file, lines, source, excuses):
    """The figures of one file, and what was not taken and cannot be excused."""
    figures = dict(lines_run=0, lines=len(lines), taken=0, branches=0, excused=0)
    missing = []
    for number, (times, branches) in sorted(lines.items()):
        text = source[number - 1].strip()
        what, ways = lacks(times, branches)
        figures["lines_run"] += times > 0
        figures["branches"] += len(branches)
        figures["taken"] += sum(count > 0 for count in branches)
        if what and excuses.excuse("%s: %s: %s" % (file, what, text)):
            figures["excused"] += ways
        elif what:
            missing.append("%s:%d: %s: %s" % (file, number, what, text))
    return figures, missing


def table(rows):
    head = ["| file | lines run | of | branches taken | of | cannot be taken |", "|---|---|---|---|---|---|"]
    form = "| {} | {lines_run} | {lines} | {taken} | {branches} | {excused} |"
    return "\n".join(head + [form.format(file, **figures) for file, figures in rows]) + "\n"


def total(rows):
    return {key: sum(figures[key] for _, figures in rows) for key in rows[0][1]}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in "notes", "counts", "sources", "untaken", "table":
        parser.add_argument("--" + name, required=True, type=pathlib.Path)
    return parser.parse_args()


def main():
    args = arguments()
    excuses, rows, bad = Excuses(args.untaken), [], 0
    for path, lines in sorted(collect(args.notes, args.counts).items()):
        file = path[len(OURS):]
        source = (args.sources / path).read_text().splitlines()
        figures, missing = judge(file, lines, source, excuses)
        rows.append(("`%s`" % file, figures))
        bad += len(missing)
        print("%sok - %s: %d of %d lines, %d of %d branches, %d cannot be taken" % (
            "not " if missing else "", file, *figures.values()))
        print("".join("    %s\n" % line for line in missing), end="")
    for entry in excuses.unused():
        bad += 1
        print("not ok - untaken.list: nothing like this is missing\n    " + entry)
    rows and rows.append(("all", total(rows)))
    rows and args.table.write_text(table(rows))
    return 1 if bad or not rows else 0


sys.exit(main())
