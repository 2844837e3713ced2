/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h - what the fuzz targets share: a claim that must hold, and an input read as choices.
 *
 * A target is a function LLVMFuzzerTestOneInput() that libFuzzer calls with one input after the other.
 * It keeps nothing from one call to the next, so an input that fails fails alone. What an input
 * means is said at the top of the target's file.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer's own way to change an input, and what a target that knows its input's form defines beside it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* Stop the run, which keeps the input and shows where we are. */
#define FUZZ_CHECK(cond) ((cond) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #cond))

static inline void fuzz_failed(const char *file, int line, const char *cond)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, cond);
    abort();
}

/* Bytes in a heap block of their exact size, so that the address sanitizer sees any read outside.
 * The caller frees it. */
static inline void *fuzz_copy(const void *bytes, size_t size)
{
    void *copy = malloc(size ? size : 1);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

/* An input that is a list of choices. Past its end all choices are 0. */
struct fuzz_input {
    const uint8_t *at, *end;
};

static inline uint32_t fuzz_byte(struct fuzz_input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

/* A number below `below`, from one byte if that has room for it, else from two, else four. */
static inline uint32_t fuzz_below(struct fuzz_input *in, uint32_t below)
{
    uint32_t value = fuzz_byte(in);
    if (below > 1u << 8)
        value |= fuzz_byte(in) << 8;
    if (below > 1u << 16)
        value |= fuzz_byte(in) << 16 | fuzz_byte(in) << 24;
    return value % below;
}

#endif
