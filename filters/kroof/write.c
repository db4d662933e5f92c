/* SPDX-License-Identifier: Apache-2.0 */
/* Writes numbers with the digits that their origin carries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "write.h"

static void
add_string(struct text *json, const char *key, const char *value)
{
	text_add_format(json, ",\"%s\":", key);
	json_escape(json, (struct slice){ value, strlen(value) });
}

static void
add_us(struct text *json, const char *key, double us)
{
	text_add_format(json, ",\"%s\":%.4g", key, us);
}

/* Times as long as those of traces need their nanoseconds. */
static void
add_time(struct text *json, const char *key, double us)
{
	struct number number;

	text_add_format(json, ",\"%s\":%s", key, number_us(&number, us));
}

static void
add_shares(struct text *json, const struct item *item, const struct verdicts *verdicts)
{
	double share, low, high;

	if (judge_share(item, &share)) {
		text_add_format(json, ",\"share\":%.4f", share);
		add_us(json, "win_us", judge_win(item, verdicts));
	} else
		text_add_string(json, ",\"share\":null,\"win_us\":null");
	if (item->flag == NULL && judge_range(item, &low, &high))
		text_add_format(json, ",\"share_range\":[%.4f,%.4f]", low, high);
}

static void
add_limit(struct text *json, const struct item *item, const struct verdicts *verdicts)
{
	bool starts = verdicts->startup > item->limit.us && item->work.engine <= ENGINE_MEMORY;

	text_add_format(json, "\"limit\":{\"family\":\"%s\"", item->work.family);
	add_string(json, "sizes", item->sizes);
	text_add_format(json, ",\"bytes\":%.0f,\"flops\":%.0f", item->work.bytes[1],
	    item->work.flops[1]);
	if (item->work.engine == ENGINE_TENSOR)
		add_string(json, "type", peak_names[item->work.type]);
	add_us(json, "memory_us", item->limit.memory_us);
	add_us(json, "compute_us", item->limit.compute_us);
	add_us(json, "limit_us", item->limit.us);
	add_time(json, "op_us", item->op_us);
	add_shares(json, item, verdicts);
	add_string(json, "bound", starts ? "start-up" : item->limit.bound);
	add_string(json, "how", item->assumed ? "assumed" : item->limit.measured ? "measured"
	    : "computed");
	add_string(json, "from", origin_names[item->origin]);
	if (item->note[0] != '\0')
		add_string(json, "note", item->note);
	if (item->flag != NULL)
		add_string(json, "flag", item->flag);
	text_add_char(json, '}');
}

void
write_item(const struct trace_record *record, const struct kernels *kernels, size_t at,
    const struct verdicts *verdicts, struct output *out)
{
	static const char *const owned[] = { "limit", "limit_in", "why_no_limit", NULL };
	const struct item *item = &kernels->items[at], *main = &kernels->items[item->owner];
	struct text json = { 0 };

	if (main != item && main->has_limit)
		text_add_format(&json, "\"limit\":null,\"limit_in\":%lld",
		    (long long)main->index);
	else if (item->has_limit)
		add_limit(&json, item, verdicts);
	else {
		text_add_string(&json, "\"limit\":null");
		add_string(&json, "why_no_limit", item->why != NULL ? item->why
		    : main->why != NULL ? main->why : item->graph
		    ? "replayed: its graph's capture is not here or does not fit, and no config with "
		    "annotated steps tells its sizes" : "nothing tells what it does");
	}
	trace_write_with(record, out, owned, (struct slice){ json.bytes, json.length });
	text_free(&json);
}

/* Items that are over the limit for one reason, with one name and one set of sizes. */
struct group {
	const struct item *first;
	size_t count;
	double us, limit_us;
};

static void
gather_findings(const struct kernels *kernels, struct map *groups)
{
	for (size_t i = 0; i < kernels->count; i++) {
		const struct item *item = &kernels->items[i];
		struct text key = { 0 };
		struct group *group;
		void **place;

		if (!item->finding)
			continue;
		text_add_format(&key, "%s\n%.0f %.0f", item->name, item->work.bytes[1],
		    item->work.flops[1]);
		place = map_put(groups, key.bytes, key.length);
		text_free(&key);
		if (*place == NULL)
			*place = memory_alloc_zero(1, sizeof(*group));
		group = *place;
		if (group->count++ == 0)
			group->first = item;
		group->us += item->op_us;
		group->limit_us += item->limit.us;
	}
}

