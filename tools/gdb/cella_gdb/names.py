# SPDX-License-Identifier: Apache-2.0
"""Paths of files, by what the kernel remembers: its cache of names and its mounts.

A file whose name has left the cache is shown by its number.
"""

from . import machine


class Names:
    """What the kernel's cache of names held when it was made. One read for many questions."""

    def __init__(self):
        self.by_inode = {}
        for address, name in machine.list_of(machine.variable("cache", "name_cache_init")["lru"], "lru_link"):
            if int(name["inode"]):
                self.by_inode[int(name["inode"])] = (int(name["dir"]), self._text(address, name))
        self.root = int(machine.variable("table", "vfs_root")["root"])
        self.inode = machine.kernel_type("struct inode", "inode_init")

    @staticmethod
    def _text(address, name):
        offset = next(f.bitpos // 8 for f in name.type.fields() if f.name == "text")
        return machine.kernel_bytes(address + offset, int(name["len"])).decode("utf-8", "replace")

    def _step(self, address):
        """(directory, name) of the inode at address, or None."""
        mount = machine.kernel_object(address, self.inode)["mounted_as"]
        if int(mount):
            mount = machine.deref(mount)
            return int(mount["dir"]), machine.text(mount["name"])
        return self.by_inode.get(address)

    def path(self, address):
        """Of the inode at address; "" if a name is missing."""
        parts = []
        while address != self.root and len(parts) < 256:
            step = self._step(address)
            if step is None:
                return ""
            address, name = step
            parts.insert(0, name)
        return "/" + "/".join(parts)

    def of_pages(self, pages):
        """What the area of these pages (a struct pagecache's address) is called."""
        cache = machine.kernel_object(pages, machine.kernel_type("struct pagecache", "pagecache_init"))
        describe = int(machine.deref(cache["ops"])["describe"])
        if describe == machine.address_of("inode_pages_describe"):
            inode = machine.container(pages, self.inode, "pages")
            offset = next(f.bitpos // 8 for f in self.inode.fields() if f.name == "pages")
            return self.path(pages - offset) or f"inode {int(inode['ino'])}"
        return "/dev/zero (deleted)" if machine.place_name(describe) == "shmem_describe" else ""
