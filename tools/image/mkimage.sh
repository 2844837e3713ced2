#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# mkimage.sh - make a bootable image: a raw ext4 file system holding a folder and its manifest.
#
#   tools/image/mkimage.sh ROOT OUT [SLACK-MIB]
#
# ROOT is what the program will see as /, with a manifest in ROOT/.cella/manifest.json. OUT is written
# whole or not at all. The size follows from the content, with a quarter and SLACK-MIB (default 8) of
# free space. No rights are needed: everything in the image belongs to root.
#
# The same ROOT gives the same bytes, whoever builds it, where and when: modes, names, contents and
# links count; owners and times do not. All times in the image are SOURCE_DATE_EPOCH
# (default 2025-01-01).
#
# The format, and why each feature is on or off, is in docs/image-format.md.

set -eu

PATH=$PATH:/usr/sbin:/sbin
epoch=${SOURCE_DATE_EPOCH:-1735689600}

die() { printf 'mkimage: %s\n' "$*" >&2; exit 1; }

[ $# -ge 2 ] || { sed -n '6s/^# *//p' "$0" >&2; exit 2; }
root=${1%/} out=$2 slack_mib=${3:-8}
[ -d "$root" ] || die "$root is no folder"
[ -f "$root/.cella/manifest.json" ] || die "$root has no .cella/manifest.json"
case $(find "$root" -name '*
*' | head -n 1) in ?*) die "$root holds a name with a line break" ;; esac
odd=$(find "$root" ! -type f ! -type d ! -type l | head -n 1)
[ -z "$odd" ] || die "$odd is neither file, folder nor symbolic link"

# Content in 4 KiB blocks (one for a folder or a long link), and inodes: 256 bytes each.
# shellcheck disable=SC2046  # two numbers
set -- $(find "$root" -printf '%s\n' |
    awk '{ blocks += int(($1 + 4095) / 4096) + ($1 == 0 ? 1 : 0); n++ } END { print blocks, n }')
blocks=$1 inodes=$(($2 * 5 / 4 + 1024))
size_mib=$(((blocks * 5 / 4 + inodes / 16) / 256 + slack_mib + 1))

new=$out.new
mkdir -p "$(dirname "$out")"
rm -f "$new"
truncate -s "${size_mib}M" "$new"

# One identity for all images: they are told apart by their content, not by it.
uuid=ce11a000-0000-4000-8000-000000000001
hash_seed=ce11a000-0000-4000-8000-000000000002

# The host's own mke2fs.conf has no say; this one adds nothing to the options below.
{
    echo '[fs_types]'
    for type in ext4 floppy small default big huge; do echo " $type = {"; echo "  inode_size = 256"; echo " }"; done
} >"$new.conf"
MKE2FS_CONFIG=$new.conf E2FSPROGS_FAKE_TIME=$epoch mke2fs -q -F -t ext4 \
    -b 4096 -I 256 -N "$inodes" -m 0 -L cella -U $uuid -e continue \
    -O none,ext_attr,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum \
    -E "hash_seed=$hash_seed,root_owner=0:0,assume_storage_prezeroed=1,nodiscard" \
    -d "$root" "$new" || die "mke2fs failed"

# mke2fs copies owners and times of the files it finds; give every inode the same.
find "$root" -printf '%y /%P\n' | LC_ALL=C sort | awk -v epoch="$epoch" '
    {
        path = substr($0, 3)
        gsub(/"/, "\"\"", path)
        for (i = split("uid gid", field, " "); i > 0; i--)
            printf "set_inode_field \"%s\" %s 0\n", path, field[i]
        for (i = split("atime mtime ctime crtime", field, " "); i > 0; i--)
            printf "set_inode_field \"%s\" %s @%s\n", path, field[i], epoch
        for (i = split("atime_extra mtime_extra ctime_extra crtime_extra", field, " "); i > 0; i--)
            printf "set_inode_field \"%s\" %s 0\n", path, field[i]
    }' >"$new.debugfs"
E2FSPROGS_FAKE_TIME=$epoch debugfs -w -f "$new.debugfs" "$new" >"$new.log" 2>&1 || die "debugfs failed"
if grep -vE '^debugfs( |:)' "$new.log" >&2; then
    die "debugfs complained"
fi
rm -f "$new.conf" "$new.debugfs" "$new.log"
mv "$new" "$out"
