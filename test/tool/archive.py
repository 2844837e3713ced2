# SPDX-License-Identifier: Apache-2.0
"""A Debian archive of made-up packages, signed with a key of its own, for apt to fetch from.

    archive = Archive(context)            in the test's folder; apt is told of it
    archive.publish(package("prog", "1.0", depends="lib1", files={"usr/bin/prog": "text"}))

publish() replaces what was there, as Debian's archive forgets versions. A file whose text begins with
"-> " is a link.
"""

import atexit
import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

SUITE = "trixie"
# What apt-private.sh looks for: an archive of the system's own release.
SYSTEM_SUITE = subprocess.run(". /etc/os-release && echo $VERSION_CODENAME", shell=True, text=True,
                              stdout=subprocess.PIPE, check=True).stdout.strip()


class Key:
    """A key to sign with. Its folder is a short one: gpg's agent has a socket in it."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="cella-key."))
        atexit.register(self.remove)
        self.gpg("--quick-generate-key", "made-up archive", "ed25519", "sign", "never")
        self.file = self.home / "public.gpg"
        self.gpg("--output", self.file, "--export")

    def gpg(self, *words):
        subprocess.run(["gpg", "--homedir", self.home, "--batch", "--quiet", "--passphrase", "",
                        *words], check=True, stderr=subprocess.DEVNULL)

    def sign(self, text, to):
        plain = to.with_suffix(".plain")
        plain.write_text(text)
        self.gpg("--yes", "--output", to, "--clearsign", plain)
        plain.unlink()

    def remove(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)
        shutil.rmtree(self.home, ignore_errors=True)


KEYS, KEYS_LOCK = {}, threading.Lock()


def key(name="good"):
    """The key of that name, made when it is first asked for."""
    with KEYS_LOCK:
        if name not in KEYS:
            KEYS[name] = Key()
        return KEYS[name]


def package(name, version, depends="", files=None, description="made up"):
    files = files or {f"usr/share/{name}/version": f"{version}\n"}
    return {"name": name, "version": version, "depends": depends, "files": files,
            "description": description, "damaged": False}


def damaged(wish):
    """The package with contents that do not unpack, though hash and signature are right."""
    return dict(wish, damaged=True)


class Archive:
    def __init__(self, context):
        self.context = context
        self.folder = context.folder / "archive"
        self.etc = context.folder / "etc"
        self.etc.mkdir()
        self.point_to(f"file:{self.folder}", key())
        context.environment["CELLA_APT_ETC"] = str(self.etc)

    def point_to(self, address, trusted):
        (self.etc / "sources.list").write_text(
            f"deb [signed-by={trusted.file}] {address} {SYSTEM_SUITE} main\n")

    def publish(self, *packages, signer=None, unnoticed=False):
        """unnoticed: those who have fetched the lists before do not yet see a reason to do it again."""
        shutil.rmtree(self.folder, ignore_errors=True)
        stanzas = [self.build(p) for p in packages]
        index = "\n".join(stanzas).encode()
        lists = self.folder / "dists" / SUITE
        path = "main/binary-riscv64/Packages"
        (lists / path).parent.mkdir(parents=True)
        (lists / path).write_bytes(index)
        date = time.strftime("%a, %d %b %Y %H:%M:%S UTC", time.gmtime())
        (signer or key()).sign(
            f"Origin: Debian\nLabel: Debian\nSuite: stable\nCodename: {SUITE}\nDate: {date}\n"
            f"Architectures: riscv64\nComponents: main\nSHA256:\n"
            f" {hashlib.sha256(index).hexdigest()} {len(index)} {path}\n", lists / "InRelease")
        if not unnoticed:
            self.age_lists()

    def age_lists(self):
        """Lists that were fetched before are so old that they are fetched again."""
        for stamp in self.context.folder.glob("xdg/cella/apt/*/updated"):
            os.utime(stamp, (0, 0))

    def remove(self):
        """The archive cannot be reached any more."""
        shutil.rmtree(self.folder)
        self.age_lists()

    def build(self, wish):
        """Make the .deb; its stanza of the index."""
        tree = self.context.folder / "tree"
        for path, text in wish["files"].items():
            place = tree / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if text.startswith("-> "):
                place.symlink_to(text.removeprefix("-> "))
            else:
                place.write_text(text)
                place.chmod(0o755 if "/bin/" in path else 0o644)
        control = (f"Package: {wish['name']}\nVersion: {wish['version']}\nArchitecture: riscv64\n"
                   "Maintainer: Nobody <nobody@example.org>\n")
        if wish["depends"]:
            control += f"Depends: {wish['depends']}\n"
        control += f"Description: {wish['description']}\n"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN" / "control").write_text(control)
        name = f"pool/{wish['name']}_{wish['version']}_riscv64.deb"
        deb = self.folder / name
        deb.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, deb], check=True,
                       stdout=subprocess.DEVNULL)
        shutil.rmtree(tree)
        content = deb.read_bytes()
        if wish["damaged"]:
            content = spoil(content)
            deb.write_bytes(content)
        return control + (f"Filename: {name}\nSize: {len(content)}\n"
                          f"SHA256: {hashlib.sha256(content).hexdigest()}\n")


def spoil(deb):
    """Overwrite the middle of the last member, which holds the files."""
    start = deb.rindex(b"data.tar") + 60
    middle = (start + len(deb)) // 2
    return deb[:middle] + b"spoilt" + deb[middle + 6:]


def sha256_of(archive, name, version):
    deb = archive.folder / f"pool/{name}_{version}_riscv64.deb"
    return hashlib.sha256(deb.read_bytes()).hexdigest()
