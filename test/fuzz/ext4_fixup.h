/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_fixup.h - make the checksums of a damaged ext4 image right again. */
#ifndef TEST_EXT4_FIXUP_H
#define TEST_EXT4_FIXUP_H

#include <stddef.h>
#include <stdint.h>

/* Recompute every checksum that can be reached in the image: superblock, group descriptors and
 * bitmaps, inodes, their extent trees and directory blocks, the journal. Nothing else changes; nothing outside the image is
 * touched, whatever it holds. */
void ext4_fixup(uint8_t *image, size_t size);

#endif
