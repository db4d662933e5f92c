/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps chains by kernel and by op. */
#include <stdlib.h>
#include <string.h>

#include "chains.h"
#include "base/intern.h"
#include "base/memory.h"
#include "platform.h"
#include "json/reader.h"
#include "base/text.h"
#include "trace.h"

static const char *
need(const struct record *record, const struct json *object, const char *key)
{
	const char *text = json_string(json_get(object, key));

	if (text == NULL)
		reader_fail(record, "a call has no \"%s\"", key);
	return intern_string(text);
}

static const char *
last_name(const char *function)
{
	const char *dot = strrchr(function, '.');

	return dot != NULL ? intern_string(dot + 1) : function;
}

static void
read_frames(struct chains *chains, const struct record *record, struct chain *chain)
{
	const struct json *frame = chain->json->child;
	uint32_t i;

	chain->frame_count = (uint32_t)json_count(chain->json);
	chain->frames = arena_alloc_zero(&chains->arena,
	    (chain->frame_count + 1) * sizeof(*chain->frames));
	for (i = 0; i < chain->frame_count; i++, frame = frame->next) {
		struct chain_frame *into = &chain->frames[i];

		into->call = need(record, frame, "call");
		into->file = need(record, frame, "file");
		into->function = need(record, frame, "function");
		into->name = last_name(into->function);
		if (!json_integer(json_get(frame, "line"), &into->line))
			reader_fail(record, "a frame has no \"line\"");
		if (!json_integer(json_get(frame, "def"), &into->def))
			into->def = 0;
		into->asks = json_get(frame, "asks");
		if (into->asks != NULL && into->asks->type != JSON_ARRAY)
			into->asks = NULL;
	}
}

/* The index that the key has, or the next one. */
static int32_t
index_of(struct map *map, const struct text *key, bool *is_new)
{
	size_t before = map->count;
	void **place = map_put(map, key->bytes, key->length);

	*is_new = map->count > before;
	if (*is_new)
		*place = (void *)(uintptr_t)map->count;
	return (int32_t)((uintptr_t)*place - 1);
}

static struct symbol *
symbol_of(struct chains *chains, const char *kernel, const char *source)
{
	struct text key = { 0 };
	bool is_new;
	int32_t at;

	text_add_format(&key, "%s\n%s", source, kernel);
	at = index_of(&chains->symbol_index, &key, &is_new);
	text_free(&key);
	if (is_new) {
		chains->symbols = memory_grow(chains->symbols, chains->symbol_count,
		    &chains->symbol_capacity, sizeof(*chains->symbols));
		chains->symbols[chains->symbol_count++] = (struct symbol){ kernel, source,
			NULL, 0, 0, 0, NULL };
	}
	return &chains->symbols[at];
}

static void
add_root(struct chains *chains, const struct chain *chain)
{
	const struct chain_frame *top = &chain->frames[chain->frame_count - 1];
	struct text key = { 0 };
	bool is_new;

	text_add_format(&key, "%s\n%s", top->file, top->function);
	index_of(&chains->root_index, &key, &is_new);
	text_free(&key);
	if (is_new) {
		chains->roots = memory_grow(chains->roots, chains->root_count,
		    &chains->root_capacity, sizeof(*chains->roots));
		chains->roots[chains->root_count++] = (struct root){ top->file, top->function,
			graph_function(&chains->graph, top->file, top->function) };
	}
}

/* The calls above the op, from a chain. */
static void
add_upper(struct chains *chains, const struct chain *chain)
{
	const struct json *json = chain->json->child;

	for (uint32_t i = 0; i < chain->frame_count; i++, json = json->next)
		if (i > chain->op)
			graph_add(&chains->graph, json, chain->frames[i].file,
			    chain->frames[i].function, chain->frames[i].line,
			    chain->frames[i - 1].file, chain->frames[i - 1].function);
}

