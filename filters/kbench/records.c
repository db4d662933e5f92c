/* SPDX-License-Identifier: Apache-2.0 */
/* Results as newline-delimited JSON, out and in again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "explain.h"
#include "fit.h"
#include "json/json_writer.h"
#include "sample.h"
#include "writers.h"

static void
put_facts(struct json_writer *json, const struct facts *facts)
{
	json_key(json, "facts");
	json_object_begin(json);
	for (size_t i = 0; i < facts->count; i++) {
		const struct fact *fact = &facts->items[i];

		json_key(json, fact->name);
		json_object_begin(json);
		if (fact->text != NULL)
			json_member_string(json, "value", fact->text);
		else
			json_member_double(json, "value", fact->number);
		json_member_string(json, "unit", fact->unit);
		json_member_string(json, "origin", origin_name(fact->origin));
		json_object_end(json);
	}
	json_object_end(json);
}

/* Values that are numbers are written as numbers. */
static void
put_settings(struct json_writer *json, const struct settings *axes)
{
	int64_t number;

	json_key(json, "axes");
	json_object_begin(json);
	for (size_t i = 0; i < axes->count; i++) {
		const char *value = axes->items[i].value;

		if (axis_number(value, strlen(value), &number))
			json_member_integer(json, axes->items[i].name, number);
		else
			json_member_string(json, axes->items[i].name, value);
	}
	json_object_end(json);
}

static void
put_device(struct json_writer *json, const struct device *device)
{
	json_object_begin(json);
	json_member_string(json, "kind", "device");
	json_member_string(json, "backend", device->backend);
	json_member_string(json, "name", device->name);
	put_facts(json, &device->facts);
	json_object_end(json);
}

static void
put_ceiling(struct json_writer *json, const struct ceiling *ceiling)
{
	json_object_begin(json);
	json_member_string(json, "kind", "ceiling");
	json_member_string(json, "what", ceiling->what);
	json_member_double(json, "gbps", ceiling->gbps);
	json_member_string(json, "how", origin_name(ceiling->origin));
	json_member_double(json, "us", ceiling->us);
	json_member_double(json, "bytes", ceiling->bytes);
	json_member_string(json, "level", ceiling->level);
	json_member_string(json, "l2", ceiling->l2);
	json_member_string(json, "note", ceiling->how);
	json_member_double(json, "noise", ceiling->noise);
	json_member_integer(json, "samples", ceiling->samples);
	json_member_string(json, "flag", ceiling->flag);
	json_object_end(json);
}

static void
put_measure(struct json_writer *json, const struct results *results,
    const struct measure *measure, bool explain)
{
	json_object_begin(json);
	json_member_string(json, "kind", "measure");
	json_member_string(json, "kernel", measure->kernel);
	json_member_string(json, "backend", measure->backend);
	put_settings(json, &measure->axes);
	json_member_double(json, "bytes", measure->bytes);
	json_key(json, "us");
	json_object_begin(json);
	json_member_double(json, "median", measure->median);
	json_member_double(json, "min", measure->min);
	json_member_double(json, "p99", measure->p99);
	json_member_double(json, "noise", measure->noise);
	if (measure->value_count > 0) {
		json_key(json, "values");
		json_array_begin(json);
		for (size_t i = 0; i < measure->value_count; i++)
			json_put_double(json, measure->values[i]);
		json_array_end(json);
	}
	json_object_end(json);
	json_member_integer(json, "samples", measure->samples);
	json_member_integer(json, "calls", measure->calls);
	json_member_double(json, "gbps", measure->gbps);
	json_member_double(json, "ceiling_pct", measure->ceiling_pct);
	json_member_double(json, "ceiling_gbps", measure->ceiling_gbps);
	json_member_string(json, "ceiling", measure->ceiling);
	json_member_double(json, "peak_pct", measure->peak_pct);
	json_member_double(json, "datasheet_pct", measure->datasheet_pct);
	json_member_string(json, "l2", measure->l2);
	if (measure->correct < 0)
		json_member_null(json, "correct");
	else
		json_member_bool(json, "correct", measure->correct > 0);
	json_key(json, "flags");
	json_array_begin(json);
	for (size_t i = 0; i < measure->flag_count; i++)
		json_put_string(json, measure->flags[i]);
	json_array_end(json);
	json_member_string(json, "size_axis", measure->size_axis);
	json_member_string(json, "bound", explain_bound(results, measure));
	put_facts(json, &measure->facts);
	if (explain) {
		struct text text = { 0 };

		explain_measure(&text, results, measure);
		json_member_string(json, "explain", text.bytes);
		text_free(&text);
	}
	json_object_end(json);
}

