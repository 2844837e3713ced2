#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot whole machines on every platform and judge what they do.

    BUILD=... QEMU=... test/boot/run.py [PATTERN...]

PATTERN is a shell pattern of test names; without one, all are run. A test is a function with
the decorator @harness.test in a file test_*.py; its name is its claim. Two tests run at a time
(JOBS). Each boot has a time limit, which ends what hangs and judges nothing else.
"""

import os
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import claims  # noqa: E402
import harness  # noqa: E402


def one(test, platform):
    """A complaint ends with what was on the console."""
    context = harness.Context(platform, test.name)
    return test.name, test.unless(platform), lambda: test.function(context), context.last_words


def main():
    os.chdir(HERE.parent.parent)
    claims.load(HERE)
    tests = claims.wanted(sys.argv[1:])
    shutil.rmtree(harness.OUT / "images", ignore_errors=True)
    good = bool(tests)
    for platform in harness.PLATFORMS:
        good = claims.run_group(platform, [one(t, platform) for t in tests]) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
