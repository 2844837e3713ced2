/* SPDX-License-Identifier: Apache-2.0 */
/* exec.c - loading programs: see exec.h. The plan is elf.c's, the stack's contents are
 * exec_stack.c's.
 *
 * Segments are private mappings of the file's pages, read when they are touched. What exec itself
 * writes (zeros behind a segment's last bytes, the stack, the vdso) goes through the new address space's
 * own map, which need not be the calling thread's: poke.h.
 *
 * Addresses are chosen without randomness, so that runs repeat exactly:
 *
 *     as linked        programs at fixed addresses; the heap follows them
 *     PIE_BASE         position-independent programs; the heap follows them
 *     top of memory    vdso and its data, stack; interpreter and mmap below
 */
#include "unix/exec.h"

#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/random.h"
#include "kernel/trace.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "machine/layout.h"
#include "unix/cred.h"
#include "unix/elf.h"
#include "unix/exec_stack.h"
#include "unix/poke.h"
#include "unix/process.h"
#include "unix/script.h"
#include "unix/vdso.h"

#define PIE_BASE  0x2000000000ul
#define STACK_TOP VDSO_DATA_VA

#define STACK_SPARE ((size_t)128 << 10) /* bytes that a stack has however small it may be */

/* An open program file with its plan. */
struct binary {
    bool         quiet;
    const char  *path;
    const char  *wanted_by; /* an interpreter: the path of the program that names it; else NULL */
    char         script_interp[SCRIPT_LINE_MAX]; /* what path is, if a script names it */
    struct file *file;
    uint64_t     size;
    char         interp[ELF_INTERP_MAX]; /* "" if there is none */

    struct elf_header hdr;
    struct elf_plan   plan;
    vaddr_t           base; /* added to the plan's addresses */
};

/* One line that names the file, and the program that the user asked for. */
static int complain(const struct binary *bin, int err, const char *why)
{
    if (bin->quiet)
        return err;
    if (bin->wanted_by)
        log_error("%s: its interpreter %s: %s", bin->wanted_by, bin->path, why);
    else
        log_error("%s: %s", bin->path, why);
    return err;
}

/* Words for what the file system or the address space said. */
static const char *error_text(int err)
{
    switch (err) {
    case -ENOENT:
        return "no such file";
    case -ENOTDIR:
        return "a part of the path is no directory";
    case -ELOOP:
        return "too many symbolic links";
    case -EACCES:
        return "it is not executable";
    case -EISDIR:
        return "it is a directory";
    case -EIO:
        return "it cannot be read: the disk failed or is damaged";
    case -ENOMEM:
        return "too little memory";
    case -ETXTBSY:
        return "it is open for writing";
    default:
        return "it cannot be opened";
    }
}

/* --- reading the file -------------------------------------------------------------------- */

/* What is read here, nobody may change meanwhile. */
static int open_unwritten(struct inode *inode, struct file **out)
{
    int err = inode_deny_write(inode);
    if (err)
        return err;
    err = vfs_open_inode(inode, O_RDONLY, out);
    if (err)
        inode_allow_write(inode);
    return err;
}

static int open_inode(struct binary *bin, struct inode *inode)
{
    int err = 0;
    if (!inode_is_regular(inode))
        err = complain(bin, -EACCES, "it is not a regular file");
    else if (vfs_access(inode, X_OK))
        err = complain(bin, -EACCES, error_text(-EACCES));
    else if ((err = open_unwritten(inode, &bin->file)))
        complain(bin, err, error_text(err));
    else
        bin->size = inode->size;
    return err;
}

static void close_program(struct binary *bin)
{
    if (!bin->file)
        return;
    inode_allow_write(bin->file->inode);
    file_put(bin->file);
    bin->file = NULL;
}

static int open_program(struct binary *bin, struct inode *cwd)
{
    struct inode *inode;
    int           err = vfs_lookup(cwd, bin->path, 0, &inode);
    if (err)
        return complain(bin, err, error_text(err));
    err = open_inode(bin, inode);
    inode_put(inode);
    return err;
}

static int read_at(struct binary *bin, void *buf, size_t len, uint64_t pos)
{
    int err = file_read_exact(bin->file, buf, len, pos);
    return err ? complain(bin, err, error_text(err)) : 0;
}

