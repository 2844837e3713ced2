/*
 * SecureCells: access to the table in guest memory.
 *
 * Every access is made as S-mode would make it: PMP first, then the bus
 * (A.5.4). Tables live in RAM, so the common path is a host pointer found
 * once per walk; anything else goes through the address space.
 *
 * Other harts edit the table while it is read. Sixteen-byte slots are read
 * in one piece; what several reads together mean is the walk's business.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/atomic128.h"
#include "qemu/bswap.h"
#include "cpu.h"
#include "exec/memory.h"
#include "exec/ram_addr.h"

QEMU_BUILD_BUG_MSG(!HAVE_ATOMIC128,
                   "the host cannot read a 16-byte slot in one piece");

#define NOWHERE     UINT64_MAX          /* an address that fails (A.1.5) */
#define WINDOW      (1ull << 32)        /* host mapping asked for at once */

static bool pmp_allows(CPURISCVState *env, hwaddr addr, unsigned size,
                       pmp_priv_t access)
{
    pmp_priv_t allowed;

    return !riscv_feature(env, RISCV_FEATURE_PMP) ||
           pmp_hart_has_privs(env, addr, size, access, &allowed, PRV_S);
}

/* Host memory behind a guest address, or NULL if it is no plain memory. */
static uint8_t *host_memory(CPURISCVState *env, hwaddr addr, hwaddr *len,
                            bool is_write, MemoryRegion **mr, hwaddr *offset)
{
    *mr = address_space_translate(env_cpu(env)->as, addr, offset, len,
                                  is_write, MEMTXATTRS_UNSPECIFIED);
    if (!memory_access_is_direct(*mr, is_write)) {
        return NULL;
    }
    return qemu_map_ram_ptr((*mr)->ram_block, *offset);
}

/*
 * The addresses from @base up to the one returned, which is not among them, are
 * readable for S-mode by the one PMP entry that decides for @base, and no entry
 * of higher rank begins there. @base itself if it is not so simple; PMP is then
 * asked for every access.
 */
static hwaddr readable_end(CPURISCVState *env, hwaddr base)
{
    hwaddr last = MAKE_64BIT_MASK(0, SECCELLS_PA_BITS);

    if (!riscv_feature(env, RISCV_FEATURE_PMP)) {
        return last + 1;
    }
    if (MSECCFG_MML_ISSET(env)) {       /* R does not mean "S may read" */
        return base;
    }
    for (int i = 0; i < MAX_RISCV_PMPS; i++) {
        hwaddr sa = env->pmp_state.addr[i].sa, ea = env->pmp_state.addr[i].ea;
        uint8_t cfg = env->pmp_state.pmp[i].cfg_reg;

        if (extract32(cfg, 3, 2) == PMP_AMATCH_OFF) {
            continue;
        }
        if (sa <= base && base <= ea) {
            return cfg & PMP_READ ? MIN(last, ea) + 1 : base;
        }
        if (sa > base) {
            last = MIN(last, sa - 1);
        }
    }
    return base;
}

static uint8_t *host_for_read(SecTable *tab, hwaddr addr, unsigned size)
{
    MemoryRegion *mr;
    hwaddr offset, len = size;
    uint8_t *host;

    if (tab->host && addr - tab->base + size <= tab->host_len) {
        return tab->host + (addr - tab->base);
    }
    host = host_memory(tab->env, addr, &len, false, &mr, &offset);
    return len >= size ? host : NULL;
}

static SecTableStatus may_read(SecTable *tab, hwaddr addr, unsigned size)
{
    if (addr < tab->readable_end && size <= tab->readable_end - addr) {
        return SECTABLE_OK;             /* no address is below the base */
    }
    if (addr >> SECCELLS_PA_BITS) {
        return SECTABLE_BUS_ERROR;
    }
    if (!pmp_allows(tab->env, addr, size, PMP_READ)) {
        return SECTABLE_DENIED;
    }
    return SECTABLE_OK;
}

/*
 * With -icount a device may be asked for the time only by the last instruction
 * of a block; otherwise QEMU gives up. A walk happens anywhere, and what stands
 * in a device instead of a table need not be to the point: any time will do.
 */
