#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run random_calls with many seeds on every platform.

    BUILD=... test/syscalls/run.py [--first N] [--seeds N] [--calls N] [--threads N,...] [--cpus N,...]
                                   [--root ro|rw] [--platform NAME] [--tally] [PATTERN...]

A seed is run on one machine; unless an option says so, how many threads there are, how many processors and whether
the root can be written depends on the seed. Each is one test, called random_calls-SEED; PATTERN selects. A failure's
output ends with what the kernel or the program said, which names the call. --tally tells at the end which calls were
never made, and which never did what they were asked for.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import fnmatch
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
PLATFORMS = sorted(p.parent.name for p in BUILD.glob("riscv64-*/run.conf"))
JOBS = int(os.environ.get("JOBS", "2"))
THREADS = (1, 3, 1, 8, 2)
CPUS = (1, 4)
ROOTS = ("rw", "ro", "rw")
MEMORY = "256m"


@dataclasses.dataclass(frozen=True)
class Run:
    platform: str
    seed: int
    calls: int
    threads: int
    cpus: int
    root: str
    tally: bool

    def command(self, image):
        more = ["--read-only"] if self.root == "ro" else []
        tally = ["4000000000", "tally"] if self.tally else []
        return [BUILD / "bin/cella", "run", "-b", *more, "-p", self.platform, "--cpus", str(self.cpus), "-m", MEMORY, image,
                "--", str(self.seed), str(self.calls), str(self.threads), *tally]


def e2fsck(image):
    """What is wrong with the file system that the machine left, or nothing."""
    p = subprocess.run(["e2fsck", "-fn", image], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return f"e2fsck -fn: {p.returncode}\n" + p.stdout.decode("utf-8", "replace") if p.returncode else ""


def finish(run):
    """(console, exit status, what e2fsck found); the image is a copy, which each machine has for itself."""
    with tempfile.TemporaryDirectory(prefix="cella-syscalls.") as folder:
        copy = pathlib.Path(folder) / "image"
        subprocess.run(["cp", "--sparse=always", BUILD / "test/syscalls/random_calls.img", copy], check=True)
        try:
            p = subprocess.run(run.command(copy), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=90 + run.calls / 100)
        except subprocess.TimeoutExpired as hung:
            return hung.stdout or b"", None, ""
        return p.stdout, p.returncode, e2fsck(copy)


def judge(run):
    """What is wrong, or nothing, and how often each call was made and done."""
    console, status, damage = finish(run)
    text = console.decode("utf-8", "replace").replace("\r", "")
    tally = {name: (int(made), int(done)) for name, made, done in re.findall(r"^tally: (\w+) (\d+) (\d+)$", text, re.M)}
    if status == 0 and not damage and re.search(rf"^done: seed {run.seed}, {run.calls} calls", text, re.M):
        return "", tally
    told = [line for line in text.split("\n") if "is not implemented" not in line and not line.startswith("tally: ")]
    return f"exit status {status}\n" + "\n".join(told[-40:]) + damage, tally


def tell_tally(counts):
    never = [name for name, (made, _) in counts.items() if not made]
    in_vain = [f"{name} ({made})" for name, (made, done) in counts.items() if made and not done]
    print(f"# total never made: {', '.join(never)}; never successful: {', '.join(in_vain)}", flush=True)


def run_platform(runs):
    print(f"# group {runs[0].platform}", flush=True)
    good = True
    counts = collections.defaultdict(lambda: (0, 0))
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for run, (trouble, tally) in zip(runs, pool.map(judge, runs)):
            name = f"random_calls-{run.seed}"
            how = f"{run.threads} threads, {run.cpus} processors, root {run.root}"
            print(f"not ok - {name}: {how}: {trouble}" if trouble else f"ok - {name}", flush=True)
            good = good and not trouble
            for call, (made, done) in tally.items():
                counts[call] = (counts[call][0] + made, counts[call][1] + done)
    print(f"# total {sum(run.calls for run in runs)} calls on {runs[0].platform}", flush=True)
    if counts:
        tell_tally(counts)
    return good


def numbers(text):
    return tuple(int(n) for n in text.split(","))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--calls", type=int, default=8000)
    parser.add_argument("--threads", type=numbers, default=THREADS, help="by turns")
    parser.add_argument("--cpus", type=numbers, default=CPUS, help="by turns")
    parser.add_argument("--root", choices=("ro", "rw"))
    parser.add_argument("--platform", choices=PLATFORMS)
    parser.add_argument("--tally", action="store_true")
    parser.add_argument("patterns", nargs="*")
    args = parser.parse_args()
    seeds = [seed for seed in range(args.first, args.first + args.seeds)
             if not args.patterns or any(fnmatch.fnmatchcase(f"random_calls-{seed}", x) for x in args.patterns)]
    results = [run_platform([Run(platform, seed, args.calls, args.threads[seed % len(args.threads)],
                                 args.cpus[seed % len(args.cpus)], args.root or ROOTS[seed % len(ROOTS)], args.tally)
                             for seed in seeds])
               for platform in PLATFORMS if seeds and args.platform in (None, platform)]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
