/* SPDX-License-Identifier: Apache-2.0 */
/* One side of a comparison: the passes of one or several traces, each with the time that
 * every kernel, copy and cause of idle time took of it. */
#ifndef WARPIPE_SIDE_H
#define WARPIPE_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "names/names.h"

/* What an instant is given to when several things run: the first of these. */
enum row_class { ROW_COMPUTE, ROW_COMMUNICATION, ROW_COPY, ROW_FILL, ROW_IDLE, ROW_CLASS_COUNT };

/* Where in a pass a kernel runs. */
enum row_place { PLACE_UNKNOWN, PLACE_LAYER, PLACE_OUTSIDE, PLACE_COUNT };

/* What a row of the comparison is about; the same on both sides. Strings are NUL-terminated
 * and live as long as the rows. */
struct row {
	enum row_class class;
	enum row_place place;
	const char *name;       /* of the kernel or copy; of idle time its cause */
	const char *short_name; /* for tables */
	const char *type;       /* of tr-classify; "" where it has none */
};

/* All zero is empty. A row's number is its index; it is the same on both sides. */
struct rows {
	struct map map; /* class, place and name -> number + 1 */
	struct row *rows;
	size_t count, capacity;
};

void rows_free(struct rows *rows);

/* A kernel, copy or fill of a pass. Times are nanoseconds. */
struct event {
	int64_t start, end;
	uint64_t index; /* its place in the trace's file */
	uint32_t row;
	uint32_t pass;  /* index in side.passes */
};

/* Work that is in no pass: it is given to those that it runs in. */
struct loose {
	struct event event;
	uint32_t device; /* as in a pass */
};

/* A stretch without work, as tr-account found it. */
struct gap {
	int64_t start, end;
	uint32_t row;
	uint32_t device; /* as in a pass */
};

/* What one row took of one pass. */
struct share {
	uint32_t row;
	int64_t ns;
};

struct pass {
	enum stage stage;
	uint32_t device;      /* a number for each stream, rank and device */
	int64_t start, own;   /* ns: first start, and from there to the last end */
	bool warm;            /* not one of the first, slower passes of its stage */
	struct share *shares; /* of each row once; they add up to `own`. Owned */
	size_t share_count;
	size_t first_event, event_count; /* in side.events, in the order of the file */
};

struct side {
	struct pass *passes;
	size_t pass_count, pass_capacity;
	struct event *events; /* by pass, then by place in the file */
	size_t event_count, event_capacity;
	struct loose *loose;
	size_t loose_count, loose_capacity;
	struct gap *gaps;
	size_t gap_count, gap_capacity;
	struct map keys;      /* stream, rank, device, pass -> index in passes + 1 */
	struct map devices;   /* stream, rank, device -> number + 1 */
	size_t streams;
	bool has_gaps;        /* the streams come from tr-account: idle time has causes */
};

/* Reads the files (NULL-terminated) and finds each pass's shares. Ends the program on a
 * stream that is cut or that has no passes. */
void side_read(struct side *side, struct rows *rows, char *const *files);
void side_free(struct side *side);

#endif
