/* SPDX-License-Identifier: Apache-2.0 */
/* start.c - from the image's manifest to the running program: see unix.h. */
#include "fs/tty.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "unix/bootargs.h"
#include "unix/exec.h"
#include "unix/manifest.h"
#include "unix/proc.h"
#include "unix/process.h"
#include "unix/signal.h"
#include "unix/strace.h"
#include "unix/unix.h"

/* The manifest, and the memory that its strings lie in. */
struct start {
    const char *path;
    char       *text;
    char       *strings;
    char  *changed; /* strings of arguments and environment, if the boot arguments changed them */
    size_t len;
    struct manifest manifest;
    struct inode   *cwd;
};

static int complain(const char *what)
{
    log_error("%s", what);
    return STATUS_NOT_EXECUTABLE;
}

/* what is wrong with the manifest as a whole. */
static int refuse(const struct start *s, const char *what)
{
    log_error("%s %s", s->path, what);
    return STATUS_NOT_EXECUTABLE;
}

/* The manifest's bytes. 0 or an exit status. */
static int read_manifest_file(struct start *s, struct file *f)
{
    struct vfs_attr attr;
    file_stat(f, &attr);
    if (attr.size > MANIFEST_SIZE_MAX)
        return refuse(s, "is too large");
    s->len = attr.size;
    s->text = kmalloc(s->len + 1);
    s->strings = kmalloc(s->len + 1);
    if (!s->text || !s->strings)
        return complain("no memory for the manifest");
    int err = file_read_exact(f, s->text, s->len, 0);
    if (err)
        return refuse(s, err == -ENOMEM ? "cannot be read: too little memory" : "cannot be read");
    return 0;
}

/* No manifest has this name. */
static int not_found(const struct start *s)
{
    if (strcmp(s->path, MANIFEST_PATH) == 0)
        log_error("this disk has no %s: was the image built by this project?", s->path);
    else
        log_error("this disk has no %s, which the boot argument manifest= asks for", s->path);
    return STATUS_NOT_FOUND;
}

static int read_manifest(struct start *s)
{
    struct file          *f;
    struct manifest_error error;

    if (s->path[0] != '/')
        return refuse(s, "is no absolute path, and the boot argument manifest= needs one");
    int err = vfs_open(NULL, s->path, O_RDONLY, 0, &f);
    if (err == -ENOENT || err == -ENOTDIR)
        return not_found(s);
    if (err)
        return refuse(s,
                      err == -ENOMEM ? "cannot be opened: too little memory" : "cannot be opened");
    int status = read_manifest_file(s, f);
    file_put(f);
    if (!status && manifest_parse(s->text, s->len, s->strings, &s->manifest, &error)) {
        log_error("%s, line %u, column %u: %s", s->path, error.line, error.column, error.text);
        status = STATUS_NOT_EXECUTABLE;
    }
    return status;
}

static int apply_bootargs(struct start *s, const char *bootargs)
{
    struct bootargs_error error;
    size_t                size = bootargs_size(bootargs, &s->manifest);
    if (!size)
        return 0;
    s->changed = kmalloc(size);
    if (!s->changed)
        return complain("no memory for the boot arguments");
    return bootargs_apply(bootargs, s->changed, &s->manifest, &error) ? complain(error.text) : 0;
}

static int enter_cwd(struct start *s)
{
    if (vfs_lookup(NULL, s->manifest.cwd, VFS_DIRECTORY, &s->cwd) == 0)
        return 0;
    log_error("%s: \"Cwd\": %s is no directory", s->path, s->manifest.cwd);
    return STATUS_NOT_EXECUTABLE;
}

/* Ctrl-C and the like, typed at the terminal: the program is all of its foreground. */
static void terminal_signal(enum ldisc_signal typed)
{
    static const int number[] = {
        [LDISC_INTR] = SIGINT,
        [LDISC_QUIT] = SIGQUIT,
        [LDISC_SUSP] = SIGTSTP,
        [LDISC_RESIZED] = SIGWINCH,
    };
    const struct signal_info info = {.code = SI_KERNEL};
    signal_send_process(number[typed], &info);
}

static int start_program(struct start *s)
{
    const struct manifest *m = &s->manifest;
    struct exec_request    req = {.cwd = s->cwd,
                                  .path = m->program,
                                  .args = m->args,
                                  .env = m->env,
                                  .map_max = SIZE_MAX,
                                  .stack_max = STACK_SIZE};
    struct exec_result     at;
    struct exec_image     *image;
    struct vmspace        *vs;

    if (vmspace_create(&vs))
        return complain("no memory for an address space");
    int err = exec_open(&req, &image);
    if (!err) {
        err = exec_map(vs, image, &at);
        process_set_exe(exec_keep(image));
        exec_close(image);
    }
    if (err)
        return err == -ENOENT || err == -ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
    the_process.places = at.places;
    err = process_init(vs, inode_get(s->cwd));
    if (err)
        return complain(err == -ENOMEM ? "too little memory for a process"
                                       : "/dev/console cannot be opened");
    strace_exec(m->program, &m->args, &m->env);
    if (process_start(process_name_of(m->program), at.entry, at.sp))
        return complain("no memory for the first thread");
    tty_set_signal(terminal_signal);
    return 0;
}

/* /proc and /sys, which tell of this layer. */
static int mount_pseudo(const char *bootargs)
{
    int err = proc_mount(bootargs);
    if (!err)
        err = sysfs_mount();
    return err ? complain("too little memory for /proc and /sys") : 0;
}

int unix_start(const char *manifest, const char *bootargs)
{
    struct start s = {.path = manifest ? manifest : MANIFEST_PATH};
    int          status = mount_pseudo(bootargs);
    if (!status)
        status = read_manifest(&s);
    if (!status)
        status = apply_bootargs(&s, bootargs);
    if (!status)
        status = enter_cwd(&s);
    if (!status)
        status = start_program(&s);
    inode_put(s.cwd);
    kfree(s.changed);
    kfree(s.strings);
    kfree(s.text);
    return status;
}
