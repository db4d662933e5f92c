/* SPDX-License-Identifier: Apache-2.0 */
/* What a one-step all_reduce takes, and how it is dealt out. */
#include <stdbool.h>

#include "oneshot.h"

enum kernel_status
oneshot_check(const struct oneshot_args *args)
{
	bool known = args->type == ELEMENT_FP32 || args->type == ELEMENT_FP16 ||
	    args->type == ELEMENT_BF16;

	if (args->world < 1 || args->world > ONESHOT_RANKS || args->rank < 0 ||
	    args->rank >= args->world || !known || args->round == 0)
		return KERNEL_BAD_ARGUMENT;
	if (args->output == NULL && args->count > 0)
		return KERNEL_BAD_ARGUMENT;
	for (int rank = 0; rank < args->world; rank++)
		if (args->signals[rank] == NULL ||
		    (args->count > 0 && (args->messages[rank] == NULL ||
		    args->messages[rank] == args->output)))
			return KERNEL_BAD_ARGUMENT;
	return KERNEL_OK;
}

unsigned
oneshot_blocks(const struct oneshot_args *args)
{
	size_t words = (args->count * element_size(args->type) + 15) / 16;
	size_t blocks = words / ONESHOT_BLOCK + (words % ONESHOT_BLOCK != 0);

	return blocks > ONESHOT_BLOCKS ? ONESHOT_BLOCKS : blocks > 0 ? (unsigned)blocks : 1;
}