static void
put_fit(struct json_writer *json, const struct fit *fit)
{
	json_object_begin(json);
	json_member_string(json, "kind", "fit");
	json_member_string(json, "kernel", fit->kernel);
	json_member_string(json, "backend", fit->backend);
	put_settings(json, &fit->axes);
	json_member_string(json, "l2", fit->l2);
	json_member_double(json, "t0_us", fit->t0_us);
	json_member_double(json, "gbps", fit->gbps);
	json_member_integer(json, "points", (int64_t)fit->points);
	json_member_double(json, "worst", fit->worst);
	json_object_end(json);
}

void
write_ndjson(struct output *out, struct results *results, bool explain)
{
	struct json_writer *json = json_writer_open(out, false);

	put_device(json, &results->device);
	for (size_t i = 0; i < results->ceiling_count; i++)
		put_ceiling(json, &results->ceilings[i]);
	for (size_t i = 0; i < results->measure_count; i++)
		put_measure(json, results, &results->measures[i], explain);
	for (size_t i = 0; i < results->fit_count; i++)
		put_fit(json, &results->fits[i]);
	for (size_t i = 0; i < results->skipped_count; i++) {
		json_object_begin(json);
		json_member_string(json, "kind", "skipped");
		json_member_string(json, "why", results->skipped[i]);
		json_object_end(json);
	}
	json_object_begin(json);
	json_member_string(json, "kind", "end");
	json_member_integer(json, "measures", (int64_t)results->measure_count);
	json_object_end(json);
	json_writer_close(json);
}

/* ---- reading ---- */

/* null and an absent number are NAN. */
static double
get_number(const struct record *record, const struct json *object, const char *key)
{
	const struct json *value = json_get(object, key);
	double number = NAN;

	if (value != NULL && value->type != JSON_NULL && !json_number(value, &number))
		reader_fail(record, "'%s' is not a number", key);
	return number;
}

static const char *
get_string(struct results *results, const struct json *object, const char *key)
{
	const char *text = json_string(json_get(object, key));

	return results_keep(results, text ? text : "");
}

static enum origin
get_origin(const struct record *record, const char *name)
{
	for (int i = 0; i < ORIGINS; i++)
		if (name != NULL && strcmp(name, origin_name((enum origin)i)) == 0)
			return (enum origin)i;
	reader_fail(record, "'%s' is no origin of a number", name ? name : "");
}

static const struct json *
get_object(const struct record *record, const char *key)
{
	const struct json *object = json_get(record->root, key);

	if (object == NULL || object->type != JSON_OBJECT)
		reader_fail(record, "'%s' is not an object", key);
	return object;
}

static void
read_facts(struct results *results, const struct record *record, struct facts *facts)
{
	const struct json *object = get_object(record, "facts");

	for (const struct json *fact = object->child; fact != NULL; fact = fact->next) {
		enum origin origin = get_origin(record, json_string(json_get(fact, "origin")));
		const char *text = json_string(json_get(fact, "value"));

		if (text != NULL)
			facts_text(results, facts, fact->key, text, origin);
		else
			facts_number(results, facts, fact->key, get_number(record, fact, "value"),
			    get_string(results, fact, "unit"), origin);
	}
}

static void
read_settings(struct results *results, const struct record *record, struct settings *axes)
{
	const struct json *object = get_object(record, "axes");

	for (const struct json *axis = object->child; axis != NULL; axis = axis->next) {
		if (axis->text == NULL)
			reader_fail(record, "axis '%s' is neither number nor string", axis->key);
		settings_add(results, axes, axis->key, axis->text);
	}
}

static void
read_device(struct results *results, const struct record *record)
{
	results->device.backend = results_keep(results, record_string(record, "backend"));
	results->device.name = results_keep(results, record_string(record, "name"));
	read_facts(results, record, &results->device.facts);
}