static SecTableStatus read_bus(SecTable *tab, hwaddr addr, void *buf,
                               unsigned size)
{
    CPUState *cs = env_cpu(tab->env);
    uint32_t can_do_io = cs->can_do_io;
    MemTxResult res;

    if (cs == current_cpu) {            /* not the monitor */
        cs->can_do_io = 1;
    }
    res = address_space_read(cs->as, addr, MEMTXATTRS_UNSPECIFIED, buf, size);
    if (cs == current_cpu) {
        cs->can_do_io = can_do_io;
    }
    return res == MEMTX_OK ? SECTABLE_OK : SECTABLE_BUS_ERROR;
}

/*
 * Sixteen bytes in one piece. QEMU's way is a compare-and-exchange, which is
 * slow, and takes the line away from the other harts. An aligned vector load is
 * one access, too, on every x86 processor that has AVX, by its makers' word.
 */
static void load_slot(uint8_t *host, uint64_t raw[2])
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx")) {
        uint64_t v __attribute__((vector_size(SECCELLS_SLOT_BYTES)));

        asm volatile("vmovdqa %1, %0" : "=x" (v) : "m" (*(typeof(v) *)host));
        raw[0] = v[0];
        raw[1] = v[1];
        return;
    }
#endif
    Int128 v = atomic16_read((Int128 *)host);

    raw[HOST_BIG_ENDIAN] = int128_getlo(v);
    raw[!HOST_BIG_ENDIAN] = int128_gethi(v);
}

static SecTableStatus read_slot(SecTable *tab, hwaddr addr, SecCell *slot)
{
    SecTableStatus st = may_read(tab, addr, SECCELLS_SLOT_BYTES);
    uint8_t *host;
    uint64_t raw[2];

    if (st != SECTABLE_OK) {
        return st;
    }
    host = host_for_read(tab, addr, SECCELLS_SLOT_BYTES);
    if (host) {
        load_slot(host, raw);
    } else {
        st = read_bus(tab, addr, raw, sizeof(raw));
        if (st != SECTABLE_OK) {
            return st;
        }
    }
    slot->lo = le64_to_cpu(raw[0]);
    slot->hi = le64_to_cpu(raw[1]);
    return SECTABLE_OK;
}

/*
 * base + scale * sd * T + rest, or NOWHERE when that leaves 64 bits: T has 32
 * bits and a row number 28, so the product can.
 */
static hwaddr row_address(SecTable *tab, uint64_t section, uint64_t row_bytes,
                          uint64_t sd, uint64_t rest)
{
    uint64_t row, addr;

    if (umul64_overflow(row_bytes, sd, &row) ||
        uadd64_overflow(tab->base + section, row, &addr) ||
        uadd64_overflow(addr, rest, &addr)) {
        return NOWHERE;
    }
    return addr;
}

static hwaddr perm_address(SecTable *tab, uint64_t sd, uint64_t i)
{
    uint64_t t = tab->t;

    return row_address(tab, 1024 * t, SECCELLS_LINE_BYTES * t, sd, i);
}

static hwaddr grant_address(SecTable *tab, uint64_t sd, uint64_t i)
{
    uint64_t t = tab->t;
    uint64_t rows;

    if (umul64_overflow(SECCELLS_LINE_BYTES * t, tab->r, &rows) ||
        rows >> SECCELLS_PA_BITS) {
        return NOWHERE;
    }
    return row_address(tab, 1024 * t + rows,
                       SECCELLS_GRANT_BYTES * SECCELLS_LINE_BYTES * t, sd,
                       SECCELLS_GRANT_BYTES * i);
}