static void
add_edge(struct chains *chains, const struct record *record)
{
	struct json_error error;
	const char *line = arena_copy(&chains->arena, record->line, record->length);
	const struct json *root = json_parse(&chains->arena, line, record->length, &error);
	const struct json *callee = json_get(root, "callee");

	graph_add(&chains->graph, root, need(record, root, "file"),
	    need(record, root, "function"), record_integer(record, "line"),
	    need(record, callee, "file"), need(record, callee, "function"));
}

/* Kernel, source and frames; the op is still to be read. */
static struct chain
read_chain(struct chains *chains, const struct record *record)
{
	struct json_error error;
	const char *line = arena_copy(&chains->arena, record->line, record->length);
	const struct json *root = json_parse(&chains->arena, line, record->length, &error);
	struct chain chain = { .site = NONE };

	chain.kernel = intern_string(record_string(record, "kernel"));
	chain.source = intern_string(record_string(record, "source"));
	chain.json = json_get(root, "frames");
	if (chain.json == NULL || chain.json->type != JSON_ARRAY || chain.json->child == NULL)
		reader_fail(record, "a chain without \"frames\"");
	read_frames(chains, record, &chain);
	return chain;
}

static int32_t
keep_chain(struct chains *chains, const struct chain *chain)
{
	chains->list = memory_grow(chains->list, chains->count, &chains->capacity,
	    sizeof(*chains->list));
	chains->list[chains->count++] = *chain;
	return (int32_t)(chains->count - 1);
}

static void
add_chain(struct chains *chains, const struct record *record)
{
	struct chain chain = read_chain(chains, record);
	int64_t op = record_integer(record, "op");
	struct symbol *symbol;

	if (op < 0 || op >= (int64_t)chain.frame_count)
		reader_fail(record, "\"op\" is no index of \"frames\"");
	chain.op = (uint32_t)op;
	add_root(chains, &chain);
	add_upper(chains, &chain);
	symbol = symbol_of(chains, chain.kernel, chain.source);
	symbol->chains = memory_grow(symbol->chains, symbol->chain_count,
	    &symbol->chain_capacity, sizeof(*symbol->chains));
	symbol->chains[symbol->chain_count++] = (int32_t)chains->count;
	chains->known = (size_t)keep_chain(chains, &chain) + 1;
}

int32_t
chains_add_planned(struct chains *chains, const struct record *record)
{
	struct chain chain = read_chain(chains, record);
	int64_t op;

	chain.planned = true;
	chain.op = json_integer(json_get(record->root, "op"), &op) && op >= 0 &&
	    op < (int64_t)chain.frame_count ? (uint32_t)op : chain.frame_count;
	return keep_chain(chains, &chain);
}

/* Where a kernel is called that may have no chain. */
static void
add_call(struct chains *chains, const struct record *record)
{
	const char *kernel = intern_string(record_string(record, "kernel"));
	const char *source = intern_string(record_string(record, "source"));
	struct symbol *symbol = symbol_of(chains, kernel, source);
	struct json_error error;
	const char *line;

	if (symbol->call != NULL)
		return;
	line = arena_copy(&chains->arena, record->line, record->length);
	symbol->call = json_parse(&chains->arena, line, record->length, &error);
}

void
chains_read(struct chains *chains, const char *path)
{
	char *files[] = { (char *)path, NULL };
	const struct record *record;
	struct reader reader;

	if (path == NULL)
		return;
	reader_open(&reader, files, true);
	while ((record = reader_next(&reader)) != NULL)
		if (strcmp(record->kind, "chain") == 0)
			add_chain(chains, record);
		else if (strcmp(record->kind, "call") == 0)
			add_call(chains, record);
		else if (strcmp(record->kind, "edge") == 0)
			add_edge(chains, record);
	reader_close(&reader);
	graph_ready(&chains->graph);
}

