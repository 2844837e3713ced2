#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot groups of SQLite's test files on every platform and compare each test's result with Linux's.

    BUILD=... TEST_LIMIT=SECONDS test/sqlite/run.py [PATTERN...]

A group is test/sqlite/GROUP.json, a manifest of the image sqlite; PATTERN is a shell pattern of names.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import cases  # noqa: E402
import normalise  # noqa: E402


def group(manifest):
    name = f"sqlite/{manifest.stem}"
    return cases.Case(manifest.stem, cases.BUILD / "images/sqlite.img", cases.recorded(name),
                      f"/.cella/{manifest.name}", normaliser=normalise.of(name))


if __name__ == "__main__":
    groups = [group(m) for m in sorted(HERE.glob("*.json")) if m.stem != "manifest"]
    sys.exit(cases.run("sqlite", groups, sys.argv[1:]))
