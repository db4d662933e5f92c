/* SPDX-License-Identifier: Apache-2.0 */
/* Linux only; elsewhere pipes stay as they are. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include <fcntl.h>

#include "base/pipe.h"

void
pipe_widen(int descriptor)
{
#ifdef F_SETPIPE_SZ
	/* Fails for what is no pipe, and for users who have many: no harm. */
	(void)fcntl(descriptor, F_SETPIPE_SZ, 1 << 20);
#else
	(void)descriptor;
#endif
}
