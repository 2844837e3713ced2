# SPDX-License-Identifier: Apache-2.0
"""What the threads of test/guest/disk_cuts.c write, step by step, and what must be there after a cut."""

import re

THREADS, FILES, NOISES, MOST = 4, 5, 4, 40000
MAKE, ADD, OVER, CUT, MOVE, REMOVE, KINDS = range(7)
RECORD = re.compile(rb"cuts: thread (\d), step (\d{6})\n")


def fill(thread, s, size):
    x, out = ((thread << 20 | s) * 2654435761 + 1) & 0xffffffff, bytearray()
    for _ in range(size):
        x = (x * 1664525 + 1013904223) & 0xffffffff
        out.append(97 + (x >> 24) % 26)
    return bytes(out)


class Worker:
    """One thread, as disk_cuts.c has it."""

    def __init__(self, nr):
        self.nr, self.rng = nr, nr * 77 + 5
        self.shared = [0] * FILES
        self.bytes = [None] * FILES     # None: the file is not there

    def rnd(self, below):
        self.rng = (self.rng * 1664525 + 1013904223) & 0xffffffff
        return (self.rng >> 4) * below >> 28

    def files(self):
        return {f"all/{self.nr}-{i}" if self.shared[i] else f"{self.nr}/{i}": self.bytes[i]
                for i in range(FILES) if self.bytes[i] is not None}

    def noise(self):
        self.rnd(NOISES), self.rnd(NOISES)
        what = self.rnd(6)
        if what >= 2:
            self.rnd(MOST)
        if what >= 3:
            self.rnd(12000)

    def step(self, s):
        """Make step s; its kind."""
        i = self.rnd(FILES)
        kind, old = self.rnd(KINDS), self.bytes[i]
        if old is None or (kind == ADD and len(old) >= MOST):
            kind = MAKE
        if kind == MAKE:
            if old is None:
                self.shared[i] = self.rnd(2)
            self.bytes[i] = fill(self.nr, s, 1 + self.rnd(MOST // 2))
        elif kind == ADD:
            self.bytes[i] = old + fill(self.nr, s, 1 + self.rnd(min(MOST - len(old), 9000)))
        elif kind == OVER:
            at = self.rnd(len(old))
            new = fill(self.nr, s, 1 + self.rnd(len(old) - at))
            self.bytes[i] = old[:at] + new + old[at + len(new):]
        elif kind == CUT:
            self.bytes[i] = old[:1 + self.rnd(len(old))]
        elif kind == MOVE:
            self.shared[i] = 1 - self.shared[i]
            self.rnd(2)
        else:
            self.bytes[i] = None
        return kind


def history(nr, steps):
    """[(kind, {path: bytes})]; entry s: the step's kind and what there is after it."""
    worker = Worker(nr)
    made = [(None, {})]
    for s in range(1, steps + 1):
        worker.noise()
        made.append((worker.step(s), worker.files()))
    return made


def mixed(found, *sources):
    """Whether each byte is at its place in one of the sources."""
    return all(any(i < len(s) and s[i] == b for s in sources) for i, b in enumerate(found))


def partly(kind, found, old, new):
    """Whether a file may be so when the step that makes `new` of `old` is under way; all are bytes. What is not
    synced may be there in part; but bytes of nobody's may not, and none that were synced and stay may be lost."""
    zeros = bytes(MOST)
    if kind == ADD:
        return found.startswith(old) and len(found) <= len(new) and mixed(found, new, zeros)
    if kind == OVER:
        return len(found) == len(old) and mixed(found, old, new)
    if kind == CUT:
        return len(found) == len(old) and found.startswith(new) and mixed(found, old, zeros)
    return False


def thread_of(path):
    """Whose file it is, and its name."""
    folder, _, name = path.partition("/")
    return (int(name[0]), name[2:]) if folder == "all" else (int(folder), name)


class Threads:
    """A workload: four threads, each with files in a folder of its own and in one that all share."""
    image = "disk_cuts"

    def __init__(self, harts, steps=60):
        self.harts, self.args = harts, [str(steps)]
        self.done = b"%d steps of each thread are on the disk" % steps
        self.made = [history(t, steps) for t in range(THREADS)]

    def progress(self, entries):
        """Entry k: the step of each thread that was on the disk before entry k."""
        synced, at = [], (0,) * THREADS
        for _, data in entries:
            synced.append(at)
            for thread, step in RECORD.findall(data):
                t = int(thread)
                at = at[:t] + (max(at[t], int(step)),) + at[t + 1:]
        return synced + [at]

    def complaint(self, found, steps):
        """None, or what is lost: steps[t] of thread t was on the disk, and its next may be under way."""
        if found is None:
            return "/data is not there" if any(steps) else None
        of_thread = [{} for _ in range(THREADS)]
        for path, data in found.items():
            if path.startswith("record"):
                continue
            t, name = thread_of(path)
            if name.startswith("noise") and data.strip(bytes((ord("A") + t, 0))):
                return f"/data/{path} has bytes that nobody wrote to it"
            if not name.startswith("n"):
                of_thread[t][path] = data
        troubles = [self.thread_complaint(t, of_thread[t], steps[t]) for t in range(THREADS)]
        return next((t for t in troubles if t), None)

    def thread_complaint(self, t, found, step):
        old = self.made[t][step][1]
        kind, new = self.made[t][step + 1] if step + 1 < len(self.made[t]) else (None, old)
        if found in (old, new):
            return None
        changed = [p for p in {*old, *new, *found} if found.get(p) != old.get(p)]
        path = changed[0]
        if len(changed) == 1 and all(path in files for files in (found, old, new)) and \
                partly(kind, found[path], old[path], new[path]):
            return None
        return "; ".join(f"/data/{p}: {self.told(found, p)} are not those of step {step} ({self.told(old, p)}) or the next, "
                         f"of kind {kind} ({self.told(new, p)})" for p in changed)

    @staticmethod
    def told(files, path):
        return f"{len(files[path])} bytes" if path in files else "no file"
