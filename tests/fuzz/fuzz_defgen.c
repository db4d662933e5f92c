/* SPDX-License-Identifier: Apache-2.0 */
/* defgen against made-up models and configs. The input is a config.json, a line "%%" and a
 * model file; whatever they hold, the evaluation ends, within its limits, with a report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "dataset.h"
#include "resolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/fuzz-defgen-XXXXXX";
static char model_path[128];
static struct defaults *defaults;

static void
remove_folder(void)
{
	char path[128];
	static const char *const below[] = { "/python/sglang/srt/models", "/python/sglang/srt",
		"/python/sglang", "/python", "" };
	size_t i;

	remove(model_path);
	for (i = 0; i < sizeof below / sizeof *below; i++) {
		snprintf(path, sizeof path, "%s%s", folder, below[i]);
		rmdir(path);
	}
}

static void
begin(void)
{
	static const char *const below[] = { "/python", "/python/sglang", "/python/sglang/srt",
		"/python/sglang/srt/models" };
	char path[128];
	size_t i;

	if (!mkdtemp(folder))
		abort();
	for (i = 0; i < sizeof below / sizeof *below; i++) {
		snprintf(path, sizeof path, "%s%s", folder, below[i]);
		if (mkdir(path, 0700))
			abort();
	}
	snprintf(model_path, sizeof model_path, "%s/python/sglang/srt/models/tiny.py", folder);
	atexit(remove_folder);
	defaults = defaults_open();
}

static void
evaluate(const struct json *config, const struct entry *entry, struct source *source)
{
	struct wishes wishes = { true, true, true, true, false };
	struct dataset dataset = { 0 };
	struct catalogue catalogue;
	struct model model;

	catalogue_open(&catalogue, wishes);
	model_evaluate(&model, source, defaults, config, entry, (struct run){ 2, 2 });
	catalogue_add(&catalogue, &model, "fuzz");
	dataset_compare(&dataset, &catalogue);
	catalogue_close(&catalogue);
	model_close(&model);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = { 0 };
	struct json_error error;
	const struct json *config;
	const struct entry *entries;
	struct source *source;
	char *text;
	const char *mark;
	size_t count, i;
	FILE *file;

	if (!defaults)
		begin();
	text = arena_copy(&arena, (const char *)data, size);
	mark = strstr(text, "\n%%\n");
	config = mark ? json_parse(&arena, text, (size_t)(mark - text), &error) : NULL;
	if (config && config->type == JSON_OBJECT && (file = fopen(model_path, "w"))) {
		fwrite(mark + 4, 1, size - (size_t)(mark + 4 - text), file);
		fclose(file);
		source = source_open(folder);
		entries = source_entries(source, &count);
		for (i = 0; i < count && i < 3; i++)
			evaluate(config, &entries[i], source);
		resolve_model(source, "tiny", config);
		source_close(source);
	}
	arena_free(&arena);
	return 0;
}
