#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run random_calls with many seeds on every platform.

    BUILD=... test/syscalls/run.py [--first N] [--seeds N] [--calls N] [PATTERN...]

A seed is run on one machine; how many threads there are depends on the seed. Each is one test, called
random_calls-SEED; PATTERN selects. A failure's output ends with what the kernel or the program said, which
names the call.
"""

import argparse
import concurrent.futures
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
MEMORY = "256m"


def finish(platform, seed, calls):
    """(console, exit status); the image is a copy, which each machine has for itself. Its file system is
    read-only: nothing keeps calls from changing the file of the running program (ETXTBSY is missing)."""
    with tempfile.TemporaryDirectory(prefix="cella-syscalls.") as folder:
        copy = pathlib.Path(folder) / "image"
        subprocess.run(["cp", "--sparse=always", BUILD / "test/syscalls/random_calls.img", copy], check=True)
        try:
            p = subprocess.run([BUILD / "bin/cella", "run", "-b", "--read-only", "-p", platform, "-m", MEMORY, copy, "--",
                                str(seed), str(calls), str(THREADS[seed % len(THREADS)])],
                               cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=90 + calls / 250)
        except subprocess.TimeoutExpired as hung:
            return hung.stdout or b"", None
    return p.stdout, p.returncode


def judge(platform, seed, calls):
    """None, or what is wrong."""
    console, status = finish(platform, seed, calls)
    text = console.decode("utf-8", "replace").replace("\r", "")
    if status == 0 and re.search(rf"^done: seed {seed}, {calls} calls", text, re.M):
        return None
    told = [line for line in text.split("\n") if "is not implemented" not in line]
    return f"exit status {status}\n" + "\n".join(told[-40:])


def run_platform(platform, seeds, calls):
    print(f"# group {platform}", flush=True)
    good = True
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for seed, trouble in zip(seeds, pool.map(lambda seed: judge(platform, seed, calls), seeds)):
            name = f"random_calls-{seed}"
            print(f"not ok - {name}: {trouble}" if trouble else f"ok - {name}", flush=True)
            good = good and not trouble
    print(f"# total {calls * len(seeds)} calls on {platform}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--calls", type=int, default=10000)
    parser.add_argument("patterns", nargs="*")
    args = parser.parse_args()
    seeds = [seed for seed in range(args.first, args.first + args.seeds)
             if not args.patterns or any(fnmatch.fnmatchcase(f"random_calls-{seed}", x) for x in args.patterns)]
    results = [run_platform(platform, seeds, args.calls) for platform in PLATFORMS]
    return 0 if seeds and results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
