/* SPDX-License-Identifier: Apache-2.0 */
/* Copies say their bytes; collectives their messages, in newer traces in the event itself, in
 * older ones in the shapes of the operator that records them. */
#include <stdlib.h>
#include <string.h>

#include "operators.h"
#include "shapes.h"

static void
take(struct item *item, const struct families *families, const char *family,
    const struct sizes *sizes, bool assumed, const char *note)
{
	char lacking[EXPRESSION_NAME];

	if (!work_make(&item->work, families, family, sizes, lacking))
		return;
	item_take_sizes(item, sizes);
	item->origin = ORIGIN_EVENT;
	item->assumed = assumed;
	item->note = note;
	item->why = NULL;
}

static bool
contains_any(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strstr(text, *words) != NULL)
			return true;
	return false;
}

static void
read_copy(struct item *item, const struct families *families)
{
	static const char *const device[] = { "DtoD", "Device -> Device", NULL };
	static const char *const peer[] = { "PtoP", "Peer", NULL };
	static const char *const host[] = { "HtoD", "DtoH", "Host -> Device", "Device -> Host",
		NULL };
	struct sizes sizes = { .count = 0 };

	item->origin = ORIGIN_NONE;
	item->op_level = NONE;
	if (item->bytes < 0) {
		item->why = "the trace does not say how many bytes";
		return;
	}
	sizes_set(&sizes, "copied", item->bytes, item->bytes);
	if (item->kind == TRACE_MEMSET)
		take(item, families, "memset", &sizes, false, "");
	else if (contains_any(item->name, peer))
		take(item, families, "memcpy_peer", &sizes, false, "");
	else if (contains_any(item->name, device))
		take(item, families, "memcpy_device", &sizes, false, "");
	else if (contains_any(item->name, host))
		take(item, families, "memcpy_host", &sizes, false, strstr(item->name, "Pageable") != NULL
		    ? "pageable: the host copies, too" : "");
	else
		item->why = "the trace does not say between which memories";
}

static const char *
collective_family(const char *name)
{
	static const char *const families[][2] = { { "allreduce", "all_reduce" },
		{ "all_reduce", "all_reduce" }, { "AllReduce", "all_reduce" },
		{ "allgather", "all_gather" }, { "all_gather", "all_gather" },
		{ "AllGather", "all_gather" }, { "reduce_scatter", "reduce_scatter" },
		{ "ReduceScatter", "reduce_scatter" }, { "all_to_all", "all_to_all" },
		{ "alltoall", "all_to_all" }, { "broadcast", "broadcast" },
		{ "Broadcast", "broadcast" }, { "send", "broadcast" }, { "recv", "broadcast" },
		{ "reduce", "broadcast" } };

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (strstr(name, families[i][0]) != NULL)
			return families[i][1];
	return NULL;
}

/* Torch's names of types in the arguments of collectives. */
static double
message_element(const char *type)
{
	static const struct {
		const char *name;
		double bytes;
	} types[] = { { "BFloat16", 2 }, { "Half", 2 }, { "Float8", 1 }, { "Float", 4 },
		{ "Long", 8 }, { "Int", 4 }, { "Byte", 1 }, { "Char", 1 }, { "Double", 8 },
		{ "Bool", 1 } };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strncmp(type, types[i].name, strlen(types[i].name)) == 0)
			return types[i].bytes;
	return 0;
}

static const char waits[] = "the time holds the wait for the last rank";

static void
read_collective(struct item *item, const struct families *families)
{
	const char *name = json_string(json_get(item->collective, "name"));
	const char *type = json_string(json_get(item->collective, "dtype"));
	const char *family = name != NULL ? collective_family(name) : NULL;
	struct sizes sizes = { .count = 0 };
	double in = 0, out = 0, ranks = 0, element = type != NULL ? message_element(type) : 0;

	json_number(json_get(item->collective, "in_elements"), &in);
	json_number(json_get(item->collective, "out_elements"), &out);
	json_number(json_get(item->collective, "group_size"), &ranks);
	if (family == NULL || !(element > 0) || ranks < 2) {
		item->why = family == NULL ? "no formula for this collective"
		    : ranks < 2 ? "a collective of one rank" : "the collective's type is not known";
		return;
	}
	in = element * (in > out || strcmp(family, "all_gather") != 0 ? in : out);
	sizes_set(&sizes, "message", in, in);
	sizes_set(&sizes, "ranks", ranks, ranks);
	take(item, families, family, &sizes, false, waits);
}

