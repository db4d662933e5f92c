/* SPDX-License-Identifier: Apache-2.0 */
/* Room in a pipe. */
#ifndef WARPIPE_PIPE_H
#define WARPIPE_PIPE_H

/* If the descriptor is a pipe and the system knows how, let it hold a megabyte instead of
 * the usual 64 KiB, so that the programs at its ends take turns less often. */
void pipe_widen(int descriptor);

#endif
