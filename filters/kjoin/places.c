/* SPDX-License-Identifier: Apache-2.0 */
/* Goes through the layers, then through what is around them, and asks the order of kernels
 * which of their leads hold. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/intern.h"
#include "leads.h"
#include "base/memory.h"
#include "order.h"
#include "places.h"
#include "base/text.h"
#include "trace/kinds.h"

const char *const explained_names[EXPLAINED_COUNT] = { "chain", "stack", "symbol", "between",
	"library", "none" };

/* Work that ran one after another: a layer, or what precedes or follows the layers of a pass. */
struct sequence {
	uint32_t *works; /* indexes into trace->works */
	size_t count, capacity;
	bool in_layer;
};

struct sequences {
	struct sequence *list;
	size_t count, capacity;
};

/* What the search needs at hand. */
struct search {
	struct places *places;
	struct trace *trace;
	struct leads *leads;
	const struct forward *forward; /* NULL without chains */
	const struct stretch *stretch; /* the part of it that is tried */
	struct map solved; /* by the leads of a sequence: places of its works */
};

static void
add_to_sequence(struct sequences *sequences, struct map *index, const char *key, bool in_layer,
    uint32_t work)
{
	void **place = map_put_string(index, key);
	struct sequence *sequence;

	if (*place == NULL) {
		sequences->list = memory_grow(sequences->list, sequences->count,
		    &sequences->capacity, sizeof(*sequences->list));
		sequences->list[sequences->count++] = (struct sequence){ .in_layer = in_layer };
		*place = (void *)(uintptr_t)sequences->count;
	}
	sequence = &sequences->list[(uintptr_t)*place - 1];
	sequence->works = memory_grow(sequence->works, sequence->count, &sequence->capacity,
	    sizeof(*sequence->works));
	sequence->works[sequence->count++] = work;
}

/* Cuts the trace, which is in the order of time. Copies belong to no pass. */
static void
cut_sequences(const struct trace *trace, struct sequences *sequences)
{
	struct map index = { 0 };
	struct text key = { 0 };
	int32_t pass = NONE;
	bool layers_begun = false;

	for (size_t i = 0; i < trace->work_count; i++) {
		const struct work *work = &trace->works[i];

		if (work->pass == NONE)
			continue;
		if (work->pass != pass) {
			pass = work->pass;
			layers_begun = false;
		}
		layers_begun = layers_begun || work->layer != NONE;
		text_clear(&key);
		if (work->layer != NONE)
			text_add_format(&key, "%d %d", (int)work->pass, (int)work->layer);
		else
			text_add_format(&key, "%d %s", (int)work->pass,
			    layers_begun ? "after" : "before");
		add_to_sequence(sequences, &index, key.bytes, work->layer != NONE, (uint32_t)i);
	}
	text_free(&key);
	map_free(&index);
}

static void
free_sequences(struct sequences *sequences)
{
	for (size_t i = 0; i < sequences->count; i++)
		free(sequences->list[i].works);
	free(sequences->list);
}

/* The part of a sequence that order_find sees, with the options after its sites. */
struct puzzle {
	struct order_kernel *kernels;
	int32_t **sites;
	size_t count;
};

/* The site's place in the stretch that is tried; NONE when it is not part of it. */
static int32_t
rank_of(const struct search *search, int32_t site)
{
	return site == NONE || search->stretch == NULL ? NONE : search->stretch->rank[site];
}

static bool
has_rank(const int32_t *ranks, size_t count, int32_t rank)
{
	for (size_t i = 0; i < count; i++)
		if (ranks[i] == rank)
			return true;
	return false;
}

/* Products, norms and the like are each an op of their own, while one op may run several
 * kernels for attention or experts. */
enum { NEW_OP = 30 };

static bool
is_own_op(const struct search *search, uint32_t work)
{
	const char *type = search->trace->classes[search->trace->works[work].class].type;

	return strcmp(type, type_names[TYPE_LINEAR]) == 0 ||
	    strcmp(type, type_names[TYPE_OTHER]) == 0;
}

static void
puzzle_open(struct puzzle *puzzle, const struct search *search, const struct sequence *sequence)
{
	puzzle->count = sequence->count;
	puzzle->kernels = memory_alloc_zero(sequence->count, sizeof(*puzzle->kernels));
	puzzle->sites = memory_alloc_zero(sequence->count, sizeof(*puzzle->sites));
	for (size_t i = 0; i < sequence->count; i++) {
		const struct lead *lead = leads_get(search->leads,
		    &search->trace->works[sequence->works[i]]);
		struct order_kernel *kernel = &puzzle->kernels[i];

		puzzle->sites[i] = memory_alloc((lead->count + 1) * sizeof(**puzzle->sites));
		kernel->fits = memory_alloc_zero(lead->count + 1, sizeof(*kernel->fits));
		kernel->worth = lead->worth;
		kernel->new_site = is_own_op(search, sequence->works[i]) ? NEW_OP : 0;
		kernel->sites = puzzle->sites[i];
		for (size_t j = 0; j < lead->count; j++) {
			int32_t rank = rank_of(search, lead->list[j].site);

			if (rank != NONE && !has_rank(puzzle->sites[i], kernel->count, rank))
				puzzle->sites[i][kernel->count++] = rank;
		}
	}
}

