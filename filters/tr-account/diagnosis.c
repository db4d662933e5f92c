/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what a device loses most time by, and which calls, frames and kernels that goes to. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "diagnosis.h"

/* Of the wall time: what takes less is not worth a sentence. */
enum { WORTH_PERMILLE = 2 };

/* Evidence is looked for in the longest gaps, and in the longest work, of a device: what it
 * names is then "at least" so long. */
enum { MOST_GAPS = 20000, MOST_PIECES = 5000 };

/* What a name is to a gap or to a piece of work. */
enum taken_as { AS_PLACE, AS_CALL, AS_KERNEL };

/* Times by what, as and name, in the order in which they came. */
struct sum {
	int what;
	enum taken_as as;
	struct culprit culprit;
};

struct sums {
	struct map map; /* to the place in the list + 1 */
	struct sum *list;
	size_t count, capacity;
};

struct sum_key {
	uintptr_t name;
	uint32_t what, as;
};

static void
sums_add_in(struct sums *sums, int what, enum taken_as as, const struct word *name,
    const struct word *op, int64_t ns)
{
	struct sum_key key;
	void **place;

	if (name == NULL || ns <= 0)
		return;
	memset(&key, 0, sizeof(key));
	key.name = (uintptr_t)name;
	key.what = (uint32_t)what;
	key.as = (uint32_t)as;
	place = map_put(&sums->map, (const char *)&key, sizeof(key));
	if (*place == NULL) {
		sums->list = memory_grow(sums->list, sums->count, &sums->capacity,
		    sizeof(*sums->list));
		sums->list[sums->count] = (struct sum){ what, as, { name, 0, op } };
		*place = (void *)(uintptr_t)++sums->count;
	}
	sums->list[(uintptr_t)*place - 1].culprit.ns += ns;
}

static void
sums_add(struct sums *sums, int what, enum taken_as as, const struct word *name, int64_t ns)
{
	sums_add_in(sums, what, as, name, NULL, ns);
}

/* The largest; of equal ones the first that came. */
static void
sums_take(const struct sums *sums, int what, enum taken_as as, struct culprit *list, size_t most)
{
	for (size_t i = 0; i < most; i++)
		list[i] = (struct culprit){ 0 };
	for (size_t i = 0; i < sums->count; i++) {
		struct culprit found = sums->list[i].culprit;

		if (sums->list[i].what != what || sums->list[i].as != as)
			continue;
		for (size_t k = 0; k < most; k++)
			if (found.ns > list[k].ns) {
				struct culprit less = list[k];

				list[k] = found;
				found = less;
			}
	}
}

/* What the host was in: Python frames where the thread has them, else whatever it ran. */
static void
add_meanwhile(struct sums *sums, int cause, const struct evidence *evidence)
{
	bool framed = false;

	for (size_t i = 0; i < evidence->frame_count; i++)
		framed |= evidence->frames[i].name != NULL;
	for (size_t i = 0; framed && i < evidence->frame_count; i++)
		sums_add(sums, cause, AS_PLACE, evidence->frames[i].name,
		    evidence->frames[i].ns);
	for (size_t i = 0; !framed && i < evidence->self_count; i++)
		sums_add(sums, cause, AS_CALL, evidence->self[i].name, evidence->self[i].ns);
}

/* The function itself that calls, not one far around it, which may run the whole program. */
static bool
waits_for_profiler(const struct context *context)
{
	return (context->frame != NULL && (context->frame->flags & WORD_PROFILER) != 0) ||
	    (context->innermost != NULL && (context->innermost->flags & WORD_PROFILER) != 0);
}

static void
add_gap(struct sums *sums, const struct device *device, const struct gap *gap,
    const struct evidence *evidence, struct point *point)
{
	const struct host_event *launch = launch_of(device->rank, gap->after);
	int64_t ns = gap->end - gap->start;
	int cause = (int)gap->cause;

	switch (gap->cause) {
	case CAUSE_HOST:
	case CAUSE_ALLOC:
		add_meanwhile(sums, cause, evidence);
		return;
	case CAUSE_SYNC:
	case CAUSE_AFTER_SYNC:
		if (gap->sync == NULL)
			break;
		sums_add(sums, cause, AS_CALL, gap->sync->name, ns);
		sums_add_in(sums, cause, AS_PLACE, evidence->sync.frame, evidence->sync.op, ns);
		point->by_profiler += waits_for_profiler(&evidence->sync) ? ns : 0;
		return;
	case CAUSE_LAUNCH:
	case CAUSE_GRAPH_LAUNCH:
	case CAUSE_BLOCKED_COPY:
		break;
	default:
		sums_add(sums, cause, AS_KERNEL, gap->after->name, ns);
		if (gap->reason != NULL && point->reason == NULL)
			point->reason = gap->reason;
		return;
	}
	if (launch != NULL)
		sums_add(sums, cause, AS_CALL, launch->name, ns);
	sums_add_in(sums, cause, AS_PLACE, evidence->launch.frame, evidence->launch.op, ns);
}