static size_t
write_findings(const struct kernels *kernels, struct output *out)
{
	struct map groups = { 0 };
	size_t count;

	gather_findings(kernels, &groups);
	count = groups.count;
	for (size_t i = 0; i < count; i++) {
		struct group *group = groups.entries[i].value;
		struct text json = { 0 };

		add_string(&json, "name", group->first->name);
		add_string(&json, "sizes", group->first->sizes);
		add_string(&json, "says", group->first->flag);
		output_format(out, "{\"kind\":\"finding\",\"what\":\"over_limit\",\"calls\":%zu,"
		    "\"share\":%.4f%s}\n", group->count, group->limit_us / group->us, json.bytes);
		text_free(&json);
		free(group);
	}
	map_free(&groups);
	return count;
}

/* What a step takes and would take at the limit. */
struct step_times {
	double us, limited_us, limit_us, range_us;
};

static void
write_steps(const struct kernels *kernels, struct output *out)
{
	struct step_times *times = memory_alloc_zero(kernels->steps.count + 1, sizeof(*times));

	for (size_t i = 0; i < kernels->count; i++) {
		const struct item *item = &kernels->items[i];
		struct step_times *step;
		double share, low, high;

		if (item->step == NONE)
			continue;
		step = &times[item->step];
		step->us += item->us;
		if (judge_share(item, &share)) {
			step->limited_us += item->op_us;
			step->limit_us += item->limit.us;
		} else if (item->flag == NULL && judge_range(item, &low, &high))
			step->range_us += item->op_us;
	}
	for (size_t i = 0; i < kernels->steps.count; i++) {
		struct text json = { 0 };

		if (!(times[i].us > 0))
			continue;
		add_string(&json, "step", kernels->steps.list[i].name);
		add_time(&json, "ts", kernels->steps.list[i].ts);
		add_time(&json, "us", times[i].us);
		add_time(&json, "limited_us", times[i].limited_us);
		add_time(&json, "limit_us", times[i].limit_us);
		add_time(&json, "range_us", times[i].range_us);
		output_format(out, "{\"kind\":\"step_limit\"%s}\n", json.bytes);
		text_free(&json);
	}
	free(times);
}

static void
add_peaks(struct text *json, const struct verdicts *verdicts)
{
	const struct peaks *peaks = &verdicts->peaks;

	if (!verdicts->has_peaks) {
		text_add_string(json, ",\"peaks\":null");
		add_string(json, "why", verdicts->no_peaks);
		return;
	}
	text_add_string(json, ",\"peaks\":{\"device\":");
	json_escape(json, (struct slice){ peaks->device, strcspn(peaks->device, ";") });
	add_string(json, "found_by", peaks->found_by);
	text_add_format(json, ",\"gbps\":%.6g,\"gbps_how\":\"%s\",\"tflops\":{", peaks->gbps,
	    peaks->measured_memory ? "measured" : "datasheet");
	for (int i = 0, written = 0; i < PEAK_KINDS; i++)
		if (peaks->tflops[i] > 0)
			text_add_format(json, "%s\"%s\":%.6g", written++ > 0 ? "," : "",
			    peak_names[i], peaks->tflops[i]);
	text_add_string(json, "},\"tflops_measured\":[");
	for (int i = 0, written = 0; i < PEAK_KINDS; i++)
		if (peaks->measured[i])
			text_add_format(json, "%s\"%s\"", written++ > 0 ? "," : "", peak_names[i]);
	text_add_format(json, "],\"link_gbps\":%.6g,\"host_gbps\":%.6g", peaks->link_gbps,
	    peaks->host_gbps);
	add_string(json, "source", peaks->source);
	add_string(json, "unsure", peaks->unsure);
	text_add_char(json, '}');
}

size_t
write_summary(const struct kernels *kernels, const struct verdicts *verdicts, struct output *out)
{
	size_t findings = write_findings(kernels, out);
	struct text json = { 0 };

	write_steps(kernels, out);
	add_peaks(&json, verdicts);
	if (verdicts->startup > 0)
		add_us(&json, "startup_us", verdicts->startup);
	else
		text_add_string(&json, ",\"startup_us\":null");
	add_time(&json, "us", verdicts->sum);
	add_time(&json, "computed_us", verdicts->computed);
	add_time(&json, "range_us", verdicts->range);
	add_time(&json, "assumed_us", verdicts->assumed);
	add_time(&json, "none_us", verdicts->none);
	add_time(&json, "over_us", verdicts->over);
	add_time(&json, "cache_us", verdicts->cache);
	add_time(&json, "limited_us", verdicts->limited);
	add_time(&json, "limit_us", verdicts->limit);
	output_format(out, "{\"kind\":\"limits\"%s}\n", json.bytes);
	text_free(&json);
	return findings;
}
