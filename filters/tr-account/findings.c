/* SPDX-License-Identifier: Apache-2.0 */
/* What is implausible in a rank, in one sentence each. */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "json/json_scan.h"
#include "write.h"

/* From which share of their kind, or length, something is said aloud. */
enum { NEGATIVE_PERCENT = 1, GRAPHS_PERCENT = 10, IDLE_PERCENT = 99 };
static const int64_t LONG_GAP_NS = INT64_C(10000000000);

struct finding {
	const char *what;
	uint64_t count;
	const char *says; /* after the count */
	bool aloud;       /* a line on stderr, and the status is 1 */
};

static void
write_finding(const char *key, const struct rank *rank, const struct finding *finding,
    struct output *out)
{
	struct text line = { 0 }, name = { 0 };

	text_add_format(&line, "%llu %s", (unsigned long long)finding->count, finding->says);
	if (finding->aloud) {
		json_unescape(&name, (struct slice){ key, strlen(key) });
		warn("%s: rank %s: %s", rank->file, name.length > 0 ? name.bytes : "", line.bytes);
	}
	output_string(out, "{\"kind\":\"finding\"");
	write_string(out, "rank", key);
	output_format(out, ",\"what\":\"%s\",\"count\":%llu,\"says\":\"%s\",\"implausible\":%s}\n",
	    finding->what, (unsigned long long)finding->count, line.bytes,
	    finding->aloud ? "true" : "false");
	text_free(&line);
	text_free(&name);
}

static uint64_t
unknown_events(const struct rank *rank)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < rank->unknown.count; i++)
		sum += (uintptr_t)rank->unknown.entries[i].value;
	return sum;
}

/* Whether `part` is more than so many hundredths of `whole`. */
static bool
exceeds(uint64_t part, uint64_t whole, uint64_t percent)
{
	return part > 0 && part / percent >= whole / 100 && part * 100 > whole * percent;
}

void
write_findings(const char *key, const struct rank *rank, const struct rank_facts *facts,
    struct output *out, uint64_t *count, uint64_t *implausible)
{
	const uint64_t *odd = rank->oddities;
	uint64_t idle = facts->window > 0 ?
	    (uint64_t)((double)facts->idle * 100 / (double)facts->window) : 0;
	bool missing = idle >= IDLE_PERCENT && facts->queued > facts->idle / 2;
	const struct finding findings[] = {
		{ "zero_gpu_work", rank->piece_count == 0,
		    "rank without GPU work that is known", true },
		{ "same_rank", strcmp(key, rank->key) != 0,
		    "rank of this name was given before, of another run or process", true },
		{ "unknown_categories", unknown_events(rank),
		    "events are of categories that are not known, and left out", true },
		{ "gpu_ts_zero", odd[ODD_TS_ZERO],
		    "pieces of GPU work have no time (0 or before) and are left out", true },
		{ "gpu_negative_duration", odd[ODD_NEGATIVE],
		    "pieces of GPU work last less than nothing and are left out", true },
		{ "gpu_time_not_a_number", odd[ODD_TIME_NOT_A_NUMBER],
		    "pieces of GPU work have times that are no numbers and are left out", true },
		{ "gpu_zero_duration", odd[ODD_ZERO_DURATION], "pieces of GPU work last 0", false },
		{ "host_time_not_usable", odd[ODD_HOST_TIME],
		    "events of the host have no usable time and are left out", true },
		{ "host_ts_zero", odd[ODD_HOST_TS_ZERO],
		    "events of the host have no time (0 or before) and are left out", true },
		{ "same_stream_overlap", odd[ODD_OVERLAP],
		    "pieces of GPU work overlap the next on their stream", false },
		{ "overrun", odd[ODD_OVERRUN],
		    "pieces of GPU work end after the next ones of their stream begin, by more "
		    "than such work lasts: they are cut there", true },
		{ "launch_negative", facts->launch_negative,
		    "pieces of GPU work begin before they are launched: the clocks of host and "
		    "device are not aligned, and no cause of idle time is safe",
		    exceeds(facts->launch_negative, facts->launched, NEGATIVE_PERCENT) },
		{ "clock_jump", facts->steps_back,
		    "pieces of GPU work begin more than 1 ms before what their stream was given "
		    "before them: a clock jumps", true },
		{ "graph_launches_without_gpu_event", facts->graph_launches_alone,
		    "launches of graphs have no work in the trace: it was not recorded, and idle "
		    "time is overstated",
		    exceeds(facts->graph_launches_alone, facts->graph_launches, GRAPHS_PERCENT) },
		{ "launch_calls_without_gpu_event", facts->launch_calls_alone,
		    "launch calls have no work in the trace, as those that are captured", false },
		{ "gpu_events_without_launch", facts->without_launch,
		    "pieces of GPU work have no launch in the trace", false },
		{ "gap_too_long", facts->longest_gap > LONG_GAP_NS ?
		    (uint64_t)(facts->longest_gap / 1000000000) : 0,
		    "seconds without any work in one gap: work is missing from this file", true },
		{ "work_missing", missing ? idle : 0,
		    "% of the time nothing runs, most of it though work was submitted: work is "
		    "missing from this file", true },
	};

	for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
		if (findings[i].count == 0)
			continue;
		write_finding(key, rank, &findings[i], out);
		++*count;
		*implausible += findings[i].aloud;
	}
}
