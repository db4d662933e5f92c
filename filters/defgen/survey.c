/* SPDX-License-Identifier: Apache-2.0 */
/* Constructs all entry classes of a tree, several at a time, and tells how far each comes. */
#include "survey.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "base/memory.h"
#include "base/progress.h"

/* One class: what came of it. */
struct row {
	const struct entry *entry;
	struct catalogue catalogue; /* its definitions and remarks alone */
	size_t sites;
	bool built;
};

struct work {
	struct source *source;
	const struct command *command;
	struct row *rows;
	size_t count, next;
	struct progress progress;
	pthread_mutex_t lock; /* of next and progress */
};

static void
evaluate(struct work *work, struct constructor *constructor, struct row *row)
{
	static const char empty[] = "{}";
	struct arena arena = { 0 };
	struct json_error error;
	struct model_request request = { work->command->sglang, row->entry->class,
		json_parse(&arena, empty, strlen(empty), &error), true,
		{ work->command->tp.sizes[0], work->command->ep.sizes[0] }, work->command->timeout };
	struct model model;

	model_construct(constructor, &model, &request);
	catalogue_open(&row->catalogue, work->command->wishes);
	catalogue_add(&row->catalogue, &model, row->entry->class);
	for (const struct site *site = model.sites; site != NULL; site = site->next)
		row->sites += strcmp(site->role, "other") != 0;
	row->built = model.class != NULL;
	model_close(&model);
	arena_free(&arena);
}

static void *
worker(void *data)
{
	struct work *work = data;
	struct constructor constructor = { 0 };

	for (;;) {
		size_t index;

		pthread_mutex_lock(&work->lock);
		index = work->next++;
		if (index < work->count)
			progress_step(&work->progress, work->rows[index].entry->class);
		pthread_mutex_unlock(&work->lock);
		if (index >= work->count)
			break;
		evaluate(work, &constructor, &work->rows[index]);
	}
	constructor_close(&constructor);
	return NULL;
}

static const char *
status_of(const struct row *row)
{
	const struct remark *remark;

	if (!row->built || !row->sites)
		return "not";
	for (remark = row->catalogue.remarks; remark; remark = remark->next)
		if (remark->kind == FINDING_UNSUPPORTED)
			return "partly";
	return "evaluated";
}

static void
write_remarks(const struct row *row, const char *key, enum finding_kind kind,
    struct json_writer *writer)
{
	const struct remark *remark;

	json_key(writer, key);
	json_array_begin(writer);
	for (remark = row->catalogue.remarks; remark; remark = remark->next) {
		struct text text = { 0 };

		if (remark->kind != kind)
			continue;
		/* What is no place of the tree has none. */
		if (remark->line > 0)
			text_add_format(&text, "%s:%u: ", remark->file, remark->line);
		text_add_format(&text, "%s: %s", remark->what, remark->why);
		json_put_text(writer, text.bytes, text.length);
		text_free(&text);
	}
	json_array_end(writer);
}

static void
write_row(const struct row *row, struct json_writer *writer)
{
	const struct definition *definition;
	int64_t count = 0;

	for (definition = row->catalogue.definitions; definition; definition = definition->next)
		count++;
	json_object_begin(writer);
	json_member_string(writer, "kind", "entry");
	json_member_string(writer, "class", row->entry->class);
	json_member_string(writer, "model", row->entry->stem);
	json_member_string(writer, "status", status_of(row));
	json_member_integer(writer, "kernels", (int64_t)row->sites);
	json_member_integer(writer, "definitions", count);
	write_remarks(row, "unsupported", FINDING_UNSUPPORTED, writer);
	write_remarks(row, "no_family", FINDING_NO_FAMILY, writer);
	json_key(writer, "account");
	account_write(row->catalogue.accounts, writer);
	json_object_end(writer);
}

static void
write_rows(const struct work *work)
{
	static const char *const statuses[] = { "evaluated", "partly", "not" };
	struct output *out = output_stdout();
	struct json_writer *writer = json_writer_open(out, false);
	int64_t totals[3] = { 0 };
	size_t i, k;

	for (i = 0; i < work->count; i++) {
		write_row(&work->rows[i], writer);
		for (k = 0; k < 3; k++)
			totals[k] += !strcmp(status_of(&work->rows[i]), statuses[k]);
	}
	json_object_begin(writer);
	json_member_string(writer, "kind", "summary");
	json_member_integer(writer, "files", (int64_t)source_model_files(work->source));
	json_member_integer(writer, "classes", (int64_t)work->count);
	for (k = 0; k < 3; k++)
		json_member_integer(writer, statuses[k], totals[k]);
	json_object_end(writer);
	json_writer_close(writer);
	output_close(out);
}

int
survey(struct source *source, const struct command *command)
{
	struct work work = { .source = source, .command = command };
	const struct entry *entries = source_entries(source, &work.count);
	pthread_t *threads = memory_alloc_zero((size_t)command->threads, sizeof *threads);
	size_t i;
	long k;

	work.rows = memory_alloc_zero(work.count + 1, sizeof *work.rows);
	for (i = 0; i < work.count; i++)
		work.rows[i].entry = &entries[i];
	pthread_mutex_init(&work.lock, NULL);
	progress_begin(&work.progress, work.count);
	for (k = 1; k < command->threads; k++)
		if (pthread_create(&threads[k], NULL, worker, &work))
			die("cannot start a thread");
	worker(&work);
	for (k = 1; k < command->threads; k++)
		pthread_join(threads[k], NULL);
	progress_end(&work.progress);
	write_rows(&work);
	for (i = 0; i < work.count; i++)
		catalogue_close(&work.rows[i].catalogue);
	pthread_mutex_destroy(&work.lock);
	free(work.rows);
	free(threads);
	return STATUS_DONE;
}
