#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Record what Linux makes of cases, as what is to be expected of Cella.

    record.py [-n] [-t PATTERN]... NAME=IMAGE[:MANIFEST[:SESSION]]...
    record.py [-n] [-t PATTERN]... --suite SUITE IMAGE CASE...

NAME is where the result goes: test/expected/NAME.out, NAME.status and, if the case may write to its disk,
NAME.left, what it changed there (test/lib/left.py). The manifest is a path inside
the image, /.cella/manifest.json if left out. A session says what is typed (test/lib/session.py): then the
program's output has the terminal's echo in it. The second form is short for
SUITE/CASE=IMAGE:/.cella/CASE.json. A case strace/NAME is run under strace, and what that wrote is
recorded (test/lib/tracelines.py). What a case app/IMAGE/CASE prints goes through the image's normaliser,
if it has one (test/lib/normalise.py).

    -t   only cases whose name, or its last part, the shell pattern matches
    -n   change nothing: only say what differs from what was recorded

One line tells of each case: `same`, `new`, `changed` with the difference, or `FAILED` with the reason
why there is no result. The exit status is 1 if a case failed (what else was asked for is recorded all
the same), with -n also if one differs.
"""

import argparse
import difflib
import fnmatch
import pathlib
import sys

import linux
import normalise

EXPECTED = linux.ROOT / "test/expected"
LONG = 3600     # seconds, for cases that are whole test suites


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("-n", dest="dry", action="store_true")
    parser.add_argument("-t", dest="patterns", action="append", default=[])
    parser.add_argument("--suite")
    parser.add_argument("words", nargs="+")
    return parser.parse_args()


def case_of(word):
    name, _, where = word.partition("=")
    image, manifest, session, *more = [*where.split(":"), "", ""]
    if not name or not image or any(more):
        sys.exit(f"record: {word} is not NAME=IMAGE[:MANIFEST[:SESSION]]")
    return linux.Case(name, pathlib.Path(image).resolve(), manifest or linux.DEFAULT_MANIFEST,
                      pathlib.Path(session).resolve() if session else None,
                      limit=LONG if name.startswith(("cpython/", "sqlite/")) else linux.LIMIT,
                      traced=name.startswith("strace/"))


def cases_of(options):
    words = options.words
    if options.suite:
        words = [f"{options.suite}/{c}={words[0]}:/.cella/{c}.json" for c in words[1:]]
    cases = [case_of(w) for w in words]
    return [c for c in cases if not options.patterns or wanted(c.name, options.patterns)]


def wanted(name, patterns):
    return any(fnmatch.fnmatchcase(n, p) for n in (name, name.rpartition("/")[2]) for p in patterns)


def place(name, suffix):
    return EXPECTED / (name + suffix)


def read(path):
    return path.read_bytes() if path.exists() else None


def as_files(name, result):
    """{suffix: contents}"""
    normaliser = normalise.of(name)
    files = {".out": normalise.apply(normaliser, name, result.output), ".status": f"{result.status}\n".encode()}
    if result.left is not None:
        files[".left"] = normalise.apply(normaliser, f"{name}.left", result.left)
    return files


def print_difference(old, new):
    for line in difflib.diff_bytes(difflib.unified_diff, old.splitlines(), new.splitlines(),
                                   b"recorded", b"on Linux now", lineterm=b""):
        print("    " + line.decode("utf-8", "replace"))


def compare(name, result):
    """Say how the result differs from what was recorded; whether it does."""
    new = as_files(name, result)
    old = {suffix: read(place(name, suffix)) for suffix in new}
    if old == new:
        print(f"same     {name}")
        return False
    if None in (old[".out"], old[".status"]):
        print(f"new      {name}: status {result.status}, {len(new['.out'])} bytes")
        return True
    print(f"changed  {name}: status {old['.status'].decode().strip()} -> {result.status}")
    for suffix in sorted(set(new) - {".status"}):
        print_difference(old[suffix] or b"", new[suffix])
    return True


def write(name, result):
    place(name, "").parent.mkdir(parents=True, exist_ok=True)
    for suffix, data in as_files(name, result).items():
        place(name, suffix).write_bytes(data)


def judge(case, result, dry):
    """Tell of one result and keep it; whether all is well."""
    if isinstance(result, linux.Trouble):
        print(f"FAILED   {case.name}: {result}")
        return False
    differs = compare(case.name, result)
    if differs and not dry:
        write(case.name, result)
    return not (differs and dry)


def main():
    options = arguments()
    cases = cases_of(options)
    if not cases:
        sys.exit("record: no case has such a name")
    good = True
    try:
        for version, case, result in linux.run(cases):
            good = judge(case, result, options.dry) and good
            sys.stdout.flush()
    except linux.Trouble as trouble:
        sys.exit(f"record: {trouble}")
    if not options.dry:
        (EXPECTED / "linux.txt").write_text(f"{linux.locked()[0]} {linux.locked()[1]}\n{version}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
