/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps what the records of a stream say in a few arrays. */
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "kernels.h"

const char *const origin_names[] = { "nothing", "event", "recorded shapes",
	"recorded shapes of the capture", "plan", "recorded shapes of the same kernel elsewhere",
	"config + annotation" };

static const struct json *
parse_value(struct arena *arena, struct slice value)
{
	struct json_error error;

	if (value.bytes == NULL)
		return NULL;
	value.bytes = arena_copy(arena, value.bytes, value.length);
	return json_parse(arena, value.bytes, value.length, &error);
}

static const char *
own_string(const struct trace_record *record, const char *key)
{
	struct slice text;

	return trace_get_string(record, key, &text) ? intern(text.bytes, text.length) : "";
}

static void
read_head(struct kernels *kernels, const struct trace_record *record)
{
	const char *device = own_string(record, "device"), *vendor = own_string(record, "vendor");

	kernels->device = device[0] != '\0' ? device : kernels->device;
	kernels->amd = kernels->amd || strcmp(vendor, "amd") == 0;
	trace_get_number(record, "sms", &kernels->sms);
	trace_get_number(record, "memory", &kernels->memory);
	trace_get_number(record, "world_size", &kernels->world_size);
}

/* False where it has more dimensions than there is room for. */
static bool
read_tensor(struct argument *argument, const struct json *dims)
{
	const struct json *size = dims->type == JSON_ARRAY ? dims->child : NULL;

	if (size != NULL && size->type == JSON_ARRAY) { /* a list of tensors */
		argument->nested = true;
		for (; size != NULL; size = size->next) {
			struct argument part = { 0 };
			double elements = 1;

			if (!read_tensor(&part, size))
				return false;
			for (int i = 0; i < part.rank; i++)
				elements *= part.dims[i];
			argument->nested_elements += part.rank > 0 ? elements : 0;
		}
		return true;
	}
	for (; size != NULL && argument->rank < MOST_DIMS; size = size->next) {
		int64_t whole;

		if (json_integer(size, &whole))
			argument->dims[argument->rank++] = (double)whole;
		else
			argument->rank = 0;
	}
	return size == NULL;
}

static const struct json *
element(const struct json *array, int index)
{
	const struct json *value = array != NULL && array->type == JSON_ARRAY ? array->child : NULL;

	while (value != NULL && index-- > 0)
		value = value->next;
	return value;
}

static const char *
text_of(const struct json *value)
{
	const char *text = json_string(value);

	return text != NULL ? intern_string(text) : "";
}

static bool
read_argument(struct argument *argument, const struct json *dims, const struct json *types,
    const struct json *op, int i)
{
	const struct json *strides = element(json_get(op, "strides"), i);
	int count = 0;

	if (!read_tensor(argument, element(dims, i)))
		return false;
	argument->type = text_of(element(types, i));
	argument->input = text_of(element(json_get(op, "inputs"), i));
	strides = strides != NULL && strides->type == JSON_ARRAY ? strides->child : NULL;
	for (; strides != NULL && count < MOST_DIMS; strides = strides->next)
		if (!json_number(strides, &argument->strides[count++]))
			return true;
	argument->has_strides = count > 0 && count == argument->rank;
	return true;
}

static void
read_op(struct kernels *kernels, struct op *op, const char *name, const struct json *dims,
    const struct json *types, const struct json *record)
{
	struct argument *arguments;

	op->name = name;
	op->key = arena_format(&kernels->arena, "%s %.*s", op->name,
	    dims != NULL ? (int)dims->raw_length : 0, dims != NULL ? dims->raw : "");
	/* Without types there are no bytes. */
	if (dims == NULL || types == NULL || dims->type != JSON_ARRAY || types->type != JSON_ARRAY)
		return;
	op->count = (int)json_count(dims);
	op->arguments = arguments = arena_alloc_zero(&kernels->arena,
	    ((size_t)op->count + 1) * sizeof(*op->arguments));
	/* What cannot be held is as if it had not been recorded: its bytes are not known. */
	for (int i = 0; i < op->count; i++)
		if (!read_argument(&arguments[i], dims, types, record, i)) {
			op->count = 0;
			return;
		}
}

