/* SPDX-License-Identifier: Apache-2.0 */
/* ext4.h - the ext4 file system.
 *
 * Read are images with the incompatible features filetype, extents, 64bit and flex_bg, and any
 * read-only compatible ones; another incompatible feature is refused by its name. Checksums are verified
 * where the image has them. Damage gives -EIO at the operation that meets it and one line in the log.
 *
 * Written are those with extents, blocks of at most a page, and no read-only compatible features but
 * sparse_super, large_file, huge_file, uninit_bg, dir_nlink, extra_isize and metadata_csum; all others are
 * mounted read-only, which the log says. New files have extents, new directories hash trees once they outgrow a
 * block. Files with block maps, which older systems made, can be read and written over; what would
 * give them blocks or free them is -EROFS. Extended attributes on the disk are left alone, and go with their file.
 */
#ifndef FS_EXT4_H
#define FS_EXT4_H

#include "fs/vfs.h"
#include "kernel/blk.h"

/* Mount the file system on dev; writable: for writing too, if the disk and the features allow it. -EINVAL: none that is supported is there; -EIO, -ENOMEM. The reason is
 * logged. */
int ext4_mount(struct blk_device *dev, bool writable, struct fs **out);

/* Undo ext4_mount(): no inode of fs but its root is referenced any more. */
void ext4_unmount(struct fs *fs);

#endif
