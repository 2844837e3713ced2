#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot every guest test on every platform and compare with what Linux did.

    BUILD=... test/guest/run.py [PATTERN...]

PATTERN is a shell pattern of test names; without one, all are run. What Linux did with the same image
is in test/expected/guest. A few tests cannot be compared with Linux:
they have a NAME.expected of their own, and the reason is in their source.

A line `--- CLAIM` in what is expected begins a section, and each section is reported as a test: NAME: CLAIM.

NAME.cpus4 is the same program on a machine with four processors, with the same expectation: those whose
source says so in a comment.

NAME.strace is the same program with its system calls printed, which are compared with what strace
printed of it on Linux, in test/expected/strace (guest.mk says which there are).
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import cases  # noqa: E402
import normalise  # noqa: E402


def expectation(name):
    own, status = HERE / f"{name}.expected", HERE / f"{name}.status"
    if own.exists():
        return cases.Expectation(own, status if status.exists() else 0)
    return cases.recorded(f"guest/{name}")


def guest_test(name, cpus=0):
    session = HERE / f"{name}.session"
    return cases.Case(name + (f".cpus{cpus}" if cpus else ""), cases.BUILD / f"test/guest/{name}.img",
                      expectation(name), session=session if session.exists() else None, cpus=cpus,
                      normaliser=normalise.of(f"guest/{name}"), by_claim=True)


def more_cpus(source):
    """What `/* cpus: N */` says."""
    return [int(n) for n in re.findall(r"^/\* cpus: (\d+) \*/$", source.read_text(), re.M)]


def traced_test(name):
    return cases.Case(f"{name}.strace", cases.BUILD / f"test/guest/{name}.img",
                      cases.recorded(f"strace/{name}"), traced=True)


if __name__ == "__main__":
    tests = [guest_test(source.stem) for source in sorted(HERE.glob("*.c"))]
    tests += [guest_test(source.stem, cpus) for source in sorted(HERE.glob("*.c")) for cpus in more_cpus(source)]
    tests += [traced_test(record.stem)
              for record in sorted((cases.EXPECTED / "strace").glob("*.out"))]
    sys.exit(cases.run("guest", tests, sys.argv[1:]))
