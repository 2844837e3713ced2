/* SPDX-License-Identifier: Apache-2.0 */
/* fmt.c - printf-style formatting: see fmt.h. Keeps no state, allocates nothing.
 *
 * A conversion is parsed into a struct spec, its value is turned into (prefix, zeros, text), and one
 * function pads and writes that. Tests: test/host/test_fmt.c.
 */
#include "lib/fmt.h"

#include <limits.h>

#include "lib/string.h"

enum length { LEN_INT, LEN_CHAR, LEN_SHORT, LEN_LONG, LEN_LLONG, LEN_SIZE, LEN_MAX, LEN_PTRDIFF };

struct spec {
    bool        left, zero, alt, plus, space;
    size_t      width;
    bool        has_precision;
    size_t      precision;
    enum length length;
    char        conversion;
};

struct sink {
    fmt_out *out;
    void    *arg;
    size_t   total;
};

/* What a conversion prints, less its padding to the width. */
struct piece {
    const char *prefix; /* sign or base */
    size_t      zeros;  /* between prefix and text */
    const char *text;
    size_t      len;
};

/* va_list as something whose address can be passed on: on some machines it is an array. */
struct args {
    va_list ap;
};

static void emit(struct sink *sink, const char *bytes, size_t len)
{
    if (len > 0)
        sink->out(sink->arg, bytes, len);
    sink->total += len;
}

static void emit_repeated(struct sink *sink, char c, size_t count)
{
    char chunk[32];
    memset(chunk, c, size_min(count, sizeof(chunk)));
    for (; count > sizeof(chunk); count -= sizeof(chunk))
        emit(sink, chunk, sizeof(chunk));
    emit(sink, chunk, count);
}

static void emit_piece(struct sink *sink, const struct spec *spec, const struct piece *piece)
{
    size_t prefix_len = strlen(piece->prefix);
    size_t len = prefix_len + piece->zeros + piece->len;
    size_t pad = spec->width > len ? spec->width - len : 0;

    if (!spec->left)
        emit_repeated(sink, ' ', pad);
    emit(sink, piece->prefix, prefix_len);
    emit_repeated(sink, '0', piece->zeros);
    emit(sink, piece->text, piece->len);
    if (spec->left)
        emit_repeated(sink, ' ', pad);
}

/* --- parsing ------------------------------------------------------------------------------- */

/* A number in the format; it stops growing where it would overflow an int, as C allows no more. */
static const char *parse_number(const char *p, size_t *value)
{
    for (*value = 0; *p >= '0' && *p <= '9'; p++)
        *value = size_min(*value * 10 + (size_t)(*p - '0'), INT_MAX);
    return p;
}

static const char *parse_flags(const char *p, struct spec *spec)
{
    for (;; p++) {
        switch (*p) {
        case '-':
            spec->left = true;
            break;
        case '0':
            spec->zero = true;
            break;
        case '#':
            spec->alt = true;
            break;
        case '+':
            spec->plus = true;
            break;
        case ' ':
            spec->space = true;
            break;
        default:
            return p;
        }
    }
}

static const char *parse_width(const char *p, struct spec *spec, struct args *args)
{
    if (*p != '*')
        return parse_number(p, &spec->width);

    int width = va_arg(args->ap, int);
    if (width < 0)
        spec->left = true;
    spec->width = width < 0 ? 0 - (size_t)width : (size_t)width;
    return p + 1;
}

static const char *parse_precision(const char *p, struct spec *spec, struct args *args)
{
    if (*p != '.')
        return p;
    spec->has_precision = true;
    if (p[1] != '*')
        return parse_number(p + 1, &spec->precision);

    int precision = va_arg(args->ap, int);
    spec->has_precision = precision >= 0; /* negative: as if it were not there */
    spec->precision = precision >= 0 ? (size_t)precision : 0;
    return p + 2;
}

