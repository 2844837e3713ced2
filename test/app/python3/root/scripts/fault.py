# SPDX-License-Identifier: Apache-2.0
"""A fault in C code, which the fault handler tells of before the process dies of it."""
import ctypes
import faulthandler
import threading

faulthandler.enable(all_threads=False)
def read_nowhere():
    ctypes.string_at(8)
t = threading.Thread(target=read_nowhere)
t.start()
t.join()
