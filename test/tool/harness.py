# SPDX-License-Identifier: Apache-2.0
"""What the tests of the tool share: the list of tests, running `cella` in a folder, and claims."""

import os
import pathlib
import shutil
import subprocess

from claims import Failure, add, claim

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
if not BUILD.is_absolute():
    BUILD = ROOT / BUILD
OUT = BUILD / "test" / "tool"
CELLA = BUILD / "bin" / "cella"
LIMIT = int(os.environ.get("TEST_TOOL_LIMIT", "120"))  # seconds; ends what hangs


def test(function=None, *, unless=None):
    """Register a test: a function of a Context, whose name is its claim. unless() gives a reason to skip
    it, or None."""
    def register(f):
        add(f.__name__, f, unless)
        return f
    return register(function) if function else register


class Run:
    """What a program did that has ended."""

    def __init__(self, argv, status, output, errors):
        self.argv, self.status, self.output, self.errors = argv, status, output, errors

    def __str__(self):
        words = " ".join(str(a) for a in self.argv)
        output = self.output.rpartition("Boot HART MEDELEG")[2]  # the firmware's last line
        return f"$ {words}\n{output}{self.errors}exit status {self.status}"

    def succeeds(self, *sayings):
        claim(self.status == 0, f"fails:\n{self}")
        return self.says(*sayings)

    def fails(self, *sayings):
        claim(self.status == 1, f"does not fail with 1:\n{self}")
        return self.says(*sayings)

    def says(self, *sayings):
        for saying in sayings:
            claim(saying in self.output + self.errors, f"does not say \"{saying}\":\n{self}")
        return self

    def does_not_say(self, *sayings):
        for saying in sayings:
            claim(saying not in self.output + self.errors, f"says \"{saying}\":\n{self}")
        return self


class Context:
    """A test's own folder, and the environment that it runs programs in."""

    def __init__(self, name):
        self.folder = OUT / "work" / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.folder / "xdg"), LC_ALL="C")
        self.environment.pop("CACHE", None)

    def start(self, *argv):
        return subprocess.Popen([str(a) for a in argv], cwd=self.folder, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, errors="backslashreplace")

    def finish(self, process):
        try:
            output, errors = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure(f"{process.args} does not end") from None
        return Run(process.args, process.returncode, output, errors)

    def run(self, *argv):
        return self.finish(self.start(*argv))

    def cella(self, *words):
        return self.run(CELLA, *words)


def snapshot(folder):
    """All of a folder: paths, with contents or the targets of links."""
    found = {}
    for place in sorted(folder.rglob("*")):
        name = str(place.relative_to(folder))
        if place.is_symlink():
            found[name] = f"-> {place.readlink()}"
        else:
            found[name] = "folder" if place.is_dir() else place.read_bytes()
    return found
