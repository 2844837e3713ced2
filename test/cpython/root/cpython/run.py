# SPDX-License-Identifier: Apache-2.0
"""Run modules of CPython's own test suite in this process, and tell of every test how it ended.

    run.py [-v] MODULE...           -v: with tracebacks
    run.py [-v] MODULE:PATTERN...   only tests whose name matches the shell pattern

What needs a second process is skipped, as CPython's tests do by themselves on systems that have none; so is
what needs a resource that CPython's own runner asks for expressly (the network, a minute of processor time).
What tests print goes nowhere; lines about them go to the standard output as it was at the start.
"""

import fnmatch
import gc
import importlib
import os
import socket
import sys
import time
import unittest

report = os.fdopen(os.dup(1), "w", buffering=1)
VERBOSE = "-v" in sys.argv
WANTED = [a for a in sys.argv[1:] if a != "-v"]
sys.argv[1:] = []

from test import support  # noqa: E402
from test.support import socket_helper  # noqa: E402,F401  # tries a socket when it is imported

support.use_resources = {}
support.has_fork_support = support.has_subprocess_support = False
support.verbose = 0


# Tests that are not run, and why.
EXCLUDED = {
    "*.TimerfdTests.*": "measures time to a millisecond, and an emulated Linux fails as well",
    "*.test_pidfd_send_signal": "sends through a folder of /proc, which Cella does not have for it",
    "*.test_fcntl_64_bit": "asks to be told of changes of a folder (F_NOTIFY), which Cella refuses",
    "*.test_unshare_setns": "is about namespaces, which Cella does not have",
    "*.test_regression_gh94675": "starts a process",
    "*.test_unpickle_module_race": "starts a process",
}


class Socket(socket.socket):
    """A socket that is not one of a network."""

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        if fileno is None and family in (-1, socket.AF_INET, socket.AF_INET6):
            raise unittest.SkipTest("needs a network")
        super().__init__(family, type, proto, fileno)


socket.socket = socket.SocketType = Socket


class Result(unittest.TestResult):
    """Counts, and writes a line for each test: its name and what became of it."""

    def __init__(self):
        super().__init__()
        self.counts, self.bad = {}, set()

    def tell(self, test, what, detail=""):
        word = what.split(":")[0]
        self.counts[word] = self.counts.get(word, 0) + 1
        print(f"{test.id().removeprefix('test.')} {what}", file=report)
        if VERBOSE and detail:
            print(detail, file=report)

    def addSuccess(self, test):
        if test not in self.bad:
            self.tell(test, "ok")

    def addSkip(self, test, reason):
        self.tell(test, "skipped: " + " ".join(reason.split()))

    def addFailure(self, test, err):
        self.tell(test, "failed", self._exc_info_to_string(err, test))

    def addError(self, test, err):
        self.tell(test, f"error: {err[0].__name__}", self._exc_info_to_string(err, test))

    def addExpectedFailure(self, test, err):
        self.tell(test, "failed as expected")

    def addUnexpectedSuccess(self, test):
        self.tell(test, "ok unexpectedly")

    def addSubTest(self, test, subtest, err):
        if err and test not in self.bad:
            self.bad.add(test)
            self.tell(test, "failed", self._exc_info_to_string(err, test))


def tests_in(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_in(test)
        else:
            yield test


def chosen(suite, pattern):
    return unittest.TestSuite(t for t in tests_in(suite) if fnmatch.fnmatch(t.id(), pattern) and
                              not any(fnmatch.fnmatch(t.id(), p) for p in EXCLUDED))


def run(word):
    name, _, pattern = word.partition(":")
    result, start = Result(), time.monotonic()
    try:
        module = importlib.import_module("test." + name)
    except (unittest.SkipTest, ImportError) as e:
        print(f"== {name}: {type(e).__name__}: {e}", file=report)
        return
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    chosen(suite, f"*{pattern}*").run(result)
    support.gc_collect()
    counts = ", ".join(f"{n} {what}" for what, n in sorted(result.counts.items()))
    print(f"== {name}: {counts}", file=report)
    if VERBOSE:
        print(f"{time.monotonic() - start:.1f} seconds", file=report)


def main():
    nowhere = os.open("/dev/null", os.O_WRONLY)
    os.dup2(nowhere, 1)
    if not VERBOSE:
        os.dup2(nowhere, 2)
    os.close(nowhere)
    os.chdir("/tmp")
    for word in WANTED:
        run(word)
        gc.collect()


main()
report.flush()
# Threads that a test left behind must not keep this process.
os._exit(0)
