/* SPDX-License-Identifier: Apache-2.0 */
/* Writes records. */
#include <string.h>

#include "json/json_scan.h"
#include "json/json_writer.h"
#include "write.h"

static void
put_optional(struct json_writer *writer, const char *key, int64_t number, bool known)
{
	if (known)
		json_member_integer(writer, key, number);
	else
		json_member_null(writer, key);
}

static void
put_rate(struct json_writer *writer, const char *key, int64_t rate)
{
	put_optional(writer, key, rate, rate >= 0);
}

/* How far it is above the median, in per cent with three digits. */
static void
put_above(struct json_writer *writer, const char *key, int64_t value, int64_t median)
{
	json_key(writer, key);
	if (median > 0) {
		double percent = ((double)value / (double)median - 1) * 100;

		json_put_double(writer, (double)(int64_t)(percent * 1e3 +
		    (percent < 0 ? -0.5 : 0.5)) / 1e3);
	} else {
		json_put_null(writer);
	}
}

static void
put_whys(struct json_writer *writer, const struct lateness *late)
{
	json_key(writer, "why");
	json_object_begin(writer);
	for (int why = 0; why < WHY_COUNT; why++)
		if (late->by_why[why] > 0)
			json_member_integer(writer, why_names[why], (int64_t)late->by_why[why]);
	json_object_end(writer);
	json_key(writer, "why_ns");
	json_object_begin(writer);
	for (int why = 0; why < WHY_COUNT; why++)
		if (late->by_why[why] > 0)
			json_member_integer(writer, why_names[why], late->ns_by_why[why]);
	json_object_end(writer);
}

static void
put_late(struct json_writer *writer, const struct lateness *late)
{
	json_member_integer(writer, "collectives", (int64_t)late->collectives);
	json_member_integer(writer, "transfer_ns", late->transfer);
	json_member_integer(writer, "wait_ns", late->wait);
	json_member_integer(writer, "last", (int64_t)late->last);
	json_member_integer(writer, "caused_wait_ns", late->caused);
	put_whys(writer, late);
	put_optional(writer, "clock_offset_ns", late->offset, late->has_offset);
	put_optional(writer, "clock_residual_ns", late->residual, late->has_offset);
	put_optional(writer, "clock_drift_ns", late->drift, late->has_drift);
}

static void
write_rank(struct json_writer *writer, const struct job *job, const struct rank *rank)
{
	json_record_begin(writer, "rank");
	json_member_string(writer, "rank", rank->label);
	json_member_string(writer, "device", rank->device);
	json_member_string(writer, "file", rank->file);
	json_member_string(writer, "health", health_names[rank->health]);
	json_member_string(writer, "says", rank->says.length > 0 ? rank->says.bytes : NULL);
	if (rank->window > 0) {
		json_member_bool(writer, "holds_up", rank->holds_up);
		json_member_bool(writer, "slow", rank->slow);
		json_member_integer(writer, "window_ns", rank->window);
		json_member_integer(writer, "busy_ns", rank->busy);
		json_member_integer(writer, "idle_ns", rank->idle);
		json_member_integer(writer, "compute_ns", rank->compute);
		json_member_integer(writer, "exposed_communication_ns", rank->exposed);
		put_above(writer, "window_percent", rank->window, job->median_window);
		put_above(writer, "compute_percent", rank->compute, job->median_compute);
		json_key(writer, "idle_by_cause_ns");
		json_put_spelled(writer, rank->idle_by_cause != NULL ? rank->idle_by_cause : "{}");
		json_member_integer(writer, "passes", (int64_t)rank->pass_count);
		json_member_integer(writer, "layers", rank->layers);
		json_member_string(writer, "host_frame", rank->frame);
		json_member_string(writer, "host_says", rank->host_says);
	}
	if (rank->late != NULL)
		put_late(writer, rank->late);
	json_object_end(writer);
}

static void
put_waits(struct json_writer *writer, const struct waits *waits)
{
	json_member_integer(writer, "collectives", (int64_t)waits->collectives);
	json_member_integer(writer, "transfer_ns", waits->transfer);
	json_member_integer(writer, "wait_ns", waits->wait);
	json_member_integer(writer, "last", (int64_t)waits->last);
	json_member_integer(writer, "caused_wait_ns", waits->caused);
}

/* When the job's first pass begins, on the first rank's clock. */
static int64_t
first_start(const struct job *job)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < job->count; i++) {
		const struct rank *rank = &job->ranks[i];
		int64_t offset = rank->late != NULL ? rank->late->offset : 0;

		for (size_t k = 0; k < rank->pass_count; k++)
			if (rank->passes[k].start + rank->base - offset < first)
				first = rank->passes[k].start + rank->base - offset;
	}
	return first;
}