static const char *parse_length(const char *p, struct spec *spec)
{
    static const struct {
        char        text[3];
        enum length length;
    } lengths[] = {
        {"hh", LEN_CHAR}, {"h", LEN_SHORT}, {"ll", LEN_LLONG},  {"l", LEN_LONG},
        {"z", LEN_SIZE},  {"j", LEN_MAX},   {"t", LEN_PTRDIFF},
    };
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        size_t len = strlen(lengths[i].text);
        if (strncmp(p, lengths[i].text, len) == 0) {
            spec->length = lengths[i].length;
            return p + len;
        }
    }
    return p;
}

/* p is behind the %. Returns what follows the conversion. */
static const char *parse_spec(const char *p, struct spec *spec, struct args *args)
{
    *spec = (struct spec){0};
    p = parse_flags(p, spec);
    p = parse_width(p, spec, args);
    p = parse_precision(p, spec, args);
    p = parse_length(p, spec);
    spec->conversion = *p;
    return *p ? p + 1 : p;
}

/* --- arguments ----------------------------------------------------------------------------- */

static intmax_t take_signed(enum length length, struct args *args)
{
    switch (length) {
    case LEN_CHAR:
        return (signed char)va_arg(args->ap, int);
    case LEN_SHORT:
        return (short)va_arg(args->ap, int);
    case LEN_LONG:
        return va_arg(args->ap, long);
    case LEN_LLONG:
        return va_arg(args->ap, long long);
    case LEN_SIZE:
        return (intmax_t)va_arg(args->ap, size_t);
    case LEN_MAX:
        return va_arg(args->ap, intmax_t);
    case LEN_PTRDIFF:
        return va_arg(args->ap, ptrdiff_t);
    case LEN_INT:
        break;
    }
    return va_arg(args->ap, int);
}

static uintmax_t take_unsigned(enum length length, struct args *args)
{
    switch (length) {
    case LEN_CHAR:
        return (unsigned char)va_arg(args->ap, unsigned);
    case LEN_SHORT:
        return (unsigned short)va_arg(args->ap, unsigned);
    case LEN_LONG:
        return va_arg(args->ap, unsigned long);
    case LEN_LLONG:
        return va_arg(args->ap, unsigned long long);
    case LEN_SIZE:
        return va_arg(args->ap, size_t);
    case LEN_MAX:
        return va_arg(args->ap, uintmax_t);
    case LEN_PTRDIFF:
        return (uintmax_t)va_arg(args->ap, ptrdiff_t);
    case LEN_INT:
        break;
    }
    return va_arg(args->ap, unsigned);
}

/* --- conversions --------------------------------------------------------------------------- */

#define DIGITS_MAX 22 /* 64 bits in octal */

/* Write value's digits to the end of buf; 0 has none. Returns how many. Powers of two are
 * shifted, so that a hexadecimal number costs no division. */
static size_t digits_of(uintmax_t value, char conversion, char buf[DIGITS_MAX])
{
    const char *set = conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned    shift = conversion == 'o' ? 3 : 4;
    bool        decimal = conversion == 'u' || conversion == 'd';
    size_t      n = 0;

    for (; value != 0; value = decimal ? value / 10 : value >> shift) {
        uintmax_t digit = decimal ? value % 10 : value & ((1u << shift) - 1);
        buf[DIGITS_MAX - ++n] = set[digit];
    }
    return n;
}

static void format_number(struct sink *sink, const struct spec *spec, uintmax_t value,
                          char conversion, const char *prefix)
{
    char         buf[DIGITS_MAX];
    size_t       len = digits_of(value, conversion, buf);
    struct piece piece = {.prefix = prefix, .text = buf + DIGITS_MAX - len, .len = len};

    size_t digits = spec->has_precision ? spec->precision : 1;
    if (spec->zero && !spec->left && !spec->has_precision)
        digits = size_max(digits, spec->width - size_min(spec->width, strlen(prefix)));
    if (conversion == 'o' && spec->alt) /* the first digit is 0 */
        digits = size_max(digits, len + 1);
    piece.zeros = digits > len ? digits - len : 0;
    emit_piece(sink, spec, &piece);
}