static const struct op *
find_op(struct kernels *kernels, const struct json *record)
{
	void **place = map_put(&kernels->ops, record->raw, record->raw_length);

	if (*place == NULL) {
		struct op *op = arena_alloc_zero(&kernels->arena, sizeof(*op));

		read_op(kernels, op, text_of(json_get(record, "name")), json_get(record, "dims"),
		    json_get(record, "types"), record);
		*place = op;
	}
	return *place;
}

static void
add_stack(struct kernels *kernels, const struct trace_record *record)
{
	const struct json *root = parse_value(&kernels->scratch, record->line);
	const struct json *ops = json_get(root, "ops"), *op;
	const char *how = own_string(record, "how");
	struct stack stack = { .graph = strcmp(how, "graph") == 0,
		.capture = strcmp(how, "capture") == 0 };

	if (trace_need_integer(record, "stack") != (int64_t)kernels->stack_count)
		trace_fail(record, "stacks are not numbered in their order");
	stack.ops = arena_alloc_zero(&kernels->arena, (json_count(ops) + 1) * sizeof(*stack.ops));
	for (op = ops != NULL ? ops->child : NULL; op != NULL; op = op->next)
		stack.ops[stack.count++] = *find_op(kernels, op);
	kernels->stacks = memory_grow(kernels->stacks, kernels->stack_count,
	    &kernels->stack_capacity, sizeof(*kernels->stacks));
	kernels->stacks[kernels->stack_count++] = stack;
	arena_reset(&kernels->scratch);
}

static void
read_op_calls(struct kernels *kernels, struct item *item, const struct trace_record *record)
{
	const struct json *calls = parse_value(&kernels->scratch, trace_get(record, "op_calls"));
	const struct json *call = calls != NULL && calls->type == JSON_ARRAY ? calls->child : NULL;
	size_t count = call != NULL ? json_count(calls) : 0;
	int32_t *list;
	int64_t number;

	list = arena_alloc(&kernels->arena, count * sizeof(*list));
	for (; call != NULL; call = call->next)
		if (json_integer(call, &number))
			list[item->op_call_count++] = (int32_t)number;
	item->op_calls = list;
	arena_reset(&kernels->scratch);
}

static void
read_stack(struct kernels *kernels, struct item *item, const struct trace_record *record)
{
	int64_t stack;

	item->stack = NONE;
	if (!trace_get_integer(record, "stack", &stack))
		return;
	if (stack < 0 || stack >= (int64_t)kernels->stack_count)
		trace_fail(record, "stack %lld is not in the stream", (long long)stack);
	item->stack = (int32_t)stack;
	read_op_calls(kernels, item, record);
}

/* The operator that a launch of a plan calls, as traces would name it. */
static const char *
planned_name(struct kernels *kernels, const struct json *plan)
{
	const char *kernel = text_of(json_get(plan, "kernel"));
	const char *source = text_of(json_get(plan, "source"));
	char *name;

	if (strstr(kernel, "::") != NULL || source[0] == '\0')
		return kernel;
	name = arena_format(&kernels->arena, "%s::%s", source, kernel);
	for (char *at = name; *at != ':'; at++)
		*at = *at == '-' ? '_' : *at;
	return name;
}

static void
read_plan(struct kernels *kernels, struct item *item, const struct trace_record *record)
{
	const struct json *plan = parse_value(&kernels->arena, trace_get(record, "plan"));
	struct op *op;

	if (plan == NULL || plan->type != JSON_OBJECT)
		return;
	op = arena_alloc_zero(&kernels->arena, sizeof(*op));
	read_op(kernels, op, planned_name(kernels, plan), json_get(plan, "shapes"),
	    json_get(plan, "dtypes"), plan);
	json_integer(json_get(plan, "seq"), &item->plan_seq);
	json_number(json_get(plan, "tokens"), &item->plan_tokens);
	item->plan = op;
}

static void
read_kernel(struct kernels *kernels, struct item *item, const struct trace_record *record)
{
	struct slice grid = trace_get(record, "grid");

	item->grid = grid.bytes != NULL ? intern(grid.bytes, grid.length) : "";
	read_plan(kernels, item, record);
	item->collective = parse_value(&kernels->arena, trace_get(record, "collective"));
	if (trace_get(record, "family").bytes == NULL)
		return;
	item->class = intern_string(arena_format(&kernels->scratch, "%s %s %s",
	    own_string(record, "type"), own_string(record, "family"), item->name));
	arena_reset(&kernels->scratch);
}

