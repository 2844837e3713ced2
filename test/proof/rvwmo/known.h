/* SPDX-License-Identifier: Apache-2.0 */
/* known.h - litmus tests with verdicts that everybody agrees on: the enumerator is held to them. */
#ifndef TEST_PROOF_KNOWN_H
#define TEST_PROOF_KNOWN_H

#include <stdbool.h>

struct known {
    const char *name, *program, *outcome;
    bool        allowed;
};

extern const struct known known_tests[];
extern const unsigned     nknown_tests;

/* A part of an edit against a walk. `outcome` must not happen. fences: a letter for each fence in
 * the text, n: without it the outcome can happen (needed), r: it still cannot (redundant). */
struct edit_test {
    const char *name, *init, *program, *outcome, *fences;
};

extern const struct edit_test edit_tests[];
extern const unsigned         nedit_tests;

/* How one would write it at first: the outcome does happen. */
extern const struct edit_test naive_tests[];
extern const unsigned         nnaive_tests;

#endif
