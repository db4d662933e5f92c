/* SPDX-License-Identifier: Apache-2.0 */
/* Walks through each step with a few counts of what has been seen in the layer. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "roles.h"

extern const char roles_tsv[];

enum { MATCH, WHEN, FAMILY, SIZES, TYPE, COUNTS, MARKS, NOTE, COLUMNS };

/* How far after its product a helper may come, in pieces of work. */
enum { HELPER_REACH = 12 };

enum count { LAYER, PRODUCTS, ATTENDED, MOE, QK, COPIES, QKV, NORMS, STRANGE, HEAD_NORMS,
	COUNT_KINDS, FIRST_OF_STEP = NORMS };
static const char *const count_names[COUNT_KINDS] = { "layer", "products", "attended", "moe",
	"qk", "copies", "qkv", "norms", "strange", "head_norms" };

/* Where one step has got to. */
struct state {
	const struct model *model;
	const struct step *step;
	const struct item *item;
	double counts[COUNT_KINDS];
	double head_norms_seen;
	double caught[3]; /* numbers in the name */
	int catches;
};

struct roles
roles_open(void)
{
	struct roles roles = { .table = table_open(roles_tsv, COLUMNS) };

	roles.patterns = memory_alloc((roles.table.count + 1) * sizeof(*roles.patterns));
	for (size_t i = 0; i < roles.table.count; i++)
		if (regcomp(&roles.patterns[i], roles.table.rows[i].cells[MATCH], REG_EXTENDED) != 0)
			die("a built-in pattern is wrong: %s", roles.table.rows[i].cells[MATCH]);
	return roles;
}

void
roles_close(struct roles *roles)
{
	for (size_t i = 0; i < roles->table.count; i++)
		regfree(&roles->patterns[i]);
	free(roles->patterns);
	table_close(&roles->table);
}

static bool
state_size(void *context, const char *name, double *value)
{
	const struct state *state = context;
	const struct size *size = sizes_find(&state->step->sizes, name);
	int layer = (int)state->counts[LAYER];

	for (int i = 0; i < COUNT_KINDS; i++)
		if (strcmp(name, count_names[i]) == 0) {
			*value = state->counts[i];
			return true;
		}
	if (strcmp(name, "graph") == 0)
		*value = state->item->graph;
	else if (strcmp(name, "head_norms_seen") == 0)
		*value = state->head_norms_seen;
	else if (name[0] == 'c' && name[1] >= '1' && name[1] <= '3' && name[2] == '\0') {
		if (name[1] - '0' > state->catches)
			return false;
		*value = state->caught[name[1] - '1'];
	} else if (strcmp(name, "windowed") == 0) {
		if (layer >= state->model->layers || state->model->windowed[layer] < 0)
			return false;
		*value = state->model->windowed[layer];
	} else if (size != NULL || (size = sizes_find(&state->model->sizes, name)) != NULL)
		*value = size->low;
	else
		return false;
	return true;
}

static void
catch_numbers(struct state *state, const char *text, const regmatch_t *groups)
{
	state->catches = 0;
	for (int i = 0; i < 3 && groups[i + 1].rm_so >= 0; i++)
		state->caught[state->catches++] = strtod(text + groups[i + 1].rm_so, NULL);
}

/* The row of an item; NULL when there is none. */
static const struct table_row *
find_row(struct state *state, const struct roles *roles)
{
	struct expression_scope scope = { state, state_size, NULL };
	regmatch_t groups[4];

	for (size_t i = 0; i < roles->table.count; i++) {
		char lacking[EXPRESSION_NAME];
		double holds;

		if (regexec(&roles->patterns[i], state->item->class, 4, groups, 0) != 0)
			continue;
		catch_numbers(state, state->item->class, groups);
		if (expression_value(roles->table.rows[i].cells[WHEN], &scope, &holds, lacking) &&
		    holds != 0)
			return &roles->table.rows[i];
	}
	return NULL;
}

static void
count_up(struct state *state, const char *names)
{
	bool ends_layer = false;

	for (int i = 0; i < COUNT_KINDS; i++) {
		const char *at = strstr(names, count_names[i]);
		size_t length = strlen(count_names[i]);

		/* whole words only: qk is in qkv */
		if (at == NULL || (at != names && at[-1] != ' ') ||
		    (at[length] != '\0' && at[length] != ' '))
			continue;
		state->counts[i]++;
		ends_layer = ends_layer || i == LAYER;
	}
	for (int i = PRODUCTS; ends_layer && i < FIRST_OF_STEP; i++)
		state->counts[i] = 0;
}

static enum peak
arithmetic(const struct model *model, const char *type)
{
	if (strcmp(type, "weights") == 0)
		return model->weights;
	return strcmp(type, "fp8") == 0 ? PEAK_FP8 : PEAK_BF16;
}

