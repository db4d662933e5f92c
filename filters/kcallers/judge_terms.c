/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions in three values: what must hold of the run for a term to be true, or false. A term
 * of which nothing is known can be either in any run. */
#include <string.h>

#include "base/intern.h"
#include "base/text.h"
#include "hierarchy.h"
#include "judge.h"
#include "judge_members.h"

enum { MOST_DEPTH = 24, WANT_TRUE = 1, WANT_FALSE = 0, WANT_NONE = 2, WANT_SOME = 3 };

/* Where a term stands. */
struct scope {
	const struct module *module;
	uint32_t context; /* or NO_CONTEXT */
};

static uint32_t judge_term(struct judge *judge, const struct scope *scope, const struct term *term,
    unsigned want);

static unsigned
opposite(unsigned want)
{
	return want ^ 1;
}

/* A fact that holds whatever is asked, or none that does. */
static uint32_t
decided(bool holds)
{
	return holds ? FACT_ALWAYS : FACT_NEVER;
}

static const struct node *
node_of(const struct judge *judge, const struct scope *scope, const struct term *term)
{
	if (scope->context == NO_CONTEXT || term->value == REGISTER_NONE)
		return NULL;
	return &judge->flow->points.nodes[context_node(judge->flow, scope->context, term->value)];
}

static uint32_t
count_of(const struct node *node)
{
	return node == NULL ? 0 : node->count;
}

static const struct object *
object_of(const struct judge *judge, const struct node *node, uint32_t at)
{
	return &judge->flow->points.objects[node->objects[at]];
}

const struct judge_one *
judge_one_of(const struct judge *judge, const struct class *class)
{
	for (size_t i = 0; i < judge->one_count; i++)
		if (class_is(class, judge->ones[i].base))
			return &judge->ones[i];
	return NULL;
}

/* The question that the values of a term are the answers of. */
static const struct judge_one *
one_of_term(const struct judge *judge, const struct scope *scope, const struct term *term)
{
	const struct node *node = node_of(judge, scope, term);
	const struct judge_one *one = NULL;

	for (uint32_t i = 0; i < count_of(node); i++)
		if (object_of(judge, node, i)->kind == OBJECT_INSTANCE) {
			one = judge_one_of(judge, object_of(judge, node, i)->what);
			if (one == NULL)
				return NULL;
		}
	return one;
}

/* That one of what a function gives back is as wanted. */
static uint32_t
judge_results(struct judge *judge, const struct function *function, uint32_t context,
    unsigned want)
{
	const struct scope scope = { function->module, context };
	uint32_t fact = FACT_NEVER;

	if ((function->flags & (FUNCTION_GENERATOR | FUNCTION_ABSTRACT)) ||
	    function->result_count == 0)
		return FACT_ALWAYS;
	for (uint32_t i = 0; i < function->result_count; i++) {
		const struct result *result = &function->results[i];
		uint32_t stands = context == NO_CONTEXT ? FACT_ALWAYS :
		    judge_guard(judge, context, result->guard);

		fact = facts_or(&judge->facts, fact, facts_and(&judge->facts, stands,
		    judge_term(judge, &scope, result->term, want)));
	}
	return fact;
}

uint32_t
judge_context_of(struct judge *judge, const struct function *function, uint32_t receiver,
    uint32_t outer)
{
	return table_find(&judge->flow->context_table, (struct pair){ function->id,
		(uint64_t)receiver << 32 | outer });
}

static uint32_t
judge_method(struct judge *judge, const struct function *method, uint32_t receiver, unsigned want)
{
	return judge_results(judge, method, judge_context_of(judge, method,
	    method->flags & FUNCTION_STATIC ? NO_OBJECT : receiver,
	    judge->flow->class_contexts[method->class->id]), want);
}

/* A variable of the function, or of one around it, that one statement sets. */
static uint32_t
judge_local(struct judge *judge, const struct scope *scope, const char *name, unsigned want)
{
	struct scope of = *scope;

	while (of.context != NO_CONTEXT) {
		const struct context *context = &judge->flow->contexts[of.context];
		const struct stored *stored = symbols_get(&context->function->locals, name);

		if (stored != NULL)
			return stored->count != 1 || stored->result.term == NULL ? FACT_ALWAYS :
			    judge_term(judge, &of, stored->result.term, want);
		of.context = context->outer;
	}
	return FACT_ALWAYS;
}

