# SPDX-License-Identifier: Apache-2.0
"""Run cases on Cella and compare: an image and one of its manifests must print exactly what is expected,
and end with the expected status. What is expected was recorded on Linux (test/oracle).

run() prints TAP-like lines, as test/run.sh reads them. What a case did is kept in
BUILD/test/SUITE/PLATFORM/NAME: .out, .status, .left and .console, all but the last as they are recorded.
.left is what changed on the disk (left.py); only cases that may write have it.
"""

import concurrent.futures
import dataclasses
import difflib
import fnmatch
import os
import pathlib
import subprocess
import typing

import disks
import left
import normalise
import sections
import session
import tracelines

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")  # an absolute BUILD stays as it is
CELLA = BUILD / "bin/cella"
EXPECTED = ROOT / "test/expected"
OUTPUT_OF = ROOT / "test/guest/program-output"
PLATFORMS = sorted(p.parent.name for p in BUILD.glob("riscv64-*/run.conf"))
JOBS = int(os.environ.get("JOBS", "2"))
LIMIT = int(os.environ.get("TEST_LIMIT", "120"))  # seconds; ends what hangs, judges nothing


@dataclasses.dataclass(frozen=True)
class Expectation:
    """out, status and left: files. A status that is a number needs no file; left None: what is left on
    the disk is not compared."""
    out: pathlib.Path
    status: typing.Union[pathlib.Path, int]
    left: typing.Optional[pathlib.Path] = None

    def read(self, writes):
        """(output, status, what is left if the case writes), or None if one is missing."""
        try:
            status = self.status if isinstance(self.status, int) else int(self.status.read_text())
            return self.out.read_bytes(), status, self.left.read_bytes() if writes and self.left else None
        except (FileNotFoundError, ValueError):
            return None


def recorded(name):
    """What Linux did: name is SUITE/CASE."""
    return Expectation(*(EXPECTED / f"{name}.{kind}" for kind in ("out", "status", "left")))


@dataclasses.dataclass(frozen=True)
class Case:
    """name: of the test, without its suite. image: a path; it stays as it is.
    manifest: a path in the image; None is the usual one. session: what is typed (session.py); without
    it, nothing is. traced: what is compared is not what the program prints but its system calls
    (tracelines.py). normaliser: what takes out of the output what may differ (normalise.py).
    cpus: of the machine; 0: as many as the manifest says. by_claim: each section of the output is a test
    of its own (sections.py)."""
    name: str
    image: pathlib.Path
    expected: Expectation
    manifest: typing.Optional[str] = None
    session: typing.Optional[pathlib.Path] = None
    traced: bool = False
    normaliser: typing.Optional[pathlib.Path] = None
    cpus: int = 0
    by_claim: bool = False


@dataclasses.dataclass(frozen=True)
class Run:
    """What a machine did. status None: it hung. damage: what e2fsck says of the image, if it says
    anything. left: what changed on the disk; None if nothing may, or nobody could see it."""
    output: bytes
    status: typing.Optional[int]
    console: bytes
    damage: str = ""
    left: typing.Optional[bytes] = None


def program_output(console):
    return subprocess.run([OUTPUT_OF], input=console, stdout=subprocess.PIPE, check=True).stdout


def finish(command):
    """(console, status) of a command that ends or is ended."""
    try:
        p = subprocess.run(command, cwd=ROOT, env=dict(os.environ, BUILD=str(BUILD)),
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=LIMIT)
        return p.stdout, p.returncode
    except subprocess.TimeoutExpired as hung:
        return hung.stdout or b"", None


def converse(command, steps):
    """(console, status) of a command at whose terminal somebody sits."""
    with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ, BUILD=str(BUILD)), bufsize=0,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as child:
        terminal = session.Terminal(child, LIMIT)
        try:
            session.play(terminal, steps)
            status = terminal.end()
            return terminal.seen, status
        except (session.Stuck, subprocess.TimeoutExpired) as trouble:
            return terminal.seen + f"\n({trouble})\n".encode(), None
        finally:
            child.kill()


def check_file_system(image):
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    p = subprocess.run(["e2fsck", "-fn", image], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, env=dict(os.environ, PATH=path))
    return p.stdout if p.returncode else ""


def left_on(case, image):
    """What is compared of what changed on the disk."""
    try:
        changes = left.changes(case.image, image).encode()
    except left.Unreadable as trouble:
        changes = f"{trouble}\n".encode()
    return normalise.apply(case.normaliser, f"{case.name}.left", changes)


def output_of(case, console):
    """What is compared."""
    if case.traced:
        return tracelines.of_cella(console.decode("utf-8", "backslashreplace")).encode()
    return normalise.apply(case.normaliser, case.name, program_output(console))


