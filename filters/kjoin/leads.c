/* SPDX-License-Identifier: Apache-2.0 */
/* The work's own stack is the best evidence, then stacks of the same kernel elsewhere in the
 * trace, then what the name tells. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "leads.h"
#include "base/memory.h"
#include "purpose.h"
#include "similar.h"
#include "base/text.h"
#include "trace/kinds.h"

enum { WORTH_STACK = 1000, WORTH_SAME_NAME = 110, WORTH_TYPE = 50 };

void
leads_open(struct leads *leads, const struct trace *trace, const struct chains *chains,
    const struct callees *callees, struct evidence *evidence, const struct forward *forward)
{
	*leads = (struct leads){ .trace = trace, .chains = chains, .callees = callees,
		.evidence = evidence, .forward = forward,
		.first = memory_alloc_zero(trace->class_count + 1, sizeof(*leads->first)),
		.next = memory_alloc_zero(trace->work_count + 1, sizeof(*leads->next)) };
	for (size_t i = trace->work_count; i > 0; i--) {
		const struct work *work = &trace->works[i - 1];

		if (work->stack == NONE || trace->stacks[work->stack].how == STACK_GRAPH)
			continue;
		leads->next[i - 1] = leads->first[work->class];
		leads->first[work->class] = i;
	}
}

static struct option
new_option(const char *how, const char *why)
{
	return (struct option){ .site = NONE, .chain = NONE, .stack = NONE, .symbol = NONE,
		.stretch = NONE, .after = NONE, .before = NONE, .how = how, .why = intern_string(why) };
}

static void
add_option(struct lead *lead, struct option option)
{
	lead->list = memory_grow(lead->list, lead->count, &lead->capacity, sizeof(*lead->list));
	lead->list[lead->count++] = option;
}

static int
compare_options(const void *left, const void *right)
{
	const struct option *a = left, *b = right;

	if (a->site != b->site)
		return a->site < b->site ? -1 : 1;
	return a->chain < b->chain ? -1 : a->chain > b->chain;
}

static bool
runs(const struct leads *leads, int32_t site)
{
	return leads->forward != NULL && forward_has(leads->forward, site);
}

/* Chains of the chosen forward only; a stack that shows none of them still shows itself. */
static void
keep_root(const struct leads *leads, struct lead *lead)
{
	size_t kept = 0, i;

	for (i = 0; i < lead->count; i++) {
		struct option option = lead->list[i];

		if (option.site == NONE || runs(leads, option.site))
			lead->list[kept++] = option;
	}
	if (kept == 0 && lead->count > 0 && lead->worth == WORTH_STACK) {
		lead->list[0].chain = lead->list[0].site = lead->list[0].symbol = NONE;
		kept = 1;
	}
	lead->count = kept;
}

static int32_t
symbol_index(const struct chains *chains, const struct chain *chain)
{
	const struct symbol *symbol = chains_symbol(chains, chain->kernel, chain->source);

	return symbol != NULL ? (int32_t)(symbol - chains->symbols) : NONE;
}

/* What the stack shows; false when it has no frames. */
static bool
from_stack(const struct leads *leads, struct lead *lead, uint32_t class, int32_t stack)
{
	const struct stack *seen = &leads->trace->stacks[stack];
	const char *how = seen->how == STACK_CAPTURE ? "capture" : "frames";
	const char *why = seen->how == STACK_CAPTURE
	    ? "the graph's capture launched it from these frames"
	    : "the trace has the Python frames of its launch";
	const struct sightings *sightings = evidence_find(leads->evidence, stack, class);
	struct option option;

	for (size_t i = 0; i < sightings->count; i++) {
		const struct chain *chain = &leads->chains->list[sightings->list[i].chain];

		option = new_option(how, why);
		option.chain = sightings->list[i].chain;
		option.from = sightings->list[i].from;
		option.site = chain->site;
		option.stack = stack;
		if (option.from == 0)
			option.symbol = symbol_index(leads->chains, chain);
		add_option(lead, option);
	}
	if (lead->count == 0 && seen->frame_count > 0) {
		option = new_option(how, why);
		option.stack = stack;
		add_option(lead, option);
	}
	lead->worth = WORTH_STACK;
	return lead->count > 0;
}

static bool
has_site(const struct lead *lead, int32_t site)
{
	for (size_t i = 0; i < lead->count; i++)
		if (lead->list[i].site == site)
			return true;
	return false;
}

/* Where the same kernel was launched from that has a stack. Nothing when one of these stacks
 * shows no op: it may be of that op, too. */