static void format_signed(struct sink *sink, const struct spec *spec, struct args *args)
{
    intmax_t    value = take_signed(spec->length, args);
    const char *sign = value < 0 ? "-" : spec->plus ? "+" : spec->space ? " " : "";
    uintmax_t   magnitude = value < 0 ? 0 - (uintmax_t)value : (uintmax_t)value;
    format_number(sink, spec, magnitude, 'd', sign);
}

static void format_unsigned(struct sink *sink, const struct spec *spec, struct args *args)
{
    uintmax_t   value = take_unsigned(spec->length, args);
    const char *prefix = "";
    if (spec->alt && value != 0 && spec->conversion == 'x')
        prefix = "0x";
    if (spec->alt && value != 0 && spec->conversion == 'X')
        prefix = "0X";
    format_number(sink, spec, value, spec->conversion, prefix);
}

static void format_pointer(struct sink *sink, const struct spec *spec, struct args *args)
{
    format_number(sink, spec, (uintptr_t)va_arg(args->ap, void *), 'x', "0x");
}

static void format_text(struct sink *sink, const struct spec *spec, const char *text, size_t len)
{
    struct piece piece = {.prefix = "", .text = text, .len = len};
    emit_piece(sink, spec, &piece);
}

static void format_char(struct sink *sink, const struct spec *spec, struct args *args)
{
    char c = (char)va_arg(args->ap, int);
    format_text(sink, spec, &c, 1);
}

static void format_string(struct sink *sink, const struct spec *spec, struct args *args)
{
    const char *s = va_arg(args->ap, const char *);
    if (!s)
        s = "(null)";
    format_text(sink, spec, s, spec->has_precision ? strnlen(s, spec->precision) : strlen(s));
}

/* Returns false for a conversion that is not known. */
static bool format_one(struct sink *sink, const struct spec *spec, struct args *args)
{
    switch (spec->conversion) {
    case 'd':
    case 'i':
        format_signed(sink, spec, args);
        return true;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        format_unsigned(sink, spec, args);
        return true;
    case 'c':
        format_char(sink, spec, args);
        return true;
    case 's':
        format_string(sink, spec, args);
        return true;
    case 'p':
        format_pointer(sink, spec, args);
        return true;
    case '%':
        emit(sink, "%", 1);
        return true;
    default:
        return false;
    }
}

size_t fmt_vformat(fmt_out *out, void *arg, const char *fmt, va_list ap)
{
    struct sink sink = {.out = out, .arg = arg};
    struct args args;
    va_copy(args.ap, ap);

    while (*fmt) {
        const char *literal = fmt;
        while (*fmt && *fmt != '%')
            fmt++;
        emit(&sink, literal, (size_t)(fmt - literal));
        if (!*fmt)
            break;

        struct spec spec;
        const char *percent = fmt;
        fmt = parse_spec(fmt + 1, &spec, &args);
        if (!format_one(&sink, &spec, &args))
            emit(&sink, percent, (size_t)(fmt - percent));
    }
    va_end(args.ap);
    return sink.total;
}

/* --- to a buffer --------------------------------------------------------------------------- */

struct buffer {
    char  *next;
    size_t room; /* bytes, without the terminator's */
};

static void buffer_out(void *arg, const char *bytes, size_t len)
{
    struct buffer *buffer = arg;
    size_t         n = size_min(len, buffer->room);
    memcpy(buffer->next, bytes, n);
    buffer->next += n;
    buffer->room -= n;
}

size_t fmt_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    char          nowhere[1];
    struct buffer buffer = {.next = size ? buf : nowhere, .room = size ? size - 1 : 0};
    size_t        len = fmt_vformat(buffer_out, &buffer, fmt, ap);
    *buffer.next = '\0';
    return len;
}

size_t fmt_snprintf(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    size_t len = fmt_vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return len;
}
