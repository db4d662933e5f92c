/* SPDX-License-Identifier: Apache-2.0 */
/* The ways layers are found, and what comes after. Each takes a trace that trace_ready has
 * prepared and works on the kernels that have no layer yet. */
#ifndef TR_LAYERS_EVIDENCE_H
#define TR_LAYERS_EVIDENCE_H

#include "trace.h"

/* Keep what the host did. */
void host_add_module(struct trace *trace, const struct trace_record *record);
void host_add_annotation(struct trace *trace, const struct trace_record *record);

/* Sort modules and tell each its parent. */
void host_link_modules(struct trace *trace);

/* Which devices train; their kernels have no stage of serving then. */
void training_detect(struct trace *trace);

/* The steps of training, and which of their kernels are backward or optimizer: last of all. */
void training_steps(struct trace *trace);

/* Leave out kernels at zero whose device begins elsewhere: before order_find. */
void zeros_leave_out(struct trace *trace);

/* Put kernels of one graph launch into the order of the file: after overruns_clip. */
void displaced_find(struct trace *trace);

/* Cut kernels short that last far into the next one of their stream, more than is usual for
 * their name: after order_find. */
void overruns_clip(struct trace *trace);

/* Sort kernels and copies by time, and the kernels of each stream in the order they ran. */
void order_find(struct trace *trace);

/* From nn.Module calls around the kernels' launches. Returns how many layers it added. */
size_t modules_find(struct trace *trace);

/* The same for replayed kernels, with the calls of the trace in which their graph was
 * captured (trace_ready, too): its launches in their order are the replayed kernels in
 * theirs. Replays of another number of kernels are left alone. */
size_t modules_find_captured(struct trace *trace, const struct trace *capture);

/* Which module call each kernel was launched in. */
struct origin {
	struct trace *trace;
	const struct trace *calls; /* whose modules these are */
	int32_t *leaf;   /* by kernel: the innermost call, NONE */
	int32_t *replay; /* by kernel: which replay of the captured graph; NULL without */
};

/* From the kernels' innermost calls to layers; for the two above. */
size_t layers_from_calls(const struct origin *origin);

/* From what repeats. */
size_t periodic_find(struct trace *trace);

/* Count the layers among the kernels whose place is PLACE_TAIL; none is added. */
size_t periodic_count_tail(struct trace *trace);

/* The rule of the seed's analyzer: an all-reduce and a start norm begin a layer. Halves that
 * this makes of models with two such norms a layer are put together unless `split`. Unless it
 * is `asked` for, only where there is such a norm. */
size_t markers_find(struct trace *trace, bool split, bool asked);

/* Order passes and layers by time, give the other kernels their pass and place. */
void places_find(struct trace *trace);

/* Cut each layer in two before the norm between its attention and its MLP. */
void halves_split(struct trace *trace);

/* Whether names and times of replayed kernels belong together: behind all layers. */
void mismatch_find(struct trace *trace);

/* Sums of layers and passes. */
void sums_find(struct trace *trace);

/* Votes, annotations, propagation, reassignment. */
void stages_find(struct trace *trace);

#endif
