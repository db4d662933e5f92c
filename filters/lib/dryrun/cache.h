/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled code in the user's cache folder, found by what it was made from. */
#ifndef WARPIPE_DRYRUN_CACHE_H
#define WARPIPE_DRYRUN_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum { CACHE_KEY = 32 };

/* SHA-256 over parts, each with its length in front. */
struct cache_part {
	const char *bytes;
	size_t length;
};
void cache_key(unsigned char key[CACHE_KEY], const struct cache_part *parts, size_t count);

/* $XDG_CACHE_HOME/warpipe/code or ~/.cache/warpipe/code, made where it is not there, for its
 * owner alone. NULL when there is none to be had, or when others may write to it; then nothing
 * is kept. The caller frees it. */
char *cache_folder(void);

/* What is kept under `key`, into `bytes`. False when there is nothing, or nothing that can be
 * trusted: a file of another user, one that others may write to, one whose check sum is
 * wrong. `folder` may be NULL. */
bool cache_get(const char *folder, const unsigned char key[CACHE_KEY], struct text *bytes);

/* Keep the bytes, under a temporary name first. That it cannot be kept is no error. */
void cache_put(const char *folder, const unsigned char key[CACHE_KEY], const char *bytes,
    size_t length);

/* When the entries hold more than `most` bytes, remove those that were not used for longest,
 * until three quarters of that are left. */
void cache_prune(const char *folder, long long most);

#endif
