/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_elf.c - the ELF loader's reading of a file: no file leads to a plan that breaks its promises.
 *
 * An input is the size that the file claims to have (32 bits) and the file's first bytes; of a
 * large program nothing else matters to elf.c. If it claims less than it has, it has just its bytes.
 * The mutator puts numbers into the fields of headers, and repeats program headers.
 */
/* sources: src/unix/elf.c */
/* runs: 200000 */
/* options: -max_len=2048 */
#include "fuzz.h"
#include "lib/errno.h"
#include "machine/layout.h"
#include "machine/pmap.h"
#include "unix/elf.h"

struct elf_file {
    const uint8_t *bytes;
    size_t         len;  /* of bytes */
    uint64_t       size; /* that the file has */
};

/* What elf.h says of a segment; the last one ended at `end`. */
static void check_segment(const struct elf_file *file, const struct elf_segment *seg, vaddr_t end)
{
    FUZZ_CHECK(seg->start >= end && seg->mem_len > 0);
    FUZZ_CHECK(seg->start <= USER_END && seg->mem_len <= USER_END - seg->start);
    FUZZ_CHECK(((seg->start | seg->mem_len | seg->offset) & PAGE_MASK) == 0);
    FUZZ_CHECK(seg->file_len <= seg->mem_len);
    FUZZ_CHECK(!seg->file_len ||
               (seg->offset <= file->size && seg->file_len <= file->size - seg->offset));
    FUZZ_CHECK(!(seg->prot & ~(unsigned)(PMAP_R | PMAP_W | PMAP_X)));
    FUZZ_CHECK(!seg->zero_tail || (seg->file_len & PAGE_MASK));
}

static bool entry_is_executable(const struct elf_plan *plan)
{
    for (unsigned i = 0; i < plan->nsegments; i++) {
        const struct elf_segment *seg = &plan->segments[i];
        if (plan->entry >= seg->start && plan->entry < seg->start + seg->mem_len)
            return seg->prot & PMAP_X;
    }
    return false;
}

static void check_plan(const struct elf_file *file, const struct elf_plan *plan)
{
    FUZZ_CHECK(plan->nsegments >= 1 && plan->nsegments <= ELF_SEGMENTS_MAX);
    vaddr_t end = plan->position_independent ? 0 : USER_MIN;
    for (unsigned i = 0; i < plan->nsegments; i++) {
        check_segment(file, &plan->segments[i], end);
        end = plan->segments[i].start + plan->segments[i].mem_len;
    }
    FUZZ_CHECK(plan->lo == plan->segments[0].start && plan->hi == end);
    FUZZ_CHECK(plan->align >= PAGE_SIZE && plan->align <= USER_END);
    FUZZ_CHECK((plan->align & (plan->align - 1)) == 0);
    FUZZ_CHECK(entry_is_executable(plan) && !(plan->entry & 1));
    FUZZ_CHECK(plan->interp_len <= ELF_INTERP_MAX && plan->interp_len <= file->size &&
               plan->interp_offset <= file->size - plan->interp_len);
    FUZZ_CHECK(plan->phdr_va == 0 || (plan->phdr_va >= plan->lo && plan->phdr_va < plan->hi));
}

static void check_interp(const struct elf_file *file, const struct elf_plan *plan)
{
    const char *why = "unset";
    if (plan->interp_len == 0 || plan->interp_offset > file->len ||
        plan->interp_len > file->len - plan->interp_offset)
        return;
    char *path = fuzz_copy(file->bytes + plan->interp_offset, plan->interp_len);
    int   err = elf_check_interp(path, plan->interp_len, &why);
    FUZZ_CHECK(err == (why ? -ENOEXEC : 0));
    FUZZ_CHECK(err || (path[0] == '/' && strlen(path) == plan->interp_len - 1));
    free(path);
}