static void
write_passes(struct json_writer *writer, const struct rank *rank, int64_t first)
{
	for (size_t i = 0; i < rank->pass_count; i++) {
		const struct pass *pass = &rank->passes[i];
		bool known = rank->late != NULL && rank->late->has_offset;

		json_record_begin(writer, "pass-wait");
		json_member_string(writer, "rank", rank->label);
		json_member_string(writer, "device", rank->device);
		json_member_integer(writer, "pass", pass->number);
		json_member_string(writer, "stage", pass->stage);
		put_optional(writer, "start_ns", pass->start + rank->base -
		    (known ? rank->late->offset : 0) - first, known);
		json_member_integer(writer, "own_ns", pass->own);
		json_member_integer(writer, "busy_ns", pass->busy);
		json_member_integer(writer, "idle_ns", pass->idle);
		json_member_integer(writer, "exposed_communication_ns", pass->exposed);
		put_waits(writer, &pass->waits);
		json_object_end(writer);
	}
}

static void
write_layers(struct json_writer *writer, const struct job *job, const struct rank *rank)
{
	for (size_t i = 0; rank->layer_waits != NULL && i <= (size_t)job->layers; i++) {
		if (rank->layer_waits[i].collectives == 0)
			continue;
		json_record_begin(writer, "layer-wait");
		json_member_string(writer, "rank", rank->label);
		json_member_string(writer, "device", rank->device);
		put_optional(writer, "layer", (int64_t)i, i < (size_t)job->layers);
		put_waits(writer, &rank->layer_waits[i]);
		json_object_end(writer);
	}
}

static void
write_kind(struct json_writer *writer, const struct kind *kind)
{
	struct text group = { 0 };

	json_unescape(&group, (struct slice){ kind->group, strlen(kind->group) });
	text_add_string(&group, ""); /* it ends, also when nothing was added */
	json_record_begin(writer, "collectives");
	json_member_string(writer, "group", group.bytes);
	json_member_string(writer, "name", collective_names[kind->kind]);
	put_rate(writer, "bytes", kind->bytes);
	json_member_integer(writer, "count", kind->count);
	json_member_integer(writer, "transfer_ns", kind->transfer);
	json_member_integer(writer, "wait_ns", kind->wait);
	put_rate(writer, "algbw", kind->algbw);
	put_rate(writer, "busbw", kind->busbw);
	json_object_end(writer);
	text_free(&group);
}

static void
write_job(struct json_writer *writer, const struct job *job)
{
	size_t devices = 0;

	for (size_t i = 0; i < job->count; i++)
		devices += job->ranks[i].window > 0;
	json_record_begin(writer, "ranks");
	json_member_integer(writer, "files", (int64_t)job->files);
	json_member_integer(writer, "devices", (int64_t)devices);
	json_member_integer(writer, "collectives", (int64_t)job->rows.count);
	json_member_integer(writer, "transfer_ns", job->transfer);
	json_member_integer(writer, "wait_ns", job->wait);
	json_member_integer(writer, "nobody_late", (int64_t)job->nobody_late);
	json_member_integer(writer, "signature_mismatch", (int64_t)job->mismatches);
	json_member_integer(writer, "unmatched", (int64_t)job->unmatched);
	json_member_integer(writer, "window_median_ns", job->median_window);
	json_member_integer(writer, "compute_median_ns", job->median_compute);
	json_member_integer(writer, "layers", job->layers);
	json_member_string(writer, "missing", job->missing.length > 0 ? job->missing.bytes : NULL);
	json_key(writer, "holds_up");
	json_array_begin(writer);
	for (size_t i = 0; i < job->count; i++)
		if (job->ranks[i].holds_up)
			json_put_string(writer, job->ranks[i].label);
	json_array_end(writer);
	json_key(writer, "says");
	json_array_begin(writer);
	for (size_t i = 0; i < job->sentence_count; i++)
		json_put_string(writer, job->sentences[i].bytes);
	json_array_end(writer);
	json_object_end(writer);
}

void
write_ndjson(const struct job *job, bool collectives, struct output *out)
{
	struct json_writer *writer = json_writer_open(out, false);
	int64_t first = first_start(job);

	for (size_t i = 0; i < job->count; i++)
		write_rank(writer, job, &job->ranks[i]);
	for (size_t i = 0; i < job->count; i++)
		write_passes(writer, &job->ranks[i], first);
	for (size_t i = 0; i < job->count; i++)
		write_layers(writer, job, &job->ranks[i]);
	for (size_t i = 0; i < job->kind_count; i++)
		write_kind(writer, &job->kinds[i]);
	if (collectives && job->rows.count > 0) {
		rows_write(&job->rows, out);
		rows_write_lateness(&job->rows, out);
	}
	write_job(writer, job);
	json_record_begin(writer, "verdict");
	json_member_string(writer, "status", job->status);
	json_member_string(writer, "says", job->says.bytes);
	json_object_end(writer);
	json_record_begin(writer, "end");
	json_member_integer(writer, "ranks", (int64_t)job->count);
	json_object_end(writer);
	json_writer_close(writer);
}
