/* SPDX-License-Identifier: Apache-2.0 */
/* A checkout of sglang: its model files, their entry classes, and parsed modules that
 * several evaluations share. */
#ifndef DEFGEN_SOURCE_H
#define DEFGEN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "python/py.h"

/* One class that a model file offers through EntryClass. */
struct entry {
	const char *class;  /* "LlamaForCausalLM" */
	const char *stem;   /* "llama"; of files in subfolders "deepseek_common/x" */
	const char *module; /* "sglang.srt.models.llama" */
};

struct source;

/* `path`: a checkout (holds python/), its python/ folder, or the package itself. Dies when
 * there is no srt/models below. */
struct source *source_open(const char *path);
void source_close(struct source *source);

/* The parsed module, or NULL when the tree has none of that name. Each file is read and
 * parsed once, when first asked for; may be called from several threads. */
const struct py_file *source_module(struct source *source, const char *dotted,
    bool *is_package);

/* Entry classes in order of file name, then of appearance. */
const struct entry *source_entries(const struct source *source, size_t *count);

/* Model files without an entry class do not appear above; this counts them all. */
size_t source_model_files(const struct source *source);

/* The module under srt/configs whose class says `model_type = "type"`, or NULL. */
const char *source_config_module(const struct source *source, const char *type);

#endif
