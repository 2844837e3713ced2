/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - a strict, non-recursive JSON reader: see json.h.
 *
 * The grammar is a state: what may come next. Containers are remembered as one bit each, so depth
 * costs no memory. Every byte is looked at once, and none beyond r->len.
 */
#include "lib/json.h"

#include "lib/errno.h"

enum expect {
    EXPECT_VALUE,        /* at the start, after "name": and after a comma in an array */
    EXPECT_FIRST_VALUE,  /* after [ : a value or ] */
    EXPECT_FIRST_MEMBER, /* after { : a name or } */
    EXPECT_MEMBER,       /* after a comma in an object */
    EXPECT_MORE,         /* after a value: a comma or the container's end */
    EXPECT_NOTHING,      /* the outermost value is over */
};

void json_open(struct json_reader *r, const char *text, size_t len)
{
    *r = (struct json_reader){.text = text, .len = len, .line = 1, .expect = EXPECT_VALUE};
}

/* --- bytes ------------------------------------------------------------------------------- */

static bool at_end(const struct json_reader *r)
{
    return r->pos >= r->len;
}

/* The byte at the position, or -1 at the end. */
static int peek(const struct json_reader *r)
{
    return at_end(r) ? -1 : (unsigned char)r->text[r->pos];
}

static unsigned column(const struct json_reader *r)
{
    return (unsigned)(r->pos - r->line_start) + 1;
}

/* Record the first error, at the current position. Always returns JSON_ERROR. */
static enum json_type fail(struct json_reader *r, const char *what)
{
    if (!r->error) {
        r->error = what;
        r->error_line = r->line;
        r->error_column = column(r);
    }
    return JSON_ERROR;
}

