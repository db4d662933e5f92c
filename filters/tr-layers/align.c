/* SPDX-License-Identifier: Apache-2.0 */
/* Dynamic programming over kernels and places in the models: which kernel is which place of
 * which layer, at the least cost. */
#include <stdlib.h>

#include "base/memory.h"
#include "repair.h"

/* States: a place of a model before the outside stretch, one after it, outside. */
enum { MOST_STATES = 0x7ffe, BEGIN = 0x7fff, NEW_LAYER = 0x8000 };

/* Kernels times states at most, two bytes each. */
enum { MOST_CELLS = 16 << 20 };

#define NEVER (INT64_MAX / 4)

struct match_table {
	const struct sequence *sequence;
	const struct models *models;
	enum stretch stretch;
	bool cut;
	uint32_t states;
	int64_t *cost, *next; /* by state */
	int64_t ends[2];      /* cheapest whole layer that ends here, before and after an outside part */
	uint32_t ends_at[2];  /* in which state; BEGIN for none */
	uint16_t *from;       /* by kernel and state: the state before, and NEW_LAYER */
};

static bool
has_phase(enum stretch stretch, int phase)
{
	return phase == 0 ? stretch != STRETCH_HEAD
	                  : stretch == STRETCH_HEAD || stretch == STRETCH_BREAK;
}

static void
find_ends(struct match_table *table, bool last)
{
	const struct models *models = table->models;
	bool free_end = last && table->cut && table->stretch != STRETCH_HEAD;
	uint32_t model, at;
	int phase;

	for (phase = 0; phase < 2; phase++) {
		table->ends[phase] = NEVER;
		table->ends_at[phase] = BEGIN;
		for (model = 0; has_phase(table->stretch, phase) && model < models->count; model++)
			for (at = models->begin[model]; at < models->begin[model + 1]; at++) {
				uint32_t state = (uint32_t)phase * models->length + at;
				int64_t cost = table->cost[state] + (free_end ? 0 :
				    (int64_t)COST_MISSING * (models->begin[model + 1] - 1 - at));

				if (cost < table->ends[phase]) {
					table->ends[phase] = cost;
					table->ends_at[phase] = state;
				}
			}
	}
}

/* How a layer may begin at the next kernel, and from which state. */
static int64_t
layer_start(const struct match_table *table, uint32_t kernel, int phase, uint32_t *from)
{
	uint32_t outside = 2 * table->models->length;
	int64_t cost = NEVER;

	*from = BEGIN;
	if (kernel == 0)
		return phase == 0 || table->stretch == STRETCH_HEAD ? 0 : NEVER;
	if (table->stretch != STRETCH_ONE) {
		cost = table->ends[phase];
		*from = table->ends_at[phase];
	}
	if (phase == 1 && table->cost[outside] <= cost) {
		cost = table->cost[outside];
		*from = outside;
	}
	return cost;
}

static void
step_model(struct match_table *table, uint32_t kernel, uint32_t class, int phase, uint32_t model,
    int64_t start, uint32_t started)
{
	const struct models *models = table->models;
	uint16_t *from = table->from + (size_t)kernel * table->states;
	uint32_t base = (uint32_t)phase * models->length, at, origin = started | NEW_LAYER;
	bool free_start = kernel == 0 && table->cut && table->stretch != STRETCH_TAIL;
	int64_t reach = start; /* cheapest way to arrive at this place */

	for (at = models->begin[model]; at < models->begin[model + 1]; at++) {
		uint32_t state = base + at;
		int64_t stay = kernel > 0 ? table->cost[state] + COST_EXTRA : NEVER;
		int64_t cost;

		if (at > models->begin[model]) {
			reach += free_start ? 0 : COST_MISSING;
			if (kernel > 0 && table->cost[state - 1] <= reach) {
				reach = table->cost[state - 1];
				origin = state - 1;
			}
		}
		cost = reach + (models->class[at] == class ? 0 : COST_OTHER);
		from[state] = (uint16_t)origin;
		if (stay < cost) {
			cost = stay;
			from[state] = (uint16_t)state;
		}
		table->next[state] = cost < NEVER ? cost : NEVER;
	}
}

