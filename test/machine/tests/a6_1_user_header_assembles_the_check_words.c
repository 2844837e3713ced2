/* SPDX-License-Identifier: Apache-2.0
 *
 * A.6.1, A.11.1: the assembler's macros of <cella/cells.h> make the check words of the specification
 * (lib/words.S has the operands), and so does what these tests encode by themselves.
 */
#include <cella/cells.h>

#include "lib/sc.h"

extern const uint32_t header_words[], header_words_end[];

static const uint32_t want[] = {
    0x0100002b, 0x01400e2b, 0xffdff52b, /* jals x0,.+16  t3,.+20  a0,.-4 */
    0x00c5808b, 0x0000100b, 0x8005200b, /* jalrs ra,a1,a2  entry  inval a0 */
    0x00b5200b, 0x00b5300b,             /* reval, prot a0,a1 */
    0x00b5410b, 0xffefcf8b,             /* grant a0,a1,2  t6,t5,-1 */
    0x00b5530b, 0x00b5630b, 0x00c5f50b, /* tfer, recv a0,a1,6  excl a0,a1,a2 */
};

#define WORDS (sizeof(want) / sizeof(want[0]))

int main(void)
{
    expect((uint64_t)(header_words_end - header_words), WORDS);
    for (progress = 0; progress < WORDS; progress++)
        expect(header_words[progress], want[progress]);

    expect(sc_word(SC_INVAL(0)), 0x8005200b);
    expect(sc_word(SC_REVAL(0, 0)), 0x00b5200b);
    expect(sc_word(SC_PROT(0, 0)), 0x00b5300b);
    expect(sc_word(SC_GRANT(0, 0, CELLS_R)), 0x00b5410b);
    expect(sc_word(SC_TFER(0, 0, CELLS_R | CELLS_W)), 0x00b5530b);
    expect(sc_word(SC_RECV(0, 0, CELLS_R | CELLS_W)), 0x00b5630b);
    expect(sc_word(SC_JALS((uint64_t)sc_code + 20, 0)) >> 12, 0x01400);
    expect(sc_word(SC_JALS((uint64_t)sc_code - 4, 0)), 0xffdff5ab); /* a1 in place of a0 */
    return 0;
}
