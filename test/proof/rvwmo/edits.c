/* SPDX-License-Identifier: Apache-2.0 */
/* edits.c - what the fences of an edit, and those of a walk, are each for.
 *
 * Scaled down so that a descriptor is eight bytes: word 0 stands for the low word (0: another range, 1:
 * the range that holds the page, 9: hidden), word 1 for the high one. s, d are the descriptors of the
 * slots a cell leaves and gets, p, q their permission bytes, with 7 for rights and 0x87 with D. A
 * descriptor is read at once; a walk that stores sets D by CAS and reads the descriptor again.
 */
#include "known.h"

#define WALK_LOAD(d, p)  "R " d " a; F r,r; R " p " b"
#define WALK_STORE(d, p) "R " d " a; F r,r; CAS " p " 7 0x87 b; F rw,rw; R " d " c"

#define CELL  "0x100000001" /* shown, base 1 */
#define TWICE "1:a=" CELL " 1:c=" CELL

const struct edit_test edit_tests[] = {
    {"insert: column and base before the range", "",
     "W p 7; W d.w1 1; F rw,rw; W d.w0 1 | " WALK_LOAD("d", "p"), "1:a=" CELL " 1:b=0 or 1:a=1",
     "nn"},
    {"move: a late D moves with the byte", "s=" CELL " p=7",
     "W s.w0 9; F rw,rw; R p a; W p 0; F rw,rw; W q =a; W d.w1 1; F rw,rw; W d.w0 1 | " WALK_STORE(
         "s", "p"),
     TWICE " 1:b=7 q=7", "nrrrn"},
    {"move: the new place is complete when it is shown", "s=" CELL " p=7",
     "W s.w0 9; F rw,rw; R p a; W p 0; F rw,rw; W q =a; W d.w1 1; F rw,rw; W d.w0 1 | " WALK_LOAD(
         "d", "q"),
     "1:a=" CELL " 1:b=0 or 1:a=1", "rrnn"},
    {"move: the old place is empty when the new one is shown", "s=" CELL " p=7",
     "W s.w0 9; F rw,rw; R p a; W p 0; F rw,rw; W q =a; F rw,rw; W d 1 | R d a; F r,r; R p b; R s c",
     "1:a=1 1:b=7 or 1:a=1 1:c=" CELL, "rrrn"},
    {"split: a late D is in both halves", "s=" CELL " p=7",
     "W s.w0 9; F rw,rw; R p a; F rw,rw; W q =a; W d.w1 1; F rw,rw; W d.w0 1; W s.w0 2 | " WALK_STORE(
         "s", "p"),
     TWICE " 1:b=7 q=7", "nrrrn"},
    {"split: what the left half gets when it is shown again is its own", "s=" CELL " p=7",
     "W s.w0 9; F rw,rw; R p a; F rw,rw; W q =a; F rw,rw; W d 1; W s.w0 2 | R s a; F r,rw; AND p 3 b",
     "1:a=0x100000002 q=3", "rrrn"},
    {"merge: a late D of the right cell is inherited", "s=" CELL " d=" CELL " p=7 q=7",
     "W s.w0 9; W d.w0 9; F rw,rw; R q a; OR p =a&0x80 b; F rw,rw; W q 0; W d.w1 0; F rw,rw; W s.w0 2 | " WALK_STORE(
         "d", "q"),
     TWICE " 1:b=7 p=7", "nrrrn"},
    {"merge: D is there when the joined cell is shown", "s=" CELL " d=" CELL " p=7 q=0x87",
     "W s.w0 9; W d.w0 9; F rw,rw; R q a; OR p =a&0x80 b; F rw,rw; W q 0; W d.w1 0; F rw,rw; W s.w0 2 | " WALK_LOAD(
         "s", "p"),
     "1:a=0x100000002 1:b=7", "rrrn"},
    {"merge: no stale empty when the joined cell is shown", "s=" CELL " d=" CELL " p=7 q=7 e=1",
     "W s.w0 9; W d.w0 9; F rw,rw; R q a; OR p =a&0x80 b; F rw,rw; W q 0; W e 2; F rw,rw; W s.w0 2 | "
     "R s a; F r,r; R e b",
     "1:a=0x100000002 1:b=1", "rrnn"},
    {"grow: no stale empty when the range is seen", "e=1",
     "W e 2; F rw,rw; W s 2 | R s a; F r,r; R e b", "1:a=2 1:b=1", "nn"},
    {"change of start: no range with the other one's base", "s=" CELL,
     "W s.w0 9; F rw,rw; W s.w1 2; F rw,rw; W s.w0 3 | R s a", "1:a=0x200000001 or 1:a=0x100000003",
     "nn"},
    {"revoke: rights and grants are gone when it is shown again", "s=" CELL " p=7 g=5",
     "W s.w0 9; F rw,rw; AND p 0xc0 a; W g 0; F rw,rw; W s.w0 2 | R s a; F r,r; R p b; R g c",
     "1:a=0x100000002 1:b=7 or 1:a=0x100000002 1:c=5", "rnn"},
    {"revoke: a late D stays", "s=" CELL " p=7",
     "W s.w0 9; F rw,rw; AND p 0xc0 a; F rw,rw; W s.w0 1 | " WALK_STORE("s", "p"),
     TWICE " 1:b=7 p=0", "rrrr"},
    {"revoke: no walk takes the rights after the hide is seen", "s=" CELL " p=7",
     "W s.w0 9; F rw,rw; AND p 0xc0 a | R s a; F r,r; R p b; F r,r; R s c",
     "1:a=" CELL " 1:b=0 1:c=" CELL, "nrn"},
    {"clear dirty: cleared when the others are told, by the branch alone", "p=0x87",
     "AND p 0x7f a; B a; W m 1 | R m a; F r,r; R p b", "1:a=1 1:b=0x87", "n"},
    {"new row: cleared when it is valid", "r=5", "W r 0; F rw,rw; W m 2 | R m a; F r,r; R r b",
     "1:a=2 1:b=5", "nn"},
    {"new table: complete for a hart that is told to take it", "",
     "W t 1; F rw,rw; W m 1 | R m a; F rw,rw; R t b", "1:a=1 1:b=0", "nn"},
    {"old table: free only when all have left it", "t=1",
     "R k a; F rw,rw; W t 5 | R t b; F rw,rw; W k 1", "0:a=1 1:b=5", "nn"},
    {"a byte changed by amoor leaves its neighbours alone", "",
     "OR p.w0 4 a | W p.b1 7; F rw,rw; R p.w0 b", "p.w0=4 or p.w0=0x700", "r"},
    {"an amoor and a late D on a neighbour", "p.w0=0x707", "OR p.w0 0x80 a | CAS p.b1 7 0x87 b",
     "p.w0=0x787 or p.w0=0x8707", ""},
    {"a byte stored plainly into a hidden slot, seen by the word", "",
     "W p.b1 7; F rw,rw; W d 1 | R d a; F r,r; OR p.w0 0 b", "1:a=1 1:b=0", "nn"},
};
const unsigned nedit_tests = sizeof(edit_tests) / sizeof(edit_tests[0]);

