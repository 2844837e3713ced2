/* SPDX-License-Identifier: Apache-2.0 */
/* string.c - memory and string functions: see string.h.
 *
 * Bulk copies bring the destination to an 8-byte boundary by bytes and then store whole words. If
 * the source is not aligned the same way, each stored word is put together from two aligned loads;
 * a misaligned access would trap into the firmware on some machines. Little-endian.
 *
 * The build compiles this folder with -fno-tree-loop-distribute-patterns: the loop that is memset's
 * body must not become a call of memset. Tests: test/host/test_string.c.
 */
#include "lib/string.h"

#include <limits.h>

#define WORD        sizeof(word_t)
#define WORD_BITS   (8 * (unsigned)WORD)
#define BULK        (2 * WORD)         /* below it, words do not pay */
#define GROUP       8                  /* words that an unrolled piece moves at once */
#define TURN        (8 * GROUP * WORD) /* bytes per turn of the loops for what is large, as pages are */
#define SHIFT_WORDS 4

typedef uint64_t __attribute__((may_alias)) word_t;

static inline size_t misalignment(const void *ptr)
{
    return (uintptr_t)ptr & (WORD - 1);
}

/* --- copying ------------------------------------------------------------------------------- */

/* All loads come before the stores, so that overlapping ranges with dst below src are copied right. */
static inline __attribute__((always_inline)) void copy_group(word_t *d, const word_t *s)
{
    word_t w0 = s[0], w1 = s[1], w2 = s[2], w3 = s[3];
    word_t w4 = s[4], w5 = s[5], w6 = s[6], w7 = s[7];
    d[0] = w0;
    d[1] = w1;
    d[2] = w2;
    d[3] = w3;
    d[4] = w4;
    d[5] = w5;
    d[6] = w6;
    d[7] = w7;
}

/* One turn of the loop, upward. */
static inline __attribute__((always_inline)) void copy_turn(word_t *d, const word_t *s)
{
    copy_group(d, s);
    copy_group(d + GROUP, s + GROUP);
    copy_group(d + 2 * GROUP, s + 2 * GROUP);
    copy_group(d + 3 * GROUP, s + 3 * GROUP);
    copy_group(d + 4 * GROUP, s + 4 * GROUP);
    copy_group(d + 5 * GROUP, s + 5 * GROUP);
    copy_group(d + 6 * GROUP, s + 6 * GROUP);
    copy_group(d + 7 * GROUP, s + 7 * GROUP);
}

/* dst aligned, src not. `carry` holds the bytes from src up to the next boundary, in its upper end.
 * Nothing is loaded that is stored to before: dst below src is right here, too. */
static size_t copy_words_shifted(uint8_t *dst, const uint8_t *src, size_t len)
{
    unsigned shift = 8 * (unsigned)misalignment(src);
    size_t   head = WORD - misalignment(src);
    word_t   carry = 0;
    for (size_t i = 0; i < head; i++)
        carry |= (word_t)src[i] << (shift + 8 * i);

    word_t       *d = (word_t *)dst;
    const word_t *s = (const word_t *)(src + head);
    size_t        left = len;
    unsigned      unshift = WORD_BITS - shift;
    for (; left >= head + SHIFT_WORDS * WORD; left -= SHIFT_WORDS * WORD) {
        word_t w0 = s[0], w1 = s[1], w2 = s[2], w3 = s[3];
        d[0] = carry >> shift | w0 << unshift;
        d[1] = w0 >> shift | w1 << unshift;
        d[2] = w1 >> shift | w2 << unshift;
        d[3] = w2 >> shift | w3 << unshift;
        carry = w3;
        d += SHIFT_WORDS;
        s += SHIFT_WORDS;
    }
    for (; left >= head + WORD; left -= WORD) {
        word_t next = *s++;
        *d++ = carry >> shift | next << unshift;
        carry = next;
    }
    return len - left;
}

/* Both aligned. */
static __attribute__((noinline)) void copy_words(uint8_t *dst, const uint8_t *src, size_t len)
{
    const uint8_t *stop = src + ALIGN_DOWN(len, TURN);

    if (len >= GROUP * WORD) {
        for (; src != stop; dst += TURN, src += TURN)
            copy_turn((word_t *)dst, (const word_t *)src);
        for (stop = src + ALIGN_DOWN(len % TURN, GROUP * WORD); src != stop;
             dst += GROUP * WORD, src += GROUP * WORD)
            copy_group((word_t *)dst, (const word_t *)src);
    }
    for (stop = src + ALIGN_DOWN(len % (GROUP * WORD), WORD); src != stop; dst += WORD, src += WORD)
        *(word_t *)dst = *(const word_t *)src;
    for (len %= WORD; len; len--)
        *dst++ = *src++;
}

/* Not both aligned. Out of the way of the others, which need no stack then. */
static __attribute__((noinline)) void copy_askew(uint8_t *dst, const uint8_t *src, size_t len)
{
    if (len >= BULK) {
        for (; misalignment(dst); len--)
            *dst++ = *src++;
        if (!misalignment(src)) {
            copy_words(dst, src, len);
            return;
        }
        size_t done = copy_words_shifted(dst, src, len);
        dst += done;
        src += done;
        len -= done;
    }
    while (len--)
        *dst++ = *src++;
}

/* Right for disjoint ranges, and for overlapping ones with dst below src. */
static inline void copy_up(uint8_t *dst, const uint8_t *src, size_t len)
{
    if (misalignment(dst) | misalignment(src))
        copy_askew(dst, src, len);
    else
        copy_words(dst, src, len);
}