static uint32_t
judge_variable(struct judge *judge, const struct scope *scope, const struct term *term,
    unsigned want)
{
	struct scope of = { scope->module, NO_CONTEXT };
	const struct variable *variable;

	if (term->local)
		return judge_local(judge, scope, term->name, want);
	variable = project_variable(judge->flow->project, &of.module, term->name, 0);
	if (variable == NULL)
		return FACT_ALWAYS;
	of.context = judge_context_of(judge, of.module->body, NO_OBJECT, NO_CONTEXT);
	return judge_term(judge, &of, variable->result.term, want);
}

/* Whether methods of the class set the attribute of their instance. */
static bool
sets_attribute(const struct class *class, const char *name)
{
	for (uint32_t i = 0; i < class->mro_count; i++)
		if (symbols_get(&class->mro[i]->stores, name) != NULL)
			return true;
	return false;
}

/* Whether the class itself has a value or a method of that name, or a field that its constructor
 * may set. */
static bool
has_in_class(const struct class *class, const char *name)
{
	for (uint32_t i = 0; i < class->mro_count; i++) {
		const struct class_field *field = symbols_get(&class->mro[i]->fields, name);

		if ((field != NULL && !field->of_instance) ||
		    symbols_get(&class->mro[i]->methods, name) != NULL)
			return true;
	}
	return false;
}

/* Whether all of the class is in the tree, and nothing there gives it the attribute. */
static bool
lacks_attribute(const struct class *class, const char *name)
{
	for (uint32_t i = 0; i < class->mro_count; i++)
		for (uint32_t at = 0; at < class->mro[i]->external_count; at++)
			if (strcmp(class->mro[i]->externals[at], "abc.ABC") != 0)
				return false;
	return !sets_attribute(class, name) && !has_in_class(class, name);
}

/* Whether code that is no method of the object sets such an attribute. */
static bool
is_set_by_others(const struct judge *judge, const char *name)
{
	return symbols_get(&judge->set_by_others, name) != NULL;
}

/* An attribute that statements of the class alone set: it is what one of them set it to. What a
 * list holds is not known by how it began. */
static uint32_t
judge_stored(struct judge *judge, uint32_t instance, const char *name, unsigned want)
{
	const struct class *class = judge->flow->points.objects[instance].what;
	uint32_t fact = FACT_NEVER;

	if (!sets_attribute(class, name) || has_in_class(class, name) ||
	    is_set_by_others(judge, name))
		return FACT_ALWAYS;
	for (uint32_t i = 0; i < class->mro_count; i++) {
		const struct stored *stored = symbols_get(&class->mro[i]->stores, name);

		for (; stored != NULL; stored = stored->before) {
			struct scope scope = { stored->function->module, judge_context_of(judge,
				stored->function, instance,
				judge->flow->class_contexts[stored->function->class->id]) };

			if (stored->result.term == NULL ||
			    stored->result.term->kind == TERM_SEQUENCE)
				return FACT_ALWAYS;
			fact = facts_or(&judge->facts, fact, facts_and(&judge->facts,
			    judge_guard(judge, scope.context, stored->result.guard),
			    judge_term(judge, &scope, stored->result.term, want)));
		}
	}
	return fact;
}

static uint32_t
judge_attribute(struct judge *judge, const struct scope *scope, const struct term *term,
    unsigned want)
{
	const struct node *node = node_of(judge, scope, term->parts[0]);
	uint32_t fact = FACT_NEVER;
	bool some = false;

	for (uint32_t i = 0; i < count_of(node) && !some; i++)
		some = object_of(judge, node, i)->kind == OBJECT_INSTANCE &&
		    sets_attribute(object_of(judge, node, i)->what, term->name);
	for (uint32_t i = 0; i < count_of(node); i++) {
		const struct object *object = object_of(judge, node, i);
		const struct function *method;

		if (object->kind != OBJECT_INSTANCE)
			return FACT_ALWAYS;
		/* Of objects that do not have what others have it is not read. */
		if (some && !is_set_by_others(judge, term->name) &&
		    lacks_attribute(object->what, term->name))
			continue;
		method = class_method(object->what, term->name);
		if (method != NULL && (method->flags & FUNCTION_PROPERTY) == 0)
			return FACT_ALWAYS;
		fact = facts_or(&judge->facts, fact, method != NULL ?
		    judge_method(judge, method, node->objects[i], want) :
		    judge_stored(judge, node->objects[i], term->name, want));
	}
	return count_of(node) == 0 ? FACT_ALWAYS : fact;
}

/* "_get_moe_backend" and "moe_backend" are asked of the same. */
static const char *
subject_of(const struct term *term)
{
	const char *name;

	if (term->kind == TERM_CALL)
		term = term->parts[0];
	name = term->kind == TERM_NAME || term->kind == TERM_ATTRIBUTE ? term->name : "";
	name += strspn(name, "_");
	return strncmp(name, "get_", 4) == 0 ? name + 4 : name;
}

