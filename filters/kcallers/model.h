/* SPDX-License-Identifier: Apache-2.0 */
/* Which files are the model's own, and which classes are its top. */
#ifndef KCALLERS_MODEL_H
#define KCALLERS_MODEL_H

#include "base/spelling.h"
#include "names.h"

/* The model's own files: those in a folder of models whose name is the model's or begins
 * with it and '_' ("deepseek_v2.py"), all files below a folder so named
 * ("deepseek_common/"), and the files in that folder that their classes inherit from.
 * A folder of models is one where modules name their top classes in EntryClass. Left out
 * are files whose top classes only wrap another file's (vision models around a language
 * model). */
struct model {
	bool *own;           /* by module id */
	bool *derived;       /* by module id: a file of tops that imports another such file, as
	                      * layers for speculative decoding import the model's */
	bool *models;        /* by module id: in a folder of models or below */
	struct class **tops; /* entry classes of own files */
	size_t top_count, top_capacity;
	size_t files;
};

/* By name, or by that of one of its entry classes: then that class is the top alone, even
 * if it wraps another file's. Without such a model no top is there. */
void model_find(struct model *model, const struct project *project, const struct names *names,
    const char *name);

/* The model whose tops are all entry classes of one file. */
void model_of_file(struct model *model, const struct project *project,
    const struct names *names, const struct module *module);
void model_free(struct model *model);

/* All files that name entry classes: sets a new array, which the caller frees. */
size_t model_files(const struct module ***files, const struct project *project,
    const struct names *names);

/* Which names of models and entry classes are close to the name; whether there are any. */
bool model_near(struct spelling *near, const struct project *project,
    const struct names *names, const char *name);

#endif