SecTableStatus seccells_table_load(SecTable *tab)
{
    SecCell meta;
    SecTableStatus st = read_slot(tab, tab->base, &meta);

    if (st != SECTABLE_OK) {
        return st;
    }
    tab->r = extract64(meta.lo, 0, 32);
    tab->t = extract64(meta.lo, 32, 32);
    tab->m = extract64(meta.hi, 0, 32);
    tab->n = extract64(meta.hi, 32, 32);

    /* A.1.4 */
    tab->slots = MIN((uint64_t)tab->n, 64 * (uint64_t)tab->t);
    tab->sds = MIN(MIN(tab->m, tab->r), SECCELLS_MAX_SDS);
    return SECTABLE_OK;
}

void seccells_table_locate(SecTable *tab, CPURISCVState *env)
{
    MemoryRegion *mr;
    hwaddr offset;

    tab->env = env;
    tab->base = (hwaddr)get_field(env->satp, SATP64_PPN) << PGSHIFT;
    tab->host_len = WINDOW;
    tab->host = host_memory(env, tab->base, &tab->host_len, false, &mr,
                            &offset);
    if (!memory_region_is_ram(mr)) {
        tab->host = NULL;       /* of flash, QEMU does not bound the length */
    }
    tab->readable_end = readable_end(env, tab->base);
}

static hwaddr cell_address(SecTable *tab, uint64_t i)
{
    return tab->base + SECCELLS_SLOT_BYTES * i;
}

SecTableStatus seccells_table_cell(SecTable *tab, uint64_t i, SecCell *cell)
{
    return read_slot(tab, cell_address(tab, i), cell);
}

SecTableStatus seccells_table_perm(SecTable *tab, uint64_t sd, uint64_t i,
                                   uint8_t *perm)
{
    hwaddr addr = perm_address(tab, sd, i);
    SecTableStatus st = may_read(tab, addr, 1);
    uint8_t *host;

    if (st != SECTABLE_OK) {
        return st;
    }
    host = host_for_read(tab, addr, 1);
    if (!host) {
        return read_bus(tab, addr, perm, 1);
    }
    *perm = qatomic_read(host);
    return SECTABLE_OK;
}

SecTableStatus seccells_table_grant(SecTable *tab, uint64_t sd, uint64_t i,
                                    uint32_t *grant)
{
    hwaddr addr = grant_address(tab, sd, i);
    SecTableStatus st = may_read(tab, addr, SECCELLS_GRANT_BYTES);
    uint32_t raw;
    uint8_t *host;

    if (st != SECTABLE_OK) {
        return st;
    }
    host = host_for_read(tab, addr, SECCELLS_GRANT_BYTES);
    if (host) {
        raw = qatomic_read((uint32_t *)host);
    } else {
        st = read_bus(tab, addr, &raw, sizeof(raw));
        if (st != SECTABLE_OK) {
            return st;
        }
    }
    *grant = le32_to_cpu(raw);
    return SECTABLE_OK;
}

/* A live migration must see the byte change; no code is kept in a table. */
static void note_written(MemoryRegion *mr, hwaddr offset, unsigned size)
{
    cpu_physical_memory_set_dirty_range(
        memory_region_get_ram_addr(mr) + offset, size,
        BIT(DIRTY_MEMORY_MIGRATION) | BIT(DIRTY_MEMORY_VGA));
}

SecTableStatus seccells_table_perm_set(SecTable *tab, uint64_t sd, uint64_t i,
                                       uint8_t *perm, uint8_t bits, bool *done)
{
    hwaddr addr = perm_address(tab, sd, i);
    hwaddr offset, len = 1;
    MemoryRegion *mr;
    uint8_t *host;

    if (!pmp_allows(tab->env, addr, 1, PMP_WRITE)) {
        return SECTABLE_DENIED;
    }
    host = host_memory(tab->env, addr, &len, true, &mr, &offset);
    if (!host) {
        return SECTABLE_NOT_RAM;
    }
    *done = qatomic_cmpxchg(host, *perm, *perm | bits) == *perm;
    if (*done) {
        *perm |= bits;
        note_written(mr, offset, 1);
    }
    return SECTABLE_OK;
}

/* --- writes of the instructions (A.6.5) ------------------------------------ */

