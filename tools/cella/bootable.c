/* SPDX-License-Identifier: Apache-2.0 */
/* bootable.c - what a user names, told apart by its content.
 *
 * A ready image is used as it is. Of its manifest only the machine that it asks for is looked at: one
 * that is missing or wrong is the kernel's to complain about, which names line and column. */
#define _GNU_SOURCE
#include "bootable.h"

#include <stdlib.h>

#include "gather.h"
#include "image.h"
#include "imagefile.h"
#include "say.h"
#include "scratch.h"
#include "stage.h"
#include "what.h"

static void take_wishes(struct bootable *b, const char *text, size_t length)
{
    struct manifest       manifest;
    struct manifest_error error;
    if (manifest_parse(text, length, &manifest, &error)) {
        free(error.text);
        free(error.hint);
        return;
    }
    b->memory = manifest.memory ? must_copy(manifest.memory) : NULL;
    b->cpus = manifest.cpus;
    manifest_free(&manifest);
}

/* An image that cannot be read is the kernel's to complain about. */
static struct bootable bootable_of(char *image, const char *path)
{
    struct bootable b = {.image = image};
    char           *why = NULL;
    size_t          length;
    ext2_filsys     fs = imagefile_open(image, &why);
    if (fs) {
        char *text = imagefile_read(fs, path, MANIFEST_SIZE_MAX, &length, NULL);
        if (text)
            take_wishes(&b, text, length);
        free(text);
        imagefile_close(fs);
    }
    free(why);
    return b;
}

/* The path of a new image, in the scratch folder. */
static char *make_image(const struct bootable_request *request)
{
    struct gather_request wanted = {
        .what = request->what, .root = request->root, .verbose = request->verbose};
    struct gathered gathered = gather(&wanted);
    char           *staged = scratch_path("root"), *image = scratch_path("image");
    stage_tree(gathered.tree, staged);
    image_write(&(struct image_plan){
        .tree = gathered.tree, .staged = staged, .path = image, .slack_mib = IMAGE_SLACK_MIB});
    free(staged);
    return image;
}

struct bootable bootable_make(const struct bootable_request *request)
{
    const char *manifest = request->manifest ? request->manifest : MANIFEST_PATH;
    bool        ready = what_is(request->what) == WHAT_IMAGE;
    char       *image = ready ? must_copy(request->what) : make_image(request);
    return bootable_of(image, manifest);
}