/* getattr(config, "name", None): whether it is None. */
static uint32_t
judge_getattr(struct judge *judge, const struct term *term, unsigned want)
{
	const struct term *object = term->parts[1];

	if (strstr(subject_of(object), "config") == NULL || term->parts[2]->kind != TERM_STRING ||
	    term->parts[3]->kind != TERM_NONE || !judge_other_attribute(judge, term->parts[2]->name))
		return FACT_ALWAYS;
	return decided(want == WANT_NONE || want == WANT_FALSE);
}

/* isinstance(parts[1], parts[2]) for one class of the latter. */
static uint32_t
judge_is_class(struct judge *judge, const struct scope *scope, const struct term *value,
    const struct class *class, unsigned want)
{
	const struct judge_one *one = one_of_term(judge, scope, value);
	bool left[256] = { false };

	if (want == WANT_TRUE && judge_other_config(judge, class))
		return FACT_NEVER;
	if (one == NULL || one->count >= 256 || judge_one_of(judge, class) != one)
		return FACT_ALWAYS;
	for (size_t i = 0; i < one->count; i++)
		left[i] = class_is(one->classes[i], class) == (want == WANT_TRUE);
	left[one->count] = want == WANT_FALSE;
	return facts_left(&judge->facts, one->question, left);
}

static uint32_t
judge_isinstance(struct judge *judge, const struct scope *scope, const struct term *value,
    const struct term *classes, unsigned want)
{
	const struct node *node = node_of(judge, scope, classes);
	uint32_t fact = want == WANT_TRUE ? FACT_NEVER : FACT_ALWAYS;

	if (classes->kind == TERM_SEQUENCE) {
		for (uint32_t i = 0; i < classes->count; i++) {
			uint32_t part = judge_isinstance(judge, scope, value, classes->parts[i],
			    want);

			fact = want == WANT_TRUE ? facts_or(&judge->facts, fact, part) :
			    facts_and(&judge->facts, fact, part);
		}
		return fact;
	}
	if (count_of(node) != 1 || object_of(judge, node, 0)->kind != OBJECT_CLASS)
		return FACT_ALWAYS;
	return judge_is_class(judge, scope, value, object_of(judge, node, 0)->what, want);
}

static uint32_t
judge_call(struct judge *judge, const struct scope *scope, const struct term *term, unsigned want)
{
	const struct term *callee = term->parts[0];
	const struct node *node = node_of(judge, scope, callee);
	const struct predicate *predicate;
	uint32_t fact = FACT_NEVER;
	void **place = callee->kind != TERM_NAME && callee->kind != TERM_ATTRIBUTE ? NULL :
	    map_get_string(&judge->functions, callee->name);

	if (place != NULL && (callee->kind == TERM_NAME || term->count == 1) && want <= WANT_TRUE) {
		predicate = *place;
		return want == WANT_TRUE ? predicate->holds : predicate->fails;
	}
	if (callee->kind == TERM_NAME && strcmp(callee->name, "getattr") == 0 && term->count == 4)
		return judge_getattr(judge, term, want);
	if (callee->kind == TERM_NAME && strcmp(callee->name, "isinstance") == 0 &&
	    term->count == 3 && want <= WANT_TRUE)
		return judge_isinstance(judge, scope, term->parts[1], term->parts[2], want);
	if (callee->kind == TERM_ATTRIBUTE && want <= WANT_TRUE) {
		fact = judge_mode(judge, node_of(judge, scope, callee->parts[0]), callee->name,
		    subject_of(callee->parts[0]), want == WANT_TRUE);
		if (fact != FACT_ALWAYS)
			return fact;
		fact = FACT_NEVER;
	}
	for (uint32_t i = 0; i < count_of(node); i++) {
		const struct object *object = object_of(judge, node, i);
		const struct function *function = object->what;

		if (object->kind == OBJECT_FUNCTION && function->class == NULL)
			fact = facts_or(&judge->facts, fact, judge_results(judge, function,
			    judge_context_of(judge, function, NO_OBJECT, object->which), want));
		else if (object->kind == OBJECT_BOUND && function->class != NULL)
			fact = facts_or(&judge->facts, fact,
			    judge_method(judge, function, object->which, want));
		else
			return FACT_ALWAYS;
	}
	return count_of(node) == 0 ? FACT_ALWAYS : fact;
}

