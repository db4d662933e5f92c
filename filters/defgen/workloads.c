/* SPDX-License-Identifier: Apache-2.0 */
/* Writes workloads: sizes of the variable axes, tensors of numbers that must make sense (where
 * sequences begin, which pages are theirs) as safetensors, and nothing but a mark for those
 * that may be random. */
#include "workloads.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/output.h"

/* One definition under one pass. */
struct load {
	struct catalogue *catalogue;
	const struct definition *definition;
	const struct pass *pass;
	struct arena *arena;
	bool rows_are_sequences; /* the last token of each alone: the head, and what samples */
	int64_t page_size;       /* 0 where nothing is paged */
	struct text blob, head;  /* tensors so far: their bytes, and what is said of them */
};

static bool
is_op(const struct load *load, const char *op)
{
	return strcmp(load->definition->family->op_type, op) == 0;
}

static int64_t
constant(const struct load *load, const char *parameter)
{
	const char *text = parameter_get(&load->definition->parameters, parameter);

	return text == NULL ? 0 : strtoll(text, NULL, 10);
}

static int64_t
rows(const struct load *load)
{
	return load->rows_are_sequences ? load->pass->sequences : load->pass->tokens;
}

/* Heads of an attention of the same run, for what turns queries and keys of any number. */
static int64_t
heads_of_run(const struct load *load, const char *parameter)
{
	const struct definition *other = load->catalogue->definitions;

	for (; other != NULL; other = other->next) {
		const char *text = parameter_get(&other->parameters, parameter);

		if (text != NULL && strtoll(text, NULL, 10) > 0)
			return strtoll(text, NULL, 10);
	}
	return 1;
}

static int64_t
pages_of_sequence(const struct load *load)
{
	int64_t size = load->page_size > 0 ? load->page_size : 1;

	return (load->pass->context + size - 1) / size;
}

/* The size of a variable axis; 0: not known. */
static int64_t
size_of(const struct load *load, const char *axis)
{
	static const char *const tokens[] = { "M", "seq_len", "num_tokens", "total_q",
		"total_tokens", "total_seq_len", NULL };
	static const char *const sequences[] = { "num_seqs", "state_cache_size", "pool_size",
		NULL };
	const struct pass *pass = load->pass;

	for (size_t i = 0; tokens[i] != NULL; i++)
		if (strcmp(axis, tokens[i]) == 0)
			return is_op(load, "gdn") ? pass->tokens / pass->sequences : rows(load);
	for (size_t i = 0; sequences[i] != NULL; i++)
		if (strcmp(axis, sequences[i]) == 0)
			return pass->sequences;
	if (strcmp(axis, "batch_size") == 0)
		return is_op(load, "rmsnorm") || is_op(load, "layernorm") ? rows(load) : pass->sequences;
	if (strcmp(axis, "len_indptr") == 0 || strcmp(axis, "len_cu_seqlens") == 0)
		return pass->sequences + 1;
	if (strcmp(axis, "total_kv") == 0 || strcmp(axis, "num_entries") == 0)
		return pass->context * pass->sequences;
	if (strcmp(axis, "num_pages") == 0 || strcmp(axis, "num_kv_indices") == 0)
		return pages_of_sequence(load) * pass->sequences;
	if (strcmp(axis, "max_num_pages") == 0)
		return pages_of_sequence(load);
	if (strcmp(axis, "max_seq_len") == 0)
		return pass->context;
	if (strcmp(axis, "num_selected") == 0)
		return pass->context < 640 ? pass->context : 640;
	if (strcmp(axis, "num_qo_heads") == 0 || strcmp(axis, "num_kv_heads") == 0)
		return heads_of_run(load, axis);
	return 0;
}

