/* SPDX-License-Identifier: Apache-2.0 */
/* What the methods of an enum say of each of its members. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "hierarchy.h"
#include "judge_members.h"

enum truth { TRUTH_FALSE, TRUTH_TRUE, TRUTH_UNKNOWN };
enum { MOST_MEMBERS = 64, DEEPEST = 8 };

static enum truth truth_of_method(const struct class *class, const char *name,
    const char *member, unsigned depth);

static enum truth
negate(enum truth truth)
{
	return truth == TRUTH_UNKNOWN ? truth : truth == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

static bool
is_self(const struct term *term)
{
	return term->kind == TERM_NAME && term->local && strcmp(term->name, "self") == 0;
}

static enum truth
truth_of_equal(const struct class *class, const struct term *left, const struct term *right,
    const char *member)
{
	if (!is_self(left) || right->kind != TERM_ATTRIBUTE ||
	    symbols_get(&class->fields, right->name) == NULL)
		return TRUTH_UNKNOWN;
	return right->name == member ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth
truth_of_compare(const struct class *class, const struct term *term, const char *member)
{
	const struct term *right = term->parts[1];
	enum truth truth = TRUTH_FALSE;

	if (strcmp(term->name, "==") == 0 || strcmp(term->name, "is") == 0)
		return truth_of_equal(class, term->parts[0], right, member);
	if (strcmp(term->name, "!=") == 0 || strcmp(term->name, "is not") == 0)
		return negate(truth_of_equal(class, term->parts[0], right, member));
	if (strcmp(term->name, "in") != 0 || right->kind != TERM_SEQUENCE)
		return TRUTH_UNKNOWN;
	for (uint32_t i = 0; i < right->count; i++) {
		enum truth part = truth_of_equal(class, term->parts[0], right->parts[i], member);

		if (part != TRUTH_FALSE)
			truth = truth == TRUTH_TRUE ? truth : part;
	}
	return truth;
}

static enum truth
truth_of(const struct class *class, const struct term *term, const char *member, unsigned depth)
{
	enum truth truth, part;

	switch (term->kind) {
	case TERM_TRUE:
		return TRUTH_TRUE;
	case TERM_FALSE:
	case TERM_NONE:
		return TRUTH_FALSE;
	case TERM_NOT:
		return negate(truth_of(class, term->parts[0], member, depth));
	case TERM_AND:
	case TERM_OR:
		truth = term->kind == TERM_AND ? TRUTH_TRUE : TRUTH_FALSE;
		for (uint32_t i = 0; i < term->count; i++) {
			part = truth_of(class, term->parts[i], member, depth);
			if (part == (term->kind == TERM_AND ? TRUTH_FALSE : TRUTH_TRUE))
				return part;
			truth = part == TRUTH_UNKNOWN ? part : truth;
		}
		return truth;
	case TERM_COMPARE:
		return truth_of_compare(class, term, member);
	case TERM_CALL:
		return term->count == 1 && term->parts[0]->kind == TERM_ATTRIBUTE &&
		    is_self(term->parts[0]->parts[0]) ? truth_of_method(class,
		    term->parts[0]->name, member, depth) : TRUTH_UNKNOWN;
	default:
		return TRUTH_UNKNOWN;
	}
}

static enum truth
truth_of_method(const struct class *class, const char *name, const char *member, unsigned depth)
{
	const struct function *method = symbols_get(&class->methods, name);

	if (method == NULL || method->result_count != 1 || depth > DEEPEST ||
	    (method->flags & (FUNCTION_STATIC | FUNCTION_CLASSMETHOD)))
		return TRUTH_UNKNOWN;
	return truth_of(class, method->results[0].term, member, depth + 1);
}

static bool
is_mode(const struct class *class)
{
	const struct class_field *field = class->field_list;
	const struct function *method = class->method_list;

	for (; method != NULL && field != NULL; method = method->sibling)
		if (truth_of_method(class, method->name, field->name, 0) != TRUTH_UNKNOWN)
			return true;
	return false;
}

/* The question which member the subject is; FACT_NONE when it is none. */
static uint32_t
question_of(struct judge *judge, const struct class *class, const char *subject)
{
	const char *names[MOST_MEMBERS];
	const struct class_field *field;
	struct text key = {0};
	size_t count = 0;
	void **place;

	text_add_format(&key, "%u %s", (unsigned)class->id, subject);
	place = map_get_string(&judge->modes, key.bytes);
	if (place == NULL) {
		for (field = class->field_list; field != NULL; field = field->next)
			if (field->assigned && count++ < MOST_MEMBERS)
				names[count - 1] = field->name;
		place = map_put_string(&judge->modes, key.bytes);
		*place = (void *)(uintptr_t)(count > MOST_MEMBERS || !is_mode(class) ? 0 :
		    facts_question(&judge->facts, names, count) + 1);
	}
	text_free(&key);
	return (uint32_t)(uintptr_t)*place - 1;
}

uint32_t
judge_mode(struct judge *judge, const struct node *node, const char *method, const char *subject,
    bool want)
{
	const struct points *points = &judge->flow->points;
	const struct class *class = NULL;
	bool left[MOST_MEMBERS] = { false };
	const struct class_field *field;
	uint32_t question, answer = 0;

	for (uint32_t i = 0; node != NULL && i < node->count; i++) {
		const struct object *object = &points->objects[node->objects[i]];
		const struct class *of = object->kind == OBJECT_INSTANCE ? object->what :
		    object->kind == OBJECT_MEMBER ? judge->flow->project->classes[object->which] :
		    NULL;

		if (of == NULL || !class_is_enum(of) || (class != NULL && class != of))
			return FACT_ALWAYS;
		class = of;
	}
	if (class == NULL || subject[0] == '\0')
		return FACT_ALWAYS;
	question = question_of(judge, class, subject);
	if (question == FACT_NONE)
		return FACT_ALWAYS;
	for (field = class->field_list; field != NULL; field = field->next)
		if (field->assigned)
			left[answer++] = truth_of_method(class, method, field->name, 0) !=
			    (want ? TRUTH_FALSE : TRUTH_TRUE);
	return facts_left(&judge->facts, question, left);
}

uint32_t
judge_member(struct judge *judge, const struct object *member, const char *subject, bool equal)
{
	const struct class *class = judge->flow->project->classes[member->which];
	const struct class_field *is = member->what, *field;
	bool left[MOST_MEMBERS] = { false };
	uint32_t question = subject[0] == '\0' ? FACT_NONE : question_of(judge, class, subject);
	uint32_t answer = 0;

	if (question == FACT_NONE)
		return FACT_ALWAYS;
	for (field = class->field_list; field != NULL; field = field->next)
		if (field->assigned)
			left[answer++] = (field == is) == equal;
	return facts_left(&judge->facts, question, left);
}
