# SPDX-License-Identifier: Apache-2.0
"""Which images' programs may write to their disk."""

import pathlib


def writable(image):
    """What is made for writing is called so; for everything else the disk is read-only."""
    return pathlib.Path(image).name.startswith("disk_")