/* What a tensor of whole numbers holds at `at` (of rows of `width`). False: not understood. */
static bool
value_at(const struct load *load, const char *name, int64_t at, int64_t width, int64_t *value)
{
	const struct pass *pass = load->pass;
	int64_t each = pass->tokens / pass->sequences, pages = pages_of_sequence(load);
	int64_t row = width > 0 ? at / width : at, column = width > 0 ? at % width : 0;

	if (strcmp(name, "qo_indptr") == 0 || strcmp(name, "cu_seqlens") == 0)
		*value = at == pass->sequences ? pass->tokens : at * each;
	else if (strcmp(name, "kv_indptr") == 0)
		*value = at * (load->page_size > 0 ? pages : pass->context);
	else if (strcmp(name, "kv_indices") == 0)
		*value = at;
	else if (strcmp(name, "kv_last_page_len") == 0)
		*value = pass->context - (pages - 1) * load->page_size;
	else if (strcmp(name, "seq_lens") == 0)
		*value = pass->context;
	else if (strcmp(name, "block_table") == 0)
		*value = at;
	else if (strcmp(name, "positions") == 0)
		*value = pass->context - each + at % each;
	else if (strstr(name, "state") != NULL && strstr(name, "indices") != NULL)
		*value = at;
	else if (strcmp(name, "topk_ids") == 0)
		*value = (row * width + column) % (constant(load, "num_local_experts") > 0 ?
		    constant(load, "num_local_experts") : 1);
	else if (strcmp(name, "sparse_indices") == 0 || strcmp(name, "indices") == 0)
		*value = column < pass->context ? (row % pass->sequences) * pass->context + column : -1;
	else if (strcmp(name, "top_k") == 0)
		*value = 40;
	else
		return false;
	return true;
}

static void
put_bytes(struct text *text, int64_t value, int size)
{
	for (int i = 0; i < size; i++)
		text_add_char(text, (char)((uint64_t)value >> (8 * i)));
}

/* One tensor of the blob; false when its numbers are not understood. */
static bool
add_tensor(struct load *load, const struct tensor *tensor, const int64_t *shape)
{
	int size = strcmp(tensor->dtype, "int64") == 0 ? 8 : 4;
	size_t begin = load->blob.length;
	int64_t count = 1, value;

	for (size_t i = 0; i < tensor->rank; i++)
		count *= shape[i];
	for (int64_t at = 0; at < count; at++) {
		if (!value_at(load, tensor->name, at, tensor->rank > 1 ? shape[tensor->rank - 1] : 0,
		    &value))
			return false;
		put_bytes(&load->blob, value, size);
	}
	text_add_format(&load->head, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
	    load->head.length > 0 ? "," : "", tensor->name, size == 8 ? "I64" : "I32");
	for (size_t i = 0; i < tensor->rank; i++)
		text_add_format(&load->head, "%s%lld", i > 0 ? "," : "", (long long)shape[i]);
	text_add_format(&load->head, "],\"data_offsets\":[%zu,%zu]}", begin, load->blob.length);
	return true;
}

static double
scalar_of(const struct load *load, const char *name)
{
	int64_t head = constant(load, "head_dim");

	if (head == 0)
		head = constant(load, "qk_dim");
	if (head == 0) /* compressed heads: queries have as many values as DeepSeek's before */
		head = 2 * constant(load, "head_dim_kpe") + constant(load, "head_dim_kpe");
	if (strcmp(name, "sm_scale") == 0 && head > 0)
		return 1.0 / sqrt((double)head);
	if (strcmp(name, "scale") == 0 && constant(load, "head_size") > 0)
		return 1.0 / sqrt((double)constant(load, "head_size"));
	return strcmp(name, "local_expert_offset") == 0 ? 0 : 1;
}

static int64_t
axis_size(const struct load *load, const char *name)
{
	for (const struct line *line = load->definition->family->axes; line != NULL;
	    line = line->next) {
		struct axis axis = family_axis(load->arena, line, &load->definition->parameters);

		if (strcmp(axis.name, name) == 0)
			return axis.constant ? axis.value : size_of(load, name);
	}
	return 0;
}

static bool
is_whole(const char *dtype)
{
	return strcmp(dtype, "int32") == 0 || strcmp(dtype, "int64") == 0;
}

/* All inputs as text; false when one is not understood, which `what` then names. */
static bool
write_inputs(struct load *load, const char *blob, struct text *text, const char **what)
{
	const struct line *line = load->definition->family->inputs;

	for (; line != NULL; line = line->next) {
		struct tensor tensor = family_tensor(load->arena, line,
		    &load->definition->parameters);
		int64_t shape[8];

		if (tensor.name[0] == '\0')
			continue;
		*what = tensor.name;
		text_add_format(text, "%s\"%s\":", text->length > 0 ? "," : "", tensor.name);
		for (size_t i = 0; i < tensor.rank; i++)
			if ((shape[i] = axis_size(load, tensor.shape[i])) < 1)
				return false;
		if (tensor.scalar && is_whole(tensor.dtype))
			text_add_format(text, "{\"type\":\"scalar\",\"value\":%d}",
			    (int)scalar_of(load, tensor.name));
		else if (tensor.scalar)
			text_add_format(text, "{\"type\":\"scalar\",\"value\":%.9g}",
			    scalar_of(load, tensor.name));
		else if (!is_whole(tensor.dtype))
			text_add_string(text, "{\"type\":\"random\"}");
		else if (add_tensor(load, &tensor, shape))
			text_add_format(text, "{\"type\":\"safetensors\",\"path\":\"%s\","
			    "\"tensor_key\":\"%s\"}", blob, tensor.name);
		else
			return false;
	}
	return true;
}