const struct edit_test naive_tests[] = {
    {"a release fence after the hide does not order the loads", "s=" CELL " p=7",
     "W s.w0 9; F rw,w; R p a; W p 0; F rw,rw; W q =a | " WALK_STORE("s", "p"), TWICE " 1:b=7 q=7",
     ""},
    {"a byte changed by load and store of its word takes a neighbour's D", "p.w0=0x707",
     "R p.w0 a; W p.w0 =a|0x80 | CAS p.b1 7 0x87 b", "1:b=7 p.w0=0x787", ""},
    {"a walk that reads the byte before the descriptor", "",
     "W p 7; W d.w1 1; F rw,rw; W d.w0 1 | R p b; F r,r; R d a", "1:a=" CELL " 1:b=0", ""},
    {"a walk that reads again before it sets D", "s=" CELL " p=7",
     "W s.w0 9; F rw,rw; R p a; W p 0; F rw,rw; W q =a | R s a; F r,r; R s c; F rw,rw; CAS p 7 0x87 b",
     TWICE " 1:b=7 q=7", ""},
    {"telling others before the D is cleared", "p=0x87",
     "W m 1; AND p 0x7f a | R m a; F r,r; R p b", "1:a=1 1:b=0x87", ""},
};
const unsigned nnaive_tests = sizeof(naive_tests) / sizeof(naive_tests[0]);