static SecTableStatus may_write(SecTable *tab, hwaddr addr, unsigned size)
{
    MemoryRegion *mr;
    hwaddr offset, len = size;

    if (addr >> SECCELLS_PA_BITS) {
        return SECTABLE_BUS_ERROR;
    }
    if (!pmp_allows(tab->env, addr, size, PMP_WRITE)) {
        return SECTABLE_DENIED;
    }
    if (!host_memory(tab->env, addr, &len, true, &mr, &offset) || len < size) {
        return SECTABLE_NOT_RAM;
    }
    return SECTABLE_OK;
}

SecTableStatus seccells_table_cell_writable(SecTable *tab, uint64_t i)
{
    return may_write(tab, cell_address(tab, i), SECCELLS_SLOT_BYTES);
}

SecTableStatus seccells_table_perm_writable(SecTable *tab, uint64_t sd,
                                            uint64_t i)
{
    return may_write(tab, perm_address(tab, sd, i), 1);
}

SecTableStatus seccells_table_grant_writable(SecTable *tab, uint64_t sd,
                                             uint64_t i)
{
    return may_write(tab, grant_address(tab, sd, i), SECCELLS_GRANT_BYTES);
}

/* The address space takes care of dirty logs and of code translated there. */
static void put(SecTable *tab, hwaddr addr, const void *buf, unsigned size)
{
    address_space_write(env_cpu(tab->env)->as, addr, MEMTXATTRS_UNSPECIFIED,
                        buf, size);
}

static uint8_t put_byte(SecTable *tab, hwaddr addr, uint8_t clear, uint8_t set)
{
    uint8_t old = 0, new;

    read_bus(tab, addr, &old, 1);       /* it is RAM, so nothing fails */
    new = (old & ~clear) | set;
    put(tab, addr, &new, 1);
    return old;
}

void seccells_table_put_valid(SecTable *tab, uint64_t i, bool valid)
{
    /* Its last byte holds bit 127; the others stay as they are. */
    put_byte(tab, cell_address(tab, i) + SECCELLS_SLOT_BYTES - 1, 0x80,
             valid ? 0x80 : 0);
}

uint8_t seccells_table_put_perm(SecTable *tab, uint64_t sd, uint64_t i,
                                uint8_t clear, uint8_t set)
{
    return put_byte(tab, perm_address(tab, sd, i), clear, set);
}

void seccells_table_put_grant(SecTable *tab, uint64_t sd, uint64_t i,
                              uint32_t grant)
{
    uint32_t raw = cpu_to_le32(grant);

    put(tab, grant_address(tab, sd, i), &raw, sizeof(raw));
}

/* --- code of an entry check (A.7.1) ----------------------------------------- */

bool seccells_may_fetch(CPURISCVState *env, hwaddr pa, unsigned size)
{
    for (unsigned done = 0; done < size; done += 2) {
        if (!pmp_allows(env, pa + done, 2, PMP_EXEC)) {
            return false;
        }
    }
    return true;
}

bool seccells_read_code(CPURISCVState *env, hwaddr pa, void *code,
                        unsigned size)
{
    MemoryRegion *mr;
    hwaddr offset, len = size;
    uint8_t *host = host_memory(env, pa, &len, false, &mr, &offset);

    if (!host || len < size) {
        return false;
    }
    memcpy(code, host, size);
    return true;
}

/* --- search ------------------------------------------------------------------ */

SecTableStatus seccells_table_find(SecTable *tab, uint64_t vpn, uint64_t *i,
                                   SecCell *cell, uint64_t *reads)
{
    uint64_t lo = 1, hi = tab->slots;

    while (lo < hi) {
        uint64_t mid = lo + (hi - lo) / 2;
        SecTableStatus st;

        ++*reads;
        st = seccells_table_cell(tab, mid, cell);
        if (st != SECTABLE_OK) {
            return st;
        }
        /* End first: that is how the search passes over empty slots (A.1.9). */
        if (vpn > seccell_end(*cell)) {
            lo = mid + 1;
        } else if (vpn < seccell_start(*cell)) {
            hi = mid;
        } else {
            *i = mid;
            return SECTABLE_OK;
        }
    }
    *i = 0;
    return SECTABLE_OK;
}
