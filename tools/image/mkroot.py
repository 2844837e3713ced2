#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lay out the folder that becomes an image: files of Debian packages, what they need, and one's own.

    tools/image/mkroot.py SOURCE ROOT

SOURCE is a folder that describes the image:

    packages        which files of which packages
    root/           further files, laid over them
    NAME.json       manifests, which become /.cella/NAME.json
    prepare         a program, if there is one; called last with ROOT, it makes files of other files

A line of `packages` names a package of tools/packages/image.lock and the files, folders or links
of it that are wanted. Shared libraries and the loader come along by themselves when a program
needs them, out of the packages that are named; what a program opens only while it runs must be
asked for.

    lua5.4          /usr/bin/lua5.4
    libreadline8t64
    libc6

Everything is as the packages have it: paths, modes, links. No maintainer script runs. ROOT is
replaced. docs/packaging.md is a tour.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).resolve().parent.parent
LOCK = TOOLS / "packages/image.lock"
BASE = TOOLS / "image/base"  # files of every image

# Debian has each of these folders as a link to its namesake in /usr. Packages rely on it: the
# loader is named as /lib/... by every program, and comes as /usr/lib/...
MERGED = ("bin", "lib", "sbin")
FOLDERS = ("dev", "proc", "root", "tmp", ".cella")
# Where the loader looks without a cache.
LIBRARY_FOLDERS = ("usr/lib/riscv64-linux-gnu", "usr/lib")


class Complaint(Exception):
    """What is wrong, for the person who wrote `packages`."""


def lay_links(root):
    for name in MERGED:
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")


class Package:
    """A package, unpacked in a folder of its own."""

    def __init__(self, name, wanted, folder):
        self.name, self.wanted, self.folder = name, wanted, folder
        self.used = False
        fetch = subprocess.run([TOOLS / "packages/fetch.sh", LOCK, name], stdout=subprocess.PIPE,
                               text=True)
        if fetch.returncode:
            raise Complaint(f"there is no package {name} to take files from")
        folder.mkdir()
        lay_links(folder)
        subprocess.run(["dpkg-deb", "-x", fetch.stdout.strip(), folder], check=True)

    def __contains__(self, path):
        place = self.folder / path
        return place.is_symlink() or place.exists()


def read_packages(file, scratch):
    packages = []
    for line in file.read_text().splitlines():
        words = line.partition("#")[0].split()
        if words:
            wanted = [plain(w) for w in words[1:]]
            packages.append(Package(words[0], wanted, scratch / words[0]))
    return packages


def plain(path):
    """The path below the root, with the folders that are links followed."""
    path = path.strip("/")
    first, _, rest = path.partition("/")
    return f"usr/{first}/{rest}" if first in MERGED and rest else path


class Root:
    """The folder being laid out."""

    def __init__(self, folder, packages):
        self.folder, self.packages = folder, packages
        self.copies = {}  # a file with several names: which one is here already
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        lay_links(folder)
        for name in FOLDERS:
            (folder / name).mkdir()
        self.overlay(BASE)

    def overlay(self, source):
        """Lay source's files over what is there. Of their modes, git keeps who may execute."""
        for place in sorted(source.rglob("*")):
            to = self.folder / plain(str(place.relative_to(source)))
            if place.is_symlink() or not place.is_dir():
                self.copy(place, to)
                if not place.is_symlink():
                    to.chmod(0o755 if place.stat().st_mode & 0o100 else 0o644)
            else:
                to.mkdir(parents=True, exist_ok=True)

    def copy(self, place, to):
        to.parent.mkdir(parents=True, exist_ok=True)
        if to.is_symlink() or to.exists():
            to.unlink()
        status = place.lstat()
        key = (status.st_dev, status.st_ino)
        if status.st_nlink > 1 and key in self.copies:
            to.hardlink_to(self.copies[key])
            return
        shutil.copy2(place, to, follow_symlinks=False)
        self.copies[key] = to

    def take(self, package, path):
        """Copy one file, link or folder; the target of a link with it."""
        package.used = True
        place, to = package.folder / path, self.folder / path
        if place.is_symlink():
            self.copy(place, to)
            self.find((pathlib.PurePath(path).parent / place.readlink()).as_posix(), f"/{path}")
        elif place.is_dir():
            to.mkdir(parents=True, exist_ok=True)
            to.chmod(place.stat().st_mode & 0o7777)
            for inner in sorted(place.iterdir()):
                self.take(package, f"{path}/{inner.name}")
        else:
            self.copy(place, to)

    def find(self, path, who):
        """Take path out of whichever package has it, unless it is here."""
        path = plain(normal(path))
        if (self.folder / path).exists():
            return
        for package in self.packages:
            if path in package:
                self.take(package, path)
                return
        raise Complaint(f"{who} needs /{path}, which no package of the list has")

    def library(self, name, who):
        for folder in LIBRARY_FOLDERS:
            if (self.folder / folder / name).exists():
                return
        for folder in LIBRARY_FOLDERS:
            for package in self.packages:
                if f"{folder}/{name}" in package:
                    self.take(package, f"{folder}/{name}")
                    return
        raise Complaint(f"{who} needs the library {name}, which no package of the list has")

    def complete(self):
        """Add what the programs and libraries that are here need, and what that needs."""
        done = set()
        while todo := [p for p in sorted(self.folder.rglob("*")) if p not in done and is_elf(p)]:
            for place in todo:
                done.add(place)
                who = f"/{place.relative_to(self.folder)}"
                interpreter, libraries = needs(place)
                if interpreter:
                    self.find(interpreter, who)
                for name in libraries:
                    self.library(name, who)


def normal(path):
    """path without . and .. in it."""
    parts = []
    for part in path.strip("/").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in (".", ""):
            parts.append(part)
    return "/".join(parts)


def is_elf(place):
    if place.is_symlink() or not place.is_file():
        return False
    with open(place, "rb") as f:
        return f.read(4) == b"\x7fELF"


def needs(place):
    """The interpreter, or None, and the libraries that an ELF file asks for."""
    text = subprocess.run(["readelf", "-Wld", place], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    interpreter = re.search(r"program interpreter: (.*)\]", text)
    return interpreter and interpreter[1], re.findall(r"\(NEEDED\).*\[(.*)\]", text)


def lay_out(source, folder, scratch):
    packages = read_packages(source / "packages", scratch)
    root = Root(folder, packages)
    for package in packages:
        for path in package.wanted:
            if path not in package:
                raise Complaint(f"the package {package.name} has no /{path}")
            root.take(package, path)
    if (source / "root").is_dir():
        root.overlay(source / "root")
    root.complete()
    for package in packages:
        if not package.used:
            raise Complaint(f"nothing of the package {package.name} is asked for or needed")
    for manifest in source.glob("*.json"):
        root.copy(manifest, folder / ".cella" / manifest.name)
        (folder / ".cella" / manifest.name).chmod(0o644)
    (folder / "tmp").chmod(0o1777)
    if (source / "prepare").exists():
        subprocess.run([(source / "prepare").resolve(), folder.resolve()], check=True)


def main():
    if len(sys.argv) != 3:
        print(__doc__.split("\n\n")[1].strip(), file=sys.stderr)
        return 2
    source, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="packages.") as scratch:
            lay_out(source, folder, pathlib.Path(scratch))
    except Complaint as complaint:
        print(f"mkroot: {source}: {complaint}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
