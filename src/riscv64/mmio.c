/* SPDX-License-Identifier: Apache-2.0 */
/* mmio.c - access to device registers: see machine/mmio.h.
 *
 * The fences name device input and output (i, o) besides memory, which C's atomic fences do not.
 */
#include "machine/mmio.h"

/* The register read comes before every access that follows: pairs with the device, which prepares
 * memory before it shows a register that says so. */
#define FENCE_AFTER_READ() __asm__ volatile("fence i, iorw" ::: "memory")

/* Every earlier access comes before the register write: pairs with the device, which reads memory
 * after it was told to. */
#define FENCE_BEFORE_WRITE() __asm__ volatile("fence iorw, o" ::: "memory")

/* The register write comes before every store that follows, that of a lock which is let go among them: pairs with the next
 * holder's accesses to the device. cpu_release() orders memory alone. */
#define FENCE_AFTER_WRITE() __asm__ volatile("fence o, w" ::: "memory")

uint8_t mmio_read8(const volatile void *reg)
{
    uint8_t value = *(const volatile uint8_t *)reg;
    FENCE_AFTER_READ();
    return value;
}

uint16_t mmio_read16(const volatile void *reg)
{
    uint16_t value = *(const volatile uint16_t *)reg;
    FENCE_AFTER_READ();
    return value;
}

uint32_t mmio_read32(const volatile void *reg)
{
    uint32_t value = *(const volatile uint32_t *)reg;
    FENCE_AFTER_READ();
    return value;
}

void mmio_write8(volatile void *reg, uint8_t value)
{
    FENCE_BEFORE_WRITE();
    *(volatile uint8_t *)reg = value;
    FENCE_AFTER_WRITE();
}

void mmio_write16(volatile void *reg, uint16_t value)
{
    FENCE_BEFORE_WRITE();
    *(volatile uint16_t *)reg = value;
    FENCE_AFTER_WRITE();
}

void mmio_write32(volatile void *reg, uint32_t value)
{
    FENCE_BEFORE_WRITE();
    *(volatile uint32_t *)reg = value;
    FENCE_AFTER_WRITE();
}

void mmio_write8_fifo(volatile void *reg, const void *bytes, size_t len)
{
    const uint8_t *byte = bytes, *end = byte + len;
    FENCE_BEFORE_WRITE(); /* one is enough: stores to one register stay in order */
    while (byte < end)
        *(volatile uint8_t *)reg = *byte++;
    FENCE_AFTER_WRITE();
}

void mmio_barrier(void)
{
    __asm__ volatile("fence iorw, iorw" ::: "memory");
}
