# SPDX-License-Identifier: Apache-2.0
"""What the tests of building and inspecting images share."""

import os
import re
import shutil
import subprocess

from harness import OUT, claim

GUESTS = OUT / "guest"
SBIN = os.environ["PATH"] + ":/usr/sbin:/sbin"
LOADER = "/usr/lib/ld-linux-riscv64-lp64d.so.1"


def bring(context, *names):
    """Copy test programs into the test's folder."""
    for name in names:
        shutil.copy(GUESTS / name, context.folder / name)


def write(context, name, content="", mode=None):
    place = context.folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        place.write_bytes(content)
    elif content.startswith("-> "):
        place.symlink_to(content.removeprefix("-> "))
    else:
        place.write_text(content)
    if mode is not None:
        place.chmod(mode)
    return place


def e2tool(*command):
    p = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False,
                       stdin=subprocess.DEVNULL, env=dict(os.environ, PATH=SBIN))
    return p.stdout


def debugfs(image, request, write_to_it=False):
    return e2tool("debugfs", *(["-w"] if write_to_it else []), "-R", request, image)


def whole(image):
    """e2fsck finds nothing."""
    p = subprocess.run(["e2fsck", "-fn", image], capture_output=True, text=True, check=False,
                       env=dict(os.environ, PATH=SBIN))
    claim(p.returncode == 0, f"e2fsck complains:\n{p.stdout}")


def files(context, image):
    """What `cella inspect -l` lists: {path: (type and mode, target or None)}."""
    listing = context.cella("inspect", "-l", image).output
    found = {}
    for line in listing.splitlines():
        match = re.fullmatch(r"  ([-dl])(\d{4}) +\d+ (/.*?)(?: -> (.*))?", line)
        if match:
            found[match[3]] = (match[1] + match[2], match[4])
    return found


def content(image, path):
    return debugfs(image, f"cat {path}")


def manifest_of(image, name="manifest"):
    return content(image, f"/.cella/{name}.json")


def build(context, *words, image="x.img"):
    """The path of the image that cella build makes; it is whole."""
    context.cella("build", "-o", image, *words).succeeds()
    whole(context.folder / image)
    return context.folder / image


def refused(context, *words):
    """A run of cella build that fails, and leaves nothing."""
    before = sorted(context.folder.rglob("*"))
    run = context.cella("build", "-o", "x.img", *words)
    claim(sorted(context.folder.rglob("*")) == before, f"something is left behind\n{run}")
    return run
