/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the kernels of one step, in the order they ran, on the launches of a plan, in its order. */
#ifndef KJOIN_ALIGN_H
#define KJOIN_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The two sides. A kernel is of one launch or of none; a launch has any number of kernels, which
 * follow each other but for such of none. */
struct alignment {
	size_t kernels, launches;
	const uint32_t *class_of; /* by kernel */
	const uint32_t *kind_of;  /* by launch */
	const int32_t *spot_of;   /* by launch: those at one spot need not be told apart */
	const bool *apart;        /* by kernel: ran on another stream than the layers */
	const bool *in_layers;    /* by launch: on the stream of the layers for certain */
	const int *fits;          /* by class and kind: fits[class * kinds + kind]; 0: never */
	size_t kinds;
};

/* Where a kernel is in the best alignment, and how much worse the best is that has it at another
 * spot or nowhere. */
struct aligned {
	int32_t launch; /* -1: of none */
	int margin;
};

/* More cells (kernels times launches) than these would take too much memory. */
#define ALIGN_MOST_CELLS ((size_t)48 << 20)

/* Fills out[kernels]; the score of the best alignment. */
int align_find(const struct alignment *alignment, struct aligned *out);

#endif
