/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions that exist already, and how new ones differ from them. */
#ifndef DEFGEN_DATASET_H
#define DEFGEN_DATASET_H

#include "definition.h"
#include "json/json.h"

struct dataset {
	struct arena arena;
	struct map by_name; /* name -> struct json */
	struct map paths;   /* name -> the file that it is of */
	size_t broken;      /* files that could not be read; each was warned of */
};

/* Read every *.json below `path` (or its definitions/ folder). A folder that does not exist
 * is an empty dataset when `may_lack`, and ends the program otherwise. */
void dataset_read(struct dataset *dataset, const char *path, bool may_lack);
void dataset_free(struct dataset *dataset);

/* Compare every definition with the dataset: those it has are marked, those that compute
 * something else under the same name are renamed NAME_v2, _v3, ... */
void dataset_compare(const struct dataset *dataset, struct catalogue *catalogue);

#endif
