# SPDX-License-Identifier: Apache-2.0
"""A.2.3: usid, urid, uxid, scmed, the counters and medeleg are part of the machine's state: saved
by one emulator and loaded by another, the guest finds them and goes on translating."""

import os
import re

from qemu import Machine

with Machine("migration_guest") as source:
    source.read_facts()
    saved = os.path.join(source.folder, "saved")
    source.monitor('migrate "exec:cat > %s"' % saved)
    assert re.search("Migration status: completed", source.monitor("info migrate"))
    with Machine("migration_guest", ["-incoming", "exec:cat " + saved], source.folder) as target:
        while "running" not in target.monitor("info status"):
            pass
        target.send(".")  # not before: the loaded state replaces that of the serial port
        target.finish()
