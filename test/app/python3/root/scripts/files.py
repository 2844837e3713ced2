# SPDX-License-Identifier: Apache-2.0
"""Files: open, pathlib, tempfile, shutil, mmap, locks, sqlite3, dbm, what the read-only image refuses."""
import dbm.dumb
import errno
import fcntl
import filecmp
import fileinput
import glob
import io
import linecache
import mmap
import os
import pathlib
import shelve
import shutil
import sqlite3
import stat
import tarfile
import tempfile
import threading
import zipfile

os.chdir("/tmp")
print("== open")
with open("a.txt", "w", encoding="utf-8") as f: print(f.write("one\ntwo\nthrée\n"), f.tell(), f.fileno() > 2)
with open("a.txt", "r+", encoding="utf-8", newline="") as f: print(f.readline(), f.read(2), f.seek(0, 2), f.write("four\r\n")); f.seek(0); print(f.readlines(), f.truncate(8))
print(open("a.txt", "rb").read(), os.stat("a.txt").st_size, io.open("a.txt").encoding)
for mode in ("x", "r+b", "a", "w+"):
    try:
        with open("a.txt", mode) as f: print(mode, f.writable(), f.readable(), f.tell())
    except OSError as e: print(mode, type(e).__name__, e)
with open("b.bin", "wb", buffering=0) as f: print(type(f).__name__, f.write(bytes(range(256)) * 40), os.fstat(f.fileno()).st_blocks)
with open("b.bin", "rb") as f: print(f.peek(3)[:3], f.read1(10), f.readinto(bytearray(5000)), f.seek(-10, 2), f.read())
with open("sparse", "wb") as f: f.seek(1 << 20); f.write(b"end"); print(f.tell())
print(os.stat("sparse").st_size, open("sparse", "rb").read(3), sum(1 for _ in open("/scripts/files.py", "rb")) > 50)
for path, why in (("/none/x", "r"), ("/tmp", "r"), ("a.txt/x", "r"), ("/etc/passwd", "a"), ("n" * 300, "w"), ("/new", "w"), ("a\0b", "r")):
    try: open(path, why)
    except (OSError, ValueError) as e: print(type(e).__name__, getattr(e, "strerror", e))

print("== os")
fd = os.open("c", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640); print(os.write(fd, b"0123456789"), os.pread(fd, 3, 4), os.pwrite(fd, b"XX", 8), os.lseek(fd, 0, 0), os.read(fd, 99), oct(os.fstat(fd).st_mode))
print(os.preadv(fd, [a := bytearray(4), b := bytearray(20)], 1), a, b, os.writev(fd, [b"a", b"bc"]), os.ftruncate(fd, 5), os.fsync(fd), os.fdatasync(fd), os.posix_fallocate(fd, 0, 100), os.fstat(fd).st_size)
print(os.get_inheritable(fd), os.dup2(fd, 50), os.get_blocking(fd), os.isatty(fd)); os.close(50); os.close(fd)
os.makedirs("d/e/f"); os.symlink("../c", "d/link"); os.link("c", "d/hard"); print(sorted(os.listdir("d")), os.readlink("d/link"), os.stat("c").st_nlink, os.path.realpath("d/link"), os.path.samefile("c", "d/hard"))
os.rename("d/hard", "d/e/moved"); os.replace("d/e/moved", "c"); os.chmod("c", 0o4711); os.utime("c", ns=(10 ** 18, 2 * 10 ** 18 + 5)); s = os.stat("c"); print(stat.filemode(s.st_mode), s.st_atime_ns, s.st_mtime_ns)
print([(e.name, e.is_dir(), e.is_symlink(), e.is_file(follow_symlinks=False)) for e in sorted(os.scandir("d"), key=lambda e: e.name)], [(r, sorted(ds), fs) for r, ds, fs in os.walk("d")])
for f, *a in ((os.rmdir, "d"), (os.mkdir, "d"), (os.unlink, "none"), (os.rename, "none", "x"), (os.symlink, "x", "c"), (os.link, "d", "x"), (os.readlink, "c"), (os.chdir, "c"), (os.listdir, "c"), (os.mkdir, "/x"), (os.unlink, "/etc/passwd"), (os.close, 99), (os.truncate, "d", 1), (os.chown, "/etc/passwd", 1, 1)):
    try: f(*a)
    except OSError as e: print(f.__name__, errno.errorcode[e.errno], e.filename, e.filename2)
