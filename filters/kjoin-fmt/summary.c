/* SPDX-License-Identifier: Apache-2.0 */
/* Says what a stream says as a whole. */
#include <math.h>

#include "base/number.h"
#include "place.h"
#include "summary.h"

/* Below this share of frames the tree is likely of another version than the traced one. */
static const double good_match = 0.9;

static const char *
describe_trace(struct join *join)
{
	struct text text = { 0 };
	const char *line;

	text_add_string(&text, join->device ? join->device : "unknown device");
	if (join->rank >= 0)
		text_add_format(&text, ", rank %lld", (long long)join->rank);
	if (join->model)
		text_add_format(&text, ", model %s", join->model);
	if (join->forward)
		text_add_format(&text, " (%s)", join->forward);
	if (join->tree)
		text_add_format(&text, ", source %s", join->tree);
	if (join->ceiling_device && isfinite(join->ceiling_gbps))
		text_add_format(&text, "; ceiling %.0f GB/s (%s, %s)", join->ceiling_gbps,
		    join->ceiling_device, join->ceiling_how ? join->ceiling_how : "unknown");
	line = arena_copy(&join->arena, text.bytes, text.length);
	text_free(&text);
	return line;
}

static const char *
describe_time(struct join *join)
{
	struct number sum, busy, span, percent;
	struct text text = { 0 };
	const char *line;

	text_add_format(&text, "%s of GPU time in %llu kernels", number_human(&sum, join->sum),
	    (unsigned long long)join->kernels);
	if (join->layers > 0)
		text_add_format(&text, ", %llu layers in %llu %s (%s)",
		    (unsigned long long)join->layers, (unsigned long long)join->passes,
		    join->passes == 1 ? "pass" : "passes", join->method ? join->method : "?");
	if (isfinite(join->busy) && isfinite(join->span))
		text_add_format(&text, "; GPU busy %s of %s (%s)", number_human(&busy, join->busy),
		    number_human(&span, join->span),
		    number_percent(&percent, join->busy, join->span));
	line = arena_copy(&join->arena, text.bytes, text.length);
	text_free(&text);
	return line;
}

double
summary_ambiguous(const struct join *join)
{
	double sum = 0;

	for (size_t i = 0; i < join->hot_count; i++) {
		const struct hot *hot = &join->hots[i];
		double certain = 0;

		if (!hot_is_ambiguous(hot))
			continue;
		for (size_t j = 0; j < hot->place_count; j++)
			if (hot->places[j].certain && isfinite(hot->places[j].sum))
				certain += hot->places[j].sum;
		sum += fmax(hot->sum - certain, 0);
	}
	return sum;
}

/* Neighbours and a library's name say less than where a kernel is called from. */
static double
called_from(const struct join *join)
{
	return join->explained[BY_CHAIN] + join->explained[BY_STACK] + join->explained[BY_SYMBOL];
}

static const char *
describe_explained(struct join *join)
{
	static const char *const meanings[] = { "call chain", "Python stack only", "symbol only",
		"by its neighbours", "library only" };
	double ambiguous = summary_ambiguous(join);
	struct text text = { 0 };
	struct number number;
	const char *line;
	int listed = 0;

	text_add_format(&text, "%s explained",
	    number_percent(&number, called_from(join), join->sum));
	if (isfinite(join->certain))
		text_add_format(&text, ", %s with one place only",
		    number_percent(&number, join->certain, join->sum));
	text_add_char(&text, ':');
	for (int i = 0; i < UNEXPLAINED; i++)
		if (join->explained[i] > 0)
			text_add_format(&text, "%s %s %s", listed++ ? "," : "", meanings[i],
			    number_percent(&number, join->explained[i], join->sum));
	text_add_format(&text, "; unmatched %s",
	    number_percent(&number, join->explained[UNEXPLAINED], join->sum));
	if (ambiguous > 0)
		text_add_format(&text, "; %s has several candidates",
		    number_percent(&number, ambiguous, join->sum));
	line = arena_copy(&join->arena, text.bytes, text.length);
	text_free(&text);
	return line;
}

struct summary
summary_of(struct join *join)
{
	struct summary summary = { .trace = describe_trace(join), .time = describe_time(join),
		.explained = describe_explained(join) };
	unsigned long long seen = join->frames_seen, found = join->frames_in_tree;
	struct number number;

	if (seen == 0) {
		summary.frames = "the trace has no Python frames: names and order alone tell where "
				 "kernels come from";
		return summary;
	}
	summary.frames = arena_format(&join->arena,
	    "%llu of %llu Python functions of the trace are in the tree (%s)", found, seen,
	    number_percent(&number, (double)found, (double)seen));
	if ((double)found < good_match * (double)seen)
		summary.warning = "the tree matches the trace badly: it is likely another version "
				  "than the one that was traced, and lines and chains may be wrong";
	return summary;
}
