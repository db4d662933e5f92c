/* SPDX-License-Identifier: Apache-2.0 */
/* Goes through the steps of a trace, and aligns each with the phase of the plan that fits best. */
#include <stdlib.h>
#include <string.h>

#include "align.h"
#include "base/error.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "fit.h"
#include "planned.h"

/* What a launch must be better by than any other to be it for certain: more than a torch kernel
 * that is nothing but torch's can win at a torch launch, less than work of the same type can. */
enum { CLEARLY = 20 };

/* Of a step's time so much has to find its launch, or the plan is of something else. */
static const double least_share = 0.5;

/* One step with its works, in the order of time. */
struct plan_step {
	uint32_t *works, *classes;
	size_t count, capacity, class_capacity;
};

struct search {
	const struct plan *plan;
	const struct trace *trace;
	const struct chains *chains;
	const struct callees *callees;
	int *fits; /* by class and kind */
	struct map solved; /* by the classes and streams of a step: struct solution * */
};

/* Of a step: its chains by work, NULL where no phase fits. */
struct solution {
	int32_t *chains;
};

static void
add_work(struct plan_step *step, const struct trace *trace, uint32_t work)
{
	step->works = memory_grow(step->works, step->count, &step->capacity,
	    sizeof(*step->works));
	step->classes = memory_grow(step->classes, step->count, &step->class_capacity,
	    sizeof(*step->classes));
	step->works[step->count] = work;
	step->classes[step->count++] = trace->works[work].class;
}

static void
find_fits(struct search *search)
{
	size_t kinds = search->plan->kind_count;

	search->fits = memory_alloc((search->trace->class_count * kinds + 1) *
	    sizeof(*search->fits));
	for (size_t i = 0; i < search->trace->class_count; i++)
		for (size_t j = 0; j < kinds; j++)
			search->fits[i * kinds + j] = fit_of(&search->trace->classes[i],
			    &search->plan->kinds[j], search->chains, search->callees);
}

/* Launches of one op need not be told apart; outside of ops those of one call. */
static int32_t
spot_of(const struct search *search, const struct plan_launch *launch)
{
	int32_t chain = search->plan->kinds[launch->kind].chain;
	int32_t site = search->chains->list[chain].site;

	return site != NONE ? site : (int32_t)search->chains->site_count + chain;
}

/* Which works ran on another stream than most of the layers' did; none where there are no layers. */
static bool *
find_apart(const struct trace *trace, const struct plan_step *step)
{
	bool *apart = memory_alloc_zero(step->count + 1, sizeof(*apart));
	int32_t stream = NONE;
	long lead = 0;

	/* the one that more than half of them have, if there is such */
	for (size_t i = 0; i < step->count; i++) {
		const struct work *work = &trace->works[step->works[i]];

		if (work->layer == NONE)
			continue;
		if (lead == 0)
			stream = work->stream;
		lead += work->stream == stream ? 1 : -1;
	}
	for (size_t i = 0; i < step->count && lead > 0; i++)
		apart[i] = trace->works[step->works[i]].stream != stream;
	return apart;
}

/* Aligns a step with a phase. False when it is too large. */
static bool
align(const struct search *search, const struct plan_step *step, const struct plan_phase *phase,
    struct aligned *out, int *score)
{
	uint32_t *kinds;
	int32_t *spots;
	bool *apart, *in_layers;
	struct alignment alignment = { .kernels = step->count, .launches = phase->count,
		.class_of = step->classes, .fits = search->fits,
		.kinds = search->plan->kind_count };

	if ((step->count + 1) * (phase->count + 1) > ALIGN_MOST_CELLS)
		return false;
	kinds = memory_alloc((phase->count + 1) * sizeof(*kinds));
	spots = memory_alloc((phase->count + 1) * sizeof(*spots));
	apart = find_apart(search->trace, step);
	in_layers = memory_alloc_zero(phase->count + 1, sizeof(*in_layers));
	for (size_t i = 0; i < phase->count; i++) {
		in_layers[i] = phase->one_stream && phase->launches[i].layer != NONE;
		kinds[i] = phase->launches[i].kind;
		spots[i] = spot_of(search, &phase->launches[i]);
	}
	alignment.kind_of = kinds;
	alignment.spot_of = spots;
	alignment.apart = apart;
	alignment.in_layers = in_layers;
	*score = align_find(&alignment, out);
	free(kinds);
	free(spots);
	free(apart);
	free(in_layers);
	return true;
}

/* What ran between two kernels of one launch, on their stream, is that launch's, whatever it is
 * called. */
