/* SPDX-License-Identifier: Apache-2.0 */
/* sim_host.c - see sim_host.h. Includes none of our headers: their names are the C library's too. */
#include "sim_host.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(const char *what, const char *path, int result)
{
    if (result == 0)
        return;
    fprintf(stderr, "%s: ", what);
    perror(path);
    abort();
}

static char scratch[64];

const char *sim_scratch(void)
{
    if (!scratch[0]) {
        const char *tmp = getenv("TMPDIR");
        snprintf(scratch, sizeof(scratch), "%s/cella-fs.XXXXXX",
                 tmp && strlen(tmp) < 32 ? tmp : "/tmp");
        if (!mkdtemp(scratch))
            abort();
    }
    return scratch;
}

void sim_scratch_remove(void)
{
    if (scratch[0])
        sim_shell("rm -rf %s", scratch);
    scratch[0] = 0;
}

void sim_shell(const char *fmt, ...)
{
    char    line[1024], whole[2048];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    /* Programs of e2fsprogs are where only root looks; their talk is shown if they fail. */
    snprintf(whole, sizeof(whole),
             "PATH=$PATH:/usr/sbin:/sbin; out=$( { %s; } 2>&1 ) || { echo \"$out\"; exit 1; }",
             line);
    if (system(whole) != 0) {
        fprintf(stderr, "failed: %s\n", line);
        abort();
    }
}

static void fill(uint8_t *buf, size_t size, unsigned seed)
{
    uint32_t state = seed * 2654435761u + 1;

    for (size_t i = 0; i < size; i++) {
        state = state * 1664525 + 1013904223;
        buf[i] = (uint8_t)(state >> 24);
    }
}

void sim_piece(const char *path, size_t at, size_t size, unsigned seed)
{
    char     full[512];
    uint8_t *buf = malloc(size + 1);

    snprintf(full, sizeof(full), "%s/%s", sim_scratch(), path);
    fill(buf, size, seed);
    FILE *f = fopen(full, "r+b");
    if (!f)
        f = fopen(full, "wb");
    if (!f || fseek(f, (long)at, SEEK_SET) || fwrite(buf, 1, size, f) != size || fclose(f)) {
        perror(full);
        abort();
    }
    free(buf);
}

void sim_file(const char *path, size_t size, unsigned seed)
{
    sim_piece(path, 0, size, seed);
}

void sim_image(const char *image, const char *source, const char *args, const char *size)
{
    const char *s = sim_scratch();

    sim_shell("rm -f %s/%s && mke2fs -q -F %s -d %s/%s %s/%s %s", s, image, args, s, source, s,
              image, size);
}

/* --- a few calls by names that do not clash ------------------------------------------------------ */

static const char *in_scratch(char full[512], const char *path)
{
    snprintf(full, 512, "%s/%s", sim_scratch(), path);
    return full;
}

void sim_dir(const char *path)
{
    char full[512];
    check("mkdir", path, mkdir(in_scratch(full, path), 0755));
}

void sim_symlink(const char *target, const char *path)
{
    char full[512];
    check("symlink", path, symlink(target, in_scratch(full, path)));
}

void sim_hardlink(const char *old, const char *path)
{
    char full[512], other[512];
    check("link", path, link(in_scratch(other, old), in_scratch(full, path)));
}

void sim_chmod(const char *path, unsigned mode)
{
    char full[512];
    check("chmod", path, chmod(in_scratch(full, path), mode));
}

void sim_truncate(const char *path, size_t size)
{
    char full[512];
    check("truncate", path, truncate(in_scratch(full, path), (off_t)size));
}

int sim_lstat(const char *full, struct sim_stat *out)
{
    struct stat st;

    if (lstat(full, &st))
        return -1;
    *out = (struct sim_stat){
        .mode = st.st_mode,
        .nlink = (unsigned)st.st_nlink,
        .uid = st.st_uid,
        .gid = st.st_gid,
        .size = (uint64_t)st.st_size,
        .mtime = st.st_mtime,
    };
    return 0;
}

long sim_readlink(const char *full, char *buf, size_t size)
{
    return readlink(full, buf, size);
}

unsigned sim_list(const char *full, void (*each)(void *arg, const char *name), void *arg)
{
    unsigned       n = 0;
    struct dirent *e;
    DIR           *d = opendir(full);
    check("opendir", full, d ? 0 : -1);

    for (; (e = readdir(d)); n++)
        if (each && strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            each(arg, e->d_name);
    closedir(d);
    return n;
}
