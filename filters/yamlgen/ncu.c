/* SPDX-License-Identifier: Apache-2.0 */
/* Averages the few counters the catalogue shows over the launches of each kernel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "csv.h"
#include "names/cxx_name.h"
#include "base/error.h"
#include "base/input.h"
#include "base/memory.h"
#include "ncu.h"
#include "report.h"

enum counter { DURATION, DRAM, TENSOR, OCCUPANCY, COUNTERS };

/* Sums until ncu_read turns them into means. */
struct sums {
	struct measured measured;
	double sum[COUNTERS];
	size_t count[COUNTERS];
	const char *last_id; /* the launch the last row was of */
};

static bool
text_is(const struct csv_field *field, const char *text)
{
	return field->length == strlen(text) && strncasecmp(field->bytes, text, field->length) == 0;
}

static bool
contains(const struct csv_field *field, const char *text)
{
	size_t length = strlen(text);

	for (size_t at = 0; at + length <= field->length; at++)
		if (strncasecmp(field->bytes + at, text, length) == 0)
			return true;
	return false;
}

/* Which counter a metric is, by its name on the details page or its own; COUNTERS for one
 * that is not shown. The tensor pipe's metric has another name on each architecture
 * (..pipe_tensor_op_hmma.., ..pipe_tensor_cycles_active..): all say pipe_tensor and are
 * percentages of the sustained peak. */
static enum counter
counter_of(const struct csv_field *metric)
{
	if (text_is(metric, "Duration") || text_is(metric, "gpu__time_duration.sum"))
		return DURATION;
	if (text_is(metric, "DRAM Throughput") ||
	    text_is(metric, "dram__throughput.avg.pct_of_peak_sustained_elapsed") ||
	    text_is(metric, "gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed"))
		return DRAM;
	if (contains(metric, "pipe_tensor") && contains(metric, "pct_of_peak_sustained"))
		return TENSOR;
	if (text_is(metric, "Achieved Occupancy") ||
	    text_is(metric, "sm__warps_active.avg.pct_of_peak_sustained_active"))
		return OCCUPANCY;
	return COUNTERS;
}

/* Nanoseconds in one "nsecond", "usecond", "msecond", "second" or their short forms. */
static double
duration_unit(const struct csv_field *unit)
{
	if (text_is(unit, "usecond") || text_is(unit, "us"))
		return 1e3;
	if (text_is(unit, "msecond") || text_is(unit, "ms"))
		return 1e6;
	if (text_is(unit, "second") || text_is(unit, "s"))
		return 1e9;
	return 1;
}

static struct sums *
sums_of(struct ncu *ncu, const struct csv_field *name)
{
	struct text canonical = { 0 }, key = { 0 };
	void **place;

	cxx_name_canonical(&canonical, name->bytes, name->length);
	cxx_name_key(&key, canonical.bytes, canonical.length);
	place = map_put(&ncu->by_name, key.bytes, key.length);
	if (*place == NULL)
		*place = arena_alloc_zero(&ncu->arena, sizeof(struct sums));
	text_free(&canonical);
	text_free(&key);
	return *place;
}

static void
add_value(struct sums *sums, enum counter counter, const struct csv_field *value, double unit)
{
	double number;

	/* "n/a" and "no data" are what ncu writes for a counter it could not collect. */
	if (counter == COUNTERS || !report_number(value->bytes, value->length, &number))
		return;
	sums->sum[counter] += number * unit;
	sums->count[counter]++;
}

static size_t
column(const struct csv *csv, const char *name)
{
	for (size_t i = 0; i < csv->count; i++)
		if (text_is(&csv->fields[i], name))
			return i;
	return SIZE_MAX;
}

static void
check_width(const struct csv *csv, size_t header_fields)
{
	if (csv->cut || csv->count < header_fields)
		die("%s:%llu: the row is cut short or broken: %zu fields where the header has %zu",
		    csv->name, (unsigned long long)csv->line, csv->count, header_fields);
}