/* The string that a method of the class gives back, NULL if not one. */
static const char *
string_of(const struct class *class, const char *name)
{
	const struct function *method = class_method(class, name);

	return method != NULL && method->result_count == 1 &&
	    method->results[0].term->kind == TERM_STRING ? method->results[0].term->name : NULL;
}

/* x.name() == string, where x is one of some classes. */
static uint32_t
judge_named(struct judge *judge, const struct scope *scope, const struct term *call,
    const char *string, bool equal)
{
	const struct judge_one *one;
	bool left[256] = { false };

	if (call->kind != TERM_CALL || call->count != 1 ||
	    call->parts[0]->kind != TERM_ATTRIBUTE)
		return FACT_ALWAYS;
	one = one_of_term(judge, scope, call->parts[0]->parts[0]);
	if (one == NULL || one->count >= 256)
		return FACT_ALWAYS;
	for (size_t i = 0; i < one->count; i++) {
		const char *name = string_of(one->classes[i], call->parts[0]->name);

		left[i] = name == NULL || (strcmp(name, string) == 0) == equal;
	}
	return facts_left(&judge->facts, one->question, left);
}

/* left == right, or it is not. */
static uint32_t
judge_equal(struct judge *judge, const struct scope *scope, const struct term *left,
    const struct term *right, bool equal)
{
	const struct node *node = node_of(judge, scope, right);
	uint32_t fact, member;

	if (right->kind == TERM_NONE)
		return judge_term(judge, scope, left, equal ? WANT_NONE : WANT_SOME);
	if (right->kind == TERM_STRING) {
		fact = judge_same(judge, subject_of(left), right->name, equal);
		return facts_and(&judge->facts, fact,
		    judge_named(judge, scope, left, right->name, equal));
	}
	if (count_of(node) != 1 || object_of(judge, node, 0)->kind != OBJECT_MEMBER)
		return FACT_ALWAYS;
	member = node->objects[0];
	fact = judge_member(judge, object_of(judge, node, 0), subject_of(left), equal);
	node = node_of(judge, scope, left);
	for (uint32_t i = 0; equal && i < count_of(node); i++)
		if (node->objects[i] == member)
			fact = facts_and(&judge->facts, fact, judge_there(judge, context_node(
			    judge->flow, scope->context, left->value), member));
	return fact;
}

static uint32_t
judge_in(struct judge *judge, const struct scope *scope, const struct term *left,
    const struct term *right, bool in)
{
	uint32_t fact = in ? FACT_NEVER : FACT_ALWAYS;

	if (left->kind == TERM_STRING && right->kind == TERM_ATTRIBUTE &&
	    map_get_string(&judge->asks_class, right->name) != NULL)
		return judge_top_called(judge, left->name, in);
	if (right->kind != TERM_SEQUENCE || right->count == 0)
		return FACT_ALWAYS;
	for (uint32_t i = 0; i < right->count; i++) {
		uint32_t part = judge_equal(judge, scope, left, right->parts[i], in);

		fact = in ? facts_or(&judge->facts, fact, part) :
		    facts_and(&judge->facts, fact, part);
	}
	return fact;
}

static uint32_t
judge_compare(struct judge *judge, const struct scope *scope, const struct term *term,
    unsigned want)
{
	const char *op = term->name;
	bool is = want == WANT_TRUE;

	if (want > WANT_TRUE)
		return decided(want == WANT_SOME);
	if (strcmp(op, "==") == 0 || strcmp(op, "is") == 0)
		return judge_equal(judge, scope, term->parts[0], term->parts[1], is);
	if (strcmp(op, "!=") == 0 || strcmp(op, "is not") == 0)
		return judge_equal(judge, scope, term->parts[0], term->parts[1], !is);
	if (strcmp(op, "in") == 0 || strcmp(op, "not in") == 0)
		return judge_in(judge, scope, term->parts[0], term->parts[1],
		    is == (op[0] == 'i'));
	return FACT_ALWAYS;
}

/* `and` and `or` of the parts; as values they are one of these. */
static uint32_t
judge_parts(struct judge *judge, const struct scope *scope, const struct term *term,
    unsigned want)
{
	bool all = (term->kind == TERM_AND) == (want == WANT_TRUE);
	uint32_t fact = all && want <= WANT_TRUE ? FACT_ALWAYS : FACT_NEVER;

	for (uint32_t i = 0; i < term->count; i++) {
		uint32_t part = judge_term(judge, scope, term->parts[i], want);

		fact = all && want <= WANT_TRUE ? facts_and(&judge->facts, fact, part) :
		    facts_or(&judge->facts, fact, part);
	}
	return fact;
}

