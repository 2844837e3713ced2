/* SPDX-License-Identifier: Apache-2.0 */
/* ldisc.c - the line discipline: see ldisc.h. */
#include "fs/ldisc.h"

#include "lib/string.h"

#define OUT_LONGEST 8u /* bytes that one byte can turn into: a tab as spaces */
#define TAB_WIDTH   8u
#define DISABLED    0 /* a control character of this value is off */

static const struct tty_termios initial = {
    .iflag = ICRNL | IXON,
    .oflag = OPOST | ONLCR,
    .cflag = B38400 | CS8 | CREAD | HUPCL,
    .lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .cc = {[VINTR] = 3,
           [VQUIT] = 28,
           [VERASE] = 127,
           [VKILL] = 21,
           [VEOF] = 4,
           [VMIN] = 1,
           [VSTART] = 17,
           [VSTOP] = 19,
           [VSUSP] = 26,
           [VREPRINT] = 18,
           [VDISCARD] = 15,
           [VWERASE] = 23,
           [VLNEXT] = 22},
};

void ldisc_init(struct ldisc *ld)
{
    memset(ld, 0, sizeof(*ld));
    ld->termios = initial;
}

static bool lflag(const struct ldisc *ld, uint32_t flag)
{
    return ld->termios.lflag & flag;
}

static bool is_cc(const struct ldisc *ld, uint8_t byte, unsigned which)
{
    return byte != DISABLED && byte == ld->termios.cc[which];
}

/* --- the ring of typed bytes ----------------------------------------------------------------- */

static bool bit_get(const uint8_t *bits, uint32_t pos)
{
    pos %= LDISC_SIZE;
    return bits[pos / 8] >> pos % 8 & 1;
}

static void bit_put(uint8_t *bits, uint32_t pos, bool value)
{
    uint8_t mask = (uint8_t)(1u << pos % 8);

    pos %= LDISC_SIZE;
    if (value)
        bits[pos / 8] |= mask;
    else
        bits[pos / 8] &= (uint8_t)~mask;
}

static uint8_t byte_at(const struct ldisc *ld, uint32_t pos)
{
    return ld->bytes[pos % LDISC_SIZE];
}

/* The last place is kept for the byte that ends a line, so that a full buffer can still be read. */
static bool append(struct ldisc *ld, uint8_t byte, bool ends_line)
{
    uint32_t limit = ends_line ? LDISC_SIZE : LDISC_SIZE - 1;
    if (ld->end - ld->read >= limit)
        return false;

    ld->bytes[ld->end % LDISC_SIZE] = byte;
    bit_put(ld->ends, ld->end, ends_line);
    bit_put(ld->eofs, ld->end, false);
    ld->end++;
    return true;
}

bool ldisc_full(const struct ldisc *ld)
{
    return ld->end - ld->read >= LDISC_SIZE - 1 && ldisc_readable(ld);
}

void ldisc_flush_input(struct ldisc *ld)
{
    ld->read = ld->line = ld->end;
}

void ldisc_set(struct ldisc *ld, const struct tty_termios *termios)
{
    bool was = lflag(ld, ICANON);

    ld->termios = *termios;
    if (was == lflag(ld, ICANON))
        return;
    /* Either way all that was typed can be read now, in canonical mode as one line. */
    if (ld->end != ld->read)
        bit_put(ld->ends, ld->end - 1, true);
    ld->line = ld->end;
}

/* --- reading --------------------------------------------------------------------------------- */

size_t ldisc_available(const struct ldisc *ld)
{
    size_t n = 0;

    if (!lflag(ld, ICANON))
        return ld->end - ld->read;
    for (uint32_t pos = ld->read; pos != ld->line; pos++)
        n += !bit_get(ld->eofs, pos);
    return n;
}

bool ldisc_readable(const struct ldisc *ld)
{
    return ld->read != (lflag(ld, ICANON) ? ld->line : ld->end);
}

