/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.3, C10, A.7.3: for every byte that the own row can hold, and every p: without V or without RWX, or
 * with p no subset, 25 with 0x200 | p, else success. W alone and WX, which no access may use, are
 * rights like others; A, D, G and bit 4 do not count.
 */
#include "lib/sc.h"

#define VA 0x40000

static struct table t, want;
static uint64_t     slot;

static bool covers(unsigned byte, unsigned p)
{
    return (byte & P_V) && (byte & RWX) && !(p & ~byte);
}

static void set_own(unsigned byte)
{
    *perm(&t, 1, slot) = (uint8_t)byte;
    *grant(&t, 1, slot) = NO_GRANT;
    want = sc_watch(&t);
}

static void check_prot(enum mode mode, unsigned byte, unsigned p)
{
    set_own(byte);
    if (!covers(byte, p)) {
        expect_refused(mode, SC_PROT(VA, p), BAD_RIGHTS, 0x200 | p);
        return;
    }
    *perm(&want, 1, slot) = (uint8_t)((byte & ~RWX) | p);
    expect_done(mode, SC_PROT(VA, p));
}

static void check_others(enum mode mode, unsigned byte, unsigned p)
{
    set_own(byte);
    if (!covers(byte, p)) {
        expect_refused(mode, SC_GRANT(VA, 2, p), BAD_RIGHTS, 0x200 | p);
        expect_refused(mode, SC_TFER(VA, 2, p), BAD_RIGHTS, 0x200 | p);
        expect_refused(mode, SC_EXCL(VA, p), BAD_RIGHTS, 0x200 | p);
        return;
    }
    expect(expect_done(mode, SC_EXCL(VA, p)), 1);
    *grant(&want, 1, slot) = GRANT_WORD(2, p);
    expect_done(mode, SC_GRANT(VA, 2, p));
    *grant(&want, 1, slot) = GRANT_WORD(3, p);
    *perm(&want, 1, slot) = (uint8_t)(byte & ~RWX);
    expect_done(mode, SC_TFER(VA, 3, p));
}

int main(void)
{
    static const struct cell cells[] = {{.va = VA, .pages = 1, .pa = FRAME(0)}};

    t = cells_on(cells, 1);
    slot = slot_of(&t, VA);
    csr_write(CSR_USID, 1);
    for (progress = 0; progress < 256; progress++)
        for (unsigned p = 0; p <= RWX; p += 2) {
            enum mode mode = sc_modes[(progress + p) % 3];

            check_prot(mode, (unsigned)progress, p);
            if (p)
                check_others(mode, (unsigned)progress, p);
        }
    return 0;
}
