# SPDX-License-Identifier: Apache-2.0
"""Byte code for the Python modules of riscv64 packages, as their installation would make it.

No installation script runs for an image, and the root file system of a case is read-only: without byte
code beside them, every module is compiled again by every program that imports it, which takes an emulated
processor half a minute for asyncio alone. The compiler is the same release of Python for
this machine (test/app/python3/compiler.lock). The files are of the kind that is not compared with its source
(PEP 552, unchecked), so they hold no time and the same source gives the same bytes.
"""

import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
IMAGE_LOCK = ROOT / "tools/packages/image.lock"
COMPILER_LOCK = ROOT / "test/app/python3/compiler.lock"
LIBRARIES = "usr/lib/x86_64-linux-gnu"


def names(lock):
    lines = [line.split() for line in lock.read_text().splitlines()]
    return [line[0] for line in lines if line and line[0] != "#"]


def unpack(lock, packages, folder):
    fetched = subprocess.run([ROOT / "tools/packages/fetch.sh", lock, *packages], check=True,
                             stdout=subprocess.PIPE, text=True).stdout.splitlines()
    for package in fetched:
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)


def compiler(folder):
    """The command that compiles files, unpacked into folder."""
    unpack(COMPILER_LOCK, names(COMPILER_LOCK), folder)
    libraries = folder / LIBRARIES
    return [libraries / "ld-linux-x86-64.so.2", "--library-path", libraries,
            folder / "usr/bin/python3.13", "-I", "-m", "compileall",
            "-q", "--invalidation-mode", "unchecked-hash"]


def run(command, folder, place):
    """Compile what is in folder, and say in the code that it is in place. What is not meant to be
    compiled, as some data of tests, is left out."""
    # The order of a set of strings is part of the code.
    environment = dict(os.environ, PYTHONHASHSEED="0")
    subprocess.run([*command, "-s", folder, "-p", place, folder], env=environment,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def move(source, target):
    for code in source.rglob("__pycache__/*.pyc"):
        place = target / code.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        code.rename(place)


def make(packages, target):
    """Put the byte code of riscv64 packages' modules below target."""
    target = pathlib.Path(target).resolve()
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        scratch = pathlib.Path(scratch)
        command = compiler(scratch / "compiler")
        unpack(IMAGE_LOCK, packages, scratch / "image")
        run(command, scratch / "image", "/")
        move(scratch / "image", target)
    if not any(target.rglob("*.pyc")):
        raise SystemExit("bytecode: nothing was compiled")
