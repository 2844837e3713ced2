#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot the cases of the app images on every platform and compare with what Linux did.

    BUILD=... test/app/run.py [PATTERN...]

A case is test/app/IMAGE/CASE.json, a manifest of the image IMAGE. Its name is IMAGE/CASE, and
PATTERN is a shell pattern of names: 'lua/*'. What make run APP=IMAGE boots, manifest.json, is no
case, since it may wait for keys; the default image's manifest is one, default/manifest.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
import cases  # noqa: E402
import normalise  # noqa: E402


def case(manifest):
    image, name, typed = manifest.parent.name, manifest.stem, manifest.with_suffix(".session")
    return cases.Case(f"{image}/{name}", cases.BUILD / f"images/{image}.img",
                      cases.recorded(f"app/{image}/{name}"), f"/.cella/{name}.json",
                      typed if typed.exists() else None,
                      normaliser=normalise.of(f"app/{image}/{name}"))


def app_cases():
    default = cases.ROOT / "tools/image/default/manifest.json"
    manifests = sorted(m for m in HERE.glob("*/*.json") if m.stem != "manifest")
    return [case(m) for m in [default, *manifests]]


if __name__ == "__main__":
    sys.exit(cases.run("app", app_cases(), sys.argv[1:]))
