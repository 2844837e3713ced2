# SPDX-License-Identifier: Apache-2.0
"""An exception that nobody handles."""
def inner(value):
    return {"key": value}["other"]
def outer():
    try:
        inner([1, 2])
    except KeyError as e:
        raise RuntimeError("the reason stands above") from e
outer()
