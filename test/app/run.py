#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot the cases of the app images on every platform and compare with what Linux did.

    BUILD=... test/app/run.py [--cpus N] [PATTERN...]

A case is test/app/IMAGE/CASE.json, a manifest of the image IMAGE. Its name is IMAGE/CASE, and
PATTERN is a shell pattern of names: 'lua/*'. What make run APP=IMAGE boots, manifest.json, is no
case, since it may wait for keys; the default image's manifest is one, default/manifest.

IMAGE/CASE.cpusN is the same on a machine with N processors, with the same expectation. Those of MORE_CPUS are always
there; with --cpus N every case is run so, and only so.
"""

import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import cases  # noqa: E402
import normalise  # noqa: E402


# Programs whose threads have the most to do with each other, on four processors.
MORE_CPUS = {"sysbench/threads": 4, "sysbench/mutex": 4, "go/four_processors": 4, "openmp/sharing": 4,
             "python3/threads": 4}


def case(manifest, cpus=0):
    image, name, typed = manifest.parent.name, manifest.stem, manifest.with_suffix(".session")
    return cases.Case(f"{image}/{name}" + (f".cpus{cpus}" if cpus else ""), cases.BUILD / f"images/{image}.img",
                      cases.recorded(f"app/{image}/{name}"), f"/.cella/{name}.json",
                      typed if typed.exists() else None,
                      normaliser=normalise.of(f"app/{image}/{name}"), cpus=cpus)


def app_cases(cpus):
    default = cases.ROOT / "tools/image/default/manifest.json"
    manifests = sorted(m for m in HERE.glob("*/*.json") if m.stem != "manifest")
    if cpus:
        return [case(m, cpus) for m in [default, *manifests]]
    more = {HERE / f"{name}.json": n for name, n in MORE_CPUS.items()}
    return [case(m) for m in [default, *manifests]] + [case(m, more[m]) for m in manifests if m in more]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cpus", type=int, default=0)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN")
    args = parser.parse_args()
    sys.exit(cases.run("app", app_cases(args.cpus), args.patterns))