/* "self.experts" of a class is one module, whichever method calls it. */
static const char *
op_name(const struct chain_frame *frame)
{
	const char *dot = strrchr(frame->function, '.');
	size_t length = dot != NULL ? (size_t)(dot - frame->function) : strlen(frame->function);
	struct text name = { 0 };
	const char *interned;

	text_add_format(&name, "%s\n%.*s\n%s", frame->file, (int)length, frame->function,
	    frame->call);
	interned = intern(name.bytes, name.length);
	text_free(&name);
	return interned;
}

/* Each place in the model's files where an op is called, in the order of the chains. */
static void
find_sites(struct chains *chains)
{
	struct text key = { 0 };
	bool is_new;

	map_free(&chains->site_index);
	chains->site_index = (struct map){ 0 };
	chains->site_count = 0;
	for (size_t i = 0; i < chains->count; i++) {
		struct chain *chain = &chains->list[i];
		const struct chain_frame *op = &chain->frames[chain->op];

		chain->site = NONE;
		if (chain->impossible || chain->op == chain->frame_count)
			continue;
		text_clear(&key);
		text_add_format(&key, "%s\n%lld\n%s", op->file, (long long)op->line, op->call);
		chain->site = index_of(&chains->site_index, &key, &is_new);
		if (!is_new)
			continue;
		chains->sites = memory_grow(chains->sites, chains->site_count,
		    &chains->site_capacity, sizeof(*chains->sites));
		chains->sites[chains->site_count++] = (struct site){ op->call, op->file,
			op->function, op->line, (int32_t)i,
			graph_function(&chains->graph, op->file, op->function), op_name(op) };
	}
	text_free(&key);
}

/* Those that are possible first, of these the doubtful ones last; as they were otherwise. */
static void
sort_symbol(const struct chains *chains, struct symbol *symbol)
{
	int32_t *sorted = memory_alloc((symbol->chain_count + 1) * sizeof(*sorted));
	size_t count = 0, i;

	for (int doubt = 0; doubt < 3; doubt++) {
		for (i = 0; i < symbol->chain_count; i++) {
			const struct chain *chain = &chains->list[symbol->chains[i]];

			if ((chain->impossible ? 2 : chain->doubtful) == doubt)
				sorted[count++] = symbol->chains[i];
		}
		symbol->possible = doubt < 2 ? count : symbol->possible;
	}
	free(symbol->chains);
	symbol->chains = sorted;
	symbol->chain_capacity = count + 1;
}

void
chains_ready(struct chains *chains, const char *vendor)
{
	struct platform platform;

	platform_open(&platform, vendor);
	for (size_t i = 0; i < chains->known; i++) {
		struct chain *chain = &chains->list[i];

		chain->impossible = vendor != NULL &&
		    platform_excludes(&platform, &chain->frames[chain->op],
		    chain->frame_count - chain->op);
		chain->doubtful = vendor != NULL &&
		    platform_excludes(&platform, chain->frames, chain->op);
	}
	platform_close(&platform);
	find_sites(chains);
	for (size_t i = 0; i < chains->symbol_count; i++)
		sort_symbol(chains, &chains->symbols[i]);
}

const struct symbol *
chains_symbol(const struct chains *chains, const char *kernel, const char *source)
{
	struct text key = { 0 };
	void **place;

	text_add_format(&key, "%s\n%s", source, kernel);
	place = map_get(&chains->symbol_index, key.bytes, key.length);
	text_free(&key);
	return place != NULL ? &chains->symbols[(uintptr_t)*place - 1] : NULL;
}

bool
ask_is_negated(const struct json *ask)
{
	const struct json *negated = json_get(ask, "not");

	return negated != NULL && negated->type == JSON_BOOL && strcmp(negated->text, "true") == 0;
}

void
chains_close(struct chains *chains)
{
	for (size_t i = 0; i < chains->symbol_count; i++)
		free(chains->symbols[i].chains);
	free(chains->list);
	free(chains->sites);
	free(chains->roots);
	free(chains->symbols);
	map_free(&chains->symbol_index);
	map_free(&chains->site_index);
	map_free(&chains->root_index);
	graph_free(&chains->graph);
	arena_free(&chains->arena);
}
