/* SPDX-License-Identifier: Apache-2.0 */
/* elffile.c - reading ELF files: see elffile.h.
 *
 * Headers are libelf's to decode; it does not check where they point, so all that is read of a file
 * beyond them goes through read_piece(), and strings through string_at().
 */
#include "elffile.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

/* More than any file that is meant seriously. */
#define SEGMENTS_MAX 4096
#define DYNAMIC_MAX  (1024 * 1024) /* bytes */
#define STRINGS_MAX  (64 * 1024 * 1024)

struct file {
    const char     *path;
    int             fd;
    uint64_t        size;
    Elf            *elf;
    char          **why;
    struct elffile *out;

    struct piece {
        char  *bytes;
        size_t length;
    } strings; /* of the dynamic section, NUL appended */
};

static int fail(struct file *f, char *why)
{
    *f->why = why;
    return -EINVAL;
}

/* --- pieces of the file ------------------------------------------------------------------ */

/* length bytes from offset on and a NUL, the caller's. -EINVAL if the file has no such bytes, of if
 * they are more than limit. */
static int read_piece(const struct file *f, uint64_t offset, uint64_t length, uint64_t limit,
                      struct piece *out)
{
    if (length > limit || offset > f->size || length > f->size - offset)
        return -EINVAL;
    char   *bytes = must_alloc(length + 1);
    ssize_t got = pread(f->fd, bytes, length, (off_t)offset);
    if (got < 0 || (uint64_t)got != length) {
        free(bytes);
        return -EINVAL;
    }
    *out = (struct piece){bytes, length};
    return 0;
}

/* Where in the file the byte is that is mapped at address; -EINVAL if none is. */
static int offset_of(const struct elffile *elf, uint64_t address, uint64_t *out)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const struct elffile_segment *s = &elf->segments[i];
        if (address >= s->address && address - s->address < s->file_size) {
            *out = s->offset + (address - s->address);
            return 0;
        }
    }
    return -EINVAL;
}

/* --- the kind of file -------------------------------------------------------------------- */

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case EM_X86_64:
        return "x86-64";
    case EM_386:
        return "x86";
    case EM_AARCH64:
        return "arm64";
    case EM_ARM:
        return "arm";
    case EM_PPC64:
        return "ppc64";
    case EM_S390:
        return "s390";
    case EM_MIPS:
        return "mips";
    case EM_LOONGARCH:
        return "loongarch";
    case EM_RISCV:
        return "riscv";
    default:
        return NULL;
    }
}

static char *other_machine(unsigned machine, const char *what)
{
    const char *name = machine_name(machine);
    return name ? must_format("is %s for %s; Cella runs riscv64", what, name)
                : must_format("is %s for machine number %u; Cella runs riscv64", what, machine);
}

static const char *what_is(unsigned type)
{
    return type == ET_EXEC ? "a program" : "a program or library";
}

static int check_header(struct file *f, const GElf_Ehdr *h)
{
    if (h->e_machine != EM_RISCV)
        return fail(f, other_machine(h->e_machine, what_is(h->e_type)));
    if (h->e_ident[EI_CLASS] != ELFCLASS64)
        return fail(f, must_format("is %s for riscv32; Cella runs riscv64", what_is(h->e_type)));
    if (h->e_ident[EI_DATA] != ELFDATA2LSB)
        return fail(f, must_copy("is big-endian; Cella runs little-endian riscv64"));
    if (h->e_type == ET_REL)
        return fail(f, must_copy("is an object file; link it first"));
    if (h->e_type == ET_CORE)
        return fail(f, must_copy("is a core dump, and no program"));
    if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
        return fail(f, must_format("is an ELF file of the unknown type %u", h->e_type));
    f->out->position_independent = h->e_type == ET_DYN;
    f->out->entry = h->e_entry;
    f->out->has_entry = h->e_entry != 0;
    return 0;
}

/* --- segments ---------------------------------------------------------------------------- */

