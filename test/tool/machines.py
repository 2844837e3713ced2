# SPDX-License-Identifier: Apache-2.0
"""Machines that `cella run` starts: their program, their emulator, waiting for what they print."""

import os
import pathlib
import select
import subprocess
import time

from harness import BUILD, CELLA, LIMIT, OUT, Failure, claim

PLATFORMS = sorted(p.parent.name for p in BUILD.glob("riscv64-*/run.conf"))
TELL, TELL_DYNAMIC = OUT / "guest/tell", OUT / "guest/tell-dynamic"
NO_MACHINE = 125  # tools/cella/command.h


def told(run, kind):
    """What tell printed of its arguments or of its environment."""
    lines = [line.partition(f"{kind} [") for line in run.output.splitlines()]
    return [rest.removesuffix("]") for before, found, rest in lines if found and not before]


def free_mib(run):
    """The memory that the kernel's notice tells."""
    words = run.output.partition("memory model ")[2].split()
    claim(len(words) > 1, f"the kernel did not start:\n{run}")
    return int(words[1])


def image(context, *arguments, name="tell.img", **more):
    """An image of tell; its manifest has these arguments."""
    path = context.folder / name
    context.cella("build", "-o", path, TELL, "--", *arguments).succeeds()
    return path


class Machine:
    """A `cella run` that goes on, with its scratch folders in a folder of its own. Leaving the context
    ends it."""

    def __init__(self, context, *words, stdin=subprocess.DEVNULL, **more):
        self.scratch = context.folder / "scratch"
        self.scratch.mkdir(exist_ok=True)
        self.seen = b""
        self.deadline = time.monotonic() + LIMIT
        self.child = subprocess.Popen(
            [str(w) for w in (CELLA, "run", *words)], cwd=context.folder, bufsize=0, stdin=stdin,
            env=dict(context.environment, TMPDIR=str(self.scratch)),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()

    def _fail(self, complaint):
        raise Failure(f"{complaint}\n{self.seen.decode(errors='replace')[-1500:]}")

    def left(self):
        return max(self.deadline - time.monotonic(), 0)

    def _read(self):
        readable, _, _ = select.select([self.child.stdout], [], [], self.left())
        if not readable:
            self._fail("nothing more is printed")
        more = os.read(self.child.stdout.fileno(), 65536)
        self.seen += more
        return bool(more)

    def until(self, text):
        while text not in self.seen:
            if not self._read():
                self._fail(f"it ended and did not print {text!r}")
        return self

    def emulator(self):
        """The process id of the tool's one child."""
        children = pathlib.Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text().split()
        claim(len(children) == 1, f"its children are {children}")
        return int(children[0])

    def end(self):
        """Its status, when all is printed that it prints."""
        while self._read():
            pass
        return self.child.wait(LIMIT)

    def wait_for_end_of(self, pidfd):
        claim(select.select([pidfd], [], [], self.left())[0], "the process does not end")
        os.close(pidfd)

    def scratch_is_gone(self):
        left = [str(p) for p in self.scratch.iterdir()]
        claim(left == [], f"files are left: {left}")

    def said(self, *sayings):
        for saying in sayings:
            claim(saying.encode() in self.seen, f"does not say {saying!r}:\n{self.seen.decode()}")


def state_of(pid):
    """As ps has it: T is stopped."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
