# SPDX-License-Identifier: Apache-2.0
"""A.5.10: the A and D bits that a walk sets are changes of memory like a store's: they reach the emulator
to which the machine is moved while it runs, also if the table had been sent before."""

import os
import re

from qemu import Machine


def rounds(machine):
    """How often the source has begun to look for changed memory."""
    found = re.search(r"dirty sync count: (\d+)", machine.monitor("info migrate"))
    return int(found[1]) if found else 0


with Machine("live_guest") as source:
    source.read_facts()
    saved = os.path.join(source.folder, "saved")
    # What the guest writes all the time takes longer than this to send, so there is no end.
    source.monitor("migrate_set_parameter max-bandwidth 1m")
    source.monitor("migrate_set_parameter downtime-limit 1")
    source.monitor('migrate -d "exec:cat > %s"' % saved)
    while rounds(source) < 2:  # all of memory was sent at least once
        pass
    source.send("w")
    assert source.read_facts() == {"changed": 1}
    assert "Migration status: active" in source.monitor("info migrate")
    source.monitor("migrate_set_parameter downtime-limit 10000")
    while "Migration status: completed" not in source.monitor("info migrate"):
        pass
    with Machine("live_guest", ["-incoming", "exec:cat " + saved], source.folder) as target:
        while "running" not in target.monitor("info status"):
            pass
        target.send(".")
        target.finish()
