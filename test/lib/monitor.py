# SPDX-License-Identifier: Apache-2.0
"""The emulator's monitor on a Unix socket (-monitor unix:PATH,server=on,wait=off)."""

import re
import socket
import time


def connect(path, alive):
    """A connection to one of the emulator's sockets; it makes them early in its start, and listens a
    moment later. alive() tells whether it still runs."""
    while True:
        peer = socket.socket(socket.AF_UNIX)
        try:
            peer.connect(path)
            return peer
        except (FileNotFoundError, ConnectionRefusedError):
            peer.close()
        assert alive(), "the emulator has ended"
        time.sleep(0.01)


class Monitor:
    def __init__(self, path, alive):
        self._peer = connect(path, alive)
        self._answer()

    def close(self):
        self._peer.close()

    def ask(self, command):
        """The answer to a command, as text."""
        self._peer.sendall(command.encode() + b"\n")
        lines = re.sub(r"\x1b\[[0-9]*[A-Z]", "", self._answer()).replace("\r", "").split("\n")
        return "\n".join(lines[1:-1])  # without the echo and the prompt

    def _answer(self):
        got = b""
        while not got.endswith(b"(qemu) "):
            part = self._peer.recv(65536)
            assert part, "the emulator died; last words: %r" % got
            got += part
        return got.decode()