static bool
write_axes(struct load *load, struct text *text, const char **what)
{
	const struct line *line = load->definition->family->axes;

	for (; line != NULL; line = line->next) {
		struct axis axis = family_axis(load->arena, line, &load->definition->parameters);
		int64_t size;

		if (axis.name[0] == '\0' || axis.constant)
			continue;
		*what = axis.name;
		size = size_of(load, axis.name);
		if (size < 1)
			return false;
		text_add_format(text, "%s\"%s\":%lld", text->length > 0 ? "," : "", axis.name,
		    (long long)size);
	}
	return true;
}

/* The same name for the same sizes, whenever it is made. */
static const char *
uuid_of(struct arena *arena, const char *name, const char *axes)
{
	uint64_t high = 0xcbf29ce484222325u, low = 0x84222325cbf29ce4u;

	for (const char *at = name; *at != '\0'; at++)
		high = (high ^ (unsigned char)*at) * 0x100000001b3u;
	for (const char *at = axes; *at != '\0'; at++)
		low = (low ^ (unsigned char)*at) * 0x100000001b3u;
	return arena_format(arena, "%08x-%04x-5%03x-8%03x-%012llx", (unsigned)(high >> 32),
	    (unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xfff, (unsigned)(low >> 48) & 0xfff,
	    (unsigned long long)low & 0xffffffffffff);
}

/* ROOT/A/B/C/, made where it lacks. */
static char *
folder_of(struct arena *arena, const char *root, const char *a, const char *b, const char *c)
{
	const char *parts[] = { a, b, c };
	char *path = arena_copy(arena, root, strlen(root));

	for (size_t i = 0; i <= 3; i++) {
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			die("%s:", path);
		if (i < 3 && parts[i] != NULL)
			path = arena_format(arena, "%s/%s", path, parts[i]);
	}
	return path;
}

static void
write_blob(struct load *load, const char *root, const char *uuid)
{
	const struct definition *definition = load->definition;
	struct text whole = { 0 };
	struct output *out;
	char *folder;

	folder = folder_of(load->arena, arena_format(load->arena, "%s/blob", root), "workloads",
	    definition->family->op_type, definition->name);
	put_bytes(&whole, (int64_t)load->head.length + 2, 8);
	text_add_char(&whole, '{');
	text_add(&whole, load->head.bytes, load->head.length);
	text_add_char(&whole, '}');
	out = output_file(arena_format(load->arena, "%s/%s.safetensors", folder, uuid));
	output_bytes(out, whole.bytes, whole.length);
	output_bytes(out, load->blob.bytes, load->blob.length);
	output_close(out);
	text_free(&whole);
}

/* One line of a definition's workloads; a pass that gives the same sizes again adds none. */
static bool
write_load(struct load *load, const char *root, struct text *lines, const char **what)
{
	const struct definition *definition = load->definition;
	struct text axes = { 0 }, inputs = { 0 };
	bool made = write_axes(load, &axes, what);
	const char *uuid = made ? uuid_of(load->arena, definition->name, axes.bytes) : "";

	made = made && write_inputs(load, arena_format(load->arena,
	    "blob/workloads/%s/%s/%s.safetensors", definition->family->op_type, definition->name,
	    uuid), &inputs, what);
	if (made && (lines->length == 0 || strstr(lines->bytes, uuid) == NULL)) {
		text_add_format(lines, "{\"definition\":\"%s\",\"workload\":{\"uuid\":\"%s\","
		    "\"axes\":{%s},\"inputs\":{%s}},\"count\":%lld}\n", definition->name, uuid,
		    axes.bytes, inputs.bytes, (long long)load->pass->count);
		if (load->blob.length > 0)
			write_blob(load, root, uuid);
	}
	text_free(&axes);
	text_free(&inputs);
	return made;
}

static bool
has_tag(const struct definition *definition, const char *tag)
{
	for (const struct line *line = definition->family->tags; line != NULL; line = line->next)
		if (strcmp(line->text, tag) == 0)
			return true;
	return false;
}

static bool
is_head(const struct definition *definition)
{
	for (const struct use *use = definition->uses; use != NULL; use = use->next)
		if (strstr(use->path, "lm_head") == NULL)
			return false;
	return definition->uses != NULL;
}

static void
save(struct arena *arena, const char *folder, const char *name, const struct text *text)
{
	struct output *out = output_file(arena_format(arena, "%s/%s", folder, name));

	output_bytes(out, text->bytes, text->length);
	output_close(out);
}

static void
write_definition_loads(struct catalogue *catalogue, const struct definition *definition,
    const struct passes *passes, const char *root)
{
	const char *op = definition->family->op_type, *what = "";
	struct arena arena = { 0 };
	struct text lines = { 0 };
	bool made = true;

	for (const struct pass *pass = passes->first; pass != NULL && made; pass = pass->next) {
		struct load load = { .catalogue = catalogue, .definition = definition, .pass = pass,
			.arena = &arena };

		if (has_tag(definition, pass->decode ? "stage:prefill" : "stage:decode") ||
		    (!pass->decode && has_tag(definition, "stage:mtp")))
			continue;
		load.rows_are_sequences = strcmp(op, "sampling") == 0 || is_head(definition);
		load.page_size = axis_size(&load, "page_size");
		if (strstr(definition->name, "_indexer_") != NULL)
			load.page_size = 64;
		made = write_load(&load, root, &lines, &what);
		text_free(&load.blob);
		text_free(&load.head);
	}
	if (!made)
		remark_add(catalogue, FINDING_NO_FAMILY, "workloads", "", 0, definition->name,
		    arena_format(&arena, "no workload: what %s holds is not known", what));
	else if (lines.length > 0)
		save(&arena, folder_of(&arena, arena_format(&arena, "%s/workloads", root), op, NULL,
		    NULL), arena_format(&arena, "%s.jsonl", definition->name), &lines);
	text_free(&lines);
	arena_free(&arena);
}

/* A solution to begin with: the call of the library where the family says one, else the
 * reference itself. */
static void
write_solution(const struct definition *definition, const char *root)
{
	const char *variant = parameter_get(&definition->parameters, "variant"), *name;
	const char *apart = parameter_get(&definition->parameters, "variant_v"), *call;
	struct arena arena = { 0 };
	struct json_writer *writer;
	struct output *out;
	char *folder = folder_of(&arena, arena_format(&arena, "%s/solutions", root), "baseline",
	    definition->family->op_type, definition->name);

	/* The library's call is that of the plain form. */
	call = (variant != NULL && variant[0] != '\0') || (apart != NULL && apart[0] != '\0') ? NULL :
	    definition->family->call;
	name = arena_format(&arena, "%s_%s", call != NULL ? "flashinfer" : "torch",
	    definition->name);
	out = output_file(arena_format(&arena, "%s/%s.json", folder, name));
	writer = json_writer_open(out, true);
	json_object_begin(writer);
	json_member_string(writer, "name", name);
	json_member_string(writer, "definition", definition->name);
	json_member_string(writer, "author", "baseline");
	json_member_string(writer, "description", call != NULL ?
	    "FlashInfer's function of the same computation." :
	    "The reference: plain PyTorch, slow.");
	json_key(writer, "spec");
	json_object_begin(writer);
	json_member_string(writer, "language", "python");
	json_key(writer, "target_hardware");
	json_array_begin(writer);
	json_put_string(writer, "cuda");
	json_array_end(writer);
	json_member_string(writer, "entry_point", "main.py::run");
	json_member_bool(writer, "destination_passing_style", false);
	json_object_end(writer);
	json_key(writer, "sources");
	json_array_begin(writer);
	json_object_begin(writer);
	json_member_string(writer, "path", "main.py");
	json_member_string(writer, "content", family_fill(&arena, call != NULL ? call :
	    definition->family->reference, &definition->parameters));
	json_object_end(writer);
	json_array_end(writer);
	json_object_end(writer);
	json_writer_close(writer);
	output_close(out);
	arena_free(&arena);
}

void
workloads_write(struct catalogue *catalogue, const struct passes *passes, const char *root)
{
	const struct definition *definition = catalogue->definitions;

	for (; definition != NULL; definition = definition->next) {
		if (definition->exists)
			continue;
		write_definition_loads(catalogue, definition, passes, root);
		write_solution(definition, root);
	}
}
