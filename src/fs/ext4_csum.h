/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_csum.h - crc32c, the checksum of ext4's metadata. */
#ifndef FS_EXT4_CSUM_H
#define FS_EXT4_CSUM_H

#include "lib/types.h"

/* crc32c (Castagnoli, reflected 0x82f63b78) of data continuing from crc. ext4 starts at
 * EXT4_CSUM_START and inverts nothing at the end. Any context after ext4_csum_init(). */
uint32_t ext4_crc32c(uint32_t crc, const void *data, size_t len);

#define EXT4_CSUM_START 0xffffffffu

/* Compute the tables; may be called again. */
void ext4_csum_init(void);

#endif
