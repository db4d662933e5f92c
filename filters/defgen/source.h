/* SPDX-License-Identifier: Apache-2.0 */
/* A checkout of sglang: its model files and their entry classes. */
#ifndef DEFGEN_SOURCE_H
#define DEFGEN_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

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

/* Entry classes in order of file name, then of appearance. */
const struct entry *source_entries(const struct source *source, size_t *count);

/* Model files without an entry class do not appear above; this counts them all. */
size_t source_model_files(const struct source *source);

#endif