static void
read_ceiling(struct results *results, const struct record *record)
{
	struct ceiling *ceiling = results_ceiling(results);

	ceiling->what = results_keep(results, record_string(record, "what"));
	ceiling->gbps = get_number(record, record->root, "gbps");
	ceiling->us = get_number(record, record->root, "us");
	ceiling->bytes = get_number(record, record->root, "bytes");
	ceiling->level = get_string(results, record->root, "level");
	ceiling->l2 = get_string(results, record->root, "l2");
	ceiling->how = get_string(results, record->root, "note");
	ceiling->flag = get_string(results, record->root, "flag");
	ceiling->noise = get_number(record, record->root, "noise");
	json_integer(json_get(record->root, "samples"), &ceiling->samples);
	ceiling->origin = get_origin(record, record_string(record, "how"));
}

static void
read_flags(struct results *results, const struct record *record, struct measure *measure)
{
	const struct json *flags = json_get(record->root, "flags");

	for (flags = flags ? flags->child : NULL; flags != NULL; flags = flags->next) {
		if (json_string(flags) == NULL)
			reader_fail(record, "a flag is not a string");
		measure_flag(measure, results_keep(results, json_string(flags)));
	}
}

static void
read_values(struct results *results, const struct record *record, const struct json *us,
    struct measure *measure)
{
	const struct json *list = json_get(us, "values");
	double values[MOST_VALUES];
	size_t count = 0;

	if (list == NULL || list->type != JSON_ARRAY)
		return;
	for (const struct json *value = list->child; value != NULL; value = value->next) {
		if (count == MOST_VALUES || !json_number(value, &values[count]))
			reader_fail(record, "\"values\" are no samples, %d at most", MOST_VALUES);
		count++;
	}
	results_keep_values(results, measure, values, count);
}

static void
read_measure(struct results *results, const struct record *record)
{
	struct measure *measure = results_measure(results);
	const struct json *us = get_object(record, "us");
	const struct json *correct = json_get(record->root, "correct");

	measure->kernel = results_keep(results, record_string(record, "kernel"));
	measure->backend = results_keep(results, record_string(record, "backend"));
	measure->size_axis = get_string(results, record->root, "size_axis");
	measure->bytes = record_number(record, "bytes");
	measure->median = get_number(record, us, "median");
	measure->min = get_number(record, us, "min");
	measure->p99 = get_number(record, us, "p99");
	measure->noise = get_number(record, us, "noise");
	read_values(results, record, us, measure);
	measure->samples = record_integer(record, "samples");
	measure->calls = (int64_t)get_number(record, record->root, "calls");
	measure->gbps = get_number(record, record->root, "gbps");
	measure->ceiling = get_string(results, record->root, "ceiling");
	measure->ceiling_gbps = get_number(record, record->root, "ceiling_gbps");
	measure->ceiling_pct = get_number(record, record->root, "ceiling_pct");
	measure->peak_pct = get_number(record, record->root, "peak_pct");
	measure->datasheet_pct = get_number(record, record->root, "datasheet_pct");
	measure->l2 = get_string(results, record->root, "l2");
	if (correct != NULL && correct->type == JSON_BOOL)
		measure->correct = correct->text[0] == 't';
	read_flags(results, record, measure);
	read_settings(results, record, &measure->axes);
	read_facts(results, record, &measure->facts);
}

void
results_read(struct results *results, const char *path)
{
	char *const files[] = { (char *)path, NULL };
	const struct record *record;
	struct reader reader;

	reader_open(&reader, files, true);
	while ((record = reader_next(&reader)) != NULL) {
		if (strcmp(record->kind, "device") == 0)
			read_device(results, record);
		else if (strcmp(record->kind, "ceiling") == 0)
			read_ceiling(results, record);
		else if (strcmp(record->kind, "measure") == 0)
			read_measure(results, record);
		else if (strcmp(record->kind, "skipped") == 0) {
			const char *why = results_keep(results, record_string(record, "why"));
			const char *colon = strchr(why, ':');

			results_skip(results, results_format(results, "%.*s",
			    (int)(colon ? colon - why : 0), why), colon ? colon + 2 : why);
		}
	}
	reader_close(&reader);
	if (results->device.name == NULL)
		die("%s: no record of kind 'device': not what kbench -f ndjson writes", path);
}