/* The program headers are read if the file has them, as exec.c does. */
static void read_segments(const struct elf_file *file, const struct elf_header *hdr)
{
    struct elf_plan plan;
    const char     *why = "unset";
    size_t          len = (size_t)hdr->nphdrs * ELF_PHDR_SIZE;
    FUZZ_CHECK(hdr->nphdrs >= 1 && hdr->nphdrs <= ELF_PHDRS_MAX);
    FUZZ_CHECK(hdr->phdr_offset <= file->size && len <= file->size - hdr->phdr_offset);
    if (hdr->phdr_offset > file->len || len > file->len - hdr->phdr_offset)
        return;

    void *phdrs = fuzz_copy(file->bytes + hdr->phdr_offset, len);
    int   err = elf_read_segments(hdr, phdrs, file->size, &plan, &why);
    free(phdrs);
    FUZZ_CHECK(err == (why ? -ENOEXEC : 0));
    if (err)
        return;
    check_plan(file, &plan);
    check_interp(file, &plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t claimed;
    if (size < sizeof(claimed))
        return 0;
    memcpy(&claimed, data, sizeof(claimed));
    struct elf_file file = {data + sizeof(claimed), size - sizeof(claimed), claimed};
    if (file.size < file.len)
        file.size = file.len;

    struct elf_header hdr;
    const char       *why = "unset";
    size_t            head_len = file.len < ELF_HEADER_SIZE ? file.len : ELF_HEADER_SIZE;
    void             *head = fuzz_copy(file.bytes, head_len);
    int               err = elf_read_header(head, head_len, file.size, &hdr, &why);
    free(head);
    FUZZ_CHECK(err == (why ? -ENOEXEC : 0));
    if (!err)
        read_segments(&file, &hdr);
    return 0;
}

/* --- mutations ------------------------------------------------------------------------------------ */

#define CLAIM      sizeof(uint32_t) /* before the file's bytes */
#define PHOFF_AT   (CLAIM + 32)
#define PHNUM_AT   (CLAIM + 56)
#define PHDRS_AT   (CLAIM + ELF_HEADER_SIZE)
#define ENTRY_AT   (CLAIM + 24)
#define NPHDRS_MAX 24u

static uint64_t rng;

static uint32_t rnd(uint32_t below)
{
    rng = rng * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((rng >> 33) % below);
}

static uint64_t choose_number(void)
{
    static const uint64_t edges[] = {0,        1,          0x1000,    0x10000,    0x7fffffff,
                                     USER_END, UINT32_MAX, INT64_MAX, UINT64_MAX, 0x400};
    uint64_t              edge = edges[rnd(ARRAY_LEN(edges))];
    return rnd(2) ? edge : edge + 0x800ull * rnd(5) - 0x1000;
}

/* A field of a program header: type and flags are two of 4 bytes, the others 8 bytes each. */
static void mutate_phdr(uint8_t *data, size_t size)
{
    static const uint32_t types[] = {1, 1, 1, 3, 6, 0x6474e551};
    size_t                phdr = PHDRS_AT + rnd(NPHDRS_MAX) * ELF_PHDR_SIZE, field = rnd(8);
    if (phdr + ELF_PHDR_SIZE > size)
        return;
    uint64_t v = field == 0 ? types[rnd(ARRAY_LEN(types))] : field == 1 ? rnd(8) : choose_number();
    if (field < 2)
        memcpy(data + phdr + 4 * field, &v, 4);
    else
        memcpy(data + phdr + 8 * (field - 1), &v, 8);
}

/* A program header once more behind the last one, at a later address; returns the new size. */
static size_t repeat_phdr(uint8_t *data, size_t size, size_t max_size)
{
    size_t n = data[PHNUM_AT], from = PHDRS_AT + rnd((uint32_t)n + 1) * ELF_PHDR_SIZE;
    size_t to = PHDRS_AT + n * ELF_PHDR_SIZE;
    if (n >= NPHDRS_MAX || to + ELF_PHDR_SIZE > max_size || from + ELF_PHDR_SIZE > size ||
        to > size)
        return size;
    memmove(data + to, data + from, ELF_PHDR_SIZE);
    data[PHNUM_AT]++;
    data[to + 16 + 3] = (uint8_t)(n + 1); /* vaddr, above those of small programs */
    return to + ELF_PHDR_SIZE > size ? to + ELF_PHDR_SIZE : size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    rng = seed;
    if (size < PHDRS_AT || rnd(4) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    for (uint32_t times = 1 + rnd(4); times > 0; times--) {
        uint64_t v = choose_number();
        uint32_t kind = rnd(16);
        if (kind == 0)
            memcpy(data + (rnd(2) ? ENTRY_AT : PHOFF_AT), &v, 8);
        else if (kind < 3)
            size = repeat_phdr(data, size, max_size);
        else
            mutate_phdr(data, size);
    }
    return size;
}
