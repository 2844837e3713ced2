/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_keys.h - what to say of a manifest's key that is not one of ours. */
#ifndef CELLA_MANIFEST_KEYS_H
#define CELLA_MANIFEST_KEYS_H

/* Keys of configuration files for `ops` that mean nothing here: at the top, and in RunConfig.
 * Null-terminated. */
extern const char *const manifest_foreign_keys[], *const manifest_foreign_run_keys[];

/* The complaint about key, which the caller frees, and *hint, too, or null: the nearest of known if it
 * is close. Null if key is one of known. Both lists end with null. */
char *manifest_key_complaint(const char *key, const char *const *known, const char *const *foreign,
                             char **hint);

#endif
