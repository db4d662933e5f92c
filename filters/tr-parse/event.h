/* SPDX-License-Identifier: Apache-2.0 */
/* One event of a trace: what it says, what kind of record it makes, whether it is wanted. */
#ifndef TR_PARSE_EVENT_H
#define TR_PARSE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

enum event_kind {
	EVENT_NONE, /* makes no record */
	EVENT_KERNEL,
	EVENT_MEMCPY,
	EVENT_MEMSET,
	EVENT_LAUNCH,
	EVENT_MODULE,
	EVENT_FRAME,
	EVENT_ANNOTATION,
	EVENT_OP, /* of the CPU's, as aten::mm: not among --all, since there are most of them */
	EVENT_KINDS
};

/* What records and options call them. */
extern const char *const event_kind_names[EVENT_KINDS];

/* What the names of module spans begin with. */
#define EVENT_MODULE_PREFIX "nn.Module: "

/* The fields as spelled, quotes and brackets included; bytes NULL where absent. Of two
 * fields with one name the first counts. Valid as long as the event's bytes. */
struct event {
	enum event_kind kind;
	bool gpu;    /* on the GPU's time line */
	size_t size; /* bytes of the event */
	struct slice phase, category, name, pid, tid, ts, dur, arguments;
	struct slice device, stream, correlation, grid, block, bytes;
	struct slice python_id, python_parent, module_id;
	struct slice dims, types, inputs;
};

enum { SELECTION_LIMIT = 64 };

/* What the user asked for. */
struct selection {
	bool kinds[EVENT_KINDS];
	bool has_from, has_to;
	double from, to;                  /* begins within [from, to), us */
	int64_t devices[SELECTION_LIMIT]; /* GPU work of these only; none: of all */
	size_t device_count;
	int64_t streams[SELECTION_LIMIT];
	size_t stream_count;
};

/* Beginnings of events that turned out not to be wanted, so that the next ones like them
 * need no more than a comparison. All zero is valid. */
enum { REJECTS = 16, LONGEST_REJECT = 64 };
struct rejects {
	struct reject {
		char bytes[LONGEST_REJECT];
		size_t length;
	} entries[REJECTS];
	size_t count;
};

/* Read a checked event. False when it makes no record that is wanted; `event` is then not
 * filled. */
bool event_read(struct event *event, struct slice bytes, const struct selection *selection,
    struct rejects *rejects);

#endif
