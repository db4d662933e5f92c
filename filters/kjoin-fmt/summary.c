/* SPDX-License-Identifier: Apache-2.0 */
/* Says what a stream says as a whole. */
#include <math.h>
#include <string.h>

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

/* How sure a place is, the surest first. */
enum grade { GRADE_FRAMES, GRADE_PLAN, GRADE_ORDER, GRADE_NAME, GRADE_CANDIDATES, GRADE_UNKNOWN,
	GRADE_COUNT };

static const char *const grade_names[] = { "proved by frames", "by the plan's order",
	"by the order of the forward", "by name", "candidates", "unknown" };

static enum grade
grade_of(const struct place *place)
{
	if (place->at == NULL && place->chain_length == 0 && place->stack_length == 0 &&
	    place->kernel == NULL)
		return GRADE_UNKNOWN;
	if (strcmp(place->how, "frames") == 0 || strcmp(place->how, "capture") == 0)
		return GRADE_FRAMES;
	if (strcmp(place->how, "plan") == 0)
		return GRADE_PLAN;
	if (strcmp(place->how, "order") == 0)
		return GRADE_ORDER;
	return strcmp(place->how, "between") == 0 ? GRADE_UNKNOWN : GRADE_NAME;
}

/* GPU time by grade; what rows have beside their places is unknown. */
static void
add_grades(const struct join *join, double grades[GRADE_COUNT])
{
	double known = 0;

	for (size_t i = 0; i < join->hot_count; i++) {
		const struct hot *hot = &join->hots[i];
		double certain = 0;

		for (size_t j = 0; j < hot->place_count; j++) {
			const struct place *place = &hot->places[j];

			if (!place->certain || !isfinite(place->sum))
				continue;
			certain += place->sum;
			grades[grade_of(place)] += place->sum;
		}
		if (hot_is_ambiguous(hot))
			grades[GRADE_CANDIDATES] += fmax(hot->sum - certain, 0);
	}
	for (int i = 0; i < GRADE_UNKNOWN; i++)
		known += grades[i];
	grades[GRADE_UNKNOWN] = fmax(join->sum - known, 0);
}

/* Fewer of the trace's functions than expected begin where the tree has them. */
static bool
is_other_version(const struct join *join)
{
	return (double)join->frames_in_tree < good_match * (double)join->frames_seen;
}

static const char *
describe_explained(struct join *join)
{
	bool other = is_other_version(join);
	double grades[GRADE_COUNT] = { 0 };
	struct text text = { 0 };
	struct number number;
	const char *line;

	add_grades(join, grades);
	text_add_string(&text, "Where it comes from:");
	for (int i = 0; i < GRADE_COUNT; i++)
		if (grades[i] > 0)
			text_add_format(&text, "%s %s %s", text.length > 20 ? "," : "",
			    number_percent(&number, grades[i], join->sum),
			    i == GRADE_FRAMES && other ? "by frames of another version of the tree" :
			    grade_names[i]);
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
		summary.frames = "no function of the model is on a stack of the trace: names and order "
				 "alone tell its ops";
		return summary;
	}
	summary.frames = arena_format(&join->arena,
	    "%llu of %llu Python functions of the trace are in the tree (%s)", found, seen,
	    number_percent(&number, (double)found, (double)seen));
	if (is_other_version(join))
		summary.warning = "the tree matches the trace badly: it is likely another version "
				  "than the one that was traced, and lines and chains may be wrong";
	return summary;
}
