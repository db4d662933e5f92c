/* SPDX-License-Identifier: Apache-2.0 */
/* How near a kernel came to its limit, as kroof says it of each call. */
#ifndef KJOIN_RATE_H
#define KJOIN_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "json/json_writer.h"
#include "trace/trace_record.h"

/* Sums over the calls with a share; all zero: there are none. Strings are interned. */
struct rate {
	uint32_t calls;
	double us, limit_us, bytes, flops; /* us: of the operators, all their work */
	double win_us;                     /* beyond limits and start-up */
	const char *bound, *how, *why, *family, *from;
	const char *flag;                  /* why a call has none though its limit is known */
};

/* Of one record; nothing in one that kroof has not seen. */
struct rate rate_read(const struct trace_record *record);
void rate_add(struct rate *sum, const struct rate *rate);

/* An object or null; `bytes` of a copy that has no limit and the time it took, else 0. */
void rate_put(struct json_writer *writer, const struct rate *rate, double bytes, double us);

/* "limit" of a row of many calls: as kroof's of one, its figures added up; null without any. */
void rate_put_limit(struct json_writer *writer, const struct rate *rate);

#endif
