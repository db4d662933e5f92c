/* SPDX-License-Identifier: Apache-2.0 */
/* Matches the kernels of two runs by key and by label. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/columns.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "difference.h"
#include "entry.h"
#include "page/markdown.h"
#include "write_list.h"

/* A kernel or label in both runs. */
struct pair {
	const char *name, *label;
	double ns[2];
	double instances[2];
};

struct pairs {
	struct map by_key;
	struct arena arena;
	double total_ns[2];
};

static void
add_pair(struct pairs *pairs, const char *key, const struct entry *entry, int run)
{
	void **place = map_put_string(&pairs->by_key, key);
	struct pair *pair = *place;

	if (pair == NULL) {
		pair = *place = arena_alloc_zero(&pairs->arena, sizeof(*pair));
		pair->name = arena_copy(&pairs->arena, key, strlen(key));
		pair->label = arena_copy(&pairs->arena, entry->facts->friendly,
		    strlen(entry->facts->friendly));
	}
	pair->ns[run] += entry->total_ns;
	pair->instances[run] += (double)entry->instances;
}

static void
collect(struct pairs *pairs, const struct catalogue *catalogue, struct naming *naming, int run,
    bool labels)
{
	for (size_t i = 0; i < catalogue->ordered_count; i++) {
		struct entry entry = entry_of(catalogue, catalogue->ordered[i], naming, NULL);

		if (!isnan(entry.share))
			add_pair(pairs, labels ? entry.facts->friendly : entry.facts->key, &entry, run);
	}
	pairs->total_ns[run] = catalogue->total_ns;
}

/* What changed most comes first. */
static int
compare_pairs(const void *left, const void *right)
{
	const struct pair *a = *(struct pair *const *)left, *b = *(struct pair *const *)right;
	double x = fabs(a->ns[1] - a->ns[0]), y = fabs(b->ns[1] - b->ns[0]);

	if (x != y)
		return x > y ? -1 : 1;
	return strcmp(a->name, b->name);
}

static bool
is_slower(const struct pair *pair, const struct pairs *pairs, double threshold)
{
	double least = fmax(pairs->total_ns[0], pairs->total_ns[1]) / 100;

	return fmax(pair->ns[0], pair->ns[1]) >= least &&
	    pair->ns[1] > pair->ns[0] * (1 + threshold / 100);
}

static void
add_change(struct text *text, double before, double after)
{
	if (before <= 0)
		text_add_string(text, "new");
	else if (after <= 0)
		text_add_string(text, "gone");
	else
		text_add_format(text, "%+.1f%%", (after / before - 1) * 100);
}

static void
write_pair(struct output *out, const struct pair *pair, const char *what,
    enum difference_format format)
{
	struct number before, after;
	struct text change = { 0 }, clean = { 0 };

	add_change(&change, pair->ns[0], pair->ns[1]);
	columns_clean(&clean, pair->name);
	if (format == DIFFERENCE_CSV) {
		output_format(out, "%s,", what);
		write_csv_field(out, pair->name, strlen(pair->name));
		output_format(out, ",%.0f,%.0f,%.0f,%.0f,%.0f\n", pair->ns[0], pair->ns[1],
		    pair->ns[1] - pair->ns[0], pair->instances[0], pair->instances[1]);
	} else if (format == DIFFERENCE_MARKDOWN) {
		output_format(out, "| %s | %s | %s | %.0f | %.0f | ",
		    number_human(&before, pair->ns[0] / 1e3), number_human(&after, pair->ns[1] / 1e3),
		    change.bytes, pair->instances[0], pair->instances[1]);
		markdown_text(out, pair->name);
		output_string(out, " |\n");
	} else {
		output_format(out, "%10s  %10s  %8s  %9.0f  %9.0f  %.*s\n",
		    number_human(&before, pair->ns[0] / 1e3), number_human(&after, pair->ns[1] / 1e3),
		    change.bytes, pair->instances[0], pair->instances[1], 120,
		    clean.length > 0 ? clean.bytes : "");
	}
	text_free(&change);
	text_free(&clean);
}

static void
write_title(struct output *out, const char *title, enum difference_format format)
{
	if (format == DIFFERENCE_MARKDOWN)
		output_format(out, "\n## %s\n\n| before | after | change | launches before | after | "
		    "name |\n|---:|---:|---:|---:|---:|---|\n", title);
	else if (format == DIFFERENCE_TABLE)
		output_format(out, "\n%s\n%10s  %10s  %8s  %9s  %9s\n", title, "before", "after",
		    "change", "launches", "after");
}

/* One list, of labels or of kernels; whether one of them is slower. */
static bool
write_pairs(const struct catalogue *const *runs, struct naming *naming, bool labels,
    double threshold, enum difference_format format, struct output *out)
{
	struct pairs pairs = { .total_ns = { 0, 0 } };
	struct pair **sorted;
	bool slower = false;

	collect(&pairs, runs[0], naming, 0, labels);
	collect(&pairs, runs[1], naming, 1, labels);
	sorted = memory_alloc_zero(pairs.by_key.count + 1, sizeof(struct pair *));
	for (size_t i = 0; i < pairs.by_key.count; i++)
		sorted[i] = pairs.by_key.entries[i].value;
	qsort(sorted, pairs.by_key.count, sizeof(struct pair *), compare_pairs);
	write_title(out, labels ? "By label" : "By kernel", format);
	for (size_t i = 0; i < pairs.by_key.count; i++) {
		slower = slower || is_slower(sorted[i], &pairs, threshold);
		write_pair(out, sorted[i], labels ? "label" : "kernel", format);
	}
	free(sorted);
	map_free(&pairs.by_key);
	arena_free(&pairs.arena);
	return slower;
}

static double
count_launches(const struct catalogue *catalogue, struct naming *naming)
{
	double launches = 0;

	for (size_t i = 0; i < catalogue->ordered_count; i++) {
		struct entry entry = entry_of(catalogue, catalogue->ordered[i], naming, NULL);

		launches += isnan(entry.share) ? 0 : (double)entry.instances;
	}
	return launches;
}

bool
difference_write(const struct catalogue *before, const struct catalogue *after,
    struct naming *naming, double threshold, enum difference_format format, struct output *out)
{
	const struct catalogue *runs[2] = { before, after };
	struct pair whole = { .name = "total", .ns = { before->total_ns, after->total_ns },
		.instances = { count_launches(before, naming), count_launches(after, naming) } };
	struct pairs all = { .total_ns = { before->total_ns, after->total_ns } };
	bool slower = is_slower(&whole, &all, threshold);

	if (format == DIFFERENCE_CSV)
		output_string(out, "by,name,before_ns,after_ns,change_ns,launches_before,"
		    "launches_after\n");
	else
		write_title(out, "Total", format);
	write_pair(out, &whole, "total", format);
	slower |= write_pairs(runs, naming, true, threshold, format, out);
	slower |= write_pairs(runs, naming, false, threshold, format, out);
	return slower;
}
