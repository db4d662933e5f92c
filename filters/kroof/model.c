/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the keys of config.tsv in a config and divides them among the ranks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/input.h"
#include "base/memory.h"
#include "base/text.h"
#include "json/json.h"
#include "model.h"

extern const char config_tsv[];

enum { SIZE, KEYS, RANKS, COLUMNS };

static const struct json *
parse_config(struct model *model, const char *path)
{
	struct input *input = input_open(path);
	struct text text = { 0 };
	struct json_error error;
	const struct json *root, *inner;
	char buffer[65536];
	ptrdiff_t count;

	while ((count = input_read(input, buffer, sizeof(buffer))) > 0)
		text_add(&text, buffer, (size_t)count);
	if (count < 0)
		die("%s: %s", input_name(input), input_error(input));
	input_close(input);
	text_add(&text, "", 0);
	root = json_parse(&model->arena, arena_copy(&model->arena, text.bytes, text.length),
	    text.length, &error);
	text_free(&text);
	if (root == NULL)
		die("%s: byte %zu: %s", path, error.offset, error.message);
	inner = json_get(root, "text_config");
	return inner != NULL && inner->type == JSON_OBJECT ? inner : root;
}

/* The first of the keys that has a number. */
static bool
find_key(const struct json *config, const char *keys, double *value)
{
	char key[64];

	while (*keys != '\0') {
		size_t length = strcspn(keys, " ");

		if (length < sizeof(key)) {
			memcpy(key, keys, length);
			key[length] = '\0';
			if (json_number(json_get(config, key), value))
				return true;
		}
		keys += length + (keys[length] == ' ');
	}
	return false;
}

static double
divide(const char *path, const struct table_row *row, double value, double tp)
{
	const char *how = row->cells[RANKS];

	if (strcmp(how, "vocabulary") == 0)
		return ceil(ceil(value / 64) * 64 / tp);
	if (strcmp(how, "kv") == 0 && value < tp)
		return 1;
	if (strcmp(how, "all") == 0)
		return value;
	if (fmod(value, tp) > 0)
		die("%s: %s %.0f does not divide by %.0f ranks", path, row->cells[KEYS], value, tp);
	return value / tp;
}

static void
read_sizes(struct model *model, const struct json *config, const char *path, double tp)
{
	struct table table = table_open(config_tsv, COLUMNS);

	for (size_t i = 0; i < table.count; i++) {
		const struct table_row *row = &table.rows[i];
		double value;

		if (!find_key(config, row->cells[KEYS], &value))
			continue;
		if (strcmp(row->cells[SIZE], "unusual") == 0) {
			if (value > 0)
				model->unusual = arena_copy(&model->arena, row->cells[KEYS],
				    strlen(row->cells[KEYS]));
			continue;
		}
		value = divide(path, row, value, tp);
		sizes_set(&model->sizes, row->cells[SIZE], value, value);
	}
	table_close(&table);
	if (sizes_find(&model->sizes, "experts") == NULL)
		sizes_set(&model->sizes, "experts", 0, 0);
}

static double
size_or(const struct model *model, const char *name, double otherwise)
{
	const struct size *size = sizes_find(&model->sizes, name);

	return size != NULL ? size->low : otherwise;
}

/* The head dimension where the config does not have it, of all heads, not of a rank's. */
static void
find_head(struct model *model, const struct json *config, double tp)
{
	double d, heads = size_or(model, "heads", 0) * tp;

	if (!json_number(json_get(config, "head_dim"), &d))
		d = heads > 0 ? size_or(model, "hidden", 0) / heads : 0;
	if (d > 0)
		sizes_set(&model->sizes, "d", d, d);
}

/* What weights are stored in. mxfp4 and its like hold the experts only. */
static void
find_weights(struct model *model, const struct json *config)
{
	const struct json *quantised = json_get(config, "quantization_config");
	const char *method = json_string(json_get(quantised, "quant_method"));
	double weights = 2, activations = 2, experts = 2, bits = 0, group = 0;

	model->weights = PEAK_BF16;
	if (method != NULL && strcmp(method, "mxfp4") == 0)
		experts = 0.5 + 1.0 / 32;
	else if (method != NULL && strstr(method, "fp8") != NULL) {
		weights = activations = experts = 1;
		model->weights = PEAK_FP8;
	} else if (json_number(json_get(quantised, "bits"), &bits) && bits > 0) {
		json_number(json_get(quantised, "group_size"), &group);
		weights = experts = bits / 8 + (group > 0 ? 2 / group : 0);
	}
	sizes_set(&model->sizes, "weight_bytes", weights, weights);
	sizes_set(&model->sizes, "activation_bytes", activations, activations);
	sizes_set(&model->sizes, "expert_bytes", experts, experts);
}

/* Which layers see a window only: layer_types says it of each; a window without it is on all
 * layers of some models and on some layers of others. */
static void
find_windows(struct model *model, const struct json *config)
{
	const struct json *types = json_get(config, "layer_types"), *type;
	const struct json *used = json_get(config, "use_sliding_window");
	bool has_window = size_or(model, "window", 0) > 0 &&
	    !(used != NULL && used->type == JSON_BOOL && used->text[0] == 'f');
	int layer = 0;

	model->layers = (int)size_or(model, "layers", 0);
	model->windowed = memory_alloc_zero((size_t)model->layers + 1, 1);
	for (int i = 0; i < model->layers; i++)
		model->windowed[i] = has_window ? -1 : 0;
	if (types == NULL || types->type != JSON_ARRAY)
		return;
	for (type = types->child; type != NULL && layer < model->layers; type = type->next) {
		const char *name = json_string(type);

		if (name == NULL)
			continue;
		model->windowed[layer++] = strcmp(name, "sliding_attention") == 0;
		if (strcmp(name, "sliding_attention") != 0 && strcmp(name, "full_attention") != 0)
			model->unusual = "layer_types";
	}
}

void
model_read(struct model *model, const char *path, int64_t tp)
{
	const struct json *config = parse_config(model, path);
	double layers = 0;

	read_sizes(model, config, path, (double)tp);
	layers = size_or(model, "layers", 0);
	if (!(size_or(model, "hidden", 0) > 0) || !(layers > 0) || !(layers < 100000) ||
	    !(size_or(model, "heads", 0) > 0))
		die("%s: no config of a model: hidden_size, num_hidden_layers and "
		    "num_attention_heads must be numbers", path);
	find_head(model, config, (double)tp);
	find_weights(model, config);
	find_windows(model, config);
	model->known = true;
}

void
model_close(struct model *model)
{
	arena_free(&model->arena);
	free(model->windowed);
	*model = (struct model){ 0 };
}
