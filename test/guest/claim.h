/* SPDX-License-Identifier: Apache-2.0 */
/* claim.h - the claims that a test makes, each of which is reported as a test of its own. */
#ifndef TEST_GUEST_CLAIM_H
#define TEST_GUEST_CLAIM_H

#include <stdio.h>

/* What is printed from here to the next claim shows whether this one holds (test/lib/sections.py). */
#define CLAIM(text) printf("--- %s\n", text)

#endif