static int read_header(struct binary *bin)
{
    uint8_t     bytes[ELF_HEADER_SIZE];
    const char *why;
    size_t      len = bin->size < sizeof(bytes) ? bin->size : sizeof(bytes);
    int         err = read_at(bin, bytes, len, 0);
    if (err)
        return err;
    err = elf_read_header(bytes, len, bin->size, &bin->hdr, &why);
    return err ? complain(bin, err, why) : 0;
}

static int read_segments(struct binary *bin)
{
    const char *why;
    size_t      len = bin->hdr.nphdrs * ELF_PHDR_SIZE;
    void       *phdrs = kmalloc(len);
    if (!phdrs)
        return complain(bin, -ENOMEM, error_text(-ENOMEM));
    int err = read_at(bin, phdrs, len, bin->hdr.phdr_offset);
    if (!err && elf_read_segments(&bin->hdr, phdrs, bin->size, &bin->plan, &why))
        err = complain(bin, -ENOEXEC, why);
    kfree(phdrs);
    return err;
}

static int read_interp(struct binary *bin)
{
    const char *why;
    size_t      len = bin->plan.interp_len;
    if (len == 0)
        return 0;
    int err = read_at(bin, bin->interp, len, bin->plan.interp_offset);
    if (!err && elf_check_interp(bin->interp, len, &why))
        err = complain(bin, -ENOEXEC, why);
    return err;
}

/* The program that runs, after any scripts, and its arguments. */
struct exec_image {
    const struct exec_request *req;

    struct binary  bin;
    struct binary  interp; /* its own, if it has one */
    struct strlist args;
    void          *args_memory; /* where args are, if scripts changed them */
    size_t         stack_size;  /* bytes of what the program finds on its stack */
};

/* bin is a script of that first line: its interpreter is the program. */
static int enter_script(struct exec_image *p, const char *line, size_t len)
{
    struct binary *bin = &p->bin;
    struct script  script;
    struct strlist args;
    const char    *why;
    if (script_parse(line, len, &script, &why))
        return complain(bin, -ENOEXEC, why);
    if (script_args(&script, bin->path, &p->args, &args))
        return complain(bin, -ENOMEM, error_text(-ENOMEM));

    kfree(p->args_memory);
    p->args = args;
    p->args_memory = (void *)args.bytes;
    strlcpy(bin->script_interp, script.interp, sizeof(bin->script_interp));
    bin->path = bin->script_interp;
    close_program(bin);
    return 0;
}

/* Open what is to run. Scripts are left behind one by one, up to a depth. */
static int open_through_scripts(struct exec_image *p)
{
    const struct exec_request *req = p->req;
    struct binary             *bin = &p->bin;
    for (unsigned depth = 0;; depth++) {
        char line[SCRIPT_LINE_MAX];
        int  err = depth || !req->inode ? open_program(bin, req->cwd) : open_inode(bin, req->inode);
        if (err)
            return err;
        if (depth > SCRIPT_DEPTH)
            return complain(bin, -ELOOP,
                            "it is one more script run by a script, and there were too many");
        size_t len = bin->size < sizeof(line) ? bin->size : sizeof(line);
        err = read_at(bin, line, len, 0);
        if (err || !script_is(line, len))
            return err;
        if (req->unreachable)
            return -ENOENT;
        err = enter_script(p, line, len);
        if (err)
            return err;
        bin->wanted_by = req->path;
    }
}

/* Everything that can be said of an open file without an address space. */
static int examine(struct binary *bin)
{
    int err = read_header(bin);
    if (!err)
        err = read_segments(bin);
    if (!err)
        err = read_interp(bin);
    return err;
}

/* --- mapping ----------------------------------------------------------------------------- */

/* The part of seg that comes from the file. */
static int map_file_part(struct vmspace *vs, const struct binary *bin,
                         const struct elf_segment *seg)
{
    struct area_spec spec = {
        .hint = bin->base + seg->start,
        .len = ALIGN_UP(seg->file_len, PAGE_SIZE),
        .prot = seg->prot | (seg->zero_tail ? PMAP_W : 0),
        .flags = AREA_FIXED_NOREPLACE,
        .offset = seg->offset,
    };
    vaddr_t va;
    int     err = file_mmap(bin->file, &spec.file);
    if (!err)
        err = vmspace_map(vs, &spec, &va);
    if (err || !seg->zero_tail)
        return err;
    vaddr_t zeros = spec.hint + seg->file_len;
    err = poke(vs, zeros, NULL, ALIGN_UP(zeros, PAGE_SIZE) - zeros, PMAP_W);
    if (!err && spec.prot != seg->prot)
        err = vmspace_protect(vs, PMAP_DOM_FIRST, spec.hint, spec.len, seg->prot);
    return err;
}