static void
from_same_name(struct leads *leads, struct lead *lead, uint32_t class)
{
	const struct trace *trace = leads->trace;
	bool partial = false;

	for (size_t i = leads->first[class]; i > 0; i = leads->next[i - 1]) {
		struct lead other = { 0 };

		from_stack(leads, &other, class, trace->works[i - 1].stack);
		for (size_t j = 0; j < other.count; j++) {
			struct option option = other.list[j];

			partial = partial || option.site == NONE;
			if (option.site == NONE || has_site(lead, option.site))
				continue;
			option.how = "same-name";
			option.stack = NONE; /* another launch's, with other shapes */
			option.why = intern_string("the same kernel was launched from here "
			    "elsewhere in this trace");
			add_option(lead, option);
		}
		free(other.list);
	}
	if (partial)
		lead->count = 0;
	lead->worth = WORTH_SAME_NAME;
}

/* Whether a condition asks for something: "not ..." is what is left of a choice when nothing
 * special was asked for, as is "x is None" of something that may be given. */
static bool
is_special(const struct json *ask)
{
	static const char none[] = " is None";
	const char *text = json_string(json_get(ask, "text"));
	size_t length = text != NULL ? strlen(text) : 0, tail = sizeof(none) - 1;
	bool is_none = length > tail && strcmp(text + length - tail, none) == 0;

	return ask_is_negated(ask) == is_none;
}

static uint32_t
conditions(const struct chain_frame *frame)
{
	const struct json *ask = frame->asks != NULL ? frame->asks->child : NULL;
	uint32_t count = 0;

	for (; ask != NULL; ask = ask->next)
		count += is_special(ask);
	return count;
}

/* Shorter chains with fewer conditions are likelier, and all likelier than doubtful ones. */
static uint32_t
cost(const struct chain *chain)
{
	uint32_t asked = chain->doubtful ? 1000 : 0;

	for (uint32_t i = 0; i < chain->frame_count; i++)
		asked += conditions(&chain->frames[i]);
	return 2 * chain->frame_count + asked;
}

/* A linear layer calls the method for linear layers, where code says that it may call others,
 * too. */
static bool
is_likelier(const struct chain *chain, const struct chain *than)
{
	if (cost(chain) != cost(than))
		return cost(chain) < cost(than);
	if (chain->frame_count < 2 || than->frame_count < 2)
		return false;
	return similar_names(chain->frames[0].function, chain->frames[1].function) >
	    similar_names(than->frames[0].function, than->frames[1].function);
}

/* The likeliest chain for each site that a candidate reaches. */
static void
add_candidate(const struct leads *leads, struct lead *lead, const struct candidate *candidate)
{
	const struct symbol *symbol = &leads->chains->symbols[candidate->symbol];
	const char *how = candidate_how_names[candidate->how];
	struct option option = new_option(how, candidate->why);
	bool any = false;

	option.symbol = (int32_t)candidate->symbol;
	for (size_t i = 0; i < symbol->possible; i++) {
		const struct chain *chain = &leads->chains->list[symbol->chains[i]];
		size_t at;

		if (!runs(leads, chain->site))
			continue;
		any = true;
		/* of a doubtful one only the two ends are known */
		option.from = chain->doubtful ? chain->op : 0;
		option.doubtful = chain->doubtful;
		for (at = 0; at < lead->count && lead->list[at].site != chain->site;)
			at++;
		if (at < lead->count && !is_likelier(chain,
		    &leads->chains->list[lead->list[at].chain]))
			continue;
		option.chain = symbol->chains[i];
		option.site = chain->site;
		if (at < lead->count)
			lead->list[at] = option;
		else
			add_option(lead, option);
	}
	if (!any && symbol->call != NULL && lead->count == 0)
		add_option(lead, option);
}

static void
from_name(const struct leads *leads, struct lead *lead, uint32_t class)
{
	struct candidates found = { 0 };
	bool reached = false;

	candidates_find(&found, &leads->trace->classes[class], leads->chains, leads->callees);
	for (size_t i = 0; i < found.count; i++) {
		size_t before = lead->count;

		add_candidate(leads, lead, &found.list[i]);
		if (lead->count > before || lead->worth == 0)
			lead->worth = candidate_worth[found.list[i].how];
	}
	/* what the model reaches goes before what it does not */
	for (size_t i = 0; i < lead->count; i++)
		reached = reached || lead->list[i].site != NONE;
	for (size_t i = 0; reached && i < lead->count; i++)
		if (lead->list[i].site == NONE)
			lead->list[i--] = lead->list[--lead->count];
	free(found.list);
}

