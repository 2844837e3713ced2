#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Use the command-line tool as people do, and judge what it does.

    BUILD=... test/tool/run.py [PATTERN...]

PATTERN is a shell pattern of test names; without one, all are run. A test is a function with
the decorator @harness.test in a file test_*.py; its name is its claim. Two tests run at a time
(JOBS). Each program has a time limit, which ends what hangs and judges nothing else.
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


def run_test(test):
    """None, or what went wrong."""
    context = harness.Context(test.__name__)
    try:
        test(context)
    except harness.Failure as failure:
        return str(failure)
    except Exception:
        return f"the test itself broke\n{traceback.format_exc()}"
    shutil.rmtree(context.folder, ignore_errors=True)
    return None


def report(name, trouble):
    if trouble is None:
        print(f"ok - {name}", flush=True)
    else:
        print(f"not ok - {name}\n{trouble}", flush=True)


def run_group(module, tests):
    """Whether every test passed."""
    if not tests:
        return True
    print(f"# group {module.removeprefix('test_')}", flush=True)
    good = True
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for test, future in [(t, pool.submit(run_test, t)) for t in tests]:
            report(test.__name__, future.result())
            good = good and future.result() is None
    return good


def main():
    here = pathlib.Path(__file__).resolve().parent
    os.chdir(here.parent.parent)
    modules = sorted(f.stem for f in here.glob("test_*.py"))
    for module in modules:
        importlib.import_module(module)
    tests = [t for t in harness.TESTS if wanted(t.__name__, sys.argv[1:])]
    good = True
    for module in modules:
        good = run_group(module, [t for t in tests if t.__module__ == module]) and good
    return 0 if good and tests else 1


if __name__ == "__main__":
    sys.exit(main())
