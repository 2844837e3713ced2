#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold the tables of `make bench` to their targets, in TAP-like lines (test/run.sh).

    BUILD=... bench/judge.py TABLE...

TABLE is the name of a table in $BUILD/bench; each of its rows that has a target is a claim, that what was
counted is at most the target. bench/missed.tsv lists the rows that miss theirs, each with the bound that it
is held to instead. A row that is listed there and meets its target fails, so that the list stays true.
"""

import csv
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
OUT = pathlib.Path(os.environ["BUILD"]) / "bench"
COUNTED = ("instructions", "value", "ratio", "ranges")  # the column that is judged; a table has one of them


def read(path):
    with open(path, newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def plain(number):
    return f"{number:,.2f}".removesuffix(".00")


def verdict(counted, target, bound):
    """(whether all is well, what is to be said)"""
    if bound is None:
        return counted <= target, f"{plain(counted)} of at most {plain(target)}"
    if counted <= target:
        return False, f"{plain(counted)} meets the target of {plain(target)}, but is listed as a miss"
    return counted <= bound, f"{plain(counted)} misses the target of {plain(target)}; held to {plain(bound)}"


def name(row):
    return next(iter(row.values())), row["platform"]


def judge(rows, missed):
    """Report a table's rows; whether all are well."""
    good = bool(rows)
    for row in rows:
        counted = next(row[column] for column in COUNTED if column in row)
        fine, words = verdict(float(counted), float(row["target"]), missed.get(name(row)))
        print(f"{'ok' if fine else 'not ok'} - {', '.join(name(row))}: {words}")
        good = good and fine
    return good


def main():
    misses = read(HERE / "missed.tsv")
    good = True
    for table in sys.argv[1:]:
        rows = [row for row in read(OUT / f"{table}.tsv") if row["target"] != "-"]
        missed = {(m["row"], m["platform"]): float(m["bound"]) for m in misses if m["table"] == table}
        good = judge(rows, missed) and good
        for row in missed.keys() - {name(row) for row in rows}:
            print(f"not ok - missed.tsv lists what {table} does not have: {', '.join(row)}")
            good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