/* A row per metric of each launch; "ID" tells the launches apart. */
static void
read_details(struct ncu *ncu, struct csv *csv, size_t name)
{
	size_t id = column(csv, "ID"), metric = column(csv, "Metric Name");
	size_t unit = column(csv, "Metric Unit"), value = column(csv, "Metric Value");
	size_t width = csv->count;

	if (id == SIZE_MAX || unit == SIZE_MAX || value == SIZE_MAX)
		die("%s:%llu: the header lacks ID, Metric Unit or Metric Value", csv->name,
		    (unsigned long long)csv->line);
	while (csv_next(csv)) {
		const struct csv_field *field = csv->fields;
		enum counter counter;
		struct sums *sums;

		if (csv->blank)
			continue;
		check_width(csv, width);
		counter = counter_of(&field[metric]);
		sums = sums_of(ncu, &field[name]);
		if (sums->last_id == NULL || strlen(sums->last_id) != field[id].length ||
		    memcmp(sums->last_id, field[id].bytes, field[id].length) != 0) {
			sums->last_id = arena_copy(&ncu->arena, field[id].bytes, field[id].length);
			sums->measured.launches++;
		}
		add_value(sums, counter, &field[value],
		    counter == DURATION ? duration_unit(&field[unit]) : 1);
	}
}

/* A row per launch and a column per metric; the row below the header has the units. */
static void
read_raw(struct ncu *ncu, struct csv *csv, size_t name)
{
	size_t width = csv->count, columns[COUNTERS];
	double unit = 1;

	for (enum counter counter = 0; counter < COUNTERS; counter++)
		columns[counter] = SIZE_MAX;
	for (size_t i = 0; i < csv->count; i++) {
		enum counter counter = counter_of(&csv->fields[i]);

		if (counter != COUNTERS && columns[counter] == SIZE_MAX)
			columns[counter] = i;
	}
	for (bool units_read = false; csv_next(csv);) {
		if (csv->blank)
			continue;
		check_width(csv, width);
		if (csv->fields[name].length == 0) {
			if (!units_read && columns[DURATION] != SIZE_MAX)
				unit = duration_unit(&csv->fields[columns[DURATION]]);
			units_read = true;
			continue;
		}
		struct sums *sums = sums_of(ncu, &csv->fields[name]);

		sums->measured.launches++;
		for (enum counter counter = 0; counter < COUNTERS; counter++)
			if (columns[counter] != SIZE_MAX)
				add_value(sums, counter, &csv->fields[columns[counter]],
				    counter == DURATION ? unit : 1);
	}
}

static double
mean(const struct sums *sums, enum counter counter)
{
	return sums->count[counter] > 0 ? sums->sum[counter] / (double)sums->count[counter] : NAN;
}

void
ncu_read(struct ncu *ncu, const char *path)
{
	struct csv *csv = memory_alloc(sizeof(*csv));
	struct input *input = input_open(path);
	bool found = false;

	csv_open(csv, input);
	/* ncu writes "==PROF==" lines before the table when stdout was captured. */
	while (!found && csv_next(csv)) {
		size_t name = column(csv, "Kernel Name");

		if (name == SIZE_MAX)
			continue;
		found = true;
		if (column(csv, "Metric Name") != SIZE_MAX)
			read_details(ncu, csv, name);
		else
			read_raw(ncu, csv, name);
	}
	if (!found)
		die("%s: no ncu table: no header with Kernel Name", path);
	csv_close(csv);
	free(csv);
	input_close(input);

	for (size_t i = 0; i < ncu->by_name.count; i++) {
		struct sums *sums = ncu->by_name.entries[i].value;

		sums->measured.duration_ns = mean(sums, DURATION);
		sums->measured.dram_percent = mean(sums, DRAM);
		sums->measured.tensor_percent = mean(sums, TENSOR);
		sums->measured.occupancy_percent = mean(sums, OCCUPANCY);
	}
}

const struct measured *
ncu_find(const struct ncu *ncu, const char *key)
{
	void **place = map_get_string(&ncu->by_name, key);

	return place != NULL ? &((struct sums *)*place)->measured : NULL;
}

void
ncu_free(struct ncu *ncu)
{
	map_free(&ncu->by_name);
	arena_free(&ncu->arena);
}
