/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_hash.h - the hashes of names in ext4's directory trees. */
#ifndef FS_EXT4_HASH_H
#define FS_EXT4_HASH_H

#include "lib/types.h"

struct ext4_fs;

/* Values of a tree's hash_version. Without "unsigned", the superblock's flag says how bytes are taken. */
enum ext4_hash_version {
    EXT4_HASH_LEGACY = 0,
    EXT4_HASH_HALF_MD4 = 1,
    EXT4_HASH_TEA = 2,
    EXT4_HASH_LEGACY_UNSIGNED = 3,
    EXT4_HASH_HALF_MD4_UNSIGNED = 4,
    EXT4_HASH_TEA_UNSIGNED = 5,
};

/* The hash of name as trees of fs of that version have it, bit 0 clear; minor (if not NULL) tells names of
 * one hash apart, mostly. -EOPNOTSUPP: unknown version. */
int ext4_name_hash(const struct ext4_fs *fs, unsigned version, const char *name, size_t len,
                   uint32_t *hash, uint32_t *minor);

#endif
