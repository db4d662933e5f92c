/* SPDX-License-Identifier: Apache-2.0 */
/* Import records in, kernels out: each symbol once for each module it is imported from. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "json/reader.h"
#include "records.h"
#include "base/text.h"

static const char *
optional_string(const struct record *record, const char *key)
{
	const char *text = json_string(json_get(record->root, key));

	return text == NULL ? NULL : intern_string(text);
}

/* Whether this is the first record of that symbol there. */
static bool
is_new(struct kernels *kernels, const struct kernel *kernel)
{
	struct text key = {0};
	void **place;
	bool fresh;

	text_add_format(&key, "%s\n%s\n%s\n%s", kernel->source, kernel->name,
	    kernel->function != NULL ? kernel->file : kernel->module,
	    kernel->function != NULL ? kernel->function : "");
	place = map_put(&kernels->seen, key.bytes, key.length);
	fresh = *place == NULL;
	*place = kernels;
	text_free(&key);
	return fresh;
}

static void
read_import(struct kernels *kernels, const struct record *record)
{
	struct kernel kernel = {
		.name = intern_string(record_string(record, "kernel")),
		.source = intern_string(record_string(record, "source")),
		.how = intern_string(record_string(record, "how")),
		.file = intern_string(record_string(record, "file")),
		.line = record_integer(record, "line"),
		.module = optional_string(record, "module"),
		.function = optional_string(record, "function") };

	if (kernel.module == NULL)
		kernel.module = intern_string("");
	if (!is_new(kernels, &kernel))
		return;
	kernels->list = memory_grow(kernels->list, kernels->count, &kernels->capacity,
	    sizeof(*kernels->list));
	kernels->list[kernels->count++] = kernel;
}

void
kernels_read(struct kernels *kernels)
{
	static char *const standard_input[] = { NULL };
	const struct record *record;
	struct reader reader;

	*kernels = (struct kernels){0};
	reader_open(&reader, standard_input, true);
	while ((record = reader_next(&reader)) != NULL)
		if (strcmp(record->kind, "import") == 0)
			read_import(kernels, record);
	reader_close(&reader);
}

void
kernels_free(struct kernels *kernels)
{
	map_free(&kernels->seen);
	free(kernels->list);
}
