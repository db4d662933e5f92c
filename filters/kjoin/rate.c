/* SPDX-License-Identifier: Apache-2.0 */
/* Adds limits and times up before it divides: calls of one kernel have different sizes. */
#include <stddef.h>
#include <string.h>

#include "base/intern.h"
#include "base/text.h"
#include "json/json.h"
#include "rate.h"

static const char *
own(const struct json *object, const char *key)
{
	const char *text = json_string(json_get(object, key));

	return text != NULL ? intern_string(text) : NULL;
}

static void
describe(struct rate *rate, const struct json *limit)
{
	const char *family = own(limit, "family"), *sizes = own(limit, "sizes");
	struct text why = { 0 };

	rate->family = family;
	rate->from = own(limit, "from");
	rate->bound = own(limit, "bound");
	rate->how = own(limit, "how");
	text_add_format(&why, "%s %s, from: %s", family != NULL ? family : "",
	    sizes != NULL ? sizes : "", own(limit, "from") != NULL ? own(limit, "from") : "?");
	rate->why = intern_string(why.bytes);
	text_free(&why);
}

struct rate
rate_read(const struct trace_record *record)
{
	struct slice value = trace_get(record, "limit");
	struct arena arena = { 0 };
	struct json_error error;
	struct rate rate = { 0 };
	const struct json *limit;
	double share;

	if (value.bytes == NULL || value.bytes[0] != '{')
		return rate;
	limit = json_parse(&arena, value.bytes, value.length, &error);
	rate.flag = own(limit, "flag");
	if (json_number(json_get(limit, "share"), &share) &&
	    json_number(json_get(limit, "op_us"), &rate.us) &&
	    json_number(json_get(limit, "limit_us"), &rate.limit_us)) {
		rate.calls = 1;
		json_number(json_get(limit, "bytes"), &rate.bytes);
		json_number(json_get(limit, "flops"), &rate.flops);
		json_number(json_get(limit, "win_us"), &rate.win_us);
		describe(&rate, limit);
	}
	arena_free(&arena);
	return rate;
}

void
rate_add(struct rate *sum, const struct rate *rate)
{
	if (sum->flag == NULL)
		sum->flag = rate->flag;
	if (rate->calls == 0)
		return;
	if (sum->calls == 0) {
		sum->bound = rate->bound;
		sum->how = rate->how;
		sum->why = rate->why;
		sum->family = rate->family;
		sum->from = rate->from;
	}
	if (sum->family != rate->family)
		sum->family = intern_string("mixed");
	if (sum->from != rate->from)
		sum->from = intern_string("mixed");
	if (sum->how != rate->how)
		sum->how = intern_string("mixed");
	if (sum->bound != rate->bound)
		sum->bound = intern_string("mixed");
	if (sum->why != rate->why)
		sum->why = intern_string("calls of several sizes: their limits and times added up");
	sum->calls += rate->calls;
	sum->us += rate->us;
	sum->limit_us += rate->limit_us;
	sum->bytes += rate->bytes;
	sum->flops += rate->flops;
	sum->win_us += rate->win_us;
}

void
rate_put(struct json_writer *writer, const struct rate *rate, double bytes, double us)
{
	bool known = rate->calls > 0 && rate->us > 0;

	json_key(writer, "rate");
	if (!known && (!(bytes > 0) || !(us > 0))) {
		json_put_null(writer);
		return;
	}
	json_object_begin(writer);
	json_member_double(writer, "gbps", known ? rate->bytes / (rate->us * 1e3)
	    : bytes / (us * 1e3));
	if (known && rate->flops > 0)
		json_member_double(writer, "tflops", rate->flops / (rate->us * 1e6));
	if (known) {
		json_member_double(writer, "ceiling_pct", 100 * rate->limit_us / rate->us);
		json_member_string(writer, "bound", rate->bound);
		json_member_integer(writer, "calls", rate->calls);
	}
	json_member_string(writer, "how", known ? rate->how : "measured");
	json_member_string(writer, "why", known ? rate->why : rate->flag != NULL ? rate->flag
	    : "bytes copied, from the trace");
	json_object_end(writer);
}

void
rate_put_limit(struct json_writer *writer, const struct rate *rate)
{
	json_key(writer, "limit");
	if (rate->calls == 0 || !(rate->us > 0)) {
		json_put_null(writer);
		json_member_string(writer, "why_no_limit", rate->flag != NULL ? rate->flag
		    : "no call has a share");
		return;
	}
	json_object_begin(writer);
	json_member_string(writer, "family", rate->family);
	json_member_double(writer, "bytes", rate->bytes);
	json_member_double(writer, "flops", rate->flops);
	json_member_null(writer, "memory_us");
	json_member_null(writer, "compute_us");
	json_member_double(writer, "limit_us", rate->limit_us);
	json_member_double(writer, "op_us", rate->us);
	json_member_double(writer, "share", rate->limit_us / rate->us);
	json_member_double(writer, "win_us", rate->win_us);
	json_member_string(writer, "bound", rate->bound);
	json_member_integer(writer, "calls", rate->calls);
	json_member_string(writer, "how", rate->how);
	json_member_string(writer, "from", rate->from);
	json_object_end(writer);
}
