# SPDX-License-Identifier: Apache-2.0
"""Tests that are functions, whose names are their claims: finding them, running them, two at a time, and
reporting what became of them in TAP-like lines, as test/run.sh reads them.

A suite is a folder with files test_*.py, whose tests register themselves by add() when the files are
loaded. Nothing here knows what a test tests: run_group() is given functions to call.
"""

import concurrent.futures
import dataclasses
import fnmatch
import importlib
import os
import traceback
import typing

JOBS = int(os.environ.get("JOBS", "2"))
TESTS = []


class Failure(Exception):
    """A claim that did not hold."""


def claim(condition, complaint):
    if not condition:
        raise Failure(complaint)


@dataclasses.dataclass(frozen=True)
class Test:
    """unless(...) gives a reason to skip it, or None; what it is asked is the suite's business."""
    name: str
    function: typing.Callable
    unless: typing.Callable = lambda *_: None

    @property
    def module(self):
        return self.function.__module__


def add(name, function, unless=None):
    if any(t.name == name for t in TESTS):
        raise ValueError(f"two tests are called {name}")
    TESTS.append(Test(name, function, unless) if unless else Test(name, function))


def load(folder):
    """Load the suite's files; returns their modules' names."""
    modules = sorted(f.stem for f in folder.glob("test_*.py"))
    for module in modules:
        importlib.import_module(module)
    return modules


def wanted(patterns):
    """The tests whose names match one of the shell patterns, or all."""
    return [t for t in TESTS if not patterns or any(fnmatch.fnmatchcase(t.name, p) for p in patterns)]


def _trouble(run, last_words):
    """None, or what went wrong."""
    try:
        run()
    except Failure as failure:
        return f"{failure}\n{last_words()}"
    except Exception:
        return f"the test itself broke\n{traceback.format_exc()}{last_words()}"
    return None


def _report(name, trouble):
    if trouble is None:
        print(f"ok - {name}", flush=True)
        return
    first, _, rest = trouble.partition("\n")
    print(f"not ok - {name}: {first}")
    print(rest.rstrip("\n"), flush=True)


def run_group(group, runs):
    """Run tests, and report in their order. Each of runs is (name, skip, run, last_words): a reason to skip
    it, or None; the test, to be called; what to add to a complaint. Returns whether all is well."""
    print(f"# group {group}", flush=True)
    good = True
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        runs = [(name, skip, None if skip else pool.submit(_trouble, run, last_words))
                for name, skip, run, last_words in runs]
        for name, skip, future in runs:
            if skip:
                print(f"ok - {name} # SKIP {skip}", flush=True)
                continue
            trouble = future.result()
            _report(name, trouble)
            good = good and trouble is None
    return good
