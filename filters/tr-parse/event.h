/* SPDX-License-Identifier: Apache-2.0 */
/* One event of a trace: what it says, what kind of record it makes, whether it is wanted. */
#ifndef TR_PARSE_EVENT_H
#define TR_PARSE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/text.h"
#include "census.h"
#include "json/json_scan.h"
#include "shape.h"

enum event_kind {
	EVENT_NONE, /* makes no record */
	EVENT_KERNEL,
	EVENT_MEMCPY,
	EVENT_MEMSET,
	EVENT_LAUNCH,
	EVENT_MODULE,
	EVENT_FRAME,
	EVENT_ANNOTATION,
	EVENT_OP, /* of the CPU's, as aten::mm: from here on not among --all: there are too many */
	EVENT_CALL,     /* any other call of the runtime or the driver */
	EVENT_OVERHEAD, /* of the profiler */
	EVENT_KINDS,
	EVENT_SPAN = EVENT_KINDS, /* the time that was profiled: read, never written */
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
	int64_t ts_ns, dur_ns;
	struct slice phase, category, name, pid, tid, ts, dur, arguments;
	struct slice label; /* of a merged trace: TP03 of the process "[TP03] 3", as spelled */
	struct slice device, stream, correlation, grid, block, bytes;
	struct slice python_id, python_parent, module_id;
	struct slice dims, types, strides, inputs;
	/* Of collectives. */
	struct slice collective, group, group_ranks, group_size, sequence;
	struct slice in_elements, out_elements, dtype;
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
 * need no more than a comparison. */
enum { REJECTS = 16, LONGEST_REJECT = 64 };
struct rejects {
	struct reject {
		char bytes[LONGEST_REJECT];
		size_t length;
		uint64_t *counter; /* of the census, or NULL */
	} entries[REJECTS];
	size_t count;
};

/* What the events so far tell of the next. */
struct seen {
	struct rejects rejects;
	struct shapes shapes;
	uint64_t unwanted; /* events left out that were unlike those before them */
};

/* `portable`: use no vector units. */
void seen_begin(struct seen *seen, bool portable);
void seen_free(struct seen *seen);

enum event_result {
	EVENT_LEFT_OUT, /* makes no record that is wanted; `event` is not filled */
	EVENT_WANTED,
	EVENT_DAMAGED   /* would make one, but *fault says why it cannot */
};

/* Read a checked event, after which SHAPE_SLACK bytes can be read, and count it in the census. */
enum event_result event_read(struct event *event, struct slice bytes,
    const struct selection *selection, struct seen *seen, struct census *census,
    struct json_fault *fault);

/* Read the event that `text` begins with, which nobody has checked; SHAPE_SLACK bytes can be read
 * after the text. Returns the byte after the event and sets *result, or NULL, having done nothing,
 * when it is unlike those before it: whoever finds its end and checks it asks event_read. */
const char *event_find(struct event *event, struct slice text, const struct selection *selection,
    struct seen *seen, struct census *census, enum event_result *result,
    struct json_fault *fault);

/* How many of the counted events are kernels, copies and fills. */
uint64_t event_gpu_work(const struct census *census);

/* Append "12 cpu_op, 3 cuda_runtime": what was counted. */
void event_describe_categories(const struct census *census, struct text *text);

#endif