static int
compare_gaps(const void *left, const void *right)
{
	const struct gap *a = *(const struct gap *const *)left;
	const struct gap *b = *(const struct gap *const *)right;
	int64_t a_length = a->end - a->start, b_length = b->end - b->start;

	if (a_length != b_length)
		return a_length > b_length ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

static bool
is_worth(int64_t ns, int64_t window)
{
	return ns > 0 && ns >= window / 1000 * WORTH_PERMILLE;
}

/* The gaps of causes that are worth it. */
static void
add_gaps(struct sums *sums, const struct device *device, const struct figures *figures,
    struct point *points)
{
	const struct gap **gaps = memory_alloc((device->gap_count + 1) *
	    sizeof(const struct gap *));
	struct evidence *evidence;
	size_t count = 0;

	for (size_t i = 0; i < device->gap_count; i++)
		if (is_worth(figures->idle_by_cause[device->gaps[i].cause],
		    device->last - device->first))
			gaps[count++] = &device->gaps[i];
	if (count > 0)
		qsort(gaps, count, sizeof(const struct gap *), compare_gaps);
	if (count > MOST_GAPS)
		count = MOST_GAPS;
	evidence = memory_alloc_zero(count + 1, sizeof(*evidence));
	context_find(device, gaps, count, evidence);
	for (size_t i = 0; i < count; i++)
		add_gap(sums, device, gaps[i], &evidence[i], &points[gaps[i]->cause]);
	free(evidence);
	free(gaps);
}

/* Where the kernels, copies or fills of one kind, or of one name, were launched. */
static void
add_launches(struct sums *sums, const struct device *device, enum what what, enum work work,
    const struct word *name)
{
	struct gap *spans = memory_alloc_zero(device->count + 1, sizeof(*spans));
	const struct gap **list = memory_alloc((device->count + 1) * sizeof(const struct gap *));
	struct evidence *evidence;
	size_t count = 0;

	for (size_t i = 0; i < device->count; i++) {
		const struct piece *piece = &device->pieces[i];

		if (piece->work != work || (name != NULL && piece->name != name) ||
		    piece->launch == NO_LAUNCH)
			continue;
		/* From its launch, of which nothing but the begin is asked. */
		spans[count] = (struct gap){ .start = piece->start, .end = piece->end,
			.after = piece };
		list[count] = &spans[count];
		count++;
	}
	if (count > 0)
		qsort(list, count, sizeof(const struct gap *), compare_gaps);
	if (count > MOST_PIECES)
		count = MOST_PIECES;
	evidence = memory_alloc_zero(count + 1, sizeof(*evidence));
	context_find(device, list, count, evidence);
	for (size_t i = 0; i < count; i++)
		sums_add_in(sums, (int)what, AS_PLACE, evidence[i].launch.frame,
		    evidence[i].launch.op, list[i]->end - list[i]->start);
	free(evidence);
	free(list);
	free(spans);
}

static void
add_work(struct sums *sums, const struct device *device, const struct figures *figures)
{
	static const enum what whats[WORK_COUNT] = { [WORK_COMPUTE] = WHAT_COMPUTE,
		[WORK_COMM] = WHAT_COMM, [WORK_COPY] = WHAT_COPY, [WORK_FILL] = WHAT_FILL };
	struct culprit most;

	for (size_t i = 0; i < device->count; i++)
		sums_add(sums, (int)whats[device->pieces[i].work], AS_KERNEL,
		    device->pieces[i].name, device->pieces[i].end - device->pieces[i].start);
	for (int work = 0; work < WORK_COUNT; work++) {
		if (!is_worth(figures->times.exclusive[work], device->last - device->first))
			continue;
		sums_take(sums, (int)whats[work], AS_KERNEL, &most, 1);
		add_launches(sums, device, whats[work], (enum work)work,
		    work == WORK_COMPUTE ? most.name : NULL);
	}
}

/* The largest of a device replaces a smaller one's. */
static void
keep_point(struct point *point, const struct point *found)
{
	size_t devices = point->devices + 1;
	int64_t all_ns = point->all_ns + found->ns;

	if (found->ns > point->ns)
		*point = *found;
	point->devices = devices;
	point->all_ns = all_ns;
}

void
diagnosis_add(struct diagnosis *diagnosis, const char *rank, const struct device *device,
    const struct figures *figures)
{
	struct point points[WHAT_COUNT] = { 0 };
	struct sums sums = { 0 };

	diagnosis->devices++;
	for (int cause = 0; cause < CAUSE_COUNT; cause++) {
		points[cause].ns = figures->idle_by_cause[cause];
		points[cause].count = figures->gaps_by_cause[cause];
	}
	points[WHAT_COMM].ns = figures->times.exclusive[WORK_COMM];
	points[WHAT_COMM].count = figures->pieces[WORK_COMM];
	points[WHAT_COPY].ns = figures->times.exclusive[WORK_COPY];
	points[WHAT_COPY].count = figures->pieces[WORK_COPY];
	points[WHAT_FILL].ns = figures->times.exclusive[WORK_FILL];
	points[WHAT_FILL].count = figures->pieces[WORK_FILL];
	points[WHAT_COMPUTE].ns = figures->times.exclusive[WORK_COMPUTE];
	points[WHAT_COMPUTE].count = figures->pieces[WORK_COMPUTE];
	add_gaps(&sums, device, figures, points);
	add_work(&sums, device, figures);
	for (int what = 0; what < WHAT_COUNT; what++) {
		struct point *point = &points[what];

		point->rank = rank;
		point->device = device->key;
		point->file = device->rank->file;
		point->window = device->last - device->first;
		if (!is_worth(point->ns, point->window))
			continue;
		sums_take(&sums, what, AS_PLACE, point->places, PLACES_SAID);
		sums_take(&sums, what, AS_CALL, &point->call, 1);
		sums_take(&sums, what, AS_KERNEL, &point->kernel, 1);
		keep_point(&diagnosis->points[what], point);
	}
	map_free(&sums.map);
	free(sums.list);
}