/* The op and what is above it, where only the op is known. */
static void
add_site(const struct leads *leads, struct lead *lead, int32_t site, const char *why)
{
	struct option option = new_option("type", why);

	option.site = site;
	option.chain = leads->chains->sites[site].chain;
	option.from = leads->chains->list[option.chain].op;
	add_option(lead, option);
}

/* Ops that are called what the kernel is there for. */
static void
from_type(const struct leads *leads, struct lead *lead, uint32_t class)
{
	const struct kernel_class *kernel = &leads->trace->classes[class];
	char why[200];

	snprintf(why, sizeof(why), "the kernel is for %s, and so is the op by its name",
	    strcmp(kernel->type, type_names[TYPE_OTHER]) == 0 ? kernel->family : kernel->type);
	for (size_t i = 0; i < leads->chains->site_count; i++)
		if (runs(leads, (int32_t)i) && !has_site(lead, (int32_t)i) &&
		    purpose_fits(kernel, leads->chains->sites[i].call))
			add_site(leads, lead, (int32_t)i, why);
	lead->worth = WORTH_TYPE;
}

/* Of names that only resemble each other, those whose op is there for what the kernel is. */
static void
keep_purpose(const struct leads *leads, struct lead *lead, uint32_t class)
{
	const struct kernel_class *kernel = &leads->trace->classes[class];
	size_t kept = 0, i;

	for (i = 0; i < lead->count; i++)
		if (lead->list[i].site != NONE &&
		    strcmp(lead->list[i].how, candidate_how_names[HOW_SIMILAR]) == 0 &&
		    purpose_fits(kernel, leads->chains->sites[lead->list[i].site].call))
			lead->list[kept++] = lead->list[i];
	if (kept > 0)
		lead->count = kept;
	else if (lead->count > 0 && purpose_known(kernel) &&
	    strcmp(lead->list[0].how, candidate_how_names[HOW_SIMILAR]) == 0)
		lead->count = 0;
}

static bool
is_similar(const struct lead *lead)
{
	for (size_t i = 0; i < lead->count; i++)
		if (strcmp(lead->list[i].how, candidate_how_names[HOW_SIMILAR]) != 0)
			return false;
	return lead->count > 0;
}

static struct lead *
find_lead(struct leads *leads, uint32_t class, int32_t stack)
{
	struct lead *lead = memory_alloc_zero(1, sizeof(*lead));
	bool own = stack != NONE && leads->trace->stacks[stack].how != STACK_GRAPH &&
	    from_stack(leads, lead, class, stack);

	if (!own) {
		from_same_name(leads, lead, class);
		keep_root(leads, lead);
	}
	if (lead->count == 0 && !evidence_is_foreign(leads->evidence)) {
		from_name(leads, lead, class);
		keep_root(leads, lead);
		keep_purpose(leads, lead, class);
	}
	/* names that only resemble each other prove no more than the purpose does */
	if ((lead->count == 0 || is_similar(lead)) && !evidence_is_foreign(leads->evidence))
		from_type(leads, lead, class);
	if (lead->count > 0)
		qsort(lead->list, lead->count, sizeof(*lead->list), compare_options);
	return lead;
}

uint32_t
leads_of(struct leads *leads, const struct work *work)
{
	int32_t stack = work->stack != NONE &&
	    leads->trace->stacks[work->stack].how == STACK_GRAPH ? NONE : work->stack;
	struct text key = { 0 };
	void **place;

	text_add_format(&key, "%u %d", (unsigned)work->class, (int)stack);
	place = map_put(&leads->index, key.bytes, key.length);
	text_free(&key);
	if (*place == NULL) {
		leads->list = memory_grow(leads->list, leads->count, &leads->capacity,
		    sizeof(struct lead *));
		leads->list[leads->count++] = find_lead(leads, work->class, stack);
		*place = (void *)(uintptr_t)leads->count;
	}
	return (uint32_t)((uintptr_t)*place - 1);
}

const struct lead *
leads_get(struct leads *leads, const struct work *work)
{
	uint32_t number = leads_of(leads, work);

	return leads->list[number];
}

void
leads_close(struct leads *leads)
{
	for (size_t i = 0; i < leads->count; i++) {
		free(leads->list[i]->list);
		free(leads->list[i]);
	}
	free(leads->list);
	free(leads->first);
	free(leads->next);
	map_free(&leads->index);
}
