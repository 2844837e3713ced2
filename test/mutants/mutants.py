# SPDX-License-Identifier: Apache-2.0
"""What run.py and kernel.py share: putting one fault at a time into a copy, and telling who noticed.

A subject has a folder, copy, with the files; build(mutant) makes what the tests need of it, and gives
(handle, "") or (None, the compiler's words); discard() forgets it. Tests have all(handle) and
likely_first(handle, mutant), which give the names of the tests that are red.
"""

import fnmatch
import pathlib
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def seed(subject, mutant):
    """Put the fault into the copy; returns how to take it out, or None if the text is not there once."""
    path = subject.copy / mutant["file"]
    text = path.read_text()
    if text.count(mutant["was"]) != 1:
        return None
    path.write_text(text.replace(mutant["was"], mutant["is"]))
    return lambda: path.write_text(text)


def kill(subject, tests, mutant):
    """(whether it was noticed, by what or why not)"""
    heal = seed(subject, mutant)
    if heal is None:
        return False, "its text does not stand in %s once" % mutant["file"]
    try:
        handle, complaint = subject.build(mutant)
        if handle is None:
            return False, "it does not compile:\n" + complaint
        red = tests.likely_first(handle, mutant)
        return bool(red), ", ".join("`%s`" % name for name in red) or "no test noticed"
    finally:
        heal()
        subject.discard()


def chosen(path, patterns):
    mutants = tomllib.loads(path.read_text())["mutant"]
    names = [mutant["name"] for mutant in mutants]
    assert len(set(names)) == len(names), "two mutants have one name"
    found = [m for m in mutants if not patterns or any(fnmatch.fnmatch(m["name"], p) for p in patterns)]
    if not found:
        sys.exit("%s: no mutant is called %s" % (path, " or ".join(patterns)))
    return found


def table(head, rows):
    lines = ["| %s | rule | noticed by |" % head, "|---|---|---|"]
    return "\n".join(lines + ["| %s | %s | %s |" % row for row in rows]) + "\n"


def run(what, head, subject, tests, mutants, path):
    """All of them, after the copy as it is. path: of the table, or None. The exit status."""
    handle, complaint = subject.build(None)
    red = tests.all(handle) if handle else [complaint]
    print("%sok - %s without a mutant%s" % (("not ", what, "\n    %s" % red) if red else ("", what, "")), flush=True)
    if red:
        return 1
    rows, survivors = [], 0
    for mutant in mutants:
        noticed, how = kill(subject, tests, mutant)
        survivors += not noticed
        rows.append((mutant["name"], mutant["rule"], how if noticed else "**nothing**"))
        print("ok - %s: %s" % (mutant["name"], how) if noticed else
              "not ok - %s\n    %s" % (mutant["name"], how), flush=True)
        if path:
            path.write_text(table(head, rows))
    return 1 if survivors or not rows else 0