static void
fill_between(const struct search *search, const struct plan_step *step, struct aligned *found)
{
	size_t last = 0, i, j;
	bool any = false;

	for (i = 0; i < step->count; i++) {
		int32_t stream = search->trace->works[step->works[i]].stream;

		if (found[i].launch == NONE || found[i].margin < CLEARLY)
			continue;
		if (any && found[last].launch == found[i].launch &&
		    search->trace->works[step->works[last]].stream == stream)
			for (j = last + 1; j < i; j++)
				if (found[j].launch == NONE &&
				    search->trace->works[step->works[j]].stream == stream)
					found[j] = found[i];
		last = i;
		any = true;
	}
}

/* The chains of the best phase's launches, by work of the step; NULL when no phase fits. */
static int32_t *
solve(struct search *search, const struct plan_step *step)
{
	struct aligned *best = NULL, *found;
	const struct plan_phase *chosen = NULL;
	int highest = 0, score;
	double sum = 0, placed = 0;
	int32_t *chains;

	for (size_t i = 0; i < search->plan->phase_count; i++) {
		const struct plan_phase *phase = &search->plan->phases[i];

		found = memory_alloc((step->count + 1) * sizeof(*found));
		if (!align(search, step, phase, found, &score)) {
			warn("a step of %zu kernels is too long to be put beside the %zu launches of %s",
			    step->count, phase->count, phase->name);
		} else if (chosen == NULL || score > highest) {
			free(best);
			best = found;
			found = NULL;
			highest = score;
			chosen = phase;
		}
		free(found);
	}
	if (chosen == NULL)
		return NULL;
	fill_between(search, step, best);
	chains = memory_alloc((step->count + 1) * sizeof(*chains));
	for (size_t i = 0; i < step->count; i++) {
		double time = search->trace->works[step->works[i]].dur;
		bool certain = best[i].launch != NONE && best[i].margin >= CLEARLY;

		chains[i] = certain ? search->plan->kinds[
		    chosen->launches[best[i].launch].kind].chain : NONE;
		sum += time;
		placed += certain ? time : 0;
	}
	free(best);
	if (!(placed >= least_share * sum)) {
		free(chains);
		chains = NULL;
	}
	return chains;
}

/* The launches of one step; steps of the same kernels have the same. */
static void
place_step(struct search *search, const struct plan_step *step, struct planned *planned)
{
	struct solution *solution;
	struct text key = { 0 };
	void **place;

	if (step->count == 0)
		return;
	for (size_t i = 0; i < step->count; i++) {
		text_add(&key, (const char *)&step->classes[i], sizeof(step->classes[i]));
		text_add(&key, (const char *)&search->trace->works[step->works[i]].stream,
		    sizeof(search->trace->works[0].stream));
	}
	place = map_put(&search->solved, key.bytes, key.length);
	text_free(&key);
	if (*place == NULL) {
		*place = solution = memory_alloc_zero(1, sizeof(*solution));
		solution->chains = solve(search, step);
	}
	solution = *place;
	planned->misfits += solution->chains == NULL;
	for (size_t i = 0; i < step->count && solution->chains != NULL; i++) {
		int32_t chain = solution->chains[i];

		planned->chains[step->works[i]] = chain;
		planned->works += chain != NONE;
		planned->sum += chain != NONE ? search->trace->works[step->works[i]].dur : 0;
	}
}

/* A step is a pass, with what ran since the pass before: copies belong to no pass. */
static void
place_steps(struct search *search, struct planned *planned)
{
	const struct trace *trace = search->trace;
	struct plan_step step = { 0 };
	int32_t pass = NONE;

	for (size_t i = 0; i < trace->work_count; i++) {
		int32_t of = trace->works[i].pass;

		if (of != NONE && pass != NONE && of != pass) {
			place_step(search, &step, planned);
			step.count = 0;
		}
		pass = of != NONE ? of : pass;
		add_work(&step, trace, (uint32_t)i);
	}
	place_step(search, &step, planned);
	free(step.works);
	free(step.classes);
}

void
planned_find(struct planned *planned, const struct plan *plan, const struct trace *trace,
    const struct chains *chains, const struct callees *callees)
{
	struct search search = { plan, trace, chains, callees, NULL, { 0 } };

	planned->chains = memory_alloc((trace->work_count + 1) * sizeof(*planned->chains));
	for (size_t i = 0; i < trace->work_count; i++)
		planned->chains[i] = NONE;
	for (size_t i = 0; i < plan->phase_count; i++)
		planned->launches += plan->phases[i].count;
	if (planned->launches == 0)
		return;
	find_fits(&search);
	place_steps(&search, planned);
	for (size_t i = 0; i < search.solved.count; i++) {
		struct solution *solution = search.solved.entries[i].value;

		free(solution->chains);
		free(solution);
	}
	map_free(&search.solved);
	free(search.fits);
}

void
planned_clear(struct planned *planned)
{
	free(planned->chains);
	*planned = (struct planned){ 0 };
}
