/* SPDX-License-Identifier: Apache-2.0 */
/* What --verbose says on stderr. */
#ifndef TR_LAYERS_VERBOSE_H
#define TR_LAYERS_VERBOSE_H

#include "report.h"

/* `method`: the enum method that was asked for; negative when all were tried. */
void verbose_say(const struct trace *trace, int method);

#endif
