#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot groups of CPython's test modules on every platform and compare each test's result with Linux's.

    BUILD=... TEST_LIMIT=SECONDS test/cpython/run.py [PATTERN...]

A group is test/cpython/GROUP.json, a manifest of the image cpython; PATTERN is a shell pattern of names.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import cases  # noqa: E402


def group(manifest):
    return cases.Case(manifest.stem, cases.BUILD / "images/cpython.img",
                      cases.recorded(f"cpython/{manifest.stem}"), f"/.cella/{manifest.name}")


if __name__ == "__main__":
    groups = [group(m) for m in sorted(HERE.glob("*.json")) if m.stem != "manifest"]
    sys.exit(cases.run("cpython", groups, sys.argv[1:]))