static void
puzzle_close(struct puzzle *puzzle)
{
	for (size_t i = 0; i < puzzle->count; i++) {
		free(puzzle->sites[i]);
		free(puzzle->kernels[i].fits);
	}
	free(puzzle->sites);
	free(puzzle->kernels);
}

static bool
fits_at(const struct order_kernel *kernel, int32_t rank)
{
	for (size_t i = 0; i < kernel->count; i++)
		if (kernel->sites[i] == rank)
			return kernel->fits[i];
	return false;
}

void
place_add(struct place *place, const struct option *option)
{
	place->list = memory_grow(place->list, place->count, &place->capacity,
	    sizeof(*place->list));
	place->list[place->count++] = *option;
}

int32_t
places_intern(struct places *places, struct place *place)
{
	struct text key = { 0 };
	void **found;

	text_add_format(&key, "%d %d\n", (int)place->explained, (int)place->by_order);
	for (size_t i = 0; i < place->count; i++) {
		const struct option *option = &place->list[i];

		text_add_format(&key, "%d %d %d %u %d %d %d %d %s %s\n", (int)option->stretch,
		    (int)option->site,
		    (int)option->chain, (unsigned)option->from, (int)option->stack,
		    (int)option->symbol, (int)option->after, (int)option->before, option->how,
		    option->why);
	}
	for (size_t i = 0; i < place->also_count; i++)
		text_add_format(&key, "%d ", (int)place->also[i]);
	found = map_put(&places->index, key.bytes, key.length);
	text_free(&key);
	if (*found != NULL) {
		free(place->list);
		free(place->also);
	} else {
		places->list = memory_grow(places->list, places->count, &places->capacity,
		    sizeof(*places->list));
		places->list[places->count++] = *place;
		*found = (void *)(uintptr_t)places->count;
	}
	return (int32_t)((uintptr_t)*found - 1);
}

static enum explained
explain(const struct place *place, const struct kernel_class *class)
{
	if (place->count > 0 && place->list[0].chain != NONE)
		return EXPLAINED_CHAIN;
	if (place->count > 0 && place->list[0].stack != NONE)
		return EXPLAINED_STACK;
	if (place->count > 0 && place->list[0].symbol != NONE)
		return EXPLAINED_SYMBOL;
	if (place->count > 0)
		return EXPLAINED_BETWEEN;
	return strcmp(class->library, "unknown") != 0 ? EXPLAINED_LIBRARY : EXPLAINED_NONE;
}

/* Outside of layers, where little tells ops apart: those that the forward's own file calls,
 * when there are such. */
static void
keep_home(const struct search *search, struct place *place)
{
	const struct chains *chains = search->forward->chains;
	const char *home = chains->roots[search->forward->root].file;
	size_t kept = 0, i;

	for (i = 0; i < place->count; i++)
		kept += chains->sites[place->list[i].site].file == home;
	if (kept == 0)
		return;
	for (kept = i = 0; i < place->count; i++)
		if (chains->sites[place->list[i].site].file == home)
			place->list[kept++] = place->list[i];
	place->count = kept;
}

/* Calls of one module from several methods of its class, of which the trace ran one, are one
 * op at several sites. */
static void
merge_sites(const struct search *search, struct place *place)
{
	const struct site *sites = search->leads->chains->sites;
	size_t i;

	for (i = 0; i < place->count; i++)
		if (place->list[i].site == NONE ||
		    sites[place->list[i].site].op != sites[place->list[0].site].op)
			return;
	if (place->count < 2)
		return;
	place->also = memory_alloc(place->count * sizeof(*place->also));
	for (i = 1; i < place->count; i++)
		if (!has_rank(place->also, place->also_count, place->list[i].site) &&
		    place->list[i].site != place->list[0].site)
			place->also[place->also_count++] = place->list[i].site;
	place->count = 1;
}

/* Outside of layers names that are only alike prove nothing: much of what runs there is no op. */
static bool
is_in_layer(const struct search *search)
{
	return search->forward != NULL && search->stretch != NULL &&
	    search->stretch != &search->forward->outside;
}