/* The same from the upper end, for overlapping ranges with dst above src. */
static void copy_down(uint8_t *dst, const uint8_t *src, size_t len)
{
    dst += len;
    src += len;
    if (len >= BULK && misalignment(dst) == misalignment(src)) {
        for (; misalignment(dst); len--)
            *--dst = *--src;
        for (; len >= WORD; len -= WORD) {
            dst -= WORD;
            src -= WORD;
            *(word_t *)dst = *(const word_t *)src;
        }
    }
    while (len--)
        *--dst = *--src;
}

void *memcpy(void *restrict dst, const void *restrict src, size_t len)
{
    copy_up(dst, src, len);
    return dst;
}

void *memmove(void *dst, const void *src, size_t len)
{
    if ((uintptr_t)dst - (uintptr_t)src >= len) /* dst below src wraps around: large */
        copy_up(dst, src, len);
    else
        copy_down(dst, src, len);
    return dst;
}

/* --- filling ------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) void fill_group(word_t *d, word_t value)
{
    d[0] = value;
    d[1] = value;
    d[2] = value;
    d[3] = value;
    d[4] = value;
    d[5] = value;
    d[6] = value;
    d[7] = value;
}

/* One turn of the loop. */
static inline __attribute__((always_inline)) void fill_turn(word_t *d, word_t value)
{
    fill_group(d, value);
    fill_group(d + GROUP, value);
    fill_group(d + 2 * GROUP, value);
    fill_group(d + 3 * GROUP, value);
    fill_group(d + 4 * GROUP, value);
    fill_group(d + 5 * GROUP, value);
    fill_group(d + 6 * GROUP, value);
    fill_group(d + 7 * GROUP, value);
}

static inline size_t fill_words(uint8_t *dst, word_t value, size_t len)
{
    uint8_t *const start = dst, *turns = dst + ALIGN_DOWN(len, TURN);
    uint8_t *const groups = dst + ALIGN_DOWN(len, GROUP * WORD);
    uint8_t *const words = dst + ALIGN_DOWN(len, WORD);

    for (; dst != turns; dst += TURN)
        fill_turn((word_t *)dst, value);
    for (; dst != groups; dst += GROUP * WORD)
        fill_group((word_t *)dst, value);
    for (; dst != words; dst += WORD)
        *(word_t *)dst = value;
    return (size_t)(dst - start);
}

void *memset(void *dst, int byte, size_t len)
{
    uint8_t *d = dst;
    uint8_t  value = (uint8_t)byte;

    if (len >= BULK) {
        for (; misalignment(d); len--)
            *d++ = value;
        size_t done = fill_words(d, value * (word_t)0x0101010101010101, len);
        d += done;
        len -= done;
    }
    while (len--)
        *d++ = value;
    return dst;
}

/* --- comparing and searching --------------------------------------------------------------- */

int memcmp(const void *a, const void *b, size_t len)
{
    const uint8_t *p = a, *q = b;

    if (misalignment(p) == 0 && misalignment(q) == 0)
        for (; len >= WORD && *(const word_t *)p == *(const word_t *)q; len -= WORD) {
            p += WORD;
            q += WORD;
        }
    for (; len > 0; len--, p++, q++)
        if (*p != *q)
            return *p - *q;
    return 0;
}

void *memchr(const void *s, int byte, size_t len)
{
    for (const uint8_t *p = s; len > 0; len--, p++)
        if (*p == (uint8_t)byte)
            return (void *)p;
    return NULL;
}

size_t strlen(const char *s)
{
    const char *p = s;
    while (*p)
        p++;
    return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;
    while (n < max && s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    for (; *a && *a == *b; a++)
        b++;
    return (uint8_t)*a - (uint8_t)*b;
}

int strncmp(const char *a, const char *b, size_t max)
{
    for (; max > 0; max--, a++, b++)
        if (*a != *b || !*a)
            return (uint8_t)*a - (uint8_t)*b;
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)s;
        if (!*s)
            return NULL;
    }
}

char *strrchr(const char *s, int c)
{
    const char *found = NULL;
    for (;; s++) {
        if (*s == (char)c)
            found = s;
        if (!*s)
            return (char *)found;
    }
}

size_t strspn(const char *s, const char *set)
{
    size_t n = 0;
    while (s[n] && strchr(set, s[n]))
        n++;
    return n;
}

size_t strcspn(const char *s, const char *set)
{
    size_t n = 0;
    while (s[n] && !strchr(set, s[n]))
        n++;
    return n;
}

/* --- numbers ------------------------------------------------------------------------------- */

/* What c is worth as a digit; 36 and above: it is none. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A') + 10;
    return 36;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Settle base 0 and step over a prefix that belongs to the number. */
static const char *skip_prefix(const char *s, unsigned *base)
{
    bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') && digit_value(s[2]) < 16;
    if (hex && (*base == 0 || *base == 16)) {
        *base = 16;
        return s + 2;
    }
    if (*base == 0)
        *base = s[0] == '0' ? 8 : 10;
    return s;
}

unsigned long strtoul(const char *restrict s, char **restrict end, int base)
{
    const char   *p = s;
    unsigned long value = 0;
    bool          overflow = false, digits = false;
    unsigned      radix = (unsigned)base;

    while (is_space(*p))
        p++;
    bool minus = *p == '-';
    if (*p == '-' || *p == '+')
        p++;
    p = skip_prefix(p, &radix);
    for (unsigned digit; (digit = digit_value(*p)) < radix; p++) {
        digits = true;
        if (__builtin_mul_overflow(value, radix, &value) ||
            __builtin_add_overflow(value, digit, &value))
            overflow = true;
    }
    if (end)
        *end = (char *)(digits ? p : s);
    if (overflow)
        return ULONG_MAX;
    return minus ? -value : value;
}