static size_t read_line(struct ldisc *ld, uint8_t *buf, size_t len, bool *done)
{
    size_t n = 0;

    while (ld->read != ld->line) {
        bool eof = bit_get(ld->eofs, ld->read);
        if (!eof && n == len)
            return n;
        bool ends = bit_get(ld->ends, ld->read);
        if (!eof)
            buf[n++] = byte_at(ld, ld->read);
        ld->read++;
        if (ends) {
            *done = true;
            return n;
        }
    }
    return n;
}

size_t ldisc_read(struct ldisc *ld, void *buf, size_t len, bool *done)
{
    uint8_t *to = buf;
    size_t   n = 0;

    *done = false;
    if (lflag(ld, ICANON))
        return read_line(ld, to, len, done);
    while (n < len && ld->read != ld->end) {
        /* An end of file typed before the mode changed was the byte itself. */
        to[n++] = byte_at(ld, ld->read++);
    }
    ld->line = ld->end;
    *done = ld->read == ld->end;
    return n;
}

/* --- output ---------------------------------------------------------------------------------- */

static void out_byte(struct ldisc_out *out, char c)
{
    out->bytes[out->len++] = c;
}

static void out_spaces(struct ldisc *ld, struct ldisc_out *out)
{
    do {
        out_byte(out, ' ');
        ld->column++;
    } while (ld->column % TAB_WIDTH);
}

/* Is c a byte that moves the cursor to the right by one? */
static bool takes_column(const struct ldisc *ld, uint8_t c)
{
    bool continues_utf8 = (ld->termios.iflag & IUTF8) && (c & 0xc0) == 0x80;

    return c >= ' ' && c != 127 && !continues_utf8;
}

static void track_column(struct ldisc *ld, char c)
{
    if (c == '\r')
        ld->column = 0;
    else if (c == '\b')
        ld->column -= ld->column > 0;
    else if (c == '\t')
        ld->column = ALIGN_DOWN(ld->column, TAB_WIDTH) + TAB_WIDTH;
    else
        ld->column += takes_column(ld, (uint8_t)c);
}

static void out_newline(struct ldisc *ld, struct ldisc_out *out)
{
    if (ld->termios.oflag & ONLCR) {
        out_byte(out, '\r');
        ld->column = 0;
    }
    if (ld->termios.oflag & ONLRET)
        ld->column = 0;
    out_byte(out, '\n');
}

/* One byte through output processing; at most OUT_LONGEST bytes come out. */
static void process(struct ldisc *ld, char c, struct ldisc_out *out)
{
    uint32_t oflag = ld->termios.oflag;

    if (!(oflag & OPOST)) {
        out_byte(out, c);
        track_column(ld, c);
        return;
    }
    if (c == '\r' && (oflag & ONOCR) && ld->column == 0)
        return;
    if (c == '\r' && (oflag & OCRNL))
        c = '\n';
    if (c == '\n') {
        out_newline(ld, out);
        return;
    }
    if (c == '\t' && (oflag & XTABS) == XTABS) {
        out_spaces(ld, out);
        return;
    }
    out_byte(out, c);
    track_column(ld, c);
}

size_t ldisc_output(struct ldisc *ld, const char *bytes, size_t len, struct ldisc_out *out)
{
    size_t n = 0;

    while (n < len && out->len + OUT_LONGEST <= LDISC_OUT_MAX)
        process(ld, bytes[n++], out);
    return n;
}

/* --- echo ------------------------------------------------------------------------------------ */

/* Is byte shown as ^X? */
static bool shown_as_pair(const struct ldisc *ld, uint8_t byte)
{
    return lflag(ld, ECHOCTL) && (byte < ' ' || byte == 127) && byte != '\t' && byte != '\n';
}

static void echo_always(struct ldisc *ld, uint8_t byte, struct ldisc_out *out)
{
    if (shown_as_pair(ld, byte)) {
        process(ld, '^', out);
        process(ld, (char)(byte ^ 0100), out);
    } else {
        process(ld, (char)byte, out);
    }
}

static void echo(struct ldisc *ld, uint8_t byte, struct ldisc_out *out)
{
    if (lflag(ld, ECHO))
        echo_always(ld, byte, out);
}