static void
step_outside(struct match_table *table, uint32_t kernel, uint32_t class)
{
	uint32_t outside = 2 * table->models->length;
	uint16_t *from = table->from + (size_t)kernel * table->states;
	int64_t enter = table->stretch == STRETCH_BREAK ? COST_PASS : 0, cost = NEVER;

	from[outside] = BEGIN;
	table->next[outside] = NEVER;
	if (table->stretch == STRETCH_LAYERS || table->stretch == STRETCH_ONE)
		return;
	if (kernel == 0) {
		cost = enter;
	} else {
		cost = table->cost[outside];
		from[outside] = (uint16_t)outside;
		if (table->stretch != STRETCH_HEAD && table->ends[0] + enter < cost) {
			cost = table->ends[0] + enter;
			from[outside] = (uint16_t)table->ends_at[0];
		}
	}
	table->next[outside] = cost + (table->models->known[class] ? COST_OUTSIDE : 0);
}

static void
step(struct match_table *table, uint32_t kernel, uint32_t class)
{
	uint32_t model, started;
	int64_t *swap, start;
	int phase;

	for (phase = 0; phase < 2; phase++) {
		if (!has_phase(table->stretch, phase))
			continue;
		start = layer_start(table, kernel, phase, &started);
		for (model = 0; model < table->models->count; model++)
			step_model(table, kernel, class, phase, model, start, started);
	}
	step_outside(table, kernel, class);
	swap = table->cost;
	table->cost = table->next;
	table->next = swap;
}

/* The state in which the stretch ends best. */
static uint32_t
last_state(const struct match_table *table, int64_t *cost)
{
	uint32_t outside = 2 * table->models->length, state = BEGIN;
	int phase;

	*cost = NEVER;
	for (phase = 0; phase < 2; phase++)
		if ((phase == 1 || table->stretch != STRETCH_BREAK) &&
		    table->ends[phase] < *cost) {
			*cost = table->ends[phase];
			state = table->ends_at[phase];
		}
	if (table->cost[outside] < *cost) {
		*cost = table->cost[outside];
		state = outside;
	}
	return state;
}

static void
add_piece(struct alignment *alignment, uint32_t begin, uint32_t end, bool outside)
{
	alignment->pieces = memory_grow(alignment->pieces, alignment->count,
	    &alignment->capacity, sizeof(*alignment->pieces));
	alignment->pieces[alignment->count++] = (struct piece){ begin, end, outside };
}

/* Back over the kernels; pieces come out last first and are turned round. */
static void
trace_back(const struct match_table *table, uint32_t begin, uint32_t end, uint32_t state,
    struct alignment *alignment)
{
	uint32_t outside = 2 * table->models->length, at = end, piece_end = end;
	size_t i;

	while (at > begin) {
		uint16_t from = table->from[(size_t)(at - 1 - begin) * table->states + state];
		uint32_t before = from & BEGIN;

		at--;
		if (state == outside ? before != outside : (from & NEW_LAYER) != 0) {
			add_piece(alignment, at, piece_end, state == outside);
			piece_end = at;
		}
		state = before;
	}
	for (i = 0; i < alignment->count / 2; i++) {
		struct piece swap = alignment->pieces[i];

		alignment->pieces[i] = alignment->pieces[alignment->count - 1 - i];
		alignment->pieces[alignment->count - 1 - i] = swap;
	}
}

bool
align(const struct sequence *sequence, const struct models *models, uint32_t begin,
    uint32_t end, enum stretch stretch, bool cut, struct alignment *alignment)
{
	struct match_table table = { .sequence = sequence, .models = models, .stretch = stretch,
		.cut = cut, .states = 2 * models->length + 1 };
	uint32_t state, i;

	*alignment = (struct alignment){ 0 };
	if (end == begin || table.states > MOST_STATES ||
	    (uint64_t)(end - begin) * table.states > MOST_CELLS)
		return false;
	table.cost = memory_alloc(table.states * sizeof(*table.cost));
	table.next = memory_alloc(table.states * sizeof(*table.next));
	table.from = memory_alloc((size_t)(end - begin) * table.states * sizeof(*table.from));
	for (i = 0; i < table.states; i++)
		table.cost[i] = table.next[i] = NEVER;
	for (i = begin; i < end; i++) {
		step(&table, i - begin, sequence_class(sequence, i));
		find_ends(&table, i + 1 == end);
	}
	state = last_state(&table, &alignment->cost);
	if (state != BEGIN)
		trace_back(&table, begin, end, state, alignment);
	free(table.cost);
	free(table.next);
	free(table.from);
	return state != BEGIN;
}
