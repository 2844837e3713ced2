# SPDX-License-Identifier: Apache-2.0
"""What test/guest/disk_steps.c writes, step by step, and what must be there after a cut."""

FILES = 13
TAG = b"cella step "


def kind(s):
    return "remove" if s % 7 == 3 else "add" if s % 3 == 1 else "replace"


def contents(s):
    size, x = 64 + s * 7919 % 40000, (s * 2654435761 + 1) & 0xffffffff
    out = bytearray(b"cella step %08u\n" % s)
    while len(out) < size:
        x = (x * 1664525 + 1013904223) & 0xffffffff
        out.append(97 + (x >> 24) % 26)
    return bytes(out)


def states(steps):
    """Entry s: {name: contents} after step s."""
    now, all_states = {}, [{}]
    for s in range(1, steps + 1):
        name = str(s % FILES)
        if kind(s) == "replace":
            now[name] = contents(s)
        elif kind(s) == "add":
            now[name] = now.get(name, b"") + contents(s)
        else:
            now.pop(name, None)
        all_states.append(dict(now))
    return all_states


def acceptable(found, old, new):
    """Of a file that the step under way changes: as before, as after, or, where bytes are added, so long as nothing
    of the old ones is lost: what was not synced may be there in part, or read as zeros."""
    if found in (old, new):
        return True
    old, found = old or b"", found or b""
    return new is not None and new.startswith(old) and len(old) <= len(found) <= len(new) and \
        found.startswith(old)


class Steps:
    """A workload: one thread, each of whose steps is on the disk before the next."""
    image, harts = "disk_steps", 1

    def __init__(self, steps=120):
        self.args = [str(steps)]
        self.done = b"%d steps are on the disk" % steps
        self.after = states(steps)

    def progress(self, entries):
        """Entry k: the step that was on the disk before entry k. Whatever step's contents were seen, the one
        before it was."""
        synced, highest = [], 0
        for _, data in entries:
            synced.append(max(highest - 1, 0))
            at = data.find(TAG)
            while at >= 0:
                number = data[at + len(TAG):at + len(TAG) + 8]
                if number.isdigit():
                    highest = max(highest, int(number))
                at = data.find(TAG, at + 1)
        return synced + [max(highest - 1, 0)]

    def complaint(self, found, step):
        """None, or what is lost: `step` was on the disk, and the next may be under way. The one behind
        it, too, if that removes a file: it has no contents by which it would be seen."""
        if found is None:
            return None if step == 0 else "/data is not there"
        after = self.after
        found.pop("new", None)
        last = min(step + 1, len(after) - 1)
        if last + 1 < len(after) and kind(last + 1) == "remove":
            last += 1
        for name in {str(i) for i in range(FILES)} | set(found):
            old = after[step].get(name)
            if not any(acceptable(found.get(name), old, after[s].get(name)) for s in range(step, last + 1)):
                return f"/data/{name}: {len(found.get(name) or b'')} bytes are not those of steps {step} to {last}" \
                       f" ({len(old or b'')} bytes)"
        return None
