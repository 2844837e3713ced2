/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3 (C6) in U: whoever is not in the table fetches nothing, but who is cut off while its code
 * is cached (A.5.14) comes to the instruction: 26, tval u, before any other look at the table. The
 * compartment writes the metacell itself, which is mapped for it, and no fence follows. (A machine
 * that cached less would refuse the fetch; this one does not. C5 is out of reach in U and S: what
 * makes a metacell unreadable, PMP or satp, makes the code unreadable with it.)
 */
#include "lib/situation.h"

#define TABLE_VA 0xffffffff90000000ull

static uint32_t code[4] __attribute__((aligned(16)));

static void check(enum sc_name name)
{
    struct situation s = situation_make(name, MODE_U);
    struct table    *t = &s.table;
    uint64_t         last = meta(t)->N++; /* the table itself becomes the last cell */
    struct outcome   o;

    desc_put(t, last, desc_make(TABLE_VA, 1, t->base));
    *perm(t, 1, last) = P_RW;
    code[0] = 0x90000337; /* lui t1, TABLE_VA */
    code[1] = 0x00032423; /* sw x0, 8(t1): M = 0 */
    s.insn.addr += (uint64_t)sc_code - (uint64_t)&code[2];
    code[2] = sc_word(s.insn);
    s.insn.addr -= (uint64_t)sc_code - (uint64_t)&code[2];
    code[3] = 0x00008067;
    __asm__ volatile("fence.i" ::: "memory");
    sfence();
    sds_write(SIT_USID, 5, 6);
    o = enter(MODE_U, (uint64_t)code, s.insn.addr,
              name <= JALRS || (name >= GRANT && name <= RECV) ? s.insn.sd : s.insn.p);
    expect(meta(t)->M, 0);
    expect(expect_trap(o, TRAP_M, BAD_SD, SIT_USID), (uint64_t)&code[2]);
    expect_sds(SIT_USID, 5, 6);
}

int main(void)
{
    for (enum sc_name name = JALS; name < SC_NAMES; name++) {
        progress = name;
        check(name);
    }
    return 0;
}
