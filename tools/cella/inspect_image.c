/* SPDX-License-Identifier: Apache-2.0 */
/* inspect_image.c - `cella inspect IMAGE`: see inspect.h. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <e2p/e2p.h>

#include "command.h"
#include "elffile.h"
#include "imagefile.h"
#include "inspect.h"
#include "manifest.h"
#include "say.h"
#include "scratch.h"

/* What the kernel mounts: src/fs/ext4_super.c. Features that matter to a writer only make it mount the image
 * read-only. */
#define FEATURES_TAKEN                                                \
    (EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_RECOVER | \
     EXT3_FEATURE_INCOMPAT_EXTENTS | EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG)

struct inspection {
    const char *path;
    bool        all;
    unsigned    troubles;
    struct {
        uint64_t folders, files, links;
    } count;
    struct words manifests;
};

static void print_features(int kind, uint32_t mask)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        if (mask >> bit & 1)
            printf(" %s", e2p_feature2string(kind, 1u << bit));
    }
}

static void check_features(struct inspection *i, const struct ext2_super_block *super)
{
    uint32_t foreign = super->s_feature_incompat & ~(uint32_t)FEATURES_TAKEN;
    printf("features:");
    print_features(E2P_FEATURE_COMPAT, super->s_feature_compat);
    print_features(E2P_FEATURE_INCOMPAT, super->s_feature_incompat);
    print_features(E2P_FEATURE_RO_INCOMPAT, super->s_feature_ro_compat);
    printf("\n");
    for (unsigned bit = 0; bit < 32; bit++) {
        if (!(foreign >> bit & 1))
            continue;
        i->troubles++;
        say_error("make the image with cella build",
                  "%s: the kernel does not mount it, because of the feature %s", i->path,
                  e2p_feature2string(E2P_FEATURE_INCOMPAT, 1u << bit));
    }
}

static void print_super(struct inspection *i, ext2_filsys fs)
{
    const struct ext2_super_block *super = fs->super;
    uint64_t blocks = ext2fs_blocks_count(fs->super), free = ext2fs_free_blocks_count(fs->super);
    uint64_t kib = fs->blocksize / 1024;
    printf("%s: ext4, label \"%.*s\", UUID %s\n", i->path, (int)sizeof(super->s_volume_name),
           (const char *)super->s_volume_name, e2p_uuid2str((void *)super->s_uuid));
    printf("size: %" PRIu64 " KiB, %" PRIu64 " KiB free; %u inodes, %u free; blocks of %u bytes\n",
           blocks * kib, free * kib, super->s_inodes_count, super->s_free_inodes_count,
           fs->blocksize);
    check_features(i, super);
    if (super->s_state & EXT2_ERROR_FS) {
        i->troubles++;
        say_error("e2fsck IMAGE repairs it", "%s: it is marked as damaged", i->path);
    }
}

/* A file that is shorter than the file system in it. */
static void check_length(struct inspection *i, ext2_filsys fs)
{
    uint64_t wanted = ext2fs_blocks_count(fs->super) * fs->blocksize;
    FILE    *file = fopen(i->path, "re");
    off_t    length = file && fseeko(file, 0, SEEK_END) == 0 ? ftello(file) : 0;
    if (file)
        fclose(file);
    if ((uint64_t)length >= wanted)
        return;
    i->troubles++;
    say_error(NULL, "%s is cut off: it has %jd of %" PRIu64 " bytes", i->path, (intmax_t)length,
              wanted);
}

/* --- files ------------------------------------------------------------------------------- */

static bool is_manifest(const char *path)
{
    const char *name = strrchr(path, '/') + 1, *dot = strrchr(name, '.');
    return strncmp(path, "/.cella/", 8) == 0 && name == path + 8 && dot &&
           strcmp(dot, ".json") == 0;
}

static void visit(ext2_filsys fs, const struct imagefile_entry *entry, void *context)
{
    struct inspection *i = context;
    unsigned           mode = entry->inode.i_mode;
    (void)fs;
    if (LINUX_S_ISDIR(mode))
        i->count.folders++;
    else if (LINUX_S_ISLNK(mode))
        i->count.links++;
    else
        i->count.files++;
    if (is_manifest(entry->path))
        words_add(&i->manifests, entry->path);
    if (!i->all)
        return;
    char type = LINUX_S_ISDIR(mode) ? 'd' : LINUX_S_ISLNK(mode) ? 'l' : '-';
    printf("  %c%04o %10" PRIu64 " %s%s%s\n", type, mode & 07777,
           (uint64_t)EXT2_I_SIZE(&entry->inode), entry->path, entry->target ? " -> " : "",
           entry->target ? entry->target : "");
}