static void
add_item(struct kernels *kernels, const struct trace_record *record)
{
	struct item item = { .kind = record->kind, .index = NONE, .correlation = NONE,
		.stream = NONE, .device = NONE, .bytes = -1, .step = NONE, .note = "",
		.op_level = NONE, .grid = "", .sizes = "", .plan_seq = NONE };
	struct slice name = trace_need_string(record, "name");

	item.name = intern(name.bytes, name.length);
	item.ts = trace_need_number(record, "ts");
	item.us = trace_need_duration(record);
	trace_get_integer(record, "index", &item.index);
	trace_get_integer(record, "correlation", &item.correlation);
	trace_get_integer(record, "stream", &item.stream);
	trace_get_integer(record, "device", &item.device);
	trace_get_number(record, "bytes", &item.bytes);
	item.process = launches_process(&kernels->launches, record);
	read_stack(kernels, &item, record);
	if (record->kind == TRACE_KERNEL)
		read_kernel(kernels, &item, record);
	kernels->items = memory_grow(kernels->items, kernels->count, &kernels->capacity,
	    sizeof(*kernels->items));
	kernels->items[kernels->count++] = item;
}

void
kernels_add(struct kernels *kernels, const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_TRACE:
		kernels->is_trace = true;
		read_head(kernels, record);
		break;
	case TRACE_END: /* has what stood after the events */
		read_head(kernels, record);
		break;
	case TRACE_STACK:
		add_stack(kernels, record);
		break;
	case TRACE_KERNEL:
	case TRACE_MEMCPY:
	case TRACE_MEMSET:
		add_item(kernels, record);
		break;
	case TRACE_LAUNCH:
		launches_add(&kernels->launches, record);
		break;
	default:
		break;
	}
}

void
item_take_sizes(struct item *item, const struct sizes *sizes)
{
	const struct size *read = sizes_find(sizes, "experts_read");
	struct text shown = { 0 };

	sizes_describe(sizes, item->work.shown, &shown);
	item->sizes = shown.bytes != NULL ? intern_string(shown.bytes) : "";
	item->experts.low = read != NULL ? read->low : 0;
	item->experts.high = read != NULL ? read->high : 0;
	text_free(&shown);
}

struct place {
	uint32_t process;
	int64_t device;
	double ts;
	size_t item;
};

static int
compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->ts < b->ts || a->ts > b->ts)
		return a->ts < b->ts ? -1 : 1;
	return a->item < b->item ? -1 : a->item > b->item;
}

static void
sort_items(struct kernels *kernels, size_t *positions)
{
	struct place *places = memory_alloc((kernels->count + 1) * sizeof(*places));
	struct item *sorted = memory_alloc((kernels->count + 1) * sizeof(*sorted));

	for (size_t i = 0; i < kernels->count; i++)
		places[i] = (struct place){ kernels->items[i].process, kernels->items[i].device,
			kernels->items[i].ts, i };
	qsort(places, kernels->count, sizeof(*places), compare_places);
	for (size_t i = 0; i < kernels->count; i++) {
		sorted[i] = kernels->items[places[i].item];
		positions[places[i].item] = i;
	}
	free(kernels->items);
	kernels->items = sorted;
	kernels->capacity = kernels->count + 1;
	free(places);
}

void
kernels_ready(struct kernels *kernels, size_t *positions)
{
	launches_sort(&kernels->launches);
	steps_ready(&kernels->steps);
	sort_items(kernels, positions);
	for (size_t i = 0; i < kernels->count; i++) {
		struct item *item = &kernels->items[i];
		const struct stack *stack = item->stack == NONE ? NULL
		    : &kernels->stacks[item->stack];
		const struct launch *launch = item->correlation == NONE ? NULL
		    : launches_find(&kernels->launches, item->process, item->correlation);

		item->owner = (int32_t)i;
		item->op_us = item->us;
		item->graph = (stack != NULL && (stack->graph || stack->capture)) ||
		    (launch != NULL && launch->graph);
		if (launch != NULL)
			item->step = steps_at(&kernels->steps, item->process,
			    (double)launch->ts / 1e3);
	}
}

void
kernels_clear(struct kernels *kernels)
{
	arena_free(&kernels->arena);
	arena_free(&kernels->scratch);
	map_free(&kernels->ops);
	free(kernels->items);
	free(kernels->stacks);
	steps_clear(&kernels->steps);
	launches_free(&kernels->launches);
	*kernels = (struct kernels){ .device = "" };
}
