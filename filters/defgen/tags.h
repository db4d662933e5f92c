/* SPDX-License-Identifier: Apache-2.0 */
/* Which models use a definition that exists already: its file's tags, and those it lacks. */
#ifndef DEFGEN_TAGS_H
#define DEFGEN_TAGS_H

#include "dataset.h"

/* A text of a list; lives in the catalogue. */
struct tag {
	const char *text;
	struct tag *next;
};

/* "deepseek_v3" is tagged model:deepseek-v3; in the arena. */
const char *tag_of_model(struct arena *arena, const char *model);

/* Note, of each definition that exists, the models that only its file names and the tags of
 * this run that the file lacks. */
void tags_compare(const struct dataset *dataset, struct catalogue *catalogue);

/* Add the tags that files lack to them; nothing else of a file changes. */
void tags_update(const struct dataset *dataset, const struct catalogue *catalogue);

#endif