static void add_segment(struct elffile *elf, const GElf_Phdr *p)
{
    elf->segments = must_realloc(elf->segments, (elf->segment_count + 1) * sizeof(*elf->segments));
    elf->segments[elf->segment_count++] = (struct elffile_segment){
        .address = p->p_vaddr,
        .memory_size = p->p_memsz,
        .offset = p->p_offset,
        .file_size = p->p_filesz,
        .readable = p->p_flags & PF_R,
        .writable = p->p_flags & PF_W,
        .executable = p->p_flags & PF_X,
    };
}

static int read_load(struct file *f, const GElf_Phdr *p)
{
    if (p->p_offset > f->size || p->p_filesz > f->size - p->p_offset)
        return fail(f, must_copy("is cut off: a segment reaches beyond its end"));
    if (p->p_filesz > p->p_memsz)
        return fail(f, must_copy("is damaged: a segment is smaller in memory than in the file"));
    add_segment(f->out, p);
    return 0;
}

static int read_interpreter(struct file *f, const GElf_Phdr *p)
{
    struct piece piece;
    if (read_piece(f, p->p_offset, p->p_filesz, 4096, &piece))
        return fail(f, must_copy("is damaged: it names its interpreter outside of the file"));
    char *name = piece.bytes;
    if (f->out->interpreter || name[0] != '/' || strlen(name) + 1 != piece.length) {
        free(name);
        return fail(f, must_copy("is damaged: the name of its interpreter is no absolute path"));
    }
    f->out->interpreter = name;
    return 0;
}

/* --- the dynamic section ----------------------------------------------------------------- */

static int string_at(struct file *f, uint64_t offset, char **out)
{
    if (offset >= f->strings.length)
        return fail(f,
                    must_copy("is damaged: a name in its dynamic section is outside of the names"));
    *out = must_copy(f->strings.bytes + offset);
    return 0;
}

static int read_string(struct file *f, uint64_t offset, char **out)
{
    free(*out);
    *out = NULL;
    return string_at(f, offset, out);
}

static int read_needed(struct file *f, uint64_t offset)
{
    char *name;
    int   error = string_at(f, offset, &name);
    if (error)
        return error;
    words_add(&f->out->needed, name);
    free(name);
    return 0;
}

static int read_entry(struct file *f, const Elf64_Dyn *d)
{
    switch (d->d_tag) {
    case DT_NEEDED:
        return read_needed(f, d->d_un.d_val);
    case DT_SONAME:
        return read_string(f, d->d_un.d_val, &f->out->soname);
    case DT_RPATH:
        return read_string(f, d->d_un.d_val, &f->out->rpath);
    case DT_RUNPATH:
        return read_string(f, d->d_un.d_val, &f->out->runpath);
    default:
        return 0;
    }
}

static Elf64_Dyn entry_at(const struct piece *table, size_t i)
{
    const unsigned char *bytes = (const unsigned char *)table->bytes + i * sizeof(Elf64_Dyn);
    uint64_t             words[2] = {0, 0};
    for (int b = 15; b >= 0; b--)
        words[b / 8] = words[b / 8] << 8 | bytes[b];
    return (Elf64_Dyn){.d_tag = (int64_t)words[0], .d_un.d_val = words[1]};
}

/* The table ends with DT_NULL, or with the segment. */
static size_t count_entries(const struct piece *table)
{
    size_t count = 0;
    while (count < table->length / sizeof(Elf64_Dyn) && entry_at(table, count).d_tag != DT_NULL)
        count++;
    return count;
}

static int read_strings(struct file *f, const struct piece *table, size_t count)
{
    uint64_t address = 0, size = 0, offset;
    for (size_t i = 0; i < count; i++) {
        Elf64_Dyn d = entry_at(table, i);
        if (d.d_tag == DT_STRTAB)
            address = d.d_un.d_ptr;
        else if (d.d_tag == DT_STRSZ)
            size = d.d_un.d_val;
    }
    if (size == 0)
        return 0; /* no names, and whoever uses one is told so */
    if (offset_of(f->out, address, &offset) ||
        read_piece(f, offset, size, STRINGS_MAX, &f->strings))
        return fail(f,
                    must_copy("is damaged: the names of its dynamic section are not in the file"));
    return 0;
}

