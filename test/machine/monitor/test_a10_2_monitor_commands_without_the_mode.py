# SPDX-License-Identifier: Apache-2.0
"""A.10.2: `info cells` with the mode off, or without the extension, says so, and `info mem` and the
emulator go on as always."""

from qemu import Machine

for cpu in ("rv64,h=off,seccells=on", "rv64,h=off"):
    with Machine("views_guest", ["-S", "-cpu", cpu]) as machine:
        assert "table at" not in machine.monitor("info cells")
        assert "No translation or protection" in machine.monitor("info mem")
        assert "paused" in machine.monitor("info status")