static void skip_space(struct json_reader *r)
{
    for (;; r->pos++) {
        int c = peek(r);
        if (c == '\n') {
            r->line++;
            r->line_start = r->pos + 1;
        } else if (c != ' ' && c != '\t' && c != '\r') {
            return;
        }
    }
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* 0..15, or -1. */
static int hex_digit(int c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* --- strings ----------------------------------------------------------------------------- */

/* How many bytes the UTF-8 character has that begins with c: 0 if none does. */
static unsigned utf8_length(int c)
{
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c <= 0xdf)
        return 2;
    if (c >= 0xe0 && c <= 0xef)
        return 3;
    if (c >= 0xf0 && c <= 0xf4)
        return 4;
    return 0;
}

/* Whether the second byte of a character is allowed after the first: no overlong forms, no
 * surrogates, nothing above U+10FFFF (Unicode 15, table 3-7). */
static bool utf8_second(int first, int second)
{
    int low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    int high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

static bool scan_utf8(struct json_reader *r)
{
    int      first = peek(r);
    unsigned n = utf8_length(first);
    if (n == 0 || n > r->len - r->pos)
        return false;
    for (unsigned i = 1; i < n; i++) {
        int c = (unsigned char)r->text[r->pos + i];
        if (i == 1 ? !utf8_second(first, c) : (c & 0xc0) != 0x80)
            return false;
    }
    r->pos += n;
    return true;
}

/* The four hex digits at s, or -1. */
static int32_t hex4(const char *s, size_t len)
{
    if (len < 4)
        return -1;
    int32_t value = 0;
    for (unsigned i = 0; i < 4; i++) {
        int digit = hex_digit((unsigned char)s[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static bool high_surrogate(int32_t c)
{
    return c >= 0xd800 && c <= 0xdbff;
}

static bool low_surrogate(int32_t c)
{
    return c >= 0xdc00 && c <= 0xdfff;
}

/* Decode what follows \u at s, a surrogate pair included. Returns the bytes used, 0 if
 * malformed. */
static size_t unescape_unicode(const char *s, size_t len, uint32_t *out)
{
    int32_t first = hex4(s, len);
    if (first < 0 || low_surrogate(first))
        return 0;
    if (!high_surrogate(first)) {
        *out = (uint32_t)first;
        return 4;
    }
    if (len < 10 || s[4] != '\\' || s[5] != 'u')
        return 0;
    int32_t second = hex4(s + 6, len - 6);
    if (!low_surrogate(second))
        return 0;
    *out = 0x10000u + (((uint32_t)first & 0x3ffu) << 10) + ((uint32_t)second & 0x3ffu);
    return 10;
}

/* Decode what follows a backslash at s. Returns the bytes used, 0 if malformed. */
static size_t unescape(const char *s, size_t len, uint32_t *out)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";

    if (len == 0)
        return 0;
    if (s[0] == 'u') {
        size_t used = unescape_unicode(s + 1, len - 1, out);
        return used ? used + 1 : 0;
    }
    for (unsigned i = 0; names[i]; i++) {
        if (s[0] == names[i]) {
            *out = (unsigned char)values[i];
            return 1;
        }
    }
    return 0;
}

/* Pass over one character of a string. False after recording what is wrong with it. */
static bool scan_character(struct json_reader *r)
{
    int c = peek(r);
    if (c < 0x20) {
        fail(r, c < 0 ? "a string does not end" : "a control character must be escaped");
        return false;
    }
    if (c != '\\') {
        if (scan_utf8(r))
            return true;
        fail(r, "not valid UTF-8");
        return false;
    }
    uint32_t ignored;
    size_t   used = unescape(r->text + r->pos + 1, r->len - r->pos - 1, &ignored);
    if (used == 0) {
        fail(r, "not a valid escape sequence");
        return false;
    }
    r->pos += 1 + used;
    return true;
}

/* The position is on the opening quote. */
static enum json_type scan_string(struct json_reader *r, struct json_token *tok,
                                  enum json_type type)
{
    tok->text = r->text + ++r->pos;
    while (peek(r) != '"') {
        if (!scan_character(r))
            return JSON_ERROR;
    }
    tok->len = (size_t)(r->text + r->pos++ - tok->text);
    return type;
}

/* --- other scalars ----------------------------------------------------------------------- */

static bool scan_digits(struct json_reader *r)
{
    if (!is_digit(peek(r)))
        return false;
    while (is_digit(peek(r)))
        r->pos++;
    return true;
}

/* The integer part: no leading zeros. */
static bool scan_integer_part(struct json_reader *r)
{
    if (peek(r) == '-')
        r->pos++;
    if (peek(r) != '0')
        return scan_digits(r);
    r->pos++;
    return !is_digit(peek(r));
}

static bool scan_fraction(struct json_reader *r)
{
    if (peek(r) != '.')
        return true;
    r->pos++;
    return scan_digits(r);
}

static bool scan_exponent(struct json_reader *r)
{
    if (peek(r) != 'e' && peek(r) != 'E')
        return true;
    r->pos++;
    if (peek(r) == '+' || peek(r) == '-')
        r->pos++;
    return scan_digits(r);
}

static enum json_type scan_number(struct json_reader *r, struct json_token *tok)
{
    tok->text = r->text + r->pos;
    if (!scan_integer_part(r) || !scan_fraction(r) || !scan_exponent(r))
        return fail(r, "not a valid number");
    tok->len = (size_t)(r->text + r->pos - tok->text);
    return JSON_NUMBER;
}

static enum json_type scan_word(struct json_reader *r, const char *word, enum json_type type)
{
    size_t start = r->pos;
    for (; *word; word++, r->pos++) {
        if (peek(r) != *word) {
            r->pos = start;
            return fail(r, "expected a value");
        }
    }
    return type;
}

/* --- grammar ----------------------------------------------------------------------------- */

/* A value or container is over: what may follow it. */
static void close_value(struct json_reader *r)
{
    r->expect = r->depth ? EXPECT_MORE : EXPECT_NOTHING;
}

static enum json_type open_container(struct json_reader *r, bool object)
{
    if (r->depth == JSON_DEPTH_MAX)
        return fail(r, "nested too deeply");
    uint32_t bit = 1u << r->depth++;
    r->in_object = object ? r->in_object | bit : r->in_object & ~bit;
    r->expect = object ? EXPECT_FIRST_MEMBER : EXPECT_FIRST_VALUE;
    r->pos++;
    return object ? JSON_OBJECT : JSON_ARRAY;
}

static bool in_object(const struct json_reader *r)
{
    return r->depth && (r->in_object >> (r->depth - 1) & 1);
}

static enum json_type close_container(struct json_reader *r)
{
    enum json_type type = in_object(r) ? JSON_OBJECT_END : JSON_ARRAY_END;
    r->pos++;
    r->depth--;
    close_value(r);
    return type;
}

static enum json_type scan_scalar(struct json_reader *r, struct json_token *tok)
{
    switch (peek(r)) {
    case '"':
        return scan_string(r, tok, JSON_STRING);
    case 't':
        return scan_word(r, "true", JSON_TRUE);
    case 'f':
        return scan_word(r, "false", JSON_FALSE);
    case 'n':
        return scan_word(r, "null", JSON_NULL);
    default:
        if (peek(r) == '-' || is_digit(peek(r)))
            return scan_number(r, tok);
        return fail(r, at_end(r) ? "the text ends too early" : "expected a value");
    }
}

static enum json_type scan_value(struct json_reader *r, struct json_token *tok)
{
    int c = peek(r);
    if (c == '{' || c == '[')
        return open_container(r, c == '{');
    enum json_type type = scan_scalar(r, tok);
    if (type != JSON_ERROR)
        close_value(r);
    return type;
}

/* A member's name and the colon after it. */
static enum json_type scan_name(struct json_reader *r, struct json_token *tok)
{
    if (peek(r) != '"')
        return fail(r, "expected a name in double quotes");
    if (scan_string(r, tok, JSON_NAME) == JSON_ERROR)
        return JSON_ERROR;
    skip_space(r);
    if (peek(r) != ':')
        return fail(r, "expected ':' after a name");
    r->pos++;
    r->expect = EXPECT_VALUE;
    return JSON_NAME;
}

/* After a value in a container: its end, or a comma (then the position is on what follows). */
static bool scan_comma(struct json_reader *r)
{
    if (peek(r) != ',') {
        fail(r, in_object(r) ? "expected ',' or '}'" : "expected ',' or ']'");
        return false;
    }
    r->pos++;
    skip_space(r);
    r->expect = in_object(r) ? EXPECT_MEMBER : EXPECT_VALUE;
    return true;
}

static enum json_type scan_token(struct json_reader *r, struct json_token *tok)
{
    bool may_close = r->expect == EXPECT_MORE || r->expect == EXPECT_FIRST_VALUE ||
                     r->expect == EXPECT_FIRST_MEMBER;
    if (may_close && peek(r) == (in_object(r) ? '}' : ']'))
        return close_container(r);
    if (r->expect == EXPECT_MORE && !scan_comma(r))
        return JSON_ERROR;
    tok->line = r->line;
    tok->column = column(r);
    switch (r->expect) {
    case EXPECT_FIRST_MEMBER:
    case EXPECT_MEMBER:
        return scan_name(r, tok);
    case EXPECT_NOTHING:
        return at_end(r) ? JSON_END : fail(r, "something follows the outermost value");
    default:
        return scan_value(r, tok);
    }
}

enum json_type json_next(struct json_reader *r, struct json_token *tok)
{
    if (!r->error)
        skip_space(r);
    *tok = (struct json_token){.line = r->line, .column = column(r)};
    tok->type = r->error ? JSON_ERROR : scan_token(r, tok);
    return tok->type;
}

int json_skip(struct json_reader *r, struct json_token *tok)
{
    if (tok->type == JSON_OBJECT || tok->type == JSON_ARRAY) {
        unsigned outside = r->depth - 1;
        while (r->depth > outside) {
            if (json_next(r, tok) == JSON_ERROR)
                return -EINVAL;
        }
    }
    return tok->type == JSON_ERROR ? -EINVAL : 0;
}

/* --- values ------------------------------------------------------------------------------ */

/* Encode c at out; returns how many of the at most 4 bytes it took. */
static unsigned utf8_encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    unsigned             n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (unsigned i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

/* Decode the character at text[*pos] and step over it. The token was checked when it was read. */
static unsigned next_character(const struct json_token *tok, size_t *pos, char out[4])
{
    if (tok->text[*pos] != '\\') {
        out[0] = tok->text[(*pos)++];
        return 1;
    }
    uint32_t c = 0;
    *pos += 1 + unescape(tok->text + *pos + 1, tok->len - *pos - 1, &c);
    return utf8_encode(c, out);
}

ssize_t json_string(const struct json_token *tok, char *buf, size_t size)
{
    size_t used = 0;
    for (size_t pos = 0; pos < tok->len;) {
        char     bytes[4];
        unsigned n = next_character(tok, &pos, bytes);
        if (n == 1 && bytes[0] == '\0')
            return -EINVAL;
        if (n >= size - used)
            return -ENAMETOOLONG;
        for (unsigned i = 0; i < n; i++)
            buf[used++] = bytes[i];
    }
    if (size == 0)
        return -ENAMETOOLONG;
    buf[used] = '\0';
    return (ssize_t)used;
}

bool json_string_is(const struct json_token *tok, const char *s)
{
    for (size_t pos = 0; pos < tok->len;) {
        char     bytes[4];
        unsigned n = next_character(tok, &pos, bytes);
        for (unsigned i = 0; i < n; i++) {
            if (*s == '\0' || bytes[i] != *s++)
                return false;
        }
    }
    return *s == '\0';
}

int json_integer(const struct json_token *tok, int64_t *value)
{
    bool     negative = tok->text[0] == '-';
    uint64_t limit = (uint64_t)INT64_MAX + negative;
    uint64_t sum = 0;
    for (size_t i = negative; i < tok->len; i++) {
        if (!is_digit((unsigned char)tok->text[i]))
            return -EINVAL;
        uint64_t digit = (uint64_t)(tok->text[i] - '0');
        if (sum > (limit - digit) / 10)
            return -ERANGE;
        sum = sum * 10 + digit;
    }
    *value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return 0;
}