/* What is left of the lead; `kernel` NULL: no order was asked. */
static struct place
place_of(const struct search *search, const struct lead *lead,
    const struct order_kernel *kernel)
{
	const struct forward *forward = search->forward;
	struct place place = { 0 };
	size_t i;

	for (i = 0; kernel != NULL && i < lead->count; i++) {
		int32_t rank = rank_of(search, lead->list[i].site);

		if (rank == NONE || !fits_at(kernel, rank))
			continue;
		place_add(&place, &lead->list[i]);
		if (search->stretch != &forward->outside)
			place.list[place.count - 1].stretch =
			    (int32_t)(search->stretch - forward->layers);
	}
	if (kernel != NULL && forward != NULL && search->stretch == &forward->outside)
		keep_home(search, &place);
	place.by_order = place.count > 0 && place.count < lead->count;
	if (place.count == 0)
		for (i = 0; i < lead->count; i++)
			place_add(&place, &lead->list[i]);
	merge_sites(search, &place);
	if (place.count == 1 && !is_in_layer(search) &&
	    strcmp(place.list[0].how, candidate_how_names[HOW_SIMILAR]) == 0)
		place.list[0].doubtful = true;
	return place;
}

const struct option *
place_certain(const struct place *place)
{
	return place->count == 1 && !place->list[0].doubtful ? &place->list[0] : NULL;
}

/* The site that a work is certainly at; NONE. */
static int32_t
certain_site(const struct place *place)
{
	const struct option *option = place_certain(place);

	return option != NULL ? option->site : NONE;
}

/* What nothing else tells anything about ran between two ops that are known. */
static void
fill_between(struct place *places, size_t count)
{
	size_t i, j;

	for (i = 0; i < count; i++) {
		struct option option = { .site = NONE, .chain = NONE, .stack = NONE,
			.symbol = NONE, .stretch = NONE, .after = NONE, .before = NONE, .how = "between" };

		if (places[i].count > 0)
			continue;
		for (j = i; j-- > 0 && option.after == NONE;)
			option.after = certain_site(&places[j]);
		for (j = i + 1; j < count && option.before == NONE; j++)
			option.before = certain_site(&places[j]);
		if (option.after == NONE && option.before == NONE)
			continue;
		option.why = intern_string("it ran after the one op and before the other");
		place_add(&places[i], &option);
	}
}

/* Sequences of the same leads have the same places. */
static void
add_key(struct text *key, const struct search *search, const struct sequence *sequence)
{
	text_add_char(key, sequence->in_layer ? 'l' : 'o');
	for (size_t i = 0; i < sequence->count; i++) {
		uint32_t lead = leads_of(search->leads, &search->trace->works[sequence->works[i]]);

		text_add(key, (const char *)&lead, sizeof(lead));
	}
}

/* The kind of layer that the sequence fits best; of equal ones the model's own goes first. */
static const struct stretch *
choose_layer(struct search *search, const struct sequence *sequence, long *best)
{
	const struct stretch *chosen = NULL;

	*best = -1;
	for (size_t i = 0; search->forward != NULL && i < search->forward->layer_count; i++) {
		struct puzzle puzzle;
		long score;

		search->stretch = &search->forward->layers[i];
		puzzle_open(&puzzle, search, sequence);
		score = 2 * order_find(puzzle.kernels, puzzle.count) + search->stretch->home;
		puzzle_close(&puzzle);
		if (score > *best) {
			*best = score;
			chosen = search->stretch;
		}
	}
	return chosen;
}

static int32_t *
solve(struct search *search, const struct sequence *sequence)
{
	struct place *found = memory_alloc_zero(sequence->count, sizeof(*found));
	int32_t *numbers = memory_alloc(sequence->count * sizeof(*numbers));
	struct puzzle puzzle;
	long best;
	size_t i;

	search->stretch = sequence->in_layer ? choose_layer(search, sequence, &best)
	    : search->forward != NULL ? &search->forward->outside : NULL;
	puzzle_open(&puzzle, search, sequence);
	if (puzzle.count > ORDER_LONGEST)
		warn("%zu kernels in a row, %s: of more than %d the order tells nothing",
		    puzzle.count, sequence->in_layer ? "one layer" : "outside layers",
		    ORDER_LONGEST);
	order_find(puzzle.kernels, puzzle.count);
	for (i = 0; i < sequence->count; i++)
		found[i] = place_of(search, leads_get(search->leads,
		    &search->trace->works[sequence->works[i]]), &puzzle.kernels[i]);
	fill_between(found, sequence->count);
	for (i = 0; i < sequence->count; i++) {
		const struct work *work = &search->trace->works[sequence->works[i]];

		found[i].explained = explain(&found[i], &search->trace->classes[work->class]);
		numbers[i] = places_intern(search->places, &found[i]);
	}
	puzzle_close(&puzzle);
	free(found);
	return numbers;
}