static uint32_t
judge_choice(struct judge *judge, const struct scope *scope, const struct term *term,
    unsigned want)
{
	struct facts *facts = &judge->facts;

	return facts_or(facts,
	    facts_and(facts, judge_term(judge, scope, term->parts[0], WANT_TRUE),
	    judge_term(judge, scope, term->parts[1], want)),
	    facts_and(facts, judge_term(judge, scope, term->parts[0], WANT_FALSE),
	    judge_term(judge, scope, term->parts[2], want)));
}

static uint32_t
judge_kind(struct judge *judge, const struct scope *scope, const struct term *term, unsigned want)
{
	const struct judge_one *one = one_of_term(judge, scope, term);
	bool left[256] = { false };

	if (want >= WANT_NONE && one != NULL && one->count < 256) {
		for (size_t i = 0; i < one->count; i++)
			left[i] = want == WANT_SOME;
		left[one->count] = want == WANT_NONE;
		return facts_left(&judge->facts, one->question, left);
	}
	switch (term->kind) {
	case TERM_NONE:
		return decided(want == WANT_FALSE || want == WANT_NONE);
	case TERM_FALSE:
		return decided(want == WANT_FALSE || want == WANT_SOME);
	case TERM_TRUE:
	case TERM_FUNCTION:
		return decided(want == WANT_TRUE || want == WANT_SOME);
	case TERM_STRING:
		return decided(want == WANT_SOME || (want != WANT_NONE &&
		    (term->name[0] != '\0') == (want == WANT_TRUE)));
	case TERM_SEQUENCE:
		return decided(want == WANT_SOME || (want != WANT_NONE &&
		    (term->count > 0) == (want == WANT_TRUE)));
	case TERM_NOT:
		return want > WANT_TRUE ? decided(want == WANT_SOME) :
		    judge_term(judge, scope, term->parts[0], opposite(want));
	case TERM_AND:
	case TERM_OR:
		return judge_parts(judge, scope, term, want);
	case TERM_IF:
		return judge_choice(judge, scope, term, want);
	case TERM_COMPARE:
		return judge_compare(judge, scope, term, want);
	case TERM_NAME:
		return judge_variable(judge, scope, term, want);
	case TERM_ATTRIBUTE:
		return judge_attribute(judge, scope, term, want);
	case TERM_CALL:
		return judge_call(judge, scope, term, want);
	default:
		return FACT_ALWAYS;
	}
}

static uint32_t
judge_term(struct judge *judge, const struct scope *scope, const struct term *term, unsigned want)
{
	struct pair key = { (uintptr_t)term, (uint64_t)scope->context << 2 | want };
	uint32_t known = table_find(&judge->terms, key);

	if (known != UINT32_MAX)
		return known;
	if (judge->depth > MOST_DEPTH)
		return FACT_ALWAYS;
	/* What rests on itself is not known. */
	*table_put(&judge->terms, key) = FACT_ALWAYS;
	judge->depth++;
	known = judge_kind(judge, scope, term, want);
	judge->depth--;
	*table_put(&judge->terms, key) = known;
	return known;
}

/* All of the asks hold. */
static uint32_t
judge_asks(struct judge *judge, const struct scope *scope, const struct ask *ask)
{
	uint32_t fact = FACT_ALWAYS;

	for (; ask != NULL && fact != FACT_NEVER; ask = ask->next) {
		uint32_t part = ask->any_count == 0 ? FACT_ALWAYS : FACT_NEVER;

		if (ask->term != NULL)
			part = judge_term(judge, scope, ask->term,
			    ask->negated ? WANT_FALSE : WANT_TRUE);
		for (uint32_t i = 0; i < ask->any_count; i++)
			part = facts_or(&judge->facts, part,
			    judge_asks(judge, scope, ask->any[i]));
		fact = facts_and(&judge->facts, fact, part);
	}
	return fact;
}

uint32_t
judge_guard(struct judge *judge, uint32_t context, uint32_t guard)
{
	struct scope scope = { NULL, context };
	struct pair key = { context, guard };
	uint32_t known;

	if (guard == 0 || context == NO_CONTEXT)
		return FACT_ALWAYS;
	known = table_find(&judge->guards, key);
	if (known != UINT32_MAX)
		return known;
	scope.module = judge->flow->contexts[context].function->module;
	*table_put(&judge->guards, key) = FACT_ALWAYS;
	known = facts_and(&judge->facts,
	    judge_guard(judge, context, scope.module->guards[guard].outer),
	    judge_asks(judge, &scope, scope.module->guards[guard].asks));
	*table_put(&judge->guards, key) = known;
	return known;
}
