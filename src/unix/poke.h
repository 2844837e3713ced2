/* SPDX-License-Identifier: Apache-2.0 */
/* poke.h - writing into an address space that need not be the caller's, and past its rights: for who builds
 * it. */
#ifndef UNIX_POKE_H
#define UNIX_POKE_H

#include "kernel/vmspace.h"

/* Put bytes (NULL: zeros) at va. access: what the program may do there, PMAP_R or PMAP_W; a file's pages need
 * PMAP_W. -ENOMEM, -EIO. */
int poke(struct vmspace *vs, vaddr_t va, const void *bytes, size_t len, unsigned access);

/* Put a word at va (8-aligned) by one store, if it is mapped, whatever the program may do there. */
void poke_word(struct vmspace *vs, vaddr_t va, uint64_t value);

#endif
