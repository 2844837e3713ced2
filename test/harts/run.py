#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boot machines of several processors on a host that is busy, and count.

    BUILD=... test/harts/run.py [--boots N] [--cpus N] [--load N]

Each boot runs test/guest/harts_hello.c, whose threads say on which processors they are: all must have come up, and
the program must end as it should. The boots of all platforms take turns. --load: so many processes
compute meanwhile, so that the machine's harts, which are threads of the host, arrive in any order and late.
The console of a boot that fails is kept: test/harts/N.console in the build folder.
"""

import argparse
import multiprocessing
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
PLATFORMS = sorted(p.parent.name for p in BUILD.glob("riscv64-*/run.conf"))
CONSOLES = BUILD / "test/harts"
LIMIT = 120  # seconds; ends what hangs, judges nothing


def compute():
    while True:
        pass


def boot(platform, cpus, n):
    """None, or what is wrong. n: the number of this boot."""
    command = [BUILD / "bin/cella", "run", "-b", "--snapshot", "-p", platform, "--cpus", str(cpus),
               BUILD / "test/guest/harts_hello.img", "--", str(cpus)]
    try:
        p = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=LIMIT)
        console, status = p.stdout, p.returncode
    except subprocess.TimeoutExpired as hung:
        console, status = hung.stdout or b"", None
    text = console.decode("utf-8", "replace").replace("\r", "")
    if status == 0 and f"{cpus} processors, each has run a thread\n" in text:
        return None
    CONSOLES.mkdir(parents=True, exist_ok=True)
    (CONSOLES / f"{n}.console").write_bytes(console)
    return f"boot {n}: exit status {status}\n" + "\n".join(text.split("\n")[-20:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--boots", type=int, default=10, help="of all platforms together")
    parser.add_argument("--cpus", type=int, default=4)
    parser.add_argument("--load", type=int, default=os.cpu_count())
    args = parser.parse_args()
    load = [multiprocessing.Process(target=compute, daemon=True) for _ in range(args.load)]
    for process in load:
        process.start()
    count, troubles = {platform: 0 for platform in PLATFORMS}, {platform: [] for platform in PLATFORMS}
    for n in range(args.boots):
        platform = PLATFORMS[n % len(PLATFORMS)]
        trouble = boot(platform, args.cpus, n)
        count[platform] += 1
        troubles[platform] += [trouble] if trouble else []
    for process in load:
        process.terminate()
    for platform in PLATFORMS:
        print(f"# group {platform}")
        name = f"{count[platform]} boots with {args.cpus} processors on a busy host"
        for trouble in troubles[platform]:
            print(trouble)
        print(f"not ok - {name}: {len(troubles[platform])} failed" if troubles[platform] else f"ok - {name}")
    failed = sum(len(t) for t in troubles.values())
    print(f"# total {args.boots} boots, {failed} failed")
    return 1 if failed or not args.boots else 0


if __name__ == "__main__":
    sys.exit(main())
