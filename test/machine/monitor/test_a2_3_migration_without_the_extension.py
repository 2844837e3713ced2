# SPDX-License-Identifier: Apache-2.0
"""A.2.1, A.2.3: a machine without the extension is saved as ever, and its state knows nothing of it; that of
a machine with the extension does."""

import os

from qemu import Machine, equal

for cpu, known in (("rv64,h=off", False), ("rv64,h=off,seccells=on", True)):
    with Machine("views_guest", ["-S", "-cpu", cpu]) as source:
        saved = os.path.join(source.folder, "saved")
        source.monitor('migrate "exec:cat > %s"' % saved)
        assert "Migration status: completed" in source.monitor("info migrate")
        with open(saved, "rb") as file:
            equal("the state of %s tells of it" % cpu, b"cpu/seccells" in file.read(), known)
        with Machine("views_guest", ["-S", "-cpu", cpu, "-incoming", "exec:cat " + saved], source.folder) as target:
            while "inmigrate" in target.monitor("info status"):
                pass
            assert "paused" in target.monitor("info status")