/* The part behind it. It may be larger than the machine's memory: what is never touched costs
 * nothing. */
static int map_zero_part(struct vmspace *vs, const struct binary *bin,
                         const struct elf_segment *seg)
{
    size_t           from_file = ALIGN_UP(seg->file_len, PAGE_SIZE);
    struct area_spec spec = {
        .hint = bin->base + seg->start + from_file,
        .len = seg->mem_len - from_file,
        .prot = seg->prot,
        .flags = AREA_FIXED_NOREPLACE | AREA_NORESERVE,
    };
    vaddr_t va;
    return vmspace_map(vs, &spec, &va);
}

static int map_segments(struct vmspace *vs, const struct binary *bin)
{
    int err = 0;
    for (unsigned i = 0; i < bin->plan.nsegments && !err; i++) {
        const struct elf_segment *seg = &bin->plan.segments[i];
        if (seg->file_len)
            err = map_file_part(vs, bin, seg);
        if (!err && ALIGN_UP(seg->file_len, PAGE_SIZE) < seg->mem_len)
            err = map_zero_part(vs, bin, seg);
    }
    return err ? complain(bin, err, error_text(err)) : 0;
}

static int place(struct binary *bin, vaddr_t base)
{
    bin->base = 0;
    if (!bin->plan.position_independent)
        return 0;
    bin->base = ALIGN_UP(base, bin->plan.align);
    if (bin->base < base || bin->plan.hi > USER_END || bin->base > USER_END - bin->plan.hi)
        return complain(bin, -ENOMEM, "there is no room for it in the address space");
    return 0;
}

/* The interpreter goes where mmap would put it. */
static int place_interp(struct vmspace *vs, struct binary *bin)
{
    size_t  span = bin->plan.hi - bin->plan.lo;
    vaddr_t gap = vmspace_find_free(vs, span + bin->plan.align - PAGE_SIZE);
    if (gap < bin->plan.lo)
        return complain(bin, -ENOMEM, "there is no room for it in the address space");
    return place(bin, gap - bin->plan.lo);
}

/* It grows if it may be larger. */
static int map_stack(struct vmspace *vs, const struct exec_image *p)
{
    const struct binary *bin = &p->bin;
    size_t               len = size_min(ALIGN_DOWN(p->req->stack_max, PAGE_SIZE), STACK_SIZE);
    len = size_max(len, ALIGN_UP(p->stack_size, PAGE_SIZE) + STACK_SPARE);
    struct area_spec spec = {
        .hint = STACK_TOP - len,
        .len = len,
        .prot = PMAP_R | PMAP_W | (bin->plan.exec_stack ? PMAP_X : 0),
        .flags = AREA_FIXED_NOREPLACE | AREA_STACK | AREA_NORESERVE,
        .name = "[stack]",
    };
    vaddr_t va;
    vmspace_set_limits(vs, SIZE_MAX, p->req->stack_max);
    int err = vmspace_map(vs, &spec, &va);
    if (err == -EEXIST)
        return complain(bin, -ENOEXEC, "its segments lie where the stack has to be");
    return err ? complain(bin, err, error_text(err)) : 0;
}

/* --- the whole --------------------------------------------------------------------------- */

static int write_stack(struct vmspace *vs, const struct exec_image *p, struct exec_result *out)
{
    const struct exec_request *req = p->req;
    const struct binary       *bin = &p->bin;
    const struct cred_ids      user = cred_users(), group = cred_groups();
    struct exec_stack_info     info = {
            .args = p->args,
            .env = req->env,
            .path = req->path,
            .stack_top = STACK_TOP,
            .vdso = VDSO_VA,
            .phdr_va = bin->plan.phdr_va ? bin->base + bin->plan.phdr_va : 0,
            .nphdrs = bin->plan.nphdrs,
            .base = p->interp.base,
            .entry = bin->base + bin->plan.entry,
            .uid = user.real,
            .euid = user.effective,
            .gid = group.real,
            .egid = group.effective,
    };
    size_t size = p->stack_size;
    random_fill(info.random, sizeof(info.random));
    void *block = kmalloc(size);
    int   err = block ? 0 : -ENOMEM;
    if (!err) {
        exec_stack_write(&info, block, size);
        err = poke(vs, STACK_TOP - size, block, size, PMAP_W);
    }
    kfree(block);
    out->sp = STACK_TOP - size;
    exec_stack_places(&info, size, &out->places);
    return err ? complain(bin, err, error_text(err)) : 0;
}

