/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_damage.h - inputs that are ext4 images without their zeros, and what may be wrong with them. */
#ifndef TEST_EXT4_DAMAGE_H
#define TEST_EXT4_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

#define EXT4_PIECE 1024u

/* Of an input, as seeds.py writes it. */
struct image_piece {
    uint8_t number[2];
    uint8_t bytes[EXT4_PIECE]; /* at that many of them in the image */
};
_Static_assert(sizeof(struct image_piece) == 2 + EXT4_PIECE, "as seeds.py writes it");

/* Change the n >= 1 pieces of an input, whose image has npieces in all. */
void ext4_damage_input(struct image_piece *pieces, size_t n, uint32_t npieces, unsigned seed);

/* Change a whole image in a few places, or in none. */
void ext4_damage_image(uint8_t *image, uint32_t npieces, unsigned seed);

#endif
