#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""seeds.py - gather real inputs for the fuzz targets to start from.

    test/fuzz/seeds.py --qemu QEMU --out OUT PROGRAM...

OUT/NAME gets the seeds of target NAME, in the form that the target's source says: the beginnings of
the PROGRAMs, the manifests of this repository's tests, device trees that the emulator makes, small
file systems that mke2fs makes. Repeated runs give the same bytes.
"""

import argparse
import glob
import os
import random
import shutil
import struct
import subprocess
import tempfile

HEAD = 1024  # bytes of a program: all its headers, and its interpreter's name
UNIT = 1024  # bytes: a file system is told in pieces of this size
EPOCH = '1700000000'
UUID = '7a11e000-0000-4000-8000-00000000ce11'


class Seeds:
    def __init__(self, out):
        self.out = out

    def add(self, target, name, data):
        folder = os.path.join(self.out, target)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def add_programs(seeds, paths):
    for path in paths:
        data = read(path)
        seeds.add('elf', os.path.basename(path), struct.pack('<I', len(data)) + data[:HEAD])


def add_manifests(seeds):
    paths = glob.glob('test/guest/*.manifest.json') + glob.glob('test/app/*/manifest.json') + \
        glob.glob('test/app/*/[a-c]*.json')
    for path in sorted(paths):
        name, data = path.replace('/', '-'), read(path)
        if len(data) > 1000:
            continue
        seeds.add('manifest', name, data)
        seeds.add('json', name, b'\0' + data)
        seeds.add('json', name + '-skip', b'\x55' + data)


def add_scripts(seeds):
    lines = ['#!/bin/sh\n', '#! /usr/bin/env lua5.4\n', '#!/bin/busybox\tsh -e \n', '#!/x' + 'y' * 250]
    for i, line in enumerate(lines):
        seeds.add('script', f'line{i}', line.encode())


def add_bootargs(seeds):
    words = ['verbose arg=a env=LANG=de', 'arg=%20x%41 trace=fault arg=', 'env=NEW=1 env=NEW=2 env=HOME=']
    for i, text in enumerate(words):
        seeds.add('bootargs', f'words{i}', text.encode())


def without_padding(fdt):
    """QEMU leaves much room behind the two blocks that a tree consists of."""
    structure, strings = struct.unpack('>II', fdt[8:16])
    strings_len, structure_len = struct.unpack('>II', fdt[32:40])
    return fdt[:max(structure + structure_len, strings + strings_len)]


def add_trees(seeds, qemu, tmp):
    file = os.path.join(tmp, 'dtb')
    kinds = {'one': ['-append', 'verbose trace=fault', '-kernel', file],
             'two': ['-smp', '2', '-m', '3g']}
    for name, options in kinds.items():
        with open(file, 'wb') as f:
            f.write(bytes(4096))  # QEMU takes boot arguments only with a kernel; any file is one
        subprocess.run([qemu, '-seed', '1', '-display', 'none', '-bios', 'none',
                        '-M', f'virt,dumpdtb={file}', *options],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        seeds.add('devtree', name, without_padding(read(file)))


def add_choices(seeds):
    """Lists of choices: there is nothing real to take, but all kinds of call shall occur."""
    for target in ('pmap.cells', 'pmap.sv48', 'celltable'):
        for n in range(24):
            rng = random.Random(n)
            seeds.add(target, f'random{n}', rng.randbytes(40 + 60 * (n % 8)))


# --- file systems ----------------------------------------------------------------------------------


def make_tree(root):
    os.makedirs(f'{root}/dir/deeper')
    with open(f'{root}/small', 'w', encoding='ascii') as f:
        f.write('small\n')
    with open(f'{root}/teeth', 'wb') as f:  # more extents than an inode holds, and indirect blocks
        for i in range(7):
            f.seek(i * 8192)
            f.write(b'tooth')
    for i in range(70):  # names enough for a hash tree
        os.link(f'{root}/small', f'{root}/dir/a name of some length {i}')
    os.symlink('dir/deeper', f'{root}/link')
    os.symlink('y' * 100, f'{root}/dir/long link')
    os.mkfifo(f'{root}/dir/fifo')


def make_image(image, tree, args, size):
    env = {**os.environ, 'E2FSPROGS_FAKE_TIME': EPOCH,
           'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'}

    def run(*command, ok=(0,)):
        done = subprocess.run(command, env=env, capture_output=True, check=False)
        if done.returncode not in ok:
            raise SystemExit(f'{command}: {done.stderr.decode()}')
        return done.stdout.decode()

    run('mke2fs', '-q', '-F', '-N', '24', '-U', UUID,
        '-E', f'hash_seed={UUID},root_owner=0:0', *args, '-d', tree, image, size)
    run('e2fsck', '-fyD', image, ok=(0, 1))
    script = os.path.join(os.path.dirname(image), 'script')
    with open(script, 'w', encoding='ascii') as f:  # the tree was made just now; images shall not tell
        for ino in range(1, 25):
            for field in ('atime', 'ctime', 'mtime', 'crtime'):
                f.write(f'sif <{ino}> {field} @{EPOCH}\nsif <{ino}> {field}_extra 0\n')
        for path, name, size in (('small', 'user.inside', 5), ('small', 'trusted.b', 0), ('small', 'user.outside', 300),
                                 ('small', 'security.s', 100), ('dir', 'user.n', 200), ('dir/fifo', 'trusted.t', 9)):
            f.write(f'ea_set /{path} {name} {"v" * size or chr(34) * 2}\n')
    run('debugfs', '-w', '-f', script, image)


def in_pieces(image, header=b'\1'):
    """The image as fuzz_ext4.c reads it: flags, then number and bytes of each piece that is not zero."""
    data, out = read(image), header
    for at in range(0, len(data), UNIT):
        if any(data[at:at + UNIT]):
            out += struct.pack('<H', at // UNIT) + data[at:at + UNIT]
    return out


def add_file_systems(seeds, tmp):
    tree, image = f'{tmp}/tree', f'{tmp}/img'
    make_tree(tree)
    kinds = {
        'ext4': ['-t', 'ext4', '-O', '^has_journal,^resize_inode', '-b', '1024'],
        'ext4-no-checksums': ['-t', 'ext4', '-O', '^has_journal,^resize_inode,^metadata_csum', '-b', '1024'],
        'ext4-4k': ['-t', 'ext4', '-O', '^has_journal,^resize_inode', '-b', '4096'],
        'ext4-32bit': ['-t', 'ext4', '-O', '^has_journal,^resize_inode,^64bit,^flex_bg', '-b', '1024',
                       '-I', '128'],
        'ext2': ['-t', 'ext2', '-O', '^resize_inode', '-b', '1024'],
    }
    for name, args in kinds.items():
        if os.path.exists(image):
            os.unlink(image)
        make_image(image, tree, args, '256k')
        seeds.add('ext4', name, in_pieces(image))
    add_writable(seeds, tmp, tree, image)


def add_writable(seeds, tmp, tree, image):
    """Images for fuzz_ext4_write.c: some with a journal, and with something in it."""
    os.mkdir(f'{tree}/many')
    for i in range(90):
        os.link(f'{tree}/small', f'{tree}/many/a name of some length {i}')
    block = f'{tmp}/block'
    with open(block, 'wb') as f:
        f.write(b'x' * 1024)
    plain, journal = '^has_journal,^resize_inode', 'has_journal,^resize_inode'
    kinds = {
        'plain': ['-t', 'ext4', '-O', plain, '-b', '1024'],
        'groups': ['-t', 'ext4', '-O', plain, '-b', '1024', '-g', '512'],
        'no-checksums': ['-t', 'ext4', '-O', f'{plain},^metadata_csum', '-b', '1024'],
        '4k': ['-t', 'ext4', '-O', plain, '-b', '4096'],
        'old': ['-t', 'ext4', '-O', f'{plain},^64bit,^flex_bg,^metadata_csum,uninit_bg', '-b', '1024',
                '-I', '128'],
        'ext2': ['-t', 'ext2', '-O', '^resize_inode', '-b', '1024'],
        'ext3': ['-t', 'ext3', '-O', '^resize_inode', '-b', '1024', '-J', 'size=1'],
        'journal': ['-t', 'ext4', '-O', journal, '-b', '1024', '-J', 'size=1'],
        'journal-no-checksums': ['-t', 'ext4', '-O', f'{journal},^metadata_csum', '-b', '1024', '-J', 'size=1'],
    }
    for name, args in kinds.items():
        if os.path.exists(image):
            os.unlink(image)
        make_image(image, tree, ['-N', '48', *args], '4000k')
        seeds.add('ext4_write', name, in_pieces(image, b'\1\0\0\0\0'))
        seeds.add('ext4_write', name + '-cut', in_pieces(image, b'\3\1\0\0\0'))
        if 'journal' in name:
            checksums = '' if 'no-' in name else ' -c -v 3'
            with open(f'{tmp}/commands', 'w', encoding='ascii') as f:
                f.write(f'jo{checksums}\njw -b 1900,1901,1902 {block}\njw -r 1901\njw -b 1900 {block}\njc\n')
            subprocess.run(['debugfs', '-w', '-f', f'{tmp}/commands', image], check=True, capture_output=True,
                           env={**os.environ, 'PATH': os.environ['PATH'] + ':/usr/sbin:/sbin'})
            seeds.add('ext4_write', name + '-full', in_pieces(image, b'\1\0\0\0\0'))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--qemu', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('programs', nargs='*')
    args = parser.parse_args()

    shutil.rmtree(args.out, ignore_errors=True)
    seeds = Seeds(args.out)
    add_programs(seeds, args.programs)
    add_manifests(seeds)
    add_scripts(seeds)
    add_bootargs(seeds)
    add_choices(seeds)
    with tempfile.TemporaryDirectory() as tmp:
        add_trees(seeds, args.qemu, tmp)
        add_file_systems(seeds, tmp)


if __name__ == '__main__':
    main()