static void print_files(struct inspection *i, ext2_filsys fs)
{
    char *why = NULL;
    if (i->all)
        printf("files:\n");
    if (imagefile_walk(fs, visit, i, &why)) {
        i->troubles++;
        say_error("e2fsck -fn IMAGE tells more", "%s is damaged: %s", i->path, why);
    }
    free(why);
    printf("holds: %" PRIu64 " files, %" PRIu64 " folders, %" PRIu64 " links\n", i->count.files,
           i->count.folders, i->count.links);
}

/* --- what it runs ------------------------------------------------------------------------ */

static void print_manifest(const char *path, const struct manifest *m)
{
    printf("%s: %s", path, m->program);
    for (size_t i = 0; i < m->args.count; i++)
        printf(" \"%s\"", m->args.at[i]);
    if (m->memory)
        printf(", memory %s", m->memory);
    if (m->cpus)
        printf(", %u processors", m->cpus);
    if (m->cwd)
        printf(", in %s", m->cwd);
    for (size_t i = 0; i < m->env.count; i++)
        printf("%s%s", i ? ", " : ", with ", m->env.at[i]);
    printf("\n");
}

/* Read a manifest of the image; false after saying what is wrong. */
static bool read_manifest(struct inspection *i, ext2_filsys fs, const char *path,
                          struct manifest *out)
{
    struct manifest_error error = {0};
    size_t                length;
    char                 *why = NULL;
    char                 *text = imagefile_read(fs, path, MANIFEST_SIZE_MAX, &length, &why);
    bool                  ok = text && manifest_parse(text, length, out, &error) == 0;
    if (!ok) {
        i->troubles++;
        if (why)
            say_error(NULL, "%s: %s", i->path, why);
        else
            say_error(error.hint, "%s: %s:%u:%u: %s", i->path, path, error.line, error.column,
                      error.text);
    }
    free(why);
    free(text);
    free(error.text);
    free(error.hint);
    return ok;
}

static char *extract(struct inspection *i, ext2_filsys fs, const char *path)
{
    size_t length;
    char  *why = NULL, *copy = scratch_path("program");
    char  *bytes = imagefile_read(fs, path, SIZE_MAX - 2, &length, &why);
    FILE  *file = bytes ? fopen(copy, "we") : NULL;
    if (!bytes) {
        i->troubles++;
        say_error(NULL, "%s: the program %s", i->path, why);
    } else if (!file || fwrite(bytes, 1, length, file) != length || fclose(file)) {
        die("set TMPDIR to a folder with more room", "cannot write %s: %m", copy);
    }
    free(why);
    free(bytes);
    return bytes ? copy : NULL;
}

/* The program of the manifest that is booted if no other is named. */
static void print_program(struct inspection *i, ext2_filsys fs, const char *path)
{
    struct elffile elf;
    char          *why, *copy = path[0] == '/' ? extract(i, fs, path) : NULL;
    if (!copy)
        return;
    if (!elffile_is(copy)) {
        printf("%s: no ELF file; a script?\n", path);
    } else if (elffile_read(copy, &elf, &why)) {
        i->troubles++;
        say_error(NULL, "%s: %s %s", i->path, path, why);
        free(why);
    } else {
        inspect_print_elf(path, &elf);
        if (elf.interpreter)
            printf("interpreter: %s\n", elf.interpreter);
        elffile_free(&elf);
    }
    free(copy);
}

static void print_manifests(struct inspection *i, ext2_filsys fs)
{
    struct manifest m;
    if (i->manifests.count == 0) {
        i->troubles++;
        say_error("make the image with cella build", "%s has no " MANIFEST_PATH, i->path);
    }
    for (size_t n = 0; n < i->manifests.count; n++) {
        const char *path = i->manifests.at[n];
        if (!read_manifest(i, fs, path, &m))
            continue;
        print_manifest(path, &m);
        if (strcmp(path, MANIFEST_PATH) == 0)
            print_program(i, fs, m.program);
        manifest_free(&m);
    }
}

int inspect_image(const char *path, bool all)
{
    struct inspection i = {.path = path, .all = all};
    char             *why;
    ext2_filsys       fs = imagefile_open(path, &why);
    if (!fs)
        die("e2fsck -fn IMAGE tells more", "%s %s", path, why);
    print_super(&i, fs);
    check_length(&i, fs);
    print_files(&i, fs);
    print_manifests(&i, fs);
    imagefile_close(fs);
    words_free(&i.manifests);
    return i.troubles ? EXIT_TROUBLE : 0;
}
