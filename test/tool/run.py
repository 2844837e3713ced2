#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Use the command-line tool as people do, and judge what it does.

    BUILD=... test/tool/run.py [PATTERN...]

PATTERN is a shell pattern of test names; without one, all are run. A test is a function with
the decorator @harness.test in a file test_*.py; its name is its claim. Two tests run at a time
(JOBS). Each program has a time limit, which ends what hangs and judges nothing else.
"""

import os
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import claims  # noqa: E402
import harness  # noqa: E402


def one(test):
    def run():
        context = harness.Context(test.name)
        test.function(context)
        shutil.rmtree(context.folder, ignore_errors=True)
    return test.name, test.unless(), run, lambda: ""


def main():
    os.chdir(HERE.parent.parent)
    modules = claims.load(HERE)
    tests = claims.wanted(sys.argv[1:])
    good = bool(tests)
    for module in modules:
        runs = [one(t) for t in tests if t.module == module]
        if runs:
            good = claims.run_group(module.removeprefix("test_"), runs) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