/* The largest tensor of an operator, lists of them included. */
static double
message_of(const struct op *op, double element)
{
	double most = 0;

	for (int i = 0; i < op->count; i++) {
		const struct argument *argument = &op->arguments[i];
		double bytes = argument->nested ? argument->nested_elements * element
		    : argument->rank > 0 ? shapes_elements(argument) *
		    shapes_element(argument->type) : 0;

		if (bytes > most)
			most = bytes;
	}
	return most;
}

static double
element_in_name(const char *name)
{
	static const struct {
		const char *mark;
		double bytes;
	} marks[] = { { "_bf16", 2 }, { "_f16", 2 }, { "_half", 2 }, { "_float", 4 },
		{ "_f32", 4 }, { "_int8_t", 1 }, { "_u8", 1 } };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(name, marks[i].mark) != NULL)
			return marks[i].bytes;
	return 4;
}

/* The last argument of record_param_comms is the number of ranks. */
static double
group_of(const struct op *op, double world)
{
	double ranks = op->count > 0 ? strtod(op->arguments[op->count - 1].input, NULL) : 0;

	return strcmp(op->name, "record_param_comms") == 0 && ranks > 1 ? ranks : world;
}

/* NCCL's kernels of older traces. */
static void
read_recorded_collective(struct item *item, const struct kernels *kernels,
    const struct families *families)
{
	const struct stack *stack = item->stack == NONE ? NULL : &kernels->stacks[item->stack];
	const char *family = collective_family(item->name);
	struct sizes sizes = { .count = 0 };
	double ranks = 0, bytes = 0;

	item->why = "the size of the message is not in the trace";
	for (int i = 0; stack != NULL && !stack->graph && i < stack->count && !(bytes > 1); i++) {
		bytes = message_of(&stack->ops[i], element_in_name(item->name));
		ranks = group_of(&stack->ops[i], kernels->world_size);
	}
	if (strstr(item->name, "SendRecv") != NULL) {
		item->why = "its kind and sizes are not in the trace";
		return;
	}
	if (family == NULL || !(bytes > 1) || ranks < 2)
		return;
	sizes_set(&sizes, "message", bytes, bytes);
	sizes_set(&sizes, "ranks", ranks, ranks);
	take(item, families, family, &sizes, true, "the group taken as told or as the whole world; "
	    "the time holds the wait for the last rank");
}

/* Symmetric memory: the switch adds up. */
static bool
read_in_network(struct item *item, const struct kernels *kernels, const struct families *families)
{
	const struct stack *stack = item->stack == NONE ? NULL : &kernels->stacks[item->stack];
	struct sizes sizes = { .count = 0 };
	double bytes;

	if (stack == NULL || stack->graph || stack->count == 0 || stack->ops[0].count == 0 ||
	    strcmp(stack->ops[0].name, "symm_mem::multimem_all_reduce_") != 0)
		return false;
	bytes = shapes_elements(&stack->ops[0].arguments[0]) *
	    shapes_element(stack->ops[0].arguments[0].type);
	sizes_set(&sizes, "message", bytes, bytes);
	take(item, families, "all_reduce_in_network", &sizes, false, waits);
	return true;
}

void
events_read(struct item *item, const struct kernels *kernels, const struct families *families)
{
	if (item->kind != TRACE_KERNEL) {
		if (item->origin == ORIGIN_NONE || item->work.engine != ENGINE_TENSOR)
			read_copy(item, families);
		return;
	}
	if (item->collective != NULL)
		read_collective(item, families);
	else if (strncmp(item->class, "communication", 13) == 0 && item->origin == ORIGIN_NONE &&
	    !read_in_network(item, kernels, families) &&
	    (strncmp(item->name, "ncclKernel_", 11) == 0 ||
	    strncmp(item->name, "ncclDevKernel_", 14) == 0))
		read_recorded_collective(item, kernels, families);
}