/* Sizes that the state knows under the names that the family asks for. */
static void
fill_known(struct sizes *sizes, struct state *state)
{
	static const char *const names[] = { "tokens", "kv", "pairs", "topk", "experts", "d", "h",
		"heads", "kv_heads" };
	double value;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sizes_find(sizes, names[i]) == NULL &&
		    state_size(state, names[i], &value))
			sizes_set(sizes, names[i], value, value);
}

static void
take(struct item *item, struct state *state, const struct table_row *row,
    const struct families *families)
{
	struct expression_scope scope = { state, state_size, NULL };
	struct sizes sizes = { .count = 0 };
	char lacking[EXPRESSION_NAME];

	if (!sizes_make(&sizes, row->cells[SIZES], &scope, lacking)) {
		item->why = strcmp(row->cells[FAMILY], "attention") == 0
		    ? "the lengths of the requests are not in the trace"
		    : "the config or the annotation lacks a size";
		return;
	}
	fill_known(&sizes, state);
	if (!work_make(&item->work, families, row->cells[FAMILY], &sizes, lacking)) {
		item->why = strcmp(row->cells[FAMILY], "attention") == 0
		    ? "the lengths of the requests are not in the trace"
		    : "the config or the annotation lacks a size";
		return;
	}
	item_take_sizes(item, &sizes);
	item->work.type = arithmetic(state->model, row->cells[TYPE]);
	item->origin = ORIGIN_CONFIG;
	item->assumed = strstr(row->cells[MARKS], "assumed") != NULL;
	item->role = strstr(row->cells[MARKS], "role") != NULL;
	item->note = row->cells[NOTE];
	item->why = NULL;
}

/* The nearest product or attention before it on its stream. */
static void
help(struct kernels *kernels, size_t at)
{
	struct item *item = &kernels->items[at];

	for (size_t back = 1; back <= HELPER_REACH && back <= at; back++) {
		struct item *main = &kernels->items[at - back];

		if (main->stream != item->stream || main->origin == ORIGIN_NONE ||
		    main->work.engine != ENGINE_TENSOR)
			continue;
		item->owner = (int32_t)(at - back);
		item->origin = main->origin;
		item->why = NULL;
		return;
	}
}

static void
place_item(struct kernels *kernels, size_t at, struct state *state, const struct roles *roles,
    const struct families *families)
{
	struct item *item = &kernels->items[at];
	const struct table_row *row;

	state->item = item;
	row = find_row(state, roles);
	if (row == NULL)
		return;
	if (families != NULL && item->origin == ORIGIN_NONE) {
		if (strstr(row->cells[MARKS], "helper") != NULL)
			help(kernels, at);
		else if (row->cells[FAMILY][0] != '-')
			take(item, state, row, families);
	}
	count_up(state, row->cells[COUNTS]);
}

/* One walk over the items of all steps; without families only the counts are made. */
static void
walk(struct kernels *kernels, struct state *states, const struct roles *roles,
    const struct families *families)
{
	for (size_t i = 0; i < kernels->count; i++) {
		struct item *item = &kernels->items[i];

		if (item->step != NONE && item->kind == TRACE_KERNEL)
			place_item(kernels, i, &states[item->step], roles, families);
	}
}

static const char *
disbelief(const struct state *state)
{
	struct text why = { 0 };
	const char *kept;

	if (state->model->unusual != NULL)
		text_add_format(&why, "the config has %s: which product is which is not known",
		    state->model->unusual);
	else if (state->counts[STRANGE] > 0)
		text_add_string(&why, "the step has products that a plain layer has not: which is "
		    "which is not certain");
	else if ((int)state->counts[LAYER] != state->model->layers)
		text_add_format(&why, "layers found in this step: %.0f, in the config: %d: which "
		    "product is which is not certain", state->counts[LAYER], state->model->layers);
	else
		return NULL;
	kept = intern_string(why.bytes);
	text_free(&why);
	return kept;
}

/* Roles hang on the layers. */
static void
withdraw(struct kernels *kernels, const struct state *states, const struct model *model)
{
	for (size_t i = 0; i < kernels->count; i++) {
		struct item *item = &kernels->items[i];
		const char *why;

		if (item->step == NONE || item->origin != ORIGIN_CONFIG)
			continue;
		why = disbelief(&states[item->step]);
		/* A config of other layers is of another model, and its sizes, too. */
		if (why == NULL || (model->unusual != NULL && !item->role &&
		    item->owner == (int32_t)i))
			continue;
		item->origin = ORIGIN_NONE;
		item->owner = (int32_t)i;
		item->why = why;
	}
}

void
roles_read(struct kernels *kernels, const struct model *model, const struct roles *roles,
    const struct families *families)
{
	struct state *states;

	if (!model->known || kernels->steps.count == 0)
		return;
	states = memory_alloc_zero(kernels->steps.count, sizeof(*states));
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < kernels->steps.count; i++)
			states[i] = (struct state){ .model = model, .step = &kernels->steps.list[i],
				.head_norms_seen = states[i].counts[HEAD_NORMS] };
		walk(kernels, states, roles, pass == 0 ? NULL : families);
	}
	withdraw(kernels, states, model);
	free(states);
}
