#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run the soak programs with many seeds on every platform.

    BUILD=... test/soak/run.py [--first N] [--seeds N] [--steps N] [PATTERN...]

A seed is run by one program, on one machine; which memory the machine has depends on the seed. Each is
one test, called PROGRAM-SEED; PATTERN selects. PROGRAM.cpus4 runs on a machine with four processors: its
threads change the memory's map while the others use it. A failure's output names seed and step.
"""

import argparse
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
MEMORY = ("128m", "104m", "512m")  # the programs have up to 90 MiB


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    steps: int      # each of its threads', when nobody says how many
    threads: int
    every: int      # takes part for one seed out of so many
    cpus: int = 1   # of the machine

    @property
    def title(self):
        return self.name + (f".cpus{self.cpus}" if self.cpus > 1 else "")


PROGRAMS = (Program("mem_soak", 40000, 1, 1), Program("mem_soak_threads", 8000, 4, 3),
            Program("mem_soak_threads", 4000, 4, 4, cpus=4))


def runs(first, seeds):
    return [(p, seed) for seed in range(first, first + seeds) for p in PROGRAMS if seed % p.every == 0]


def finish(platform, program, seed, steps):
    """(console, exit status); the image is a copy, which each machine has for itself."""
    image = BUILD / f"test/guest/{program.name}.img"
    with tempfile.TemporaryDirectory(prefix="cella-soak.") as folder:
        copy = pathlib.Path(folder) / "image"
        subprocess.run(["cp", "--sparse=always", image, copy], check=True)
        try:
            p = subprocess.run([BUILD / "bin/cella", "run", "-b", "--read-only", "-p", platform, "-m", MEMORY[seed % len(MEMORY)],
                                "--cpus", str(program.cpus), copy, "--", str(seed), str(steps)], cwd=ROOT, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60 + steps / 50)
        except subprocess.TimeoutExpired as hung:
            return (hung.stdout or b"").decode("utf-8", "replace"), None
    return p.stdout.decode("utf-8", "replace"), p.returncode


def judge(platform, program, seed, steps):
    """None, or what is wrong."""
    console, status = finish(platform, program, seed, steps)
    done = re.search(r"^(\d+) operations\r?$", console, re.M)
    if status == 0 and done and int(done[1]) == steps * program.threads:
        return None
    return f"exit status {status}\n" + "\n".join(console.replace("\r", "").split("\n")[-12:])


def run_platform(platform, chosen, steps):
    print(f"# group {platform}", flush=True)
    good, operations = True, 0
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = pool.map(lambda run: judge(platform, *run, steps or run[0].steps), chosen)
        for (program, seed), trouble in zip(chosen, results):
            print(f"not ok - {program.title}-{seed}: {trouble}" if trouble else f"ok - {program.title}-{seed}", flush=True)
            good = good and not trouble
            operations += (steps or program.steps) * program.threads
    print(f"# total {operations} operations on {platform}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--steps", type=int, help="instead of each program's usual number")
    parser.add_argument("patterns", nargs="*")
    args = parser.parse_args()
    chosen = [(p, seed) for p, seed in runs(args.first, args.seeds)
              if not args.patterns or any(fnmatch.fnmatchcase(f"{p.title}-{seed}", x) for x in args.patterns)]
    results = [run_platform(platform, chosen, args.steps) for platform in PLATFORMS]
    return 0 if chosen and results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
