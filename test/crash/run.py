#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cut the machine's power at random block writes, and look at what is left.

test/guest/disk_steps.c writes files in steps, each of which is on the disk before the next begins;
test/guest/disk_cuts.c does so in four threads, on one hart and on four, and writes other files that it does not sync. QEMU
logs every write and flush of its disk (blklogwrites). A cut at entry k of the log leaves what was written up to
the last flush before k, and any part, in any order, of what was written since. That image goes to
e2fsck -fy, which must mend it; then e2fsck -fn must find nothing, and the files must be those of the last
step that was on the disk, or of the one that was under way: the log tells by the steps' contents and records.

    run.py CUTS [SEED]          so many cuts of each workload
"""

import pathlib
import random
import subprocess
import sys
import tempfile

from cuts import BUILD, CHANCES, PLATFORMS, e2fsck, files_in, image_at, logging_disk, read_log, run_machine
from steps import Steps
from threads import Threads


def judge(image, folder, workload, progress):
    path = pathlib.Path(folder) / "cut.img"
    path.write_bytes(image)
    status, text = e2fsck("-fy", path)
    if status not in (0, 1):
        return f"e2fsck -fy cannot mend it ({status})\n{text}"
    status, text = e2fsck("-fn", path)
    if status:
        return f"e2fsck -fn still finds\n{text}"
    return workload.complaint(files_in(path, folder), progress)


def run_workload(platform, workload, cuts, folder):
    """Returns how many cuts were bad."""
    name = f"{platform}: {workload.image} on {workload.harts} harts"
    image, log = pathlib.Path(folder) / f"{platform}.img", pathlib.Path(folder) / f"{platform}.log"
    source = BUILD / f"test/guest/{workload.image}.img"
    subprocess.run(["cp", "--sparse=always", source, image], check=True)
    log.unlink(missing_ok=True)
    output = run_machine(platform, logging_disk(image, log), workload.args, workload.harts)
    if workload.done not in output:
        sys.exit(f"{name}: the program did not end well\n{output[-2000:].decode('utf-8', 'replace')}")
    entries, before = read_log(log), source.read_bytes()
    progress, bad = workload.progress(entries), 0
    status, text = e2fsck("-fn", image)
    print(f"{'not ok' if status else 'ok'} {name}: after a clean stop e2fsck finds nothing")
    if status:
        print(text)
    for n in range(cuts):
        cut = random.randint(1, len(entries))
        trouble = judge(image_at(before, entries, cut, CHANCES[n % len(CHANCES)]), folder, workload, progress[cut])
        if trouble:
            bad += 1
            print(f"# {name}: cut before entry {cut} of {len(entries)}: {trouble}")
    print(f"{'not ok' if bad else 'ok'} {name}: {cuts} cuts lose nothing that was synced")
    print(f"# total {name}: {cuts} cuts of {len(entries)} writes and flushes, {bad} bad")
    sys.stdout.flush()
    return bad + (1 if status else 0)


def main():
    cuts = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    random.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    workloads = [Steps(), Threads(1), Threads(4)]
    with tempfile.TemporaryDirectory(prefix="cella-crash.") as folder:
        bad = 0
        for platform in PLATFORMS:
            print(f"# group {platform}")
            bad += sum(run_workload(platform, workload, cuts, folder) for workload in workloads)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
