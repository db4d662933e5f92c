/* SPDX-License-Identifier: Apache-2.0 */
/* How much two names have in common, by their words. */
#ifndef KJOIN_SIMILAR_H
#define KJOIN_SIMILAR_H

#include <stddef.h>

/* The share of the words of both names that they have in common, from 0 to 1; 1 when the
 * names are equal but for how words are parted and for words like "kernel". "MoeSorting" and
 * "moe_sorting_fwd" have all. A word of one name may be several of the other's. */
double similar_names(const char *left, const char *right);

/* How many letters and digits of `part` there are when all of them stand in a row in `whole`,
 * whatever parts words there; 0 when they do not. */
size_t similar_inside(const char *whole, const char *part);

#endif
