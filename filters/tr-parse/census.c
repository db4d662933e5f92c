/* SPDX-License-Identifier: Apache-2.0 */
/* Counters in two small maps. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "census.h"

static const char no_category[] = "(none)", other_categories[] = "(others)";

uint64_t *
census_unknown(struct census *census, struct slice category)
{
	struct slice key = category;
	void **place;

	if (key.bytes == NULL)
		key = (struct slice){ no_category, strlen(no_category) };
	place = map_get(&census->unknown, key.bytes, key.length);
	if (place == NULL && census->unknown.count >= CENSUS_UNKNOWN)
		key = (struct slice){ other_categories, strlen(other_categories) };
	place = map_put(&census->unknown, key.bytes, key.length);
	if (*place == NULL)
		*place = memory_alloc_zero(1, sizeof(uint64_t));
	return *place;
}

struct census_rank *
census_rank(struct census *census, struct slice label)
{
	void **place;

	if (census->last != NULL && census->last_label.length == label.length &&
	    (label.length == 0 || memcmp(census->last_label.bytes, label.bytes, label.length) == 0))
		return census->last;
	place = map_put(&census->ranks, label.bytes != NULL ? label.bytes : "", label.length);
	if (*place == NULL)
		*place = memory_alloc_zero(1, sizeof(struct census_rank));
	for (size_t i = 0; i < census->ranks.count; i++)
		if (census->ranks.entries[i].value == *place)
			census->last_label = (struct slice){ census->ranks.entries[i].key,
				label.length };
	census->last = *place;
	return census->last;
}

void
census_describe_unknown(const struct census *census, struct text *text, const char *before)
{
	for (size_t i = 0; i < census->unknown.count; i++) {
		const struct map_entry *entry = &census->unknown.entries[i];

		text_add_format(text, "%s%llu ", before,
		    (unsigned long long)*(const uint64_t *)entry->value);
		if (strcmp(entry->key, no_category) == 0)
			text_add_string(text, "without a category");
		else
			text_add(text, entry->key, entry->key_length);
		before = ", ";
	}
}

struct census_rank
census_total(const struct census *census)
{
	struct census_rank total = { 0 };

	for (size_t i = 0; i < census->ranks.count; i++) {
		const struct census_rank *rank = census->ranks.entries[i].value;

		if (rank->first_ns != 0 && (total.first_ns == 0 || rank->first_ns < total.first_ns))
			total.first_ns = rank->first_ns;
		if (rank->last_ns > total.last_ns)
			total.last_ns = rank->last_ns;
		total.ts_zero += rank->ts_zero;
		total.negative += rank->negative;
		total.zero_duration += rank->zero_duration;
		total.no_time[0] += rank->no_time[0];
		total.no_time[1] += rank->no_time[1];
	}
	return total;
}

static void
write_rank(const struct census_rank *rank, struct output *out)
{
	const struct {
		const char *name;
		uint64_t count;
	} counts[] = {
		{ "gpu_ts_zero", rank->ts_zero },
		{ "gpu_negative_duration", rank->negative },
		{ "gpu_zero_duration", rank->zero_duration },
		{ "gpu_time_not_a_number", rank->no_time[1] },
		{ "host_time_not_usable", rank->no_time[0] },
	};
	struct number number;
	const char *before = "";

	if (rank->first_ns == 0) {
		output_string(out, "\"host_span\":null");
	} else {
		output_format(out, "\"host_span\":[%s", number_ns(&number, rank->first_ns));
		output_format(out, ",%s]", number_ns(&number, rank->last_ns));
	}
	output_string(out, ",\"implausible\":{");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (counts[i].count > 0) {
			output_format(out, "%s\"%s\":%llu", before, counts[i].name,
			    (unsigned long long)counts[i].count);
			before = ",";
		}
	output_char(out, '}');
}

void
census_write(const struct census *census, struct output *out)
{
	struct census_rank total = census_total(census);
	const char *before = "";

	output_string(out, ",\"unknown_categories\":{");
	for (size_t i = 0; i < census->unknown.count; i++) {
		const struct map_entry *entry = &census->unknown.entries[i];

		output_format(out, "%s\"", before);
		output_bytes(out, entry->key, entry->key_length);
		output_format(out, "\":%llu", (unsigned long long)*(const uint64_t *)entry->value);
		before = ",";
	}
	output_string(out, "},");
	write_rank(&total, out);
	if (census->ranks.count == 0 ||
	    (census->ranks.count == 1 && census->ranks.entries[0].key_length == 0))
		return;
	output_string(out, ",\"ranks\":{");
	before = "\"";
	for (size_t i = 0; i < census->ranks.count; i++) {
		const struct map_entry *entry = &census->ranks.entries[i];

		if (entry->key_length == 0)
			continue;
		output_string(out, before);
		output_bytes(out, entry->key, entry->key_length);
		output_string(out, "\":{");
		write_rank(entry->value, out);
		output_char(out, '}');
		before = ",\"";
	}
	output_char(out, '}');
}

static void
free_values(struct map *map)
{
	for (size_t i = 0; i < map->count; i++)
		free(map->entries[i].value);
	map_free(map);
}

void
census_free(struct census *census)
{
	free_values(&census->unknown);
	free_values(&census->ranks);
}
