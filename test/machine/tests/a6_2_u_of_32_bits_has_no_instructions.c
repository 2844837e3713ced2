/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.1, A.6.2: addresses and SDs are judged on 64 bits, which U with UXL = 32 does not have: loads, stores
 * and pc are cut there. If instructions were not, an entry would be looked for at one address and arrived at
 * at another. So they are illegal in it; entry does nothing, as anywhere; and S and M have them all the same.
 */
#include "lib/sc.h"

#define VA      0x1000ull
#define HIGH    (1ull << 32 | VA) /* the same for whoever sees 32 bits */
#define UXL     (3ull << 32)
#define UXL_32  (1ull << 32)
#define CODE_AT 0x100

static void set_uxl(uint64_t uxl)
{
    csr_write(CSR_MSTATUS, (csr_read(CSR_MSTATUS) & ~UXL) | uxl);
}

/* The image lies above 2 GiB: a 32-bit U gets its code below. */
static struct outcome run_at(uint64_t pa, uint32_t word, uint64_t a0, uint64_t a1)
{
    volatile uint32_t *code = (uint32_t *)(pa + CODE_AT);

    code[0] = word;
    code[1] = 0x00000073; /* ecall */
    __asm__ volatile("fence.i" ::: "memory");
    sds_write(1, 5, 6);
    return enter(MODE_U, VA + CODE_AT, a0, a1);
}

int main(void)
{
    static const struct cell cells[] = {
        {.va = VA, .pages = 1, .pa = FRAME(0), .row = {P_RWX, P_RWX, P_RX}},
        {.va = HIGH, .pages = 1, .pa = FRAME(1), .row = {P_RWX, P_RWX, P_RX}},
    };
    struct table t = CELLS_ON(cells), want = sc_watch(&t);

    put_entry(FRAME(1), 2); /* no entry stands at VA */
    set_uxl(UXL_32);
    expect(csr_read(CSR_MSTATUS) & UXL, UXL_32);
    for (enum sc_name name = JALS; name < SC_NAMES; name++) {
        struct sc insn = {.name = name, .addr = (uint64_t)sc_code, .sd = 2, .p = R};

        progress = name;
        expect(expect_trap(run_at(FRAME(0), sc_word(insn), HIGH, 2), TRAP_M, 2, sc_word(insn)),
               VA + CODE_AT);
        expect_sds(1, 5, 6);
        expect_as_shadow();
    }
    expect_trap(run_at(FRAME(0), INSN_ENTRY, 0, 0), TRAP_M, 8, 0);
    csr_write(CSR_USID, 1);
    *perm(&want, 1, slot_of(&t, HIGH)) = P_RO;
    expect_done(MODE_S, SC_PROT(HIGH, R));
    return 0;
}
