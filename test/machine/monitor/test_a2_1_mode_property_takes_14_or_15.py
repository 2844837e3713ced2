# SPDX-License-Identifier: Apache-2.0
"""A.2.1: seccells-mode is 14 or 15; with any other value the emulator does not start."""

import subprocess
import sys

command = sys.argv[2:]

for mode in (0, 1, 8, 9, 10, 13, 16):
    ended = subprocess.run(command + ["-S", "-cpu", "rv64,h=off,seccells=on,seccells-mode=%d" % mode,
                                      "-monitor", "none", "-serial", "none"],
                           stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1 and "seccells-mode" in ended.stderr, (mode, ended)