/* A caret under the cursor, for the next byte's echo to replace. */
static void echo_literal_next(struct ldisc *ld, struct ldisc_out *out)
{
    if (lflag(ld, ECHO) && lflag(ld, ECHOCTL)) {
        process(ld, '^', out);
        process(ld, '\b', out);
    }
}

/* Columns that byte takes when it is echoed at column. */
static uint32_t width(const struct ldisc *ld, uint8_t byte, uint32_t column)
{
    if (byte == '\t')
        return TAB_WIDTH - column % TAB_WIDTH;
    if (shown_as_pair(ld, byte))
        return 2;
    return takes_column(ld, byte);
}

/* --- editing --------------------------------------------------------------------------------- */

/* The column at which byte pos of the line being typed is. */
static uint32_t column_of(const struct ldisc *ld, uint32_t pos)
{
    uint32_t column = ld->line_column;

    for (uint32_t p = ld->line; p != pos; p++)
        column += width(ld, byte_at(ld, p), column);
    return column;
}

static bool continues_utf8(const struct ldisc *ld, uint32_t pos)
{
    return (ld->termios.iflag & IUTF8) && (byte_at(ld, pos) & 0xc0) == 0x80;
}

/* Take the last character of the line back, from the screen too. */
static void erase_one(struct ldisc *ld, struct ldisc_out *out)
{
    do
        ld->end--;
    while (ld->end != ld->line && continues_utf8(ld, ld->end));
    if (!lflag(ld, ECHO))
        return;
    if (!lflag(ld, ECHOE)) {
        echo_always(ld, ld->termios.cc[VERASE], out);
        return;
    }

    uint8_t  byte = byte_at(ld, ld->end);
    uint32_t n = width(ld, byte, byte == '\t' ? column_of(ld, ld->end) : 0);
    for (uint32_t i = 0; i < n && byte != '\t'; i++) {
        out_byte(out, '\b');
        out_byte(out, ' ');
        out_byte(out, '\b');
    }
    for (uint32_t i = 0; i < n && byte == '\t'; i++)
        out_byte(out, '\b');
    ld->column -= ld->column < n ? ld->column : n;
}

static bool line_empty(const struct ldisc *ld)
{
    return ld->line == ld->end;
}

static bool is_word(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z') ||
           byte == '_' || byte >= 128;
}

/* Has out room for the echo of one more erased character? */
static bool room_to_erase(const struct ldisc_out *out)
{
    return out->len + OUT_LONGEST <= LDISC_OUT_MAX;
}

/* Blanks and what separates words, then the word before the cursor. Again if out became full: what is
 * left then begins with a character of the same kind. */
static bool erase_word(struct ldisc *ld, struct ldisc_out *out)
{
    while (!line_empty(ld) && !is_word(byte_at(ld, ld->end - 1))) {
        if (!room_to_erase(out))
            return true;
        erase_one(ld, out);
    }
    while (!line_empty(ld) && is_word(byte_at(ld, ld->end - 1))) {
        if (!room_to_erase(out))
            return true;
        erase_one(ld, out);
    }
    return false;
}

static bool erase_line(struct ldisc *ld, struct ldisc_out *out)
{
    if (lflag(ld, ECHO) && !(lflag(ld, ECHOKE) && lflag(ld, ECHOE))) {
        ld->end = ld->line;
        echo_always(ld, ld->termios.cc[VKILL], out);
        if (lflag(ld, ECHOK))
            process(ld, '\n', out);
        return false;
    }
    while (!line_empty(ld)) {
        if (!room_to_erase(out))
            return true;
        erase_one(ld, out);
    }
    return false;
}

/* --- input ----------------------------------------------------------------------------------- */

static void add_byte(struct ldisc *ld, uint8_t byte, struct ldisc_out *out)
{
    if (line_empty(ld))
        ld->line_column = ld->column;
    if (append(ld, byte, false))
        echo(ld, byte, out);
    else
        out_byte(out, '\a');
}

