/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel records of a trace stream as sources of the catalogue. */
#ifndef WARPIPE_YAMLGEN_TRACE_SOURCE_H
#define WARPIPE_YAMLGEN_TRACE_SOURCE_H

#include "catalogue.h"
#include "base/input.h"

/* Adds every `kernel` record (name, dur in us, stage) of the stream; one source per stage
 * that tr-classify told, and the kernels without one in a source of their own: together
 * they are the whole trace. Takes the input over and closes it. Dies on a broken or cut
 * stream and on one without kernels. */
void trace_source_read(struct catalogue *catalogue, struct input *input);

#endif