/* Where the program's code and its data lie. */
static void tell_segments(const struct binary *bin, struct exec_places *out)
{
    for (unsigned i = 0; i < bin->plan.nsegments; i++) {
        const struct elf_segment *seg = &bin->plan.segments[i];
        vaddr_t                   start = bin->base + seg->start;
        if (seg->prot & PMAP_X) {
            out->code_start = start;
            out->code_end = start + seg->file_len;
        } else if (seg->prot & PMAP_W) {
            out->data_start = start;
            out->data_end = start + seg->file_len;
        }
    }
}

/* Open the interpreter that the program names. */
static int open_interp(struct exec_image *p)
{
    struct binary *interp = &p->interp;
    interp->path = p->bin.interp;
    interp->wanted_by = p->bin.path;
    int err = open_program(interp, NULL);
    if (!err && interp->size < ELF_HEADER_SIZE)
        err = complain(interp, -EIO, "it is too short for a program");
    if (!err)
        err = examine(interp);
    if (!err && interp->interp[0])
        err = complain(interp, -ENOEXEC, "it must not need an interpreter itself");
    return err == -ENOEXEC ? -ELIBBAD : err;
}

static int check_strings(struct exec_image *p)
{
    const struct exec_stack_info info = {
        .args = p->args,
        .env = p->req->env,
        .path = p->req->path,
        .strings_max = p->req->strings_max,
    };
    int err = exec_stack_size(&info, &p->stack_size);
    return err ? complain(&p->bin, err, "its arguments and environment are too long") : 0;
}

static int open_all(struct exec_image *p)
{
    int err = open_through_scripts(p);
    if (!err)
        err = check_strings(p);
    if (!err)
        err = examine(&p->bin);
    if (!err && p->bin.interp[0])
        err = open_interp(p);
    return err;
}

void exec_close(struct exec_image *p)
{
    close_program(&p->interp);
    close_program(&p->bin);
    kfree(p->args_memory);
    kfree(p);
}

int exec_open(const struct exec_request *req, struct exec_image **out)
{
    struct exec_image *p = kzalloc(sizeof(*p));
    if (!p) {
        if (!req->quiet)
            log_error("%s: %s", req->path, error_text(-ENOMEM));
        return -ENOMEM;
    }
    p->req = req;
    p->bin.path = req->path;
    p->bin.quiet = p->interp.quiet = req->quiet;
    p->args = req->args;
    int err = open_all(p);
    if (err)
        exec_close(p);
    else
        *out = p;
    return err;
}

struct inode *exec_inode(const struct exec_image *p)
{
    return p->bin.file->inode;
}

struct inode *exec_keep(const struct exec_image *p)
{
    int err = inode_deny_write(exec_inode(p));
    ASSERT(!err); /* the image does so already */
    return inode_get(exec_inode(p));
}

void exec_leave(struct inode *inode)
{
    inode_allow_write(inode);
    inode_put(inode);
}

int exec_map(struct vmspace *vs, struct exec_image *p, struct exec_result *out)
{
    struct binary *bin = &p->bin, *first = bin;
    *out = (struct exec_result){0};
    int err = place(bin, PIE_BASE);
    if (!err)
        err = map_segments(vs, bin);
    if (!err)
        err = map_stack(vs, p);
    if (!err && vdso_map(vs))
        err = complain(bin, -ENOMEM, error_text(-ENOMEM));
    if (!err && bin->interp[0]) {
        first = &p->interp;
        err = place_interp(vs, first);
        if (!err)
            err = map_segments(vs, first);
    }
    if (err)
        return err;
    vmspace_brk_init(vs, bin->base + bin->plan.hi);
    out->entry = first->base + first->plan.entry;
    TRACE(exec, "%s base=%#lx entry=%#lx", bin->path, (unsigned long)bin->base,
          (unsigned long)out->entry);
    tell_segments(bin, &out->places);
    err = write_stack(vs, p, out);
    vmspace_set_limits(vs, p->req->map_max, p->req->stack_max);
    return err;
}