static void finish_line(struct ldisc *ld, uint8_t byte, struct ldisc_out *out)
{
    if (!append(ld, byte, true)) {
        out_byte(out, '\a');
        return;
    }
    ld->line = ld->end;
    if (byte == '\n' && (lflag(ld, ECHO) || lflag(ld, ECHONL)))
        process(ld, '\n', out);
    else if (byte != '\n')
        echo(ld, byte, out);
}

static void end_of_file(struct ldisc *ld)
{
    if (!append(ld, ld->termios.cc[VEOF], true))
        return;
    bit_put(ld->eofs, ld->end - 1, true);
    ld->line = ld->end;
}

/* Canonical mode. */
static bool edit(struct ldisc *ld, uint8_t byte, struct ldisc_out *out)
{
    bool extended = lflag(ld, IEXTEN);

    if (is_cc(ld, byte, VERASE)) {
        if (!line_empty(ld))
            erase_one(ld, out);
        return false;
    }
    if (is_cc(ld, byte, VKILL))
        return erase_line(ld, out);
    if (extended && is_cc(ld, byte, VWERASE))
        return erase_word(ld, out);
    if (extended && is_cc(ld, byte, VLNEXT)) {
        echo_literal_next(ld, out);
        ld->literal = true;
        return false;
    }
    if (is_cc(ld, byte, VEOF))
        end_of_file(ld);
    else if (byte == '\n' || is_cc(ld, byte, VEOL) || (extended && is_cc(ld, byte, VEOL2)))
        finish_line(ld, byte, out);
    else
        add_byte(ld, byte, out);
    return false;
}

static void add_raw(struct ldisc *ld, uint8_t byte, struct ldisc_out *out)
{
    if (append(ld, byte, false)) {
        ld->line = ld->end;
        echo(ld, byte, out);
    }
}

static enum ldisc_signal signal_of(const struct ldisc *ld, uint8_t byte)
{
    if (!lflag(ld, ISIG))
        return LDISC_NONE;
    if (is_cc(ld, byte, VINTR))
        return LDISC_INTR;
    if (is_cc(ld, byte, VQUIT))
        return LDISC_QUIT;
    return is_cc(ld, byte, VSUSP) ? LDISC_SUSP : LDISC_NONE;
}

/* Characters that hold and release output are not read. */
static bool flow_control(struct ldisc *ld, uint8_t byte)
{
    if (!(ld->termios.iflag & IXON))
        return false;
    if (is_cc(ld, byte, VSTART)) {
        ld->stopped = false;
        return true;
    }
    if (is_cc(ld, byte, VSTOP)) {
        ld->stopped = true;
        return true;
    }
    if (ld->termios.iflag & IXANY)
        ld->stopped = false;
    return false;
}

/* Carriage returns and newlines as iflag says; false: the byte is ignored. */
static bool translate(const struct ldisc *ld, uint8_t *byte)
{
    uint32_t iflag = ld->termios.iflag;

    if (iflag & ISTRIP)
        *byte &= 0x7f;
    if (*byte == '\r' && (iflag & IGNCR))
        return false;
    if (*byte == '\r' && (iflag & ICRNL))
        *byte = '\n';
    else if (*byte == '\n' && (iflag & INLCR))
        *byte = '\r';
    return true;
}

bool ldisc_input(struct ldisc *ld, uint8_t byte, struct ldisc_out *out, enum ldisc_signal *sig)
{
    *sig = LDISC_NONE;
    if (ld->literal) {
        ld->literal = false;
        add_byte(ld, byte, out);
        return false;
    }
    if (!translate(ld, &byte) || flow_control(ld, byte))
        return false;

    *sig = signal_of(ld, byte);
    if (*sig != LDISC_NONE) {
        ld->stopped = false;
        if (!lflag(ld, NOFLSH))
            ldisc_flush_input(ld);
        echo(ld, byte, out);
        return false;
    }
    if (lflag(ld, ICANON))
        return edit(ld, byte, out);
    add_raw(ld, byte, out);
    return false;
}
