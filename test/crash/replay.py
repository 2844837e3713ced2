#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cut the power of one system while it writes a disk, and have another replay the journal that is left.

The workloads and cuts are those of run.py. What Cella was writing is mounted by Debian's Linux (test/oracle), and
what Linux was writing is booted by Cella. The other system's program lists the files, which must be those that
were synced; its list must be what debugfs finds afterwards, and e2fsck -fn must find nothing: nobody but
the two systems mends the disk.

    replay.py CUTS [SEED]       so many cuts of each writer
"""

import pathlib
import random
import subprocess
import sys
import tempfile
import zlib

from cuts import BUILD, CHANCES, PLATFORMS, ROOT, e2fsck, files_in, image_at, logging_disk, needs_recovery, \
    plain_disk, read_log, run_machine
from threads import Threads

sys.path.append(str(ROOT / "test/oracle"))
import linux  # noqa: E402

WORKLOAD = Threads(4)
SOURCE = BUILD / f"test/guest/{WORKLOAD.image}.img"


def manifest(*args):
    return {"Args": [f"/bin/{WORKLOAD.image}", *args], "RunConfig": {"CPUs": WORKLOAD.harts}}


# --- writing ----------------------------------------------------------------------------------

def written_by_cella(platform, folder):
    """The log of a run's writes."""
    image, log = folder / "written.img", folder / "written.log"
    subprocess.run(["cp", "--sparse=always", SOURCE, image], check=True)
    log.unlink(missing_ok=True)
    if WORKLOAD.done not in run_machine(platform, logging_disk(image, log), WORKLOAD.args, WORKLOAD.harts):
        sys.exit(f"{platform}: the program did not end well")
    return read_log(log)


class LoggingLinux(linux.Machine):
    def drive(self, image, serial):
        self.log = pathlib.Path(self.scratch.name) / "log"
        return logging_disk(image, self.log, serial)


def run_linux(machine, cases):
    """Let a machine run these cases (Case, manifest), its own, to its end. What each printed."""
    outputs = []
    machine.started()
    for number, (case, _) in enumerate(cases):
        machine.case = case
        machine.mark(rb"begin %d" % number, linux.SLACK)
        result = linux.result_of(*machine.mark(rb"end %d \w+ \d+" % number, case.limit + linux.SLACK))
        outputs.append(result.output if isinstance(result, linux.Result) else str(result).encode())
    machine.ended()
    return outputs


def written_by_linux(_, __):
    cases = [(linux.Case("writer", SOURCE), manifest(*WORKLOAD.args))]
    with LoggingLinux(cases) as machine:
        output = run_linux(machine, cases)[0]
        if WORKLOAD.done not in output:
            sys.exit(f"Linux: the program did not end well\n{output.decode('utf-8', 'replace')}")
        return read_log(machine.log)


# --- replaying ------------------------------------------------------------------------------------

def replayed_by_linux(_, images):
    """[(output, the image after it)]"""
    for first in range(0, len(images), linux.DISKS):
        cases = [(linux.Case(i.stem, i), manifest("list")) for i in images[first:first + linux.DISKS]]
        with linux.Machine(cases) as machine:
            yield from zip(run_linux(machine, cases), machine.copies.values())


def replayed_by_cella(platform, images):
    for image in images:
        yield run_machine(platform, plain_disk(image), ["list"]), image


def listed(files):
    """What the program prints of them."""
    return sorted(b"/data/%s %d %08x" % (path.encode(), len(data), zlib.crc32(data)) for path, data in files.items())


def judge(output, path, folder, progress):
    status, text = e2fsck("-fn", path)
    if status:
        return f"e2fsck -fn finds\n{text}"
    found = files_in(path, folder)
    lines = sorted(line for line in output.split(b"\n") if line.startswith(b"/data/"))
    if lines != listed(found or {}):
        return f"the program does not see what debugfs does\n{output[-1500:].decode('utf-8', 'replace')}"
    return WORKLOAD.complaint(found, progress)


def try_pair(name, platform, write, replay, count, folder):
    """Returns whether all is well."""
    entries, before = write(platform, folder), SOURCE.read_bytes()
    progress, images, cuts = WORKLOAD.progress(entries), [], []
    for n in range(count):
        cuts.append(random.randint(1, len(entries)))
        images.append(folder / f"disk_cut{n}.img")
        images[-1].write_bytes(image_at(before, entries, cuts[-1], CHANCES[n % len(CHANCES)]))
    replays, bad = sum(needs_recovery(i) for i in images), 0
    for cut, (output, path) in zip(cuts, replay(platform, images)):
        trouble = judge(output, path, folder, progress[cut])
        if trouble:
            bad += 1
            print(f"# {name}: cut before entry {cut} of {len(entries)}: {trouble}")
    good = not bad and (replays > 0 or count < 4)
    print(f"{'ok' if good else 'not ok'} {name}: {count} cuts lose nothing that was synced")
    print(f"# total {name}: {count} cuts of {len(entries)} writes and flushes, {replays} with a journal to replay, "
          f"{bad} bad")
    sys.stdout.flush()
    return good


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    random.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    good = True
    with tempfile.TemporaryDirectory(prefix="cella-replay.") as scratch:
        folder = pathlib.Path(scratch)
        for platform in PLATFORMS:
            good &= try_pair(f"written by {platform}, replayed by Linux", platform, written_by_cella,
                             replayed_by_linux, count, folder)
            good &= try_pair(f"written by Linux, replayed by {platform}", platform, written_by_linux,
                             replayed_by_cella, count, folder)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
