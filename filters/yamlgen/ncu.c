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
#include "quantity.h"

/* Sums until ncu_read turns them into means. */
struct sums {
	struct measured measured;
	double sum[NCU_COUNTERS];
	size_t count[NCU_COUNTERS];
	const char *last_id; /* the launch the last row was of */
};

/* Whether a value of the file has shown that its commas are decimal ones. */
struct reading {
	struct ncu *ncu;
	struct csv csv;
	bool decimal_comma;
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

/* How metrics are called on the details page and by themselves. The tensor pipe's metric has
 * another name on each architecture (..pipe_tensor_op_hmma.., ..pipe_tensor_cycles_active..):
 * all say pipe_tensor and are percentages of the sustained peak. */
static const struct {
	enum ncu_counter counter;
	const char *names[6]; /* ends with NULL */
} metrics[] = {
	{ NCU_DURATION, { "Duration", "gpu__time_duration.sum" } },
	{ NCU_DRAM, { "DRAM Throughput", "dram__throughput.avg.pct_of_peak_sustained_elapsed",
	    "gpu__dram_throughput.avg.pct_of_peak_sustained_elapsed" } },
	{ NCU_OCCUPANCY, { "Achieved Occupancy",
	    "sm__warps_active.avg.pct_of_peak_sustained_active" } },
	{ NCU_SM, { "Compute (SM) Throughput", "SM [%]",
	    "sm__throughput.avg.pct_of_peak_sustained_elapsed" } },
	{ NCU_MEMORY, { "Memory Throughput [%]",
	    "gpu__compute_memory_throughput.avg.pct_of_peak_sustained_elapsed",
	    "gpu__compute_memory_request_throughput.avg.pct_of_peak_sustained_elapsed" } },
	{ NCU_DRAM_BYTES, { "dram__bytes.sum" } },
	{ NCU_REGISTERS, { "Registers Per Thread", "launch__registers_per_thread" } },
};

static enum ncu_counter
counter_of(const struct csv_field *metric, const struct csv_field *unit)
{
	/* Two metrics of the details page have this name: one a share, one bytes a second. */
	if (text_is(metric, "Memory Throughput"))
		return unit != NULL && text_is(unit, "%") ? NCU_MEMORY : NCU_COUNTERS;
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		for (const char *const *name = metrics[i].names; *name != NULL; name++)
			if (text_is(metric, *name))
				return metrics[i].counter;
	if (contains(metric, "pipe_tensor") && contains(metric, "pct_of_peak_sustained"))
		return NCU_TENSOR;
	return NCU_COUNTERS;
}

/* What one of the unit is: nanoseconds, bytes; 1 for percentages and numbers. */
static double
unit_of(enum ncu_counter counter, const struct csv_field *unit)
{
	static const struct {
		const char *name;
		double bytes;
	} sizes[] = { { "byte", 1 }, { "Kbyte", 1e3 }, { "Mbyte", 1e6 }, { "Gbyte", 1e9 } };
	double ns = quantity_time_unit(unit->bytes, unit->length);

	if (counter == NCU_DURATION)
		return ns > 0 ? ns : 1;
	for (size_t i = 0; counter == NCU_DRAM_BYTES && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (text_is(unit, sizes[i].name))
			return sizes[i].bytes;
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

static bool
is_percentage(enum ncu_counter counter)
{
	return counter != NCU_DURATION && counter != NCU_DRAM_BYTES && counter != NCU_REGISTERS;
}

static void
add_value(struct reading *reading, struct sums *sums, enum ncu_counter counter,
    const struct csv_field *value, double unit, size_t times)
{
	double number;

	/* "n/a" and "no data" are what ncu writes for a counter it could not collect. */
	if (counter == NCU_COUNTERS || value->length == 0 ||
	    !quantity_number(value->bytes, value->length, reading->decimal_comma, &number))
		return;
	/* Tensor pipes are measured above their sustained peak at times, never much. */
	if (is_percentage(counter) && number > 110)
		die("%s:%llu: '%.*s' %% of a peak: which comma or point is the decimal one cannot be "
		    "told; run ncu with LC_ALL=C", reading->csv.name,
		    (unsigned long long)reading->csv.line, (int)(value->length < 40 ? value->length :
		    40), value->bytes);
	sums->sum[counter] += number * unit * (double)times;
	sums->count[counter] += times;
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

/* Notes the launch that the row is of; "ID" tells launches apart. */
static void
count_launch(struct reading *reading, struct sums *sums, const struct csv_field *id)
{
	if (sums->last_id != NULL && strlen(sums->last_id) == id->length &&
	    memcmp(sums->last_id, id->bytes, id->length) == 0)
		return;
	sums->last_id = arena_copy(&reading->ncu->arena, id->bytes, id->length);
	sums->measured.launches++;
}

/* A row per metric of each launch or, of --print-summary, of each kernel: then with the number
 * of its launches and their average. */
static void
read_details(struct reading *reading, size_t name)
{
	struct csv *csv = &reading->csv;
	size_t metric = column(csv, "Metric Name"), unit = column(csv, "Metric Unit"),
	    id = column(csv, "ID"), value = column(csv, "Metric Value"),
	    average = column(csv, "Average"), invocations = column(csv, "Invocations"),
	    width = csv->count;
	bool summary = value == SIZE_MAX && average != SIZE_MAX && invocations != SIZE_MAX;

	if (unit == SIZE_MAX || (!summary && (id == SIZE_MAX || value == SIZE_MAX)))
		die("%s:%llu: the header lacks ID, Metric Unit or Metric Value", csv->name,
		    (unsigned long long)csv->line);
	while (csv_next(csv)) {
		const struct csv_field *field = csv->fields;
		enum ncu_counter counter;
		double launches = 1;
		struct sums *sums;

		if (csv->blank)
			continue;
		check_width(csv, width);
		counter = counter_of(&field[metric], &field[unit]);
		sums = sums_of(reading->ncu, &field[name]);
		if (!summary) {
			count_launch(reading, sums, &field[id]);
		} else if (quantity_number(field[invocations].bytes, field[invocations].length,
		    false, &launches) && launches >= 1 && launches < 1e15) {
			if (sums->measured.launches < (size_t)launches)
				sums->measured.launches = (size_t)launches;
		}
		add_value(reading, sums, counter, &field[summary ? average : value],
		    unit_of(counter, &field[unit]), (size_t)launches);
	}
}

/* A row per launch and a column per metric; the row below the header has the units. */
static void
read_raw(struct reading *reading, size_t name)
{
	struct csv *csv = &reading->csv;
	size_t width = csv->count, columns[NCU_COUNTERS];
	double units[NCU_COUNTERS];

	for (enum ncu_counter counter = 0; counter < NCU_COUNTERS; counter++) {
		columns[counter] = SIZE_MAX;
		units[counter] = 1;
	}
	for (size_t i = 0; i < csv->count; i++) {
		enum ncu_counter counter = counter_of(&csv->fields[i], NULL);

		if (counter != NCU_COUNTERS && columns[counter] == SIZE_MAX)
			columns[counter] = i;
	}
	for (bool units_read = false; csv_next(csv);) {
		struct sums *sums = NULL;

		if (csv->blank)
			continue;
		check_width(csv, width);
		if (csv->fields[name].length > 0) {
			sums = sums_of(reading->ncu, &csv->fields[name]);
			sums->measured.launches++;
		} else if (units_read) {
			continue;
		}
		for (enum ncu_counter counter = 0; counter < NCU_COUNTERS; counter++) {
			if (columns[counter] == SIZE_MAX)
				continue;
			if (sums != NULL)
				add_value(reading, sums, counter, &csv->fields[columns[counter]],
				    units[counter], 1);
			else
				units[counter] = unit_of(counter, &csv->fields[columns[counter]]);
		}
		units_read = true;
	}
}

/* Goes through the whole file once: one value that shows the convention settles all. */
static bool
has_decimal_commas(struct reading *reading, const char *path)
{
	struct input *input = input_open(path);
	size_t metric = SIZE_MAX, unit = SIZE_MAX;
	bool shown = false;

	csv_open(&reading->csv, input);
	while (!shown && csv_next(&reading->csv)) {
		const struct csv *csv = &reading->csv;

		if (column(csv, "Kernel Name") != SIZE_MAX) {
			metric = column(csv, "Metric Value");
			unit = column(csv, "Metric Unit");
			continue;
		}
		for (size_t i = 0; i < csv->count; i++) {
			const struct csv_field *value = &csv->fields[i];

			if (metric != SIZE_MAX && i != metric)
				continue;
			shown = shown || quantity_shows_decimal_comma(value->bytes, value->length);
			/* No percentage has thousands. */
			shown = shown || (unit != SIZE_MAX && unit < csv->count &&
			    text_is(&csv->fields[unit], "%") &&
			    memchr(value->bytes, ',', value->length) != NULL);
		}
	}
	csv_close(&reading->csv);
	input_close(input);
	return shown;
}

void
ncu_read(struct ncu *ncu, const char *path)
{
	struct reading *reading = memory_alloc(sizeof(*reading));
	struct input *input;
	bool found = false;

	reading->ncu = ncu;
	reading->decimal_comma = strcmp(path, "-") != 0 && has_decimal_commas(reading, path);
	input = input_open(path);
	csv_open(&reading->csv, input);
	/* ncu writes "==PROF==" lines before the table when stdout was captured. */
	while (!found && csv_next(&reading->csv)) {
		size_t name = column(&reading->csv, "Kernel Name");

		if (name == SIZE_MAX)
			continue;
		found = true;
		if (column(&reading->csv, "Metric Name") != SIZE_MAX)
			read_details(reading, name);
		else
			read_raw(reading, name);
	}
	if (!found)
		die("%s: no ncu table: no header with Kernel Name", path);
	csv_close(&reading->csv);
	free(reading);
	input_close(input);

	for (size_t i = 0; i < ncu->by_name.count; i++) {
		struct sums *sums = ncu->by_name.entries[i].value;

		for (enum ncu_counter counter = 0; counter < NCU_COUNTERS; counter++)
			sums->measured.mean[counter] = sums->count[counter] > 0 ?
			    sums->sum[counter] / (double)sums->count[counter] : NAN;
	}
}

const struct measured *
ncu_find(const struct ncu *ncu, const char *key)
{
	void **place = map_get_string(&ncu->by_name, key);

	return place != NULL ? &((struct sums *)*place)->measured : NULL;
}

const char *
ncu_counter_name(enum ncu_counter counter)
{
	static const char *const names[NCU_COUNTERS] = {
		[NCU_DURATION] = "duration_ns",
		[NCU_DRAM] = "dram_percent",
		[NCU_TENSOR] = "tensor_percent",
		[NCU_OCCUPANCY] = "occupancy_percent",
		[NCU_SM] = "sm_percent",
		[NCU_MEMORY] = "memory_percent",
		[NCU_DRAM_BYTES] = "dram_bytes",
		[NCU_REGISTERS] = "registers_per_thread",
	};

	return names[counter];
}

int
ncu_counter_decimals(enum ncu_counter counter)
{
	return is_percentage(counter) ? 2 : 0;
}

void
ncu_free(struct ncu *ncu)
{
	map_free(&ncu->by_name);
	arena_free(&ncu->arena);
}