static void
place_sequence(struct search *search, const struct sequence *sequence)
{
	struct text key = { 0 };
	void **solved;

	add_key(&key, search, sequence);
	solved = map_put(&search->solved, key.bytes, key.length);
	text_free(&key);
	if (*solved == NULL)
		*solved = solve(search, sequence);
	for (size_t i = 0; i < sequence->count; i++)
		search->trace->works[sequence->works[i]].place = ((const int32_t *)*solved)[i];
}

/* Work outside all passes. */
static void
place_alone(struct search *search, struct work *work)
{
	struct place place = place_of(search, leads_get(search->leads, work), NULL);

	place.explained = explain(&place, &search->trace->classes[work->class]);
	work->place = places_intern(search->places, &place);
}

/* How well the layers fit a forward: each distinct one, as often as it comes. */
static double
root_score(struct search *search, const struct sequences *sequences)
{
	struct map scores = { 0 };
	double score = 0;

	for (size_t i = 0; i < sequences->count; i++) {
		const struct sequence *sequence = &sequences->list[i];
		struct text key = { 0 };
		void **place;
		long best;

		if (!sequence->in_layer)
			continue;
		add_key(&key, search, sequence);
		place = map_put(&scores, key.bytes, key.length);
		text_free(&key);
		if (*place == NULL) {
			choose_layer(search, sequence, &best);
			*place = (void *)(uintptr_t)(2 + best);
		}
		score += (double)(uintptr_t)*place - 2;
	}
	map_free(&scores);
	return score;
}

/* The forward that the trace ran: of those in the package that the trace's frames are of, those
 * that a stack shows if one does, and of these the one whose ops the layers fit best. NONE
 * without any. */
static int32_t
choose_root(const struct search *search, const struct sequences *sequences)
{
	const struct leads *shared = search->leads;
	const struct chains *chains = shared->chains;
	size_t nearest = 0;
	bool shown = false;
	double best = -2;
	int32_t chosen = NONE;

	for (size_t root = 0; root < chains->root_count; root++) {
		size_t near = evidence_nearness(shared->evidence, chains->roots[root].file);

		nearest = near > nearest ? near : nearest;
		shown = shown || evidence_shows(shared->evidence, &chains->roots[root]);
	}
	for (size_t root = 0; root < chains->root_count; root++) {
		struct leads leads;
		struct forward forward;
		struct search trial = *search;
		double score;

		if (evidence_nearness(shared->evidence, chains->roots[root].file) < nearest ||
		    (shown && !evidence_shows(shared->evidence, &chains->roots[root])))
			continue;
		forward_open(&forward, chains, (int32_t)root);
		leads_open(&leads, shared->trace, chains, shared->callees, shared->evidence,
		    &forward);
		trial.forward = &forward;
		trial.leads = &leads;
		score = root_score(&trial, sequences);
		if (score > best) {
			best = score;
			chosen = (int32_t)root;
		}
		leads_close(&leads);
		forward_close(&forward);
	}
	return chosen;
}

/* What the layers are, then what is around them, then the rest. */
static void
place_all(struct search *search, const struct sequences *sequences)
{
	struct trace *trace = search->trace;
	size_t i;

	for (i = 0; i < sequences->count; i++)
		place_sequence(search, &sequences->list[i]);
	for (i = 0; i < trace->work_count; i++)
		if (trace->works[i].place == NONE)
			place_alone(search, &trace->works[i]);
	for (i = 0; i < search->solved.count; i++)
		free(search->solved.entries[i].value);
	map_free(&search->solved);
}

void
places_find(struct places *places, struct trace *trace, const struct chains *chains,
    const struct callees *callees, struct evidence *evidence, const struct planned *planned)
{
	struct leads leads;
	struct search search = { .places = places, .trace = trace, .leads = &leads };
	struct sequences sequences = { 0 };
	int32_t root;

	cut_sequences(trace, &sequences);
	leads_open(&leads, trace, chains, callees, evidence, NULL);
	root = choose_root(&search, &sequences);
	if (root != NONE) {
		forward_open(&places->forward, chains, root);
		leads.forward = search.forward = &places->forward;
	}
	place_all(&search, &sequences);
	places_add_planned(places, trace, chains, planned);
	free_sequences(&sequences);
	leads_close(&leads);
}

void
places_clear(struct places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		free(places->list[i].list);
		free(places->list[i].also);
	}
	free(places->list);
	map_free(&places->index);
	if (places->forward.root != NONE)
		forward_close(&places->forward);
	*places = (struct places){ .forward.root = NONE };
}