static int read_table(struct file *f, const struct piece *table)
{
    size_t count = count_entries(table);
    int    error = read_strings(f, table, count);
    for (size_t i = 0; !error && i < count; i++) {
        Elf64_Dyn d = entry_at(table, i);
        error = read_entry(f, &d);
    }
    return error;
}

static int read_dynamic(struct file *f, const GElf_Phdr *p)
{
    struct piece table;
    if (read_piece(f, p->p_offset, p->p_filesz, DYNAMIC_MAX, &table))
        return fail(f, must_copy("is damaged: its dynamic section is outside of the file"));
    f->out->dynamic = true;
    int error = read_table(f, &table);
    free(table.bytes);
    return error;
}

/* --- the whole --------------------------------------------------------------------------- */

/* Everything of one type; read is called for each. */
static int each_header(struct file *f, size_t count, uint32_t type,
                       int (*read)(struct file *f, const GElf_Phdr *p))
{
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr p;
        if (!gelf_getphdr(f->elf, (int)i, &p))
            return fail(f, must_copy("is cut off: its program headers are not there"));
        int error = p.p_type == type ? read(f, &p) : 0;
        if (error)
            return error;
    }
    return 0;
}

static int read_headers(struct file *f)
{
    GElf_Ehdr header;
    size_t    count;
    if (elf_kind(f->elf) != ELF_K_ELF || !gelf_getehdr(f->elf, &header))
        return fail(f, must_copy("is cut off: not even the ELF header is whole"));
    int error = check_header(f, &header);
    if (error)
        return error;
    if (elf_getphdrnum(f->elf, &count) || count == 0 || count > SEGMENTS_MAX)
        return fail(f, must_copy("is cut off or damaged: it has no program headers"));
    error = each_header(f, count, PT_LOAD, read_load);
    if (!error && f->out->segment_count == 0)
        error = fail(f, must_copy("has nothing to load, so it is no program"));
    if (!error)
        error = each_header(f, count, PT_INTERP, read_interpreter);
    if (!error)
        error = each_header(f, count, PT_DYNAMIC, read_dynamic);
    return error;
}

static int read_open_file(struct file *f)
{
    struct stat status;
    if (fstat(f->fd, &status) || !S_ISREG(status.st_mode))
        return fail(f, must_copy("is no regular file"));
    f->size = (uint64_t)status.st_size;
    elf_version(EV_CURRENT);
    f->elf = elf_begin(f->fd, ELF_C_READ, NULL);
    if (!f->elf)
        return fail(f, must_format("cannot be read as ELF: %s", elf_errmsg(-1)));
    int error = read_headers(f);
    elf_end(f->elf);
    free(f->strings.bytes);
    return error;
}

int elffile_read(const char *path, struct elffile *out, char **why)
{
    struct file f = {.path = path, .why = why, .out = out};
    *out = (struct elffile){0};
    f.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (f.fd < 0)
        return fail(&f, must_format("cannot be read: %s", strerror(errno)));
    int error = read_open_file(&f);
    close(f.fd);
    if (error)
        elffile_free(out);
    return error;
}

bool elffile_is(const char *path)
{
    char start[SELFMAG] = "";
    int  fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t got = pread(fd, start, SELFMAG, 0);
    close(fd);
    return got == SELFMAG && memcmp(start, ELFMAG, SELFMAG) == 0;
}

const char *elffile_kind(const struct elffile *elf)
{
    if (elf->soname || (!elf->interpreter && !elf->has_entry))
        return "shared library";
    if (!elf->interpreter)
        return elf->position_independent ? "static position-independent program" : "static program";
    return elf->position_independent ? "position-independent program" : "program";
}

void elffile_free(struct elffile *elf)
{
    free(elf->interpreter);
    free(elf->soname);
    free(elf->rpath);
    free(elf->runpath);
    free(elf->segments);
    words_free(&elf->needed);
    *elf = (struct elffile){0};
}