def run_machine(case, platform, image):
    """(console, status) of the case, whose disk is image."""
    arguments = ["-a", f"manifest={case.manifest}"] if case.manifest else []
    arguments += ["--strace"] if case.traced else []
    arguments += ["--cpus", str(case.cpus)] if case.cpus else []
    arguments += [] if disks.writable(case.image) else ["--read-only"]
    command = [CELLA, "run", "-p", platform, *arguments]
    if case.session:
        return converse([*command, str(image)], session.read(case.session))
    return finish([*command, "-b", str(image)])


def boot(case, platform, place):
    """Boot the image, or a copy beside place if it may be written to, and look at what is left of that."""
    if not disks.writable(case.image):
        console, status = run_machine(case, platform, case.image)
        return Run(output_of(case, console), status, console)
    copy = place.with_name(place.name + ".img")
    subprocess.run(["cp", "--sparse=always", case.image, copy], check=True)
    try:
        console, status = run_machine(case, platform, copy)
        damage = check_file_system(copy) if status is not None else ""
        changed = left_on(case, copy) if status is not None and not damage else None
    finally:
        copy.unlink()
    return Run(output_of(case, console), status, console, damage, changed)


def keep(run, place):
    place.with_name(place.name + ".out").write_bytes(run.output)
    place.with_name(place.name + ".status").write_text(f"{run.status}\n")
    place.with_name(place.name + ".console").write_bytes(run.console)
    if run.left is not None:
        place.with_name(place.name + ".left").write_bytes(run.left)


def difference(expected, output):
    """A unified diff; bytes that are no text are shown as such."""
    sides = [text.decode("utf-8", "backslashreplace").split("\n") for text in (expected, output)]
    return "\n".join(difflib.unified_diff(*sides, "expected", "printed", lineterm="")) or \
        f"only in bytes: {expected!r} instead of {output!r}"


def last_lines(console):
    """The end of what was on the console after the firmware's banner."""
    lines = console.decode("utf-8", "replace").replace("\r", "").split("\n")
    banner = max((n for n, line in enumerate(lines, 1) if line.startswith("Boot HART")), default=0)
    return "\n".join(lines[banner:][-12:])


def verdicts(case, run):
    """[(name, complaint)...] of the case, and of each of its claims, if it is reported by them. A
    complaint is None, or how the run differs from what is expected: a line, and details on further ones."""
    tail = last_lines(run.console)
    expected = case.expected.read(run.left is not None)
    if expected is None:
        return [(case.name, f"there is no record {case.expected.out} with its status; make oracle records\n{tail}")]
    trouble, claims = None, []
    if case.by_claim:
        trouble, claims = sections.compare(expected[0], run.output, difference)
    elif run.output != expected[0]:
        trouble = f"the output differs\n{difference(expected[0], run.output)}"
    if run.status is None:
        trouble = f"still running after {LIMIT} seconds\n{tail}"
    elif run.status != expected[1]:
        trouble = f"exit status {run.status} instead of {expected[1]}\n{tail}"
    elif not trouble and run.damage:
        trouble = f"the file system is damaged\n{run.damage}"
    elif not trouble and run.left is not None and expected[2] is not None and run.left != expected[2]:
        trouble = f"what is left on the disk differs\n{difference(expected[2], run.left)}"
    return [(case.name, trouble)] + [(f"{case.name}: {claim}", wrong) for claim, wrong in claims]


def run_case(suite, case, platform):
    """What is found, as verdicts() has it."""
    place = BUILD / "test" / suite / platform / case.name
    place.parent.mkdir(parents=True, exist_ok=True)
    run = boot(case, platform, place)
    keep(run, place)
    return verdicts(case, run)


def report(name, trouble):
    first, _, rest = (trouble or "").partition("\n")
    print(f"not ok - {name}: {first}\n{rest}" if trouble else f"ok - {name}", flush=True)


def run_platform(suite, cases, platform):
    print(f"# group {platform}", flush=True)
    good = True
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for found in pool.map(lambda c: run_case(suite, c, platform), cases):
            for name, trouble in found:
                report(name, trouble)
                good = good and not trouble
    return good


def run(suite, cases, patterns):
    """Run those of cases that a pattern names (all, if there is none) on every platform. The exit
    status: 0 if there were any and all are well."""
    wanted = [c for c in cases
              if not patterns or any(fnmatch.fnmatchcase(c.name, p) for p in patterns)]
    results = [run_platform(suite, wanted, platform) for platform in PLATFORMS]
    return 0 if wanted and results and all(results) else 1
