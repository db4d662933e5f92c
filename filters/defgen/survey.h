/* SPDX-License-Identifier: Apache-2.0 */
/* Every entry class of a tree, evaluated over its config's defaults. */
#ifndef DEFGEN_SURVEY_H
#define DEFGEN_SURVEY_H

#include "command.h"
#include "source.h"

/* Writes one record an entry class, then a summary; returns the exit status. */
int survey(struct source *source, const struct command *command);

#endif
