# SPDX-License-Identifier: Apache-2.0
"""A.2.1: the extension is one of 64-bit harts that translate; on others the emulator does not start."""

import subprocess
import sys

command = sys.argv[2:]

for cpu in ("rv64,h=off,mmu=off", "x-rv128"):
    ended = subprocess.run(command + ["-S", "-accel", "tcg,thread=single", "-cpu", cpu + ",seccells=on",
                                      "-monitor", "none", "-serial", "none"],
                           stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1 and "seccells needs" in ended.stderr, (cpu, ended)
