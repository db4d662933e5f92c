/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments to parameters, and the check that a call can be of a function at all. */
#include "flow.h"

static bool
takes_keyword(const struct function *function, uint32_t first, const char *name,
    bool *by_name, uint32_t *which)
{
	for (uint32_t i = first; i < function->parameter_count; i++) {
		const struct parameter *parameter = &function->parameters[i];

		if (parameter->kind == PARAMETER_STAR_STAR) {
			*by_name = false;
			return true;
		}
		if (parameter->name == name && (parameter->kind == PARAMETER_NORMAL ||
		    parameter->kind == PARAMETER_KEYWORD)) {
			*by_name = true;
			*which = i;
			return true;
		}
	}
	return false;
}

/* What the arguments of a call leave open. */
struct supply {
	uint32_t positional;
	bool star, star_star;
};

static struct supply
supply_of(const struct values *values)
{
	struct supply supply = {0};

	for (unsigned i = 0; i < values->count; i++) {
		supply.positional += values->list[i].kind == ARGUMENT_POSITIONAL;
		supply.star |= values->list[i].kind == ARGUMENT_STAR;
		supply.star_star |= values->list[i].kind == ARGUMENT_STAR_STAR;
	}
	return supply;
}

static bool
has_keyword(const struct values *values, const char *name)
{
	for (unsigned i = 0; i < values->count; i++)
		if (values->list[i].kind == ARGUMENT_KEYWORD && values->list[i].name == name)
			return true;
	return false;
}

/* Whether Python would accept the call: too many positional arguments, an unknown keyword
 * or a missing parameter mean that this function is not what is called here. */
bool
bind_accepts(const struct function *function, bool bound, const struct values *values)
{
	struct supply supply = supply_of(values);
	uint32_t first = bound ? 1 : 0, positional = 0, which;
	bool star = false, by_name;

	for (uint32_t i = first; i < function->parameter_count; i++) {
		const struct parameter *parameter = &function->parameters[i];

		if (parameter->kind == PARAMETER_STAR)
			star = true;
		if (parameter->kind == PARAMETER_STAR || parameter->kind == PARAMETER_STAR_STAR)
			continue;
		if (parameter->kind != PARAMETER_KEYWORD && positional++ < supply.positional)
			continue;
		if (!parameter->optional && !supply.star_star &&
		    !has_keyword(values, parameter->name) &&
		    (!supply.star || parameter->kind == PARAMETER_KEYWORD))
			return false;
	}
	if (supply.positional > positional && !star && (!bound || function->parameter_count > 0))
		return false;
	for (unsigned i = 0; i < values->count; i++)
		if (values->list[i].kind == ARGUMENT_KEYWORD &&
		    !takes_keyword(function, first, values->list[i].name, &by_name, &which))
			return false;
	return true;
}

static void
bind_positional(struct flow *flow, uint32_t callee, uint32_t position, uint32_t from)
{
	const struct context *context = &flow->contexts[callee];
	const struct function *function = context->function;
	uint32_t index = 0;

	for (uint32_t i = 0; i < function->parameter_count; i++) {
		const struct parameter *parameter = &function->parameters[i];

		if (parameter->kind == PARAMETER_STAR) {
			container_store(flow, context->arguments,
			    position_key(position - index), from);
			return;
		}
		if (parameter->kind != PARAMETER_POSITIONAL && parameter->kind != PARAMETER_NORMAL)
			return;
		if (index++ == position) {
			points_edge(&flow->points, from, context->nodes + parameter->value);
			return;
		}
	}
}

static void
bind_keyword(struct flow *flow, uint32_t callee, const char *name, uint32_t from)
{
	const struct context *context = &flow->contexts[callee];
	bool by_name;
	uint32_t which;

	if (!takes_keyword(context->function, 0, name, &by_name, &which))
		return;
	if (by_name)
		points_edge(&flow->points, from,
		    context->nodes + context->function->parameters[which].value);
	else
		container_store(flow, context->keywords, name, from);
}

/* f(*container): positions keep their place when the tuple knows them. */
void
bind_star(struct flow *flow, uint32_t callee, uint32_t first, uint32_t container)
{
	const struct context *context = &flow->contexts[callee];
	const struct function *function = context->function;
	uint32_t position = 0;

	if (flow->points.objects[container].kind != OBJECT_CONTAINER)
		return;
	for (uint32_t i = 0; i < function->parameter_count; i++) {
		const struct parameter *parameter = &function->parameters[i];

		if (parameter->kind == PARAMETER_STAR) {
			if (position == first)
				points_add(&flow->points, context->nodes + parameter->value,
				    container);
			else
				container_copy(flow, container, context->arguments);
			return;
		}
		if (parameter->kind != PARAMETER_POSITIONAL && parameter->kind != PARAMETER_NORMAL)
			return;
		if (position >= first)
			container_load(flow, container, position_key(position - first),
			    context->nodes + parameter->value);
		position++;
	}
}

