#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot whole machines on every platform and judge what they do.

    BUILD=... QEMU=... test/boot/run.py [PATTERN...]

PATTERN is a shell pattern of test names; without one, all are run. A test is a function with
the decorator @harness.test in a file test_*.py; its name is its claim. Two tests run at a time
(JOBS). Each boot has a time limit, which ends what hangs and judges nothing else.
"""

import concurrent.futures
import fnmatch
import importlib
import os
import pathlib
import shutil
import sys
import traceback

import harness

JOBS = int(os.environ.get("JOBS", "2"))


def wanted(name, patterns):
    return not patterns or any(fnmatch.fnmatchcase(name, p) for p in patterns)


def run_test(test, platform):
    """None, or what went wrong, with what was on the console."""
    context = harness.Context(platform, test.name)
    try:
        test.function(context)
    except harness.Failure as failure:
        return f"{failure}\n{context.last_words()}"
    except Exception:
        return f"the test itself broke\n{traceback.format_exc()}{context.last_words()}"
    return None


def report(test, trouble):
    if trouble is None:
        print(f"ok - {test.name}", flush=True)
        return
    first, _, rest = trouble.partition("\n")
    print(f"not ok - {test.name}: {first}")
    print(rest.rstrip("\n"), flush=True)


def run_platform(platform, tests):
    """Whether every test passed. Results are shown in the order of the files."""
    print(f"# group {platform}", flush=True)
    good = True
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        runs = [(t, t.unless(platform)) for t in tests]
        runs = [(t, skip, None if skip else pool.submit(run_test, t, platform))
                for t, skip in runs]
        for test, skip, future in runs:
            if skip:
                print(f"ok - {test.name} # SKIP {skip}", flush=True)
                continue
            trouble = future.result()
            report(test, trouble)
            good = good and trouble is None
    return good


def main():
    here = pathlib.Path(__file__).resolve().parent
    os.chdir(here.parent.parent)
    for file in sorted(here.glob("test_*.py")):
        importlib.import_module(file.stem)
    tests = [t for t in harness.TESTS if wanted(t.name, sys.argv[1:])]
    shutil.rmtree(harness.OUT / "images", ignore_errors=True)
    good = True
    for platform in harness.PLATFORMS:
        good = run_platform(platform, tests) and good
    return 0 if good and tests else 1


if __name__ == "__main__":
    sys.exit(main())
