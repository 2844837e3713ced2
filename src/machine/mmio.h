/* SPDX-License-Identifier: Apache-2.0 */
/* mmio.h - access to device registers, and its order against memory that a device reads and writes.
 *
 * Every access is one load or store of exactly the named width, in program order among the accesses
 * to registers, and little-endian. A write is made after all earlier memory accesses (the device
 * finds what was prepared for it); a read is made before all later ones (memory is not looked at
 * before the device said that it is ready). What must be kept the other way round, a memory access
 * behind a register write, needs mmio_barrier().
 */
#ifndef MACHINE_MMIO_H
#define MACHINE_MMIO_H

#include "lib/types.h"

/* A register's address: base of the window and offset in bytes. */
static inline volatile void *mmio_at(volatile void *base, size_t offset)
{
    return (volatile char *)base + offset;
}

uint8_t  mmio_read8(const volatile void *reg);
uint16_t mmio_read16(const volatile void *reg);
uint32_t mmio_read32(const volatile void *reg);
void     mmio_write8(volatile void *reg, uint8_t value);
void     mmio_write16(volatile void *reg, uint16_t value);
void     mmio_write32(volatile void *reg, uint32_t value);

/* Write len bytes to one register, one after the other: a FIFO. */
void mmio_write8_fifo(volatile void *reg, const void *bytes, size_t len);

/* Every access before it, to memory or registers, comes before every access after it. */
void mmio_barrier(void);

#endif
