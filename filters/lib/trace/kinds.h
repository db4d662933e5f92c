/* SPDX-License-Identifier: Apache-2.0 */
/* The words that records are made of, each list once: what a kernel's time is spent on, the
 * stages, a kernel's roles in a layer, and the ways in which a call was resolved. C has them
 * as enums and names; pages have them as kinds.js, which is made of these lists. */
#ifndef WARPIPE_KINDS_H
#define WARPIPE_KINDS_H

/* Kernel types, in the order of columns and colours: name, short name for narrow tables,
 * terminal colour (NULL: none). The page's colours are --t0 and on in page/theme.css. */
#define KINDS_TYPES(X) \
	X(ATTENTION, "attention", "attn", "34") \
	X(MOE, "moe", "moe", "33") \
	X(LINEAR, "linear", "linear", "32") \
	X(QUANTIZATION, "quantization", "quant", "35") \
	X(COMMUNICATION, "communication", "comm", "31") \
	X(MEMORY, "memory", "memory", "36") \
	X(OTHER, "other", "other", NULL)

/* Stages; mixed: one batch with both. Of training: backward (gradients) and optimizer (the step
 * that follows them). */
#define KINDS_STAGES(X) \
	X(PREFILL, "prefill") \
	X(DECODE, "decode") \
	X(MIXED, "mixed") \
	X(BACKWARD, "backward") \
	X(OPTIMIZER, "optimizer") \
	X(UNKNOWN, "unknown")

/* What a kernel does in a transformer layer; a kernel may have several. */
#define KINDS_ROLES(X) \
	X(START, "start")                 /* a layer begins with it */ \
	X(NORM, "norm") \
	X(ATTENTION, "attention")         /* scores times values, not caches or rotations */ \
	X(MLA, "mla")                     /* tells multi-head latent attention */ \
	X(GDN, "gdn")                     /* linear attention: gated delta rule, mamba, KDA */ \
	X(MOE, "moe")                     /* tells a mixture of experts */ \
	X(FC, "fc")                       /* a dense feed-forward block: its activation */ \
	X(COMMUNICATION, "communication") /* over the whole group */ \
	X(EMBEDDING, "embedding")         /* before the first layer */ \
	X(SAMPLER, "sampler")             /* after the last layer */ \
	X(CACHE, "cache")                 /* writes the KV cache */ \
	X(ROPE, "rope") \
	X(LOSS, "loss")                   /* of training: once a step */ \
	X(CONV, "conv")                   /* a convolution, which no transformer layer has */

/* How kcallers resolved a call, and whether that is what the line itself says, so that people
 * need not be told. kcallers.1 describes each. */
#define KINDS_VIAS(X) \
	X(CALL, "call", 1) \
	X(METHOD, "method", 1) \
	X(OVERRIDE, "override", 0) \
	X(SUPER, "super", 0) \
	X(MODULE_CALL, "nn.Module.__call__", 1) \
	X(CALL_METHOD, "__call__", 0) \
	X(CONSTRUCTOR, "constructor", 0) \
	X(DISPATCH, "dispatch", 0) \
	X(REGISTRY, "registry", 0) \
	X(PARTIAL, "partial", 0) \
	X(TORCH_OPS, "torch.ops", 0) \
	X(PROPERTY, "property", 0) \
	X(AUTOGRAD, "autograd", 0) \
	X(LAUNCH, "launch", 1) \
	X(WRAPPER, "wrapper", 0) \
	X(CONTAINER, "container", 0) \
	X(DECORATOR, "decorator", 0) \
	X(ITEM, "__getitem__", 0)

/* Why nothing runs on a device, as tr-account tells it, and in plain words. tr-account.1
 * describes each. */
#define KINDS_CAUSES(X) \
	X(GRAPH, "graph", "between kernels of a replayed graph") \
	X(NO_LAUNCH, "no_launch", "unknown: no launch is known") \
	X(CLOCK, "clock", "unknown: the clocks do not agree") \
	X(PROFILER, "profiler", "the profiler's own work") \
	X(SYNC, "sync", "host in a call that blocks") \
	X(ALLOC, "alloc", "host allocates memory") \
	X(AFTER_SYNC, "after_sync", "host late after it had waited") \
	X(GRAPH_LAUNCH, "graph_launch", "launch of a graph") \
	X(LAUNCH, "launch", "launch") \
	X(HOST, "host", "host late") \
	X(BLOCKED_COPY, "blocked_copy", "copy that the host drives") \
	X(STREAM_WAIT, "stream_wait", "waits for another stream") \
	X(DISPATCH, "dispatch", "latency of the device") \
	X(QUEUED, "queued", "unknown: submitted, not begun")

#ifndef KINDS_LISTS_ONLY

#include <stdbool.h>

#include "base/slice.h"

#define TYPE_ENUM(id, ...) TYPE_##id,
#define STAGE_ENUM(id, ...) STAGE_##id,
#define ROLE_BIT_ENUM(id, ...) ROLE_BIT_##id,
#define ROLE_ENUM(id, ...) ROLE_##id = 1 << ROLE_BIT_##id,
#define VIA_ENUM(id, ...) VIA_##id,
#define CAUSE_ENUM(id, ...) CAUSE_##id,

enum kernel_type { KINDS_TYPES(TYPE_ENUM) TYPE_COUNT };
enum stage { KINDS_STAGES(STAGE_ENUM) STAGE_COUNT };
enum role_bit { KINDS_ROLES(ROLE_BIT_ENUM) ROLE_COUNT };
enum role { KINDS_ROLES(ROLE_ENUM) };
enum via { KINDS_VIAS(VIA_ENUM) VIAS };
enum cause { KINDS_CAUSES(CAUSE_ENUM) CAUSE_COUNT };

/* NULL-terminated, in the order of the enums. */
extern const char *const type_names[TYPE_COUNT + 1];
extern const char *const type_shorts[TYPE_COUNT + 1];
extern const char *const type_colors[TYPE_COUNT]; /* NULL for one without */
extern const char *const stage_names[STAGE_COUNT + 1];
extern const char *const role_names[ROLE_COUNT + 1];
extern const char *const via_names[VIAS + 1];
extern const char *const cause_names[CAUSE_COUNT + 1];
extern const char *const cause_words[CAUSE_COUNT];

/* The index of the word in such a list, or `otherwise`. */
int kinds_index(const char *const *names, struct slice word, int otherwise);

/* Calls resolved in a way that the line itself shows; false for a way that is not known. */
bool via_is_plain(const char *via);

#endif
#endif