print(os.access("/etc/passwd", os.R_OK), os.access("/etc/passwd", os.X_OK), os.umask(0o27), os.umask(0o22), os.getcwd(), os.path.expanduser("~"), os.cpu_count(), os.sysconf("SC_PAGE_SIZE"), os.pathconf("/", "PC_NAME_MAX"))
os.mkfifo("fifo"); print(stat.S_ISFIFO(os.stat("fifo").st_mode)); t = threading.Thread(target=lambda: open("fifo", "w").write("from a fifo")); t.start(); print(open("fifo").read()); t.join()
m = os.memfd_create("mem", os.MFD_ALLOW_SEALING); os.write(m, b"sealed"); fcntl.fcntl(m, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
try: os.write(m, b"x")
except PermissionError as e: print(e, fcntl.fcntl(m, fcntl.F_GET_SEALS))
src = os.open("b.bin", os.O_RDONLY); dst = os.open("copy", os.O_RDWR | os.O_CREAT); print(os.sendfile(dst, src, 0, 5000), os.copy_file_range(src, dst, 100), os.lseek(dst, 0, 2), os.lseek(src, 0, 1)); os.close(src); os.close(dst)
d = os.open("d", os.O_RDONLY); print(sorted(os.listdir(d)), os.stat("e", dir_fd=d).st_mode == os.stat("d/e").st_mode, os.mkdir("g", dir_fd=d), os.rmdir("g", dir_fd=d)); os.fchdir(d); print(os.getcwd()); os.chdir("/tmp"); os.close(d)
try:
    os.setxattr("c", "user.note", b"text"); print(os.getxattr("c", "user.note"), os.listxattr("c"))
except OSError as e: print(errno.errorcode[e.errno])
print(len(os.urandom(10)), len(os.getrandom(10)), os.statvfs("/tmp").f_namemax, os.strerror(errno.ELOOP), os.fspath(pathlib.Path("x")), os.get_exec_path()[0] != "")

print("== pathlib, shutil, glob")
p = pathlib.Path("tree"); (p / "x" / "y").mkdir(parents=True); (p / "x/file.py").write_text("print(1)\n"); (p / "x/y/data.bin").write_bytes(b"\0" * 10)
print(sorted(map(str, p.rglob("*"))), [q.name for q in p.glob("**/*.py")], p.joinpath("..", "tree").resolve(), pathlib.PurePath("/a/b.tar.gz").suffixes, (p / "x/file.py").read_text(), p.exists(), p.is_dir(), p.stat().st_nlink)
shutil.copytree(p, "tree2", dirs_exist_ok=True); print(filecmp.dircmp("tree", "tree2/x").left_only, sorted(glob.glob("tree2/**", recursive=True)), shutil.move("tree2/x/file.py", "tree2/moved.py"), shutil.disk_usage("/tmp").total > 0)
print(shutil.make_archive("archive", "gztar", "tree"), sorted(tarfile.open("archive.tar.gz").getnames())); shutil.unpack_archive("archive.tar.gz", "unpacked"); print(os.listdir("unpacked"), shutil.which("python3.13", path="/usr/bin"))
with zipfile.ZipFile("z.zip", "w") as z: z.write("a.txt"); z.mkdir("dir")
print(zipfile.Path("z.zip").joinpath("a.txt").read_text()); shutil.rmtree("tree"); shutil.rmtree("tree2"); print(os.path.exists("tree")); print(linecache.getline("/etc/passwd", 1).split(":")[0], list(fileinput.input("/etc/group", encoding="utf-8"))[0].split(":")[0])

print("== tempfile")
with tempfile.TemporaryDirectory() as t: open(os.path.join(t, "f"), "w").close(); print(os.path.dirname(t), os.listdir(t))
print(os.path.exists(t), tempfile.gettempdir())
with tempfile.NamedTemporaryFile("w+", suffix=".txt") as f: f.write("temporary"); f.flush(); f.seek(0); print(f.read(), f.name.endswith(".txt"), oct(os.stat(f.name).st_mode)); name = f.name
print(os.path.exists(name))
with tempfile.TemporaryFile() as f: f.write(b"unnamed"); f.seek(0); print(f.read(), os.fstat(f.fileno()).st_nlink)
with tempfile.SpooledTemporaryFile(10) as f: f.write(b"x" * 20); print(f._rolled, f.tell())
h, name = tempfile.mkstemp(); os.close(h); os.unlink(name)

print("== mmap")
with open("mapped", "w+b") as f:
    f.write(b"hello world" + bytes(5000)); f.flush()
    with mmap.mmap(f.fileno(), 0) as m: print(m[:5], m.find(b"world"), len(m)); m[:5] = b"HELLO"; m.flush(); m.move(20, 0, 11); m.resize(9000); print(len(m), os.fstat(f.fileno()).st_size); m[8999] = 7
    f.seek(0); d = f.read(); print(d[:31], d[-1])
    with mmap.mmap(f.fileno(), 4096, access=mmap.ACCESS_COPY) as m: m[:5] = b"local"; print(m[:5], open("mapped", "rb").read(5))
    with mmap.mmap(f.fileno(), 4096, prot=mmap.PROT_READ, flags=mmap.MAP_PRIVATE, offset=4096) as m:
        try: m[0] = 1
        except TypeError as e: print(e)
with mmap.mmap(-1, 1 << 20) as m: m.write(b"anonymous"); m.seek(0); print(m.readline()[:9], m.madvise(mmap.MADV_DONTNEED), m[:9], len(m))
try: mmap.mmap(os.open("mapped", os.O_RDONLY), 100)
except PermissionError as e: print(e)
with open("/etc/passwd", "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m: print(m.readline()[:5])

print("== locks")
with open("locked", "w") as f, open("locked", "w") as g:
    fcntl.flock(f, fcntl.LOCK_EX)
    try: fcntl.flock(g, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e: print(e)
    fcntl.flock(f, fcntl.LOCK_UN); fcntl.flock(g, fcntl.LOCK_SH); fcntl.flock(f, fcntl.LOCK_SH | fcntl.LOCK_NB); fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 5); print("locked", fcntl.fcntl(f, fcntl.F_GETFD), fcntl.fcntl(f, fcntl.F_GETFL) & os.O_ACCMODE)

print("== sqlite3", sqlite3.sqlite_version_info >= (3, 40), sqlite3.threadsafety)
db = sqlite3.connect("/tmp/data.db"); db.executescript("create table t(id integer primary key, name text unique, v real); create index i on t(v);")
with db: db.executemany("insert into t(name, v) values (?, ?)", ((f"n{i}", i * 0.5) for i in range(2000)))
print(db.execute("select count(*), sum(v), max(name) from t").fetchone(), db.total_changes)
try:
    with db: db.execute("delete from t"); db.execute("insert into t(name) values ('a'), ('a')")
except sqlite3.IntegrityError as e: print(e, db.execute("select count(*) from t").fetchone())
db.create_function("half", 1, lambda x: x / 2); db.row_factory = sqlite3.Row; db.create_aggregate("joined", 1, type("J", (), {"__init__": lambda s: setattr(s, "x", []), "step": lambda s, v: s.x.append(v), "finalize": lambda s: "+".join(s.x)}))
r = db.execute("select half(v) as h, name from t where id = 11").fetchone(); print(r["h"], r.keys(), tuple(db.execute("select joined(name) from t where id < 4").fetchone()))
print(db.execute("pragma journal_mode=wal").fetchone()[0], db.execute("pragma integrity_check").fetchone()[0]); other = sqlite3.connect("/tmp/data.db", timeout=0.05); db.isolation_level = None; db.execute("begin immediate"); db.execute("update t set v = -1 where id = 1")
try: other.execute("begin immediate")
except sqlite3.OperationalError as e: print(e)
print(other.execute("select v from t where id = 1").fetchone()); db.execute("commit"); print(other.execute("select v from t where id = 1").fetchone()); other.close()
def threaded():
    try: db.execute("select 1")
    except sqlite3.ProgrammingError as e: print(str(e)[:40])
t = threading.Thread(target=threaded); t.start(); t.join()
mem = sqlite3.connect(":memory:"); db.backup(mem); print(mem.execute("select count(*) from t").fetchone(), len(list(mem.iterdump())) > 2000, mem.execute("select json_extract('{\"a\": [1, 2]}', '$.a[1]')").fetchone()); mem.close(); db.close(); print(sorted(glob.glob("data.db*")))
blob = sqlite3.connect(":memory:"); blob.execute("create table b(d blob)"); blob.execute("insert into b values (zeroblob(100))"); h = blob.blobopen("b", "d", 1); h[0:4] = b"blob"; print(h.read(6), len(h)); h.close()
try: sqlite3.connect("/new.db").execute("create table x(y)")
except sqlite3.OperationalError as e: print(e)

print("== shelves")
with shelve.Shelf(dbm.dumb.open("shelf", "c")) as s: s["k"] = [1, {"a": 2}]; print(s["k"], list(s))
for d in ("d", "unpacked"): shutil.rmtree(d)
print(len(os.listdir("/tmp")) > 5)
