/* SPDX-License-Identifier: Apache-2.0 */
/* Gives work the place that the deployment's plan launches it from. */
#include "base/intern.h"
#include "places.h"

/* What the stack of its own launch proves is left as it is. */
static bool
is_proved(const struct trace *trace, const struct work *work, const struct place *place)
{
	const struct option *option = place_certain(place);

	return option != NULL && option->stack != NONE &&
	    trace->stacks[option->stack].how != STACK_GRAPH && work->stack == option->stack;
}

/* Candidates of its own stack that the plan's op is none of: the two contradict each other. */
static bool
is_contradicted(const struct place *place, int32_t site)
{
	if (place->count < 2 || place->list[0].stack == NONE)
		return false;
	for (size_t i = 0; i < place->count; i++)
		if (place->list[i].site == site)
			return false;
	return true;
}

void
places_add_planned(struct places *places, struct trace *trace, const struct chains *chains,
    const struct planned *planned)
{
	for (size_t i = 0; i < trace->work_count; i++) {
		struct option option = { .site = NONE, .chain = planned->chains[i], .stack = NONE,
			.symbol = NONE, .stretch = NONE, .after = NONE, .before = NONE,
			.how = "plan" };
		const struct place *known = &places->list[trace->works[i].place];
		struct place place = { .explained = EXPLAINED_CHAIN };

		if (option.chain == NONE)
			continue;
		option.site = chains->list[option.chain].site;
		if (is_proved(trace, &trace->works[i], known) ||
		    is_contradicted(known, option.site))
			continue;
		if (option.site == NONE)
			place.explained = EXPLAINED_STACK;
		option.why = intern_string("the deployment's plan launches it here, in this order");
		place_add(&place, &option);
		trace->works[i].place = places_intern(places, &place);
	}
}