void
bind_star_star(struct flow *flow, uint32_t callee, uint32_t container)
{
	const struct context *context = &flow->contexts[callee];
	const struct function *function = context->function;

	if (flow->points.objects[container].kind != OBJECT_CONTAINER)
		return;
	for (uint32_t i = context->receiver == NO_OBJECT ? 0 : 1;
	    i < function->parameter_count; i++) {
		const struct parameter *parameter = &function->parameters[i];
		uint32_t node = context->nodes + parameter->value;

		/* Only what is there under the parameter's name: entries with computed
		 * keys would go to every parameter. */
		if (parameter->kind == PARAMETER_STAR_STAR)
			points_add(&flow->points, node, container);
		else if (parameter->kind == PARAMETER_NORMAL ||
		    parameter->kind == PARAMETER_KEYWORD)
			points_edge(&flow->points, points_field(&flow->points, container,
			    parameter->name), node);
	}
}

static void
bind_values(struct flow *flow, const struct site_of_call *site, uint32_t callee, bool bound,
    const struct values *values)
{
	uint32_t position = bound ? 1 : 0;

	for (unsigned i = 0; i < values->count; i++) {
		const struct value *value = &values->list[i];
		struct watch watch = { .instruction = site->instruction, .context = callee,
			.target = position };

		if (value->kind == ARGUMENT_POSITIONAL && value->node != NO_NODE)
			bind_positional(flow, callee, position, value->node);
		else if (value->kind == ARGUMENT_KEYWORD && value->node != NO_NODE)
			bind_keyword(flow, callee, value->name, value->node);
		position += value->kind == ARGUMENT_POSITIONAL;
		if (value->node == NO_NODE || value->kind == ARGUMENT_POSITIONAL ||
		    value->kind == ARGUMENT_KEYWORD)
			continue;
		watch.kind = value->kind == ARGUMENT_STAR ? FLOW_STAR : FLOW_STAR_STAR;
		points_watch(&flow->points, value->node, watch);
	}
}

/* What the function gives back of its arguments. */
static void
pass_back(struct flow *flow, const struct site_of_call *site, const struct function *function,
    bool bound, const struct values *values)
{
	uint32_t position = bound ? 1 : 0, which;
	bool by_name;

	for (unsigned i = 0; i < values->count; i++) {
		const struct value *value = &values->list[i];

		if (value->kind == ARGUMENT_POSITIONAL)
			which = position++;
		else if (value->kind != ARGUMENT_KEYWORD ||
		    !takes_keyword(function, 0, value->name, &by_name, &which) || !by_name)
			continue;
		if (which < 32 && (function->returned & 1u << which) && value->node != NO_NODE)
			points_edge(&flow->points, value->node, site->result);
	}
}

void
bind_call(struct flow *flow, const struct site_of_call *site, struct function *function,
    uint32_t receiver, uint32_t outer, const struct values *values, enum via via)
{
	bool bound = receiver != NO_OBJECT;
	uint32_t callee;

	/* A launch passes options that the function does not name. */
	if (function->kernel == 0 && !bind_accepts(function, bound, values))
		return;
	callee = context_get(flow, function, receiver, outer);
	if (!call_add_edge(flow, site, callee, 0, via))
		return;
	bind_values(flow, site, callee, bound, values);
	if (site->result == NO_NODE)
		return;
	points_edge(&flow->points, flow->contexts[callee].nodes + REGISTER_RETURN,
	    site->result);
	if (function->returned != 0)
		pass_back(flow, site, function, bound, values);
}

/* A constructor that is not written out: the annotated fields of the class and its bases
 * are its parameters, bases first. */
void
bind_fields(struct flow *flow, uint32_t instance, const struct values *values)
{
	const struct class *class = flow->points.objects[instance].what;
	uint32_t position = 0;

	for (uint32_t i = class->mro_count; i-- > 0;)
		for (const struct class_field *field = class->mro[i]->field_list; field != NULL;
		    field = field->next) {
			uint32_t seen = 0;

			if (field->annotation == NULL)
				continue;
			for (unsigned at = 0; at < values->count; at++) {
				const struct value *value = &values->list[at];
				bool match = value->kind == ARGUMENT_KEYWORD ?
				    value->name == field->name :
				    value->kind == ARGUMENT_POSITIONAL && seen++ == position;

				if (match && value->node != NO_NODE)
					attribute_store(flow, instance, field->name,
					    value->node);
			}
			position++;
		}
}
